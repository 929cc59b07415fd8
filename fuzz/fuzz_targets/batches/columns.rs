//! Columns of every type that the host knows, each with what should become of its values.

use std::sync::Arc;

use arbitrary::Arbitrary;
use datafusion::arrow::array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, Date32Array, Date64Array, Decimal128Array,
    DictionaryArray, DurationMicrosecondArray, FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int64Array,
    IntervalMonthDayNanoArray, LargeBinaryArray, LargeStringArray, ListArray, NullArray, RunArray, StringArray,
    StringViewArray, StructArray, Time32MillisecondArray, Time32SecondArray, Time64MicrosecondArray,
    Time64NanosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray, UInt64Array,
};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, Int64Type, IntervalMonthDayNano};
use serde_json::{Value as Json, json};

/// A column of the engine.
#[derive(Debug, Arbitrary)]
pub(crate) enum Values {
    Null,
    Int8(Vec<Option<i8>>),
    Int64(Vec<Option<i64>>),
    UInt64(Vec<Option<u64>>),
    Float32(Vec<Option<f32>>),
    Float64(Vec<Option<f64>>),
    Boolean(Vec<Option<bool>>),
    Text(TextForm, Vec<Option<String>>),
    Bytes(BytesForm, Vec<Option<Vec<u8>>>),
    ThreeBytes(Vec<Option<[u8; 3]>>),
    Days(Vec<Option<i32>>),
    MillisOfDays(Vec<Option<i64>>),
    Clock(ClockUnit, Vec<Option<u32>>),
    Instant { unit: Unit, zone: bool, values: Vec<Option<i64>> },
    Decimal(Scale, Vec<Option<i64>>),
    List(Vec<Option<Vec<Option<i64>>>>),
    Struct(Vec<Option<(Option<String>, i32)>>),
    StructOfDays(Vec<Option<i32>>),
    StructOfInstants(Unit, Vec<Option<i64>>),
    Duration(Vec<Option<i64>>),
    Interval(Vec<Option<(i32, i32, i64)>>),
}

/// How text is laid out.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub(crate) enum TextForm {
    Short,
    Large,
    View,
    Dictionary,
    Runs,
}

/// How bytes are laid out.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub(crate) enum BytesForm {
    Short,
    Large,
    View,
}

/// Unit of an instant.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub(crate) enum Unit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

/// Unit of a time of day.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub(crate) enum ClockUnit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

/// Digits behind the point.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub(crate) enum Scale {
    None,
    Four,
}

/// What should become of a value.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    Null,
    Int(i64),
    Float(f64),
    Text(String),
    Decimal(String),
    Boolean(bool),
    Bytes(Vec<u8>),
    Date(i32),
    Time(i64),
    DateTime(i64),
    Instant(i64),
    Json(Json),
    /// JSON of some content.
    Document,
    /// Text of some content.
    Printed,
    /// An error, for the contract has no room for it.
    Unfit,
}

impl Expected {
    /// Whether it may be an error.
    pub(crate) fn may_not_fit(&self) -> bool {
        matches!(self, Self::Unfit | Self::Document | Self::Printed)
    }

    /// Whether it must be an error.
    pub(crate) fn must_not_fit(&self) -> bool {
        matches!(self, Self::Unfit)
    }
}

impl Values {
    /// Its type.
    pub(crate) fn data_type(&self) -> DataType {
        self.built(0).0.data_type().clone()
    }

    /// Some rows behind others, as a slice of an array of both.
    pub(crate) fn rows(&self, skipped: usize, rows: usize) -> (ArrayRef, Vec<Expected>) {
        let (array, mut expected) = self.built(skipped + rows);
        assert_eq!(array.len(), expected.len());
        (array.slice(skipped, rows), expected.split_off(skipped))
    }

    fn built(&self, length: usize) -> (ArrayRef, Vec<Expected>) {
        match self {
            Self::Null => (Arc::new(NullArray::new(length)), vec![Expected::Null; length]),
            Self::Int8(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, |value| Expected::Int(value.into())));
                let expected = expected.collect();
                (Arc::new(Int8Array::from(values)), expected)
            }
            Self::Int64(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, Expected::Int)).collect();
                (Arc::new(Int64Array::from(values)), expected)
            }
            Self::UInt64(values) => {
                let values = cycled(values, length);
                let int = |value: u64| i64::try_from(value).map_or(Expected::Unfit, Expected::Int);
                let expected = values.iter().map(|value| or_null(*value, int)).collect();
                (Arc::new(UInt64Array::from(values)), expected)
            }
            Self::Float32(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, |value| Expected::Float(value.into())));
                let expected = expected.collect();
                (Arc::new(Float32Array::from(values)), expected)
            }
            Self::Float64(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, Expected::Float)).collect();
                (Arc::new(Float64Array::from(values)), expected)
            }
            Self::Boolean(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, Expected::Boolean)).collect();
                (Arc::new(BooleanArray::from(values)), expected)
            }
            Self::Text(form, values) => text(*form, cycled(values, length)),
            Self::Bytes(form, values) => bytes(*form, &cycled(values, length)),
            Self::ThreeBytes(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, |value| Expected::Bytes(value.to_vec())));
                let expected = expected.collect();
                let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 3);
                (Arc::new(array.expect("three bytes each")), expected)
            }
            Self::Days(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, Expected::Date)).collect();
                (Arc::new(Date32Array::from(values)), expected)
            }
            Self::MillisOfDays(values) => millis_of_days(&cycled(values, length)),
            Self::Clock(unit, values) => clock(*unit, &cycled(values, length)),
            Self::Instant { unit, zone, values } => {
                let values = cycled(values, length);
                let wrap = if *zone { Expected::Instant } else { Expected::DateTime };
                let instant = |value| in_micros(*unit, value).map_or(Expected::Unfit, wrap);
                let expected = values.iter().map(|value| or_null(*value, instant)).collect();
                (instants(*unit, zone.then_some("Europe/Paris"), values), expected)
            }
            Self::Decimal(scale, values) => decimals(*scale, &cycled(values, length)),
            Self::List(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| list(value.as_deref())).collect();
                (Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(values)), expected)
            }
            Self::Struct(values) => structs(&cycled(values, length)),
            Self::StructOfDays(values) => {
                let values = cycled(values, length);
                let expected = vec![Expected::Document; length];
                (wrapped(Arc::new(Date32Array::from(values))), expected)
            }
            Self::StructOfInstants(unit, values) => {
                let values = cycled(values, length);
                (wrapped(instants(*unit, None, values)), vec![Expected::Document; length])
            }
            Self::Duration(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, |_| Expected::Printed)).collect();
                (Arc::new(DurationMicrosecondArray::from(values)), expected)
            }
            Self::Interval(values) => {
                let values = cycled(values, length);
                let expected = values.iter().map(|value| or_null(*value, |_| Expected::Printed)).collect();
                let interval = |(months, days, nanos)| IntervalMonthDayNano::new(months, days, nanos);
                let values: Vec<_> = values.into_iter().map(|value| value.map(interval)).collect();
                (Arc::new(IntervalMonthDayNanoArray::from(values)), expected)
            }
        }
    }
}

/// The values over and over; nulls when there are none.
fn cycled<T: Clone>(values: &[Option<T>], length: usize) -> Vec<Option<T>> {
    if values.is_empty() { vec![None; length] } else { values.iter().cloned().cycle().take(length).collect() }
}

fn or_null<T>(value: Option<T>, present: impl FnOnce(T) -> Expected) -> Expected {
    value.map_or(Expected::Null, present)
}

/// No array is an empty one, and none holds a null.
fn list(values: Option<&[Option<i64>]>) -> Expected {
    let values = values.unwrap_or_default();
    if values.contains(&None) { Expected::Unfit } else { Expected::Json(json!(values)) }
}

fn text(form: TextForm, values: Vec<Option<String>>) -> (ArrayRef, Vec<Expected>) {
    let expected = values.iter().map(|value| or_null(value.clone(), Expected::Text)).collect();
    let array: ArrayRef = match form {
        TextForm::Short => Arc::new(StringArray::from(values)),
        TextForm::Large => Arc::new(LargeStringArray::from(values)),
        TextForm::View => Arc::new(StringViewArray::from_iter(values)),
        TextForm::Dictionary => Arc::new(values.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>()),
        TextForm::Runs => Arc::new(values.iter().map(Option::as_deref).collect::<RunArray<Int32Type>>()),
    };
    (array, expected)
}

fn bytes(form: BytesForm, values: &[Option<Vec<u8>>]) -> (ArrayRef, Vec<Expected>) {
    let expected = values.iter().map(|value| or_null(value.clone(), Expected::Bytes)).collect();
    let values = values.iter().map(Option::as_deref);
    let array: ArrayRef = match form {
        BytesForm::Short => Arc::new(values.collect::<BinaryArray>()),
        BytesForm::Large => Arc::new(values.collect::<LargeBinaryArray>()),
        BytesForm::View => Arc::new(values.collect::<BinaryViewArray>()),
    };
    (array, expected)
}

/// Days as milliseconds, whole ones as the format has it.
fn millis_of_days(days: &[Option<i64>]) -> (ArrayRef, Vec<Expected>) {
    const DAY: i64 = 86_400_000;
    let days: Vec<Option<i64>> = days.iter().map(|days| days.map(|days| days % (i64::MAX / DAY))).collect();
    let date = |days| i32::try_from(days).map_or(Expected::Unfit, Expected::Date);
    let expected = days.iter().map(|days| or_null(*days, date)).collect();
    (Arc::new(days.iter().map(|days| days.map(|days| days * DAY)).collect::<Date64Array>()), expected)
}

/// Times within a day.
fn clock(unit: ClockUnit, values: &[Option<u32>]) -> (ArrayRef, Vec<Expected>) {
    const SECONDS: u32 = 86_400;
    let seconds = |value: u32| i32::try_from(value % SECONDS).expect("a day has fewer");
    let millis = |value: u32| i32::try_from(value % (SECONDS * 1_000)).expect("a day has fewer");
    let values = values.iter().copied();
    let (array, micros): (ArrayRef, fn(u32) -> i64) = match unit {
        ClockUnit::Seconds => {
            (Arc::new(values.clone().map(|value| value.map(seconds)).collect::<Time32SecondArray>()), |value| {
                i64::from(value % SECONDS) * 1_000_000
            })
        }
        ClockUnit::Millis => {
            (Arc::new(values.clone().map(|value| value.map(millis)).collect::<Time32MillisecondArray>()), |value| {
                i64::from(value % (SECONDS * 1_000)) * 1_000
            })
        }
        ClockUnit::Micros => {
            (Arc::new(values.clone().map(|value| value.map(i64::from)).collect::<Time64MicrosecondArray>()), i64::from)
        }
        ClockUnit::Nanos => {
            (Arc::new(values.clone().map(|value| value.map(i64::from)).collect::<Time64NanosecondArray>()), |value| {
                i64::from(value / 1_000)
            })
        }
    };
    (array, values.map(|value| or_null(value, |value| Expected::Time(micros(value)))).collect())
}

/// An instant in microseconds; nanoseconds are cut off. None when 64 bits do not hold it.
fn in_micros(unit: Unit, value: i64) -> Option<i64> {
    match unit {
        Unit::Seconds => value.checked_mul(1_000_000),
        Unit::Millis => value.checked_mul(1_000),
        Unit::Micros => Some(value),
        Unit::Nanos => Some(value / 1_000),
    }
}

fn instants(unit: Unit, zone: Option<&str>, values: Vec<Option<i64>>) -> ArrayRef {
    match unit {
        Unit::Seconds => Arc::new(TimestampSecondArray::from(values).with_timezone_opt(zone)),
        Unit::Millis => Arc::new(TimestampMillisecondArray::from(values).with_timezone_opt(zone)),
        Unit::Micros => Arc::new(TimestampMicrosecondArray::from(values).with_timezone_opt(zone)),
        Unit::Nanos => Arc::new(TimestampNanosecondArray::from(values).with_timezone_opt(zone)),
    }
}

fn decimals(scale: Scale, values: &[Option<i64>]) -> (ArrayRef, Vec<Expected>) {
    let (digits, unit) = match scale {
        Scale::None => (0, 1),
        Scale::Four => (4, 10_000_u64),
    };
    let plain = |value: i64| {
        let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
        Expected::Decimal(match scale {
            Scale::None => format!("{sign}{size}"),
            // Without zeros at the end, as BigQuery prints exact numbers.
            Scale::Four => match format!("{sign}{}.{:04}", size / unit, size % unit).trim_end_matches('0') {
                whole if whole.ends_with('.') => whole.trim_end_matches('.').to_owned(),
                fraction => fraction.to_owned(),
            },
        })
    };
    let expected = values.iter().map(|value| or_null(*value, plain)).collect();
    let array: Decimal128Array = values.iter().map(|value| value.map(i128::from)).collect();
    let array = array.with_precision_and_scale(30, digits).expect("a precision that there is");
    (Arc::new(array), expected)
}

fn structs(values: &[Option<(Option<String>, i32)>]) -> (ArrayRef, Vec<Expected>) {
    let document =
        |(text, number): &(Option<String>, i32)| Expected::Json(json!({ "text": text, "number": eighths(*number) }));
    let expected = values.iter().map(|value| or_null(value.as_ref(), document)).collect();
    let texts: StringArray = values.iter().map(|value| value.as_ref().and_then(|(text, _)| text.clone())).collect();
    let numbers: Float64Array = values.iter().map(|value| value.as_ref().map(|(_, number)| eighths(*number))).collect();
    let fields = vec![Field::new("text", DataType::Utf8, true), Field::new("number", DataType::Float64, true)];
    let nulls: NullBuffer = values.iter().map(Option::is_some).collect();
    let array = StructArray::new(fields.into(), vec![Arc::new(texts), Arc::new(numbers)], Some(nulls));
    (Arc::new(array), expected)
}

/// A structure of one value.
fn wrapped(array: ArrayRef) -> ArrayRef {
    let field = Field::new("value", array.data_type().clone(), true);
    Arc::new(StructArray::new(vec![field].into(), vec![array], None))
}

/// Doubles that every reader of JSON reads the same.
fn eighths(number: i32) -> f64 {
    f64::from(number) / 8.0
}

//! Every type arrives as it was written.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrowPrimitiveType, BinaryArray, BooleanArray, Decimal128Array, Decimal256Array, DictionaryArray,
    DurationSecondArray, FixedSizeBinaryArray, Float16Array, Float64Array, Int8Array, Int32Array, Int64Array,
    ListArray, MapArray, NullArray, PrimitiveArray, RunArray, StringArray, StructArray, UInt64Array,
};
use datafusion::arrow::array::{Int64Builder, MapBuilder, StringBuilder};
use datafusion::arrow::datatypes::{
    Date64Type, Field, Int32Type, Schema, Time32SecondType, Time64NanosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};

use super::*;

fn prepare(array: ArrayRef) -> Result<(Layout, Prepared), ArrowError> {
    let schema = Schema::new(vec![Field::new("c", array.data_type().clone(), true)]);
    let layout = Layout::of(&schema.fields()[0]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap();
    Prepared::new(std::slice::from_ref(&layout), &batch).map(|prepared| (layout, prepared))
}

/// Kind and rows, values of null rows left out.
fn deliver(array: impl Array + 'static) -> (Kind, Vec<Option<String>>) {
    let rows = array.len();
    let (layout, prepared) = prepare(Arc::new(array)).unwrap();
    let batch = prepared.batch(0..rows).unwrap();
    assert_eq!(batch.rows as usize, rows);
    let column = &batch.columns[0];
    let bit = |bits: &[u8], row: usize| bits[row / 8] >> (row % 8) & 1 == 1;
    let texts = (0..rows).map(|row| {
        if !column.validity.is_empty() && !bit(&column.validity, row) {
            return None;
        }
        let of = |data: &VarData| data.bytes[data.offsets[row] as usize..data.offsets[row + 1] as usize].to_vec();
        Some(match &column.values {
            Values::Int64(values) | Values::Micros(values) => values[row].to_string(),
            Values::Float64(values) => values[row].to_string(),
            Values::Days(values) => values[row].to_string(),
            Values::Bits(bits) => bit(bits, row).to_string(),
            Values::Text(data) => String::from_utf8(of(data)).unwrap(),
            Values::Bytes(data) => format!("{:?}", of(data)),
        })
    });
    (layout.kind, texts.collect())
}

fn primitive<T: ArrowPrimitiveType>(values: &[Option<T::Native>]) -> PrimitiveArray<T> {
    values.iter().copied().collect()
}

#[test]
fn every_type_keeps_its_values_and_nulls() {
    let some = |text: &str| Some(text.to_owned());
    let texts = || vec![Some("a"), None, Some("é")];
    let bytes = || vec![Some(&b"a"[..]), None, Some(&[0, 255][..])];
    let tags = vec![Some(vec![Some(1), Some(2)]), None, Some(vec![])];
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    map.keys().append_value("k");
    map.values().append_value(1);
    map.append(true).unwrap();
    map.append(false).unwrap();
    let map: MapArray = map.finish();
    let structs = StructArray::from(vec![(
        Arc::new(Field::new("x", DataType::Int64, true)),
        Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef,
    )]);
    let hour = 3_600 * 1_000_000_i64;
    for (delivered, kind, expected) in [
        (deliver(Int8Array::from(vec![Some(-1), None])), Kind::Int64, vec![some("-1"), None]),
        (deliver(Int64Array::from(vec![Some(i64::MIN), None])), Kind::Int64, vec![some("-9223372036854775808"), None]),
        (deliver(UInt64Array::from(vec![Some(7), None])), Kind::Int64, vec![some("7"), None]),
        (deliver(NullArray::new(2)), Kind::Int64, vec![None, None]),
        (deliver(Float64Array::from(vec![Some(1.5), None])), Kind::Float64, vec![some("1.5"), None]),
        (deliver(Float64Array::from(vec![f64::NAN, f64::INFINITY])), Kind::Float64, vec![some("NaN"), some("inf")]),
        (deliver(Float16Array::from(vec![Some(Default::default()), None])), Kind::Float64, vec![some("0"), None]),
        (deliver(StringArray::from(texts())), Kind::Text, vec![some("a"), None, some("é")]),
        (deliver(LargeStringArray::from(texts())), Kind::Text, vec![some("a"), None, some("é")]),
        (deliver(StringViewArray::from(texts())), Kind::Text, vec![some("a"), None, some("é")]),
        (
            deliver(texts().into_iter().collect::<DictionaryArray<Int32Type>>()),
            Kind::Text,
            vec![some("a"), None, some("é")],
        ),
        (
            deliver(BooleanArray::from(vec![Some(true), None, Some(false)])),
            Kind::Boolean,
            vec![some("true"), None, some("false")],
        ),
        (deliver(BinaryArray::from(bytes())), Kind::Bytes, vec![some("[97]"), None, some("[0, 255]")]),
        (deliver(BinaryViewArray::from(bytes())), Kind::Bytes, vec![some("[97]"), None, some("[0, 255]")]),
        (
            deliver(FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some([1, 2]), None].into_iter(), 2).unwrap()),
            Kind::Bytes,
            vec![some("[1, 2]"), None],
        ),
        (deliver(primitive::<Date32Type>(&[Some(-1), None])), Kind::Date, vec![some("-1"), None]),
        (deliver(primitive::<Date64Type>(&[Some(86_400_000), None])), Kind::Date, vec![some("1"), None]),
        (deliver(primitive::<Time32SecondType>(&[Some(3_600), None])), Kind::Time, vec![some(&hour.to_string()), None]),
        (deliver(primitive::<Time64NanosecondType>(&[Some(1_999), None])), Kind::Time, vec![some("1"), None]),
        (deliver(primitive::<TimestampSecondType>(&[Some(-2), None])), Kind::DateTime, vec![some("-2000000"), None]),
        (
            deliver(primitive::<TimestampMillisecondType>(&[Some(1), None]).with_timezone("+02:00")),
            Kind::Timestamp,
            vec![some("1000"), None],
        ),
        (deliver(primitive::<TimestampNanosecondType>(&[Some(1_000), None])), Kind::DateTime, vec![some("1"), None]),
        (
            deliver(Decimal128Array::from(vec![Some(-1_250), None]).with_precision_and_scale(10, 3).unwrap()),
            Kind::Decimal,
            vec![some("-1.25"), None],
        ),
        (
            deliver(Decimal128Array::from(vec![Some(12), None]).with_precision_and_scale(10, -2).unwrap()),
            Kind::Decimal,
            vec![some("1200"), None],
        ),
        (
            deliver(Decimal256Array::from(vec![Some(i128::MAX.into()), None]).with_precision_and_scale(76, 0).unwrap()),
            Kind::Decimal,
            vec![some(&i128::MAX.to_string()), None],
        ),
        (
            deliver(ListArray::from_iter_primitive::<Int64Type, _, _>(tags)),
            Kind::Json,
            vec![some("[1,2]"), some("[]"), some("[]")],
        ),
        (deliver(structs), Kind::Json, vec![some(r#"{"x":1}"#), some(r#"{"x":null}"#)]),
        (deliver(map), Kind::Json, vec![some(r#"{"k":1}"#), None]),
        (deliver(DurationSecondArray::from(vec![Some(90), None])), Kind::Other, vec![some("PT90S"), None]),
    ] {
        assert_eq!(delivered, (kind, expected));
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let arrays: [ArrayRef; 2] =
        [Arc::new(UInt64Array::from(vec![u64::MAX])), Arc::new(primitive::<TimestampSecondType>(&[Some(i64::MAX)]))];
    for array in arrays {
        let error = prepare(Arc::clone(&array)).map(|_| ()).expect_err("too large");
        assert!(
            matches!(error, ArrowError::CastError(_) | ArrowError::ComputeError(_) | ArrowError::ArithmeticOverflow(_)),
            "{error:?}"
        );
    }
}

#[test]
fn a_date_beyond_the_calendar_is_an_error_in_whatever_it_is_nested() {
    let date = Arc::new(primitive::<Date32Type>(&[Some(984_611_628)]));
    let field = Arc::new(Field::new("value", DataType::Date32, true));
    let nested: ArrayRef = Arc::new(StructArray::from(vec![(field, date as ArrayRef)]));
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Date32Type, _, _>([Some([Some(984_611_628)])]));
    for array in [nested, list] {
        let error = prepare(array).map(|_| ()).expect_err("no such date");
        assert!(matches!(error, ArrowError::CastError(_)), "{error:?}");
    }
}

#[test]
fn a_null_in_a_run_is_a_null() {
    let runs = RunArray::try_new(&Int32Array::from(vec![1, 3]), &StringArray::from(vec![None, Some("x")])).unwrap();
    let (_, prepared) = prepare(Arc::new(runs)).unwrap();
    let column = &prepared.batch(0..3).unwrap().columns[0];
    assert_eq!(column.validity, [0b110], "the first of three is null");
}

#[test]
fn slices_begin_at_their_own_first_row() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some("aa"), None, Some("bbb"), Some("")]));
    let (_, prepared) = prepare(texts).unwrap();
    let column = &prepared.batch(1..4).unwrap().columns[0];
    assert_eq!(column.validity, [0b110]);
    assert_eq!(column.values, Values::Text(VarData { offsets: vec![0, 0, 3, 3], bytes: b"bbb".to_vec() }));

    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true; 20]));
    let (_, prepared) = prepare(flags).unwrap();
    let column = &prepared.batch(3..13).unwrap().columns[0];
    assert_eq!((column.validity.len(), &column.values), (0, &Values::Bits(vec![0xff, 0b11])));
}

#[test]
fn batches_keep_to_rows_and_bytes_with_one_row_at_least() {
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(100); 1_000]));
    let views: ArrayRef = Arc::new(StringViewArray::from(vec!["x".repeat(100); 1_000]));
    for array in [texts, views] {
        let (_, prepared) = prepare(array).unwrap();
        assert_eq!(prepared.fitting(0, 10, u64::MAX), 10);
        assert_eq!(prepared.fitting(995, 10, u64::MAX), 5);
        assert_eq!(prepared.fitting(0, 10, 1), 1);
        let rows = prepared.fitting(0, 1_000, 10_000);
        assert!((90..=96).contains(&rows), "{rows}");
        assert!(prepared.batch(0..rows).unwrap().bytes() <= 10_000);
    }
}

//! Every function with values that nobody thinks of: it answers, or says why not.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field, i256};
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF};

use super::CHAPTERS;
use crate::source::files::googlesql::function::Function;

/// Values of each type; of text those that are patterns, paths, numbers and more.
fn values() -> Vec<Vec<ScalarValue>> {
    let text = |text: &str| ScalarValue::Utf8View(Some(text.to_owned()));
    let word = |text: &str| ScalarValue::Utf8(Some(text.to_owned()));
    let bytes = |bytes: &[u8]| ScalarValue::Binary(Some(bytes.to_vec()));
    let list = |values: &[ScalarValue], of: &DataType| ScalarValue::List(ScalarValue::new_list_nullable(values, of));
    let utc = || Some(Arc::from("UTC"));
    let most = 10_i128.pow(38) - 1;
    vec![
        [i64::MIN, -1, 0, 1, 3, i64::MAX].map(ScalarValue::from).to_vec(),
        [-0.0, 2.5, f64::MAX, f64::NAN, f64::NEG_INFINITY].map(ScalarValue::from).to_vec(),
        [-most, 0, 1, most].map(|value| ScalarValue::Decimal128(Some(value), 38, 9)).to_vec(),
        [i256::ZERO, i256::from_i128(-1), i256::from_string(&"9".repeat(76)).unwrap()]
            .map(|value| ScalarValue::Decimal256(Some(value), 76, 38))
            .to_vec(),
        vec![ScalarValue::Boolean(Some(true))],
        ["", "ä\u{301}\u{1f600}ﬁ", "a", "(a)(b)*", "\\", "%*d%%%", "$.a[0]", "{\"a\":[1,\"\\ud800\"]}", "UTC", "%"]
            .map(text)
            .to_vec(),
        ["", "a|", "[", "$.a", "%T", "NFC", "DAY", "2024-02-30", "[1]", "\\1"].map(word).to_vec(),
        [&b""[..], b"\xff", b"a(", b"ab"].map(bytes).to_vec(),
        [i32::MIN, 0, 2_932_896, i32::MAX].map(|days| ScalarValue::Date32(Some(days))).to_vec(),
        [i64::MIN, 0, i64::MAX].map(|micros| ScalarValue::TimestampMicrosecond(Some(micros), None)).to_vec(),
        [i64::MIN, 0, i64::MAX].map(|micros| ScalarValue::TimestampMicrosecond(Some(micros), utc())).to_vec(),
        [0, i64::MAX].map(|micros| ScalarValue::Time64Microsecond(Some(micros))).to_vec(),
        vec![
            list(&[], &DataType::Int64),
            list(&[1_i64.into(), ScalarValue::Int64(None), i64::MIN.into()], &DataType::Int64),
        ],
        vec![list(&[text("a"), ScalarValue::Utf8View(None), text("ä")], &DataType::Utf8View)],
        vec![list(&[f64::NAN.into(), (-1.0).into()], &DataType::Float64)],
        vec![ScalarValue::Null],
    ]
}

/// Calls a function with constants, or with columns of several rows.
fn call(function: &ScalarUDF, args: &[&ScalarValue], columns: bool) {
    let types: Vec<_> = args.iter().map(|value| value.data_type()).collect();
    let Ok(wanted) = function.coerce_types(&types) else { return };
    let returns = function.return_type(&wanted).unwrap();
    let values: datafusion::error::Result<Vec<_>> =
        args.iter().zip(&wanted).map(|(value, wanted)| value.cast_to(wanted)).collect();
    // A text that is no date, say.
    let Ok(values) = values else { return };
    let column = |value: ScalarValue| -> ColumnarValue {
        let nothing = ScalarValue::try_from(value.data_type()).unwrap();
        let is_word = value.data_type() == DataType::Utf8;
        let rows = [value.clone(), if is_word { value.clone() } else { nothing }, value];
        ColumnarValue::Array(ScalarValue::iter_to_array(rows).unwrap())
    };
    let values: Vec<_> = match columns {
        true => values.into_iter().map(column).collect(),
        false => values.into_iter().map(ColumnarValue::Scalar).collect(),
    };
    let rows = if columns { 3 } else { 1 };
    let answer = function.invoke_with_args(ScalarFunctionArgs {
        args: values,
        arg_fields: wanted.iter().map(|wanted| Arc::new(Field::new("", wanted.clone(), true))).collect(),
        number_rows: rows,
        return_field: Arc::new(Field::new("", returns.clone(), true)),
        config_options: Arc::new(ConfigOptions::default()),
    });
    if let Ok(answer) = answer {
        let answer: ArrayRef = answer.to_array(rows).unwrap();
        assert_eq!((answer.data_type(), answer.len()), (&returns, rows), "{} of {args:?}", function.name());
    }
}

#[test]
fn no_value_is_too_much_for_a_function() {
    let pools = values();
    let all: Vec<&ScalarValue> = pools.iter().flatten().collect();
    let firsts: Vec<&ScalarValue> = pools.iter().filter_map(|pool| pool.get(1).or(pool.first())).collect();
    for definition in CHAPTERS.iter().flat_map(|(_, definitions)| definitions.iter()) {
        let [plain, safe] = Function::both(definition);
        call(&plain, &[], false);
        for (at, one) in all.iter().enumerate() {
            call(&plain, &[one], at % 2 == 0);
            for (at, two) in all.iter().enumerate() {
                call(&safe, &[one, two], at % 2 == 0);
            }
        }
        let triples = pools.iter().map(|pool| pool.iter().collect()).chain([firsts.clone()]);
        for pool in triples {
            for one in &pool {
                for two in &pool {
                    for (at, three) in pool.iter().enumerate() {
                        call(&plain, &[one, two, three], at % 2 == 0);
                    }
                }
            }
        }
    }
}

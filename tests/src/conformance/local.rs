//! Asking assay: the gate and the source of files, over an empty folder.

use anyhow::{Context as _, bail, ensure};
use assay::model::{Batch, Column, ColumnInfo, Kind, Param, Problem, ProblemCode, Value as Bound, Values, VarData};
use assay::source::Source;
use assay::source::gate::read_statement;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, date};

use super::case::{Case, Expect, Parameter, Refused};
use super::expected::{Answer, Expected};
use super::report::Outcome;
use super::types::{Field, Type};
use super::value::Value;

/// Rows and bytes of one batch.
const BATCH: (u32, u64) = (1_000, 1 << 20);

/// Why there is no answer.
enum Fault {
    Problem(Problem),
    /// Of the answer, or of the case.
    Other(anyhow::Error),
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<anyhow::Error> for Fault {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

/// Runs a case on a source of assay.
pub async fn run(source: &dyn Source, case: &Case) -> Outcome {
    let answer = match &case.expect {
        Expect::Rows(expected) => ask(source, case, &expected.columns).await,
        Expect::Error(_) | Expect::Refused(_) => ask(source, case, &[]).await,
    };
    let judged = match (&case.expect, answer) {
        (_, Err(Fault::Other(error))) => Err(Outcome::Differs(format!("{error:#}"))),
        (Expect::Rows(expected), Ok(answer)) => delivered(expected).compare(&answer).map_err(Outcome::Differs),
        (Expect::Rows(_), Err(Fault::Problem(problem))) => Err(Outcome::Fails(told(&problem))),
        (Expect::Error(says), Err(Fault::Problem(problem))) => fails(says, &problem).map_err(Outcome::Fails),
        (Expect::Refused(refused), Err(Fault::Problem(problem))) => {
            is_refused(refused, &problem).map_err(Outcome::Fails)
        }
        (Expect::Error(_) | Expect::Refused(_), Ok(answer)) => {
            Err(Outcome::Differs(format!("{} rows and no error", answer.rows.len())))
        }
    };
    judged.map_or_else(|outcome| outcome, |()| Outcome::AsExpected)
}

fn delivered(expected: &Expected) -> Expected {
    expected.delivered(Value::delivered_by_assay)
}

fn told(problem: &Problem) -> String {
    format!("{problem}\n  hint: {}", problem.hint.as_deref().unwrap_or("none"))
}

fn fails(says: &str, problem: &Problem) -> Result<(), String> {
    if problem.message.to_lowercase().contains(&says.to_lowercase()) {
        return Ok(());
    }
    Err(format!("expected an error that says `{says}`, got:\n  {}", told(problem)))
}

fn is_refused(refused: &Refused, problem: &Problem) -> Result<(), String> {
    let mut missing = Vec::new();
    if problem.code.as_str() != refused.code {
        missing.push(format!("the code is not `{}`", refused.code));
    }
    if !problem.message.contains(&refused.says) {
        missing.push(format!("the message does not say {}", refused.says));
    }
    // What the engine finds out by types has no place.
    if problem.code == ProblemCode::UnsupportedSql && !has_place(&problem.message) {
        missing.push("no line and column".to_owned());
    }
    if problem.hint.is_none() {
        missing.push("no hint".to_owned());
    }
    if missing.is_empty() { Ok(()) } else { Err(format!("{}:\n  {}", missing.join(", "), told(problem))) }
}

/// Whether a message ends in a place, as those of the gate do.
fn has_place(message: &str) -> bool {
    let Some((_, place)) = message.rsplit_once("line ") else { return false };
    let Some((line, column)) = place.split_once(", column ") else { return false };
    line.parse::<u32>().is_ok() && column.trim_end_matches([')', '.']).parse::<u32>().is_ok()
}

/// Asks; the columns are compared when any are given.
async fn ask(source: &dyn Source, case: &Case, columns: &[Field]) -> Result<Answer, Fault> {
    let params = case.params.iter().map(bound).collect::<anyhow::Result<_>>()?;
    let mut rows = source.query(read_statement(&case.sql, params)?).await?;
    if !columns.is_empty() {
        compare_columns(columns, rows.columns())?;
    }
    let mut answer = Answer { rows: Vec::new() };
    while let Some(batch) = rows.next(BATCH.0, BATCH.1).await? {
        for row in 0..batch.rows as usize {
            answer.rows.push(if columns.is_empty() { Vec::new() } else { cells(&batch, row, columns)? });
        }
    }
    Ok(answer)
}

fn compare_columns(expected: &[Field], found: &[ColumnInfo]) -> anyhow::Result<()> {
    let is_like = |(expected, found): (&Field, &ColumnInfo)| {
        expected.name == found.name && expected.r#type.kinds().contains(&found.kind)
    };
    if expected.len() == found.len() && expected.iter().zip(found).all(is_like) {
        return Ok(());
    }
    let expected: Vec<_> = expected.iter().map(Field::to_string).collect();
    let found: Vec<_> =
        found.iter().map(|info| format!("{} {:?} ({})", info.name, info.kind, info.type_name)).collect();
    bail!("expected the columns:\n  {}\ngot:\n  {}", expected.join(", "), found.join(", "))
}

pub(super) fn cells(batch: &Batch, row: usize, columns: &[Field]) -> anyhow::Result<Vec<Value>> {
    ensure!(batch.columns.len() == columns.len(), "a batch of {} columns", batch.columns.len());
    let cells = batch.columns.iter().zip(columns);
    cells.map(|(column, field)| cell(column, row, &field.r#type)).collect()
}

fn cell(column: &Column, row: usize, r#type: &Type) -> anyhow::Result<Value> {
    let bit = |bits: &[u8]| bits[row / 8] >> (row % 8) & 1 == 1;
    if !column.validity.is_empty() && !bit(&column.validity) {
        return Ok(Value::Null);
    }
    let bytes = |data: &VarData| data.bytes[data.offsets[row] as usize..data.offsets[row + 1] as usize].to_vec();
    let text = |data: &VarData| String::from_utf8(bytes(data)).context("text that is not UTF-8");
    Ok(match (r#type, &column.values) {
        (Type::Int64, Values::Int64(values)) => Value::Int64(values[row]),
        (Type::Float64, Values::Float64(values)) => Value::Float64(values[row]),
        (Type::Bool, Values::Bits(bits)) => Value::Bool(bit(bits)),
        (Type::Date, Values::Days(values)) => Value::Date(day(values[row])?),
        (Type::Time, Values::Micros(values)) => Value::Time(Value::at(values[row])?.time()),
        (Type::DateTime, Values::Micros(values)) => Value::DateTime(Value::at(values[row])?),
        (Type::Timestamp, Values::Micros(values)) => Value::Timestamp(Value::at(values[row])?),
        (Type::String, Values::Text(data)) => Value::String(text(data)?),
        (Type::Bytes, Values::Bytes(data)) => Value::Bytes(bytes(data)),
        (Type::Numeric | Type::BigNumeric, Values::Text(data)) => Value::decimal(&text(data)?)?,
        (Type::Json, Values::Text(data)) => Value::Json(serde_json::from_str(&text(data)?)?),
        (Type::Array(_) | Type::Struct(_), Values::Text(data)) => Value::of_assay(r#type, &text(data)?)?,
        (r#type, _) => bail!("a column in a layout that no {type} has"),
    })
}

const EPOCH: Date = date(1970, 1, 1);

pub(super) fn day(days: i32) -> anyhow::Result<Date> {
    Ok(EPOCH.checked_add(SignedDuration::from_hours(i64::from(days) * 24))?)
}

fn days(date: Date) -> anyhow::Result<i32> {
    Ok(i32::try_from(EPOCH.duration_until(date).as_hours() / 24)?)
}

fn micros(at: DateTime) -> anyhow::Result<i64> {
    let epoch = EPOCH.to_datetime(Time::midnight());
    Ok(i64::try_from(epoch.duration_until(at).as_micros())?)
}

/// A parameter as a check binds it.
pub(super) fn bound(parameter: &Parameter) -> anyhow::Result<Param> {
    let value = match (&parameter.r#type, &parameter.value) {
        (Type::Array(element), Value::Array(values)) => array(element, values)?,
        (r#type, Value::Null) => Bound::Null(kind(r#type)?),
        (_, value) => scalar(value)?,
    };
    Ok(Param { name: parameter.name.clone(), value })
}

fn kind(r#type: &Type) -> anyhow::Result<Kind> {
    match r#type {
        Type::Json | Type::Array(_) | Type::Struct(_) => bail!("a check cannot bind a null of {type}"),
        scalar => scalar.kinds().first().copied().context("a scalar has a kind"),
    }
}

fn scalar(value: &Value) -> anyhow::Result<Bound> {
    Ok(match value {
        Value::Int64(value) => Bound::Int64(*value),
        Value::Float64(value) => Bound::Float64(*value),
        Value::String(value) => Bound::Text(value.clone()),
        Value::Bool(value) => Bound::Boolean(*value),
        Value::Bytes(value) => Bound::Bytes(value.clone()),
        Value::Date(value) => Bound::Date(days(*value)?),
        Value::DateTime(value) => Bound::DateTime(micros(*value)?),
        Value::Timestamp(value) => Bound::Timestamp(micros(*value)?),
        Value::Decimal(value) => Bound::Decimal(value.clone()),
        Value::Null | Value::Time(_) | Value::Json(_) | Value::Array(_) | Value::Struct(_) => {
            bail!("a check cannot bind {value}")
        }
    })
}

/// An array in which every value is of the type.
fn array(element: &Type, values: &[Value]) -> anyhow::Result<Bound> {
    fn all<T>(values: &[Value], one: impl Fn(&Value) -> Option<T>) -> anyhow::Result<Vec<T>> {
        values.iter().map(|value| one(value).with_context(|| format!("a check cannot bind {value}"))).collect()
    }
    Ok(match element {
        Type::Int64 => Bound::Int64Array(all(values, |value| match value {
            Value::Int64(value) => Some(*value),
            _ => None,
        })?),
        Type::Float64 => Bound::Float64Array(all(values, |value| match value {
            Value::Float64(value) => Some(*value),
            _ => None,
        })?),
        Type::String => Bound::TextArray(all(values, |value| match value {
            Value::String(value) => Some(value.clone()),
            _ => None,
        })?),
        Type::Date => Bound::DateArray(all(values, |value| match value {
            Value::Date(value) => days(*value).ok(),
            _ => None,
        })?),
        Type::Timestamp => Bound::TimestampArray(all(values, |value| match value {
            Value::Timestamp(value) => micros(*value).ok(),
            _ => None,
        })?),
        other => bail!("a check cannot bind an array of {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_instants_go_there_and_back() {
        for number in [0, -1, 2_932_896, -719_162] {
            assert_eq!(days(day(number).unwrap()).unwrap(), number);
        }
        for number in [0, -1, 253_402_300_799_999_999] {
            assert_eq!(micros(Value::at(number).unwrap()).unwrap(), number);
        }
    }

    #[test]
    fn a_place_is_a_line_and_a_column() {
        assert!(has_place("`PIVOT` is not supported (line 2, column 14)"));
        assert!(!has_place("`PIVOT` is not supported in line 2"));
    }

    #[test]
    fn a_refusal_has_code_words_place_and_hint() {
        let refused = Refused { code: "unsupported-sql".to_owned(), says: "`PIVOT`".to_owned() };
        let problem = |code, message: &str| Problem::new(code, message).with_hint("write CASE");
        let code = assay::model::ProblemCode::UnsupportedSql;
        let good = problem(code, "`PIVOT` is not supported (line 2, column 14)");
        assert_eq!(is_refused(&refused, &good), Ok(()));
        let without_hint = Problem { hint: None, ..good };
        for bad in [
            problem(assay::model::ProblemCode::Failed, "`PIVOT` is not supported (line 2, column 14)"),
            problem(code, "`UNPIVOT` is not supported (line 2, column 14)"),
            problem(code, "`PIVOT` is not supported"),
            without_hint,
        ] {
            assert!(is_refused(&refused, &bad).is_err(), "{bad:?}");
        }
    }
}

//! What a check asked and assay answered, as cases: an endpoint of BigQuery must answer the same.

use anyhow::{Context as _, bail};
use assay::model::{Batch, ColumnInfo, Param, Value as Bound};
use assay::source::transcript::{Asked, Request, Step, Transcript};

use super::case::{Case, Expect, Parameter};
use super::expected::Expected;
use super::local;
use super::types::{Field, Type};
use super::value::Value;

/// The statements of a transcript that ask for rows, each with its answer; named after the check and counted from 1.
///
/// # Errors
/// When a statement was not answered: nothing can be held against an endpoint then.
pub fn cases(check: &str, transcript: &Transcript) -> anyhow::Result<Vec<Case>> {
    let asked = (1..).zip(&transcript.queries).filter(|(_, asked)| asked.request == Request::Open);
    asked
        .map(|(number, asked)| {
            let id = format!("{check}/{number}");
            let expect = Expect::Rows(answer(asked).with_context(|| format!("{id}\n{}", asked.sql))?);
            let params = asked.params.iter().map(parameter).collect::<Result<_, _>>()?;
            Ok(Case { id, covers: vec![check.to_owned()], sql: asked.sql.clone(), params, expect })
        })
        .collect()
}

fn answer(asked: &Asked) -> anyhow::Result<Expected> {
    let columns = asked.columns.as_ref().context("there was no answer")?;
    let field = |column: &ColumnInfo| Ok(Field { name: column.name.clone(), r#type: Type::of(column.kind)? });
    let columns: Vec<Field> = columns.iter().map(field).collect::<anyhow::Result<_>>()?;
    let mut rows = Vec::new();
    let mut open_ended = true;
    for step in &asked.steps {
        match step {
            Step::Batch { batch, .. } => rows.extend(rows_of(batch, &columns)?),
            Step::End => open_ended = false,
            Step::Problem(problem) => bail!("the answer is a problem: {problem}"),
            Step::GaveUp => bail!("the answer did not come in time"),
            // A check that has seen enough reads no further.
            Step::Dropped | Step::Cost(_) | Step::Estimate(_) => {}
        }
    }
    Ok(Expected { columns, rows, unordered: !is_ordered(&asked.sql), open_ended })
}

fn rows_of(batch: &Batch, columns: &[Field]) -> anyhow::Result<Vec<Vec<Value>>> {
    (0..batch.rows as usize).map(|row| local::cells(batch, row, columns)).collect()
}

/// Whether a statement says in which order its rows come: an `ORDER BY` that stands in no brackets and no text.
fn is_ordered(sql: &str) -> bool {
    let mut depth = 0_usize;
    let mut text = None;
    let mut outside = String::new();
    for c in sql.chars() {
        match (text, c) {
            (Some(quote), c) if c == quote => text = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => text = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, c) if depth == 0 => outside.push(c.to_ascii_uppercase()),
            (None, _) => {}
        }
    }
    let words: Vec<&str> = outside.split_whitespace().collect();
    words.windows(2).any(|pair| pair == ["ORDER", "BY"])
}

/// A parameter as a check has bound it.
fn parameter(param: &Param) -> anyhow::Result<Parameter> {
    let array = |element: Type, values: anyhow::Result<Vec<Value>>| {
        Ok::<_, anyhow::Error>((Type::Array(Box::new(element)), Value::Array(values?)))
    };
    let (r#type, value) = match &param.value {
        Bound::Null(kind) => (Type::of(*kind)?, Value::Null),
        Bound::Boolean(value) => (Type::Bool, Value::Bool(*value)),
        Bound::Int64(value) => (Type::Int64, Value::Int64(*value)),
        Bound::Float64(value) => (Type::Float64, Value::Float64(*value)),
        Bound::Text(value) => (Type::String, Value::String(value.clone())),
        Bound::Bytes(value) => (Type::Bytes, Value::Bytes(value.clone())),
        Bound::Date(value) => (Type::Date, Value::Date(local::day(*value)?)),
        Bound::DateTime(value) => (Type::DateTime, Value::DateTime(Value::at(*value)?)),
        Bound::Timestamp(value) => (Type::Timestamp, Value::Timestamp(Value::at(*value)?)),
        Bound::Decimal(value) => (Type::BigNumeric, Value::decimal(value)?),
        Bound::Int64Array(values) => array(Type::Int64, Ok(values.iter().copied().map(Value::Int64).collect()))?,
        Bound::Float64Array(values) => array(Type::Float64, Ok(values.iter().copied().map(Value::Float64).collect()))?,
        Bound::TextArray(values) => array(Type::String, Ok(values.iter().cloned().map(Value::String).collect()))?,
        Bound::DateArray(values) => {
            array(Type::Date, values.iter().map(|value| Ok(Value::Date(local::day(*value)?))).collect())?
        }
        Bound::TimestampArray(values) => {
            array(Type::Timestamp, values.iter().map(|value| Ok(Value::Timestamp(Value::at(*value)?))).collect())?
        }
    };
    Ok(Parameter { name: param.name.clone(), r#type, value })
}

#[cfg(test)]
mod tests {
    use assay::model::{Column, Kind, Values};

    use super::*;

    fn asked(steps: Vec<Step>) -> Asked {
        let column =
            ColumnInfo { name: "n".to_owned(), kind: Kind::Int64, type_name: "Int64".to_owned(), nullable: true };
        Asked {
            source: "pipeline".to_owned(),
            request: Request::Open,
            sql: "SELECT n FROM t".to_owned(),
            params: Vec::new(),
            columns: Some(vec![column]),
            steps,
        }
    }

    fn batch(values: Vec<i64>, validity: Vec<u8>) -> Step {
        let rows = u32::try_from(values.len()).unwrap();
        let columns = vec![Column { validity, values: Values::Int64(values) }];
        Step::Batch { batch: Batch { rows, columns }, oversize: false }
    }

    #[test]
    fn an_answer_is_the_rows_of_all_batches() {
        let expected =
            answer(&asked(vec![batch(vec![1, 0], vec![0b01]), batch(vec![3], Vec::new()), Step::End])).unwrap();
        assert_eq!(expected.rows, [vec![Value::Int64(1)], vec![Value::Null], vec![Value::Int64(3)]]);
        assert!(expected.unordered);
    }

    #[test]
    fn of_an_answer_that_was_not_read_to_its_end_there_may_be_more() {
        let read = |steps| answer(&asked(steps)).map_err(|error| error.to_string());
        assert!(read(vec![batch(vec![1], Vec::new()), Step::Dropped]).unwrap().open_ended);
        assert!(!read(vec![batch(vec![1], Vec::new()), Step::End]).unwrap().open_ended);
        assert_eq!(read(vec![Step::GaveUp]), Err("the answer did not come in time".to_owned()));
    }

    #[test]
    fn a_statement_is_ordered_by_what_stands_outside() {
        for (sql, expected) in [
            ("SELECT n FROM t\nORDER BY n LIMIT 3", true),
            ("SELECT * FROM (SELECT n FROM t ORDER BY n)", false),
            ("SELECT ROW_NUMBER() OVER (ORDER BY n) AS n FROM t", false),
            ("SELECT 'order by (' AS a FROM t order  by a", true),
            ("SELECT ') ORDER BY' AS a FROM t", false),
        ] {
            assert_eq!(is_ordered(sql), expected, "{sql}");
        }
    }

    #[test]
    fn parameters_are_bound_as_they_were() {
        let bound = |value: Bound| parameter(&Param { name: "p".to_owned(), value }).unwrap();
        for value in [
            Bound::Int64(1),
            Bound::Text("x".to_owned()),
            Bound::Date(20_000),
            Bound::Timestamp(1_700_000_000_000_001),
            Bound::Null(Kind::Date),
            Bound::DateArray(vec![20_000, -1]),
            Bound::TextArray(Vec::new()),
        ] {
            assert_eq!(local::bound(&bound(value.clone())).unwrap().value, value, "{value:?}");
        }
    }
}

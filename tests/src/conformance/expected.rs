//! What a case expects, held against what came.

use super::types::Field;
use super::value::Value;

/// Columns and rows that a query must answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// The columns.
    pub columns: Vec<Field>,
    /// The rows.
    pub rows: Vec<Vec<Value>>,
    /// Whether they may come in any order.
    pub unordered: bool,
    /// Whether there may be more rows, of which nothing is known.
    pub open_ended: bool,
}

/// Rows that came, their columns being right.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The rows.
    pub rows: Vec<Vec<Value>>,
}

/// Most rows of a difference that are shown.
const SHOWN: usize = 20;

impl Expected {
    /// The same with each value as an interface delivers it.
    pub(super) fn delivered(&self, deliver: impl Fn(&Value, &super::Type) -> Value) -> Self {
        let row = |row: &Vec<Value>| -> Vec<Value> {
            row.iter().zip(&self.columns).map(|(value, column)| deliver(value, &column.r#type)).collect()
        };
        Self { rows: self.rows.iter().map(row).collect(), ..self.clone() }
    }

    /// Compares rows.
    ///
    /// # Errors
    /// The difference, for a person.
    pub(super) fn compare(&self, answer: &Answer) -> Result<(), String> {
        let is_like = |own: &Vec<Value>, other: &Vec<Value>| {
            own.len() == other.len() && own.iter().zip(other).all(|(own, other)| own.is_like(other))
        };
        let too_few = self.rows.len() > answer.rows.len();
        let same = if too_few || (!self.open_ended && self.rows.len() < answer.rows.len()) {
            false
        } else if self.unordered {
            let mut left: Vec<_> = answer.rows.iter().collect();
            self.rows.iter().all(|row| {
                let found = left.iter().position(|candidate| is_like(row, candidate));
                found.map(|index| left.swap_remove(index)).is_some()
            })
        } else {
            self.rows.iter().zip(&answer.rows).all(|(own, other)| is_like(own, other))
        };
        if same {
            return Ok(());
        }
        let order = if self.unordered { ", in any order" } else { "" };
        let more = if self.open_ended { ", and maybe more" } else { "" };
        Err(format!("expected{order}{more}:\n{}got:\n{}", table(&self.rows), table(&answer.rows)))
    }
}

fn table(rows: &[Vec<Value>]) -> String {
    let mut text = String::new();
    for row in rows.iter().take(SHOWN) {
        let cells: Vec<_> = row.iter().map(Value::to_string).collect();
        text.push_str(&format!("  {}\n", cells.join(" | ")));
    }
    if rows.is_empty() {
        text.push_str("  no rows\n");
    }
    if rows.len() > SHOWN {
        text.push_str(&format!("  and {} more\n", rows.len() - SHOWN));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(values: &[i64]) -> Vec<Vec<Value>> {
        values.iter().map(|value| vec![Value::Int64(*value)]).collect()
    }

    fn compare(expected: &[i64], unordered: bool, got: &[i64]) -> Result<(), String> {
        let columns = Field::read_all("n INT64").unwrap();
        Expected { columns, rows: rows(expected), unordered, open_ended: false }.compare(&Answer { rows: rows(got) })
    }

    #[test]
    fn order_counts_unless_it_is_said_not_to() {
        assert_eq!(compare(&[1, 2], false, &[1, 2]), Ok(()));
        assert_eq!(compare(&[1, 2], true, &[2, 1]), Ok(()));
        assert_eq!(compare(&[1, 2], false, &[2, 1]), Err("expected:\n  1\n  2\ngot:\n  2\n  1\n".to_owned()));
    }

    #[test]
    fn each_row_is_found_once() {
        assert!(compare(&[1, 1], true, &[1, 2]).is_err());
        assert!(compare(&[1], true, &[1, 1]).is_err());
        assert_eq!(compare(&[1], true, &[]), Err("expected, in any order:\n  1\ngot:\n  no rows\n".to_owned()));
    }

    #[test]
    fn of_some_rows_each_is_found_among_more() {
        let columns = Field::read_all("n INT64").unwrap();
        let expected = Expected { columns, rows: rows(&[2, 3]), unordered: true, open_ended: true };
        let compare = |got: &[i64]| expected.compare(&Answer { rows: rows(got) });
        assert_eq!(compare(&[3, 1, 2]), Ok(()));
        assert!(compare(&[3, 1, 1]).is_err());
        assert!(compare(&[2]).unwrap_err().starts_with("expected, in any order, and maybe more:\n"));
    }
}

//! Rows of one league day, table by table, in the order of the declared columns.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::schema::Table;
use crate::value::Value;

/// Cells in the order of the declared columns.
pub type Row = Vec<Value>;

/// The rows that belong to one league day.
#[derive(Debug, Clone)]
pub struct DayRows {
    day: Date,
    tables: Arc<[Table]>,
    rows: Vec<Vec<Row>>,
}

impl DayRows {
    /// A day without rows.
    #[must_use]
    pub fn new(day: Date, tables: Arc<[Table]>) -> Self {
        let rows = tables.iter().map(|_| Vec::new()).collect();
        Self { day, tables, rows }
    }

    /// The league day.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// Tables with their rows.
    pub fn iter(&self) -> impl Iterator<Item = (&Table, &[Row])> {
        self.tables.iter().zip(self.rows.iter().map(Vec::as_slice))
    }

    /// The rows of a table, by its place among the declared ones.
    pub(crate) fn of_mut(&mut self, table: usize) -> &mut Vec<Row> {
        &mut self.rows[table]
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        i64::try_from(self.rows[self.place(table)].len()).expect("rows of a day are few")
    }

    /// When each row of a table becomes visible.
    pub(crate) fn available(&self, table: &str) -> Vec<Timestamp> {
        let place = self.place(table);
        let column = self.tables[place].position("available_at").expect("every table has it");
        let instant = |row: &Row| match row[column] {
            Value::Instant(instant) => Some(instant),
            _ => None,
        };
        self.rows[place].iter().filter_map(instant).collect()
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When the cells are not the declared columns in their order: the generator is wrong then, whatever the seed.
    pub(crate) fn push(&mut self, table: &str, cells: Vec<(&'static str, Value)>) {
        let place = self.place(table);
        let columns = &self.tables[place].columns;
        assert_eq!(cells.len(), columns.len(), "cells of a row of '{table}'");
        let row = columns.iter().zip(cells).map(|(column, (name, value))| {
            assert_eq!(column.name, name, "columns of '{table}'");
            match value.column_type() {
                Some(given) => assert_eq!(given, column.column_type, "type of {table}.{name}"),
                None => assert!(column.nullable, "nothing in {table}.{name}"),
            }
            value
        });
        self.rows[place].push(row.collect());
    }

    fn place(&self, table: &str) -> usize {
        self.tables.iter().position(|declared| declared.name == table).expect("a declared table")
    }
}

/// A row of named cells, in the order of the declared columns.
macro_rules! cells {
    ($($name:ident: $value:expr),+ $(,)?) => {
        vec![$((stringify!($name), $crate::value::Value::from($value))),+]
    };
}
pub(crate) use cells;

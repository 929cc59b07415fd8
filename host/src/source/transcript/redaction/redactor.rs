//! Replacing the values of columns, and keeping book of the parameters that are such values.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::columns::RedactedColumns;
use super::pseudonym::{Key, Nature, double, instant, integer, plain, text};
use crate::model::{Column, Kind, Param, Value, Values, VarData};

/// Most values of one sort that are remembered for counting.
const REMEMBERED_MAX: usize = 1 << 20;

/// What redaction did in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RedactionTally {
    /// Values that were replaced, nulls not counted.
    pub values: u64,
    /// Different parameters (elements of arrays apart) that are the original of a replaced value: the transcript holds
    /// that value, as the guest wrote it.
    pub original_params: u64,
    /// Different parameters that are a pseudonym: the guest asked by what it was told, and no row of the
    /// source has that value, so that the answer is not the one it would have had without redaction.
    pub pseudonym_params: u64,
    /// Whether all values were compared; otherwise the two counts are the least there may be.
    pub complete: bool,
}

/// Replaces values by pseudonyms, the same for equal values of all sources of a run.
#[derive(Debug)]
pub struct Redactor {
    columns: RedactedColumns,
    key: Key,
    book: Mutex<Book>,
}

/// Marks of values: enough to compare them, and nothing to find them by.
#[derive(Debug, Default)]
struct Book {
    values: u64,
    originals: HashSet<u64>,
    pseudonyms: HashSet<u64>,
    params: HashSet<u64>,
    overflowed: bool,
}

fn remember(marks: &mut HashSet<u64>, mark: u64, overflowed: &mut bool) {
    if marks.len() < REMEMBERED_MAX {
        marks.insert(mark);
    } else {
        *overflowed |= !marks.contains(&mark);
    }
}

impl Redactor {
    /// With a seed that should be random, used for one transcript and then forgotten: who has it can try values until
    /// one has the pseudonym.
    #[must_use]
    pub fn new(columns: RedactedColumns, seed: [u8; 32]) -> Self {
        Self { columns, key: Key::new(seed), book: Mutex::default() }
    }

    /// Which columns.
    #[must_use]
    pub fn columns(&self) -> &RedactedColumns {
        &self.columns
    }

    /// What was done up to now.
    #[must_use]
    pub fn tally(&self) -> RedactionTally {
        let book = self.book();
        let among = |marks: &HashSet<u64>| book.params.iter().filter(|mark| marks.contains(mark)).count() as u64;
        RedactionTally {
            values: book.values,
            original_params: among(&book.originals),
            pseudonym_params: among(&book.pseudonyms),
            complete: !book.overflowed,
        }
    }

    pub(super) fn covers(&self, column: &str) -> bool {
        self.columns.matches(column)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note_params(&self, params: &[Param]) {
        let mut marks = Vec::new();
        let mut mark = |nature, value: &[u8]| marks.push(self.key.mark(nature, value));
        for param in params {
            match &param.value {
                Value::Null(_) | Value::Boolean(_) => {}
                Value::Int64(value) => mark(Nature::Integer, &value.to_le_bytes()),
                Value::Float64(value) => mark(Nature::Double, &double_bytes(*value)),
                Value::Text(value) => mark(Nature::Text, value.as_bytes()),
                Value::Bytes(value) => mark(Nature::Bytes, value),
                Value::Date(value) => mark(Nature::Day, &value.to_le_bytes()),
                Value::DateTime(value) | Value::Timestamp(value) => mark(Nature::Instant, &value.to_le_bytes()),
                Value::Decimal(value) => mark(Nature::Decimal, plain(value).as_bytes()),
                Value::Int64Array(values) => values.iter().for_each(|v| mark(Nature::Integer, &v.to_le_bytes())),
                Value::Float64Array(values) => values.iter().for_each(|v| mark(Nature::Double, &double_bytes(*v))),
                Value::TextArray(values) => values.iter().for_each(|v| mark(Nature::Text, v.as_bytes())),
                Value::DateArray(values) => values.iter().for_each(|v| mark(Nature::Day, &v.to_le_bytes())),
                Value::TimestampArray(values) => values.iter().for_each(|v| mark(Nature::Instant, &v.to_le_bytes())),
            }
        }
        let Book { params, overflowed, .. } = &mut *self.book();
        for mark in marks {
            remember(params, mark, overflowed);
        }
    }

    /// Replaces all values of a column, and clears what lies under nulls.
    pub(super) fn redact(&self, kind: Kind, column: &mut Column, rows: usize) {
        let Column { validity, values } = column;
        let present =
            |row: usize| validity.is_empty() || validity.get(row / 8).is_some_and(|byte| byte >> (row % 8) & 1 == 1);
        let mut page = Page { key: &self.key, book: self.book() };
        match values {
            Values::Int64(values) => replace(values, present, |value| page.integer(*value)),
            Values::Float64(values) => replace(values, present, |value| page.double(*value)),
            Values::Days(days) => replace(days, present, |day| page.day(*day)),
            Values::Micros(micros) if kind == Kind::Time => {
                replace(micros, present, |micros| page.time_of_day(*micros));
            }
            Values::Micros(micros) => replace(micros, present, |micros| page.instant(*micros)),
            Values::Text(data) => *data = replaced(data, rows, present, |value| page.text(kind, value)),
            Values::Bytes(data) => *data = replaced(data, rows, present, |value| page.bytes(value)),
            Values::Bits(bits) => {
                page.book.values += (0..rows).filter(|row| present(*row)).count() as u64;
                *bits = vec![0; rows.div_ceil(8)];
                *validity = vec![0; rows.div_ceil(8)];
            }
        }
    }
}

fn replace<T: Copy + Default>(values: &mut [T], present: impl Fn(usize) -> bool, mut pseudonym: impl FnMut(&T) -> T) {
    for (row, value) in values.iter_mut().enumerate() {
        *value = if present(row) { pseudonym(value) } else { T::default() };
    }
}

fn replaced(
    data: &VarData,
    rows: usize,
    present: impl Fn(usize) -> bool,
    mut pseudonym: impl FnMut(&[u8]) -> Vec<u8>,
) -> VarData {
    let mut replaced = VarData { offsets: vec![0], bytes: Vec::new() };
    for row in 0..rows {
        let ends = data.offsets.get(row).zip(data.offsets.get(row + 1));
        let value = ends.and_then(|(start, end)| data.bytes.get(*start as usize..*end as usize));
        if present(row) {
            replaced.bytes.extend(pseudonym(value.unwrap_or_default()));
        }
        // A batch has at most some thousand rows, each with a few bytes now.
        replaced.offsets.push(u32::try_from(replaced.bytes.len()).unwrap_or(u32::MAX));
    }
    replaced
}

/// Zero has one sign.
fn double_bytes(value: f64) -> [u8; 8] {
    (value + 0.0).to_bits().to_le_bytes()
}

/// Makes pseudonyms and keeps book of them.
struct Page<'a> {
    key: &'a Key,
    book: MutexGuard<'a, Book>,
}

impl Page<'_> {
    /// The mark of an original.
    fn mark(&mut self, nature: Nature, value: &[u8]) -> u64 {
        let mark = self.key.mark(nature, value);
        let Book { values, originals, overflowed, .. } = &mut *self.book;
        *values += 1;
        remember(originals, mark, overflowed);
        mark
    }

    fn handed_out(&mut self, nature: Nature, pseudonym: &[u8]) {
        let mark = self.key.mark(nature, pseudonym);
        let Book { pseudonyms, overflowed, .. } = &mut *self.book;
        remember(pseudonyms, mark, overflowed);
    }

    fn integer(&mut self, value: i64) -> i64 {
        let pseudonym = integer(self.mark(Nature::Integer, &value.to_le_bytes()));
        self.handed_out(Nature::Integer, &pseudonym.to_le_bytes());
        pseudonym
    }

    fn double(&mut self, value: f64) -> f64 {
        if value.is_nan() {
            // With the usual bits: the others could carry something.
            return f64::NAN;
        }
        if value.is_infinite() {
            return value;
        }
        let pseudonym = double(self.mark(Nature::Double, &double_bytes(value)));
        self.handed_out(Nature::Double, &double_bytes(pseudonym));
        pseudonym
    }

    fn day(&mut self, day: i32) -> i32 {
        self.mark(Nature::Day, &day.to_le_bytes());
        let pseudonym = self.key.day(day);
        self.handed_out(Nature::Day, &pseudonym.to_le_bytes());
        pseudonym
    }

    fn time_of_day(&mut self, micros: i64) -> i64 {
        self.mark(Nature::TimeOfDay, &micros.to_le_bytes());
        self.key.time_of_day(micros)
    }

    fn instant(&mut self, micros: i64) -> i64 {
        let pseudonym = instant(self.mark(Nature::Instant, &micros.to_le_bytes()));
        self.handed_out(Nature::Instant, &pseudonym.to_le_bytes());
        pseudonym
    }

    fn bytes(&mut self, value: &[u8]) -> Vec<u8> {
        let pseudonym = self.mark(Nature::Bytes, value).to_be_bytes();
        self.handed_out(Nature::Bytes, &pseudonym);
        pseudonym.to_vec()
    }

    fn text(&mut self, kind: Kind, value: &[u8]) -> Vec<u8> {
        if kind == Kind::Decimal {
            let number = str::from_utf8(value).map_or(value, |number| plain(number).as_bytes());
            let pseudonym = integer(self.mark(Nature::Decimal, number)).to_string();
            self.handed_out(Nature::Decimal, pseudonym.as_bytes());
            return pseudonym.into_bytes();
        }
        let pseudonym = text(self.mark(Nature::Text, value));
        self.handed_out(Nature::Text, pseudonym.as_bytes());
        if kind == Kind::Json { format!("\"{pseudonym}\"").into_bytes() } else { pseudonym.into_bytes() }
    }
}

//! CSV files: a header line that names the columns, then rows. An empty cell is null.

use std::io::Read;
use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader as Core};
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::written::{self, Guess};
use super::{BATCH_BYTES, LINE_MAX, Layout};
use crate::source::files::failure::Fault;
use crate::source::files::promise;

/// Most columns of a file.
const COLUMNS_MAX: usize = 20_000;

/// Rows that are looked at together to find out what a file holds.
const GUESSED_ROWS: usize = 8_192;

/// Bytes read at once.
const BUFFER: usize = 128 * 1024;

/// Rows, one after the other.
struct Records<R> {
    input: R,
    core: Core,
    buffer: Vec<u8>,
    /// The part of `buffer` that is not read yet.
    start: usize,
    filled: usize,
    /// The text of the rows of a batch, and where each of their fields ends in it.
    data: Vec<u8>,
    len: usize,
    ends: Vec<usize>,
    fields: usize,
    /// Rows of earlier batches.
    before: u64,
}

/// Rows read together.
struct Rows<'a> {
    text: &'a str,
    ends: &'a [usize],
    width: usize,
    rows: usize,
}

impl<'a> Rows<'a> {
    fn cell(&self, row: usize, column: usize) -> Option<&'a str> {
        let at = row * self.width + column;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let cell = self.text.get(start..*self.ends.get(at)?)?;
        (!cell.is_empty()).then_some(cell)
    }

    fn column(&self, column: usize) -> impl ExactSizeIterator<Item = Option<&'a str>> {
        (0..self.rows).map(move |row| self.cell(row, column))
    }
}

impl<R: Read> Records<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            core: Core::new(),
            buffer: vec![0; BUFFER],
            start: 0,
            filled: 0,
            data: vec![0; BUFFER],
            len: 0,
            ends: vec![0; 1_024],
            fields: 0,
            before: 0,
        }
    }

    /// Appends one row; `None` at the end, else the number of its fields.
    fn record(&mut self) -> Result<Option<usize>, Fault> {
        let (begin, first) = (self.len, self.fields);
        let mut is_at_end = false;
        loop {
            if self.start == self.filled && !is_at_end {
                self.start = 0;
                self.filled = self.input.read(&mut self.buffer)?;
                is_at_end = self.filled == 0;
            }
            let input = self.buffer.get(self.start..self.filled).unwrap_or_default();
            let output = self.data.get_mut(self.len..).unwrap_or_default();
            let ends = self.ends.get_mut(self.fields..).unwrap_or_default();
            let (result, read, written, ended) = self.core.read_record(input, output, ends);
            self.start += read;
            self.len += written;
            self.fields += ended;
            if self.len - begin > LINE_MAX {
                return Err(Fault::Damaged(format!("a row is longer than {LINE_MAX} bytes")));
            }
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.data.resize(self.data.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if self.fields - first > COLUMNS_MAX => {
                    return Err(Fault::Damaged(format!("a row has more than {COLUMNS_MAX} fields")));
                }
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => {
                    // The reader counts from the beginning of the row.
                    for end in self.ends.get_mut(first..self.fields).unwrap_or_default() {
                        *end += begin;
                    }
                    return Ok(Some(self.fields - first));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn forget(&mut self) {
        (self.len, self.fields) = (0, 0);
    }

    fn text(&self) -> Result<&str, usize> {
        let bytes = self.data.get(..self.len).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|error| error.valid_up_to())
    }

    /// The names in the first line.
    fn header(&mut self) -> Result<Vec<String>, Fault> {
        let Some(width) = self.record()? else { return Err(Fault::Empty) };
        let text = self.text().map_err(|_| Fault::Damaged("its header line is not UTF-8 text".to_owned()))?;
        let header = Rows { text, ends: &self.ends, width, rows: 1 };
        let names = (0..width).map(|column| header.cell(0, column).unwrap_or_default().to_owned()).collect();
        self.forget();
        Ok(names)
    }

    /// The next rows, `None` at the end.
    fn batch(&mut self, width: usize, rows_max: usize) -> Result<Option<Rows<'_>>, Fault> {
        self.forget();
        let mut rows = 0;
        while rows < rows_max.max(1) && self.len < BATCH_BYTES {
            match self.record()? {
                None => break,
                Some(fields) if fields == width => rows += 1,
                Some(fields) => {
                    let row = self.before + rows as u64 + 1;
                    return Err(Fault::Damaged(format!(
                        "row {row} below the header line has {fields} fields, not {width}"
                    )));
                }
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let before = self.before;
        self.before += rows as u64;
        let text = self.text().map_err(|at| {
            let fields_before = self.ends.partition_point(|end| *end <= at).min(self.fields.saturating_sub(1));
            let row = before + (fields_before / width.max(1)) as u64 + 1;
            Fault::Damaged(format!("row {row} below the header line is not UTF-8 text"))
        })?;
        Ok(Some(Rows { text, ends: self.ends.get(..self.fields).unwrap_or_default(), width, rows }))
    }
}

/// What a file holds, found out by reading it from end to end.
///
/// # Errors
/// When its header line or a row is not usable.
pub(super) fn infer(input: impl Read) -> Result<Schema, Fault> {
    let mut records = Records::new(input);
    let names = records.header()?;
    if let Some(reason) = header_fault(&names) {
        return Err(Fault::Header(reason));
    }
    let mut guesses = vec![Guess::Null; names.len()];
    while let Some(rows) = records.batch(names.len(), GUESSED_ROWS)? {
        for (column, guess) in guesses.iter_mut().enumerate() {
            *guess = rows.column(column).flatten().fold(*guess, Guess::and);
        }
    }
    let fields = names.into_iter().zip(guesses).map(|(name, guess)| Field::new(name, guess.data_type(), true));
    Ok(Schema::new(fields.collect::<Vec<_>>()))
}

/// What tells a header line from a line of data that stands in its place.
fn header_fault(names: &[String]) -> Option<String> {
    for (at, name) in names.iter().enumerate() {
        let is_data = !matches!(Guess::Null.and(name).data_type(), DataType::Utf8View | DataType::Boolean);
        if name.trim().is_empty() {
            return Some(format!("column {} has no name", at + 1));
        } else if is_data {
            return Some(format!("`{name}` is a value, not the name of a column"));
        } else if names.get(..at).is_some_and(|before| before.contains(name)) {
            return Some(format!("two columns are named `{name}`"));
        }
    }
    None
}

/// Reads a file whose columns are known.
pub(super) struct Reader<R> {
    records: Records<R>,
    layout: Arc<Layout>,
    columns: Arc<[usize]>,
    schema: SchemaRef,
    rows_max: usize,
}

impl<R: Read> Reader<R> {
    /// Reads the header line.
    ///
    /// # Errors
    /// When it does not name the columns.
    pub(super) fn open(
        input: R,
        layout: Arc<Layout>,
        columns: Arc<[usize]>,
        schema: SchemaRef,
        rows_max: usize,
    ) -> Result<Self, Fault> {
        let mut records = Records::new(input);
        let header = records.header()?;
        if !header.iter().eq(layout.fields.iter().map(|field| field.name())) {
            let expected: Vec<&str> = layout.fields.iter().map(|field| field.name().as_str()).collect();
            let reason = format!("its columns are {}, not {}", header.join(", "), expected.join(", "));
            return Err(Fault::Misfit(reason));
        }
        Ok(Self { records, layout, columns, schema, rows_max })
    }

    /// The next rows, `None` at the end.
    ///
    /// # Errors
    /// When a row is damaged or a value does not fit.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>, Fault> {
        let before = self.records.before;
        let Some(rows) = self.records.batch(self.layout.fields.len(), self.rows_max)? else { return Ok(None) };
        let misfit = |row: usize, reason: String| {
            Fault::Misfit(format!("row {} below the header line: {reason}", before + row as u64 + 1))
        };
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for column in self.columns.iter() {
            let Some(field) = self.layout.fields.get(*column) else { continue };
            let array =
                written::column(rows.column(*column), field).map_err(|unfit| misfit(unfit.row, unfit.reason))?;
            if let Some((row, path)) = promise::breach(field, &array) {
                return Err(misfit(row, promise::breached(&path)));
            }
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options);
        batch.map(Some).map_err(|error| Fault::Damaged(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn a_line_of_data_is_no_header() {
        for (names, expected) in [
            (&["id", "name"][..], None),
            (&["true", "name"], None),
            (&["1", "name"], Some("`1` is a value")),
            (&["id", "2026-01-31"], Some("`2026-01-31` is a value")),
            (&["id", ""], Some("column 2 has no name")),
            (&["id", "id"], Some("two columns are named `id`")),
        ] {
            let fault = header_fault(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
            assert_eq!(fault.is_some(), expected.is_some(), "{names:?}: {fault:?}");
            assert!(fault.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{names:?}");
        }
    }

    /// What is written again and again.
    struct Endless(&'static [u8], usize);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            for byte in buffer.iter_mut() {
                *byte = self.0[self.1 % self.0.len()];
                self.1 += 1;
            }
            Ok(buffer.len())
        }
    }

    #[test]
    fn no_row_is_endless() {
        for (first, then, reason) in [
            ("", &b"x"[..], "a row is longer than 16777216 bytes"),
            ("a\n\"", b"within quotes, over many lines\n", "a row is longer than 16777216 bytes"),
            ("", b"x,", "a row has more than 20000 fields"),
            ("", b",", "a row has more than 20000 fields"),
        ] {
            let fault = infer(first.as_bytes().chain(Endless(then, 0))).expect_err("endless");
            assert!(fault.to_string().ends_with(reason), "{fault}");
        }
    }

    #[test]
    fn rows_are_cut_into_batches_and_counted() {
        let text = "a,b\r\n1,\"x\ny\"\r\n\r\n2,\n3,z\n";
        let mut records = Records::new(text.as_bytes());
        assert_eq!(records.header().unwrap(), ["a", "b"]);
        let mut seen = Vec::new();
        while let Some(rows) = records.batch(2, 2).unwrap() {
            seen.push(
                (0..rows.rows)
                    .map(|row| (rows.cell(row, 0), rows.cell(row, 1).map(str::to_owned)).1)
                    .collect::<Vec<_>>(),
            );
        }
        assert_eq!(seen, [vec![Some("x\ny".to_owned()), None], vec![Some("z".to_owned())]]);
        assert_eq!(records.before, 3);

        let mut records = Records::new(&b"\xef\xbb\xbfa\n1\n\xff\n"[..]);
        assert_eq!(records.header().unwrap(), ["a"], "a byte order mark is no part of a name");
        let fault = records.batch(1, 10).map(|_| ()).expect_err("not text");
        assert!(fault.to_string().contains("row 2 below the header line is not UTF-8"), "{fault}");
    }
}

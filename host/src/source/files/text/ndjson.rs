//! NDJSON files: an object a line. Columns that a line does not name are null in it.

use std::borrow::Cow;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray, RecordBatch, RecordBatchOptions, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use datafusion::arrow::json::ReaderBuilder;
use datafusion::arrow::json::reader::{Decoder, infer_json_schema_from_iterator};
use serde_json::Value as Json;

use super::written::{self, Unfit};
use super::{BATCH_BYTES, LINE_MAX, Layout, json};
use crate::source::files::failure::{Fault, shorten};
use crate::source::files::promise;

/// Bytes read at once.
const BUFFER: usize = 128 * 1024;

/// Lines, one after the other, the blank ones left out.
struct Lines<R> {
    input: BufReader<R>,
    /// The line without its end.
    line: Vec<u8>,
    /// Number of the line, from 1.
    number: u64,
    /// Bytes read.
    read: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        Self { input: BufReader::with_capacity(BUFFER, input), line: Vec::new(), number: 0, read: 0 }
    }

    /// Reads a line, a blank one too; whether there was one.
    fn step(&mut self) -> Result<bool, Fault> {
        self.line.clear();
        self.number += 1;
        loop {
            let bytes = self.input.fill_buf()?;
            if bytes.is_empty() {
                return Ok(!self.line.is_empty());
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
            if self.line.len() + taken.len() > LINE_MAX {
                return Err(Fault::Damaged(format!("a line is longer than {LINE_MAX} bytes")));
            }
            self.line.extend_from_slice(taken);
            let used = taken.len() + usize::from(end.is_some());
            self.read += used as u64;
            self.input.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    fn is_blank(&self) -> bool {
        self.line.trim_ascii().is_empty()
    }

    /// Reads the next line that is not blank; whether there was one.
    fn next(&mut self) -> Result<bool, Fault> {
        while self.step()? {
            if !self.is_blank() {
                return Ok(true);
            }
        }
        if self.read == 0 { Err(Fault::Empty) } else { Ok(false) }
    }
}

/// What a file holds, found out by reading it from end to end; columns in the order of their names.
///
/// # Errors
/// When a line is not an object, or lines contradict each other.
pub(super) fn infer(input: impl Read) -> Result<Schema, Fault> {
    let mut lines = Lines::new(input);
    let mut fault = None;
    let objects = std::iter::from_fn(|| {
        match lines.next().and_then(|is_one| is_one.then(|| object(&lines.line, lines.number)).transpose()) {
            Ok(object) => object.map(Ok),
            Err(first) => {
                fault = Some(first);
                None
            }
        }
    });
    let schema = infer_json_schema_from_iterator(objects);
    match (fault, schema) {
        (Some(fault), _) => Err(fault),
        (None, Err(error)) => Err(Fault::Damaged(shorten(&error.to_string()))),
        (None, Ok(schema)) => {
            let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
            fields.sort_by(|one, other| one.name().cmp(other.name()));
            Ok(Schema::new(fields))
        }
    }
}

fn object(line: &[u8], number: u64) -> Result<Json, Fault> {
    match serde_json::from_slice(line) {
        Ok(object @ Json::Object(_)) => Ok(object),
        Ok(_) => Err(Fault::Damaged(format!("line {number} is not a JSON object"))),
        Err(error) => Err(Fault::Damaged(format!("line {number} is not a whole JSON object: {}", reason(&error)))),
    }
}

/// Without the place, which is one within the line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    format!("{} (column {})", text.strip_suffix(&place).unwrap_or(&text), error.column())
}

/// A part of a file, which holds the lines that begin in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Its first byte.
    pub(super) start: u64,
    /// The byte behind its last.
    pub(super) end: u64,
}

/// Reads a file whose columns are known.
pub(super) struct Reader<R> {
    lines: Lines<R>,
    decoder: Decoder,
    /// What is decoded, as text, and where in it the columns wanted are.
    texts: SchemaRef,
    places: Vec<(usize, FieldRef)>,
    layout: Arc<Layout>,
    schema: SchemaRef,
    rows_max: usize,
    part: Option<Part>,
    /// Lines of the batch that is being made, each with its end, and the number of each.
    text: Vec<u8>,
    numbers: Vec<u64>,
}

impl<R: Read> Reader<R> {
    /// Reads from the beginning, or, given a part, from the byte before it on.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn open(
        input: R,
        part: Option<Part>,
        layout: Arc<Layout>,
        columns: &[usize],
        schema: SchemaRef,
        rows_max: usize,
    ) -> Result<Self, Fault> {
        // A key that is not declared can only be told from one that is not wanted when all are decoded.
        let decoded: Vec<usize> = if layout.declared { (0..layout.fields.len()).collect() } else { columns.to_vec() };
        let field = |column: &usize| layout.fields.get(*column).cloned();
        let texts: Fields = decoded.iter().filter_map(field).map(|field| text_field(&field)).collect();
        let texts = Arc::new(Schema::new(texts));
        let places = columns
            .iter()
            .filter_map(|column| Some((decoded.iter().position(|decoded| decoded == column)?, field(column)?)));
        let places = places.collect();
        let rows_max = rows_max.max(1);
        let decoder = decoder(&texts, layout.declared, rows_max)?;
        let mut lines = Lines::new(input);
        if part.is_some_and(|part| part.start > 0) {
            // The line before the first: it begins in another part, or ends right before this one.
            lines.step()?;
            lines.number = 0;
        }
        let (text, numbers) = (Vec::new(), Vec::new());
        Ok(Self { lines, decoder, texts, places, layout, schema, rows_max, part, text, numbers })
    }

    /// Whether the next line begins behind the part.
    fn is_behind(&self) -> bool {
        self.part.is_some_and(|part| part.start.saturating_sub(1) + self.lines.read >= part.end)
    }

    fn gather(&mut self) -> Result<(), Fault> {
        self.text.clear();
        self.numbers.clear();
        while self.numbers.len() < self.rows_max && self.text.len() < BATCH_BYTES && !self.is_behind() {
            if !self.lines.step()? {
                if self.part.is_none() && self.lines.read == 0 {
                    return Err(Fault::Empty);
                }
                break;
            }
            if self.lines.is_blank() {
                continue;
            }
            let line = match &self.layout.json {
                Some(paths) => json::quoted(&self.lines.line, paths),
                None => Cow::Borrowed(self.lines.line.as_slice()),
            };
            self.text.extend_from_slice(&line);
            self.text.push(b'\n');
            self.numbers.push(self.lines.number);
        }
        Ok(())
    }

    /// The next rows, `None` at the end.
    ///
    /// # Errors
    /// When a line is damaged or a value does not fit.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>, Fault> {
        self.gather()?;
        if self.numbers.is_empty() {
            return Ok(None);
        }
        let Some(batch) = decode(&mut self.decoder, &self.text, self.numbers.len()) else {
            return Err(self.first_fault());
        };
        let misfit = |row: usize, reason: String| Fault::Misfit(format!("{}: {reason}", self.place(row)));
        let mut arrays = Vec::with_capacity(self.places.len());
        for (place, field) in &self.places {
            let array = convert(batch.column(*place), field).map_err(|unfit| misfit(unfit.row, unfit.reason))?;
            if let Some((row, path)) = promise::breach(field, &array) {
                return Err(misfit(row, promise::breached(&path)));
            }
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options);
        batch.map(Some).map_err(|error| Fault::Damaged(error.to_string()))
    }

    fn place(&self, row: usize) -> String {
        let number = self.numbers.get(row).copied().unwrap_or_default();
        match self.part {
            Some(part) if part.start > 0 => format!("line {number} behind byte {}", part.start),
            _ => format!("line {number}"),
        }
    }

    /// Decodes the lines again, one by one, to find the one that is not right.
    fn first_fault(&self) -> Fault {
        let lines = self.text.split(|byte| *byte == b'\n');
        for (row, line) in lines.enumerate().take(self.numbers.len()) {
            let place = self.place(row);
            if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(line) {
                return Fault::Damaged(format!("{place} is not a whole JSON object: {}", reason(&error)));
            }
            let mut decoder = match decoder(&self.texts, self.layout.declared, 1) {
                Ok(decoder) => decoder,
                Err(fault) => return fault,
            };
            let decoded = decoder.decode(line).and_then(|_| decoder.flush());
            match decoded {
                Ok(Some(_)) => {}
                Ok(None) => return Fault::Damaged(format!("{place} is not a JSON object")),
                Err(error) if line.trim_ascii_start().starts_with(b"{") => {
                    return Fault::Misfit(format!("{place}: {}", shorten(&error.to_string())));
                }
                Err(_) => return Fault::Damaged(format!("{place} is not a JSON object")),
            }
        }
        Fault::Damaged("it is not an object a line".to_owned())
    }
}

fn decoder(texts: &SchemaRef, strict: bool, rows_max: usize) -> Result<Decoder, Fault> {
    ReaderBuilder::new(Arc::clone(texts))
        .with_batch_size(rows_max)
        .with_coerce_primitive(true)
        .with_strict_mode(strict)
        .build_decoder()
        .map_err(|error| Fault::Damaged(error.to_string()))
}

/// As many rows as there are lines, or none at all.
fn decode(decoder: &mut Decoder, text: &[u8], lines: usize) -> Option<RecordBatch> {
    let read = decoder.decode(text).ok()?;
    // The decoder stops behind the last row that it has room for.
    let is_whole = text.get(read..).is_some_and(|rest| rest.trim_ascii().is_empty());
    if !is_whole || decoder.has_partial_record() || decoder.len() != lines {
        return None;
    }
    decoder.flush().ok()?
}

/// The same with text in the place of every value.
fn text_field(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(text_field).collect()),
        DataType::List(item) => DataType::List(text_field(item)),
        _ => DataType::Utf8View,
    };
    Arc::new(Field::new(field.name(), data_type, true))
}

/// From text to values.
fn convert(array: &ArrayRef, field: &Field) -> Result<ArrayRef, Unfit> {
    let damaged = |error: datafusion::arrow::error::ArrowError| Unfit { row: 0, reason: error.to_string() };
    match field.data_type() {
        DataType::Struct(fields) => {
            let structs = array.as_struct();
            let columns = fields.iter().zip(structs.columns()).map(|(field, column)| convert(column, field));
            let columns = columns.collect::<Result<Vec<_>, _>>()?;
            let fields = promise::relaxed(fields);
            let nulls = structs.nulls().cloned();
            let built = StructArray::try_new_with_length(fields, columns, nulls, structs.len());
            Ok(Arc::new(built.map_err(damaged)?))
        }
        DataType::List(item) => {
            let list = array.as_list::<i32>();
            let values = convert(list.values(), item).map_err(|unfit| {
                let at = i32::try_from(unfit.row).unwrap_or(i32::MAX);
                let row = list.value_offsets().partition_point(|start| *start <= at).saturating_sub(1);
                Unfit { row, reason: unfit.reason }
            })?;
            // An array that is declared is never null, only empty.
            let nulls = if field.is_nullable() { list.nulls().cloned() } else { None };
            let item = promise::relaxed(&Fields::from(vec![Arc::clone(item)]));
            let Some(item) = item.first() else { return Ok(Arc::clone(array)) };
            let built = ListArray::try_new(Arc::clone(item), list.offsets().clone(), values, nulls);
            Ok(Arc::new(built.map_err(damaged)?))
        }
        _ => match array.as_string_view_opt() {
            Some(texts) => written::column(texts.iter(), field),
            None => Err(Unfit { row: 0, reason: format!("the column `{}` was not read as text", field.name()) }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::Int64Type;

    fn layout() -> Arc<Layout> {
        let fields = vec![Field::new("n", DataType::Int64, true)];
        Arc::new(Layout::new(super::super::TextFormat::NdJson, fields.into(), false))
    }

    fn numbers(text: &str, part: Option<Part>) -> Vec<i64> {
        let start = part.map_or(0, |part| part.start.saturating_sub(1));
        let input = &text.as_bytes()[usize::try_from(start).unwrap()..];
        let schema = Arc::new(Schema::new(layout().fields.clone()));
        let mut reader = Reader::open(input, part, layout(), &[0], schema, 2).unwrap();
        let mut numbers = Vec::new();
        while let Some(batch) = reader.next().unwrap() {
            numbers.extend_from_slice(batch.column(0).as_primitive::<Int64Type>().values());
        }
        numbers
    }

    #[test]
    fn parts_hold_every_line_once() {
        let text = "{\"n\":1}\n\n{\"n\":22}\r\n  {\"n\":333}\n{\"n\":4}";
        assert_eq!(numbers(text, None), [1, 22, 333, 4]);
        let len = text.len() as u64;
        for cut in 0..=len {
            let first = numbers(text, Some(Part { start: 0, end: cut }));
            let second = numbers(text, Some(Part { start: cut, end: len }));
            let all = if cut == 0 { second } else { [first, second].concat() };
            assert_eq!(all, [1, 22, 333, 4], "cut at {cut}");
        }
    }

    #[test]
    fn no_line_is_endless() {
        let fault = infer(std::io::repeat(b'{')).expect_err("endless");
        assert_eq!(fault.to_string(), "is damaged or not what its name says: a line is longer than 16777216 bytes");
    }

    #[test]
    fn the_line_that_is_wrong_is_named() {
        let schema = Arc::new(Schema::new(layout().fields.clone()));
        for (text, reason) in [
            ("{\"n\":1}\n{\"n\":\n", "line 2 is not a whole JSON object"),
            ("{\"n\":1}\n\n1\n", "line 3 is not a JSON object"),
            ("{\"n\":1}{\"n\":2}\n", "line 1 is not a whole JSON object"),
            ("{\"n\":1}\n{\"n\":[1]}\n", "line 2: "),
            ("{\"n\":1}\n{\"n\":2}\n{\"n\":1.5}\n", "line 3: the column `n` is INT64, and `1.5` is none"),
        ] {
            let mut reader = Reader::open(text.as_bytes(), None, layout(), &[0], Arc::clone(&schema), 2).unwrap();
            let fault = loop {
                match reader.next() {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{text}"),
                    Err(fault) => break fault.to_string(),
                }
            };
            assert!(fault.contains(reason), "{text}: {fault}");
        }
    }
}

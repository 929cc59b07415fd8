//! Values of any type as texts: as `CAST` writes them, as `%t` and `%T` do, and as JSON.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type,
    Time64MicrosecondType, TimestampMicrosecondType, i256,
};

use super::super::types::Type;
use super::decimal::Decimal;
use super::spelling::{self, written};
use crate::source::files::watch::BATCH_BYTES_MAX;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As `CAST(value AS STRING)`.
    Cast,
    /// To be read: `%t`.
    Plain,
    /// To stand in a statement: `%T`.
    Literal,
    /// As JSON in one line.
    Json,
    /// As JSON with a line for each value.
    PrettyJson,
}

/// Whether values of the type can be written.
pub(super) fn is_writable(of: &Type) -> bool {
    match of {
        Type::Other(_) => false,
        Type::Array(item) => is_writable(item),
        Type::Struct(fields) => fields.iter().all(|(_, field)| is_writable(field)),
        _ => true,
    }
}

/// Writes a value of an array. Once more is written than a call may make, the rest is left out; the call is refused
/// for what there is.
pub(super) fn write(out: &mut String, array: &dyn Array, at: usize, style: Style) {
    Writer { out, style, depth: 0 }.value(array, at);
}

struct Writer<'a> {
    out: &'a mut String,
    style: Style,
    depth: usize,
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array, at: usize) -> Option<T::Native> {
    array.as_primitive_opt::<T>().map(|array| array.value(at))
}

impl Writer<'_> {
    fn is_json(&self) -> bool {
        matches!(self.style, Style::Json | Style::PrettyJson)
    }

    fn value(&mut self, array: &dyn Array, at: usize) {
        if self.out.len() > BATCH_BYTES_MAX {
            return;
        }
        if array.is_null(at) {
            self.out.push_str(if self.is_json() { "null" } else { "NULL" });
            return;
        }
        match array.data_type() {
            DataType::Boolean => {
                let value = array.as_boolean_opt().is_some_and(|array| array.value(at));
                self.out.push_str(if value { "true" } else { "false" });
            }
            DataType::Int64 => self.int(primitive::<Int64Type>(array, at).unwrap_or_default()),
            DataType::Float64 => self.float(primitive::<Float64Type>(array, at).unwrap_or_default()),
            DataType::Decimal128(..) => {
                self.decimal("NUMERIC", primitive::<Decimal128Type>(array, at).unwrap_or_default());
            }
            DataType::Decimal256(..) => {
                self.decimal("BIGNUMERIC", primitive::<Decimal256Type>(array, at).unwrap_or(i256::ZERO));
            }
            DataType::Utf8View => self.text(array.as_string_view_opt().map_or("", |array| array.value(at))),
            DataType::Utf8 => self.text(array.as_string_opt::<i32>().map_or("", |array| array.value(at))),
            DataType::Binary => self.bytes(array.as_binary_opt::<i32>().map_or(&[], |array| array.value(at))),
            DataType::Date32 => {
                let days = primitive::<Date32Type>(array, at).unwrap_or_default();
                self.quoted("DATE", |out| spelling::date(out, days));
            }
            DataType::Time64(_) => {
                let micros = primitive::<Time64MicrosecondType>(array, at).unwrap_or_default();
                self.quoted("TIME", |out| spelling::time(out, micros));
            }
            DataType::Timestamp(_, zone) => {
                let micros = primitive::<TimestampMicrosecondType>(array, at).unwrap_or_default();
                let between = if self.is_json() { 'T' } else { ' ' };
                let (name, end) = match (zone, self.is_json()) {
                    (None, _) => ("DATETIME", ""),
                    (Some(_), true) => ("TIMESTAMP", "Z"),
                    (Some(_), false) => ("TIMESTAMP", "+00"),
                };
                self.quoted(name, |out| {
                    spelling::datetime(out, micros, between);
                    out.push_str(end);
                });
            }
            DataType::List(_) => self.list(array, at),
            DataType::Struct(_) => self.record(array, at),
            _ => {}
        }
    }

    fn int(&mut self, value: i64) {
        // A reader of JSON may take numbers for floats.
        let quote = if self.is_json() && value.unsigned_abs() > 1 << 53 { "\"" } else { "" };
        written(write!(self.out, "{quote}{value}{quote}"));
    }

    fn float(&mut self, value: f64) {
        match self.style {
            Style::Json | Style::PrettyJson if value.is_nan() => self.out.push_str("\"NaN\""),
            Style::Json | Style::PrettyJson if value.is_infinite() => {
                self.out.push_str(if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" });
            }
            Style::Json | Style::PrettyJson | Style::Cast => spelling::float(self.out, value),
            Style::Literal if !value.is_finite() => {
                self.out.push_str("CAST(\"");
                spelling::float(self.out, value);
                self.out.push_str("\" AS FLOAT64)");
            }
            Style::Plain | Style::Literal => {
                let start = self.out.len();
                spelling::float(self.out, value);
                let is_whole = self.out.as_bytes().iter().skip(start).all(|byte| b"-0123456789".contains(byte));
                self.out.push_str(if is_whole { ".0" } else { "" });
            }
        }
    }

    fn decimal<D: Decimal>(&mut self, name: &str, value: D) {
        let text = value.text();
        let is_lossless =
            || !text.contains('.') && text.parse::<i64>().is_ok_and(|value| value.unsigned_abs() <= 1 << 53);
        match self.style {
            Style::Literal => written(write!(self.out, "{name} \"{text}\"")),
            Style::Json | Style::PrettyJson if !is_lossless() => written(write!(self.out, "\"{text}\"")),
            Style::Cast | Style::Plain | Style::Json | Style::PrettyJson => self.out.push_str(&text),
        }
    }

    fn text(&mut self, value: &str) {
        match self.style {
            Style::Cast | Style::Plain => self.out.push_str(value),
            Style::Json | Style::PrettyJson => json_text(self.out, value),
            Style::Literal => {
                let quote = quote_for(value.as_bytes());
                self.out.push(quote);
                for char in value.chars() {
                    match char {
                        '\x20'..='\x7e' | '\u{80}'.. | '\t' | '\n' | '\r' => escaped(self.out, char, Some(quote)),
                        char => written(write!(self.out, "\\x{:02x}", u32::from(char))),
                    }
                }
                self.out.push(quote);
            }
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        match self.style {
            Style::Cast => self.out.push_str(&String::from_utf8_lossy(value)),
            Style::Json | Style::PrettyJson => {
                self.out.push('"');
                STANDARD.encode_string(value, self.out);
                self.out.push('"');
            }
            Style::Plain | Style::Literal => {
                let quote = if self.style == Style::Literal { Some(quote_for(value)) } else { None };
                if let Some(quote) = quote {
                    self.out.push('b');
                    self.out.push(quote);
                }
                for byte in value {
                    match byte {
                        b' '..=b'~' | b'\t' | b'\n' | b'\r' => escaped(self.out, char::from(*byte), quote),
                        byte => written(write!(self.out, "\\x{byte:02x}")),
                    }
                }
                if let Some(quote) = quote {
                    self.out.push(quote);
                }
            }
        }
    }

    /// A value that is a text in JSON, and stands behind the name of its type in a statement.
    fn quoted(&mut self, name: &str, spell: impl Fn(&mut String)) {
        let quote = match self.style {
            Style::Cast | Style::Plain => "",
            Style::Json | Style::PrettyJson => "\"",
            Style::Literal => {
                self.out.push_str(name);
                self.out.push(' ');
                "\""
            }
        };
        self.out.push_str(quote);
        spell(self.out);
        self.out.push_str(quote);
    }

    fn list(&mut self, array: &dyn Array, at: usize) {
        let Some(list) = array.as_list_opt::<i32>() else { return };
        let items = list.value(at);
        self.out.push('[');
        self.depth += 1;
        for at in 0..items.len() {
            if self.out.len() > BATCH_BYTES_MAX {
                return;
            }
            self.between(at);
            self.value(&items, at);
        }
        self.depth -= 1;
        self.end(items.len());
        self.out.push(']');
    }

    fn record(&mut self, array: &dyn Array, at: usize) {
        let Some(record) = array.as_struct_opt() else { return };
        let count = record.num_columns();
        self.out.push_str(match (self.style, count) {
            (Style::Json | Style::PrettyJson, _) => "{",
            (Style::Literal, 0 | 1) => "STRUCT(",
            (Style::Cast | Style::Plain | Style::Literal, _) => "(",
        });
        self.depth += 1;
        for (number, (field, column)) in record.fields().iter().zip(record.columns()).enumerate() {
            self.between(number);
            if self.is_json() {
                json_text(self.out, field.name());
                self.out.push_str(if self.style == Style::PrettyJson { ": " } else { ":" });
            }
            self.value(column, at);
        }
        self.depth -= 1;
        self.end(count);
        self.out.push(if self.is_json() { '}' } else { ')' });
    }

    /// What stands before the value of that number.
    fn between(&mut self, number: usize) {
        if number > 0 {
            self.out.push_str(if self.is_json() { "," } else { ", " });
        }
        self.line();
    }

    /// What stands behind the last of so many values.
    fn end(&mut self, count: usize) {
        if count > 0 {
            self.line();
        }
    }

    fn line(&mut self) {
        if self.style == Style::PrettyJson {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }
}

/// Double quotes, unless the text has some and no single ones.
fn quote_for(value: &[u8]) -> char {
    if value.contains(&b'"') && !value.contains(&b'\'') { '\'' } else { '"' }
}

/// Writes a character of a literal in such quotes; without quotes every kind of them is escaped.
fn escaped(out: &mut String, char: char, quote: Option<char>) {
    match char {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\\' => out.push_str("\\\\"),
        char => {
            if quote.map_or(matches!(char, '"' | '\'' | '`'), |quote| char == quote) {
                out.push('\\');
            }
            out.push(char);
        }
    }
}

/// Writes a text in JSON's quotes.
pub(super) fn json_text(out: &mut String, value: &str) {
    out.push('"');
    let mut from = 0;
    for (at, char) in value.char_indices() {
        let escape = match char {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            '\0'..'\x20' => "",
            _ => continue,
        };
        out.push_str(value.get(from..at).unwrap_or_default());
        if escape.is_empty() {
            written(write!(out, "\\u{:04x}", u32::from(char)));
        } else {
            out.push_str(escape);
        }
        from = at + char.len_utf8();
    }
    out.push_str(value.get(from..).unwrap_or_default());
    out.push('"');
}

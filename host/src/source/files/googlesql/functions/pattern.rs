//! Formats of dates and times, such as `%Y-%m-%d`: their elements, and those that an argument of a call has.

use std::collections::HashMap;

use datafusion::error::Result;

use super::super::call::Call;
use super::super::fault::Fault;

/// What a format is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Date,
    Time,
    Datetime,
    Timestamp,
}

impl Kind {
    /// Whether values of the kind have what a letter stands for.
    pub(super) fn has(self, letter: u8) -> bool {
        let missing: &[u8] = match self {
            Self::Date => b"cHIklMPpRrSsTXZz",
            Self::Time => b"AaBbhCcDdeFGgjmQsUuVWwxYyZz",
            Self::Datetime => b"Zz",
            Self::Timestamp => b"",
        };
        !missing.contains(&letter)
    }
}

/// A piece of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// What stands for itself.
    Text(&'a str),
    /// An element, with the text that it is written as.
    Element(Element, &'a str),
    /// An element that there is not.
    Unknown(&'a str),
}

/// An element of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// `%` and a letter.
    Letter(u8),
    /// `%E3S`: seconds with so many digits of a fraction.
    Seconds(usize),
    /// `%E*S`: seconds with the fraction that they have.
    Fraction,
    /// `%E4Y`: a year of four digits.
    LongYear,
    /// `%Ez`: an offset with a colon.
    ColonOffset,
}

impl Element {
    /// The letter that says what it is about.
    pub(super) fn letter(self) -> u8 {
        match self {
            Self::Letter(letter) => letter,
            Self::Seconds(_) | Self::Fraction => b'S',
            Self::LongYear => b'Y',
            Self::ColonOffset => b'z',
        }
    }
}

const LETTERS: &[u8] = b"AaBbCcDdeFGgHhIjklMmnPpQRrSsTtUuVWwXxYyZz%";

/// The pieces of a format, one after the other.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a str,
}

/// Takes a format apart.
pub(super) fn pieces(format: &str) -> Pieces<'_> {
    Pieces { rest: format }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (element, length) = match self.rest.find('%').unwrap_or(self.rest.len()) {
            0 => element(self.rest.as_bytes()),
            text => return self.cut(text).map(Piece::Text),
        };
        let written = self.cut(length)?;
        Some(match element {
            Some(element) => Piece::Element(element, written),
            None if written == "%" => Piece::Text(written),
            None => Piece::Unknown(written),
        })
    }
}

impl<'a> Pieces<'a> {
    /// Takes so many bytes, and those that belong to the last character.
    fn cut(&mut self, mut length: usize) -> Option<&'a str> {
        while !self.rest.is_char_boundary(length) {
            length += 1;
        }
        let (piece, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(piece)
    }
}

/// The element that a text begins with, and its length in bytes; at least of the `%`.
fn element(text: &[u8]) -> (Option<Element>, usize) {
    match text {
        [_, b'E', b'z', ..] => (Some(Element::ColonOffset), 3),
        [_, b'E', b'*', b'S', ..] => (Some(Element::Fraction), 4),
        [_, b'E', b'4', b'Y', ..] => (Some(Element::LongYear), 4),
        [_, b'E', digit @ b'0'..=b'9', b'S', ..] => (Some(Element::Seconds(usize::from(digit - b'0'))), 4),
        [_, b'E', letter @ (b'c' | b'C' | b'x' | b'X' | b'y' | b'Y'), ..] => (Some(Element::Letter(*letter)), 3),
        [_, b'O', letter, ..] if b"deHIklmMSuUVwWy".contains(letter) => (Some(Element::Letter(*letter)), 3),
        [_, b'E' | b'O', _, ..] => (None, 3),
        [_, letter, ..] if LETTERS.contains(letter) => (Some(Element::Letter(*letter)), 2),
        [_, _, ..] => (None, 2),
        _ => (None, 1),
    }
}

/// Why a format cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unusable {
    /// BigQuery does not use it either.
    Wrong(Fault),
    /// BigQuery may.
    Unsupported(String),
}

/// The formats that are an argument of a call, as `F`.
#[derive(Debug)]
pub(super) struct Formats<F> {
    /// Those that there are.
    read: Vec<std::result::Result<F, Fault>>,
    /// Which one a row has.
    of_rows: Vec<Option<usize>>,
    /// Whether the first one is for all rows.
    constant: bool,
}

impl<F> Formats<F> {
    /// Reads the formats of an argument.
    ///
    /// # Errors
    /// For one with an element that is not supported, whether or not a fault would be `NULL`.
    pub(super) fn of(
        call: &Call<'_>,
        at: usize,
        read: impl Fn(&str) -> std::result::Result<F, Unusable>,
    ) -> Result<Self> {
        let texts = call.texts(at)?;
        let constant = texts.constant().is_some();
        let rows = if constant { 1 } else { call.rows };
        let mut formats = Self { read: Vec::new(), of_rows: Vec::with_capacity(rows), constant };
        let mut known: HashMap<&str, usize> = HashMap::new();
        for row in 0..rows {
            call.watched(row)?;
            let Some(text) = texts.get(row) else {
                formats.of_rows.push(None);
                continue;
            };
            let index = match known.get(text) {
                Some(index) => *index,
                None => {
                    let format = match read(text) {
                        Ok(format) => Ok(format),
                        Err(Unusable::Wrong(fault)) => Err(fault),
                        Err(Unusable::Unsupported(message)) => return Err(call.refused(message)),
                    };
                    formats.read.push(format);
                    known.insert(text, formats.read.len() - 1);
                    formats.read.len() - 1
                }
            };
            formats.of_rows.push(Some(index));
        }
        Ok(formats)
    }

    /// The format of a row; `None` for null.
    pub(super) fn get(&self, row: usize) -> std::result::Result<Option<&F>, Fault> {
        let index = self.of_rows.get(if self.constant { 0 } else { row }).copied().flatten();
        match index.and_then(|index| self.read.get(index)) {
            Some(Ok(format)) => Ok(Some(format)),
            Some(Err(fault)) => Err(fault.clone()),
            None => Ok(None),
        }
    }
}

//! The functions of a row, by what they are about. Each module lists its [`Definition`]s in `FUNCTIONS`.

mod arithmetic;
mod array;
#[cfg(test)]
mod awkward;
pub(super) mod calendar;
mod comparison;
mod date;
mod datetime;
pub(super) mod decimal;
mod element;
mod encoding;
mod floats;
mod format;
mod hash;
mod json;
mod json_document;
mod json_path;
mod lists;
mod math;
mod moved;
mod numbers;
pub(super) mod part;
mod pattern;
mod printf;
mod re2;
mod reckoning;
mod regexp;
mod rounding;
mod search;
mod series;
pub(super) mod spelling;
mod strftime;
mod strptime;
#[cfg(test)]
mod testing;
mod text;
mod time;
mod timestamp;
mod written;
pub(super) mod zone;

use super::function::Definition;

/// The functions that a statement may call, under the heading of their chapter.
pub(super) const CHAPTERS: &[(&str, &[Definition])] = &[
    ("Arithmetic", arithmetic::FUNCTIONS),
    ("Rounding", rounding::FUNCTIONS),
    ("Comparison", comparison::FUNCTIONS),
    ("Mathematics", math::FUNCTIONS),
    ("Texts and bytes", text::FUNCTIONS),
    ("Searching in texts", search::FUNCTIONS),
    ("Encodings", encoding::FUNCTIONS),
    ("Formatting", format::FUNCTIONS),
    ("Regular expressions", regexp::FUNCTIONS),
    ("Hashes", hash::FUNCTIONS),
    ("JSON", json::FUNCTIONS),
    ("Arrays", array::FUNCTIONS),
    ("Series", series::FUNCTIONS),
    ("Dates", date::FUNCTIONS),
    ("Dates with a time", datetime::FUNCTIONS),
    ("Times", time::FUNCTIONS),
    ("Instants", timestamp::FUNCTIONS),
];

/// What operators and other syntax are made of; no statement can call them by name.
pub(super) const OPERATORS: &[&[Definition]] =
    &[numbers::OPERATORS, floats::OPERATORS, element::OPERATORS, moved::OPERATORS];

//! The functions of a row, by what they are about. Each module lists its [`Definition`]s in `FUNCTIONS`.

mod arithmetic;
mod array;
#[cfg(test)]
mod awkward;
mod comparison;
mod date;
mod datetime;
mod decimal;
mod encoding;
mod format;
mod hash;
mod json;
mod json_document;
mod json_path;
mod lists;
mod math;
mod printf;
mod re2;
mod regexp;
mod rounding;
mod search;
mod series;
mod spelling;
#[cfg(test)]
mod testing;
mod text;
mod time;
mod timestamp;
mod written;

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

//! Texts, characters and bytes made of each other.

use std::result::Result as Outcome;

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int64Builder};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::error::Result;
use unicode_normalization::UnicodeNormalization;

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::function::Definition;
use super::hash::Octets;
use super::lists;
use crate::source::files::watch::BATCH_BYTES_MAX;

const NORMALIZE: &[&str] = &["(STRING[, PART]) -> STRING"];

/// The functions of this module.
pub(super) const FUNCTIONS: &[Definition] = &[
    Definition { name: "ASCII", forms: &["(STRING) -> INT64", "(BYTES) -> INT64"], note: "", eval: ascii },
    Definition { name: "UNICODE", forms: &["(STRING) -> INT64"], note: "", eval: unicode },
    Definition { name: "CHR", forms: &["(INT64) -> STRING"], note: "", eval: chr },
    Definition {
        name: "CODE_POINTS_TO_BYTES",
        forms: &["(ARRAY<INT64>) -> BYTES"],
        note: "",
        eval: code_points_to_bytes,
    },
    Definition {
        name: "CODE_POINTS_TO_STRING",
        forms: &["(ARRAY<INT64>) -> STRING"],
        note: "",
        eval: code_points_to_string,
    },
    Definition {
        name: "TO_CODE_POINTS",
        forms: &["(STRING) -> ARRAY<INT64>", "(BYTES) -> ARRAY<INT64>"],
        note: "",
        eval: to_code_points,
    },
    Definition { name: "FROM_BASE64", forms: &["(STRING) -> BYTES"], note: "", eval: from_base64 },
    Definition { name: "TO_BASE64", forms: &["(BYTES) -> STRING"], note: "", eval: to_base64 },
    Definition { name: "FROM_HEX", forms: &["(STRING) -> BYTES"], note: "", eval: from_hex },
    Definition { name: "TO_HEX", forms: &["(BYTES) -> STRING"], note: "", eval: to_hex },
    Definition { name: "NORMALIZE", forms: NORMALIZE, note: "", eval: |call| normalize(call, normalized) },
    Definition { name: "NORMALIZE_AND_CASEFOLD", forms: NORMALIZE, note: "", eval: |call| normalize(call, casefolded) },
    Definition {
        name: "SAFE_CONVERT_BYTES_TO_STRING",
        forms: &["(BYTES) -> STRING"],
        note: "",
        eval: safe_convert_bytes_to_string,
    },
    Definition { name: "SOUNDEX", forms: &["(STRING) -> STRING"], note: "", eval: soundex },
];

fn ascii(call: &Call<'_>) -> Result<ArrayRef> {
    let is_text = call.form == 0;
    let values = Octets::of(call, 0)?;
    call.write_ints(|row| match values.get(row).map(<[u8]>::first) {
        None => Ok(None),
        Some(Some(first)) if is_text && !first.is_ascii() => {
            Err(Fault::argument("ASCII of a text that begins with another character"))
        }
        Some(first) => Ok(Some(first.copied().map_or(0, i64::from))),
    })
}

fn unicode(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.texts(0)?;
    call.write_ints(|row| {
        Ok(values.get(row).map(|value| value.chars().next().map_or(0, |char| u32::from(char).into())))
    })
}

fn character(name: &str, number: i64) -> Outcome<char, Fault> {
    let char = u32::try_from(number).ok().and_then(char::from_u32);
    char.ok_or_else(|| Fault::argument(format!("{name}: there is no character {number}")))
}

fn chr(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.ints(0)?;
    call.write_texts(|row| match values.get(row) {
        None => Ok(None),
        Some(0) => Ok(Some(String::new())),
        Some(number) => character(call.name, number).map(|char| Some(char.to_string())),
    })
}

fn code_points_to_string(call: &Call<'_>) -> Result<ArrayRef> {
    let lists = call.lists(0)?;
    call.write_texts(|row| {
        let Some(list) = lists.get(row) else { return Ok(None) };
        let Some(numbers) = list.as_primitive_opt::<Int64Type>() else { return Ok(None) };
        if numbers.null_count() > 0 {
            return Ok(None);
        }
        numbers.values().iter().map(|number| character(call.name, *number)).collect::<Outcome<String, _>>().map(Some)
    })
}

fn code_points_to_bytes(call: &Call<'_>) -> Result<ArrayRef> {
    let lists = call.lists(0)?;
    call.write_bytes(|row| {
        let Some(list) = lists.get(row) else { return Ok(None) };
        let Some(numbers) = list.as_primitive_opt::<Int64Type>() else { return Ok(None) };
        if numbers.null_count() > 0 {
            return Ok(None);
        }
        let byte = |number: &i64| {
            u8::try_from(*number).map_err(|_| Fault::argument(format!("{}: {number} is no byte", call.name)))
        };
        numbers.values().iter().map(byte).collect::<Outcome<Vec<u8>, _>>().map(Some)
    })
}

fn to_code_points(call: &Call<'_>) -> Result<ArrayRef> {
    if call.form == 1 {
        let values = call.bytes(0)?;
        return lists::write(call, Int64Builder::new(), |row, elements| {
            let Some(value) = values.get(row) else { return Ok(Ok(false)) };
            value.iter().try_for_each(|byte| elements.push(Some(i64::from(*byte))))?;
            Ok(Ok(true))
        });
    }
    let values = call.texts(0)?;
    lists::write(call, Int64Builder::new(), |row, elements| {
        let Some(value) = values.get(row) else { return Ok(Ok(false)) };
        value.chars().try_for_each(|char| elements.push(Some(i64::from(u32::from(char)))))?;
        Ok(Ok(true))
    })
}

/// As BigQuery reads it: the padding may be missing, and spaces may stand anywhere.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn from_base64(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.texts(0)?;
    call.write_bytes(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let fault = |_| Fault::conversion("FROM_BASE64: a text that is no Base64");
        if value.bytes().any(|byte| byte.is_ascii_whitespace()) {
            let dense: Vec<u8> = value.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            return LENIENT.decode(dense).map(Some).map_err(fault);
        }
        LENIENT.decode(value).map(Some).map_err(fault)
    })
}

fn to_base64(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.bytes(0)?;
    call.write_texts(|row| Ok(values.get(row).map(|value| STANDARD.encode(value))))
}

fn from_hex(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.texts(0)?;
    call.write_bytes(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let digit = |(at, char): (usize, char)| {
            let digit = char.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            digit.ok_or_else(|| Fault::conversion(format!("FROM_HEX: no hexadecimal digit at offset {at}")))
        };
        let mut bytes = Vec::with_capacity(value.len().div_ceil(2));
        let mut digits = value.char_indices();
        if !value.len().is_multiple_of(2)
            && let Some(first) = digits.next()
        {
            bytes.push(digit(first)?);
        }
        while let Some(high) = digits.next() {
            // A character of more than one byte may leave an odd number of them.
            let low = digits.next().map_or(Ok(0), digit);
            bytes.push(digit(high)? << 4 | low?);
        }
        Ok(Some(bytes))
    })
}

fn to_hex(call: &Call<'_>) -> Result<ArrayRef> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |number: u8| DIGITS.get(usize::from(number)).map_or('0', |digit| char::from(*digit));
    let values = call.bytes(0)?;
    call.write_texts(|row| {
        Ok(values
            .get(row)
            .map(|value| value.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect::<String>()))
    })
}

/// How characters that can be written in several ways are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Normalization {
    /// Composed.
    Nfc,
    /// Composed, with variants made plain.
    Nfkc,
    /// Taken apart.
    Nfd,
    /// Taken apart, with variants made plain.
    Nfkd,
}

/// A text of those characters; not much longer than a call may make.
fn collected(chars: impl Iterator<Item = char>, capacity: usize) -> String {
    let mut text = String::with_capacity(capacity);
    for char in chars {
        text.push(char);
        if text.len() > BATCH_BYTES_MAX {
            break;
        }
    }
    text
}

/// The text in a normal form.
fn normalized(text: &str, to: Normalization) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    match to {
        Normalization::Nfc => collected(text.nfc(), text.len()),
        Normalization::Nfkc => collected(text.nfkc(), text.len()),
        Normalization::Nfd => collected(text.nfd(), text.len()),
        Normalization::Nfkd => collected(text.nfkd(), text.len()),
    }
}

/// The text in a normal form, without the difference of upper and lower case.
pub(super) fn casefolded(text: &str, to: Normalization) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    collected(normalized(text, to).chars().flat_map(folded), text.len())
}

/// What a character is compared as. Unicode's full folding is what is lower of what is upper, but for a few.
fn folded(char: char) -> impl Iterator<Item = char> {
    // Cherokee's capitals are the older letters; the others are written the same as they are folded.
    let kept = match char {
        '\u{13a0}'..='\u{13f5}' | '\u{131}' => Some(char),
        '\u{13f8}'..='\u{13fd}' => char::from_u32(u32::from(char) - 8),
        '\u{ab70}'..='\u{abbf}' => char::from_u32(u32::from(char) - 0xab70 + 0x13a0),
        _ => None,
    };
    let mapped = kept.is_none().then(|| char.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase));
    kept.into_iter().chain(mapped.into_iter().flatten())
}

fn normalize(call: &Call<'_>, normal: fn(&str, Normalization) -> String) -> Result<ArrayRef> {
    let to = match call.part(1) {
        None | Some("NFC") => Normalization::Nfc,
        Some("NFKC") => Normalization::Nfkc,
        Some("NFD") => Normalization::Nfd,
        Some("NFKD") => Normalization::Nfkd,
        Some(other) => return Err(call.refused(format!("there is no form {other}: NFC, NFKC, NFD or NFKD"))),
    };
    let values = call.texts(0)?;
    call.write_texts(|row| Ok(values.get(row).map(|value| normal(value, to))))
}

fn safe_convert_bytes_to_string(call: &Call<'_>) -> Result<ArrayRef> {
    let values = call.bytes(0)?;
    call.write_texts(|row| {
        Ok(values.get(row).map(|value| {
            let mut text = String::with_capacity(value.len());
            for chunk in value.utf8_chunks() {
                text.push_str(chunk.valid());
                text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
            }
            text
        }))
    })
}

fn soundex(call: &Call<'_>) -> Result<ArrayRef> {
    let class = |char: char| match char.to_ascii_lowercase() {
        'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'h' | 'w' => Some('0'),
        'b' | 'f' | 'p' | 'v' => Some('1'),
        'c' | 'g' | 'j' | 'k' | 'q' | 's' | 'x' | 'z' => Some('2'),
        'd' | 't' => Some('3'),
        'l' => Some('4'),
        'm' | 'n' => Some('5'),
        'r' => Some('6'),
        _ => None,
    };
    let values = call.texts(0)?;
    call.write_texts(|row| {
        let Some(value) = values.get(row) else { return Ok(None) };
        let mut letters = value.chars().filter_map(|char| class(char).map(|class| (char, class)));
        let Some((first, mut before)) = letters.next() else { return Ok(Some(String::new())) };
        let mut code = String::from(first);
        for (_, class) in letters {
            if class != '0' && class != before {
                code.push(class);
                before = class;
                if code.len() == 4 {
                    break;
                }
            }
        }
        Ok(Some(format!("{code:0<4}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_in_full() {
        let folded = |text| casefolded(text, Normalization::Nfc);
        assert_eq!(folded("STRASSE"), folded("straße"));
        assert_eq!(folded("\u{1e9e}"), "ss");
        assert_eq!(folded("ΣΊΣΥΦΟΣ"), folded("σίσυφος"));
        assert_eq!(folded("\u{131}I"), "\u{131}i");
        assert_eq!(folded("\u{ab70}\u{13f8}\u{13a0}"), "\u{13a0}\u{13f0}\u{13a0}");
        assert_eq!(casefolded("\u{fb01}", Normalization::Nfkc), "fi");
        assert_eq!(normalized("e\u{301}", Normalization::Nfc), "é");
        assert_eq!(normalized("é", Normalization::Nfd), "e\u{301}");
    }
}

//! From the parser's words to GoogleSQL's: what its texts mean, and the spellings that the parser would take for
//! something else.
//!
//! Texts come as they are written and leave as what they stand for, so that the parser sees one kind of text and one
//! kind of bytes. `ARRAY<T>[...]` becomes `CAST([...] AS ARRAY<T>)`, which the parser would read as two comparisons, and
//! `SAFE.NAME(` one word.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

use super::position::{invalid, unsupported};
use crate::model::Problem;

/// The words of GoogleSQL that `tokens`, read without resolving escapes and without blanks, stand for.
pub(super) fn googlesql(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, Problem> {
    let mut words: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for mut token in tokens {
        let prefix = words.last().filter(|last| last.span.end == token.span.start);
        let raw_bytes = prefix.is_some_and(|last| is_word(last, "RB") || is_word(last, "BR"));
        if raw_bytes && let Some(text) = written(&token.token) {
            raw(text, token.span)?;
            let bytes = hex(text.as_bytes());
            words.pop();
            words.push(TokenWithSpan { token: Token::HexStringLiteral(bytes), span: token.span });
            continue;
        }
        if let Some(digits) = upper_hex(words.last(), &token) {
            words.pop();
            token.token = Token::HexStringLiteral(digits);
        }
        token.token = literal(token.token, token.span)?;
        words.push(token);
    }
    Ok(typed_arrays(&safe_names(words)))
}

/// The digits of `0Xff`, which the parser takes for a number and a name.
fn upper_hex(before: Option<&TokenWithSpan>, token: &TokenWithSpan) -> Option<String> {
    let before = before.filter(|before| before.span.end == token.span.start)?;
    match (&before.token, &token.token) {
        (Token::Number(zero, false), Token::Word(Word { value, quote_style: None, .. })) if zero == "0" => {
            let digits = value.strip_prefix('X')?;
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| digits.to_owned())
        }
        _ => None,
    }
}

fn is_word(token: &TokenWithSpan, text: &str) -> bool {
    matches!(&token.token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(text))
}

/// What stands between the quotes of a plain text.
fn written(token: &Token) -> Option<&str> {
    match token {
        Token::SingleQuotedString(text)
        | Token::DoubleQuotedString(text)
        | Token::TripleSingleQuotedString(text)
        | Token::TripleDoubleQuotedString(text) => Some(text),
        _ => None,
    }
}

fn literal(token: Token, span: Span) -> Result<Token, Problem> {
    Ok(match token {
        Token::SingleQuotedString(text) => Token::SingleQuotedString(meant(&text, Some('\''), span)?),
        Token::DoubleQuotedString(text) => Token::SingleQuotedString(meant(&text, Some('"'), span)?),
        Token::TripleSingleQuotedString(text) | Token::TripleDoubleQuotedString(text) => {
            Token::SingleQuotedString(meant(&text, None, span)?)
        }
        Token::SingleQuotedRawStringLiteral(text)
        | Token::DoubleQuotedRawStringLiteral(text)
        | Token::TripleSingleQuotedRawStringLiteral(text)
        | Token::TripleDoubleQuotedRawStringLiteral(text) => {
            raw(&text, span)?;
            Token::SingleQuotedString(text)
        }
        Token::SingleQuotedByteStringLiteral(text) => bytes(&text, Some('\''), span)?,
        Token::DoubleQuotedByteStringLiteral(text) => bytes(&text, Some('"'), span)?,
        Token::TripleSingleQuotedByteStringLiteral(text) | Token::TripleDoubleQuotedByteStringLiteral(text) => {
            bytes(&text, None, span)?
        }
        // `0xff` and no `X'ff'`, which is one character longer.
        Token::HexStringLiteral(digits) if span.start.line != span.end.line || !is_hex_number(&digits, span) => {
            return Err(invalid("bytes of another SQL dialect", span));
        }
        Token::HexStringLiteral(digits) => match u64::from_str_radix(&digits, 16) {
            Ok(number) => Token::Number(number.to_string(), false),
            Err(_) => return Err(invalid(format!("`0x{digits}` is not an INT64"), span)),
        },
        Token::DollarQuotedString(_)
        | Token::NationalStringLiteral(_)
        | Token::EscapedStringLiteral(_)
        | Token::UnicodeStringLiteral(_) => {
            return Err(invalid("a text of another SQL dialect", span));
        }
        other => other,
    })
}

/// A quote behind a backslash is a part of a raw text to GoogleSQL and its end to the parser: what they read
/// differently is refused.
fn raw(text: &str, span: Span) -> Result<(), Problem> {
    let backslashes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
    match backslashes % 2 {
        0 => Ok(()),
        _ => Err(unsupported("a raw text with a backslash before a quote", "write it as a plain text: '\\\\'", span)),
    }
}

/// Whether digits are written behind `0x` and not between quotes.
fn is_hex_number(digits: &str, span: Span) -> bool {
    let width = span.end.column.saturating_sub(span.start.column);
    usize::try_from(width).is_ok_and(|width| width <= digits.len() + 2)
}

fn bytes(written: &str, quote: Option<char>, span: Span) -> Result<Token, Problem> {
    let mut bytes = Vec::with_capacity(written.len());
    resolve(written, quote, span, |piece| match piece {
        Piece::Char(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        Piece::Byte(byte) => bytes.push(byte),
    })?;
    Ok(Token::HexStringLiteral(hex(&bytes)))
}

/// Bytes as digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

fn meant(written: &str, quote: Option<char>, span: Span) -> Result<String, Problem> {
    let mut text = String::with_capacity(written.len());
    resolve(written, quote, span, |piece| match piece {
        Piece::Char(char) => text.push(char),
        // In a text it is a code point.
        Piece::Byte(byte) => text.push(char::from(byte)),
    })?;
    Ok(text)
}

enum Piece {
    Char(char),
    /// Written as `\xhh` or `\ooo`.
    Byte(u8),
}

/// Escapes as <https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#escape_sequences> has them.
fn resolve(written: &str, quote: Option<char>, span: Span, mut put: impl FnMut(Piece)) -> Result<(), Problem> {
    let mut rest = written.chars();
    while let Some(char) = rest.next() {
        if Some(char) == quote {
            return Err(invalid(format!("a {char} within a text is written \\{char}"), span));
        }
        if char != '\\' {
            put(Piece::Char(char));
            continue;
        }
        let illegal = |what: String| invalid(format!("`\\{what}` is not an escape sequence"), span);
        let Some(escape) = rest.next() else { return Err(illegal(String::new())) };
        let digits = |rest: &mut std::str::Chars<'_>, count: usize, radix: u32, first: Option<char>| {
            let digits: String = first.into_iter().chain(rest.by_ref().take(count)).collect();
            let full = digits.len() == count + usize::from(first.is_some());
            let number = full.then(|| u32::from_str_radix(&digits, radix).ok()).flatten();
            number.ok_or_else(|| illegal(format!("{escape}{digits}")))
        };
        put(match escape {
            'a' => Piece::Char('\u{7}'),
            'b' => Piece::Char('\u{8}'),
            'f' => Piece::Char('\u{c}'),
            'n' => Piece::Char('\n'),
            'r' => Piece::Char('\r'),
            't' => Piece::Char('\t'),
            'v' => Piece::Char('\u{b}'),
            '\\' | '?' | '"' | '\'' | '`' => Piece::Char(escape),
            'x' | 'X' => {
                let byte = digits(&mut rest, 2, 16, None)?;
                Piece::Byte(u8::try_from(byte).map_err(|_| illegal("x".to_owned()))?)
            }
            '0'..='3' => {
                let byte = digits(&mut rest, 2, 8, Some(escape))?;
                Piece::Byte(u8::try_from(byte).map_err(|_| illegal(escape.to_string()))?)
            }
            'u' | 'U' => {
                let code = digits(&mut rest, if escape == 'u' { 4 } else { 8 }, 16, None)?;
                Piece::Char(char::from_u32(code).ok_or_else(|| illegal(format!("{escape}{code:04x}")))?)
            }
            other => return Err(illegal(other.to_string())),
        });
    }
    Ok(())
}

/// `SAFE . NAME (` as `SAFE.NAME (`.
fn safe_names(words: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut joined: Vec<TokenWithSpan> = Vec::with_capacity(words.len());
    for token in words {
        if token.token == Token::LParen
            && let [.., safe, dot, name] = joined.as_slice()
            && is_word(safe, "SAFE")
            && dot.token == Token::Period
            && let Token::Word(Word { value, quote_style: None, .. }) = &name.token
        {
            let word = Word { value: format!("SAFE.{value}"), quote_style: None, keyword: Keyword::NoKeyword };
            let span = safe.span.union(&name.span);
            joined.truncate(joined.len() - 3);
            joined.push(TokenWithSpan { token: Token::Word(word), span });
        }
        joined.push(token);
    }
    joined
}

/// `ARRAY<T>[...]` as `CAST([...] AS ARRAY<T>)`.
fn typed_arrays(words: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut rewritten = Vec::with_capacity(words.len());
    // For each open bracket: the type that goes behind it, if it is a typed array's.
    let mut open: Vec<Option<Vec<TokenWithSpan>>> = Vec::new();
    let mut at = 0;
    while let Some(token) = words.get(at) {
        if let Some(len) = array_type(words.get(at..).unwrap_or_default()) {
            let element = words.get(at..at + len).unwrap_or_default();
            let is_literal = words.get(at + len).is_some_and(|next| next.token == Token::LBracket);
            // `>>` ends two types.
            let element: Vec<TokenWithSpan> = element.iter().flat_map(single_ends).collect();
            at += len;
            if is_literal {
                let here = |token: Token| TokenWithSpan { token, span: token_span(&element) };
                rewritten.push(here(Token::make_keyword("CAST")));
                rewritten.push(here(Token::LParen));
                rewritten.push(here(Token::LBracket));
                open.push(Some(element));
                at += 1;
            } else {
                rewritten.extend(element);
            }
            continue;
        }
        match &token.token {
            Token::LBracket => open.push(None),
            Token::RBracket => {
                if let Some(Some(element)) = open.pop() {
                    let here = |other: Token| TokenWithSpan { token: other, span: token.span };
                    rewritten.push(token.clone());
                    rewritten.push(here(Token::make_keyword("AS")));
                    rewritten.extend(element);
                    rewritten.push(here(Token::RParen));
                    at += 1;
                    continue;
                }
            }
            _ => {}
        }
        rewritten.push(token.clone());
        at += 1;
    }
    rewritten
}

fn token_span(tokens: &[TokenWithSpan]) -> Span {
    tokens.first().map_or(Span::empty(), |first| first.span)
}

fn single_ends(token: &TokenWithSpan) -> Vec<TokenWithSpan> {
    match token.token {
        Token::ShiftRight => vec![TokenWithSpan { token: Token::Gt, span: token.span }; 2],
        _ => vec![token.clone()],
    }
}

/// Number of words of the type `ARRAY<...>` at the beginning of `words`.
fn array_type(words: &[TokenWithSpan]) -> Option<usize> {
    let [first, second, ..] = words else { return None };
    if !is_word(first, "ARRAY") || second.token != Token::Lt {
        return None;
    }
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(1) {
        match &word.token {
            Token::Lt => depth += 1,
            Token::Gt => depth = depth.checked_sub(1)?,
            Token::ShiftRight => depth = depth.checked_sub(2)?,
            Token::Word(_) | Token::Comma => {}
            _ => return None,
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

//! Texts of JSON, read without building anything: a value is a part of the text.
//!
//! Nesting is followed without recursion and up to a depth, so that no text is too much for the stack.

use std::borrow::Cow;

use super::written::json_text;

/// Depth from which on a text is not read.
const DEPTH_MAX: usize = 1_000;

/// A value in a text that is valid as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Json<'a>(&'a str);

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `null`
    Null,
    /// A number, `true` or `false`.
    Plain,
    /// A text.
    Text,
    /// `[...]`
    Array,
    /// `{...}`
    Object,
}

impl<'a> Json<'a> {
    /// The value that a text is; `None` for a text that is not JSON, or is nested too deeply.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
        scanner.space();
        let start = scanner.at;
        scanner.value()?;
        let end = scanner.at;
        scanner.space();
        if scanner.at == text.len() { text.get(start..end).map(Self) } else { None }
    }

    /// What it is.
    pub(super) fn kind(self) -> Kind {
        match self.0.as_bytes().first() {
            Some(b'n') => Kind::Null,
            Some(b'"') => Kind::Text,
            Some(b'[') => Kind::Array,
            Some(b'{') => Kind::Object,
            _ => Kind::Plain,
        }
    }

    /// The text that a scalar stands for; nothing for `null`, arrays and objects.
    pub(super) fn scalar(self) -> Option<Cow<'a, str>> {
        match self.kind() {
            Kind::Text => Some(unquoted(self.0)),
            Kind::Plain => Some(Cow::Borrowed(self.0)),
            Kind::Null | Kind::Array | Kind::Object => None,
        }
    }

    /// The elements of an array; none of anything else.
    pub(super) fn elements(self) -> impl Iterator<Item = Json<'a>> {
        let mut scanner = self.inside(Kind::Array);
        std::iter::from_fn(move || {
            scanner.next_part()?;
            scanner.taken(self.0)
        })
    }

    /// The names, still in quotes, and values of an object; none of anything else.
    fn members(self) -> impl Iterator<Item = (&'a str, Json<'a>)> {
        let mut scanner = self.inside(Kind::Object);
        std::iter::from_fn(move || {
            scanner.next_part()?;
            let name = scanner.taken(self.0)?;
            scanner.space();
            scanner.take(b':')?;
            scanner.space();
            Some((name.0, scanner.taken(self.0)?))
        })
    }

    /// The member of that name.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        self.members().find(|(quoted, _)| unquoted(quoted) == name).map(|(_, value)| value)
    }

    fn inside(self, kind: Kind) -> Scanner<'a> {
        let at = if self.kind() == kind { 1 } else { self.0.len() };
        Scanner { bytes: self.0.as_bytes(), at }
    }

    /// Writes the value without spaces, and with escapes only where there must be some.
    pub(super) fn compact(self, out: &mut String) {
        let mut scanner = Scanner { bytes: self.0.as_bytes(), at: 0 };
        while let Some(byte) = scanner.peek() {
            let start = scanner.at;
            match byte {
                b'"' => {
                    let Some(()) = scanner.string() else { return };
                    let quoted = self.0.get(start..scanner.at).unwrap_or_default();
                    if quoted.contains(['\\', '\u{2028}', '\u{2029}']) {
                        json_text(out, &unquoted(quoted));
                    } else {
                        out.push_str(quoted);
                    }
                }
                b' ' | b'\t' | b'\n' | b'\r' => scanner.space(),
                _ => {
                    while scanner.peek().is_some_and(|byte| !b"\" \t\n\r".contains(&byte)) {
                        scanner.at += 1;
                    }
                    out.push_str(self.0.get(start..scanner.at).unwrap_or_default());
                }
            }
        }
    }
}

/// What a text in quotes says. A half of a pair of surrogates is a sign that stands for what is not known.
fn unquoted(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let (mut text, mut rest) = (String::with_capacity(inner.len()), inner);
    while let Some((before, behind)) = rest.split_once('\\') {
        text.push_str(before);
        let mut chars = behind.chars();
        let char = match chars.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let (char, digits) = unicode_escape(behind);
                text.push(char);
                rest = behind.get(digits..).unwrap_or_default();
                continue;
            }
            Some(char) => char,
            None => break,
        };
        text.push(char);
        rest = chars.as_str();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// The character of `uXXXX`, or of two of them, and how long that is.
fn unicode_escape(escape: &str) -> (char, usize) {
    let unit = |from: usize| escape.get(from..from + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(first) = unit(1) else { return (char::REPLACEMENT_CHARACTER, escape.len()) };
    if (0xd800..0xdc00).contains(&first)
        && escape.get(5..7) == Some("\\u")
        && let Some(second @ 0xdc00..0xe000) = unit(7)
    {
        let number = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER), 11);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 5)
}

/// A place in a text.
#[derive(Debug, Clone)]
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Goes to the next part of an array or an object.
    fn next_part(&mut self) -> Option<()> {
        self.space();
        if self.peek() == Some(b',') {
            self.at += 1;
            self.space();
        }
        match self.peek() {
            None | Some(b']' | b'}') => None,
            Some(_) => Some(()),
        }
    }

    /// The value that begins here.
    fn taken<'t>(&mut self, text: &'t str) -> Option<Json<'t>> {
        let start = self.at;
        self.value()?;
        text.get(start..self.at).map(Json)
    }

    /// Goes behind a value; `None` for what is none.
    fn value(&mut self) -> Option<()> {
        // What each array or object that is open ends with.
        let mut open: Vec<u8> = Vec::new();
        loop {
            self.space();
            match self.peek()? {
                byte @ (b'[' | b'{') => {
                    self.at += 1;
                    let end = if byte == b'[' { b']' } else { b'}' };
                    self.space();
                    if self.peek() == Some(end) {
                        self.at += 1;
                    } else {
                        if open.len() >= DEPTH_MAX {
                            return None;
                        }
                        open.push(end);
                        self.name(end)?;
                        continue;
                    }
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                b't' => self.word(b"true")?,
                b'f' => self.word(b"false")?,
                b'n' => self.word(b"null")?,
                _ => return None,
            }
            // A value has ended: so may what it is in.
            loop {
                let Some(end) = open.last().copied() else { return Some(()) };
                self.space();
                if self.peek() == Some(b',') {
                    self.at += 1;
                    self.name(end)?;
                    break;
                }
                self.take(end)?;
                open.pop();
            }
        }
    }

    /// Goes behind the name of a member, where something that ends so has names.
    fn name(&mut self, end: u8) -> Option<()> {
        if end == b'}' {
            self.space();
            self.string()?;
            self.space();
            self.take(b':')?;
        }
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(()),
                b'\\' => {
                    let escape = self.peek()?;
                    self.at += 1;
                    match escape {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let digits = self.bytes.get(self.at..self.at + 4)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.at += 4;
                        }
                        _ => return None,
                    }
                }
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.bytes.get(self.at..)?.starts_with(word).then(|| self.at += word.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_read() {
        for text in ["1", " null ", "-0.5e+10", r#""\u00e9\n""#, "[ ]", "{}", r#"{"a":[1,{"b":[]}],"c":""}"#, "[[],[]]"]
        {
            assert!(Json::read(text).is_some(), "{text}");
        }
        for text in [
            "",
            " ",
            "nul",
            "nulls",
            "01",
            "1.",
            "-",
            "1e",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{a:1}",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            "[}",
            "]",
            r#""a"#,
            r#""\x""#,
            r#""\u12g4""#,
            "\"\n\"",
            "1 2",
            "[1",
            r#"{"a":"#,
            "'a'",
        ] {
            assert_eq!(Json::read(text), None, "{text}");
        }
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Json::read(&nested(DEPTH_MAX)).is_some());
        assert_eq!(Json::read(&nested(100_000)), None);
        assert_eq!(Json::read(&"[".repeat(100_000)), None);
    }

    #[test]
    fn parts_are_found_and_written_compactly() {
        let json = Json::read(r#" { "a" : [ 1 , "x\u0041\ud83d\ude00\ud83d" , { } ] , "\u0062" : 1.50 } "#).unwrap();
        let mut out = String::new();
        json.compact(&mut out);
        assert_eq!(out, r#"{"a":[1,"xA😀�",{}],"b":1.50}"#);
        assert_eq!(json.member("b").unwrap().scalar().unwrap(), "1.50");
        assert_eq!(json.member("c"), None);
        let elements: Vec<_> = json.member("a").unwrap().elements().map(Json::kind).collect();
        assert_eq!(elements, [Kind::Plain, Kind::Text, Kind::Object]);
    }
}

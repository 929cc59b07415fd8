//! Patterns of RE2 in the words of the engine that is used here.
//!
//! The two agree but for a few things: what is a digit, a word or a space is ASCII in RE2; a bracket or a doubled sign
//! inside of a class is nothing special; a brace that repeats nothing is itself; and `\Q...\E` quotes.

/// The pattern for the engine.
pub(super) fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(char) = rest.chars().next() {
        let behind = rest.get(char.len_utf8()..).unwrap_or_default();
        rest = match char {
            '\\' => escape(behind, in_class, &mut out),
            '[' if in_class => named_class(behind, &mut out),
            '[' => {
                in_class = true;
                opened(behind, &mut out)
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
                behind
            }
            '&' | '~' if in_class => {
                out.extend(['\\', char]);
                behind
            }
            '{' if !in_class && !is_repetition(behind) => {
                out.push_str("\\{");
                behind
            }
            char => {
                out.push(char);
                behind
            }
        };
    }
    out
}

/// The pattern of bytes for the engine: each byte is the character of that number.
pub(super) fn translated_bytes(pattern: &[u8]) -> String {
    let mut text = String::with_capacity(pattern.len());
    for byte in pattern {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    translated(&text)
}

/// The beginning of a class: a bracket that stands first is one of its characters.
fn opened<'p>(behind: &'p str, out: &mut String) -> &'p str {
    out.push('[');
    let mut rest = behind;
    if let Some(behind) = rest.strip_prefix('^') {
        out.push('^');
        rest = behind;
    }
    if let Some(behind) = rest.strip_prefix(']') {
        out.push_str("\\]");
        rest = behind;
    }
    rest
}

/// A bracket inside of a class: `[:alpha:]` or itself.
fn named_class<'p>(behind: &'p str, out: &mut String) -> &'p str {
    let name = behind.strip_prefix(':').and_then(|rest| rest.split_once(":]"));
    match name.filter(|(name, _)| name.trim_start_matches('^').bytes().all(|byte| byte.is_ascii_lowercase())) {
        Some((name, rest)) => {
            out.push_str("[:");
            out.push_str(name);
            out.push_str(":]");
            rest
        }
        None => {
            out.push_str("\\[");
            behind
        }
    }
}

/// Whether `3}`, `3,}` or `3,5}` follows a brace.
fn is_repetition(behind: &str) -> bool {
    let Some((counts, _)) = behind.split_once('}') else { return false };
    let (least, most) = counts.split_once(',').unwrap_or((counts, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

/// What stands behind a backslash.
fn escape<'p>(behind: &'p str, in_class: bool, out: &mut String) -> &'p str {
    let Some(char) = behind.chars().next() else {
        out.push('\\');
        return behind;
    };
    let rest = behind.get(char.len_utf8()..).unwrap_or_default();
    let class = match char {
        'd' => "0-9",
        'w' => "0-9A-Za-z_",
        's' => "\\t\\n\\x0c\\r ",
        'D' => "^0-9",
        'W' => "^0-9A-Za-z_",
        'S' => "^\\t\\n\\x0c\\r ",
        _ => "",
    };
    match char {
        _ if !class.is_empty() && in_class && !class.starts_with('^') => out.push_str(class),
        _ if !class.is_empty() => {
            out.push('[');
            out.push_str(class);
            out.push(']');
        }
        'b' if !in_class => out.push_str("(?-u:\\b)"),
        'B' if !in_class => out.push_str("(?-u:\\B)"),
        '<' | '>' => out.push(char),
        'Q' if !in_class => {
            let (quoted, rest) = rest.split_once("\\E").unwrap_or((rest, ""));
            out.push_str(&regex::escape(quoted));
            return rest;
        }
        char => out.extend(['\\', char]),
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_match(pattern: &str, text: &str) -> bool {
        regex::Regex::new(&translated(pattern)).unwrap().is_match(text)
    }

    #[test]
    fn what_re2_means_is_kept() {
        for (pattern, yes, no) in [
            (r"^\d$", "5", "٥"),
            (r"^\w$", "a", "ä"),
            (r"^[\w.]+$", "a.b", "ä"),
            (r"^[^\W_]$", "a", "_"),
            (r"^\S$", "\u{b}", " "),
            (r"^\s$", "\u{c}", "\u{a0}"),
            (r"^.$", "ä", "\n"),
            (r"a\b", "aä", "ab"),
            (r"a\B", "ab", "a b"),
            (r"^[[a]$", "[", "]"),
            (r"^[]a]$", "]", "["),
            (r"^[a&&b]$", "&", "~"),
            (r"^[[:alpha:]]$", "a", "ä"),
            (r"^a{$", "a{", "a"),
            (r"^a{,2}$", "a{,2}", "aa"),
            (r"^a{2}$", "aa", "a"),
            (r"^\Qa.b\E.$", "a.bc", "axbc"),
            (r"^\<a\>$", "<a>", "a"),
            (r"^\pL$", "ä", "1"),
            (r"(?i)^Ä$", "ä", "a"),
        ] {
            assert!(is_match(pattern, yes), "{pattern} {yes:?} as {}", translated(pattern));
            assert!(!is_match(pattern, no), "{pattern} {no:?} as {}", translated(pattern));
        }
    }

    #[test]
    fn bytes_are_no_characters() {
        let translated = translated_bytes(b"^.\xff[\xe4]$");
        let regex = regex::bytes::RegexBuilder::new(&translated).unicode(false).build().unwrap();
        assert!(regex.is_match(b"\x80\xff\xe4"));
        assert!(!regex.is_match(b"a\xff\xe5"));
    }
}

//! Paths into JSON: `$.name[0]`.

use super::json_document::{Json, Kind};

/// How names with special characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// `$."a.b"`, of the functions of the standard.
    Standard,
    /// `$['a.b']`, of the older functions.
    Legacy,
}

/// A path: the name of a member or the number of an element for each step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<String>);

impl Path {
    /// Reads a path; the error says what is wrong with it.
    pub(super) fn parse(text: &str, notation: Notation) -> Result<Self, String> {
        let mut rest = text.strip_prefix('$').ok_or("it begins with $")?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if notation == Notation::Legacy && rest == "." {
                break;
            }
            let (step, behind) = step(rest, notation).ok_or_else(|| {
                match ["*", "..", "@"].iter().find(|operator| rest.contains(**operator)) {
                    Some(operator) => format!("{operator} is not supported"),
                    None => format!("it is not understood from {rest:?} on"),
                }
            })?;
            steps.push(step);
            rest = behind;
        }
        Ok(Self(steps))
    }

    /// The value that the path leads to.
    pub(super) fn of<'a>(&self, json: Json<'a>) -> Option<Json<'a>> {
        self.0.iter().try_fold(json, |json, step| match json.kind() {
            Kind::Object => json.member(step),
            Kind::Array if step.bytes().all(|byte| byte.is_ascii_digit()) => json.elements().nth(step.parse().ok()?),
            Kind::Array | Kind::Null | Kind::Plain | Kind::Text => None,
        })
    }
}

/// The first step and what follows it.
fn step(text: &str, notation: Notation) -> Option<(String, &str)> {
    let quoted = match notation {
        Notation::Standard => text.strip_prefix(".\"").and_then(|inside| in_quotes(inside, '"')),
        Notation::Legacy => bracketed(text).and_then(|inside| {
            let (name, behind) = in_quotes(inside.strip_prefix('\'')?, '\'')?;
            Some((name, behind.trim_start().strip_prefix(']')?))
        }),
    };
    if let Some(quoted) = quoted {
        return Some(quoted);
    }
    if let Some(inside) = bracketed(text) {
        let (word, behind) = inside.split_once(']')?;
        let word = word.trim_end();
        let is_step = |char: char| match notation {
            Notation::Standard => char.is_numeric() || "_-".contains(char),
            Notation::Legacy => char.is_alphanumeric() || "_-".contains(char),
        };
        return (!word.is_empty() && word.chars().all(is_step)).then(|| (word.to_owned(), behind));
    }
    let name = text.strip_prefix('.')?;
    let is_name = |char: char| char.is_alphanumeric() || char.is_whitespace() || "_-:".contains(char);
    let end = name.find(|char| !is_name(char)).unwrap_or(name.len());
    let (name, behind) = name.split_at_checked(end)?;
    (!name.is_empty()).then(|| (name.to_owned(), behind))
}

fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('[').map(str::trim_start)
}

/// What stands before the closing quote, which a backslash takes its meaning from, and what stands behind it.
fn in_quotes(inside: &str, quote: char) -> Option<(String, &str)> {
    let (mut name, mut chars) = (String::new(), inside.chars());
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next()? {
                escaped if escaped == quote => name.push(quote),
                other => name.extend(['\\', other]),
            },
            char if char == quote => return Some((name, chars.as_str())),
            char => name.push(char),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_either_notation() {
        let steps = |text, notation| Path::parse(text, notation).map(|path| path.0);
        assert_eq!(steps("$", Notation::Standard), Ok(vec![]));
        let found = vec!["a b".to_owned(), "0".to_owned(), "c.\"d".to_owned()];
        assert_eq!(steps(r#"$.a b[ 0 ]."c.\"d""#, Notation::Standard), Ok(found));
        assert_eq!(steps(r"$['a.\'b'][0].", Notation::Legacy), Ok(vec!["a.'b".to_owned(), "0".to_owned()]));
        assert_eq!(steps("$[a]", Notation::Legacy), Ok(vec!["a".to_owned()]));
        for (text, notation, problem) in [
            ("a", Notation::Standard, "begins with $"),
            ("$.", Notation::Standard, "not understood from \".\""),
            ("$['a']", Notation::Standard, "not understood"),
            ("$.\"a\"", Notation::Legacy, "not understood"),
            ("$..a", Notation::Legacy, ".. is not supported"),
            ("$[*]", Notation::Standard, "* is not supported"),
            ("$.a[", Notation::Standard, "not understood"),
            ("$.\"a", Notation::Standard, "not understood"),
        ] {
            let error = steps(text, notation).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}

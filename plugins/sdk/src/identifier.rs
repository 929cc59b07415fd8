//! Names of tables and columns that settings bring into a statement.

use crate::error::Error;

/// A dotted name in backticks, part by part: `` a.b `` becomes `` `a`.`b` ``. For names only; values are bound.
///
/// # Errors
/// When a part is empty or holds a backtick, a backslash or a control character, which could end the quoting, or a
/// brace, which a template could take for its own.
pub fn quote_identifier(name: &str) -> Result<String, Error> {
    let quoted = name.split('.').map(|part| {
        let bad = part.is_empty() || part.chars().any(|c| matches!(c, '`' | '\\' | '{' | '}') || c.is_control());
        if bad { Err(Error::new(format!("`{}` is not a name", name.escape_debug()))) } else { Ok(format!("`{part}`")) }
    });
    Ok(quoted.collect::<Result<Vec<_>, _>>()?.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_nothing_gets_out() {
        for (name, quoted) in [("t", "`t`"), ("ds.t", "`ds`.`t`"), ("my table", "`my table`"), ("x;--", "`x;--`")] {
            assert_eq!(quote_identifier(name).as_deref(), Ok(quoted));
        }
        for bad in ["", "a.", ".a", "a`b", "a\\", "a\nb", "a..b", "{rows}"] {
            assert!(quote_identifier(bad).is_err(), "{bad:?}");
        }
    }
}

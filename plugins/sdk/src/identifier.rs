//! Names of tables and columns that settings bring into a statement.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// What [`is_name`] takes, as the pattern of a JSON Schema.
pub(crate) const PATTERN: &str = r"^[^`\\{}.\u0000-\u001f\u007f-\u009f]+(\.[^`\\{}.\u0000-\u001f\u007f-\u009f]+)*$";

/// Whether a dotted name can be quoted: no part is empty or holds a backtick, a backslash or a control character, which
/// could end the quoting, or a brace, which a template could take for its own.
pub(crate) const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let (mut at, mut part) = (0, 0);
    while at < bytes.len() {
        let next = if at + 1 < bytes.len() { bytes[at + 1] } else { 0 };
        match (bytes[at], next) {
            (b'`' | b'\\' | b'{' | b'}' | 0..=0x1f | 0x7f, _) | (0xc2, 0x80..=0x9f) => return false,
            (b'.', _) if part == 0 => return false,
            (b'.', _) => part = 0,
            _ => part += 1,
        }
        at += 1;
    }
    part > 0
}

/// A dotted name in backticks, part by part: `` a.b `` becomes `` `a`.`b` ``. For names only; values are bound.
/// [`TableName`] and [`ColumnName`] do it by themselves.
///
/// ```
/// assert_eq!(assay_sdk::quote_identifier("shop.orders")?, "`shop`.`orders`");
/// assert!(assay_sdk::quote_identifier("orders` WHERE TRUE --").is_err());
/// # Ok::<(), assay_sdk::Error>(())
/// ```
///
/// # Errors
/// When a part is empty or holds a backtick, a backslash or a control character, which could end the quoting, or a
/// brace, which a template could take for its own.
pub fn quote_identifier(name: &str) -> Result<String, Error> {
    if is_name(name) { Ok(quoted(name)) } else { Err(Error::new(format!("`{}` is not a name", name.escape_debug()))) }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('.', "`.`"))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $format:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(Cow<'static, str>);

        impl $type {
            /// A name that is known while the check is built, for example a default.
            ///
            /// # Panics
            /// When it cannot be quoted; in a `const` that is an error of the compiler.
            #[must_use]
            pub const fn fixed(name: &'static str) -> Self {
                assert!(is_name(name), concat!("not ", $what));
                Self(Cow::Borrowed(name))
            }

            /// A name that comes from elsewhere.
            ///
            /// # Errors
            /// When it cannot be quoted.
            pub fn new(name: impl Into<String>) -> Result<Self, Error> {
                let name = name.into();
                if is_name(&name) {
                    Ok(Self(Cow::Owned(name)))
                } else {
                    Err(Error::new(format!(concat!("`{}` is not ", $what), name.escape_debug())))
                }
            }

            /// The name as the settings say it, without quotes.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// In backticks, part by part, as it stands in a statement.
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&quoted(&self.0))
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                if is_name(&name) { Ok(Self(Cow::Owned(name))) } else { Err(D::Error::custom(concat!("not ", $what))) }
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "format": $format, "pattern": PATTERN })
            }
        }
    };
}

name! {
    /// The name of a table, safe to stand in a statement. In settings it is read only from what can be quoted, and the
    /// schema says so.
    ///
    /// ```
    /// use assay_sdk::TableName;
    ///
    /// let table: TableName = serde_json::from_str(r#""shop.orders""#).unwrap();
    /// assert_eq!(format!("SELECT COUNT(*) AS n FROM {table}"), "SELECT COUNT(*) AS n FROM `shop`.`orders`");
    /// assert_eq!(table.as_str(), "shop.orders");
    /// assert!(serde_json::from_str::<TableName>(r#""orders`""#).is_err());
    /// ```
    TableName, "the name of a table", "table-name"
}

name! {
    /// The name of a column, safe to stand in a statement. In settings it is read only from what can be quoted, and the
    /// schema says so.
    ///
    /// ```
    /// use assay_sdk::ColumnName;
    ///
    /// const DAY: ColumnName = ColumnName::fixed("day");
    /// assert_eq!(format!("CAST({DAY} AS DATE)"), "CAST(`day` AS DATE)");
    /// ```
    ///
    /// A fixed name that cannot be quoted does not compile:
    /// ```compile_fail
    /// # use assay_sdk::ColumnName;
    /// const DAY: ColumnName = ColumnName::fixed("day`");
    /// println!("{DAY}");
    /// ```
    ColumnName, "the name of a column", "column-name"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_and_nothing_gets_out() {
        for (name, quoted) in [
            ("t", "`t`"),
            ("ds.t", "`ds`.`t`"),
            ("my table", "`my table`"),
            ("x;--", "`x;--`"),
            ("größe", "`größe`"),
            ("\u{a0}", "`\u{a0}`"),
        ] {
            assert_eq!(quote_identifier(name).as_deref(), Ok(quoted));
            assert_eq!(TableName::new(name).unwrap().to_string(), quoted);
        }
        for bad in ["", "a.", ".a", "a`b", "a\\", "a\nb", "a..b", "{rows}", "a\u{7f}", "a\u{80}", "a\u{9f}b"] {
            assert!(quote_identifier(bad).is_err(), "{bad:?}");
            assert!(ColumnName::new(bad).is_err(), "{bad:?}");
            assert!(serde_json::from_value::<ColumnName>(bad.into()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_character_that_controls_is_refused_and_no_other() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let bad = matches!(c, '`' | '\\' | '{' | '}' | '.') || c.is_control();
            assert_eq!(is_name(c.encode_utf8(&mut [0; 4])), !bad, "{c:?}");
        }
    }
}

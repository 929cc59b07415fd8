//! Parsed identifiers. Inside the host there are no raw strings where one of these exists.

use std::fmt;
use std::str::FromStr;

use semver::Version;

/// A name or identifier that does not follow its rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: {rule}")]
pub struct InvalidName {
    /// What was expected, for example `check name`.
    pub what: &'static str,
    /// The rule that the text breaks.
    pub rule: &'static str,
    /// The text as it was given.
    pub text: String,
}

impl InvalidName {
    /// Refuses what does not follow the rule of names, for names that have no type of their own.
    ///
    /// # Errors
    /// Itself, with `what` as what was expected.
    pub fn refuse(what: &'static str, text: &str) -> Result<(), Self> {
        if is_name(text) { Ok(()) } else { Err(Self { what, rule: NAME_RULE, text: text.to_owned() }) }
    }
}

const NAME_RULE: &str = "1 to 100 letters, digits, `-`, `_`, `.` or `/`, beginning with a letter or digit";
const NAME_CHARS_MAX: usize = 100;

fn is_name(text: &str) -> bool {
    text.len() <= NAME_CHARS_MAX
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/'))
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $is_valid:path, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                if $is_valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidName { what: $what, rule: $rule, text: text.to_owned() })
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(
    /// Name of a configured check, unique in a configuration.
    CheckName, "check name", is_name, NAME_RULE
);
name!(
    /// Name of a configured source.
    SourceName, "source name", is_name, NAME_RULE
);
name!(
    /// Name of a configured schedule.
    ScheduleName, "schedule name", is_name, NAME_RULE
);
name!(
    /// Name of a configured calendar.
    CalendarName, "calendar name", is_name, NAME_RULE
);
name!(
    /// What a plugin calls itself, without its version.
    PluginId,
    "plugin id",
    is_plugin_id,
    "1 to 64 lower-case letters, digits and single `-`, beginning with a letter"
);

const PLUGIN_ID_CHARS_MAX: usize = 64;

fn is_plugin_id(text: &str) -> bool {
    text.len() <= PLUGIN_ID_CHARS_MAX
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// The name under which a host reports of itself. No check of a configuration can have it.
pub const HOST_CHECK: &str = "assay/host";

/// A plugin at a version: `row-count@1.2.0`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginRef {
    /// What the plugin calls itself.
    pub id: PluginId,
    /// Its semantic version.
    pub version: Version,
}

impl FromStr for PluginRef {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid = || InvalidName {
            what: "plugin reference",
            rule: "`id@version` with a semantic version, for example `row-count@1.0.0`",
            text: text.to_owned(),
        };
        let (id, version) = text.split_once('@').ok_or_else(invalid)?;
        Ok(Self { id: id.parse()?, version: Version::parse(version).map_err(|_| invalid())? })
    }
}

impl fmt::Display for PluginRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.version)
    }
}

/// SHA-256 of a component's bytes: its identity. `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The same without `sha256:`, 64 hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        self.to_string().replace("sha256:", "")
    }

    /// The first 8 bytes as a number.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.0.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let invalid =
            || InvalidName { what: "digest", rule: "`sha256:` and 64 hexadecimal digits", text: text.to_owned() };
        let hex = text.strip_prefix("sha256:").ok_or_else(invalid)?;
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digits = str::from_utf8(pair).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

/// A new ULID: 48 bits of the time in milliseconds, so that they sort by it, and 80 random ones.
fn ulid_at(now: jiff::Timestamp) -> ulid::Ulid {
    // A time before 1970 has no ULID; it sorts first.
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    ulid::Ulid::from_parts(millis, ulid::Ulid::from_datetime(std::time::UNIX_EPOCH).random())
}

/// An identity of something that has no type of its own: a ULID, as text.
#[must_use]
pub fn unique_id(now: jiff::Timestamp) -> String {
    ulid_at(now).to_string()
}

macro_rules! ulid {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(ulid::Ulid);

        impl $type {
            /// A new id for what begins at `now`; unique by its 80 random bits.
            #[must_use]
            pub fn generate(now: jiff::Timestamp) -> Self {
                Self(ulid_at(now))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0.to_string())
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let invalid = |_| InvalidName { what: $what, rule: $rule, text: text.to_owned() };
                ulid::Ulid::from_string(text).map(Self).map_err(invalid)
            }
        }
    };
}

ulid!(
    /// Identity of one run: a ULID, so that runs sort by the time they began.
    RunId, "run id", "26 characters of Crockford base 32, as printed by `assay run`"
);
ulid!(
    /// Identity of one incident of an alert: a ULID, so that incidents sort by the time they began.
    AlertId, "alert id", "26 characters of Crockford base 32, as printed by `assay alerts`"
);

impl RunId {
    /// Of no run: tests of checks run under it.
    pub const NIL: Self = Self(ulid::Ulid::nil());

    /// A number that is the same for every attempt of the same check in the same run
    /// (the first 8 bytes of a SHA-256 over both).
    #[must_use]
    pub fn seed(&self, check: &CheckName) -> u64 {
        Digest::of(format!("{self}/{check}").as_bytes()).number()
    }
}

impl AlertId {
    /// An id made of its parts: for tests.
    #[must_use]
    pub fn from_parts(millis: u64, random: u128) -> Self {
        Self(ulid::Ulid::from_parts(millis, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_rules() {
        for good in ["a", "players/row-count", "9_lives", "dataset.table", &"x".repeat(100)] {
            assert_eq!(good.parse::<CheckName>().map(|n| n.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "-a", "/a", "a b", "naïve", "a\n", &"x".repeat(101)] {
            let error = bad.parse::<CheckName>().expect_err(bad);
            assert_eq!((error.what, error.text.as_str()), ("check name", bad));
        }
        for bad in ["", "Row", "row--count", "row-", "1row", "row_count"] {
            assert_eq!(bad.parse::<PluginId>().expect_err(bad).what, "plugin id");
        }
    }

    #[test]
    fn references_and_digests_round_trip() {
        for text in ["row-count@1.0.0", "x@0.1.0-rc.1+build"] {
            assert_eq!(text.parse::<PluginRef>().map(|r| r.to_string()), Ok(text.to_owned()));
        }
        for bad in ["row-count", "row-count@1", "@1.0.0", "row-count@v1.0.0"] {
            assert!(bad.parse::<PluginRef>().is_err(), "{bad}");
        }
        let digest = Digest::of(b"abc");
        assert_eq!(
            digest.to_string(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "FIPS 180-2, B.1"
        );
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("sha256:+a7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".parse::<Digest>().is_err());
    }

    #[test]
    fn the_seed_depends_on_run_and_check_only() {
        let run = RunId::generate(jiff::Timestamp::UNIX_EPOCH);
        let (a, b) = ("a".parse().unwrap(), "b".parse().unwrap());
        assert_eq!(run.seed(&a), run.seed(&a));
        assert_ne!(run.seed(&a), run.seed(&b));
    }
}

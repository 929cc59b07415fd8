//! Settings, read with everything that is wrong with them.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::check::Check;
use crate::schema;

/// Something wrong with a settings document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// JSON Pointer to the place; empty for the whole document.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

impl SettingProblem {
    /// Something wrong at a place.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

/// Everything that is wrong with the settings of a check, as the host will hear it: for an author's tests.
///
/// The document is compared with the schema first, so that ranges, lengths and names that the schema tells are enforced
/// and all problems are found at once. [`Check::validate`] sees only settings that pass.
#[must_use]
pub fn setting_problems<C: Check>(settings: &str) -> Vec<SettingProblem> {
    accept::<C>(settings).err().unwrap_or_default()
}

/// Everything that is wrong with the settings of a check.
fn accept<C: Check>(settings: &str) -> Result<C::Settings, Vec<SettingProblem>> {
    judged::<C>(read(settings)?)
}

/// The settings of a run. The host has asked `validate` about the very same document when it was loaded, so that it is not
/// compared with the schema once more, which costs more than many a check: what types and [`Check::validate`] refuse is
/// refused again.
pub(crate) fn known<C: Check>(settings: &str) -> Result<C::Settings, Vec<SettingProblem>> {
    judged::<C>(parse(&document(settings)?).map_err(|problem| vec![problem])?)
}

fn judged<C: Check>(settings: C::Settings) -> Result<C::Settings, Vec<SettingProblem>> {
    let problems = C::validate(&settings);
    if problems.is_empty() { Ok(settings) } else { Err(problems) }
}

fn document(settings: &str) -> Result<Value, Vec<SettingProblem>> {
    serde_json::from_str(settings).map_err(|error| vec![SettingProblem::new("", error.to_string())])
}

fn read<S: DeserializeOwned + JsonSchema>(settings: &str) -> Result<S, Vec<SettingProblem>> {
    let document = document(settings)?;
    let mut problems = schema::problems(schemars::schema_for!(S).as_value(), &document);
    match parse(&document) {
        Ok(settings) if problems.is_empty() => Ok(settings),
        Ok(_) => Err(problems),
        Err(problem) => {
            // Serde stops at the first; the schema has mostly told it already, in its own words.
            if !problems.iter().any(|known| known.path == problem.path) {
                problems.push(problem);
            }
            Err(problems)
        }
    }
}

fn parse<S: DeserializeOwned>(document: &Value) -> Result<S, SettingProblem> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let path = error.path().iter().map(pointer_token).collect();
        SettingProblem { path, message: error.inner().to_string() }
    })
}

fn pointer_token(segment: &serde_path_to_error::Segment) -> String {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", schema::escaped(key)),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ColumnName, Direction, TableName, Thresholds};
    use serde::Deserialize;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Settings {
        table: TableName,
        #[serde(default = "day")]
        date_column: ColumnName,
        #[serde(default)]
        #[schemars(range(min = 1, max = 400))]
        lookback_days: Option<u32>,
        #[serde(default)]
        #[schemars(range(max = 20))]
        sample_rows: u32,
        #[serde(default)]
        #[schemars(range(min = 100))]
        above_percent: Option<f64>,
        #[schemars(length(min = 1, max = 2))]
        rules: Vec<Rule>,
        #[serde(default)]
        nulls: Option<Thresholds>,
        #[serde(default)]
        direction: Option<Direction>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its shape matters")]
    struct Rule {
        min: f64,
        #[serde(default)]
        small: Option<i8>,
    }

    fn day() -> ColumnName {
        ColumnName::fixed("day")
    }

    fn problems(settings: &str) -> Vec<(String, String)> {
        let problems = read::<Settings>(settings).err().unwrap_or_default();
        problems.into_iter().map(|problem| (problem.path, problem.message)).collect()
    }

    fn with(rest: &str) -> String {
        format!(r#"{{"table":"t","rules":[{{"min":1}}]{rest}}}"#)
    }

    fn ruled(rules: &str) -> String {
        format!(r#"{{"table":"t","rules":[{rules}]}}"#)
    }

    #[test]
    fn a_mistake_in_settings_has_its_place() {
        for (settings, path, message) in [
            (ruled(r#"{"min":1},{"min":"x"}"#), "/rules/1/min", r#"expected a number, found "x""#),
            (with(r#","lookback_days":0"#), "/lookback_days", "expected 1 to 400, found 0"),
            (with(r#","lookback_days":-1"#), "/lookback_days", "expected 1 to 400, found -1"),
            (with(r#","lookback_days":2.5"#), "/lookback_days", "expected a whole number, found 2.5"),
            (with(r#","lookback_days":true"#), "/lookback_days", "expected a whole number, found true"),
            (with(r#","sample_rows":21"#), "/sample_rows", "expected 20 at the most, found 21"),
            (with(r#","above_percent":99.5"#), "/above_percent", "expected 100 or more, found 99.5"),
            (with(r#","direction":"left""#), "/direction", r#"expected `below` or `above`, found "left""#),
            (with(r#","nulls":{"warn":1,"direction":"above"}"#), "/nulls", "missing field `fail`"),
            (ruled(""), "/rules", "expected 1 to 2 rules, found 0"),
            (with(r#","date_column":"a`b""#), "/date_column", "not the name of a column"),
            (with(r#","table":"""#), "/table", "not the name of a table"),
            (ruled(r#"{"min":1,"small":300}"#), "/rules/0/small", "expected -128 to 127, found 300"),
        ] {
            assert_eq!(problems(&settings), [(path.to_owned(), message.to_owned())], "{settings}");
        }
        assert_eq!(problems("not json")[0].0, "");
        assert_eq!(problems(&with("")), []);
        assert_eq!(problems(&with(r#","lookback_days":null,"nulls":null,"direction":"above""#)), []);
        assert_eq!(problems(&with(r#","nulls":{"warn":1,"fail":2,"direction":"above"}"#)), []);
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let found = problems(r#"{"tabel":"t","rules":[{"mim":1}],"lookback_days":500}"#);
        let found: Vec<_> = found.iter().map(|(path, message)| (path.as_str(), message.as_str())).collect();
        let fields = "`above_percent`, `date_column`, `direction`, `lookback_days`, `nulls`, `rules`, `sample_rows`, \
            `table`";
        assert_eq!(
            found,
            [
                ("", "missing field `table`"),
                ("/lookback_days", "expected 1 to 400, found 500"),
                ("/rules/0", "missing field `min`"),
                ("/rules/0/mim", "unknown field `mim`, expected `min` or `small`"),
                ("/tabel", format!("unknown field `tabel`, expected one of {fields}").as_str()),
            ]
        );
    }

    #[test]
    fn what_only_serde_sees_is_told_too() {
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(try_from = "u32")]
        struct Odd;

        impl TryFrom<u32> for Odd {
            type Error = &'static str;

            fn try_from(number: u32) -> Result<Self, Self::Error> {
                if number % 2 == 1 { Ok(Self) } else { Err("expected an odd number") }
            }
        }
        assert_eq!(read::<Vec<Odd>>("[1,2]").unwrap_err(), [SettingProblem::new("/1", "expected an odd number")]);
    }

    #[test]
    fn a_schema_that_says_more_than_is_enforced_takes_nothing() {
        #[derive(Debug, Deserialize, JsonSchema)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Patterned {
            #[schemars(regex(pattern = "^a+$"))]
            name: String,
        }
        let problems = read::<Patterned>(r#"{"name":"aa"}"#).unwrap_err();
        assert_eq!(problems[0].path, "/name");
        assert!(problems[0].message.contains("`pattern`"), "{problems:?}");
    }
}

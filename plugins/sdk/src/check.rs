//! What a check is, and its exports.

use std::sync::Once;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings::assay::plugin::types;
use crate::bindings::assay::report::report;
use crate::{Context, Error, Verdict};

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

/// A check. Export it with [`crate::export_check!`].
pub trait Check {
    /// Lower-case words joined by `-`; the component is named `<id>@<version>.wasm`.
    const ID: &'static str;
    /// Semantic version.
    const VERSION: &'static str;
    /// A few words.
    const TITLE: &'static str;
    /// What it verifies, in Markdown.
    const DESCRIPTION: &'static str;
    /// Whom to tell when the check itself breaks.
    const OWNER: &'static str;
    /// Limits it asks for, by name and in base units, for example `("memory", 128 << 20)`.
    const LIMITS: &'static [(&'static str, u64)] = &[];
    /// The settings document. With `#[serde(deny_unknown_fields)]` a misspelt setting is told and not ignored.
    type Settings: DeserializeOwned + JsonSchema;

    /// What is wrong with settings that have the right shape.
    fn validate(settings: &Self::Settings) -> Vec<SettingProblem> {
        let _ = settings;
        Vec::new()
    }

    /// Looks at the data and concludes.
    ///
    /// # Errors
    /// Whatever keeps the check from saying: neither pass nor fail.
    fn run(context: &Context, settings: &Self::Settings) -> Result<Verdict, Error>;
}

/// Makes a component of a [`Check`].
#[macro_export]
macro_rules! export_check {
    ($check:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Guest;

            impl $crate::__private::Guest for Guest {
                fn describe() -> $crate::__private::Metadata {
                    $crate::__private::describe::<$check>()
                }

                fn validate(settings: ::std::string::String) -> ::std::vec::Vec<$crate::__private::SettingProblem> {
                    $crate::__private::validate::<$check>(&settings)
                }

                fn run(
                    context: $crate::__private::Context,
                    settings: ::std::string::String,
                ) -> ::std::result::Result<$crate::__private::Verdict, ::std::string::String> {
                    $crate::__private::run::<$check>(context, &settings)
                }
            }

    $crate::__private::export!(Guest with_types_in $crate::__private::bindings);
        };
    };
}

/// The `describe` export.
#[must_use]
pub fn describe<C: Check>() -> types::Metadata {
    tell_panics();
    let schema = schemars::schema_for!(C::Settings);
    types::Metadata {
        id: C::ID.to_owned(),
        version: C::VERSION.to_owned(),
        title: C::TITLE.to_owned(),
        description: C::DESCRIPTION.to_owned(),
        owner: C::OWNER.to_owned(),
        settings_schema: schema.as_value().to_string(),
        limits: C::LIMITS
            .iter()
            .map(|(name, value)| types::LimitRequest { name: (*name).to_owned(), value: *value })
            .collect(),
    }
}

/// The `validate` export.
#[must_use]
pub fn validate<C: Check>(settings: &str) -> Vec<types::SettingProblem> {
    tell_panics();
    let problems = match parse::<C::Settings>(settings) {
        Ok(settings) => C::validate(&settings),
        Err(problem) => vec![problem],
    };
    problems.into_iter().map(|SettingProblem { path, message }| types::SettingProblem { path, message }).collect()
}

/// The `run` export.
///
/// # Errors
/// What kept the check from saying.
pub fn run<C: Check>(context: types::Context, settings: &str) -> Result<types::Verdict, String> {
    tell_panics();
    let wrong = |problem: SettingProblem| match problem.path.as_str() {
        "" => format!("bad settings: {}", problem.message),
        path => format!("bad settings at {path}: {}", problem.message),
    };
    let settings = parse::<C::Settings>(settings).map_err(wrong)?;
    if let Some(problem) = C::validate(&settings).into_iter().next() {
        return Err(wrong(problem));
    }
    C::run(&Context::new(context), &settings).map(Verdict::into_contract).map_err(|error| error.to_string())
}

fn parse<S: DeserializeOwned>(settings: &str) -> Result<S, SettingProblem> {
    let mut document = serde_json::Deserializer::from_str(settings);
    serde_path_to_error::deserialize(&mut document).map_err(|error| {
        let path = error.path().iter().map(pointer_token).collect();
        SettingProblem { path, message: error.inner().to_string() }
    })
}

fn pointer_token(segment: &serde_path_to_error::Segment) -> String {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

/// A panic becomes a trap without a word; the hook passes its text on first.
fn tell_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| report::aborting(&panic.to_string()))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        #[expect(dead_code, reason = "only its shape matters")]
        rules: Vec<Rule>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Rule {
        #[expect(dead_code, reason = "only its shape matters")]
        min: f64,
    }

    #[test]
    fn a_mistake_in_settings_has_its_place() {
        for (settings, path, message) in [
            (r#"{"rules":[{"min":1},{"min":"x"}]}"#, "/rules/1/min", "invalid type: string \"x\", expected f64"),
            (r#"{"rules":[{"mim":1}]}"#, "/rules/0/mim", "unknown field `mim`, expected `min`"),
            (r"{}", "", "missing field `rules`"),
            (r"not json", "", "expected ident"),
        ] {
            let problem = parse::<Settings>(settings).expect_err(settings);
            assert_eq!(problem.path, path, "{settings}");
            assert!(problem.message.starts_with(message), "{}", problem.message);
        }
        assert!(parse::<Settings>(r#"{"rules":[]}"#).is_ok());
    }
}

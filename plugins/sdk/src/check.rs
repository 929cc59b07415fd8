//! What a check is, and its exports.

use std::sync::Once;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings::assay::plugin::types;
use crate::bindings::assay::report::report;
use crate::settings::{SettingProblem, known, setting_problems};
use crate::{Context, Error, Verdict};

/// A check. Export it with [`crate::export_check!`]; the crate's own page has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a check",
    label = "this has no `impl Check`",
    note = "say who it is (`ID`, `VERSION`, `TITLE`, `DESCRIPTION`, `OWNER`), what its `Settings` are, and what `run` does"
)]
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
    /// The settings document. With `#[serde(deny_unknown_fields)]` a misspelt setting is told and not ignored. What
    /// attributes of schemars say, for example `#[schemars(range(min = 1, max = 400))]`, is enforced.
    type Settings: DeserializeOwned + JsonSchema;

    /// What is wrong with settings that are as their schema says: what depends on more than one of them. It is not asked
    /// about others, so that it may rely on their ranges.
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

/// Makes a component of a [`Check`]. What is no check is told so on any target:
/// ```compile_fail,E0277
/// struct Nothing;
///
/// assay_sdk::export_check!(Nothing);
/// ```
#[macro_export]
macro_rules! export_check {
    ($check:ty) => {
        const _: fn() = || {
            fn is_a_check<C: $crate::Check>() {}
            is_a_check::<$check>();
        };

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
    let problems = setting_problems::<C>(settings);
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
    let told = |problems: Vec<SettingProblem>| problems.into_iter().map(wrong).collect::<Vec<_>>().join("; ");
    let settings = known::<C>(settings).map_err(told)?;
    C::run(&Context::new(context), &settings).map(Verdict::into_contract).map_err(|error| error.to_string())
}

/// A panic becomes a trap without a word; the hook passes its text on first.
fn tell_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(|panic| report::aborting(&panic.to_string()))));
}

//! Whatever a configuration says, reading it ends in a configuration or in problems with places and hints.

#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro writes what an input is made of to a file, when asked to")]

use std::path::Path;

use assay::config::{Config, ConfigError, ConfigProblem, Place};
use libfuzzer_sys::{Corpus, fuzz_target};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else { return Corpus::Reject };
    match parse(text) {
        Ok(config) => good(text, &config),
        Err(error) => bad(text, &error),
    }
    Corpus::Keep
});

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("folder/assay.toml"), text.to_owned())
}

/// What was read once is read again the same, keeps what configurations promise, and can be pointed into.
fn good(text: &str, config: &Config) {
    let again = parse(text).expect("what was read once is read again");
    assert_eq!(format!("{again:?}"), format!("{config:?}"));
    assert!(!config.checks.is_empty(), "a configuration without a check");
    for schedule in &config.schedules {
        let named = |name: &Option<_>| name.as_ref() == Some(&schedule.name);
        assert!(config.checks.iter().any(|check| named(&check.schedule)), "schedule `{}` has no check", schedule.name);
    }
    for check in &config.checks {
        let settings: serde_json::Value = serde_json::from_str(&check.settings).expect("settings are JSON");
        assert!(settings.is_object(), "settings are an object");
        assert!(!check.grants.is_empty() && check.grants.iter().all(|grant| !grant.tables.is_empty()));
        for grant in &check.grants {
            let named = |source: &assay::config::SourceConfig| source.name == grant.source;
            assert!(config.sources.iter().any(named), "source `{}` is not there", grant.source);
        }
        let places = [Place::Plugin, Place::Sources].into_iter().chain(pointers(&settings).map(Place::Settings));
        let problems =
            places.map(|place| config.problem_at(&check.name, place, "said for a test", Some("hint".into())));
        let problems: Vec<_> = problems.collect();
        assert!(problems.iter().all(|problem| problem.place().is_some()), "a check of the file has a place in it");
        bad(text, &ConfigError::from_problems(config, problems));
    }
}

/// A few JSON pointers into the settings, and one that leads nowhere.
fn pointers(settings: &serde_json::Value) -> impl Iterator<Item = String> {
    let keys = settings.as_object().into_iter().flat_map(|settings| settings.keys()).take(4);
    let keys: Vec<_> = keys.map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect();
    keys.into_iter().chain(["/no/where".to_owned()])
}

/// Every problem has a hint and a place within the text, and the whole can be shown.
fn bad(text: &str, error: &ConfigError) {
    let ConfigError::Invalid { problems, .. } = error else { panic!("reading a text fails only by what it says") };
    assert!(!problems.is_empty(), "refused for no reason");
    problems.iter().for_each(|problem| sound(text, problem));
    let mut shown = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    handler.render_report(&mut shown, error).expect("a problem can be shown");
}

fn sound(text: &str, problem: &ConfigProblem) {
    assert!(!problem.message().is_empty());
    assert!(problem.advice().is_some_and(|hint| !hint.is_empty()), "no hint: {problem}");
    for label in problem.labels().into_iter().flatten() {
        let place = label.offset()..label.offset() + label.len();
        assert!(text.get(place.clone()).is_some(), "{problem}: {place:?} is no part of the text");
    }
}

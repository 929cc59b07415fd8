//! A number with bounds.

use assay_sdk::{Error, Judgement, Row, Severity, Verdict, metric};

use crate::Assertion;
use crate::settings::Settings;
use crate::violations::of_statement;
use crate::wording::filled;

/// Compares the number that a statement returns with its bounds.
pub(crate) fn judge(assertion: &Assertion<'_>, value_sql: &str) -> Result<Verdict, Error> {
    let (value, examined) = answer(assertion, value_sql).map_err(|error| of_statement("value_sql", &error))?;
    if examined == 0 {
        return Ok(assertion.nothing_examined());
    }
    let Some(value) = value else {
        assertion
            .finding("no_value", "the value is null".to_owned())
            .expected_text(bounds(assertion.settings))
            .report();
        return Ok(Verdict::fail("the value is null").examined(examined));
    };
    if !value.is_finite() {
        let message = format!("the value is {value}, which is not a number");
        assertion.finding("no_value", message.clone()).observed_text(value.to_string()).report();
        return Ok(Verdict::fail(message).examined(examined));
    }
    metric("value", value, None);
    let judgement = judged(assertion.settings, value);
    let expected = bounds(assertion.settings);
    let verdict = match judgement {
        Judgement::Fine => return Ok(Verdict::pass(format!("{value} is {expected}")).examined(examined)),
        Judgement::Warn => Verdict::warn(format!("{value} is near its bounds: {expected}")),
        Judgement::Fail => Verdict::fail(format!("{value} is not {expected}")),
    };
    report(assertion, value, examined, &expected, judgement);
    Ok(verdict.examined(examined))
}

/// The value, and of how many rows it was made: of one answer where the statement does not say.
fn answer(assertion: &Assertion<'_>, value_sql: &str) -> Result<(Option<f64>, u64), Error> {
    let rows = assertion.statement(value_sql).fetch()?;
    let counts = rows.columns().any(|column| column.eq_ignore_ascii_case("examined"));
    let row: Row = rows.only_row()?;
    // A statement that speaks of it returns it: one answer is no number of rows.
    let examined = if counts || speaks_of(value_sql, "examined") { row.get("examined")? } else { 1 };
    Ok((row.get("value")?, examined))
}

/// Whether a statement has a word, in whatever case.
fn speaks_of(sql: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    sql.split(|character| !is_part(character)).any(|part| part.eq_ignore_ascii_case(word))
}

/// A number at its bound is within it.
fn judged(settings: &Settings, value: f64) -> Judgement {
    let Settings { min, max, equals, warn_min, warn_max, .. } = settings;
    let is_outside =
        |min: &Option<f64>, max: &Option<f64>| min.is_some_and(|min| value < min) || max.is_some_and(|max| value > max);
    if is_outside(min, max) || is_outside(equals, equals) {
        Judgement::Fail
    } else if is_outside(warn_min, warn_max) {
        Judgement::Warn
    } else {
        Judgement::Fine
    }
}

/// The bounds for a person.
fn bounds(settings: &Settings) -> String {
    let range = |min: &Option<f64>, max: &Option<f64>| match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("{min} or more")),
        (None, Some(max)) => Some(format!("{max} or less")),
        (None, None) => None,
    };
    let Settings { min, max, equals, warn_min, warn_max, .. } = settings;
    let equals = equals.map(|equals| equals.to_string());
    let warn = range(warn_min, warn_max);
    match (equals.or_else(|| range(min, max)), warn) {
        (Some(range), Some(warn)) => format!("{range}, better {warn}"),
        (Some(range), None) | (None, Some(range)) => range,
        (None, None) => "anything".to_owned(),
    }
}

fn report(assertion: &Assertion<'_>, value: f64, examined: u64, expected: &str, judgement: Judgement) {
    let found = [
        ("value", value.to_string()),
        ("examined", examined.to_string()),
        ("expected", expected.to_owned()),
        ("date", assertion.context.target_date().to_string()),
    ];
    let Settings { message, code, .. } = assertion.settings;
    let template = message.as_deref().unwrap_or("the value is {value}, expected {expected}");
    let finding =
        assertion.finding(code, filled(template, &found)).observed(value).expected_text(expected).affected(examined);
    if judgement == Judgement::Warn { finding.severity(Severity::Low) } else { finding }.report();
}

//! Rows that should not be there.

use assay_sdk::{Error, Severity, Verdict, metric};

use crate::Assertion;
use crate::settings::Settings;
use crate::wording::filled;

/// Counts the rows of one statement, and what it has looked at with another.
pub(crate) fn judge(assertion: &Assertion<'_>, violations_sql: &str, examined_sql: &str) -> Result<Verdict, Error> {
    // A count always has a row: no violations are an answer, and not the lack of one.
    let counted = assertion.statement(format!("SELECT COUNT(*) AS violations FROM (\n{violations_sql}\n)"));
    let violations: u64 = counted.fetch()?.only_row()?.get("violations")?;
    let examined = assertion.statement(examined_sql).fetch()?.only_row();
    let examined: u64 = examined.and_then(|row| row.get("n")).map_err(|error| of_statement("examined_sql", &error))?;
    metric("violations", violations as f64, Some("rows"));
    let Settings { max_violations: max, warn_violations: warn, .. } = assertion.settings;
    let is_wrong = violations > *max;
    if is_wrong || warn.is_some_and(|warn| violations > warn) {
        report(assertion, violations_sql, violations, examined, is_wrong)?;
        let summary = format!("{violations} violations in {examined} rows");
        let verdict = if is_wrong { Verdict::fail(summary) } else { Verdict::warn(summary) };
        return Ok(verdict.examined(examined));
    }
    if examined == 0 {
        return Ok(assertion.nothing_examined());
    }
    Ok(Verdict::pass(format!("{violations} violations in {examined} rows, at most {max} allowed")).examined(examined))
}

fn report(
    assertion: &Assertion<'_>,
    violations_sql: &str,
    violations: u64,
    examined: u64,
    is_wrong: bool,
) -> Result<(), Error> {
    let Settings { max_violations, warn_violations, message, code, sample_rows, .. } = assertion.settings;
    let allowed = if is_wrong { *max_violations } else { warn_violations.unwrap_or(*max_violations) };
    let found = [
        ("violations", violations.to_string()),
        ("value", violations.to_string()),
        ("examined", examined.to_string()),
        ("expected", format!("at most {allowed}")),
        ("date", assertion.context.target_date().to_string()),
    ];
    let template = message.as_deref().unwrap_or("{violations} rows violate the assertion, {expected} allowed");
    let mut finding = assertion
        .finding(code, filled(template, &found))
        .observed(violations as f64)
        .expected(allowed as f64)
        .unit("rows")
        .affected(violations);
    if !is_wrong {
        finding = finding.severity(Severity::Low);
    }
    if *sample_rows > 0 {
        // As the operator wrote it: in its order.
        for row in assertion.statement(violations_sql).fetch()?.take(*sample_rows as usize) {
            finding = finding.sample(row?.sample()?);
        }
    }
    finding.report();
    Ok(())
}

/// An error with the name of the statement it is about.
pub(crate) fn of_statement(name: &str, error: &Error) -> Error {
    Error::new(format!("`{name}`: {error}"))
}

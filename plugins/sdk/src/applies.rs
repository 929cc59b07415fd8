//! When a check applies.

use crate::context::Context;
use crate::error::Error;
use crate::query::query;
use crate::verdict::Verdict;

/// Whether a check applies, by a statement of its settings that answers with one row: a boolean column `applies`
/// and, if it likes, a text `reason`. None when it applies, or when there is no statement; otherwise the verdict to
/// return. The statement may name what [`crate::Query::about`] binds. Whatever is no clear answer is an error, never a skip:
/// "not applicable" is a positive fact, of a calendar for example.
///
/// ```no_run
/// use assay_sdk::{Context, Error, Verdict, not_applicable};
///
/// fn run(context: &Context, applies_sql: Option<&str>) -> Result<Verdict, Error> {
///     if let Some(skip) = not_applicable(context, None, applies_sql)? {
///         return Ok(skip);
///     }
///     Ok(Verdict::passed("looked at", 1))
/// }
///
/// let applies_sql = "SELECT games > 0 AS applies, phase AS reason FROM calendar WHERE league_date = @target_date";
/// ```
///
/// # Errors
/// When the statement cannot be answered, answers with no row or more than one, or `applies` is null.
pub fn not_applicable(context: &Context, source: Option<&str>, sql: Option<&str>) -> Result<Option<Verdict>, Error> {
    let Some(sql) = sql else { return Ok(None) };
    let rows = query(context.source(source)?, sql).about(context).fetch()?;
    let has_reason = rows.columns().any(|column| column.eq_ignore_ascii_case("reason"));
    let row = rows.only_row().map_err(|error| Error::new(format!("`applies_sql`: {error}")))?;
    if row.get("applies")? {
        return Ok(None);
    }
    let reason = if has_reason { row.get::<Option<String>>("reason")? } else { None };
    Ok(Some(Verdict::skip(format!("not applicable: {}", reason.as_deref().unwrap_or("by `applies_sql`"))).examined(1)))
}

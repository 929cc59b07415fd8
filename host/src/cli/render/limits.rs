//! The limits of checks and where they come from.

use comfy_table::{Cell, CellAlignment};

use crate::cli::args::Format;
use crate::config::CheckConfig;
use crate::model::{Limit, LimitName, LimitUnit, Limits};
use crate::runner::Host;

use super::table::{heading, plain};
use super::{json, out};

/// Prints what each check may use.
pub(in crate::cli) fn explain<'a>(
    host: &Host,
    checks: impl Iterator<Item = &'a CheckConfig>,
    format: Format,
) -> std::io::Result<()> {
    let limits: Vec<_> = checks.map(|check| (check, host.limits_of(check))).collect();
    if format != Format::Table {
        let views = limits.iter().map(|(check, limits)| {
            serde_json::json!({ "check_name": check.name.as_str(), "plugin": check.plugin.to_string(), "limits": view(limits) })
        });
        return json(&serde_json::json!({ "checks": views.collect::<Vec<_>>() }));
    }
    for (check, limits) in &limits {
        out(&format!("{} · {}", check.name, check.plugin))?;
        table(limits)?;
        out("")?;
    }
    Ok(())
}

/// Prints limits as a table.
pub(in crate::cli) fn table(limits: &Limits) -> std::io::Result<()> {
    let mut table = plain();
    table.set_header(heading(["LIMIT", "HOLDS", "REQUESTED", "DEFAULT", "CEILING"]));
    for limit in limits.all() {
        let Limit { name, requested, ceiling, value } = limit;
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row(vec![
            Cell::new(name),
            right(amount(*name, *value)),
            right(requested.map_or_else(|| "–".to_owned(), |requested| amount(*name, requested))),
            right(amount(*name, name.default_value())),
            right(amount(*name, *ceiling)),
        ]);
    }
    out(&table.to_string())
}

/// Limits for machines, in base units.
pub(in crate::cli) fn view(limits: &Limits) -> serde_json::Value {
    let limits = limits.all().iter().map(|limit| {
        let unit = match limit.name.unit() {
            LimitUnit::Bytes => "bytes",
            LimitUnit::Count => "count",
            LimitUnit::Millis => "milliseconds",
        };
        serde_json::json!({
            "name": limit.name.as_str(), "unit": unit, "value": limit.value, "requested": limit.requested,
            "default": limit.name.default_value(), "ceiling": limit.ceiling,
        })
    });
    limits.collect()
}

fn amount(name: LimitName, value: u64) -> String {
    match name.unit() {
        LimitUnit::Bytes => bytesize::ByteSize::b(value).to_string(),
        LimitUnit::Count => value.to_string(),
        LimitUnit::Millis => format!("{value} ms"),
    }
}

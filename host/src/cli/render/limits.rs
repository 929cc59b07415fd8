//! The limits of checks and of the host, and where they come from.

use comfy_table::{Cell, CellAlignment};

use crate::cli::args::Format;
use crate::config::{CheckConfig, Config, HostConfig, SourceConfig};
use crate::model::{Limit, LimitUnit, Limits};
use crate::runner::Host;
use crate::sandbox::FIXED;

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
        let hosts: Vec<_> = of_host(&host.config.host).into_iter().chain(of_sources(&host.config)).collect();
        return json(&serde_json::json!({ "host": hosts, "checks": views.collect::<Vec<_>>() }));
    }
    out("host")?;
    host_table(of_host(&host.config.host).into_iter().chain(of_sources(&host.config)))?;
    out("")?;
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
            right(amount(name.unit(), *value)),
            right(requested.map_or_else(|| "–".to_owned(), |requested| amount(name.unit(), requested))),
            right(amount(name.unit(), name.default_value())),
            right(amount(name.unit(), *ceiling)),
        ]);
    }
    out(&table.to_string())
}

/// A limit of the host, the same for all checks.
#[derive(Debug, serde::Serialize)]
pub(in crate::cli) struct HostLimit {
    name: String,
    unit: &'static str,
    value: u64,
    /// None where the machine decides.
    default: Option<u64>,
    /// The key of the configuration that sets it; none where nothing does.
    key: Option<String>,
    #[serde(skip)]
    kind: LimitUnit,
}

impl HostLimit {
    fn new(name: impl Into<String>, kind: LimitUnit, value: u64, default: Option<u64>, key: Option<&str>) -> Self {
        Self { name: name.into(), unit: unit(kind), value, default, key: key.map(str::to_owned), kind }
    }
}

/// The limits of a host.
pub(in crate::cli) fn of_host(host: &HostConfig) -> Vec<HostLimit> {
    use LimitUnit::{Bytes, Count, Millis};
    let default = HostConfig::default();
    let millis = |host: &HostConfig| u64::try_from(host.compile_time.as_millis()).unwrap_or(u64::MAX);
    let set = |name, unit, value: u64, default, key: &str| HostLimit::new(name, unit, value, default, Some(key));
    let mut limits = vec![
        set("component", Bytes, host.component_bytes_max, Some(default.component_bytes_max), "host.component_max"),
        set("compile_time", Millis, millis(host), Some(millis(&default)), "host.compile_time"),
        set(
            "compile_memory",
            Bytes,
            host.compile_memory_bytes,
            Some(default.compile_memory_bytes),
            "host.compile_memory",
        ),
        set("executions", Count, host.executions() as u64, None, "host.workers"),
        HostLimit::new("executions_per_check", Count, 1, Some(1), None),
    ];
    limits.extend(FIXED.map(|(name, unit, value)| HostLimit::new(name, unit, value, Some(value), None)));
    limits
}

/// The limits of the sources.
fn of_sources(config: &Config) -> Vec<HostLimit> {
    let limit = |source: &SourceConfig| {
        let key = format!("source.{}.concurrency", source.name);
        let name = format!("queries at once of {}", source.name);
        let default = u64::from(SourceConfig::CONCURRENCY_DEFAULT);
        HostLimit::new(name, LimitUnit::Count, source.concurrency.get() as u64, Some(default), Some(&key))
    };
    config.sources.iter().map(limit).collect()
}

/// Prints limits of a host as a table.
pub(in crate::cli) fn host_table(limits: impl IntoIterator<Item = HostLimit>) -> std::io::Result<()> {
    let mut table = plain();
    table.set_header(heading(["LIMIT", "HOLDS", "DEFAULT", "SET BY"]));
    for limit in limits {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row(vec![
            Cell::new(&limit.name),
            right(amount(limit.kind, limit.value)),
            right(limit.default.map_or_else(|| "–".to_owned(), |default| amount(limit.kind, default))),
            Cell::new(limit.key.as_deref().unwrap_or("fixed")),
        ]);
    }
    out(&table.to_string())
}

/// Limits for machines, in base units.
pub(in crate::cli) fn view(limits: &Limits) -> serde_json::Value {
    let limits = limits.all().iter().map(|limit| {
        serde_json::json!({
            "name": limit.name.as_str(), "unit": unit(limit.name.unit()), "value": limit.value,
            "requested": limit.requested, "default": limit.name.default_value(), "ceiling": limit.ceiling,
        })
    });
    limits.collect()
}

fn unit(unit: LimitUnit) -> &'static str {
    match unit {
        LimitUnit::Bytes => "bytes",
        LimitUnit::Count => "count",
        LimitUnit::Millis => "milliseconds",
    }
}

fn amount(unit: LimitUnit, value: u64) -> String {
    match unit {
        LimitUnit::Bytes => bytesize::ByteSize::b(value).to_string(),
        LimitUnit::Count => value.to_string(),
        LimitUnit::Millis => format!("{value} ms"),
    }
}

//! Nothing is written before what it is made of: see README.md.

#![forbid(unsafe_code)]

mod settings;
mod statement;

use std::collections::BTreeMap;

use assay_sdk::{
    Cell, Check, Context, Error, Finding, Row, Scope, SettingProblem, Severity, Verdict, metric, not_applicable,
};

pub use settings::{Judge, Placeholder, Scalar, Settings, Side};
use statement::{PROBLEMS, Statements};

/// The check.
pub struct PhaseOrder;

impl Check for PhaseOrder {
    const ID: &'static str = "phase-order";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Nothing is written before what it is made of";
    const DESCRIPTION: &'static str = "Compares, key by key, when two tables were written: rows of the later one are \
        not older than the rows they are made of. Rows that are there but hold nothing yet are told as placeholders, \
        and rows made of nothing are told too.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let applies = settings.applies_sql.as_deref();
        if let Some(skip) = not_applicable(context, settings.source.as_deref(), applies)? {
            return Ok(skip);
        }
        let statements = Statements::new(context, settings)?;
        let row = statements.counts()?;
        let upstream = Written::of(&row, "upstream", &settings.upstream)?;
        let downstream = Written::of(&row, "downstream", &settings.downstream)?;
        let keys = Keys::of(&row)?;
        if downstream.rows == 0 {
            return Ok(statements.downstream().nothing_examined(settings.allow_empty));
        }
        keys.tell();
        upstream.report(statements.upstream(), &settings.upstream);
        downstream.report(statements.downstream(), &settings.downstream);
        let mut samples = samples(settings, &statements, &keys)?;
        for (problem, found) in &keys.problems {
            if found.keys > 0 {
                let shown = samples.remove(*problem).unwrap_or_default();
                let finding = finding(&statements, settings, problem, found, keys.max_lag_minutes);
                shown.into_iter().fold(finding, Finding::sample).report();
            }
        }
        Ok(verdict(&statements, &keys, upstream.unplaced() + downstream.unplaced()))
    }
}

/// The rows of a table.
struct Written {
    rows: u64,
    /// Rows in which a part of the key is null.
    null_keys: u64,
    /// Rows of which nobody knows when they were written.
    null_times: u64,
}

impl Written {
    /// What was counted of a table. A day is not fine enough to say what was written first.
    fn of(row: &Row, name: &str, side: &Side) -> Result<Self, Error> {
        let number = |what: &str| row.get::<u64>(&format!("{name}_{what}"));
        let counted =
            Self { rows: number("rows")?, null_keys: number("null_keys")?, null_times: number("null_times")? };
        let (column, table) = (side.time_column.as_str(), side.table.as_str());
        match row.cell(&format!("{name}_newest"))? {
            Cell::Timestamp(_) | Cell::DateTime(_) => Ok(counted),
            Cell::Null if counted.rows == counted.null_times => Ok(counted),
            Cell::Null => Err(Error::new(format!("the newest `{column}` of `{table}` did not come"))),
            other => {
                let value = other.text().unwrap_or_default();
                Err(Error::new(format!("`{column}` of `{table}` holds {value}, which is no timestamp")))
            }
        }
    }

    /// Rows that cannot be compared with any.
    fn unplaced(&self) -> u64 {
        self.null_keys + self.null_times
    }

    fn report(&self, scope: &Scope, side: &Side) {
        let Self { rows, null_keys, null_times } = self;
        if *null_keys > 0 {
            let columns = side.key_columns.iter().map(|column| column.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("{null_keys} of {rows} rows have no key: a part of it is null");
            scope.finding("null_key", message).column(columns).affected(*null_keys).unit("rows").report();
        }
        if *null_times > 0 {
            let message = format!("nobody knows when {null_times} of {rows} rows were written");
            scope.finding("null_time", message).column(&side.time_column).affected(*null_times).unit("rows").report();
        }
    }
}

/// How many keys a problem has, and rows downstream of them.
struct Found {
    keys: u64,
    rows: u64,
}

/// The keys downstream.
struct Keys {
    all: u64,
    /// Those that were written on both sides.
    compared: u64,
    /// How long before its upstream the earliest of them was written; negative where all came later.
    max_lag_minutes: f64,
    problems: Vec<(&'static str, Found)>,
}

impl Keys {
    fn of(row: &Row) -> Result<Self, Error> {
        let found = |(problem, _): (&'static str, &str)| {
            let rows = row.get(&format!("{problem}_rows"))?;
            Ok((problem, Found { keys: row.get(problem)?, rows }))
        };
        Ok(Self {
            all: row.get("all_keys")?,
            compared: row.get("compared_keys")?,
            max_lag_minutes: row.get::<i64>("max_lag_micros")? as f64 / 60e6,
            problems: PROBLEMS.into_iter().map(found).collect::<Result<_, Error>>()?,
        })
    }

    fn tell(&self) {
        metric("keys", self.all as f64, Some("keys"));
        metric("compared_keys", self.compared as f64, Some("keys"));
        metric("max_lag", self.max_lag_minutes, Some("minutes"));
        for (problem, Found { keys, .. }) in &self.problems {
            metric(problem, *keys as f64, Some("keys"));
        }
    }
}

/// A row that shows something, by the names of its columns.
type Sample = Vec<(String, Option<String>)>;

/// Some keys for each thing that is wrong, by its name.
fn samples(
    settings: &Settings,
    statements: &Statements<'_>,
    keys: &Keys,
) -> Result<BTreeMap<String, Vec<Sample>>, Error> {
    let mut samples: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    if settings.sample_rows == 0 || keys.problems.iter().all(|(_, found)| found.keys == 0) {
        return Ok(samples);
    }
    for row in statements.samples().fetch()? {
        let row = row?;
        let mut sample = Sample::new();
        for (index, column) in settings.downstream.key_columns.iter().enumerate() {
            sample.push((column.as_str().to_owned(), row.cell(&format!("k{index}"))?.text()));
        }
        for name in ["upstream_at", "downstream_at", "row_count"] {
            sample.push((name.to_owned(), row.cell(name)?.text()));
        }
        samples.entry(row.get("problem")?).or_default().push(sample);
    }
    Ok(samples)
}

fn finding(statements: &Statements<'_>, settings: &Settings, problem: &str, found: &Found, lag: f64) -> Finding {
    let Found { keys, rows } = found;
    let (first, then) = (settings.upstream.table.as_str(), settings.downstream.table.as_str());
    let finding = match problem {
        "placeholder_upstream" => {
            let columns = settings.placeholder.iter().map(|rule| rule.column.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("{keys} keys of `{then}` are made of rows of `{first}` that hold nothing yet");
            let finding = statements.upstream().finding(problem, message).column(columns);
            finding.severity(Severity::High).remediation(format!("load `{first}`, then `{then}`, for these keys"))
        }
        "missing_upstream" => {
            let message = format!("{keys} keys of `{then}` have no row in `{first}`");
            let finding = statements.downstream().finding(problem, message);
            finding.remediation(format!("load `{first}`, then `{then}`, for these keys"))
        }
        _ => {
            let message = format!("{keys} keys were written up to {lag:.1} minutes before what they are made of");
            let finding = statements.downstream().finding(problem, message).column(&settings.downstream.time_column);
            let finding = finding.observed(lag).expected(settings.max_lag_minutes).unit("minutes");
            finding.remediation(format!("write `{then}` again for these keys"))
        }
    };
    finding.affected(*keys).attribute("rows", rows.to_string())
}

fn verdict(statements: &Statements<'_>, keys: &Keys, unplaced: u64) -> Verdict {
    let found = |(problem, found): &(&str, Found)| match (*problem, found.keys) {
        (_, 0) => None,
        ("placeholder_upstream", n) => Some(format!("{n} are made of placeholders")),
        ("missing_upstream", n) => Some(format!("{n} are made of nothing")),
        (_, n) => Some(format!("{n} were written up to {:.1} minutes too early", keys.max_lag_minutes)),
    };
    let found: Vec<_> = keys.problems.iter().filter_map(found).collect();
    let verdict = if !found.is_empty() {
        Verdict::fail(format!("of {} keys {}", keys.all, found.join(", ")))
    } else if unplaced > 0 {
        Verdict::fail(format!("{unplaced} times a row has no key or no time"))
    } else if keys.compared == 0 {
        let message = format!("none of {} keys has a row upstream", keys.all);
        statements.downstream().finding("nothing_compared", &message).report();
        Verdict::fail(message)
    } else {
        return Verdict::passed(format!("{} keys were written in their order", keys.compared), keys.compared);
    };
    verdict.examined(keys.compared)
}

assay_sdk::export_check!(PhaseOrder);

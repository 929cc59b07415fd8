//! Values are possible: see README.md.

#![forbid(unsafe_code)]

use assay_sdk::{Check, ColumnName, Context, Error, Finding, Query, Scope, SettingProblem, TableName, Verdict};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Number;

/// Settings of `value-range`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table.
    pub table: TableName,
    /// What is possible, column by column.
    #[schemars(length(min = 1, max = 16))]
    pub rules: Vec<Rule>,
    /// Columns that name a row, shown with samples.
    #[serde(default)]
    pub key_columns: Vec<ColumnName>,
    /// Look at the last days only: the column that says which day a row belongs to.
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default)]
    pub lookback_days: Option<u32>,
    /// How many rows are shown for each rule.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// An empty table is not applicable rather than wrong.
    #[serde(default)]
    pub allow_empty: bool,
}

/// What is possible in a column. NaN and the infinities never are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The column, of numbers.
    pub column: ColumnName,
    /// Smallest possible value.
    #[serde(default)]
    pub min: Option<Number>,
    /// Largest possible value.
    #[serde(default)]
    pub max: Option<Number>,
    /// Whether a row may have no value. A column without any value is wrong all the same.
    #[serde(default = "allow_null")]
    pub allow_null: bool,
}

fn sample_rows() -> u32 {
    5
}

fn allow_null() -> bool {
    true
}

/// The check.
pub struct ValueRange;

impl Check for ValueRange {
    const ID: &'static str = "value-range";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Values are possible";
    const DESCRIPTION: &'static str = "Counts the rows whose values lie outside a range, are not numbers, or are missing, \
        and shows some of them.";
    const OWNER: &'static str = "assay";
    // One query a rule, and one for the samples of each way to break it.
    const LIMITS: &'static [(&'static str, u64)] = &[("queries", 64)];
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let mut problems = Scope::problems(settings.date_column.as_ref(), settings.lookback_days);
        for (index, Rule { min, max, allow_null, .. }) in settings.rules.iter().enumerate() {
            if matches!((min, max), (Some(min), Some(max)) if is_less(max, min)) {
                let message = "less than `min`: no value would be possible";
                problems.push(SettingProblem::new(format!("/rules/{index}/max"), message));
            }
            if min.is_none() && max.is_none() && *allow_null {
                let message = "says nothing: set `min`, `max` or `allow_null = false`";
                problems.push(SettingProblem::new(format!("/rules/{index}"), message));
            }
        }
        problems
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let last_days = settings.date_column.as_ref().zip(settings.lookback_days);
        let scope = Scope::new(context, settings.source.as_deref(), &settings.table, last_days)?;
        let mut broken = Vec::new();
        let mut examined = 0;
        for rule in &settings.rules {
            let (rows, impossible) = apply(&scope, settings, rule)?;
            examined = rows;
            if rows == 0 {
                break;
            }
            if impossible > 0 {
                broken.push(format!("{} ({impossible} rows)", rule.column.as_str()));
            }
        }
        if examined == 0 {
            return Ok(scope.nothing_examined(settings.allow_empty));
        }
        Ok(if broken.is_empty() {
            Verdict::pass(format!("{examined} rows keep every rule")).examined(examined)
        } else {
            Verdict::fail(format!("impossible values in {}", broken.join(", "))).examined(examined)
        })
    }
}

/// Applies one rule; returns the rows looked at and the rows that break it.
fn apply(scope: &Scope, settings: &Settings, rule: &Rule) -> Result<(u64, u64), Error> {
    let column = &rule.column;
    let value = format!("CAST({column} AS FLOAT64)");
    // NaN is greater than everything to some engines and equal to nothing to others; as text it is the same to all.
    let odd = format!("LOWER(CAST({value} AS STRING)) IN ('nan', 'inf', '-inf', 'infinity', '-infinity')");
    let outside = match (&rule.min, &rule.max) {
        // The column as it is: whole numbers above 2^53 are not the same as doubles.
        (Some(_), Some(_)) => format!("({column} < @min OR {column} > @max)"),
        (Some(_), None) => format!("{column} < @min"),
        (None, Some(_)) => format!("{column} > @max"),
        (None, None) => "FALSE".to_owned(),
    };
    // A count that is null is no count: COUNTIF is 0 over no rows.
    let count = |condition: &str| format!("COUNTIF({condition})");
    let sql = format!(
        "SELECT COUNT(*) AS n, {} AS nulls, {} AS odd, {} AS outside FROM {{rows}}",
        count(&format!("{column} IS NULL")),
        count(&odd),
        count(&format!("NOT {odd} AND {outside}")),
    );
    let row = statement(scope, rule, &sql).fetch()?.only_row()?;
    let number = |name| Ok::<_, Error>(row.get::<i64>(name)?.unsigned_abs());
    let (rows, nulls, odd_rows, outside_rows) = (number("n")?, number("nulls")?, number("odd")?, number("outside")?);
    let all_null = rows > 0 && nulls == rows;
    let range = match (&rule.min, &rule.max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("{max} or less"),
        (None, None) => "a number".to_owned(),
    };
    for (code, affected, what, condition) in [
        ("out_of_range", outside_rows, format!("outside {range}"), format!("NOT {odd} AND {outside}")),
        ("not_a_number", odd_rows, "not a number".to_owned(), odd),
        ("all_null", if all_null { rows } else { 0 }, "null: the column has no value at all".to_owned(), String::new()),
        (
            "unexpected_null",
            if rule.allow_null || all_null { 0 } else { nulls },
            "null".to_owned(),
            format!("{column} IS NULL"),
        ),
    ] {
        if affected > 0 {
            let mut finding = scope
                .finding(code, format!("{affected} of {rows} rows are {what}"))
                .column(&rule.column)
                .affected(affected)
                .expected_text(&range);
            if !condition.is_empty() && settings.sample_rows > 0 {
                finding = samples(scope, settings, rule, &condition, finding)?;
            }
            finding.report();
        }
    }
    let wrong_nulls = if rule.allow_null && !all_null { 0 } else { nulls };
    Ok((rows, outside_rows + odd_rows + wrong_nulls))
}

fn samples(
    scope: &Scope,
    settings: &Settings,
    rule: &Rule,
    condition: &str,
    mut finding: Finding,
) -> Result<Finding, Error> {
    let shown = settings.key_columns.iter().chain([&rule.column]).map(ToString::to_string);
    let list = shown.collect::<Vec<_>>().join(", ");
    let sql = format!("SELECT {list} FROM {{rows}} AND {condition} ORDER BY {list} LIMIT {}", settings.sample_rows);
    for row in statement(scope, rule, &sql).fetch()? {
        finding = finding.sample(row?.sample()?);
    }
    Ok(finding)
}

/// Whether a bound is less than another: as whole numbers where both are.
fn is_less(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a < b,
        _ => a.as_f64() < b.as_f64(),
    }
}

/// A statement with the bounds of a rule bound, where it names them: whole numbers as whole numbers.
fn statement(scope: &Scope, rule: &Rule, sql: &str) -> Query {
    let bounds = [("min", &rule.min), ("max", &rule.max)];
    bounds.into_iter().fold(scope.query(sql), |statement, (name, bound)| match bound {
        None => statement,
        Some(bound) => match bound.as_i64() {
            Some(whole) => statement.bind_if_named(name, whole),
            None => statement.bind_if_named(name, bound.as_f64().unwrap_or(f64::NAN)),
        },
    })
}

assay_sdk::export_check!(ValueRange);

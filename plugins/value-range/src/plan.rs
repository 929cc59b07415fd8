//! What is asked for a rule.

use assay_sdk::{ColumnName, Param, Query, Scope};
use serde_json::Number;

use crate::settings::{Filter, Kind, Rule, number_param};
use crate::{aggregates, rows};

/// How a rule is asked about: a statement that counts, and one for samples of each way to break it.
pub(crate) struct Plan {
    /// What the rule is about, for a person.
    pub(crate) subject: String,
    /// What is possible, for a person.
    pub(crate) expected: String,
    /// What is counted.
    pub(crate) noun: &'static str,
    /// What stands behind FROM, and what joins a further condition to it.
    pub(crate) from: String,
    pub(crate) join: &'static str,
    /// The number of rows behind what is counted, where that is not rows.
    pub(crate) row_count: Option<String>,
    /// A condition for what has no value; where it holds throughout, the rule is broken.
    pub(crate) unknown: String,
    pub(crate) breaches: Vec<Breach>,
    /// What is shown of a sample, in order.
    pub(crate) shown: Vec<ColumnName>,
    pub(crate) params: Vec<(String, Param)>,
}

/// A way to break a rule.
pub(crate) struct Breach {
    /// The code of its finding.
    pub(crate) code: &'static str,
    /// Goes on from "3 of 9 rows are".
    pub(crate) what: String,
    /// Holds where the rule is broken in this way.
    pub(crate) condition: String,
    pub(crate) weight: Weight,
}

/// What it means when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Always wrong.
    Always,
    /// Wrong if it is more than the settings tolerate.
    Tolerated,
    /// The same, of values that are missing; told as one where all are.
    Missing,
    /// Noticeable.
    Noticed,
}

impl Plan {
    /// None for a rule that is about nothing, which is refused before.
    pub(crate) fn of(rule: &Rule, key_columns: &[ColumnName]) -> Option<Self> {
        let mut plan = match rule.kind()? {
            Kind::Column(column) => rows::of_column(rule, column),
            Kind::Ratio(ratio) => rows::of_ratio(rule, ratio),
            Kind::Comparison(comparison) => rows::of_comparison(rule, comparison),
            Kind::Impossible(conditions) => rows::of_conditions(rule, conditions),
            Kind::Aggregate(aggregate) => aggregates::of(rule, aggregate),
        };
        if plan.row_count.is_none() {
            plan.shown.splice(0..0, key_columns.iter().cloned());
        }
        if let Some(Filter { equals, .. }) = &rule.filter {
            plan.params.push(("filter".to_owned(), equals.param()));
        }
        let mut names = Vec::new();
        plan.shown.retain(|column| {
            let name = column.as_str().to_lowercase();
            let is_new = !names.contains(&name);
            names.push(name);
            is_new
        });
        Some(plan)
    }

    /// Counts what there is, what has no value, and each way to break the rule: `n`, `nulls`, and `broken_0` and so on.
    pub(crate) fn counting(&self, scope: &Scope) -> Query {
        // A count that is null is no count: COUNTIF is 0 over no rows.
        let broken = self.breaches.iter().enumerate();
        let broken = broken.map(|(index, breach)| format!(", COUNTIF({}) AS broken_{index}", breach.condition));
        let row_count = self.row_count.as_ref().map(|count| format!(", {count} AS row_count")).unwrap_or_default();
        let (unknown, from) = (&self.unknown, &self.from);
        let broken: String = broken.collect();
        let sql = format!("SELECT COUNT(*) AS n{row_count}, COUNTIF({unknown}) AS nulls{broken} FROM {from}");
        self.statement(scope, &sql)
    }

    /// Some of what breaks the rule in one way.
    pub(crate) fn samples(&self, scope: &Scope, breach: &Breach, count: u32) -> Query {
        let list = self.shown.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let Self { from, join, .. } = self;
        let condition = &breach.condition;
        let sql = format!("SELECT {list} FROM {from} {join} ({condition}) ORDER BY {list} LIMIT {count}");
        self.statement(scope, &sql)
    }

    fn statement(&self, scope: &Scope, sql: &str) -> Query {
        let bind = |statement: Query, (name, param): &(String, Param)| statement.bind_if_named(name, param.clone());
        self.params.iter().fold(scope.query(sql), bind)
    }
}

/// The rows that a rule is for, open for a further AND.
pub(crate) fn rows_of(rule: &Rule) -> String {
    match &rule.filter {
        None => "{rows}".to_owned(),
        Some(Filter { column, .. }) => format!("{{rows}} AND {column} = @filter"),
    }
}

/// A value that is outside of its bounds; none without bounds.
pub(crate) fn outside(value: &str, (low, min): Bound<'_>, (high, max): Bound<'_>) -> Option<String> {
    match (min, max) {
        (Some(_), Some(_)) => Some(format!("({value} < @{low} OR {value} > @{high})")),
        (Some(_), None) => Some(format!("{value} < @{low}")),
        (None, Some(_)) => Some(format!("{value} > @{high}")),
        (None, None) => None,
    }
}

/// A bound with the name of its parameter.
pub(crate) type Bound<'a> = (&'a str, &'a Option<Number>);

/// The bounds there are, as parameters.
pub(crate) fn bound_params<'a>(bounds: impl IntoIterator<Item = Bound<'a>>) -> Vec<(String, Param)> {
    let param = |(name, bound): Bound<'a>| Some((name.to_owned(), number_param(bound.as_ref()?)));
    bounds.into_iter().filter_map(param).collect()
}

/// Bounds for a person.
pub(crate) fn range(min: &Option<Number>, max: &Option<Number>) -> Option<String> {
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("{min} or more")),
        (None, Some(max)) => Some(format!("{max} or less")),
        (None, None) => None,
    }
}

/// Whether the text of a value is that of no number. NaN is greater than everything to some engines and equal to nothing
/// to others; as text it is the same to all.
pub(crate) fn is_odd(value: &str) -> String {
    format!("LOWER(CAST({value} AS STRING)) IN ('nan', 'inf', '-inf', 'infinity', '-infinity')")
}

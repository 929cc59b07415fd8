//! Values are possible: see README.md.

#![forbid(unsafe_code)]

mod aggregates;
mod judged;
mod plan;
mod problems;
mod rows;
mod settings;

use assay_sdk::{Check, Context, Error, Judgement, Scope, SettingProblem, Verdict, not_applicable};

use crate::judged::{Judged, judge};
use crate::plan::Plan;
pub use crate::settings::{
    Aggregate, Comparison, Condition, Filter, Function, Literal, Operator, Ratio, Rule, Settings, State,
};

/// The check.
pub struct ValueRange;

impl Check for ValueRange {
    const ID: &'static str = "value-range";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Values are possible";
    const DESCRIPTION: &'static str = "Counts the rows whose values lie outside a range, are not numbers, or are missing, \
        and shows some of them.";
    const OWNER: &'static str = "assay";
    // One query a rule, one for the samples of each way to break it, and one for whether the check applies.
    const LIMITS: &'static [(&'static str, u64)] = &[("queries", 100)];
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        let mut problems = Scope::problems(settings.date_column.as_ref(), settings.lookback_days);
        for (index, rule) in settings.rules.iter().enumerate() {
            problems.extend(problems::problems(rule, &format!("/rules/{index}")));
        }
        problems
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = context.source(settings.source.as_deref())?;
        if let Some(skip) = not_applicable(context, Some(source), settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let last_days = settings.date_column.as_ref().zip(settings.lookback_days);
        let scope = Scope::new(context, Some(source), &settings.table, last_days)?;
        let mut outcome = Outcome::default();
        for (index, rule) in settings.rules.iter().enumerate() {
            let Some(plan) = Plan::of(rule, &settings.key_columns) else {
                return Err(Error::new(format!("rule {} is about nothing", index + 1)));
            };
            let judged = judge(&scope, settings, rule, &plan, index + 1)?;
            outcome.examined = outcome.examined.max(judged.rows);
            match (judged.rows, &rule.filter) {
                (0, None) => return Ok(scope.nothing_examined(settings.allow_empty)),
                (0, Some(filter)) => outcome.without_rows.push(filter),
                (_, _) => outcome.add(judged),
            }
        }
        Ok(outcome.verdict(&scope, settings.allow_empty))
    }
}

/// What became of the rules together.
#[derive(Default)]
struct Outcome<'a> {
    /// Rows that the rule with the most of them is for.
    examined: u64,
    broken: Vec<String>,
    noticed: Vec<String>,
    /// Whether a rule is broken by less than the settings tolerate.
    has_tolerated: bool,
    /// The rules that are for no row.
    without_rows: Vec<&'a Filter>,
}

impl Outcome<'_> {
    fn add(&mut self, judged: Judged) {
        self.has_tolerated |= judged.is_tolerated;
        match judged.judgement {
            Judgement::Fine => {}
            Judgement::Warn => self.noticed.push(judged.told),
            Judgement::Fail => self.broken.push(judged.told),
        }
    }

    fn verdict(mut self, scope: &Scope, allow_empty: bool) -> Verdict {
        let examined = self.examined;
        if examined == 0 {
            return scope.nothing_examined(allow_empty);
        }
        if !allow_empty {
            for Filter { column, equals } in &self.without_rows {
                let message = format!("there are no rows in which `{}` is {equals}", column.as_str());
                scope.finding("nothing_examined", message).column(column).expected_text(equals.to_string()).report();
                self.broken.push(format!("{} (no rows)", column.as_str()));
            }
        }
        let verdict = match (self.broken.as_slice(), self.noticed.as_slice()) {
            ([], []) if self.has_tolerated => {
                Verdict::pass(format!("{examined} rows keep every rule but for what the settings tolerate"))
            }
            ([], []) => Verdict::pass(format!("{examined} rows keep every rule")),
            ([], noticed) => Verdict::warn(format!("noticeable values in {}", noticed.join(", "))),
            (broken, _) => Verdict::fail(format!("impossible values in {}", broken.join(", "))),
        };
        verdict.examined(examined)
    }
}

assay_sdk::export_check!(ValueRange);

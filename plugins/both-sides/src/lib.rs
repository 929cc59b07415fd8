//! Each group has both of its sides: see README.md.

#![forbid(unsafe_code)]

mod settings;
mod statement;

use std::collections::BTreeMap;

use assay_sdk::{Check, Context, Error, Finding, Row, Scope, SettingProblem, Verdict, metric, not_applicable};

pub use settings::{Mirror, Settings};
use statement::{Problem, Statements, problems};

/// The check.
pub struct BothSides;

impl Check for BothSides {
    const ID: &'static str = "both-sides";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Each group has both of its sides";
    const DESCRIPTION: &'static str = "Counts the sides of every group, for example the teams of a game: as many as \
        there must be, each once. Where two sides name each other, or one's numbers are the other's, both must say the same.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let source = settings.source.as_deref();
        if let Some(skip) = not_applicable(context, source, settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let last_days = settings.date_column.as_ref().zip(settings.lookback_days);
        let scope = Scope::new(context, source, &settings.table, last_days)?;
        let statements = Statements::new(context, settings, &scope)?;
        let counts = Counts::of(settings, &statements.counts()?)?;
        if counts.rows == 0 && counts.expected.is_none() {
            return Ok(scope.nothing_examined(settings.allow_empty));
        }
        counts.tell();
        let samples = samples(settings, &statements, &counts)?;
        report(&scope, settings, &counts, samples);
        Ok(counts.verdict())
    }
}

/// What was counted.
struct Counts {
    rows: u64,
    /// Rows that name no group or no side.
    nulls: u64,
    groups: u64,
    /// Groups of which anything is wrong, also those that are not there.
    wrong: u64,
    /// Groups that must be there, where the settings say which.
    expected: Option<u64>,
    /// How often each thing is wrong.
    problems: Vec<(Problem, u64)>,
}

impl Counts {
    fn of(settings: &Settings, row: &Row) -> Result<Self, Error> {
        let is_expecting = settings.expected_sql.is_some();
        let counted = |problem: Problem| Ok((problem, row.get(&problem.name())?));
        Ok(Self {
            rows: row.get("all_rows")?,
            nulls: row.get("null_rows")?,
            groups: row.get("all_groups")?,
            wrong: row.get::<u64>("wrong_groups")? + if is_expecting { row.get::<u64>("missing_group")? } else { 0 },
            expected: if is_expecting { Some(expected(row)?) } else { None },
            problems: problems(settings).into_iter().map(counted).collect::<Result<_, Error>>()?,
        })
    }

    fn tell(&self) {
        metric("groups", self.groups as f64, Some("groups"));
        metric("wrong_groups", self.wrong as f64, Some("groups"));
        metric("null_rows", self.nulls as f64, Some("rows"));
        if let Some(expected) = self.expected {
            metric("expected_groups", expected as f64, Some("groups"));
        }
    }

    fn verdict(&self) -> Verdict {
        let Self { rows, nulls, groups, wrong, .. } = *self;
        let found = self.problems.iter().map(|(_, count)| count).sum::<u64>();
        match (found, nulls) {
            (0, 0) => Verdict::passed(format!("all {groups} groups have their sides"), rows),
            (0, _) => Verdict::fail(format!("{nulls} of {rows} rows name no group or no side")).examined(rows),
            _ => Verdict::fail(format!("{wrong} groups are wrong or missing, {groups} are there")).examined(rows),
        }
    }
}

/// How many groups must be there. None at all is not "nothing to do": nobody knows then what should be there.
fn expected(row: &Row) -> Result<u64, Error> {
    let (rows, groups): (u64, u64) = (row.get("expected_rows")?, row.get("expected_groups")?);
    match row.get::<u64>("expected_nulls")? {
        _ if rows == 0 => Err(Error::new("`expected_sql` expects no group at all")),
        0 if groups == rows => Ok(groups),
        0 => Err(Error::new(format!("`expected_sql` returns {groups} different groups in {rows} rows"))),
        nulls => Err(Error::new(format!("`expected_sql` returns {nulls} groups without a name"))),
    }
}

/// A row that shows something, by the names of its columns.
type Sample = Vec<(String, Option<String>)>;

/// Some groups for each thing that is wrong, by its name.
fn samples(
    settings: &Settings,
    statements: &Statements<'_>,
    counts: &Counts,
) -> Result<BTreeMap<String, Vec<Sample>>, Error> {
    let mut samples: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    if settings.sample_rows == 0 || counts.problems.iter().all(|(_, count)| *count == 0) {
        return Ok(samples);
    }
    for row in statements.samples().fetch()? {
        let row = row?;
        let mut sample = Sample::new();
        for (index, column) in settings.group_columns.iter().enumerate() {
            sample.push((column.as_str().to_owned(), row.cell(&format!("k{index}"))?.text()));
        }
        if let Some(detail) = row.get::<Option<String>>("detail")?.filter(|detail| !detail.is_empty()) {
            sample.push(("seen".to_owned(), Some(detail)));
        }
        samples.entry(row.get("problem")?).or_default().push(sample);
    }
    Ok(samples)
}

/// Says what is wrong, each thing with a finding of its own.
fn report(scope: &Scope, settings: &Settings, counts: &Counts, mut samples: BTreeMap<String, Vec<Sample>>) {
    let Counts { rows, nulls, .. } = *counts;
    if nulls > 0 {
        let columns = format!("{}, {}", settings.group_names(), settings.side_column.as_str());
        let message = format!("{nulls} of {rows} rows name no group or no side");
        scope.finding("null_key", message).column(columns).affected(nulls).unit("rows").report();
    }
    for (problem, count) in counts.problems.iter().filter(|(_, count)| *count > 0) {
        let shown = samples.remove(&problem.name()).unwrap_or_default();
        shown.into_iter().fold(finding(scope, settings, *problem, *count), Finding::sample).report();
    }
}

fn finding(scope: &Scope, settings: &Settings, problem: Problem, count: u64) -> Finding {
    let sides = settings.sides;
    if let Some((rule, mirror)) = problem.rule.and_then(|rule| Some((rule, settings.mirror.get(rule)?))) {
        let Mirror { column, opponent_column, tolerance, mirror_table } = mirror;
        let other = mirror_table.as_ref().unwrap_or(&settings.table).as_str();
        let pair = format!("`{}` and `{}` of the other side in `{other}`", column.as_str(), opponent_column.as_str());
        let message = match problem.code {
            "mirror_missing" => format!("{count} sides have no row of the other side in `{other}`"),
            "mirror_null" => format!("{pair} cannot be compared for {count} sides: one is null"),
            _ => format!("{pair} differ by more than {tolerance} for {count} sides"),
        };
        let finding = scope.finding(problem.code, message).column(column).attribute("rule", rule.to_string());
        return finding.affected(count).unit("sides");
    }
    let of_groups = |message: String| scope.finding(problem.code, message).affected(count).unit("groups");
    let of_sides = |message: String| of_groups(message).column(&settings.side_column);
    match problem.code {
        "missing_side" => of_sides(format!("{count} groups have fewer than {sides} sides")),
        "surplus_side" => of_sides(format!("{count} groups have more than {sides} sides")),
        "duplicate_side" => of_sides(format!("{count} groups have a side more than once")),
        "missing_group" => of_groups(format!("{count} groups are not there"))
            .column(settings.group_names())
            .remediation("load the groups that are not there; `expected_sql` lists them all"),
        _ => {
            let finding = of_groups(format!("{count} sides do not name the other side")).unit("sides");
            settings.opponent_column.iter().fold(finding, Finding::column)
        }
    }
}

assay_sdk::export_check!(BothSides);

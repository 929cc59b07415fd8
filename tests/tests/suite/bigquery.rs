//! The same suite on BigQuery: what the checks ask of the embedded engine, word for word, is asked of an emulator whose
//! tables hold the same rows, and must be answered with the same values.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assay::model::Status;
use assay::source::transcript::Transcript;
use assay_pipeline::{Incident, schema};
use assay_tests::conformance::emulator::Emulator;
use assay_tests::conformance::warehouse::Warehouse;
use assay_tests::conformance::{Case, Deviation, Expect, Outcome, Report, deviations, recorded};
use assay_tests::slots::Slot;
use assay_tests::trial::{self, Trial};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

const IN_SEASON: Date = date(2026, 1, 31);

/// The finals are over, the new season is not planned.
const OFF_SEASON: Date = date(2026, 6, 29);

#[tokio::test(flavor = "multi_thread")]
async fn bigquery_answers_the_same_on_a_healthy_day() {
    let day = Day::run("bigquery-healthy", IN_SEASON, Vec::new()).await;
    assert_eq!(day.not_well, BTreeMap::new());
    let Compared { statements, with_rows } = day.compare(true).await;
    assert!(statements >= 100 && with_rows >= 80, "{with_rows} of {statements} statements with rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn bigquery_answers_the_same_in_the_off_season() {
    let day = Day::run("bigquery-off-season", OFF_SEASON, Vec::new()).await;
    assert_eq!(day.not_well, BTreeMap::new());
    let Compared { statements, with_rows } = day.compare(false).await;
    assert!(statements >= 60 && with_rows >= 40, "{with_rows} of {statements} statements with rows");
}

/// Incidents that show on the same day, each in tables or rows of its own.
const INCIDENTS: [&str; 15] = [
    "all-under",
    "deployment-behind",
    "dnp-with-zeros",
    "duplicate-summaries",
    "feature-shifted",
    "grading-incomplete",
    "loaded-twice",
    "null-keys",
    "phase-stuck",
    "query-cost-jump",
    "runs-at-timeout",
    "output-overdue",
    "partial-game",
    "scrapers-stopped",
    "source-hole",
];

/// What is answered as on the healthy day is not asked again.
#[tokio::test(flavor = "multi_thread")]
async fn bigquery_answers_the_same_on_a_bad_day() {
    let tables = schema::tables().unwrap();
    let incidents: Vec<_> = INCIDENTS.iter().map(|name| Incident::named(name, &tables).unwrap()).collect();
    let seen: BTreeSet<String> =
        incidents.iter().flat_map(|incident| incident.expect().iter().map(|expected| expected.check.clone())).collect();
    let unharmed = Day::run("bigquery-unharmed", IN_SEASON, Vec::new()).await;
    let mut day = Day::run("bigquery-bad", IN_SEASON, incidents).await;
    assert_eq!(day.not_well.keys().cloned().collect::<BTreeSet<_>>(), seen);
    day.leave_out(&unharmed);
    let Compared { statements, with_rows } = day.compare(true).await;
    assert!(statements >= 50 && with_rows >= 50, "{with_rows} of {statements} statements with rows");
}

/// What the checks of a day have asked of the embedded engine.
struct Day {
    /// Where its data lies.
    folder: PathBuf,
    /// What the checks say that are neither `pass` nor `skip`.
    not_well: BTreeMap<String, String>,
    /// By instant what they ask then, each question once.
    asked: BTreeMap<Timestamp, Vec<Case>>,
}

/// What was compared.
struct Compared {
    /// Statements.
    statements: usize,
    /// Those of them that assay has answered with rows.
    with_rows: usize,
}

impl Day {
    /// Runs every schedule once, the last time that it is due on the day.
    async fn run(name: &str, day: Date, incidents: Vec<Incident>) -> Self {
        let folder = trial::folder(name).unwrap();
        let zone = TimeZone::get("America/New_York").unwrap();
        let begins = |day: Date| day.to_zoned_datetime(zone.clone()).unwrap().timestamp();
        let days = trial::days_around(begins(day)).unwrap();
        let trial = Trial::new(&folder, &trial::state().unwrap(), days, incidents).await.unwrap();
        let mut run = Self { folder, not_well: BTreeMap::new(), asked: BTreeMap::new() };
        for slot in last_of_each(trial.past().slots(begins(day), begins(day.tomorrow().unwrap()))) {
            for (check, transcript) in trial.past().record(&slot, &run.folder).await.unwrap() {
                run.add(&slot, check.as_str(), &transcript);
            }
        }
        run
    }

    fn add(&mut self, slot: &Slot, check: &str, transcript: &Transcript) {
        let conclusion = &transcript.concluded.conclusion;
        if !matches!(conclusion.status, Status::Pass | Status::Skip) {
            self.not_well.insert(check.to_owned(), conclusion.message.clone());
        }
        let asked = self.asked.entry(slot.at).or_default();
        for case in recorded::cases(check, transcript).unwrap_or_else(|error| panic!("{error:#}")) {
            if !asked.iter().any(|other| is_same(other, &case)) {
                asked.push(case);
            }
        }
    }

    /// Leaves out what was asked and answered the same elsewhere.
    fn leave_out(&mut self, other: &Self) {
        for (instant, asked) in &mut self.asked {
            let there = other.asked.get(instant).map(Vec::as_slice).unwrap_or_default();
            asked.retain(|case| !there.iter().any(|other| is_same(other, case)));
        }
    }

    /// Asks an emulator the same; with `has_deviations` it must deviate where it is known to.
    async fn compare(self, has_deviations: bool) -> Compared {
        let asked = tokio::task::spawn_blocking(move || self.ask(has_deviations)).await;
        asked.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }

    fn ask(self, has_deviations: bool) -> Compared {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let emulator = Emulator::start(&target.join("tools").join("emulator")).unwrap_or_else(|e| panic!("{e:#}"));
        let warehouse =
            Warehouse::load(&emulator.endpoint(), &self.folder.join("data")).unwrap_or_else(|e| panic!("{e:#}"));
        let all: Vec<Case> = self.asked.values().flatten().cloned().collect();
        let known = if has_deviations { known(&all) } else { Vec::new() };
        let mut report = Report::default();
        for (instant, cases) in &self.asked {
            warehouse.show(*instant).unwrap();
            for (case, outcome) in warehouse.endpoint().run_all(cases) {
                let outcome = outcome.unwrap_or_else(|error| Outcome::Fails(format!("{error:#}")));
                match known.iter().find(|deviation| deviation.is_about(case)) {
                    Some(deviation) => report.add_deviation(case, deviation, &outcome),
                    None => report.add(case, outcome),
                }
            }
        }
        let failures = report.failures();
        assert!(failures.is_empty(), "{failures}\n{}", report.summary());
        Compared { statements: report.cases(), with_rows: all.iter().filter(|case| has_rows(case)).count() }
    }
}

impl Drop for Day {
    fn drop(&mut self) {
        // What is left behind is made anew by the next run.
        fs_err::remove_dir_all(&self.folder).unwrap_or_default();
    }
}

/// What the emulator is known to answer otherwise.
fn known(cases: &[Case]) -> Vec<Deviation> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("suite");
    deviations(&folder, cases).unwrap_or_else(|error| panic!("{error:#}"))
}

/// The last slot of each schedule, in order.
fn last_of_each(slots: Vec<Slot>) -> Vec<Slot> {
    let mut last: Vec<Slot> = Vec::new();
    for slot in slots {
        last.retain(|other| other.schedule != slot.schedule);
        last.push(slot);
    }
    last
}

fn is_same(one: &Case, other: &Case) -> bool {
    (&one.sql, &one.params, &one.expect) == (&other.sql, &other.params, &other.expect)
}

fn has_rows(case: &Case) -> bool {
    matches!(&case.expect, Expect::Rows(expected) if !expected.rows.is_empty())
}

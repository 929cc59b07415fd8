//! The shipped suite over a generated pipeline: each incident is seen by the checks that its file names and by no other,
//! and a healthy season by none.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

mod bigquery;

use assay_pipeline::Incident;
use assay_tests::trial::{self, PAGE_PATH, Said, Trial, Tried, differences, page, try_all};
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn each_incident_is_seen_by_the_checks_that_its_file_names() {
    let tried = try_all(Incident::names()).await.unwrap();
    let wrong: Vec<String> = tried
        .iter()
        .flat_map(|Tried { incident, caught }| {
            let differences = differences(incident.expect(), caught).into_iter();
            differences.map(|difference| format!("{}: {difference}", incident.name()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let written = fs_err::read_to_string(trial::root().join(PAGE_PATH)).unwrap();
    assert!(written == page(&tried), "{PAGE_PATH} is stale: run `cargo xtask incidents table --write`");
}

/// Days on which something is different: the first games, clocks that change, breaks, the play-in, play-offs with one game and
/// with none, the end. `cargo xtask incidents season` runs every day.
const DAYS: [Date; 16] = [
    date(2025, 9, 30),
    date(2025, 10, 3),
    date(2025, 10, 22),
    date(2025, 11, 2),
    date(2025, 11, 27),
    date(2025, 11, 28),
    date(2025, 12, 25),
    date(2026, 1, 21),
    date(2026, 2, 15),
    date(2026, 2, 20),
    date(2026, 3, 8),
    date(2026, 4, 13),
    date(2026, 4, 17),
    date(2026, 5, 18),
    date(2026, 6, 13),
    date(2026, 6, 29),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_season_is_well() {
    let folder = trial::folder("season-of-tests").unwrap();
    let days = (date(2025, 9, 25), date(2026, 6, 30));
    let trial = Trial::new(&folder, &trial::state().unwrap(), days, Vec::new()).await.unwrap();
    let zone = TimeZone::get("America/New_York").unwrap();
    let begins = |day: Date| day.to_zoned_datetime(zone.clone()).unwrap().timestamp();
    let mut wrong = Vec::new();
    for day in DAYS {
        wrong.extend(trial.said(begins(day), begins(day.tomorrow().unwrap())).await.unwrap());
    }
    let told: Vec<_> =
        wrong.iter().map(|Said { slot, check, message, .. }| format!("{} {check}: {message}", slot.at)).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
    fs_err::remove_dir_all(folder).unwrap();
}

/// The suite declares the tables as the generator writes them.
#[test]
fn declared_tables_are_those_of_the_pipeline() {
    let suite = fs_err::read_to_string(trial::root().join("plugins/suites/basketball.toml")).unwrap();
    let suite: toml::Table = suite.parse().unwrap();
    let checks = suite["check"].as_array().unwrap();
    let declared = checks.iter().find(|check| check["name"].as_str() == Some("schemas")).unwrap();
    let declared = serde_json::to_value(&declared["settings"]["tables"]).unwrap();
    let mut files: Vec<_> =
        fs_err::read_dir(trial::root().join("schemas/datasets")).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let tables = files.iter().map(|path| {
        let table: Value = serde_saphyr::from_str(&fs_err::read_to_string(path).unwrap()).unwrap();
        let column = |column: &Value| json!({ "name": column["name"], "type": column["type"] });
        let columns: Vec<_> = table["columns"].as_array().unwrap().iter().map(column).collect();
        json!({ "table": table["name"], "columns": columns })
    });
    let generated: Vec<Value> = tables.collect();
    assert_eq!(declared, Value::from(generated));
}

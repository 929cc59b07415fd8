//! Incident files: all load, each changes what it names and nothing else, and what is wrong in one is told.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

use std::collections::BTreeMap;

use assay_pipeline::schema::{self, Table};
use assay_pipeline::{DayRows, Generator, Incident, Order, Row, Value};
use jiff::civil::{Date, date};

fn tables() -> Vec<Table> {
    schema::tables().unwrap()
}

fn days(range: (Date, Date), incidents: Vec<Incident>) -> Vec<DayRows> {
    Generator::new(Order { seed: 7, from: range.0, to: range.1, incidents }).unwrap().collect()
}

fn rows<'a>(days: &'a [DayRows], table: &str) -> Vec<&'a Row> {
    days.iter().flat_map(|day| day.iter().find(|(declared, _)| declared.name == table).unwrap().1).collect()
}

fn with(name: &str) -> Vec<DayRows> {
    let incident = Incident::named(name, &tables()).unwrap();
    days(incident.profile().days(), vec![incident])
}

fn column(table: &str, name: &str) -> usize {
    tables().iter().find(|declared| declared.name == table).unwrap().position(name).unwrap()
}

#[test]
fn every_file_loads_and_changes_only_what_it_names_from_when_it_says() {
    let tables = tables();
    let mut clean: BTreeMap<(Date, Date), Vec<DayRows>> = BTreeMap::new();
    let names = Incident::names();
    assert!(names.len() >= 50, "{names:?}");
    for name in names {
        let incident = Incident::named(&name, &tables).unwrap();
        assert_eq!(incident.name(), name, "a file is named by its incident");
        let (from, to) = match incident.profile().name() {
            "week" => incident.profile().days(),
            // The days around its beginning will do.
            _ => {
                let begins =
                    incident.since().to_zoned_datetime(jiff::tz::TimeZone::get("America/New_York").unwrap()).date();
                (begins.saturating_sub(jiff::Span::new().days(2)), begins.saturating_add(jiff::Span::new().days(3)))
            }
        };
        let clean = clean.entry((from, to)).or_insert_with(|| days((from, to), Vec::new()));
        let mut generator = Generator::new(Order { seed: 7, from, to, incidents: vec![incident.clone()] }).unwrap();
        let named = incident.tables();
        let shaped = tables.iter().any(|table| {
            let shape = generator.injector().shape(table);
            shape.is_none_or(|shape| {
                let declared = table.columns.iter().map(|column| (column.name.clone(), column.column_type));
                !shape.columns.iter().map(|(name, column_type, _)| (name.clone(), *column_type)).eq(declared)
            })
        });
        let mut changed = false;
        for before in clean.iter() {
            let after = generator.next().unwrap();
            let both = before.iter().zip(after.iter()).enumerate();
            for (place, ((table, before_rows), (_, after_rows))) in both {
                if before_rows != after_rows {
                    changed = true;
                    assert!(named.contains(&place), "{name} changes {}", table.name);
                    let latest = before.day().saturating_add(jiff::Span::new().days(2));
                    let since = incident.since().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
                    assert!(latest >= since, "{name} changes {} of {} already", table.name, before.day());
                }
            }
        }
        assert!(changed || shaped, "{name} changes nothing");
    }
}

#[test]
fn a_race_makes_rates_of_hundreds_of_percent_in_one_game() {
    let days = with("summaries-out-of-order");
    let (usage, game) = (column("player_game_summary", "usage_rate"), column("player_game_summary", "game_id"));
    let processed = column("player_game_summary", "processed_at");
    let high: Vec<&Row> = rows(&days, "player_game_summary")
        .into_iter()
        .filter(|row| matches!(row[usage], Value::Float(rate) if (600.0..=1275.0).contains(&rate)))
        .collect();
    assert_eq!(high.len(), 19);
    assert!(high.iter().all(|row| row[game] == high[0][game]), "one game");
    let points = column("team_offense_game_summary", "points");
    let team_processed = column("team_offense_game_summary", "processed_at");
    let placeholders: Vec<&Row> =
        rows(&days, "team_offense_game_summary").into_iter().filter(|row| row[points] == Value::Int(0)).collect();
    assert_eq!(placeholders.len(), 2);
    for row in placeholders {
        assert_eq!(row[column("team_offense_game_summary", "game_id")], high[0][game], "the same game");
        match (&row[team_processed], &high[0][processed]) {
            (Value::Instant(team), Value::Instant(player)) => assert_eq!(team.duration_since(*player).as_mins(), 92),
            other => panic!("no instants: {other:?}"),
        }
    }
}

#[test]
fn counts_are_exact() {
    let clean = days((date(2026, 1, 28), date(2026, 2, 3)), Vec::new());
    let summaries = rows(&clean, "player_game_summary").len();
    assert_eq!(rows(&with("duplicate-summaries"), "player_game_summary").len(), summaries + 93);
    let failing = with("scraper-failing");
    // Runs of a healthy day that fail once and succeed at once have another error.
    let error = column("scraper_execution", "error_type");
    let executions = rows(&failing, "scraper_execution");
    assert_eq!(executions.iter().filter(|row| row[error] == Value::from("http_error")).count(), 148);
    let game = column("player_game_summary", "game_id");
    let games = |days: &[DayRows]| {
        let mut games: Vec<String> = rows(days, "player_game_summary").iter().map(|row| row[game].to_text()).collect();
        games.retain(|game| game.starts_with("20260121"));
        games.dedup();
        games.len()
    };
    let that_night = |incidents| days((date(2026, 1, 21), date(2026, 1, 21)), incidents);
    let some = vec![Incident::named("games-not-processed", &tables()).unwrap()];
    assert_eq!((games(&that_night(Vec::new())), games(&that_night(some))), (11, 7));
    let player = column("player_game_summary", "player_id");
    let unnamed = with("null-keys");
    assert_eq!(rows(&unnamed, "player_game_summary").iter().filter(|row| row[player].is_null()).count(), 12);
    assert_eq!(
        with("everything-empty").iter().flat_map(|day| day.iter()).map(|(_, rows)| rows.len()).sum::<usize>(),
        0
    );
    let date = column("published_pick", "game_date");
    let picks = with("published-count-differs");
    let of_day = |row: &&&Row| row[date] == Value::Day(jiff::civil::date(2026, 1, 30));
    assert_eq!(rows(&picks, "published_pick").iter().filter(of_day).count(), 2);
}

#[test]
fn incidents_can_be_combined() {
    let tables = tables();
    let both = ["null-keys", "feature-missing"].map(|name| Incident::named(name, &tables).unwrap()).to_vec();
    let days = days((date(2026, 1, 30), date(2026, 1, 30)), both);
    let player = column("player_game_summary", "player_id");
    assert_eq!(rows(&days, "player_game_summary").iter().filter(|row| row[player].is_null()).count(), 12);
    let feature = column("feature_store", "feature_opponent_defense");
    assert!(rows(&days, "feature_store").iter().all(|row| row[feature].is_null()));
}

#[test]
fn schema_changes_and_nulls_in_keys_reach_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables();
    let day = date(2026, 1, 30);
    let incidents = ["column-renamed", "table-dropped", "type-changed", "null-keys"]
        .map(|name| Incident::named(name, &tables).unwrap())
        .to_vec();
    let out = folder.path().join("tables");
    assay_pipeline::write(Order { seed: 7, from: day, to: day, incidents }, &out, |_| ()).unwrap();
    assert!(!out.join("team_defense_game_summary.parquet").exists());
    let file = fs_err::File::open(out.join("player_game_summary.parquet")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file.into_parts().0).unwrap();
    let schema = reader.schema();
    assert!(schema.field_with_name("minutes_played").is_err());
    assert!(schema.field_with_name("minutes").is_ok());
    assert_eq!(schema.field_with_name("points").unwrap().data_type(), &arrow::datatypes::DataType::Utf8);
    let batch = reader.build().unwrap().next().unwrap().unwrap();
    assert_eq!(batch.column_by_name("player_id").unwrap().null_count(), 12);
}

#[test]
fn a_folder_with_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("notes.txt"), "mine").unwrap();
    let day = date(2026, 1, 30);
    let order = Order { seed: 7, from: day, to: day, incidents: Vec::new() };
    let error = assay_pipeline::write(order, folder.path(), |_| ()).unwrap_err().to_string();
    assert!(error.contains("notes.txt"), "{error}");
    assert_eq!(fs_err::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine");
}

#[test]
fn all_that_is_wrong_is_told_with_its_place_and_a_hint() {
    let text = "
name: wrong
about: All of it.
profile: weak
since: yesterday
changes:
  - drop: { table: raw_team_boxscores, where: [] }
  - set:
      table: player_game_summary
      where: [{ column: gamedate, is: 2026-01-30 }]
      values: { points: { constant: many }, usage_rate: { constant: 900.0 } }
  - set:
      table: player_game_summary
      share: 1.5
      values: { is_dnp: { scale: [2, 2] }, points: { prefix: x }, minute_played: { constant: 1.0 } }
  - insert: { table: deployment, at: 2026-01-30T09:00:00-05:00, count: 2, values: { service: { constant: x } } }
  - cast_column: { table: player_game_summary, column: points, to: DATE }
";
    let error = Incident::parse("wrong.yaml", text, &tables()).unwrap_err().to_string();
    let told = [
        "wrong.yaml:",
        "profile: no profile 'weak'\n    hint: one of week, small, season, ten-seasons",
        "since: 'yesterday' is no instant\n    hint: such as",
        "changes[0].drop.table: no table 'raw_team_boxscores'\n    hint: did you mean 'raw_team_boxscore'?",
        "changes[1].set.where[0].column: no column 'gamedate' in 'player_game_summary'\n    hint: did you mean 'game_date'?",
        "changes[2].set.share: is not between 0 and 1",
        "changes[3].insert: inserts several rows at one instant\n    hint: add 'every: 10m'",
        "changes[3].insert.values.deployed_at: is missing, and may not be NULL",
        "changes[4].cast_column.to: INT64 does not become DATE",
        "changes[1].set.values.points: \"many\" is no INT64\n    hint: such as 20",
        "changes[2].set.values.is_dnp: 'uniform', 'scale' and 'plus' are for numbers, this is BOOL",
        "changes[2].set.values.points: 'prefix' is for texts, this is INT64",
        "changes[2].set.values.minute_played: no column 'minute_played'",
    ];
    for message in told {
        assert!(error.contains(message), "not told: {message}\n{error}");
    }
}

#[test]
fn an_unknown_key_or_name_is_told() {
    let text = "{ name: a, about: b, profile: week, since: 2026-01-30T00:00:00Z, changes: [], colour: red }";
    let error = Incident::parse("odd.yaml", text, &tables()).unwrap_err().to_string();
    assert!(error.contains("odd.yaml") && error.contains("colour"), "{error}");
    let error = Incident::named("missing-team-boxscore", &tables()).unwrap_err().to_string();
    assert!(error.contains("did you mean 'missing-team-boxscores'?"), "{error}");
}

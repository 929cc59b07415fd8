//! What holds for every clean season: the same bytes, one row a key at any instant, nothing before its cause.

#![expect(clippy::unwrap_used, reason = "a test may fail wherever it stands")]

use std::collections::{BTreeMap, BTreeSet};

use assay_pipeline::schema::Table;
use assay_pipeline::{Calendar, Clock, DayRows, Generator, Order, Phase, Profile, Row, Value};
use jiff::Timestamp;
use jiff::civil::{Date, date};

fn order((from, to): (Date, Date)) -> Order {
    Order { seed: 7, from, to, incidents: Vec::new() }
}

fn days(range: (Date, Date)) -> Vec<DayRows> {
    Generator::new(order(range)).unwrap().collect()
}

/// Rows of a table by the names of their columns.
fn rows<'a>(days: &'a [DayRows], name: &str) -> Vec<BTreeMap<&'a str, &'a Value>> {
    let named = |(table, row): (&'a Table, &'a Row)| {
        table.columns.iter().map(|column| column.name.as_str()).zip(row).collect::<BTreeMap<_, _>>()
    };
    let mut found = Vec::new();
    for day in days {
        let (table, rows) = day.iter().find(|(table, _)| table.name == name).unwrap();
        found.extend(rows.iter().map(|row| named((table, row))));
    }
    found
}

fn instant(value: &Value) -> Timestamp {
    match value {
        Value::Instant(instant) => *instant,
        other => panic!("no instant: {other:?}"),
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Float(number) => *number,
        Value::Int(number) => f64::from(i32::try_from(*number).unwrap()),
        other => panic!("no number: {other:?}"),
    }
}

/// When something of each game became visible: the earliest and the latest row.
fn by_game(days: &[DayRows], table: &str) -> BTreeMap<String, (Timestamp, Timestamp)> {
    let mut found: BTreeMap<String, (Timestamp, Timestamp)> = BTreeMap::new();
    for row in rows(days, table) {
        let at = instant(row["available_at"]);
        let span = found.entry(row["game_id"].to_text()).or_insert((at, at));
        *span = (span.0.min(at), span.1.max(at));
    }
    found
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let folder = tempfile::tempdir().unwrap();
    let write = |seed, name: &str| {
        let out = folder.path().join(name);
        let (from, to) = Profile::Week.days();
        assay_pipeline::write(Order { seed, from, to, incidents: Vec::new() }, &out, |_| ()).unwrap();
        let mut files = BTreeMap::new();
        for entry in fs_err::read_dir(out).unwrap() {
            let path = entry.unwrap().path();
            files.insert(path.file_name().unwrap().to_owned(), fs_err::read(path).unwrap());
        }
        files
    };
    let (one, same, other) = (write(7, "one"), write(7, "same"), write(8, "other"));
    assert_eq!(one.len(), 28);
    assert!(one == same, "the same seed gives the same bytes");
    for table in ["schedule.parquet", "prediction.parquet", "scraper_execution.parquet"] {
        assert!(one[std::ffi::OsStr::new(table)] != other[std::ffi::OsStr::new(table)], "{table} ignores the seed");
    }
    let left: Vec<_> = fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "nothing is left beside: {left:?}");
}

#[test]
fn a_day_is_the_same_whatever_the_range() {
    let day = date(2026, 1, 30);
    let alone = days((day, day));
    let within = days(Profile::Week.days());
    for table in ["schedule", "player_daily_cache", "prediction", "prediction_accuracy", "processor_run"] {
        let of_day = |days: &[DayRows]| {
            let day = days.iter().find(|rows| rows.day() == day).unwrap();
            day.iter().find(|(declared, _)| declared.name == table).unwrap().1.to_vec()
        };
        assert!(!of_day(&alone).is_empty(), "{table}");
        assert!(of_day(&alone) == of_day(&within), "{table}");
    }
}

#[test]
fn at_any_instant_each_key_is_there_once() {
    let ranges = [
        (date(2025, 10, 31), date(2025, 11, 3)),
        (date(2026, 1, 28), date(2026, 2, 3)),
        (date(2026, 3, 6), date(2026, 3, 9)),
    ];
    for (from, to) in ranges {
        let days = days((from, to));
        let first = from.in_tz("America/New_York").unwrap().timestamp();
        let instants: Vec<Timestamp> =
            (0..=100).map(|step| first + jiff::SignedDuration::from_mins(101 * step)).collect();
        let tables: Vec<&Table> = days[0].iter().map(|(table, _)| table).collect();
        for table in tables {
            let place = |name: &str| table.position(name);
            let (available, superseded) = (place("available_at").unwrap(), place("superseded_at"));
            let key: Vec<usize> = table.key.iter().map(|name| place(name).unwrap()).collect();
            let mut versions: BTreeMap<String, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
            for day in &days {
                for row in day.iter().find(|(other, _)| other.name == table.name).unwrap().1 {
                    let end = superseded.map_or(Timestamp::MAX, |column| match row[column] {
                        Value::Instant(at) => at,
                        _ => Timestamp::MAX,
                    });
                    let name = key.iter().map(|column| row[*column].to_text()).collect::<Vec<_>>().join("|");
                    versions.entry(name).or_default().push((instant(&row[available]), end));
                }
            }
            for (name, versions) in versions {
                for at in &instants {
                    let visible = versions.iter().filter(|(begin, end)| begin <= at && end > at).count();
                    assert!(visible <= 1, "{} {name} is there {visible} times at {at}", table.name);
                }
            }
        }
    }
}

#[test]
fn nothing_is_there_before_what_it_is_made_of() {
    // With the two nights on which the clock is changed.
    for range in [Profile::Week.days(), (date(2025, 11, 1), date(2025, 11, 2)), (date(2026, 3, 7), date(2026, 3, 8))] {
        let days = days(range);
        let finals: BTreeMap<String, (Timestamp, &Value)> = rows(&days, "schedule")
            .into_iter()
            .filter(|row| row["status"] == &Value::Int(3))
            .map(|row| (row["game_id"].to_text(), (instant(row["final_at"]), row["game_date"])))
            .collect();
        let raw = by_game(&days, "raw_team_boxscore");
        let players = by_game(&days, "raw_player_boxscore");
        let offense = by_game(&days, "team_offense_game_summary");
        let defense = by_game(&days, "team_defense_game_summary");
        let summaries = by_game(&days, "player_game_summary");
        let grades = by_game(&days, "prediction_accuracy");
        assert_eq!(finals.len(), raw.len());
        let clock = Clock::new().unwrap();
        for (game, (ended, day)) in finals {
            let wait =
                raw[&game].0.duration_since(ended).as_mins().min(players[&game].0.duration_since(ended).as_mins());
            let latest = players[&game].1.duration_since(ended).as_mins();
            assert!(wait >= 0 && latest <= 45, "{game} loaded {wait} to {latest} minutes after it ended");
            assert!(players[&game].1 < offense[&game].0, "{game}: teams before their box scores");
            assert!(defense[&game].1 < summaries[&game].0, "{game}: players before their teams");
            assert!(summaries[&game].1 < grades[&game].0, "{game}: grades before summaries");
            assert_eq!(&Value::Day(clock.league_day(ended)), day, "{game}");
        }
        for row in rows(&days, "prediction") {
            assert!(instant(row["available_at"]) >= instant(row["created_at"]));
        }
    }
}

#[test]
fn a_season_has_its_games_and_rests_when_it_should() {
    let calendar = Calendar::of_year(2025);
    let days = days((calendar.opening, date(2026, 4, 20)));
    let regular: BTreeSet<String> = rows(&days, "schedule")
        .into_iter()
        .filter(|row| row["status"] == &Value::Int(3) && row["season_phase"].to_text() == Phase::Regular.name())
        .map(|row| row["game_id"].to_text())
        .collect();
    assert_eq!(regular.len(), 1_230);
    for (month, day) in [(11, 27), (12, 24), (2, 13), (2, 14), (2, 15), (2, 16), (2, 17), (2, 18)] {
        let rest = date(if month > 6 { 2025 } else { 2026 }, month, day);
        let rows_of = days.iter().find(|rows| rows.day() == rest).unwrap();
        for (table, rows) in rows_of.iter() {
            let may_have =
                ["calendar", "scraper_execution", "expected_output", "query_cost", "deployment", "code_change"];
            let exhibition = table.name == "schedule" && rest == calendar.exhibition();
            assert!(
                rows.is_empty()
                    || may_have.contains(&table.name.as_str())
                    || exhibition
                    || table.name == "model_registry",
                "{rest}: {} has {} rows",
                table.name,
                rows.len()
            );
        }
    }
    // Between two versions of the calendar exactly one says how many games were played.
    for day in &days {
        let today = std::slice::from_ref(day);
        let finals = rows(today, "schedule")
            .into_iter()
            .filter(|row| row["status"] == &Value::Int(3) && row["season_phase"].to_text() != Phase::AllStar.name())
            .count();
        let current = rows(today, "calendar").into_iter().find(|row| row["superseded_at"].is_null()).unwrap();
        assert_eq!(current["games"], &Value::Int(i64::try_from(finals).unwrap()), "{}", day.day());
    }
}

#[test]
fn the_summer_brings_no_new_rows() {
    for day in days((date(2026, 7, 6), date(2026, 7, 12))).iter().skip(1) {
        for (table, rows) in day.iter().filter(|(_, rows)| !rows.is_empty()) {
            let may_have = ["calendar", "scraper_execution", "query_cost", "deployment", "code_change"];
            assert!(may_have.contains(&table.name.as_str()), "{}: {} {}", day.day(), table.name, rows.len());
        }
        for row in rows(std::slice::from_ref(day), "scraper_execution") {
            assert_ne!(row["status"].to_text(), "success");
        }
    }
}

#[test]
fn a_clean_week_is_healthy() {
    let days = days(Profile::Week.days());
    let mut minutes: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut points: BTreeMap<(String, String), f64> = BTreeMap::new();
    let mut rows_of_game: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for row in rows(&days, "player_game_summary") {
        let game = row["game_id"].to_text();
        let count = rows_of_game.entry(game.clone()).or_default();
        count.0 += 1;
        let stats = ["points", "minutes_played", "fg_attempts", "turnovers", "rebounds", "usage_rate"];
        if row["is_dnp"] == &Value::Bool(true) {
            count.1 += 1;
            assert!(stats.iter().all(|stat| row[stat].is_null()), "a player who did not play has numbers");
            continue;
        }
        let usage = number(row["usage_rate"]);
        assert!((5.0..=55.0).contains(&usage), "{usage}");
        let side = (game, row["team_abbr"].to_text());
        *minutes.entry(side.clone()).or_default() += number(row["minutes_played"]);
        *points.entry(side).or_default() += number(row["points"]);
    }
    for (game, (all, dnp)) in rows_of_game {
        assert!((30..=35).contains(&all) && (9..=13).contains(&dnp), "{game}: {all} rows, {dnp} did not play");
    }
    let mut scored = BTreeMap::new();
    for row in rows(&days, "team_offense_game_summary") {
        let side = (row["game_id"].to_text(), row["team_abbr"].to_text());
        assert!((minutes[&side] - number(row["minutes"])).abs() < 0.01, "{side:?}");
        assert!((points[&side] - number(row["points"])).abs() < 0.01, "{side:?}");
        assert!((70.0..=180.0).contains(&points[&side]), "{side:?}: {}", points[&side]);
        scored.insert(side, row["points"]);
    }
    for row in rows(&days, "team_defense_game_summary") {
        let other = (row["game_id"].to_text(), row["opponent_abbr"].to_text());
        assert_eq!(row["points_allowed"], scored[&other]);
    }
    for day in &days {
        let today = std::slice::from_ref(day);
        let features = rows(today, "feature_store");
        let lines = features.iter().filter(|row| !row["vegas_line"].is_null()).count();
        let share = 100.0 * number(&Value::Int(lines.try_into().unwrap()))
            / number(&Value::Int(features.len().try_into().unwrap()));
        assert!((37.0..=50.0).contains(&share), "{}: {share} % have a line", day.day());
        let edges: Vec<f64> = rows(today, "prediction")
            .iter()
            .filter(|row| row["has_line"] == &Value::Bool(true))
            .map(|row| (number(row["predicted_points"]) - number(row["line"])).abs())
            .collect();
        let mean = edges.iter().sum::<f64>() / f64::from(u32::try_from(edges.len()).unwrap());
        assert!((1.5..=3.5).contains(&mean), "{}: edges of {mean}", day.day());
    }
    let mut failures: BTreeMap<String, u32> = BTreeMap::new();
    for row in rows(&days, "scraper_execution") {
        let count = failures.entry(row["scraper"].to_text()).or_default();
        *count = if row["status"].to_text() == "failed" { *count + 1 } else { 0 };
        assert!(*count < 3, "three failures in a row");
    }
    assert_eq!(failures.len(), 26);
}

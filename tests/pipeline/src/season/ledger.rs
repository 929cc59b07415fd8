//! What the pipeline notes of its own work: scrapers, processors, phases, expected outputs.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::Season;
use super::calendar::Phase;
use super::plan::Game;
use super::play::Outcome;
use super::reference::MODELS;
use crate::clock::{minutes, seconds};
use crate::dice::Dice;
use crate::rows::{DayRows, cells};
use crate::value::{Value, tenths};

/// Minutes between two runs of a scraper that follows games.
pub(super) const LIVE_CADENCE: i64 = 15;

/// How often a scraper runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cadence {
    /// Every quarter of an hour from 13:00 to 02:00, outside the off-season.
    Live,
    /// Every hour from 08:00 to 23:00.
    Hourly,
    /// At 06:00, and again at 15:00.
    Daily,
}

/// Name, workflow, cadence.
const SCRAPERS: [(&str, &str, Cadence); 26] = [
    ("team_boxscore_scraper", "post_game", Cadence::Live),
    ("player_boxscore_scraper", "post_game", Cadence::Live),
    ("scoreboard_scraper", "live", Cadence::Live),
    ("play_by_play_scraper", "live", Cadence::Live),
    ("schedule_scraper", "reference", Cadence::Hourly),
    ("injury_report_scraper", "pre_game", Cadence::Hourly),
    ("player_points_odds_scraper", "odds", Cadence::Hourly),
    ("game_lines_odds_scraper", "odds", Cadence::Hourly),
    ("spread_odds_scraper", "odds", Cadence::Hourly),
    ("totals_odds_scraper", "odds", Cadence::Hourly),
    ("lineup_scraper", "pre_game", Cadence::Hourly),
    ("news_scraper", "reference", Cadence::Hourly),
    ("gamebook_scraper", "morning", Cadence::Daily),
    ("standings_scraper", "morning", Cadence::Daily),
    ("roster_scraper", "morning", Cadence::Daily),
    ("transaction_scraper", "morning", Cadence::Daily),
    ("team_statistics_scraper", "morning", Cadence::Daily),
    ("player_statistics_scraper", "morning", Cadence::Daily),
    ("shot_chart_scraper", "morning", Cadence::Daily),
    ("tracking_scraper", "morning", Cadence::Daily),
    ("hustle_scraper", "morning", Cadence::Daily),
    ("referee_scraper", "pre_game", Cadence::Daily),
    ("arena_scraper", "reference", Cadence::Daily),
    ("travel_scraper", "reference", Cadence::Daily),
    ("projection_scraper", "pre_game", Cadence::Daily),
    ("public_wager_scraper", "odds", Cadence::Daily),
];
/// Share of runs that fail once and succeed when tried again.
const HICCUPS: f64 = 0.003;

/// Tables that are expected of a day with games, with the hour and minute they are due at.
const OUTPUTS: [(&str, i64, i64); 15] = [
    ("player_daily_cache", 5, 15),
    ("composite_factors", 5, 15),
    ("feature_store", 5, 15),
    ("upcoming_player_context", 7, 30),
    ("upcoming_team_context", 7, 30),
    ("prediction", 7, 30),
    ("daily_signal", 7, 40),
    ("published_pick", 17, 45),
    ("published_file", 17, 45),
    ("raw_odds_snapshot", 24, 0),
    ("raw_player_boxscore", 27, 0),
    ("raw_team_boxscore", 27, 0),
    ("team_offense_game_summary", 28, 30),
    ("player_game_summary", 28, 30),
    ("prediction_accuracy", 29, 30),
];

/// A run of a processor.
struct Run<'a> {
    processor: &'a str,
    phase: &'a str,
    /// What tells it from other runs of the day.
    subject: &'a str,
    started_at: Timestamp,
    takes: SignedDuration,
    rows: i64,
}

impl Season {
    pub(super) fn ledger(&self, day: Date, played: &[(&Game, Outcome)], rows: &mut DayRows) {
        self.scrapers(day, !played.is_empty(), rows);
        if !played.is_empty() {
            self.processors(day, played, rows);
        }
        if self.calendar.phase(day) != Phase::Offseason {
            self.expected_outputs(day, !played.is_empty(), rows);
        }
    }

    fn scrapers(&self, day: Date, games: bool, rows: &mut DayRows) {
        let mut dice = Dice::on(self.seed, "scrapers", day);
        let off = self.calendar.phase(day) == Phase::Offseason;
        for (scraper, workflow, cadence) in SCRAPERS {
            let at = |hour, minute| self.clock.at(day, hour, minute);
            let (first, last, every) = match cadence {
                Cadence::Live if off => continue,
                Cadence::Live => (at(13, 0), at(26, 0), LIVE_CADENCE),
                Cadence::Hourly => (at(8, 0), at(23, 59), 60),
                Cadence::Daily => (at(6, 0), at(15, 1), 540),
            };
            let mut tick = first;
            let mut number = 0;
            while tick < last {
                let triggered_at = tick + seconds(dice.between(0, 20));
                let took = tenths(dice.uniform(4.0, 45.0));
                let hiccup = dice.chance(HICCUPS);
                let done = if games { ("success", dice.between(2, 400)) } else { ("no_data", 0) };
                let id = format!("{scraper}:{day}:{number:03}");
                let mut attempt = |retry: i64, at: Timestamp, (status, count): (&str, i64), error: Option<&str>| {
                    let completed_at = at + SignedDuration::from_millis(crate::value::whole(took * 1_000.0));
                    rows.push(
                        "scraper_execution",
                        cells! { execution_id: format!("{id}:{retry}"), scraper: scraper, workflow: workflow,
                        game_date: day, status: status, triggered_at: at, completed_at: completed_at,
                        duration_s: took, rows: count, error_type: error.map(|_| "timeout"), error_message: error,
                        retry: retry, available_at: completed_at },
                    );
                };
                if hiccup {
                    attempt(0, triggered_at, ("failed", 0), Some("the source did not answer in time"));
                    attempt(1, triggered_at + seconds(80), done, None);
                } else {
                    attempt(0, triggered_at, done, None);
                }
                number += 1;
                tick += minutes(every);
            }
        }
    }

    fn processors(&self, day: Date, played: &[(&Game, Outcome)], rows: &mut DayRows) {
        let mut dice = Dice::on(self.seed, "processors", day);
        let mut phases: Vec<(&str, &str, Timestamp, i64)> = Vec::new();
        let mut phase = |name: &'static str, mode: &'static str, runs: Vec<Run<'_>>, rows: &mut DayRows| {
            let mut done = Timestamp::MIN;
            let count = i64::try_from(runs.len()).expect("few runs");
            for run in runs {
                done = done.max(run.started_at + run.takes);
                run.write(day, rows);
            }
            phases.push((name, mode, done + seconds(30), count));
        };
        let at = |hour, minute| self.clock.at(day, hour, minute);
        let daily = |processor, phase, started_at, takes, table: &str, rows: &DayRows| Run {
            processor,
            phase,
            subject: "day",
            started_at,
            takes: seconds(takes),
            rows: rows.count(table),
        };
        let form = vec![
            daily("player_daily_cache_processor", "phase_4", at(4, 44), 120, "player_daily_cache", rows),
            daily("composite_factors_processor", "phase_4", at(4, 55), 120, "composite_factors", rows),
            daily("feature_store_processor", "phase_4", at(5, 6), 150, "feature_store", rows),
        ];
        phase("phase_4", "morning", form, rows);
        let contexts = |hour, minute, rows: &DayRows| {
            vec![
                daily(
                    "upcoming_player_context_processor",
                    "phase_3",
                    at(hour, minute),
                    150,
                    "upcoming_player_context",
                    rows,
                ),
                daily(
                    "upcoming_team_context_processor",
                    "phase_3",
                    at(hour, minute),
                    120,
                    "upcoming_team_context",
                    rows,
                ),
            ]
        };
        let morning = contexts(7, 1, rows);
        phase("phase_3", "morning", morning, rows);
        let predicts = |subject, hour, minute, rows: &DayRows| -> Vec<Run<'_>> {
            let enabled = MODELS.iter().filter(|(_, _, enabled, _)| *enabled);
            let share = rows.count("prediction") / 6;
            enabled
                .map(|(model, ..)| Run {
                    processor: model,
                    phase: "phase_5",
                    subject,
                    started_at: at(hour, minute),
                    takes: seconds(150),
                    rows: share,
                })
                .collect()
        };
        let morning = predicts("morning", 7, 19, rows);
        phase("phase_5", "morning", morning, rows);
        if played.iter().any(|(game, _)| game.tip_at > at(17, 30)) {
            let mut again = contexts(17, 4, rows);
            again.iter_mut().for_each(|run| run.subject = "refresh");
            phase("phase_3", "afternoon", again, rows);
            let again = predicts("afternoon", 17, 17, rows);
            phase("phase_5", "afternoon", again, rows);
        }
        let published = vec![
            daily("pick_publisher", "phase_6", at(17, 39), 90, "published_pick", rows),
            daily("file_publisher", "phase_6", at(17, 41), 120, "published_file", rows),
        ];
        phase("phase_6", "afternoon", published, rows);
        let mut loads = Vec::new();
        let mut summaries = Vec::new();
        for (number, (game, outcome)) in (0..).zip(played) {
            let players = outcome.sides.iter().map(|side| side.lines.len()).sum::<usize>();
            let players = i64::try_from(players).expect("few players");
            let mut run = |processor, phase, written_at: Timestamp, count| Run {
                processor,
                phase,
                subject: &game.id,
                started_at: written_at - seconds(dice.between(30, 75)),
                takes: seconds(dice.between(85, 110)),
                rows: count,
            };
            let ingested_at = self.ingested_at(game);
            loads.push(run("raw_team_boxscore_loader", "phase_2", ingested_at, 2));
            loads.push(run("raw_player_boxscore_loader", "phase_2", ingested_at + seconds(110), 2 * players));
            let teams_at = self.summarized_at(day, number);
            summaries.push(run("team_offense_processor", "phase_3", teams_at, 2));
            summaries.push(run("team_defense_processor", "phase_3", teams_at + seconds(20), 2));
            summaries.push(run("player_game_summary_processor", "phase_3", teams_at + minutes(40), players));
        }
        phase("phase_2", "overnight", loads, rows);
        phase("phase_3", "overnight", summaries, rows);
        let grading = vec![daily("grading_processor", "grading", at(29, 18), 240, "prediction_accuracy", rows)];
        phase("grading", "overnight", grading, rows);
        for (name, mode, completed_at, count) in phases {
            rows.push(
                "phase_completion",
                cells! { phase: name, game_date: day, mode: mode, processors_done: count, processors_expected: count,
                triggered: true, completed_at: completed_at, available_at: completed_at },
            );
        }
    }

    fn expected_outputs(&self, day: Date, games: bool, rows: &mut DayRows) {
        let planned_at = self.clock.at(day, 4, 0);
        for (output, hour, minute) in OUTPUTS {
            let expected_by = self.clock.at(day, hour, minute);
            // Rows that are there when they are due, and the last of them.
            let written: Vec<Timestamp> = rows.available(output).into_iter().filter(|at| *at <= expected_by).collect();
            let count = i64::try_from(written.len()).expect("rows of a day are few");
            let complete_at = written.iter().max().map(|at| *at + minutes(1));
            let mut version = |status: &str, actual: Option<i64>, attempts: i64, at, superseded: Option<Timestamp>| {
                rows.push(
                    "expected_output",
                    cells! { game_date: day, output: output, expected_by: expected_by, status: status,
                    expected_rows: count, actual_rows: actual, attempts: attempts, available_at: at,
                    superseded_at: superseded },
                );
            };
            match complete_at {
                Some(at) => {
                    version("EXPECTED", None, 0, planned_at, Some(at));
                    version("COMPLETE", Some(count), 1, at, None);
                }
                None if games => {
                    version("EXPECTED", None, 0, planned_at, Some(expected_by));
                    version("EMPTY_OK", Some(0), 1, expected_by, None);
                }
                None => version("EMPTY_OK", Some(0), 0, planned_at, None),
            }
        }
    }

    /// What queries cost that day: less on weekends.
    pub(super) fn costs(&self, day: Date, rows: &mut DayRows) {
        const JOBS: [(&str, f64); 12] = [
            ("raw_load", 180.0),
            ("team_summaries", 90.0),
            ("player_summaries", 260.0),
            ("contexts", 120.0),
            ("form_cache", 310.0),
            ("factors", 140.0),
            ("features", 420.0),
            ("predictions", 220.0),
            ("grading", 75.0),
            ("publishing", 40.0),
            ("dashboards", 350.0),
            ("ad_hoc", 160.0),
        ];
        let mut dice = Dice::on(self.seed, "costs", day);
        let rhythm = match day.weekday() {
            jiff::civil::Weekday::Saturday => 0.7,
            jiff::civil::Weekday::Sunday => 0.6,
            jiff::civil::Weekday::Monday => 1.1,
            _ => 1.0,
        };
        let available_at = self.clock.at(day.saturating_add(1.day()), 1, 0) - minutes(15);
        for (job, gigabytes) in JOBS {
            let scanned = gigabytes * rhythm * (1.0 + 0.07 * dice.normal());
            rows.push(
                "query_cost",
                cells! { day: day, job: job, bytes: crate::value::whole(scanned * 1e9),
                est_usd: (scanned * 6.25 * 10.0).round() / 10_000.0, runs: dice.between(20, 60),
                available_at: available_at },
            );
        }
    }
}

impl Run<'_> {
    fn write(&self, day: Date, rows: &mut DayRows) {
        let finished_at = self.started_at + self.takes;
        let id = format!("{}:{day}:{}", self.processor, self.subject);
        for running in [true, false] {
            let done = (!running).then_some(finished_at);
            rows.push(
                "processor_run",
                cells! { run_id: id.as_str(), processor: self.processor, phase: self.phase, data_date: day,
                status: if running { "running" } else { "success" }, started_at: self.started_at, finished_at: done,
                rows_written: done.map(|_| self.rows), failure_category: Value::Null, error: Value::Null,
                available_at: done.unwrap_or(self.started_at),
                superseded_at: running.then_some(finished_at) },
            );
        }
    }
}

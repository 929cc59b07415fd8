//! What is made of the games once they are over: raw box scores, summaries, grades.

use jiff::Timestamp;
use jiff::civil::Date;

use super::Season;
use super::ledger::LIVE_CADENCE;
use super::plan::Game;
use super::play::{Outcome, Side, Stats};
use super::pregame::Prediction;
use crate::clock::{minutes, seconds};
use crate::rows::{DayRows, cells};
use crate::value::float;

/// Sources that deliver box scores, with how much later each is written, in seconds.
const SOURCES: [(&str, i64); 2] = [("league_feed", 0), ("gamebook", 90)];
/// From the team's rows of a game to those of its players, in minutes.
const PLAYERS_AFTER_TEAMS: i64 = 40;

impl Season {
    pub(super) fn postgame(
        &self,
        day: Date,
        played: &[(&Game, Outcome)],
        predictions: &[Prediction],
        rows: &mut DayRows,
    ) {
        for (number, (game, outcome)) in (0..).zip(played) {
            let ingested_at = self.ingested_at(game);
            for side in &outcome.sides {
                self.raw(game, side, ingested_at, rows);
            }
            let teams_at = self.summarized_at(day, number);
            for (side, opponent) in outcome.pairs() {
                self.team_summaries(game, side, opponent, teams_at, rows);
                self.player_summaries(game, side, opponent, teams_at + minutes(PLAYERS_AFTER_TEAMS), rows);
            }
        }
        self.grades(day, played, predictions, rows);
    }

    /// The first run of the live scrapers that sees the final, and the loading of what it brought.
    pub(super) fn ingested_at(&self, game: &Game) -> Timestamp {
        let final_at = game.final_at.expect("a game that was played");
        let first_run = self.clock.at(game.day, 13, 0);
        let wait = (final_at + minutes(5)).duration_since(first_run).as_mins();
        first_run + minutes((wait.div_euclid(LIVE_CADENCE) + 1) * LIVE_CADENCE) + seconds(150)
    }

    /// When the team rows of the day's n-th game are written.
    pub(super) fn summarized_at(&self, day: Date, number: i64) -> Timestamp {
        self.clock.at(day, 24 + 3, 5) + minutes(number)
    }

    fn raw(&self, game: &Game, side: &Side, at: Timestamp, rows: &mut DayRows) {
        let team = &self.league.teams[side.team].abbr;
        rows.push(
            "raw_team_boxscore",
            cells! { game_id: game.id.as_str(), team_abbr: team, game_date: game.day, points: side.points(),
            fga: side.sum(|stats| stats.fga), fta: side.sum(|stats| stats.fta), oreb: side.oreb,
            tov: side.sum(|stats| stats.tov), minutes: side.minutes, is_placeholder: false, ingested_at: at,
            available_at: at },
        );
        for (source, later) in SOURCES {
            let at = at + seconds(20 + later);
            for line in &side.lines {
                let stat = |of: fn(&Stats) -> i64| line.stats.as_ref().map(of);
                rows.push(
                    "raw_player_boxscore",
                    cells! { game_id: game.id.as_str(), player_id: &self.league.players[line.player].id,
                    source: source, game_date: game.day, team_abbr: team,
                    minutes: line.stats.as_ref().map(|stats| stats.minutes), points: stat(|stats| stats.points),
                    fga: stat(|stats| stats.fga), fta: stat(|stats| stats.fta), tov: stat(|stats| stats.tov),
                    ast: stat(|stats| stats.ast), reb: stat(|stats| stats.reb), is_dnp: line.stats.is_none(),
                    ingested_at: at, available_at: at },
                );
            }
        }
    }

    fn team_summaries(&self, game: &Game, side: &Side, opponent: &Side, at: Timestamp, rows: &mut DayRows) {
        let [team, other] = [side, opponent].map(|side| &self.league.teams[side.team].abbr);
        rows.push(
            "team_offense_game_summary",
            cells! { game_id: game.id.as_str(), team_abbr: team, game_date: game.day, opponent_abbr: other,
            points: side.points(), fg_attempts: side.sum(|stats| stats.fga),
            ft_attempts: side.sum(|stats| stats.fta), turnovers: side.sum(|stats| stats.tov), minutes: side.minutes,
            pace: side.pace(), possessions: side.possessions(), source: "primary", processed_at: at,
            available_at: at },
        );
        let at = at + seconds(20);
        rows.push(
            "team_defense_game_summary",
            cells! { game_id: game.id.as_str(), team_abbr: team, game_date: game.day, opponent_abbr: other,
            points_allowed: opponent.points(), fg_attempts_allowed: opponent.sum(|stats| stats.fga),
            pace: opponent.pace(), possessions: opponent.possessions(), source: "primary", processed_at: at,
            available_at: at },
        );
    }

    fn player_summaries(&self, game: &Game, side: &Side, opponent: &Side, at: Timestamp, rows: &mut DayRows) {
        let [team, other] = [side, opponent].map(|side| &self.league.teams[side.team].abbr);
        for line in &side.lines {
            let player = &self.league.players[line.player].id;
            let stat = |of: fn(&Stats) -> i64| line.stats.as_ref().map(of);
            rows.push(
                "player_game_summary",
                cells! { row_id: format!("{}:{player}", game.id), game_id: game.id.as_str(), player_id: player,
                game_date: game.day, team_abbr: team, opponent_abbr: other, points: stat(|stats| stats.points),
                minutes_played: line.stats.as_ref().map(|stats| stats.minutes),
                fg_attempts: stat(|stats| stats.fga), ft_attempts: stat(|stats| stats.fta),
                turnovers: stat(|stats| stats.tov), assists: stat(|stats| stats.ast),
                rebounds: stat(|stats| stats.reb), usage_rate: line.stats.as_ref().map(|stats| stats.usage),
                is_dnp: line.stats.is_none(), source: "league_feed", processed_at: at, available_at: at },
            );
        }
    }

    fn grades(&self, day: Date, played: &[(&Game, Outcome)], predictions: &[Prediction], rows: &mut DayRows) {
        let at = self.clock.at(day, 24 + 5, 20);
        for prediction in predictions.iter().filter(|prediction| prediction.active) {
            let actual = played
                .iter()
                .filter(|(game, _)| game.id == prediction.game)
                .flat_map(|(_, outcome)| &outcome.sides)
                .flat_map(|side| &side.lines)
                .find(|line| self.league.players[line.player].id == prediction.player)
                .and_then(|line| line.stats.as_ref())
                .map(|stats| stats.points);
            let is_correct = match (actual, prediction.line) {
                (Some(actual), Some(line)) => Some((prediction.points > line) == (float(actual) > line)),
                (Some(_), None) | (None, _) => None,
            };
            rows.push(
                "prediction_accuracy",
                cells! { model_id: prediction.model, game_id: prediction.game.as_str(), player_id: &prediction.player,
                game_date: day, predicted_points: prediction.points, line: prediction.line, actual_points: actual,
                is_correct: is_correct, is_voided: actual.is_none(), is_dnp: actual.is_none(), graded_at: at,
                available_at: at },
            );
        }
    }
}

//! What is made before the games of a day: lines, form, features, predictions, picks.

use std::sync::Arc;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::Season;
use super::league::{Player, WINDOW};
use super::plan::Game;
use super::play::Outcome;
use super::reference::MODELS;
use crate::clock::{minutes, minutes_between, seconds};
use crate::dice::Dice;
use crate::rows::{DayRows, cells};
use crate::value::{cents, float, tenths};

const BOOKMAKERS: [(&str, f64); 3] = [("copperline", 0.0), ("fairweather", 1.0), ("oakbook", -1.0)];
/// Picks of a model a day, at most.
const PICKS: usize = 4;

/// A player of one of today's teams.
struct Candidate<'a> {
    game: &'a Game,
    player: &'a Player,
    team: usize,
    opponent: usize,
    plays: bool,
    lines: Option<Lines>,
    predicted: bool,
    level: &'static str,
}

/// Consensus points lines at the three moments.
#[derive(Debug, Clone, Copy)]
struct Lines {
    opening: f64,
    noon: f64,
    closing: f64,
}

/// The last version of a prediction.
#[derive(Debug)]
pub(super) struct Prediction {
    pub(super) model: &'static str,
    pub(super) game: String,
    pub(super) player: Arc<str>,
    pub(super) points: f64,
    pub(super) line: Option<f64>,
    pub(super) active: bool,
    confidence: f64,
    recommendation: &'static str,
    publishable: bool,
}

/// When stages of today write, one row after the other.
struct Stage {
    begins: Timestamp,
    rows: i64,
}

impl Stage {
    /// Thirty rows a second.
    fn next(&mut self) -> Timestamp {
        self.rows += 1;
        self.begins + SignedDuration::from_millis(self.rows * 33)
    }
}

impl Season {
    /// Writes everything up to the picks; returns the predictions to grade.
    pub(super) fn pregame(&self, day: Date, played: &[(&Game, Outcome)], rows: &mut DayRows) -> Vec<Prediction> {
        let candidates = self.candidates(day, played);
        self.odds(day, &candidates, rows);
        self.form(day, &candidates, rows);
        self.features(day, &candidates, rows);
        self.contexts(day, played, rows);
        let predictions = self.predictions(day, &candidates, rows);
        self.signals(day, &predictions, rows);
        self.publish(day, &predictions, rows);
        predictions
    }

    fn candidates<'a>(&'a self, day: Date, played: &[(&'a Game, Outcome)]) -> Vec<Candidate<'a>> {
        let mut dice = Dice::on(self.seed, "candidates", day);
        let mut candidates = Vec::new();
        for (game, outcome) in played {
            for (side, opponent) in outcome.pairs() {
                let mut order: Vec<usize> = side.lines.iter().map(|line| line.player).collect();
                order.sort_by(|one, other| {
                    let form = |player: &usize| self.league.players[*player].mean(WINDOW, |game| game.minutes);
                    form(other).total_cmp(&form(one))
                });
                let offered = usize::try_from(dice.between(6, 8)).expect("not negative");
                for line in &side.lines {
                    let player = &self.league.players[line.player];
                    let place = order.iter().position(|other| *other == line.player).expect("one of the team");
                    let step =
                        |dice: &mut Dice| [-1.0, 0.0, 0.0, 1.0][usize::try_from(dice.between(0, 3)).expect("0-3")];
                    let opening =
                        (player.mean(WINDOW, |game| game.points) + 0.8 * dice.normal()).round().max(5.0) - 0.5;
                    let noon = opening + step(&mut dice);
                    let closing = noon + step(&mut dice);
                    let level = match dice.between(1, 100) {
                        1 => "red",
                        2..=5 => "yellow",
                        _ => "green",
                    };
                    let extra = place == offered && side.team == game.home;
                    candidates.push(Candidate {
                        game,
                        player,
                        team: side.team,
                        opponent: opponent.team,
                        plays: line.stats.is_some(),
                        lines: (place < offered).then_some(Lines { opening, noon, closing }),
                        predicted: place < offered || extra,
                        level,
                    });
                }
            }
        }
        candidates
    }

    fn odds(&self, day: Date, candidates: &[Candidate<'_>], rows: &mut DayRows) {
        let opening_at = self.clock.at(day.saturating_sub(1.day()), 20, 0);
        let noon_at = self.clock.at(day, 12, 0);
        for candidate in candidates {
            let Some(lines) = candidate.lines else { continue };
            let tip_at = candidate.game.tip_at;
            // The same for all of a game.
            let lead = Dice::new(self.seed, &format!("closing {}", candidate.game.id)).between(20, 40);
            let closing_at = tip_at - minutes(lead);
            for (at, line) in [(opening_at, lines.opening), (noon_at, lines.noon), (closing_at, lines.closing)] {
                for (bookmaker, offset) in BOOKMAKERS {
                    rows.push(
                        "raw_odds_snapshot",
                        cells! { game_id: candidate.game.id.as_str(), player_id: &candidate.player.id,
                        bookmaker: bookmaker, snapshot_at: at, game_date: day, points_line: line + offset,
                        minutes_before_tip: minutes_between(at, tip_at), available_at: at + minutes(4) },
                    );
                }
            }
        }
    }

    fn form(&self, day: Date, candidates: &[Candidate<'_>], rows: &mut DayRows) {
        let mut stage = Stage { begins: self.clock.at(day, 4, 45), rows: 0 };
        for Candidate { player, .. } in candidates {
            let at = stage.next();
            let newest = player.form[player.form.len() - 1].day;
            let quality_tier = match (day - newest).get_days() {
                ..=14 => "gold",
                15..=60 => "silver",
                _ => "bronze",
            };
            let games = |window: usize| i64::try_from(player.form.len().min(window)).expect("few games");
            rows.push(
                "player_daily_cache",
                cells! { cache_date: day, player_id: &player.id, games_l5: games(5), games_l10: games(WINDOW),
                pts_l5: player.mean(5, |game| game.points), pts_l10: player.mean(WINDOW, |game| game.points),
                min_l10: player.mean(WINDOW, |game| game.minutes), usage_l10: player.mean(WINDOW, |game| game.usage),
                oldest_game_in_l10: player.form[0].day, quality_tier: quality_tier, created_at: at,
                available_at: at },
            );
        }
    }

    fn features(&self, day: Date, candidates: &[Candidate<'_>], rows: &mut DayRows) {
        let mut dice = Dice::on(self.seed, "features", day);
        let mut factors = Stage { begins: self.clock.at(day, 4, 56), rows: 0 };
        let mut features = Stage { begins: self.clock.at(day, 5, 7), rows: 0 };
        for candidate in candidates {
            let Candidate { game, player, team, opponent, .. } = candidate;
            let rest = self.days_rest(*team, day);
            let fatigue = tenths((62.0 - 9.0 * float(rest) + 10.0 * dice.normal()).clamp(0.0, 100.0));
            let shot_zone = cents((3.5 * dice.normal()).clamp(-15.0, 15.0));
            let pace = cents((1.8 * dice.normal()).clamp(-8.0, 8.0));
            let at = factors.next();
            rows.push(
                "composite_factors",
                cells! { game_date: day, player_id: &player.id, fatigue_score: fatigue, shot_zone_score: shot_zone,
                pace_score: pace, created_at: at, available_at: at },
            );
            let (spread, total) = self.expected(game, *team);
            let quality = match candidate.level {
                "red" => dice.uniform(55.0, 69.0),
                "yellow" => dice.uniform(70.0, 79.0),
                _ => dice.uniform(86.0, 99.0),
            };
            let at = features.next();
            rows.push(
                "feature_store",
                cells! { game_date: day, player_id: &player.id, game_id: game.id.as_str(),
                feature_pts_l5: player.mean(5, |game| game.points),
                feature_pts_l10: player.mean(WINDOW, |game| game.points),
                feature_min_l10: player.mean(WINDOW, |game| game.minutes),
                feature_usage_l10: player.mean(WINDOW, |game| game.usage),
                feature_fatigue: fatigue, feature_shot_zone: shot_zone, feature_pace: pace,
                feature_days_rest: float(rest), feature_home: if *team == game.home { 1.0 } else { 0.0 },
                feature_opponent_defense: self.league.teams[*opponent].defense,
                feature_season_games: float(self.games[*team]), feature_team_total: (total + spread) / 2.0,
                feature_count: 12, vegas_line: candidate.lines.map(|lines| lines.opening),
                quality_score: tenths(quality), alert_level: candidate.level, cache_miss: dice.chance(0.01),
                created_at: at, available_at: at },
            );
        }
    }

    fn contexts(&self, day: Date, played: &[(&Game, Outcome)], rows: &mut DayRows) {
        let morning = self.clock.at(day, 7, 2);
        let afternoon = self.clock.at(day, 17, 5);
        for (game, outcome) in played {
            let refreshed = game.tip_at > self.clock.at(day, 17, 30);
            for (side, opponent) in outcome.pairs() {
                let (spread, total) = self.expected(game, side.team);
                let abbr = &self.league.teams[side.team].abbr;
                let rest = self.days_rest(side.team, day);
                let versions = [(morning, refreshed.then_some(afternoon), 0.0), (afternoon, None, 0.5)];
                for (at, superseded_at, moved) in versions.into_iter().take(if refreshed { 2 } else { 1 }) {
                    rows.push(
                        "upcoming_team_context",
                        cells! { game_date: day, team_abbr: abbr, game_id: game.id.as_str(),
                        opponent_abbr: &self.league.teams[opponent.team].abbr, days_rest: rest, spread: spread,
                        total: total + moved, created_at: at, available_at: at, superseded_at: superseded_at },
                    );
                    for line in &side.lines {
                        rows.push(
                            "upcoming_player_context",
                            cells! { game_date: day, player_id: &self.league.players[line.player].id,
                            game_id: game.id.as_str(), team_abbr: abbr, days_rest: rest, spread: spread,
                            total: total + moved, created_at: at, available_at: at, superseded_at: superseded_at },
                        );
                    }
                }
            }
        }
    }

    fn predictions(&self, day: Date, candidates: &[Candidate<'_>], rows: &mut DayRows) -> Vec<Prediction> {
        let mut dice = Dice::on(self.seed, "predictions", day);
        let mut morning = Stage { begins: self.clock.at(day, 7, 20), rows: 0 };
        let mut afternoon = Stage { begins: self.clock.at(day, 17, 18), rows: 0 };
        let mut predictions = Vec::new();
        for (place, (model, ..)) in MODELS.iter().filter(|(_, _, enabled, _)| *enabled).enumerate() {
            for (number, candidate) in candidates.iter().filter(|candidate| candidate.predicted).enumerate() {
                let Candidate { game, player, .. } = candidate;
                // One above its line, the next below: a healthy day leans to no side.
                let side = if (number + place) % 2 == 0 { 1.0 } else { -1.0 };
                let edge = side * (2.5 * dice.normal().abs()).min(8.0);
                let opening = candidate.lines.map(|lines| lines.opening);
                let base = opening.unwrap_or_else(|| player.mean(WINDOW, |game| game.points));
                let mut last = Prediction::new(model, candidate, (base + edge, opening), &mut dice);
                let refreshed = game.tip_at > self.clock.at(day, 17, 30);
                let (at, again_at) = (morning.next(), refreshed.then(|| afternoon.next()));
                last.write(day, at, again_at, rows);
                if let Some(again_at) = again_at {
                    let noon = candidate.lines.map(|lines| lines.noon);
                    let points = last.points + 0.3 * dice.normal();
                    last = Prediction::new(model, candidate, (points, noon), &mut dice);
                    // Half of those who will not play are ruled out by then.
                    last.active = candidate.plays || number % 2 == 0;
                    last.publishable = last.active && candidate.level == "green";
                    last.write(day, again_at, None, rows);
                }
                predictions.push(last);
            }
        }
        predictions
    }

    fn signals(&self, day: Date, predictions: &[Prediction], rows: &mut DayRows) {
        let mut stage = Stage { begins: self.clock.at(day, 7, 35), rows: 0 };
        for (model, ..) in MODELS.iter().filter(|(_, _, enabled, _)| *enabled) {
            let says = |word: &str| {
                let those = predictions.iter().filter(|each| each.model == *model && each.recommendation == word);
                float(i64::try_from(those.count()).expect("few predictions"))
            };
            let (over, under) = (says("OVER"), says("UNDER"));
            let pct_over = if over + under > 0.0 { tenths(100.0 * over / (over + under)) } else { 50.0 };
            let signal = match pct_over {
                25.0..=75.0 => "GREEN",
                15.0..=85.0 => "YELLOW",
                _ => "RED",
            };
            let at = stage.next();
            rows.push(
                "daily_signal",
                cells! { game_date: day, model_id: *model, signal: signal, pct_over: pct_over, created_at: at,
                available_at: at },
            );
        }
    }

    fn publish(&self, day: Date, predictions: &[Prediction], rows: &mut DayRows) {
        let mut dice = Dice::on(self.seed, "publish", day);
        let (picked_at, filed_at) = (self.clock.at(day, 17, 40), self.clock.at(day, 17, 42));
        let version = format!("v{}-1740", day.strftime("%Y%m%d"));
        let mut files = Vec::new();
        let mut all = 0;
        for (model, ..) in MODELS.iter().filter(|(_, _, enabled, _)| *enabled) {
            let mut best: Vec<&Prediction> =
                predictions.iter().filter(|each| each.model == *model && each.publishable).collect();
            best.retain(|each| each.line.is_some() && each.recommendation != "PASS");
            best.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
            best.truncate(PICKS);
            for pick in &best {
                rows.push(
                    "published_pick",
                    cells! { game_date: day, player_id: &pick.player, model_id: pick.model,
                    game_id: pick.game.as_str(), version_id: version.as_str(), alert_level: "green",
                    recommendation: pick.recommendation, predicted_points: pick.points, line: pick.line,
                    available_at: picked_at },
                );
            }
            let count = i64::try_from(best.len()).expect("few picks");
            all += count;
            files.push((format!("picks/{model}/{day}.json"), "model_picks", Some(count)));
        }
        files.push((format!("picks/{day}.json"), "picks", Some(all)));
        files.push((format!("slate/{day}.json"), "slate", None));
        files.push((format!("signal/{day}.json"), "signal", None));
        for ((path, kind, count), number) in files.into_iter().zip(0..) {
            let digest = format!("{}{}{}{}", dice.hex(), dice.hex(), dice.hex(), dice.hex());
            let at = filed_at + seconds(number);
            rows.push(
                "published_file",
                cells! { path: path, game_date: day, kind: kind, pick_count: count, sha256: digest, generated_at: at,
                available_at: at },
            );
        }
    }

    /// Days since the last game, at most ten.
    fn days_rest(&self, team: usize, day: Date) -> i64 {
        self.plan.last_game(team, day).map_or(10, |last| i64::from((day - last).get_days())).min(10)
    }

    /// Spread and total of a team's game, in halves.
    fn expected(&self, game: &Game, team: usize) -> (f64, f64) {
        let [home, away] = game.sides().map(|side| &self.league.teams[side]);
        let ahead = (2.0 * (2.0 + 3.0 * (home.strength - away.strength))).round() / 2.0;
        let total = (home.defense + away.defense - 4.0).round();
        (if team == game.home { ahead } else { -ahead }, total)
    }
}

impl Prediction {
    fn new(
        model: &'static str,
        candidate: &Candidate<'_>,
        (points, line): (f64, Option<f64>),
        dice: &mut Dice,
    ) -> Self {
        let points = tenths(points.max(0.5));
        let edge = line.map_or(0.0, |line| points - line);
        let recommendation = match edge {
            0.5.. => "OVER",
            ..=-0.5 => "UNDER",
            _ => "PASS",
        };
        Self {
            model,
            game: candidate.game.id.clone(),
            player: Arc::clone(&candidate.player.id),
            points,
            line,
            active: true,
            confidence: cents((0.52 + 0.04 * edge.abs() + 0.03 * dice.normal()).clamp(0.4, 0.95)),
            recommendation,
            // Games of the early afternoon have begun when picks are published.
            publishable: false,
        }
    }

    fn write(&self, day: Date, at: Timestamp, superseded_at: Option<Timestamp>, rows: &mut DayRows) {
        rows.push(
            "prediction",
            cells! { prediction_id: format!("{}:{}:{}", self.model, self.game, self.player), model_id: self.model,
            game_id: self.game.as_str(), player_id: &self.player, game_date: day, predicted_points: self.points,
            confidence: self.confidence, recommendation: self.recommendation, line: self.line,
            has_line: self.line.is_some(), is_active: self.active, created_at: at, available_at: at,
            superseded_at: superseded_at },
        );
    }
}

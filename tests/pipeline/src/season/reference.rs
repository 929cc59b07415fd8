//! Teams, players, models, the calendar and the schedule.

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan as _};

use super::Season;
use super::calendar::Phase;
use super::plan::Game;
use crate::clock::minutes;
use crate::rows::{DayRows, cells};

/// Name, family, whether it is enabled, status. Those that are enabled predict.
pub(crate) const MODELS: [(&str, &str, bool, &str); 5] = [
    ("gradient_v3", "boosted_trees", true, "active"),
    ("forest_v2", "forest", true, "active"),
    ("ridge_v5", "linear", true, "active"),
    ("neural_v1", "neural", false, "blocked"),
    ("naive_v1", "baseline", false, "retired"),
];
/// Months after the season's first in which the enabled models are trained anew: November to June.
const TRAININGS: std::ops::RangeInclusive<i16> = 2..=9;

/// Which rows of tables without days are due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    /// Whether this is the first day that is written: what is current is written then as well.
    pub(crate) opens: bool,
    /// The last day that is written: what changes later is not known.
    pub(crate) to: Date,
}

/// A version of a row that is replaced at a known instant.
struct Version<T> {
    from: Timestamp,
    what: T,
}

impl Season {
    pub(super) fn reference(&self, day: Date, span: Span, rows: &mut DayRows) {
        if span.opens {
            self.teams(rows);
        }
        for player in 0..self.league.players.len() {
            self.player(player, day, span, rows);
        }
        for model in MODELS {
            self.model(model, day, span, rows);
        }
        self.calendar_day(day, rows);
        for game in self.plan.on(day) {
            self.scheduled(game, rows);
        }
    }

    fn teams(&self, rows: &mut DayRows) {
        let available_at = self.starts_at();
        for team in &self.league.teams {
            rows.push(
                "team",
                cells! { team_abbr: &team.abbr, name: team.name.as_str(), conference: team.conference, tz: team.tz,
                available_at: available_at },
            );
        }
    }

    fn player(&self, player: usize, day: Date, span: Span, rows: &mut DayRows) {
        let born = &self.born.players[player];
        let mut versions = vec![Version { from: self.starts_at(), what: born.team }];
        for trade in self.born.trades.iter().filter(|trade| trade.players.contains(&player)) {
            let [one, other] = trade.players;
            let with = if one == player { other } else { one };
            let from = self.clock.at(trade.day.saturating_sub(1.day()), 12, 0);
            versions.push(Version { from, what: self.born.players[with].team });
        }
        for (version, superseded_at) in self.due(&versions, day, span) {
            rows.push(
                "player",
                cells! { player_id: &born.id, display_name: born.name.as_str(),
                team_abbr: &self.league.teams[version.what].abbr, active: true, updated_at: version.from,
                available_at: version.from, superseded_at: superseded_at },
            );
        }
    }

    fn model(
        &self,
        (id, family, enabled, status): (&str, &str, bool, &str),
        day: Date,
        span: Span,
        rows: &mut DayRows,
    ) {
        let year = self.calendar.year;
        let mut versions = vec![Version { from: self.starts_at(), what: date(year, 9, 1) }];
        for month in TRAININGS.filter(|_| enabled) {
            let first = self.calendar.first_day().saturating_add(jiff::Span::new().months(month));
            versions.push(Version { from: self.clock.at(first, 11, 0), what: first });
        }
        for (version, superseded_at) in self.due(&versions, day, span) {
            rows.push(
                "model_registry",
                cells! { model_id: id, family: family, enabled: enabled, status: status,
                version: version.what.strftime("%Y.%m").to_string(), train_end: version.what.saturating_sub(1.day()),
                created_at: version.from, available_at: version.from, superseded_at: superseded_at },
            );
        }
    }

    /// Versions that are written on a day, each with the instant it is replaced at.
    fn due<'v, T>(
        &self,
        versions: &'v [Version<T>],
        day: Date,
        span: Span,
    ) -> impl Iterator<Item = (&'v Version<T>, Option<Timestamp>)> {
        let next_season = self.clock.at(self.calendar.last_day().saturating_add(1.day()), 6, 0);
        let ends: Vec<Timestamp> = versions.iter().skip(1).map(|version| version.from).chain([next_season]).collect();
        let clock = self.clock.clone();
        versions.iter().zip(ends).filter_map(move |(version, end)| {
            let begins = clock.league_day(version.from);
            let due = begins == day || (span.opens && begins < day);
            due.then_some((version, (clock.league_day(end) <= span.to).then_some(end)))
        })
    }

    /// The morning of September 1.
    fn starts_at(&self) -> Timestamp {
        self.clock.at(self.calendar.first_day(), 6, 0)
    }

    /// A day is known a month before, in the play-offs the day before; games that move make a new version.
    fn calendar_day(&self, day: Date, rows: &mut DayRows) {
        let phase = self.calendar.phase(day);
        let knockout = matches!(phase, Phase::PlayIn | Phase::Playoff);
        let games = || self.plan.on(day).iter().filter(|game| game.phase != Phase::AllStar);
        let known = |before: i64, hour| self.clock.at(day.saturating_sub(before.days()), hour, 0);
        let planned = games().filter(|game| knockout || !game.late).count();
        let mut versions = vec![(if knockout { known(1, 10) } else { known(30, 12) }, planned)];
        let mut changes: Vec<(Timestamp, bool)> = games()
            .filter_map(|game| game.postponed_at.map(|at| (at, false)))
            .chain(games().filter(|game| game.late && !knockout).map(|game| (game.announced_at, true)))
            .collect();
        changes.sort_unstable();
        for (at, more) in changes {
            let before = versions[versions.len() - 1].1;
            versions.push((at, if more { before + 1 } else { before - 1 }));
        }
        let halt_reason = match phase {
            Phase::AllStar => Some("all-star break"),
            Phase::Offseason => Some("off-season"),
            Phase::Preseason | Phase::Regular | Phase::PlayIn | Phase::Playoff => None,
        };
        for (number, (from, count)) in versions.iter().enumerate() {
            rows.push(
                "calendar",
                cells! { league_date: day, season: self.calendar.name(), phase: phase.name(),
                games: i64::try_from(*count).expect("few games"), halt: halt_reason.is_some(),
                halt_reason: halt_reason, available_at: *from,
                superseded_at: versions.get(number + 1).map(|(at, _)| *at) },
            );
        }
    }

    fn scheduled(&self, game: &Game, rows: &mut DayRows) {
        let mut versions = vec![(game.announced_at, 1)];
        match (game.postponed_at, game.final_at) {
            (Some(at), _) => versions.push((at, 9)),
            (None, Some(at)) => versions.extend([(game.tip_at + minutes(2), 2), (at + minutes(4), 3)]),
            (None, None) => {}
        }
        let exhibition = game.phase == Phase::AllStar;
        let name = |side: usize, conference: &'static str| {
            if exhibition { conference.into() } else { std::sync::Arc::clone(&self.league.teams[side].abbr) }
        };
        for (number, (from, status)) in versions.iter().enumerate() {
            rows.push(
                "schedule",
                cells! { game_id: game.id.as_str(), game_date: game.day, season_phase: game.phase.name(),
                home: &name(game.home, "EAST"), away: &name(game.away, "WEST"), tip_at: game.tip_at, status: *status,
                final_at: game.final_at.filter(|_| *status == 3), updated_at: *from, available_at: *from,
                superseded_at: versions.get(number + 1).map(|(at, _)| *at) },
            );
        }
    }
}

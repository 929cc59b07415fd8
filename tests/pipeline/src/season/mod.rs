//! A season, day by day.
//!
//! [`Season`] holds what one season needs: the plan of its games, the league, the form of each player. Everything by
//! chance has its own stream for each day and purpose, so that the rows of a day depend on the seed and the day only,
//! not on which days are asked for. Days must be visited in order: form is made of the games before.

pub(crate) mod calendar;
mod league;
mod ledger;
mod plan;
mod play;
mod postgame;
mod pregame;
mod reference;
mod services;

use jiff::civil::Date;

pub(crate) use self::reference::Span;

use self::calendar::Calendar;
use self::league::{League, Played, TEAM_COUNT};
use self::plan::{Game, Plan};
use self::play::Outcome;
use self::services::Deployed;
use crate::clock::Clock;
use crate::rows::DayRows;
use crate::value::float;

/// One season.
#[derive(Debug)]
pub(crate) struct Season {
    seed: u64,
    clock: Clock,
    calendar: Calendar,
    plan: Plan,
    /// The league before any trade.
    born: League,
    league: League,
    /// Games each team has played so far.
    games: [i64; TEAM_COUNT],
    services: Vec<Deployed>,
}

impl Season {
    pub(crate) fn new(seed: u64, calendar: Calendar, clock: Clock) -> Self {
        let league = League::new(seed, &calendar);
        let plan = Plan::new(seed, &calendar, &league, &clock);
        let mut season = Self {
            seed,
            clock,
            calendar,
            plan,
            born: league.clone(),
            league,
            games: [0; TEAM_COUNT],
            services: Vec::new(),
        };
        season.services = season.first_deployments();
        season
    }

    pub(crate) fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Plays a day without writing anything.
    pub(crate) fn skip(&mut self, day: Date) {
        self.league.trade(day);
        for deployed in self.deployments(day) {
            self.services.retain(|before| before.service() != deployed.service());
            self.services.push(deployed);
        }
        let lines = self.lines(&self.play(day));
        self.remember(lines);
    }

    /// Plays a day and writes all rows that belong to it.
    pub(crate) fn write(&mut self, day: Date, span: Span, rows: &mut DayRows) {
        self.league.trade(day);
        self.reference(day, span, rows);
        if span.opens {
            self.services.iter().for_each(|deployed| deployed.write(rows));
        }
        self.deployments(day).iter().for_each(|deployed| deployed.write(rows));
        let played = self.play(day);
        if !played.is_empty() {
            let predictions = self.pregame(day, &played, rows);
            self.postgame(day, &played, &predictions, rows);
        }
        self.ledger(day, &played, rows);
        self.costs(day, rows);
        let lines = self.lines(&played);
        self.remember(lines);
    }

    fn play(&self, day: Date) -> Vec<(&Game, Outcome)> {
        let games = self.plan.on(day).iter().filter(|game| game.counts());
        games.map(|game| (game, Outcome::of(game, &self.league, self.seed))).collect()
    }

    /// Players with what counts of the day for their form, and teams that played.
    fn lines(&self, played: &[(&Game, Outcome)]) -> (Vec<(usize, Played)>, Vec<usize>) {
        let mut lines = Vec::new();
        let mut teams = Vec::new();
        for (game, outcome) in played {
            for side in &outcome.sides {
                teams.push(side.team);
                lines.extend(side.lines.iter().filter_map(|line| {
                    let stats = line.stats.as_ref()?;
                    let (minutes, usage) = (stats.minutes, stats.usage);
                    Some((line.player, Played { day: game.day, points: float(stats.points), minutes, usage }))
                }));
            }
        }
        (lines, teams)
    }

    fn remember(&mut self, (lines, teams): (Vec<(usize, Played)>, Vec<usize>)) {
        for (player, played) in lines {
            self.league.players[player].remember(played);
        }
        for team in teams {
            self.games[team] += 1;
        }
    }
}

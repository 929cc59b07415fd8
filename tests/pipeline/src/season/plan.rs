//! The games of a season: who meets whom, when, and who wins.
//!
//! A season is planned as a whole (some 1,400 short records), since a schedule is one thing; what happens in the games
//! is played day by day from it.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};

use super::calendar::{Calendar, Phase};
use super::league::{League, TEAM_COUNT};
use crate::clock::{Clock, minutes};
use crate::dice::{Dice, mix};
use crate::value::float;

/// Games of the regular season.
const REGULAR_GAMES: i64 = 1_230;
/// Games that cannot be played on their day.
const POSTPONED: usize = 3;
/// Games each pair of teams of a day may start at, as hour and minute in America/New_York: in the east, in the west.
const TIPS: [[(i64, i64); 4]; 2] = [[(19, 0), (19, 30), (20, 0), (20, 30)], [(21, 0), (21, 30), (22, 0), (22, 30)]];

/// A game.
#[derive(Debug, Clone)]
pub(crate) struct Game {
    pub(crate) id: String,
    pub(crate) day: Date,
    pub(crate) phase: Phase,
    pub(crate) home: usize,
    pub(crate) away: usize,
    pub(crate) home_wins: bool,
    pub(crate) tip_at: Timestamp,
    pub(crate) overtime: bool,
    /// When it ends; never for one that is postponed.
    pub(crate) final_at: Option<Timestamp>,
    /// When it is published.
    pub(crate) announced_at: Timestamp,
    /// When it is postponed.
    pub(crate) postponed_at: Option<Timestamp>,
    /// Published after the calendar was: a make-up game, or one that earlier games decide about.
    pub(crate) late: bool,
}

impl Game {
    /// Whether the pipeline is to process it.
    pub(crate) fn counts(&self) -> bool {
        self.postponed_at.is_none() && self.phase != Phase::AllStar
    }

    pub(crate) fn sides(&self) -> [usize; 2] {
        [self.home, self.away]
    }
}

/// All games of a season, by day.
#[derive(Debug)]
pub(crate) struct Plan(BTreeMap<Date, Vec<Game>>);

impl Plan {
    pub(crate) fn new(seed: u64, calendar: &Calendar, league: &League, clock: &Clock) -> Self {
        let mut planner = Planner {
            calendar,
            league,
            clock,
            dice: Dice::new(seed, &format!("plan {}", calendar.year)),
            days: BTreeMap::new(),
            wins: [0; TEAM_COUNT],
        };
        planner.preseason();
        planner.regular();
        planner.postpone();
        planner.exhibition();
        planner.playoffs();
        Self(planner.days)
    }

    /// Games of a day, in the order they start.
    pub(crate) fn on(&self, day: Date) -> &[Game] {
        self.0.get(&day).map_or(&[], Vec::as_slice)
    }

    /// The last day before one on which a team played.
    pub(crate) fn last_game(&self, team: usize, before: Date) -> Option<Date> {
        let plays = |games: &[Game]| games.iter().any(|game| game.counts() && game.sides().contains(&team));
        self.0.range(..before).rev().find(|(_, games)| plays(games)).map(|(day, _)| *day)
    }

    #[cfg(test)]
    pub(crate) fn games(&self) -> impl Iterator<Item = &Game> {
        self.0.values().flatten()
    }
}

struct Planner<'a> {
    calendar: &'a Calendar,
    league: &'a League,
    clock: &'a Clock,
    dice: Dice,
    days: BTreeMap<Date, Vec<Game>>,
    wins: [i64; TEAM_COUNT],
}

impl Planner<'_> {
    fn preseason(&mut self) {
        for number in -19..=-4 {
            let mut teams: Vec<usize> = (0..TEAM_COUNT).collect();
            self.dice.shuffle(&mut teams);
            let pairs: Vec<(usize, usize)> = teams.chunks_exact(2).take(4).map(|pair| (pair[0], pair[1])).collect();
            self.play(self.calendar.day(number), Phase::Preseason, &pairs);
        }
    }

    /// Every team plays 82 times: each day those play who have most games left.
    fn regular(&mut self) {
        let days = self.calendar.regular_days();
        let mut left = [2 * REGULAR_GAMES / 30; TEAM_COUNT];
        let mut at_home = [0_i64; TEAM_COUNT];
        for (number, (day, count)) in days.iter().zip(games_a_day(&days)).enumerate() {
            let loose = number + 15 < days.len();
            let mut order: Vec<(f64, usize)> = (0..TEAM_COUNT)
                .map(|team| {
                    let jitter = self.dice.unit();
                    let tired = self.played(team, *day, 1) && self.played(team, *day, 2);
                    let wish = if loose { jitter * 1.2 - if tired { 2.0 } else { 0.0 } } else { jitter * 0.1 };
                    (float(left[team]) + wish, team)
                })
                .collect();
            order.sort_by(|one, other| other.0.total_cmp(&one.0));
            let mut teams: Vec<usize> = order.into_iter().take(2 * count).map(|(_, team)| team).collect();
            self.dice.shuffle(&mut teams);
            let mut pairs = Vec::with_capacity(count);
            for pair in teams.chunks_exact(2) {
                let (home, away) =
                    if at_home[pair[0]] <= at_home[pair[1]] { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
                at_home[home] += 1;
                left[home] -= 1;
                left[away] -= 1;
                pairs.push((home, away));
            }
            self.play(*day, Phase::Regular, &pairs);
        }
    }

    /// Moves a few games to a later day on which both teams rest.
    fn postpone(&mut self) {
        let days = self.calendar.regular_days();
        for number in 0..POSTPONED {
            // One in December, one in January, one in March, on a day that every seed shares.
            let first = 45 + 40 * number;
            let Some((day, place)) = days.iter().skip(first).find_map(|day| {
                let games = self.days.get(day)?;
                (games.len() > 5).then_some((*day, games.len() - 1))
            }) else {
                continue;
            };
            let sides = self.days[&day][place].sides();
            let rests = |later: &Date| {
                let free = |team: &usize| !self.days[later].iter().any(|game| game.sides().contains(team));
                *later > day.saturating_add(7.days()) && self.days[later].len() < 15 && sides.iter().all(free)
            };
            let Some(later) = days.iter().copied().find(rests) else { continue };
            let moved = self.days.get_mut(&day).expect("a day with games").get_mut(place).expect("its last game");
            moved.postponed_at = Some(self.clock.at(day.saturating_sub(1.day()), 10, 0));
            moved.final_at = None;
            let mut again = Game { postponed_at: None, day: later, late: true, ..moved.clone() };
            again.id = format!("{}M", moved.id);
            again.tip_at = self.clock.at(later, 20, 0);
            again.final_at = Some(ends(again.tip_at, again.overtime, &mut self.dice));
            again.announced_at = self.clock.at(later.saturating_sub(6.days()), 12, 0);
            let games = self.days.get_mut(&later).expect("a day with games");
            games.push(again);
            games.sort_by(|one, other| (one.tip_at, &one.id).cmp(&(other.tip_at, &other.id)));
        }
    }

    /// The exhibition is a game of two sides that are no teams; it borrows the first two to have a record at all.
    fn exhibition(&mut self) {
        let day = self.calendar.exhibition();
        self.play(day, Phase::AllStar, &[(0, TEAM_COUNT - 1)]);
    }

    /// Play-in and play-offs of both conferences and the final.
    fn playoffs(&mut self) {
        let mut seeds = [self.standings(0), self.standings(TEAM_COUNT / 2)];
        let both = |seeds: &[Vec<usize>; 2], one: usize, other: usize| {
            [(seeds[0][one], seeds[0][other]), (seeds[1][one], seeds[1][other])]
        };
        let first = both(&seeds, 6, 7);
        let upper = self.play(self.calendar.day(175), Phase::PlayIn, &first);
        let second = both(&seeds, 8, 9);
        let lower = self.play(self.calendar.day(176), Phase::PlayIn, &second);
        let loser = |pair: (usize, usize), winner: usize| if pair.0 == winner { pair.1 } else { pair.0 };
        let last = [(loser(first[0], upper[0]), lower[0]), (loser(first[1], upper[1]), lower[1])];
        let eighth = self.play(self.calendar.day(178), Phase::PlayIn, &last);
        for conference in 0..2 {
            seeds[conference][6] = upper[conference];
            seeds[conference][7] = eighth[conference];
        }
        let mut champions = Vec::new();
        let mut rounds: [Vec<usize>; 2] = [Vec::new(), Vec::new()];
        for (conference, order) in seeds.iter().enumerate() {
            // Those who came through the play-in begin a day later.
            for (one, other, offset) in [(0, 7, 1), (3, 4, 0), (2, 5, 0), (1, 6, 1)] {
                let winner = self.series(179 + offset, &[0, 2, 4, 6, 8, 10, 12], (order[one], order[other]));
                rounds[conference].push(winner);
            }
        }
        for (conference, teams) in rounds.iter().enumerate() {
            let day = 195 + i64::try_from(conference).expect("one of two");
            let finalists = [(0, 1), (2, 3)]
                .map(|(one, other)| self.series(day, &[0, 2, 4, 6, 8, 10, 12], (teams[one], teams[other])));
            champions.push((conference, finalists));
        }
        let mut last_two = Vec::new();
        for (conference, finalists) in champions {
            let day = 210 + i64::try_from(conference).expect("one of two");
            last_two.push(self.series(day, &[0, 2, 4, 6, 8, 10, 12], (finalists[0], finalists[1])));
        }
        self.series(225, &[0, 2, 5, 7, 10, 12, 15], (last_two[0], last_two[1]));
    }

    /// Teams of a conference, the best first.
    fn standings(&self, first: usize) -> Vec<usize> {
        let mut teams: Vec<usize> = (first..first + TEAM_COUNT / 2).collect();
        teams.sort_by_key(|team| std::cmp::Reverse(self.wins[*team]));
        teams
    }

    /// Best of seven; returns who wins.
    fn series(&mut self, first: i64, days: &[i64; 7], (better, other): (usize, usize)) -> usize {
        let mut wins = [0, 0];
        for (number, day) in days.iter().enumerate() {
            let at_better = [0, 1, 4, 6].contains(&number);
            let pair = if at_better { (better, other) } else { (other, better) };
            let winner = self.play(self.calendar.day(first + day), Phase::Playoff, &[pair])[0];
            wins[usize::from(winner == other)] += 1;
            if wins[0] == 4 {
                return better;
            }
            if wins[1] == 4 {
                return other;
            }
        }
        unreachable!("one of two wins four of seven games")
    }

    fn played(&self, team: usize, day: Date, days_before: i64) -> bool {
        let before = day.saturating_sub(days_before.days());
        self.days.get(&before).is_some_and(|games| games.iter().any(|game| game.sides().contains(&team)))
    }

    /// Adds games of a day, and says who wins each.
    fn play(&mut self, day: Date, phase: Phase, pairs: &[(usize, usize)]) -> Vec<usize> {
        let matinees =
            phase == Phase::Regular && pairs.len() >= 6 && matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        let mut winners = Vec::with_capacity(pairs.len());
        for (number, (home, away)) in pairs.iter().copied().enumerate() {
            let (east, west) = (self.league.teams[home].strength, self.league.teams[away].strength);
            let odds = (0.56 + 0.17 * (east - west)).clamp(0.1, 0.9);
            let home_wins = self.dice.chance(odds);
            let winner = if home_wins { home } else { away };
            if phase == Phase::Regular {
                self.wins[winner] += 1;
            }
            winners.push(winner);
            let western = usize::from(
                self.league.teams[home].tz.ends_with("Los_Angeles") || self.league.teams[home].tz.ends_with("Denver"),
            );
            let slot = usize::try_from(self.dice.between(0, 3)).expect("not negative");
            let (hour, minute) = match number {
                0 if matinees => (13, 0),
                1 if matinees => (15, 30),
                _ => TIPS[western][slot],
            };
            let tip_at = self.clock.at(day, hour, minute);
            let overtime = self.dice.chance(0.06);
            let decided_late = matches!(phase, Phase::PlayIn | Phase::Playoff);
            let (days_before, hour) = if decided_late { (1, 10) } else { (7, 12) };
            let place = self.days.get(&day).map_or(0, Vec::len) + 1;
            let game = Game {
                id: format!("{}{place:02}", day.strftime("%Y%m%d")),
                day,
                phase,
                home,
                away,
                home_wins,
                tip_at,
                overtime,
                final_at: Some(ends(tip_at, overtime, &mut self.dice)),
                announced_at: self.clock.at(day.saturating_sub(days_before.days()), hour, 0),
                postponed_at: None,
                late: decided_late,
            };
            self.days.entry(day).or_default().push(game);
        }
        let games = self.days.entry(day).or_default();
        games.sort_by(|one, other| (one.tip_at, &one.id).cmp(&(other.tip_at, &other.id)));
        winners
    }
}

/// About 2 h 20 min after the start, and later with overtime.
fn ends(tip_at: Timestamp, overtime: bool, dice: &mut Dice) -> Timestamp {
    let extra = if overtime { dice.between(15, 22) } else { 0 };
    tip_at + minutes(dice.between(128, 155) + extra)
}

/// How many games each day has: the same for every seed, so that whoever names a day knows how full it is.
fn games_a_day(days: &[Date]) -> Vec<usize> {
    let usual = |day: &Date| match day.weekday() {
        Weekday::Monday | Weekday::Saturday => 8,
        Weekday::Tuesday | Weekday::Sunday => 7,
        Weekday::Wednesday => 10,
        Weekday::Thursday => 4,
        Weekday::Friday => 9,
    };
    let vary = |day: &Date| i64::try_from(mix(0, &day.strftime("%m-%d").to_string()) % 5).expect("small") - 2;
    let last = days.len() - 1;
    let mut counts: Vec<i64> = days.iter().map(|day| (usual(day) + vary(day)).clamp(2, 14)).collect();
    counts[0] = 2;
    counts[last] = 15;
    let mut place = 1;
    while counts.iter().sum::<i64>() != REGULAR_GAMES {
        let step = (REGULAR_GAMES - counts.iter().sum::<i64>()).signum();
        if (2..=14).contains(&(counts[place] + step)) {
            counts[place] += step;
        }
        place = 1 + (place + 36) % (last - 1);
    }
    counts.into_iter().map(|count| usize::try_from(count).expect("not negative")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(year: i16) -> Plan {
        let calendar = Calendar::of_year(year);
        Plan::new(7, &calendar, &League::new(7, &calendar), &Clock::new().unwrap())
    }

    #[test]
    fn every_season_has_its_games_and_every_team_its_82() {
        for year in 2016..2026 {
            let plan = plan(year);
            let regular: Vec<&Game> =
                plan.games().filter(|game| game.phase == Phase::Regular && game.counts()).collect();
            assert_eq!(regular.len(), 1_230, "{year}");
            for team in 0..TEAM_COUNT {
                let games = regular.iter().filter(|game| game.sides().contains(&team)).count();
                assert_eq!(games, 82, "{year}, team {team}");
            }
            assert_eq!(plan.games().filter(|game| game.postponed_at.is_some()).count(), POSTPONED);
            assert_eq!(plan.games().filter(|game| game.phase == Phase::PlayIn).count(), 6);
            let playoffs = plan.games().filter(|game| game.phase == Phase::Playoff).count();
            assert!((70..=100).contains(&playoffs), "{playoffs}");
        }
    }

    #[test]
    fn no_team_plays_twice_a_day_and_no_game_is_announced_before_it_is_decided() {
        let plan = plan(2025);
        for games in plan.0.values() {
            let mut teams: Vec<usize> = games.iter().flat_map(Game::sides).collect();
            teams.sort_unstable();
            let all = teams.len();
            teams.dedup();
            assert_eq!(teams.len(), all, "{}", games[0].day);
        }
        for game in plan.games().filter(|game| game.late && game.phase != Phase::Regular) {
            for side in game.sides() {
                let before = plan.last_game(side, game.day).unwrap();
                let ended = plan.on(before).iter().find(|game| game.sides().contains(&side)).unwrap().final_at.unwrap();
                assert!(ended < game.announced_at, "{} after {before}", game.id);
            }
        }
    }
}

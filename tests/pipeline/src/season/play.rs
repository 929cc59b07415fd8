//! What happens in a game: minutes, shots and points of every player, and what follows from them.

use super::league::{League, Player};
use super::plan::Game;
use crate::dice::Dice;
use crate::value::{cents, float, tenths, whole};

/// Plays that a team ends in a minute of one of its players: about 111 in 240 minutes.
const PLAYS_A_MINUTE: f64 = 0.4625;
/// Bounds of a usage rate, in percent.
const USAGE: std::ops::RangeInclusive<f64> = 5.0..=55.0;

/// A game that was played.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) sides: [Side; 2],
}

/// One team of it.
#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) team: usize,
    pub(crate) lines: Vec<Line>,
    pub(crate) minutes: f64,
    pub(crate) oreb: i64,
}

/// One player of it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) player: usize,
    /// Nothing for one who did not play.
    pub(crate) stats: Option<Stats>,
}

/// What a player did.
#[derive(Debug, Clone)]
pub(crate) struct Stats {
    pub(crate) minutes: f64,
    pub(crate) points: i64,
    pub(crate) fga: i64,
    pub(crate) fta: i64,
    pub(crate) tov: i64,
    pub(crate) ast: i64,
    pub(crate) reb: i64,
    /// Percent.
    pub(crate) usage: f64,
}

impl Stats {
    fn plays(&self) -> f64 {
        float(self.fga) + 0.44 * float(self.fta) + float(self.tov)
    }
}

impl Side {
    pub(crate) fn sum(&self, of: impl Fn(&Stats) -> i64) -> i64 {
        self.lines.iter().filter_map(|line| line.stats.as_ref()).map(of).sum()
    }

    pub(crate) fn points(&self) -> i64 {
        self.sum(|stats| stats.points)
    }

    pub(crate) fn possessions(&self) -> f64 {
        let [fga, fta, tov] =
            [self.sum(|stats| stats.fga), self.sum(|stats| stats.fta), self.sum(|stats| stats.tov)].map(float);
        tenths(fga + 0.44 * fta + tov - float(self.oreb))
    }

    /// Possessions in 48 minutes.
    pub(crate) fn pace(&self) -> f64 {
        cents(48.0 * self.possessions() / (self.minutes / 5.0))
    }

    fn rate_usage(&mut self) {
        let team_plays: f64 = self.lines.iter().filter_map(|line| line.stats.as_ref()).map(Stats::plays).sum();
        let minutes = self.minutes;
        for stats in self.lines.iter_mut().filter_map(|line| line.stats.as_mut()) {
            stats.usage = cents(100.0 * stats.plays() * (minutes / 5.0) / (stats.minutes * team_plays));
        }
    }

    /// Moves shots until nobody's usage is out of bounds.
    fn settle(&mut self) {
        loop {
            self.rate_usage();
            let Some(stats) = self
                .lines
                .iter_mut()
                .filter_map(|line| line.stats.as_mut())
                .find(|stats| !USAGE.contains(&stats.usage))
            else {
                return;
            };
            if stats.usage < *USAGE.start() {
                stats.fga += 1;
            } else if stats.fga > 0 {
                stats.fga -= 1;
            } else {
                stats.fta = (stats.fta - 2).max(0);
                stats.tov = (stats.tov - 1).max(0);
            }
        }
    }
}

impl Outcome {
    /// Plays a game.
    pub(crate) fn of(game: &Game, league: &League, seed: u64) -> Self {
        let mut dice = Dice::new(seed, &format!("game {}", game.id));
        let minutes = if game.overtime { 265.0 } else { 240.0 };
        let mut sides = game.sides().map(|team| side(team, minutes, league, &mut dice));
        if sides[0].points() == sides[1].points() {
            let scorer = sides[0].lines.iter_mut().find_map(|line| line.stats.as_mut()).expect("somebody plays");
            scorer.points += 1;
        }
        if (sides[0].points() > sides[1].points()) != game.home_wins {
            swap(&mut sides);
        }
        for side in &mut sides {
            side.settle();
        }
        Self { sides }
    }

    /// A side with the other one.
    pub(crate) fn pairs(&self) -> [(&Side, &Side); 2] {
        let [home, away] = &self.sides;
        [(home, away), (away, home)]
    }
}

/// Who wins was decided when the season was planned: the two sides change what they did, role by role.
fn swap(sides: &mut [Side; 2]) {
    let [home, away] = sides;
    for (one, other) in home.lines.iter_mut().zip(away.lines.iter_mut()) {
        std::mem::swap(&mut one.stats, &mut other.stats);
    }
    std::mem::swap(&mut home.oreb, &mut away.oreb);
}

fn side(team: usize, minutes: f64, league: &League, dice: &mut Dice) -> Side {
    let roster = league.roster(team);
    let mut regulars: Vec<usize> = roster.iter().copied().take(9).filter(|_| !dice.chance(0.06)).collect();
    let mut bench: Vec<usize> = roster.iter().copied().skip(9).collect();
    dice.shuffle(&mut bench);
    let wanted = usize::try_from(dice.between(10, 11)).expect("not negative");
    bench.truncate(wanted.saturating_sub(regulars.len()));
    regulars.extend(bench);
    let shares: Vec<f64> = regulars
        .iter()
        .map(|player| (Player::usual_minutes(league.players[*player].role) + dice.normal() * 2.5).max(6.5))
        .collect();
    let total: f64 = shares.iter().sum();
    let mut played: Vec<f64> = shares.iter().map(|share| tenths(share * minutes / total)).collect();
    let rest = minutes - played.iter().sum::<f64>();
    played[0] = tenths(played[0] + rest);
    let lines = roster.iter().map(|player| {
        let place = regulars.iter().position(|regular| regular == player);
        Line { player: *player, stats: place.map(|place| stats(&league.players[*player], played[place], dice)) }
    });
    Side { team, lines: lines.collect(), minutes, oreb: dice.between(6, 15) }
}

fn stats(player: &Player, minutes: f64, dice: &mut Dice) -> Stats {
    let plays = minutes * PLAYS_A_MINUTE * player.usage / 20.0 * (1.0 + 0.16 * dice.normal()).clamp(0.5, 1.6);
    let count = |number: f64| whole(number).max(0);
    let fta = count(plays * 0.2 * dice.uniform(0.3, 1.8));
    let tov = count(plays * 0.12 * dice.uniform(0.3, 1.8));
    let fga = count(plays - 0.44 * float(fta) - float(tov)).max(1);
    Stats {
        minutes,
        points: count(float(fga) * (1.07 + 0.22 * dice.normal()) + float(fta) * 0.78),
        fga,
        fta,
        tov,
        ast: count(minutes * dice.uniform(0.02, 0.2)),
        reb: count(minutes * dice.uniform(0.08, 0.28)),
        usage: 0.0,
    }
}

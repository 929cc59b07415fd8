//! Teams and players: who is how good, and who plays where.

use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::calendar::Calendar;
use crate::dice::Dice;
use crate::value::{cents, float};

/// Abbreviation, place, name, zone. All invented; the first half is the eastern conference.
const TEAMS: [(&str, &str, &str, &str); 30] = [
    ("ABR", "Abermoor", "Larks", "America/New_York"),
    ("BLT", "Baltrey", "Anvils", "America/New_York"),
    ("CRW", "Crowhaven", "Tides", "America/New_York"),
    ("DUN", "Dunmarrow", "Harriers", "America/New_York"),
    ("ELM", "Elmstead", "Foxes", "America/New_York"),
    ("FJO", "Fjordale", "Ferrymen", "America/New_York"),
    ("GLD", "Gildport", "Lanterns", "America/New_York"),
    ("HRN", "Hornsea Bay", "Gulls", "America/New_York"),
    ("IVY", "Ivyford", "Masons", "America/New_York"),
    ("JUN", "Juniper Falls", "Otters", "America/New_York"),
    ("KES", "Kestrel Point", "Pilots", "America/New_York"),
    ("LRK", "Larkspur", "Bells", "America/New_York"),
    ("MST", "Mistral City", "Gales", "America/Chicago"),
    ("NOR", "Norwick", "Badgers", "America/Chicago"),
    ("ORC", "Orchard Hill", "Cidermen", "America/New_York"),
    ("PIN", "Pinecrest", "Timbers", "America/Chicago"),
    ("QUA", "Quarry Lake", "Stonecutters", "America/Chicago"),
    ("RAV", "Ravensby", "Sabres", "America/Chicago"),
    ("SLT", "Saltmarsh", "Herons", "America/Chicago"),
    ("TRN", "Tarnwood", "Bears", "America/Chicago"),
    ("UMB", "Umberton", "Ochres", "America/Denver"),
    ("VAL", "Valerno", "Vipers", "America/Denver"),
    ("WEX", "Wexholm", "Drovers", "America/Denver"),
    ("XAN", "Xanthe", "Suns of Clay", "America/Denver"),
    ("YAR", "Yarrowgate", "Kites", "America/Los_Angeles"),
    ("ZEN", "Zennor Cove", "Whales", "America/Los_Angeles"),
    ("ASH", "Ashgrove", "Embers", "America/Los_Angeles"),
    ("COV", "Coverdale", "Comets", "America/Los_Angeles"),
    ("DEL", "Delmira", "Delphins", "America/Los_Angeles"),
    ("FEN", "Fenwater", "Cranes", "America/Los_Angeles"),
];
/// Teams of the league.
pub(crate) const TEAM_COUNT: usize = TEAMS.len();
/// Players under contract with each team.
pub(crate) const ROSTER: usize = 16;
/// Games behind the longest average.
pub(crate) const WINDOW: usize = 10;
const TRADES: i64 = 8;
const FIRST_SYLLABLES: [&str; 16] =
    ["Ta", "Bre", "Ko", "Li", "Ma", "Jor", "De", "Za", "Wil", "Ny", "Ro", "Ere", "Ca", "Osi", "Fa", "Gre"];
const LAST_SYLLABLES: [&str; 8] = ["rin", "lan", "vek", "mo", "shan", "dell", "rick", "nis"];
const SURNAME_SYLLABLES: [&str; 12] =
    ["Vel", "Thorn", "Mar", "Quil", "Hask", "Brim", "Ost", "Fen", "Dray", "Lun", "Perr", "Wick"];
const SURNAME_ENDINGS: [&str; 10] = ["ridge", "osk", "ander", "ley", "more", "istad", "ham", "well", "ov", "brook"];

/// A team.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) abbr: Arc<str>,
    pub(crate) name: String,
    pub(crate) conference: &'static str,
    pub(crate) tz: &'static str,
    /// How much better than the average, about -1.5 to 1.5.
    pub(crate) strength: f64,
    /// Points opponents make in 100 possessions against it.
    pub(crate) defense: f64,
}

/// A player.
#[derive(Debug, Clone)]
pub(crate) struct Player {
    pub(crate) id: Arc<str>,
    pub(crate) name: String,
    /// Place of his team among the teams.
    pub(crate) team: usize,
    /// Place in the order of his team: 0 plays most.
    pub(crate) role: usize,
    /// Usage he aims at, in percent.
    pub(crate) usage: f64,
    /// His last games, the newest last.
    pub(crate) form: Vec<Played>,
}

/// What counts of a game for a player's form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Played {
    pub(crate) day: Date,
    pub(crate) points: f64,
    pub(crate) minutes: f64,
    pub(crate) usage: f64,
}

/// Two players who change their teams.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trade {
    /// First day they play for the new team; it is known the day before.
    pub(crate) day: Date,
    pub(crate) players: [usize; 2],
}

/// Teams and players of a season.
#[derive(Debug, Clone)]
pub(crate) struct League {
    pub(crate) teams: Vec<Team>,
    pub(crate) players: Vec<Player>,
    pub(crate) trades: Vec<Trade>,
}

impl Player {
    /// Minutes that a role plays in a game without overtime.
    pub(crate) fn usual_minutes(role: usize) -> f64 {
        match role {
            0..=4 => 34.0 - 1.2 * float(i64::try_from(role).expect("small")),
            5..=7 => 21.0 - 1.5 * float(i64::try_from(role - 5).expect("small")),
            _ => 9.0,
        }
    }

    /// The mean over the last games.
    pub(crate) fn mean(&self, games: usize, of: impl Fn(&Played) -> f64) -> f64 {
        let last = &self.form[self.form.len() - games.min(self.form.len())..];
        let count = i64::try_from(last.len().max(1)).expect("few games");
        cents(last.iter().map(of).sum::<f64>() / float(count))
    }

    pub(crate) fn remember(&mut self, game: Played) {
        self.form.push(game);
        if self.form.len() > WINDOW {
            self.form.remove(0);
        }
    }
}

impl League {
    /// The league of a season, each player with ten games of the season before behind him.
    pub(crate) fn new(seed: u64, calendar: &Calendar) -> Self {
        let mut dice = Dice::new(seed, &format!("league {}", calendar.year));
        let team = |(number, (abbr, place, name, tz)): (usize, &(&str, &str, &str, &'static str))| Team {
            abbr: (*abbr).into(),
            name: format!("{place} {name}"),
            conference: if number < TEAM_COUNT / 2 { "east" } else { "west" },
            tz,
            strength: dice.normal() * 0.7,
            defense: cents(dice.uniform(106.0, 118.0)),
        };
        let teams: Vec<Team> = TEAMS.iter().enumerate().map(team).collect();
        let mut players = Vec::with_capacity(TEAM_COUNT * ROSTER);
        for (number, (abbr, ..)) in TEAMS.iter().enumerate() {
            for role in 0..ROSTER {
                players.push(player(seed, number, abbr, role, calendar, &mut dice));
            }
        }
        let trades = trades(calendar, &mut dice);
        Self { teams, players, trades }
    }

    /// Players of a team, those who play most first.
    pub(crate) fn roster(&self, team: usize) -> Vec<usize> {
        let mut roster: Vec<usize> =
            (0..self.players.len()).filter(|player| self.players[*player].team == team).collect();
        roster.sort_by_key(|player| self.players[*player].role);
        roster
    }

    /// Lets the trades of a day take effect.
    pub(crate) fn trade(&mut self, day: Date) {
        for trade in self.trades.iter().filter(|trade| trade.day == day) {
            let [one, other] = trade.players;
            let team = self.players[one].team;
            self.players[one].team = self.players[other].team;
            self.players[other].team = team;
        }
    }
}

fn player(seed: u64, team: usize, abbr: &str, role: usize, calendar: &Calendar, dice: &mut Dice) -> Player {
    // A name goes with the place in the league, whatever the season.
    let mut names = Dice::new(seed, &format!("name {abbr} {role}"));
    let mut pick = |from: &[&'static str]| {
        from[usize::try_from(names.between(0, i64::try_from(from.len()).expect("few") - 1)).expect("not negative")]
    };
    let name = format!(
        "{}{} {}{}",
        pick(&FIRST_SYLLABLES),
        pick(&LAST_SYLLABLES),
        pick(&SURNAME_SYLLABLES),
        pick(&SURNAME_ENDINGS)
    );
    let usage = match role {
        0..=1 => dice.uniform(24.0, 31.0),
        2..=4 => dice.uniform(17.0, 23.0),
        _ => dice.uniform(13.0, 21.0),
    };
    let minutes = Player::usual_minutes(role);
    let spring = calendar.day(-192);
    let form = (0..10_i64).map(|game| {
        let played = cents((minutes + dice.normal() * 2.5).max(6.0));
        Played {
            day: spring.saturating_sub((2 * (10 - game)).days()),
            points: (played * usage / 20.0 * 0.46 + dice.normal() * 2.0).round().max(0.0),
            minutes: played,
            usage: cents((usage + dice.normal() * 2.0).clamp(6.0, 45.0)),
        }
    });
    Player { id: format!("{}-{role:02}", abbr.to_lowercase()).into(), name, team, role, usage, form: form.collect() }
}

/// Pairs of the same role, so that every team keeps an order of who plays; no player moves twice.
fn trades(calendar: &Calendar, dice: &mut Dice) -> Vec<Trade> {
    let mut teams: Vec<usize> = (0..TEAM_COUNT).collect();
    dice.shuffle(&mut teams);
    (0..TRADES)
        .zip(teams.chunks_exact(2))
        .map(|(number, pair)| {
            let role = usize::try_from(dice.between(3, 10)).expect("not negative");
            let players = [pair[0] * ROSTER + role, pair[1] * ROSTER + role];
            Trade { day: calendar.day(30 + number * 9 + dice.between(0, 6)), players }
        })
        .collect()
}

//! The games of a season and what players and teams did in them.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::Options;

const TEAMS: [&str; 20] = [
    "ABR", "BLT", "CRW", "DUN", "ELM", "FJO", "GLD", "HRN", "IVY", "JUN", "KES", "LRK", "MST", "NOR", "ORC", "PIN",
    "QUA", "RAV", "SLT", "TRN",
];
const PLAYERS_A_TEAM: u16 = 15;
/// Players of a team that sit a game out.
const RESTING: u16 = 5;
const DAY_SECONDS: i64 = 86_400;

/// All games of a season.
#[derive(Debug)]
pub(super) struct Season {
    pub(super) games: Vec<Game>,
}

/// One game.
#[derive(Debug)]
pub(super) struct Game {
    pub(super) game_id: String,
    pub(super) date: Date,
    pub(super) tip_at: i64,
    pub(super) home: &'static str,
    pub(super) away: &'static str,
    pub(super) teams: Vec<TeamLine>,
    pub(super) players: Vec<PlayerLine>,
}

/// What a team did in a game.
#[derive(Debug)]
pub(super) struct TeamLine {
    pub(super) team: &'static str,
    pub(super) points: i64,
    pub(super) fg_attempts: i64,
    pub(super) possessions: f64,
    pub(super) processed_at: i64,
}

/// What a player did in a game; nothing when he did not play.
#[derive(Debug, Clone)]
pub(super) struct PlayerLine {
    pub(super) player_id: String,
    pub(super) team: &'static str,
    pub(super) minutes: Option<f64>,
    pub(super) points: Option<i64>,
    pub(super) usage_rate: Option<f64>,
    pub(super) processed_at: i64,
}

/// Random numbers in a range, from one stream.
struct Dice(ChaCha8Rng);

impl Dice {
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).expect("a range that is not empty");
        low + i64::try_from(self.0.next_u64() % span).expect("less than the span")
    }

    fn tenths(&mut self, low: i64, high: i64) -> f64 {
        f64::from(i32::try_from(self.between(low * 10, high * 10)).expect("small")) / 10.0
    }
}

impl Season {
    pub(super) fn of(options: &Options) -> Self {
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(options.seed));
        let first = options.last_day.saturating_sub(i64::from(options.days.max(1) - 1).days());
        let mut games = Vec::new();
        for day in first.series(1.day()).take_while(|day| *day <= options.last_day) {
            for slot in 0..options.games_a_day {
                games.push(Game::played(day, slot, &mut dice));
            }
        }
        let mut season = Self { games };
        season.plant(options);
        season
    }

    fn plant(&mut self, options: &Options) {
        let planted = &options.planted;
        if let Some((first, last)) = planted.team_gap {
            for game in self.games.iter_mut().filter(|game| (first..=last).contains(&game.date)) {
                game.teams.clear();
            }
        }
        if let Some(day) = planted.partial_day {
            for game in self.games.iter_mut().filter(|game| game.date == day).skip(2) {
                game.players.clear();
            }
        }
        if let Some(day) = planted.impossible_usage
            && let Some(game) = self.games.iter_mut().find(|game| game.date == day)
        {
            // Divided by a team row that was not there yet.
            for player in &mut game.players {
                player.usage_rate = player.usage_rate.map(|usage| usage * 25.0 + 500.0);
                player.processed_at -= 92 * 60 * 1_000_000;
            }
        }
        for game in self.games.iter_mut().rev().filter(|game| !game.players.is_empty()).take(planted.duplicates.into())
        {
            let twice = game.players[0].clone();
            game.players.push(twice);
        }
    }
}

impl Game {
    fn played(date: Date, slot: u16, dice: &mut Dice) -> Self {
        let pair = usize::from(slot) * 2 % TEAMS.len();
        let rotation = usize::from(date.day_of_year().unsigned_abs());
        let home = TEAMS[(pair + rotation) % TEAMS.len()];
        let away = TEAMS[(pair + rotation + 1) % TEAMS.len()];
        let midnight = i64::from((date - jiff::civil::date(1970, 1, 1)).get_days()) * DAY_SECONDS;
        // Tip-off in the American evening is after midnight UTC.
        let tip_at = (midnight + DAY_SECONDS + 1_800 * i64::from(slot % 6)) * 1_000_000;
        let processed_at = tip_at + 9 * 3_600 * 1_000_000;
        let mut players = Vec::new();
        let mut teams = Vec::new();
        for team in [home, away] {
            let lines = players_of(team, processed_at, dice);
            let points: i64 = lines.iter().filter_map(|line| line.points).sum();
            players.extend(lines);
            teams.push(TeamLine {
                team,
                points,
                fg_attempts: dice.between(78, 99),
                possessions: dice.tenths(92, 108),
                processed_at: processed_at - 600 * 1_000_000,
            });
        }
        Self { game_id: format!("{}{slot:02}", date.strftime("%Y%m%d")), date, tip_at, home, away, teams, players }
    }
}

fn players_of(team: &'static str, processed_at: i64, dice: &mut Dice) -> Vec<PlayerLine> {
    let line = |number: u16| {
        let plays = number < PLAYERS_A_TEAM - RESTING;
        PlayerLine {
            player_id: format!("{}-{number:02}", team.to_lowercase()),
            team,
            minutes: plays.then(|| dice.tenths(8, 38)),
            points: plays.then(|| dice.between(0, 31)),
            usage_rate: plays.then(|| dice.tenths(6, 42)),
            processed_at,
        }
    };
    (0..PLAYERS_A_TEAM).map(line).collect()
}

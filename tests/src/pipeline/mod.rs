//! A small sports pipeline with known faults, the same bytes for the same options.
//!
//! One type to know: [`Options`]. All names are invented. What is planted is said by [`Options::planted`], so that
//! whoever checks the checks need not read the generator.

mod league;
mod tables;

use std::path::Path;

use jiff::civil::{Date, date};

/// What to generate.
#[derive(Debug, Clone)]
pub struct Options {
    /// Last day with games.
    pub last_day: Date,
    /// Days up to and including the last.
    pub days: u16,
    /// Games a day.
    pub games_a_day: u16,
    /// Seed of everything that varies.
    pub seed: u64,
    /// What is wrong with the data.
    pub planted: Planted,
}

/// Faults in the data.
#[derive(Debug, Clone, Default)]
pub struct Planted {
    /// Days, first and last, of which team summaries are missing altogether.
    pub team_gap: Option<(Date, Date)>,
    /// A day of which only a part of the players was processed.
    pub partial_day: Option<Date>,
    /// Player rows that are there twice.
    pub duplicates: u16,
    /// A day on which one game was processed before its team rows were there: usage rates of hundreds of percent.
    pub impossible_usage: Option<Date>,
}

impl Default for Options {
    fn default() -> Self {
        Self { last_day: date(2026, 1, 30), days: 30, games_a_day: 5, seed: 7, planted: Planted::default() }
    }
}

impl Options {
    /// A month with each kind of fault once.
    #[must_use]
    pub fn with_faults() -> Self {
        let planted = Planted {
            team_gap: Some((date(2026, 1, 18), date(2026, 1, 20))),
            partial_day: Some(date(2026, 1, 24)),
            duplicates: 7,
            impossible_usage: Some(date(2026, 1, 28)),
        };
        Self { planted, ..Self::default() }
    }
}

/// Writes `schedule.parquet`, `player_game_summary.parquet` and `team_game_summary.parquet` into a folder.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write(options: &Options, folder: &Path) -> anyhow::Result<()> {
    fs_err::create_dir_all(folder)?;
    let season = league::Season::of(options);
    tables::schedule(&season, &folder.join("schedule.parquet"))?;
    tables::player_game_summary(&season, &folder.join("player_game_summary.parquet"))?;
    tables::team_game_summary(&season, &folder.join("team_game_summary.parquet"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_options_give_the_same_bytes() {
        let bytes = |seed| {
            let folder = tempfile::tempdir().unwrap();
            write(&Options { seed, ..Options::with_faults() }, folder.path()).unwrap();
            fs_err::read(folder.path().join("player_game_summary.parquet")).unwrap()
        };
        assert_eq!(bytes(7), bytes(7));
        assert_ne!(bytes(7), bytes(8), "the seed matters");
    }
}

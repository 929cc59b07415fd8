//! Which slots are still run that were due while no host was there.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::NotRun;

use super::timing::Due;

/// Which slots are still run that were due while no host was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CatchUpMode {
    /// None of them.
    None,
    /// The newest one.
    #[default]
    Latest,
    /// All of them, the oldest first.
    All,
}

impl CatchUpMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Latest, Self::All];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Latest => "latest",
            Self::All => "all",
        }
    }
}

/// How a schedule catches up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatchUp {
    /// Which slots are run.
    pub mode: CatchUpMode,
    /// How long ago a slot may have been due that is run.
    pub window: Duration,
    /// How many slots are run at most where all of them are: the newest.
    pub limit: u32,
}

const WINDOW: Duration = Duration::from_hours(14 * 24);
const LIMIT: u32 = 20;

impl Default for CatchUp {
    fn default() -> Self {
        Self { mode: CatchUpMode::default(), window: WINDOW, limit: LIMIT }
    }
}

/// Which of the slots that were missed, sorted by instant, are run; and why the others are not. In the same order.
#[must_use]
pub fn decide(missed: &[Due], now: Timestamp, policy: &CatchUp) -> Vec<(Due, Result<(), NotRun>)> {
    let oldest = now.saturating_sub(policy.window).unwrap_or(Timestamp::MIN);
    let verdict = |due: &Due, newer: usize| match policy.mode {
        CatchUpMode::None => Err(NotRun::CatchUpOff),
        CatchUpMode::Latest | CatchUpMode::All if due.at < oldest => Err(NotRun::CatchUpWindow),
        CatchUpMode::Latest if newer > 0 => Err(NotRun::Superseded),
        CatchUpMode::All if u32::try_from(newer).map_or(true, |newer| newer >= policy.limit) => {
            Err(NotRun::CatchUpLimit)
        }
        CatchUpMode::Latest | CatchUpMode::All => Ok(()),
    };
    let newer = (0..missed.len()).rev();
    missed.iter().zip(newer).map(|(due, newer)| (due.clone(), verdict(due, newer))).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    /// The slots of some days of January 2026, at 06:00.
    fn missed(days: impl IntoIterator<Item = i8>) -> Vec<Due> {
        let due = |day| {
            let local = date(2026, 1, day).at(6, 0, 0, 0);
            Due { at: TimeZone::UTC.to_timestamp(local).unwrap(), local, offset_seconds: 0, moved: None }
        };
        days.into_iter().map(due).collect()
    }

    /// What becomes of the slots of some days on the 20th at 06:00.
    fn verdicts(days: impl IntoIterator<Item = i8>, policy: &CatchUp) -> Vec<(i8, Result<(), NotRun>)> {
        let now = "2026-01-20T06:00Z".parse().unwrap();
        decide(&missed(days), now, policy).into_iter().map(|(due, verdict)| (due.local.day(), verdict)).collect()
    }

    #[test]
    fn the_default_is_the_newest_of_14_days_and_a_limit_of_20() {
        let policy = CatchUp::default();
        assert_eq!(policy.mode, CatchUpMode::Latest);
        assert_eq!(policy.window, Duration::from_secs(1_209_600));
        assert_eq!(policy.limit, 20);
    }

    #[test]
    fn nothing_is_caught_up_where_it_is_off() {
        let policy = CatchUp { mode: CatchUpMode::None, ..CatchUp::default() };
        let off = Err(NotRun::CatchUpOff);
        assert_eq!(verdicts([1, 19], &policy), [(1, off), (19, off)], "within the window and not");
    }

    #[test]
    fn the_newest_stands_for_those_before_it() {
        assert_eq!(
            verdicts([4, 5, 6, 18, 19], &CatchUp::default()),
            [
                (4, Err(NotRun::CatchUpWindow)),
                (5, Err(NotRun::CatchUpWindow)),
                (6, Err(NotRun::Superseded)),
                (18, Err(NotRun::Superseded)),
                (19, Ok(()))
            ],
            "the 6th at 06:00 is exactly 14 days ago and within the window"
        );
    }

    #[test]
    fn the_newest_is_not_run_when_it_is_too_long_ago() {
        let window = Err(NotRun::CatchUpWindow);
        assert_eq!(verdicts([3, 4], &CatchUp::default()), [(3, window), (4, window)]);
    }

    #[test]
    fn all_within_window_and_limit_are_run_oldest_first() {
        let policy = CatchUp { mode: CatchUpMode::All, limit: 3, ..CatchUp::default() };
        assert_eq!(
            verdicts([5, 15, 16, 17, 18, 19], &policy),
            [
                (5, Err(NotRun::CatchUpWindow)),
                (15, Err(NotRun::CatchUpLimit)),
                (16, Err(NotRun::CatchUpLimit)),
                (17, Ok(())),
                (18, Ok(())),
                (19, Ok(()))
            ]
        );
    }

    #[test]
    fn the_newest_alone_does_not_ask_for_the_limit_and_all_does() {
        let latest = CatchUp { limit: 0, ..CatchUp::default() };
        assert_eq!(verdicts([19], &latest), [(19, Ok(()))]);
        let all = CatchUp { mode: CatchUpMode::All, limit: 0, ..CatchUp::default() };
        assert_eq!(verdicts([19], &all), [(19, Err(NotRun::CatchUpLimit))]);
    }

    #[test]
    fn a_window_without_end_holds_every_slot() {
        let policy = CatchUp { mode: CatchUpMode::All, window: Duration::MAX, limit: u32::MAX };
        assert!(verdicts(1..=20, &policy).iter().all(|(_, verdict)| verdict.is_ok()));
    }

    #[test]
    fn nothing_missed_is_nothing_to_decide() {
        assert_eq!(verdicts([], &CatchUp::default()), []);
    }
}

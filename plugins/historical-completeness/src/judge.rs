//! What is due beside what is there.

use assay_sdk::{Date, DaySpan, Error, Judgement};

use crate::calendar::{Calendar, Due, Window};
use crate::rows::Rows;
use crate::settings::{Settings, TableRule};

/// What a day of a table is. The worse of two is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// Everything that is due is there.
    Fine,
    /// Something is not, and the settings say that it is known.
    Accepted,
    /// Every unit is there, one with fewer rows than it should have.
    Few,
    /// Every unit is there, one with far fewer rows than it should have.
    TooFew,
    /// Some units are not there at all.
    UnitsMissing,
    /// Nothing that is due is there.
    DayMissing,
}

/// A unit that has rows, but not enough of them.
#[derive(Debug)]
pub(crate) struct Short {
    /// Its key; empty where there are none.
    pub(crate) key: String,
    /// Rows it has.
    pub(crate) rows: u64,
    /// Rows it should have.
    pub(crate) wanted: f64,
}

/// A due day of a table.
#[derive(Debug)]
pub(crate) struct Day {
    /// The day.
    pub(crate) day: Date,
    /// What it is.
    pub(crate) state: State,
    /// How many units are due.
    pub(crate) units: u64,
    /// How many of them are not there.
    pub(crate) missing_units: u64,
    /// Their keys, where the calendar has keys.
    pub(crate) missing: Vec<String>,
    /// The units whose rows make the day what it is.
    pub(crate) short: Vec<Short>,
    /// Rows of what is due.
    pub(crate) rows: u64,
    /// Rows that should be there.
    pub(crate) wanted: f64,
}

/// Due days after each other that are in the same state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<'a> {
    /// The days, in order; at least one.
    pub(crate) days: &'a [Day],
    /// What they all are.
    pub(crate) state: State,
    /// From the first to the last.
    pub(crate) span: DaySpan,
    /// Whether it reaches the last day that is due.
    pub(crate) is_open: bool,
}

/// Judges every due day of a table.
///
/// # Errors
/// When the settings leave no day to be judged.
pub(crate) fn judge(
    settings: &Settings,
    rule: &TableRule,
    calendar: &Calendar,
    rows: &Rows,
    window: Window,
) -> Result<Vec<Day>, Error> {
    let mut days = Vec::new();
    for (day, due) in &calendar.days {
        let mut judged = judge_day(settings, rule, *day, due, rows)?;
        if judged.state == State::Few && *day < window.recent {
            judged.state = State::Fine;
        }
        if judged.state > State::Fine && settings.is_accepted(rule, *day) {
            judged.state = State::Accepted;
        }
        days.push(judged);
    }
    if days.iter().all(|day| day.state == State::Accepted) {
        return Err(Error::new("every day that is due is accepted: nothing is left to judge"));
    }
    Ok(days)
}

fn judge_day(settings: &Settings, rule: &TableRule, day: Date, due: &Due, rows: &Rows) -> Result<Day, Error> {
    let thresholds = settings.thresholds(rule);
    let wanted = rule.rows_per_unit * due.values().sum::<f64>();
    let units: Vec<(&str, f64)> = if rows.has_keys {
        due.iter().map(|(key, expected)| (key.as_str(), rule.rows_per_unit * expected)).collect()
    } else {
        vec![("", wanted)]
    };
    let mut judged = Day {
        day,
        state: State::Fine,
        units: due.len() as u64,
        missing_units: 0,
        missing: Vec::new(),
        short: Vec::new(),
        rows: 0,
        wanted,
    };
    let mut worst = Judgement::Fine;
    for (key, wanted) in units {
        let n = rows.of(day, key);
        judged.rows = judged.rows.saturating_add(n);
        if n == 0 {
            let mut of_unit = due.keys().filter(|due| !rows.has_keys || *due == key).cloned().collect::<Vec<_>>();
            judged.missing_units += of_unit.len() as u64;
            of_unit.retain(|key| !key.is_empty());
            judged.missing.append(&mut of_unit);
            continue;
        }
        let judgement = thresholds.judge(100.0 * n as f64 / wanted)?;
        if judgement > worst {
            judged.short.clear();
            worst = judgement;
        }
        if judgement == worst && judgement > Judgement::Fine {
            judged.short.push(Short { key: key.to_owned(), rows: n, wanted });
        }
    }
    judged.state = if judged.missing_units == judged.units {
        State::DayMissing
    } else if judged.missing_units > u64::from(settings.missing_units_allowed) {
        State::UnitsMissing
    } else {
        match worst {
            Judgement::Fine => State::Fine,
            Judgement::Warn => State::Few,
            Judgement::Fail => State::TooFew,
        }
    };
    Ok(judged)
}

/// The spans of days that are not as they should be, the worst first, and of equals the latest.
pub(crate) fn spans(days: &[Day]) -> Vec<Span<'_>> {
    let last_due = days.last().map(|day| day.day);
    let mut spans: Vec<_> = days
        .chunk_by(|day, next| day.state == next.state)
        .filter_map(|days| {
            let (first, last) = (days.first()?, days.last()?);
            let span = DaySpan { first: first.day, last: last.day };
            Some(Span { days, state: first.state, span, is_open: Some(last.day) == last_due })
        })
        .filter(|span| span.state > State::Accepted)
        .collect();
    spans.sort_by_key(|span| std::cmp::Reverse((span.state, span.span.last)));
    spans
}

impl Span<'_> {
    /// Days of the calendar from the first to the last, due or not.
    pub(crate) fn calendar_days(&self) -> u64 {
        u64::try_from((self.span.last - self.span.first).get_days()).unwrap_or(0) + 1
    }

    /// Units that are due.
    pub(crate) fn units(&self) -> u64 {
        self.days.iter().map(|day| day.units).sum()
    }

    /// Units that are not there.
    pub(crate) fn missing_units(&self) -> u64 {
        self.days.iter().map(|day| day.missing_units).sum()
    }

    /// Rows that are there.
    pub(crate) fn rows(&self) -> u64 {
        self.days.iter().fold(0, |rows, day| rows.saturating_add(day.rows))
    }

    /// Rows that should be there.
    pub(crate) fn wanted(&self) -> f64 {
        self.days.iter().map(|day| day.wanted).sum()
    }

    /// Rows that short units lack: what others have too many does not make up for it.
    pub(crate) fn lacking(&self) -> f64 {
        self.days.iter().flat_map(|day| &day.short).map(|unit| unit.wanted - unit.rows as f64).sum()
    }
}

//! The days on which a schedule is on.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use crate::model::CalendarName;

/// Days from one to another, both included. Written `2025-10-21` or `2025-10-21..2026-06-30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Span {
    fn contains(self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// A text that is neither a day nor a range of days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no span of days: `{part}` is no day; write `2025-10-21` or `2025-10-21..2026-06-30`")]
pub struct InvalidSpan {
    /// The text.
    pub text: String,
    /// The part of it that should be a day.
    pub part: String,
}

impl FromStr for Span {
    type Err = InvalidSpan;

    /// Does not look at which day is the earlier one; [`Calendar::new`] does.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = |part: &str| {
            let parsed = part.parse().ok().filter(|day: &Date| day.to_string() == part);
            parsed.ok_or_else(|| InvalidSpan { text: text.to_owned(), part: part.to_owned() })
        };
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        Ok(Self { from: day(from)?, to: day(to)? })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to { write!(f, "{}", self.from) } else { write!(f, "{}..{}", self.from, self.to) }
    }
}

/// Days that are off whatever else is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blackout {
    /// The days.
    pub span: Span,
    /// Why.
    pub reason: Option<String>,
}

/// The days on which a schedule is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    name: CalendarName,
    active: Vec<Span>,
    blackout: Vec<Blackout>,
}

/// Days that make no calendar.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCalendar {
    /// A span ends before it begins.
    #[error("`{span}` in calendar `{calendar}` ends before it begins; the earlier day comes first")]
    Backward {
        /// The calendar.
        calendar: CalendarName,
        /// The span.
        span: Span,
    },
}

/// Why a day is off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayOff {
    /// It is in none of the ranges of the calendar.
    OutOfRange {
        /// The day.
        day: Date,
    },
    /// It is taken out.
    Blackout(Blackout),
}

impl fmt::Display for DayOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange { day } => write!(f, "{day} is in none of its date ranges"),
            Self::Blackout(Blackout { span, reason: Some(reason) }) => write!(f, "blackout {span}: {reason}"),
            Self::Blackout(Blackout { span, reason: None }) => write!(f, "blackout {span}"),
        }
    }
}

impl Calendar {
    /// A calendar that is on in its active spans, or every day where there are none, but never in a blackout. Spans may
    /// overlap.
    ///
    /// # Errors
    /// [`InvalidCalendar`] names the first span that ends before it begins.
    pub fn new(name: CalendarName, active: Vec<Span>, blackout: Vec<Blackout>) -> Result<Self, InvalidCalendar> {
        let mut spans = active.iter().chain(blackout.iter().map(|blackout| &blackout.span));
        match spans.find(|span| span.to < span.from) {
            Some(&span) => Err(InvalidCalendar::Backward { calendar: name, span }),
            None => Ok(Self { name, active, blackout }),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &CalendarName {
        &self.name
    }

    /// Whether a day is on.
    ///
    /// # Errors
    /// [`DayOff`] when it is not. Where a day is off for several reasons, the first blackout is told.
    pub fn is_on(&self, day: Date) -> Result<(), DayOff> {
        if let Some(blackout) = self.blackout.iter().find(|blackout| blackout.span.contains(day)) {
            return Err(DayOff::Blackout(blackout.clone()));
        }
        if !self.active.is_empty() && !self.active.iter().any(|span| span.contains(day)) {
            return Err(DayOff::OutOfRange { day });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        text.parse().unwrap()
    }

    fn blackout(text: &str, reason: Option<&str>) -> Blackout {
        Blackout { span: span(text), reason: reason.map(str::to_owned) }
    }

    fn calendar(active: &[&str], blackout: Vec<Blackout>) -> Result<Calendar, InvalidCalendar> {
        Calendar::new("season".parse().unwrap(), active.iter().map(|text| span(text)).collect(), blackout)
    }

    /// `on`, or why not.
    fn told(calendar: &Calendar, day: &str) -> String {
        calendar.is_on(day.parse().unwrap()).map_or_else(|off| off.to_string(), |()| "on".to_owned())
    }

    #[test]
    fn a_span_is_written_as_it_is_read() {
        for text in ["2025-10-21", "2025-10-21..2026-06-30", "2026-06-30..2025-10-21"] {
            assert_eq!(span(text).to_string(), text);
        }
        assert_eq!(span("2025-10-21..2025-10-21").to_string(), "2025-10-21");
        assert_eq!(span("2025-10-21"), Span { from: "2025-10-21".parse().unwrap(), to: "2025-10-21".parse().unwrap() });
    }

    #[test]
    fn what_is_no_span_is_told_with_the_part_that_is_no_day() {
        for (text, part) in [
            ("", ""),
            ("soon", "soon"),
            ("2026-02-29", "2026-02-29"),
            ("2025-10-21..", ""),
            ("..2025-10-21", ""),
            ("2025-10-21..2026-6-30", "2026-6-30"),
            ("2025-10-21...2026-06-30", ".2026-06-30"),
            ("2025-10-21..2025-10-22..2025-10-23", "2025-10-22..2025-10-23"),
            ("2025-10-21 .. 2025-10-22", "2025-10-21 "),
            ("20251021", "20251021"),
            ("2025-10-21T06:00", "2025-10-21T06:00"),
        ] {
            let error = text.parse::<Span>().unwrap_err();
            assert_eq!(error, InvalidSpan { text: text.to_owned(), part: part.to_owned() });
        }
        assert_eq!(
            "2025-10-21..soon".parse::<Span>().unwrap_err().to_string(),
            "`2025-10-21..soon` is no span of days: `soon` is no day; write `2025-10-21` or `2025-10-21..2026-06-30`"
        );
    }

    #[test]
    fn both_edges_of_a_span_are_on() {
        let season = calendar(&["2025-10-21..2026-06-30", "2026-09-01"], Vec::new()).unwrap();
        for (day, expected) in [
            ("2025-10-20", "2025-10-20 is in none of its date ranges"),
            ("2025-10-21", "on"),
            ("2026-01-01", "on"),
            ("2026-06-30", "on"),
            ("2026-07-01", "2026-07-01 is in none of its date ranges"),
            ("2026-08-31", "2026-08-31 is in none of its date ranges"),
            ("2026-09-01", "on"),
            ("2026-09-02", "2026-09-02 is in none of its date ranges"),
        ] {
            assert_eq!(told(&season, day), expected, "{day}");
        }
    }

    #[test]
    fn both_edges_of_a_blackout_are_off_and_say_why() {
        let days = vec![
            blackout("2025-12-25", Some("Christmas")),
            blackout("2026-02-13..2026-02-18", Some("All-Star break")),
            blackout("2026-03-01", None),
        ];
        let season = calendar(&["2025-10-21..2026-06-30"], days).unwrap();
        for (day, expected) in [
            ("2025-12-24", "on"),
            ("2025-12-25", "blackout 2025-12-25: Christmas"),
            ("2025-12-26", "on"),
            ("2026-02-12", "on"),
            ("2026-02-13", "blackout 2026-02-13..2026-02-18: All-Star break"),
            ("2026-02-18", "blackout 2026-02-13..2026-02-18: All-Star break"),
            ("2026-02-19", "on"),
            ("2026-03-01", "blackout 2026-03-01"),
        ] {
            assert_eq!(told(&season, day), expected, "{day}");
        }
    }

    #[test]
    fn without_active_spans_every_day_is_on_but_blackouts() {
        let always = calendar(&[], vec![blackout("2025-12-25", None)]).unwrap();
        assert_eq!(told(&always, "0001-01-01"), "on");
        assert_eq!(told(&always, "9999-12-31"), "on");
        assert_eq!(told(&always, "2025-12-25"), "blackout 2025-12-25");
        assert_eq!(always.name().as_str(), "season");
    }

    #[test]
    fn a_blackout_out_of_season_is_told_as_a_blackout() {
        let season = calendar(&["2025-10-21..2026-06-30"], vec![blackout("2026-07-04", Some("holiday"))]).unwrap();
        assert_eq!(told(&season, "2026-07-04"), "blackout 2026-07-04: holiday");
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_refused() {
        let expected =
            "`2026-06-30..2025-10-21` in calendar `season` ends before it begins; the earlier day comes first";
        let backward = "2026-06-30..2025-10-21";
        let error = calendar(&["2025-10-21", backward], Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), expected);
        let error = calendar(&["2025-10-21"], vec![blackout(backward, None)]).unwrap_err();
        assert_eq!(error, InvalidCalendar::Backward { calendar: "season".parse().unwrap(), span: span(backward) });
    }
}

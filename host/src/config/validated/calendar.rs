//! What holds of a calendar.

use toml::Spanned;

use crate::model::{CalendarName, SourceName};
use crate::schedule::{Blackout, Span};

use super::super::authored::{self, Document, Named};
use super::super::error::ConfigProblem;
use super::super::resolved::{CalendarConfig, CalendarQuery};
use super::super::sections::Section;
use super::super::value::{all_or_none, filled, parse, path, text};
use super::{Kind, Names, Problems};

pub(super) fn calendar(
    named: &Named<authored::Calendar>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<CalendarConfig> {
    let name: Option<CalendarName> = parse(&named.name, "for example `[calendar.season]`", problems);
    let section = named.section.as_ref()?;
    let authored::Calendar { active, blackout, file, query } = &section.value;
    let is_empty = active.as_ref().is_none_or(Vec::is_empty)
        && blackout.as_ref().is_none_or(Vec::is_empty)
        && file.is_none()
        && query.is_none();
    let unsure = ["active", "blackout", "file", "query"].iter().any(|key| section.is_unreadable(key));
    if is_empty && !unsure {
        problems.push(
            ConfigProblem::at(
                named.name.span(),
                format!("the calendar `{}` says of no day whether it is on", named.name.get_ref()),
            )
            .hint("for example `active = [\"2025-10-21..2026-06-30\"]` or `blackout = [\"2025-12-25\"]`"),
        );
    }
    let active: Vec<_> = active.iter().flatten().map(|days| span(days, problems)).collect();
    let blackout: Vec<_> = blackout.iter().flatten().map(|days| blackout_of(section, days, problems)).collect();
    let file = file.as_ref().map(|file| path(file, "name a file, relative to the folder of this one", problems));
    let query = query.as_ref().map(|query| query_of(section, query, names, problems));
    Some(CalendarConfig {
        name: name?,
        active: active.into_iter().collect::<Option<_>>()?,
        blackout: blackout.into_iter().collect::<Option<_>>()?,
        file: all_or_none(file)?,
        query: all_or_none(query)?,
    })
}

fn span(days: &Spanned<String>, problems: &mut Problems) -> Option<Span> {
    let span: Span =
        parse(days, "a day, or the first and the last of several: `2025-12-25`, `2025-10-21..2026-06-30`", problems)?;
    if span.to < span.from {
        problems.push(
            ConfigProblem::at(days.span(), format!("`{span}` ends before it begins"))
                .hint(format!("the first day comes first: `{}..{}`", span.to, span.from)),
        );
        return None;
    }
    Some(span)
}

fn blackout_of(
    section: &Section<authored::Calendar>,
    written: &Spanned<authored::Blackout>,
    problems: &mut Problems,
) -> Option<Blackout> {
    match written.get_ref() {
        authored::Blackout::Days(days) => {
            let days = Spanned::new(written.span(), days.clone());
            Some(Blackout { span: span(&days, problems)?, reason: None })
        }
        authored::Blackout::Told(authored::ToldBlackout { days, reason }) => {
            let days = section.required_within("blackout", written.span(), "days", days.as_ref(), problems);
            let days = days.and_then(|days| span(days, problems));
            let reason = reason.as_ref().map(|reason| text(reason, "a reason", problems));
            Some(Blackout { span: days?, reason: all_or_none(reason)? })
        }
    }
}

fn query_of(
    section: &Section<authored::Calendar>,
    query: &Spanned<authored::CalendarQuery>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<CalendarQuery> {
    let authored::CalendarQuery { source, sql } = query.get_ref();
    let source = section.required_within("query", query.span(), "source", source.as_ref(), problems);
    let source: Option<SourceName> = source.and_then(|source| names.known(source, Kind::Source, problems));
    let sql = section.required_within("query", query.span(), "sql", sql.as_ref(), problems);
    let sql = sql
        .and_then(|sql| filled(sql, "a statement", "for example `SELECT DISTINCT game_date FROM schedule`", problems));
    Some(CalendarQuery { source: source?, sql: sql? })
}

pub(super) fn calendars_are_used(authored: &Document, problems: &mut Problems) {
    let is_known = |name: &str| authored.calendar.iter().any(|calendar| calendar.name.get_ref() == name);
    let sections: Vec<_> = authored.schedule.iter().map(|schedule| schedule.section.as_ref()).collect();
    let used: Vec<_> = sections.iter().flatten().filter_map(|schedule| schedule.value.calendar.as_ref()).collect();
    // A reference that is wrong already may well be meant for the calendar that seems unused.
    let unsure = authored.unreadable.contains("schedule")
        || sections.iter().any(|section| section.is_none_or(|section| section.is_unreadable("calendar")))
        || used.iter().any(|name| !is_known(name.get_ref()));
    if unsure {
        return;
    }
    for calendar in &authored.calendar {
        let name = calendar.name.get_ref();
        if !used.iter().any(|used| used.get_ref() == name) {
            problems.push(
                ConfigProblem::at(calendar.name.span(), format!("no schedule keeps to the calendar `{name}`"))
                    .hint(format!("it would change nothing: write `calendar = \"{name}\"` in a schedule")),
            );
        }
    }
}

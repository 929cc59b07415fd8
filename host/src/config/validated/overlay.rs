//! What holds of what keeps alerts from being told of: inhibitions, quiet hours, maintenance.

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use toml::Spanned;

use crate::alert::{Inhibition, Maintenance, Quiet, QuietHours};

use super::super::authored::{self, Document, Named};
use super::super::error::ConfigProblem;
use super::super::sections::Section;
use super::super::value::{all_or_none, name, text, word};
use super::matching::{fields, matchers};
use super::schedule::time_zone_of;
use super::{Names, Problems};

const WEEKDAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

pub(super) fn inhibition(
    named: &Named<authored::Inhibit>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Inhibition> {
    let name = name(&named.name, "inhibit", problems);
    let section = named.section.as_ref()?;
    let authored::Inhibit { source, target, equal } = &section.value;
    let mut of = |key: &str, written: &Option<Spanned<Vec<Spanned<String>>>>| {
        let written = section.required(key, written.as_ref(), problems)?;
        if written.get_ref().is_empty() {
            problems.push(
                ConfigProblem::at(written.span(), format!("`{key}` would be all alerts"))
                    .hint("say which, for example `[\"check~\\\"ingest/*\\\"\"]`"),
            );
            return None;
        }
        matchers(written.get_ref(), names, problems)
    };
    let sources = of("source", source);
    let targets = of("target", target);
    let equal = fields(equal.iter().flatten(), problems);
    Some(Inhibition { name: name?, sources: sources?, targets: targets?, equal: equal? })
}

pub(super) fn quiet(named: &Named<authored::Quiet>, problems: &mut Problems) -> Option<Quiet> {
    let name = name(&named.name, "quiet", problems);
    let section = named.section.as_ref()?;
    let authored::Quiet { timezone, days, from, until } = &section.value;
    let zone = section.required("timezone", timezone.as_ref(), problems);
    let zone = zone.and_then(|zone| time_zone_of(zone, problems));
    let weekdays = match days {
        None => Some(WEEKDAYS.to_vec()),
        Some(days) => weekdays(days, problems),
    };
    let begin = section.required("from", from.as_ref(), problems);
    let begin = begin.and_then(|time| time_of(time, problems));
    let end = section.required("until", until.as_ref(), problems);
    let end = end.and_then(|time| time_of(time, problems));
    let hours = QuietHours { time_zone: zone?, weekdays: weekdays?, from: begin?, until: end? };
    Some(Quiet { name: name?, hours })
}

fn weekdays(days: &Spanned<Vec<Spanned<String>>>, problems: &mut Problems) -> Option<Vec<Weekday>> {
    if days.get_ref().is_empty() {
        problems.push(
            ConfigProblem::at(days.span(), "the hours would begin on no day")
                .hint("for example `[\"sat\", \"sun\"]`; leave it out for every day"),
        );
        return None;
    }
    let words: [(&str, Weekday); WEEKDAYS.len()] = std::array::from_fn(|at| (authored::DAYS[at], WEEKDAYS[at]));
    let days: Vec<_> = days.get_ref().iter().map(|day| word(day, "day of the week", words, problems)).collect();
    days.into_iter().collect()
}

/// A time of day.
fn time_of(written: &Spanned<String>, problems: &mut Problems) -> Option<Time> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == ':');
    let time =
        Some(written.get_ref()).filter(|text| is_plain(text)).and_then(|text| Time::strptime("%H:%M", text).ok());
    if time.is_none() {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{}` is not a time of day", written.get_ref()))
                .hint("hours and minutes, from `00:00` to `23:59`"),
        );
    }
    time
}

/// A time of maintenance, and its reason.
pub(super) fn maintenance(
    named: &Named<authored::Maintenance>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<(Maintenance, Option<String>)> {
    let name = name(&named.name, "maintenance", problems);
    let section = named.section.as_ref()?;
    let authored::Maintenance { from, until, r#match, reason } = &section.value;
    let begin = section.required("from", from.as_ref(), problems);
    let begin = begin.and_then(|at| instant(at, problems));
    let end = section.required("until", until.as_ref(), problems);
    let end = end.and_then(|at| instant(at, problems));
    if let (Some(until), Some(from), Some(at)) = (end, begin, until)
        && until <= from
    {
        problems.push(
            ConfigProblem::at(at.span(), "the maintenance would be over before it begins")
                .hint("`until` comes after `from`"),
        );
    }
    let matchers = matchers(r#match.iter().flatten(), names, problems);
    let reason = reason.as_ref().map(|reason| text(reason, "a reason", problems));
    let window = Maintenance { name: name?, matchers: matchers?, from: begin?, until: end? };
    Some((window, all_or_none(reason)?))
}

fn instant(written: &Spanned<String>, problems: &mut Problems) -> Option<Timestamp> {
    let at = written.get_ref().parse().ok();
    if at.is_none() {
        problems.push(
            ConfigProblem::at(written.span(), format!("`{}` is not an instant", written.get_ref()))
                .hint("a day, a time and an offset, for example `2026-12-01T22:00+01:00` or `2026-12-01T21:00Z`"),
        );
    }
    at
}

/// Quiet hours that no route names would be quiet for nobody.
pub(super) fn quiet_hours_are_used(authored: &Document, problems: &mut Problems) {
    let is_known = |name: &str| authored.quiet.iter().any(|quiet| quiet.name.get_ref() == name);
    let sections: Vec<_> = authored.route.iter().map(|route| route.section.as_ref()).collect();
    let used: Vec<_> = sections.iter().flatten().flat_map(|route| route.value.quiet.iter().flatten()).collect();
    let unsure = authored.unreadable.contains("route")
        || sections.iter().any(|route| route.is_none_or(|route: &Section<_>| route.is_unreadable("quiet")))
        || used.iter().any(|name| !is_known(name.get_ref()));
    if unsure {
        return;
    }
    for quiet in &authored.quiet {
        let name = quiet.name.get_ref();
        if !used.iter().any(|used| used.get_ref() == name) {
            problems.push(
                ConfigProblem::at(quiet.name.span(), format!("no route keeps the quiet hours `{name}`"))
                    .hint(format!("they would change nothing: write `quiet = [\"{name}\"]` in a route")),
            );
        }
    }
}

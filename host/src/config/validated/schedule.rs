//! What holds of a schedule, and of schedules that depend on each other.

use jiff::tz::TimeZone;
use toml::Spanned;

use crate::model::ScheduleName;
use crate::schedule::{CatchUp, CatchUpMode, Dst, DstGap, DstOverlap, Overlap};

use super::super::authored::{self, Document, Named};
use super::super::error::ConfigProblem;
use super::super::resolved::{ScheduleConfig, Target};
use super::super::sections::Section;
use super::super::suggest::nearest;
use super::super::value::{all_or_none, bound, number, parse, period, wait, word};
use super::dependencies::{Dependent, Relation, none_depends_on_itself};
use super::{Kind, Names, Problems};

pub(super) fn schedule(
    named: &Named<authored::Schedule>,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<ScheduleConfig> {
    let name: Option<ScheduleName> = parse(&named.name, "for example `[schedule.morning]`", problems);
    let section = named.section.as_ref()?;
    let authored::Schedule {
        timezone,
        cron,
        target,
        dst_gap,
        dst_overlap,
        catch_up,
        catch_up_window,
        catch_up_limit,
        overlap,
        jitter,
        start_deadline,
        deadline,
        calendar,
        depends_on,
        depends_within,
    } = &section.value;
    due_by_itself(section, problems);
    let time_zone = section.required("timezone", timezone.as_ref(), problems);
    let time_zone = time_zone.and_then(|zone| time_zone_of(zone, problems));
    let cron =
        cron.as_ref().map(|cron| parse(cron, "minute, hour, day, month and weekday, as in `0 6 * * *`", problems));
    let target = chosen(target, "target", Target::ALL.map(|target| (target.as_str(), target)), problems);
    let gap = chosen(dst_gap, "dst_gap", DstGap::ALL.map(|gap| (gap.as_str(), gap)), problems);
    let twice = chosen(dst_overlap, "dst_overlap", DstOverlap::ALL.map(|twice| (twice.as_str(), twice)), problems);
    let mode = chosen(catch_up, "catch_up", CatchUpMode::ALL.map(|mode| (mode.as_str(), mode)), problems);
    let window = period(catch_up_window.as_ref(), &authored::CATCH_UP_WINDOW_DEFAULT, problems);
    let limit = match catch_up_limit {
        Some(limit) => number("catch_up_limit", limit, 1..=authored::CATCH_UP_LIMIT_MAX, problems),
        None => Some(authored::CATCH_UP_LIMIT_DEFAULT),
    };
    let overlap = chosen(overlap, "overlap", Overlap::ALL.map(|overlap| (overlap.as_str(), overlap)), problems);
    let jitter = match jitter {
        Some(jitter) => wait(jitter, problems),
        None => Some(authored::JITTER_DEFAULT.duration()),
    };
    let start_deadline = start_deadline.as_ref().map(|deadline| bound(deadline, problems));
    let deadline = deadline.as_ref().map(|deadline| bound(deadline, problems));
    let calendar = calendar.as_ref().map(|calendar| names.known(calendar, Kind::Calendar, problems));
    let depends_on: Vec<_> =
        depends_on.iter().flatten().map(|name| names.known(name, Kind::Schedule, problems)).collect();
    let depends_within = period(depends_within.as_ref(), &authored::DEPENDS_WITHIN_DEFAULT, problems);
    Some(ScheduleConfig {
        name: name?,
        time_zone: time_zone?,
        cron: all_or_none(cron)?,
        target: target?,
        dst: Dst { gap: gap?, overlap: twice? },
        catch_up: CatchUp { mode: mode?, window: window?, limit: limit? },
        overlap: overlap?,
        jitter: jitter?,
        start_deadline: all_or_none(start_deadline)?,
        deadline: all_or_none(deadline)?,
        calendar: all_or_none(calendar)?,
        depends_on: depends_on.into_iter().collect::<Option<_>>()?,
        depends_within: depends_within?,
    })
}

/// One of some words, or the default.
fn chosen<T: Copy + Default, const N: usize>(
    written: &Option<Spanned<String>>,
    what: &str,
    words: [(&'static str, T); N],
    problems: &mut Problems,
) -> Option<T> {
    match written {
        Some(written) => word(written, what, words, problems),
        None => Some(T::default()),
    }
}

/// Keys that say what becomes of the slots of a schedule want it to have some.
fn due_by_itself(section: &Section<authored::Schedule>, problems: &mut Problems) {
    let schedule = &section.value;
    let place = |written: &Option<Spanned<String>>| written.as_ref().map(Spanned::span);
    let first = |written: &Option<Vec<Spanned<String>>>| written.as_ref()?.first().map(Spanned::span);
    let without_cron = [
        ("dst_gap", place(&schedule.dst_gap)),
        ("dst_overlap", place(&schedule.dst_overlap)),
        ("catch_up", place(&schedule.catch_up)),
        ("catch_up_window", place(&schedule.catch_up_window)),
        ("catch_up_limit", schedule.catch_up_limit.as_ref().map(Spanned::span)),
        ("overlap", place(&schedule.overlap)),
        ("jitter", place(&schedule.jitter)),
        ("start_deadline", place(&schedule.start_deadline)),
        ("calendar", place(&schedule.calendar)),
        ("depends_on", first(&schedule.depends_on)),
    ];
    if schedule.cron.is_none() && !section.is_unreadable("cron") {
        for (key, place) in without_cron.into_iter().filter_map(|(key, place)| Some((key, place?))) {
            problems.push(ConfigProblem::at(place, format!("`{key}` without `cron`")).hint(
                "a schedule that is only run by hand is never due: say when it is, for example `cron = \"0 6 * * *\"`, \
                 or leave this out",
            ));
        }
    }
    if let Some(within) = &schedule.depends_within
        && schedule.depends_on.as_ref().is_none_or(Vec::is_empty)
        && !section.is_unreadable("depends_on")
    {
        problems
            .push(ConfigProblem::at(within.span(), "`depends_within` without `depends_on`").hint(
                "name the schedules that come first, for example `depends_on = [\"ingest\"]`, or leave this out",
            ));
    }
}

/// A zone by its IANA name.
pub(crate) fn time_zone_of(text: &Spanned<String>, problems: &mut Problems) -> Option<TimeZone> {
    let zone = TimeZone::get(text.get_ref()).ok().filter(|zone| zone.iana_name().is_some());
    if zone.is_none() {
        let known: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let hint = nearest(text.get_ref(), known.iter().map(String::as_str)).map_or_else(
            || "IANA names are of the form `Europe/Berlin`, `America/New_York` or `UTC`".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        problems.push(ConfigProblem::at(text.span(), format!("there is no time zone `{}`", text.get_ref())).hint(hint));
    }
    zone
}

pub(super) fn schedules_are_used(authored: &Document, problems: &mut Problems) {
    let is_known = |name: &str| authored.schedule.iter().any(|schedule| schedule.name.get_ref() == name);
    let used: Vec<_> = authored.check.iter().flatten().filter_map(|check| check.value.schedule.as_ref()).collect();
    // A reference that is wrong already may well be meant for the schedule that seems unused.
    let unsure = authored.unreadable.contains("check")
        || authored.check.is_empty()
        || authored.check.iter().flatten().any(|check| check.is_unreadable("schedule"))
        || used.iter().any(|name| !is_known(name.get_ref()));
    if unsure {
        return;
    }
    for schedule in &authored.schedule {
        let name = schedule.name.get_ref();
        if !used.iter().any(|used| used.get_ref() == name) {
            problems.push(
                ConfigProblem::at(schedule.name.span(), format!("no check is on the schedule `{name}`"))
                    .hint(format!("a run of it would check nothing: write `schedule = \"{name}\"` in a check")),
            );
        }
    }
}

/// Schedules do not depend on themselves.
pub(super) fn schedules_have_a_first(authored: &Document, problems: &mut Problems) {
    let dependents: Vec<_> = authored
        .schedule
        .iter()
        .filter_map(|named| {
            let depends_on = named.section.as_ref()?.value.depends_on.as_deref().unwrap_or_default();
            Some(Dependent { name: &named.name, depends_on })
        })
        .collect();
    none_depends_on_itself(Relation::SCHEDULES, &dependents, problems);
}

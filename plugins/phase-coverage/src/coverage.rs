//! What the numbers mean.

use std::collections::{BTreeMap, BTreeSet};

use assay_sdk::{Date, Error, Judgement, Row, Thresholds};

use crate::settings::Settings;

/// The keys of a phase on a day, of a group if there are groups.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cover {
    /// How many there are.
    pub keys: u64,
    /// How many of them the next phase has.
    pub covered: u64,
    /// How many others it has.
    pub surplus: u64,
}

impl Cover {
    /// How many of its keys the next phase has. Of none there are none.
    pub(crate) fn percent(self) -> f64 {
        if self.keys == 0 { 0.0 } else { 100.0 * self.covered as f64 / self.keys as f64 }
    }

    fn plus(self, other: Self) -> Self {
        let Self { keys, covered, surplus } = other;
        Self { keys: self.keys + keys, covered: self.covered + covered, surplus: self.surplus + surplus }
    }
}

/// The name of a group; none where a phase is compared as a whole.
pub(crate) type Group = Option<String>;

/// What is wrong between two phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    /// A phase has no key at all.
    EmptyPhase,
    /// A group has no key in the earlier phase.
    NoGroupBefore,
    /// A group has no key in the later phase.
    NoGroupAfter,
    /// Too few keys are in the later phase.
    Low,
    /// Fewer than usual are, and not too few.
    Reduced,
    /// Keys are in the later phase only.
    Surplus,
}

/// Something wrong, on days that follow each other as far as keys are due.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// Which phase is compared with the one after it.
    pub pair: usize,
    pub code: Code,
    pub group: Group,
    pub first: Date,
    pub last: Date,
    pub days: usize,
    /// The sum over the days.
    pub cover: Cover,
    /// Where the last day stands among those that are due.
    place: usize,
}

/// What was compared, and what of it is wrong.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Keys that were looked up in the phase after theirs.
    pub keys: u64,
    /// Those that are not there.
    pub missing: u64,
    /// The lowest share that was found.
    pub lowest: Option<f64>,
    pub troubles: Vec<Trouble>,
}

/// Everything that was counted.
pub(crate) struct Coverage(BTreeMap<(usize, Date), BTreeMap<Group, Cover>>);

impl Coverage {
    /// From the rows of an answer.
    pub(crate) fn of(rows: &[Row]) -> Result<Self, Error> {
        let mut days: BTreeMap<(usize, Date), BTreeMap<Group, Cover>> = BTreeMap::new();
        for row in rows {
            let pair = usize::try_from(row.get::<u64>("pair")?).map_err(|_| Error::new("there is no such phase"))?;
            let (day, group): (Date, Group) = (row.get("day")?, row.get("grp")?);
            let cover =
                Cover { keys: row.get("key_count")?, covered: row.get("covered")?, surplus: row.get("surplus")? };
            if cover.covered > cover.keys {
                return Err(Error::new(format!(
                    "{} of {} keys are said to be there on {day}",
                    cover.covered, cover.keys
                )));
            }
            if days.entry((pair, day)).or_default().insert(group, cover).is_some() {
                return Err(Error::new(format!("the coverage of {day} came twice")));
            }
        }
        Ok(Self(days))
    }

    /// Judges every phase on every day that is due, and every group that must be there: what is not among the numbers
    /// has no keys.
    pub(crate) fn judge(&self, settings: &Settings, due: &BTreeSet<Date>, groups: &[String]) -> Result<Judged, Error> {
        let mut judged = Judged::default();
        let nothing = BTreeMap::new();
        for (pair, phases) in settings.phases.windows(2).enumerate() {
            let is_grouped = phases[1].group_column.is_some();
            for (place, day) in due.iter().enumerate() {
                let covers = self.0.get(&(pair, *day)).unwrap_or(&nothing);
                let all = covers.values().fold(Cover::default(), |sum, cover| sum.plus(*cover));
                if all.keys == 0 {
                    judged.add(pair, Code::EmptyPhase, &None, (place, *day), all);
                    judged.lowest = Some(0.0);
                    continue;
                }
                for group in wanted(covers, is_grouped, groups) {
                    let cover = covers.get(&group).copied().unwrap_or_default();
                    for code in codes(settings, is_grouped, cover)? {
                        judged.add(pair, code, &group, (place, *day), cover);
                    }
                    judged.keys += cover.keys;
                    judged.missing += cover.keys - cover.covered;
                    judged.lowest = Some(judged.lowest.unwrap_or(100.0).min(cover.percent()));
                }
            }
        }
        Ok(judged)
    }
}

/// The groups to judge: those that must be there, or else those that the earlier phase has.
fn wanted(covers: &BTreeMap<Group, Cover>, is_grouped: bool, groups: &[String]) -> Vec<Group> {
    if !is_grouped {
        return vec![None];
    }
    if !groups.is_empty() {
        return groups.iter().cloned().map(Some).collect();
    }
    covers.iter().filter(|(_, cover)| cover.keys > 0).map(|(group, _)| group.clone()).collect()
}

/// What is wrong with the keys of a day.
fn codes(settings: &Settings, is_grouped: bool, cover: Cover) -> Result<Vec<Code>, Error> {
    if is_grouped && cover.keys == 0 {
        return Ok(vec![Code::NoGroupBefore]);
    }
    if is_grouped && cover.covered + cover.surplus == 0 {
        return Ok(vec![Code::NoGroupAfter]);
    }
    let bounds = if settings.exact {
        Thresholds::below(100.0, 100.0)
    } else {
        Thresholds::below(settings.warn_below_percent, settings.fail_below_percent)
    };
    let mut codes = match bounds.judge(cover.percent())? {
        Judgement::Fine => Vec::new(),
        Judgement::Warn => vec![Code::Reduced],
        Judgement::Fail => vec![Code::Low],
    };
    if settings.exact && cover.surplus > 0 {
        codes.push(Code::Surplus);
    }
    Ok(codes)
}

impl Judged {
    /// Adds what is wrong on a day: to the same of the day before, if there is. A group that is missing where two pairs
    /// meet is told once.
    fn add(&mut self, pair: usize, code: Code, group: &Group, (place, day): (usize, Date), cover: Cover) {
        let is_told = |trouble: &Trouble| {
            (trouble.pair + 1, trouble.code, &trouble.group) == (pair, Code::NoGroupAfter, group)
                && (trouble.first..=trouble.last).contains(&day)
        };
        if code == Code::NoGroupBefore && self.troubles.iter().any(is_told) {
            return;
        }
        let is_same = |trouble: &&mut Trouble| {
            (trouble.pair, trouble.code, &trouble.group) == (pair, code, group) && trouble.place + 1 == place
        };
        match self.troubles.iter_mut().find(is_same) {
            Some(trouble) => {
                trouble.last = day;
                trouble.place = place;
                trouble.days += 1;
                trouble.cover = trouble.cover.plus(cover);
            }
            None => {
                let group = group.clone();
                self.troubles.push(Trouble { pair, code, group, first: day, last: day, days: 1, cover, place });
            }
        }
    }

    /// Whether anything is more than noticeable.
    pub(crate) fn has_failed(&self) -> bool {
        self.troubles.iter().any(|trouble| trouble.code != Code::Reduced)
    }
}

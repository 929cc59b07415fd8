//! What depends on others does not depend on itself.

use std::collections::BTreeMap;

use toml::Spanned;

use super::super::error::ConfigProblem;
use super::Problems;

/// Names at either end of a circle that are told; of a longer one those between are left out.
const NAMES_SHOWN: usize = 5;

/// Something that depends on others of its kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dependent<'a> {
    pub(super) name: &'a Spanned<String>,
    pub(super) depends_on: &'a [Spanned<String>],
}

/// In which way things depend on others, as it is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relation {
    what: &'static str,
    /// What one of them does that depends on itself.
    one: &'static str,
    /// What several of them do that depend on each other.
    several: &'static str,
}

impl Relation {
    pub(super) const CHECKS: Self = Self::depends("check");
    pub(super) const SCHEDULES: Self = Self::depends("schedule");
    /// Routes within each other.
    pub(super) const WITHIN: Self = Self { what: "route", one: "is within itself", several: "are within each other" };

    const fn depends(what: &'static str) -> Self {
        Self { what, one: "depends on itself", several: "depend on each other" }
    }
}

/// How far the search has come with a dependent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    UnderWay,
    Done,
}

/// Notes every circle, where it closes. Names of nothing are passed over, and of a name that is given twice the first
/// counts: both are told of elsewhere.
pub(super) fn none_depends_on_itself(relation: Relation, dependents: &[Dependent<'_>], problems: &mut Problems) {
    let mut by_name = BTreeMap::new();
    for dependent in dependents {
        by_name.entry(dependent.name.get_ref().as_str()).or_insert(dependent.depends_on);
    }
    let mut searched = BTreeMap::new();
    for dependent in dependents {
        let name = dependent.name.get_ref().as_str();
        if searched.contains_key(name) {
            continue;
        }
        // Not by recursion: the way is as long as the file makes it.
        let mut way = vec![(name, by_name.get(name).copied().unwrap_or_default().iter())];
        searched.insert(name, Search::UnderWay);
        while let Some((name, rest)) = way.last_mut() {
            let Some(next) = rest.next() else {
                searched.insert(*name, Search::Done);
                way.pop();
                continue;
            };
            let Some((next_name, depends_on)) = by_name.get_key_value(next.get_ref().as_str()) else { continue };
            match searched.get(next_name) {
                None => {
                    searched.insert(*next_name, Search::UnderWay);
                    way.push((*next_name, depends_on.iter()));
                }
                Some(Search::UnderWay) => {
                    let circle = way.iter().map(|(name, _)| *name).skip_while(|name| name != next_name);
                    problems.push(circle_at(relation, next, &circle.collect::<Vec<_>>()));
                }
                Some(Search::Done) => {}
            }
        }
    }
}

fn circle_at(relation: Relation, closes: &Spanned<String>, circle: &[&str]) -> ConfigProblem {
    let Relation { what, one, several } = relation;
    let name = closes.get_ref();
    if circle.len() == 1 {
        return ConfigProblem::at(closes.span(), format!("{what} `{name}` {one}")).hint("leave it out");
    }
    let way = |names: &[&str]| names.iter().map(|name| format!("`{name}` -> ")).collect::<String>();
    let way = match circle.split_at_checked(NAMES_SHOWN) {
        Some((first, rest)) if rest.len() > NAMES_SHOWN => {
            let (_, last) = rest.split_at(rest.len() + 1 - NAMES_SHOWN);
            format!("{}... -> {}", way(first), way(last))
        }
        Some(_) | None => way(circle),
    };
    ConfigProblem::at(closes.span(), format!("{what}s {several} in a circle: {way}`{name}`"))
        .hint("none of them could be the first: take one of these names out")
}

//! What holds of routes: a tree, each branch of which can be reached.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use crate::alert::{Node, Tree};

use super::super::authored::{self, Document, Named};
use super::super::error::ConfigProblem;
use super::super::sections::Section;
use super::super::value::{again, all_or_none, name, positive, wait};
use super::dependencies::{Dependent, Relation, none_depends_on_itself};
use super::matching::{fields, matchers};
use super::{Kind, Names, Problems};

/// What the route of all routes is called, which takes what no other takes, and tells nobody.
const TOP: &str = "top";
/// How deep routes lie within each other at most.
const DEPTH_MAX: usize = 16;

/// The tree of all routes.
pub(super) fn tree(authored: &Document, names: &Names<'_>, problems: &mut Problems) -> Option<Tree> {
    let nodes: Vec<_> = authored.route.iter().map(|named| node(named, names, problems)).collect();
    every_alert_is_told_deliberately(authored, problems);
    every_route_is_reached(authored, problems);
    let before = problems.len();
    let dependents: Vec<_> = authored
        .route
        .iter()
        .filter_map(|named| {
            Some(Dependent { name: &named.name, depends_on: named.section.as_ref()?.value.within.as_slice() })
        })
        .collect();
    none_depends_on_itself(Relation::WITHIN, &dependents, problems);
    let depths = (problems.len() == before).then(|| depths(authored, problems))?;
    let nodes = nodes.into_iter().collect::<Option<Vec<_>>>()?;
    Some(grown(authored, nodes, &depths?))
}

/// A route without those within it.
fn node(named: &Named<authored::Route>, names: &Names<'_>, problems: &mut Problems) -> Option<Node> {
    let name = name(&named.name, "route", problems);
    let section = named.section.as_ref()?;
    let authored::Route { within, r#match, receivers, r#continue, group_by, group_wait, group_interval, repeat, quiet } =
        &section.value;
    let within = within.as_ref().map(|within| names.known::<String>(within, Kind::Route, problems));
    let matchers = matchers(r#match.iter().flatten(), names, problems);
    let receivers = receivers.as_ref().map(|receivers| all_known(receivers, Kind::Receiver, names, problems));
    let group_by = group_by.as_ref().map(|labels| fields(labels, problems));
    let group_wait = group_wait.as_ref().map(|time| wait(time, problems));
    let group_interval = group_interval.as_ref().map(|time| positive(time, problems));
    let repeat = repeat.as_ref().map(|time| again(time, problems));
    let quiet = quiet.as_ref().map(|quiet| all_known(quiet, Kind::Quiet, names, problems));
    all_or_none(within)?;
    Some(Node {
        name: name?,
        matchers: matchers?,
        receivers: all_or_none(receivers)?,
        group_by: all_or_none(group_by)?,
        group_wait: all_or_none(group_wait)?,
        group_interval: all_or_none(group_interval)?,
        repeat: all_or_none(repeat)?,
        quiet: all_or_none(quiet)?,
        send_resolved: None,
        go_on: r#continue.unwrap_or_default(),
        routes: Vec::new(),
    })
}

/// Names that are all there.
pub(super) fn all_known(
    written: &[Spanned<String>],
    kind: Kind,
    names: &Names<'_>,
    problems: &mut Problems,
) -> Option<Vec<String>> {
    let known: Vec<_> = written.iter().map(|name| names.known(name, kind, problems)).collect();
    known.into_iter().collect()
}

/// A route at the top has receivers, or says that it has none: nothing is told to nobody by accident.
fn every_alert_is_told_deliberately(authored: &Document, problems: &mut Problems) {
    for section in authored.route.iter().filter_map(|route| route.section.as_ref()) {
        let authored::Route { within, receivers, .. } = &section.value;
        if within.is_none()
            && receivers.is_none()
            && !section.is_unreadable("within")
            && !section.is_unreadable("receivers")
        {
            problems.push(section.problem("has no `receivers`, and is not within a route that has").hint(
                "for example `receivers = [\"slack-data\"]`; with `receivers = []` nobody is told of its alerts",
            ));
        }
    }
}

/// Routes behind one that takes everything are never tried.
fn every_route_is_reached(authored: &Document, problems: &mut Problems) {
    let mut takes_all: BTreeMap<Option<&str>, (&str, Range<usize>)> = BTreeMap::new();
    for route in &authored.route {
        let Some(section) = &route.section else { continue };
        let within = section.value.within.as_ref().map(|within| within.get_ref().as_str());
        if let Some((name, place)) = takes_all.get(&within) {
            let text = route.name.get_ref();
            problems.push(
                ConfigProblem::at(route.name.span(), format!("no alert ever comes to the route `{text}`"))
                    .also(place.clone(), format!("`{name}` takes all of them"))
                    .hint(format!("put `{text}` before it, or let it say `continue = true`, or which alerts it takes")),
            );
        } else if takes_everything(section) {
            takes_all.insert(within, (route.name.get_ref(), route.name.span()));
        }
    }
}

fn takes_everything(section: &Section<authored::Route>) -> bool {
    let authored::Route { r#match, r#continue, .. } = &section.value;
    let is_sure = ["within", "match", "continue"].iter().all(|key| !section.is_unreadable(key));
    is_sure && r#match.as_ref().is_none_or(Vec::is_empty) && !r#continue.unwrap_or_default()
}

/// How many routes each route lies within; none of them does within itself.
fn depths(authored: &Document, problems: &mut Problems) -> Option<Vec<usize>> {
    let within: BTreeMap<_, _> = authored
        .route
        .iter()
        .filter_map(|named| Some((named.name.get_ref().as_str(), named.section.as_ref()?.value.within.as_ref()?)))
        .collect();
    let depths: Vec<_> = authored
        .route
        .iter()
        .map(|named| {
            let mut depth = 0;
            let mut at = named.name.get_ref().as_str();
            while let Some(above) = within.get(at) {
                depth += 1;
                at = above.get_ref();
                if depth > DEPTH_MAX {
                    return Err(named);
                }
            }
            Ok(depth)
        })
        .collect();
    // Those further down are so as well, and one problem tells of all.
    if let Some(named) = depths.iter().find_map(|depth| depth.as_ref().err()) {
        problems.push(
            ConfigProblem::at(named.name.span(), format!("the route `{}` is too deep down", named.name.get_ref()))
                .hint(format!("routes lie at most {DEPTH_MAX} deep within each other")),
        );
        return None;
    }
    Some(depths.into_iter().filter_map(Result::ok).collect())
}

/// Puts each route into the one it is within, in the order of the file.
fn grown(authored: &Document, nodes: Vec<Node>, depths: &[usize]) -> Tree {
    let mut root = Node { name: TOP.to_owned(), ..Node::default() };
    let at: BTreeMap<_, _> =
        authored.route.iter().enumerate().map(|(at, named)| (named.name.get_ref().as_str(), at)).collect();
    let parents: Vec<_> = authored
        .route
        .iter()
        .map(|named| at.get(named.section.as_ref()?.value.within.as_ref()?.get_ref().as_str()).copied())
        .collect();
    let mut nodes: Vec<_> = nodes.into_iter().map(Some).collect();
    let mut deepest_first: Vec<_> = (0..nodes.len()).collect();
    deepest_first.sort_by_key(|at| std::cmp::Reverse(depths.get(*at)));
    for at in deepest_first {
        let Some(node) = nodes.get_mut(at).and_then(Option::take) else { continue };
        let parent = parents.get(at).copied().flatten().and_then(|parent| nodes.get_mut(parent)?.as_mut());
        parent.unwrap_or(&mut root).routes.push(node);
    }
    Tree { root }
}

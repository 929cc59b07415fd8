//! Where alerts go.

use super::*;

fn node(name: &str, matchers: &[&str], receivers: &[&str]) -> Node {
    Node {
        name: name.to_owned(),
        matchers: matchers.iter().map(|text| text.parse().unwrap()).collect(),
        receivers: (!receivers.is_empty()).then(|| receivers.iter().map(|name| (*name).to_owned()).collect()),
        ..Node::default()
    }
}

/// Critical alerts also page; those of the league go to its team, and stale ones of it to nobody else.
fn tree() -> Tree {
    let pager = Node {
        go_on: true,
        repeat: Some(None),
        quiet: Some(Vec::new()),
        ..node("page", &["severity=critical"], &["pager"])
    };
    let league = Node {
        group_by: Some(vec![Field::Check, Field::Severity]),
        group_wait: Some(Duration::from_secs(1)),
        routes: vec![node("stale", &["kind=stale"], &["log"]), node("other", &["owner=nobody"], &["log"])],
        ..node("league", &["tag=nba", "source=warehouse"], &["team"])
    };
    let root = Node {
        quiet: Some(vec!["night".to_owned()]),
        send_resolved: Some(false),
        routes: vec![pager, league, node("rest", &["owner~data*"], &["team", "mail"])],
        ..node("root", &["owner=never"], &["mail"])
    };
    Tree { root }
}

fn receivers(labels: &Labels) -> Vec<String> {
    tree().deliver_to(labels).into_iter().map(|target| target.receiver).collect()
}

#[test]
fn an_alert_goes_to_the_first_that_takes_it_and_on_where_that_says_so() {
    let of = |severity| labels("c", severity, Some("data"));
    assert_eq!(receivers(&of(Severity::Critical)), ["pager", "team"]);
    assert_eq!(receivers(&of(Severity::High)), ["team"]);
    assert_eq!(receivers(&Labels { kind: AlertKind::Stale, ..of(Severity::High) }), ["log"]);
    assert_eq!(receivers(&Labels { tags: Vec::new(), ..of(Severity::High) }), ["team", "mail"]);
    assert_eq!(receivers(&Labels { tags: Vec::new(), owner: None, ..of(Severity::High) }), ["mail"], "the root");
    assert_eq!(receivers(&Labels { tags: Vec::new(), owner: None, ..of(Severity::Critical) }), ["pager"]);
}

#[test]
fn a_node_says_what_is_otherwise_than_above_it() {
    let targets = tree().deliver_to(&labels("c", Severity::Critical, Some("data")));
    let [pager, team] = targets.as_slice() else { panic!("{targets:?}") };
    assert_eq!((pager.group_by.as_slice(), pager.group_wait), ([Field::Owner].as_slice(), Duration::from_secs(30)));
    assert_eq!((pager.repeat, pager.quiet.as_slice(), pager.send_resolved), (Some(None), [].as_slice(), false));
    assert_eq!(team.group_by, [Field::Check, Field::Severity]);
    assert_eq!((team.group_wait, team.group_interval), (Duration::from_secs(1), Duration::from_mins(5)));
    assert_eq!((team.repeat, team.quiet.as_slice()), (None, ["night".to_owned()].as_slice()));
    assert_eq!((pager.route.join(">"), team.route.join(">")), ("root>page".to_owned(), "root>league".to_owned()));
    let policy = at_once();
    assert_eq!(Timing::of(Part::Routed, pager, &policy).repeat, None, "never, whatever the policy is");
    assert_eq!(Timing::of(Part::Routed, team, &policy).repeat, Some(Duration::from_hours(4)));
    assert_eq!(tree().beside("lead").quiet, ["night"], "as the root has it");
}

#[test]
fn a_receiver_is_told_once_however_many_nodes_name_it() {
    let mut tree = tree();
    tree.root.routes[0].receivers = Some(vec!["team".to_owned(), "team".to_owned()]);
    let targets = tree.deliver_to(&labels("c", Severity::Critical, Some("data")));
    assert_eq!(targets.len(), 1);
    assert_eq!(targets[0].route, ["root", "page"], "as the first has it");
}

#[test]
fn every_node_says_why_it_takes_an_alert_or_does_not() {
    let explained: Vec<String> = tree()
        .explain(&labels("c", Severity::High, Some("data")))
        .into_iter()
        .map(|step| {
            let what = match step.what {
                Explained::Takes { receivers } => format!("takes, to {}", receivers.join(", ")),
                Explained::Passes => "passes".to_owned(),
                Explained::Refuses { matcher } => format!("not {matcher}"),
                Explained::NotAsked { by } => format!("taken by {}", by.join(">")),
            };
            format!("{} [{}]: {what}", step.path.join(">"), step.matchers.join(" "))
        })
        .collect();
    assert_eq!(
        explained,
        [
            "root [owner=never]: passes",
            "root>page [severity=critical]: not severity=critical",
            "root>league [tag=nba source=warehouse]: takes, to team",
            "root>league>stale [kind=stale]: not kind=stale",
            "root>league>other [owner=nobody]: not owner=nobody",
            "root>rest [owner~\"data*\"]: taken by root>league",
        ]
    );
}

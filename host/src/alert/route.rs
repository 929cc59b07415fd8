//! Which receivers an alert goes to.
//!
//! A tree. An alert that meets the conditions of a node goes to the first of its children that takes it, and to those
//! after that one as well where it says `continue`; it stays with the node itself where no child takes it. What a node
//! does not say holds as its parent has it.

use std::time::Duration;

use crate::model::Labels;

use super::matcher::{Field, Matcher, all_match};

/// A node of the tree. What is `None` is as the parent has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// Its name, for people: the last part of its path.
    pub name: String,
    /// Conditions, all of which an alert meets that it takes.
    pub matchers: Vec<Matcher>,
    /// Names of the receivers.
    pub receivers: Option<Vec<String>>,
    /// Labels by which alerts are told of together.
    pub group_by: Option<Vec<Field>>,
    /// How long the first notice of a group waits for others.
    pub group_wait: Option<Duration>,
    /// How long it is at least from one message of a group to the next.
    pub group_interval: Option<Duration>,
    /// How long after the last message an alert is told of again; `Some(None)` for never, and `None` at the root for as
    /// the policy of the check has it.
    pub repeat: Option<Option<Duration>>,
    /// Names of quiet hours.
    pub quiet: Option<Vec<String>>,
    /// Whether the end of an alert is told.
    pub send_resolved: Option<bool>,
    /// Whether the nodes after it may take an alert that it takes.
    pub go_on: bool,
    /// Its children.
    pub routes: Vec<Node>,
}

/// A receiver of an alert, and how it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Name of the receiver.
    pub receiver: String,
    /// Labels by which alerts are told of together.
    pub group_by: Vec<Field>,
    /// How long the first notice of a group waits for others.
    pub group_wait: Duration,
    /// How long it is at least from one message of a group to the next.
    pub group_interval: Duration,
    /// How long after the last message it is told again; `None` for as the policy of the check has it.
    pub repeat: Option<Option<Duration>>,
    /// Names of quiet hours.
    pub quiet: Vec<String>,
    /// Whether the end of an alert is told.
    pub send_resolved: bool,
    /// Names of the nodes from the root to the one that took the alert.
    pub route: Vec<String>,
}

/// What a node had to do with an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explained {
    /// It takes the alert, to these receivers.
    Takes {
        /// Their names.
        receivers: Vec<String>,
    },
    /// The alert meets its conditions, and one of its children takes it.
    Passes,
    /// The alert does not meet a condition.
    Refuses {
        /// The first one it does not meet, as text.
        matcher: String,
    },
    /// A node before it took the alert.
    NotAsked {
        /// Path of that node.
        by: Vec<String>,
    },
}

/// One node, and what it had to do with an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Names of the nodes from the root to it.
    pub path: Vec<String>,
    /// Its conditions, as text.
    pub matchers: Vec<String>,
    /// What it had to do with the alert.
    pub what: Explained,
}

/// The tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The node that takes what no other one takes; its own conditions are not looked at.
    pub root: Node,
}

const GROUP_WAIT: Duration = Duration::from_secs(30);
const GROUP_INTERVAL: Duration = Duration::from_mins(5);

impl Tree {
    /// The receivers of an alert, each once: as the first node has it that names it.
    #[must_use]
    pub fn deliver_to(&self, labels: &Labels) -> Vec<Target> {
        self.walk(labels, false).targets
    }

    /// What every node had to do with it, in the order of the tree.
    #[must_use]
    pub fn explain(&self, labels: &Labels) -> Vec<Step> {
        self.walk(labels, true).steps
    }

    /// Names of all receivers.
    #[must_use]
    pub fn receivers(&self) -> Vec<&str> {
        fn of<'a>(node: &'a Node, names: &mut Vec<&'a str>) {
            names.extend(node.receivers.iter().flatten().map(String::as_str));
            node.routes.iter().for_each(|node| of(node, names));
        }
        let mut names = Vec::new();
        of(&self.root, &mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Who is told, and how, what is in no route: receivers that are escalated to. As the root has it.
    #[must_use]
    pub fn beside(&self, receiver: &str) -> Target {
        Settings::default().under(&self.root).target(receiver, std::slice::from_ref(&self.root.name))
    }

    fn walk(&self, labels: &Labels, explains: bool) -> Walk {
        let mut walk = Walk { targets: Vec::new(), steps: Vec::new(), explains };
        walk.enter(&self.root, &Settings::default(), &[], labels);
        walk
    }
}

/// What holds at a node.
#[derive(Debug, Clone, Copy)]
struct Settings<'a> {
    receivers: &'a [String],
    group_by: &'a [Field],
    group_wait: Duration,
    group_interval: Duration,
    repeat: Option<Option<Duration>>,
    quiet: &'a [String],
    send_resolved: bool,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            receivers: &[],
            group_by: &[Field::Owner],
            group_wait: GROUP_WAIT,
            group_interval: GROUP_INTERVAL,
            repeat: None,
            quiet: &[],
            send_resolved: true,
        }
    }
}

impl<'a> Settings<'a> {
    fn under(self, node: &'a Node) -> Self {
        Self {
            receivers: node.receivers.as_deref().unwrap_or(self.receivers),
            group_by: node.group_by.as_deref().unwrap_or(self.group_by),
            group_wait: node.group_wait.unwrap_or(self.group_wait),
            group_interval: node.group_interval.unwrap_or(self.group_interval),
            repeat: node.repeat.or(self.repeat),
            quiet: node.quiet.as_deref().unwrap_or(self.quiet),
            send_resolved: node.send_resolved.unwrap_or(self.send_resolved),
        }
    }

    fn target(&self, receiver: &str, path: &[String]) -> Target {
        Target {
            receiver: receiver.to_owned(),
            group_by: self.group_by.to_vec(),
            group_wait: self.group_wait,
            group_interval: self.group_interval,
            repeat: self.repeat,
            quiet: self.quiet.to_vec(),
            send_resolved: self.send_resolved,
            route: path.to_vec(),
        }
    }
}

struct Walk {
    targets: Vec<Target>,
    steps: Vec<Step>,
    /// Whether anybody wants the steps.
    explains: bool,
}

impl Walk {
    /// A node whose conditions are met.
    fn enter(&mut self, node: &Node, inherited: &Settings<'_>, above: &[String], labels: &Labels) {
        let path: Vec<String> = above.iter().chain([&node.name]).cloned().collect();
        let settings = inherited.under(node);
        let at = self.steps.len();
        self.note(&path, node, || Explained::Passes);
        let mut taken_by: Option<&Node> = None;
        let mut taken = false;
        for child in &node.routes {
            let path_of = |node: &Node| path.iter().chain([&node.name]).cloned().collect::<Vec<_>>();
            if let Some(by) = taken_by {
                self.note(&path_of(child), child, || Explained::NotAsked { by: path_of(by) });
            } else if all_match(&child.matchers, labels) {
                self.enter(child, &settings, &path, labels);
                taken = true;
                taken_by = (!child.go_on).then_some(child);
            } else {
                let refused = child.matchers.iter().find(|matcher| !matcher.matches(labels));
                let matcher = || refused.map(ToString::to_string).unwrap_or_default();
                self.note(&path_of(child), child, || Explained::Refuses { matcher: matcher() });
            }
        }
        if !taken {
            if let Some(step) = self.steps.get_mut(at) {
                step.what = Explained::Takes { receivers: settings.receivers.to_vec() };
            }
            for receiver in settings.receivers {
                if !self.targets.iter().any(|target| target.receiver == *receiver) {
                    self.targets.push(settings.target(receiver, &path));
                }
            }
        }
    }

    /// Notes what a node had to do with the alert, where anybody wants to know.
    fn note(&mut self, path: &[String], node: &Node, what: impl FnOnce() -> Explained) {
        if self.explains {
            let matchers = node.matchers.iter().map(ToString::to_string).collect();
            self.steps.push(Step { path: path.to_vec(), matchers, what: what() });
        }
    }
}

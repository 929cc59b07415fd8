//! What a check of its own is built from says what the workspace says.

use std::collections::{BTreeMap, BTreeSet};

/// The tables of a Cargo file, each with its entries; lists over several lines are one entry.
fn tables(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut tables: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let (mut table, mut pending) = (String::new(), String::new());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if pending.is_empty() && line.starts_with('[') {
            table = line.trim_matches(['[', ']']).to_owned();
            continue;
        }
        pending.push_str(line.trim());
        if pending.matches('[').count() > pending.matches(']').count() {
            continue;
        }
        if let Some((key, value)) = pending.split_once('=') {
            tables.entry(table.clone()).or_default().insert(key.trim().to_owned(), value.trim().to_owned());
        }
        pending.clear();
    }
    tables
}

const WORKSPACE: &str = include_str!("../../../Cargo.toml");
const LOCKED: &str = include_str!("../../../Cargo.lock");

#[test]
fn the_vendored_sdk_depends_on_what_the_sdk_depends_on() {
    let (workspace, sdk) = (tables(WORKSPACE), tables(include_str!("../Cargo.toml")));
    let vendored = tables(include_str!("../vendor.toml.template"));
    for table in ["package", "dependencies"] {
        let shared = if table == "package" { "workspace.package" } else { "workspace.dependencies" };
        let resolved: BTreeMap<_, _> = sdk[table]
            .iter()
            .map(|(key, value)| match key.strip_suffix(".workspace") {
                Some(key) => (key.to_owned(), workspace[shared][key].clone()),
                None => (key.clone(), value.clone()),
            })
            .collect();
        assert_eq!(vendored[table], resolved, "[{table}]");
    }
}

#[test]
fn the_template_is_built_as_the_shipped_checks_are() {
    let (workspace, template) = (tables(WORKSPACE), tables(include_str!("../template/Cargo.toml.template")));
    let guest: BTreeMap<_, _> =
        workspace["profile.guest"].clone().into_iter().filter(|(key, _)| key != "inherits").collect();
    assert_eq!(template["profile.release"], guest);
    for (name, wanted) in &template["dependencies"] {
        if name != "assay-sdk" {
            assert_eq!(*wanted, workspace["workspace.dependencies"][name], "{name}");
        }
    }
}

#[test]
fn the_template_locks_what_the_workspace_locks() {
    let packages = |text: &str| -> BTreeSet<(String, String)> {
        let package = |block: &str| {
            let line = |key: &str| block.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
            Some((line("name = ")?, line("version = ")?))
        };
        text.split("[[package]]").filter_map(package).collect()
    };
    let (workspace, template) = (packages(LOCKED), packages(include_str!("../template/Cargo.lock.template")));
    let strangers: Vec<_> = template.difference(&workspace).map(|(name, _)| name.as_str()).collect();
    assert_eq!(strangers, ["\"{{crate}}\""], "other versions than in Cargo.lock");
}

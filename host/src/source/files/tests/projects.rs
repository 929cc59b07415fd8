//! One table by several names, and grants that hold for all of them.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::*;
use crate::capability::{Grant, SourceHandle};

fn source_of(folder: &Folder, project: Option<&str>) -> FilesSource {
    let (path, project) = (folder.path().to_owned(), project.map(str::to_owned));
    let options = FilesOptions { path, project, memory_bytes: 64 << 20, spill_bytes: 0, target_partitions: 1 };
    FilesSource::open(options).unwrap()
}

fn folder() -> Folder {
    Folder::with(&[
        ("t.csv", "n\n0\n"),
        ("ds/t.csv", "n\n1\n"),
        ("ds/other.csv", "n\n2\n"),
        ("secret/t.csv", "n\n3\n"),
        ("my-project/ds/t.csv", "n\n4\n"),
        ("other/ds/t.csv", "n\n5\n"),
        ("my-project/t.csv", "n\n6\n"),
    ])
}

#[tokio::test]
async fn the_project_may_be_named_or_not() {
    let folder = folder();
    let source = source_of(&folder, Some("my-project"));
    for (name, expected) in [
        ("ds.t", "1"),
        ("my-project.ds.t", "1"),
        ("`my-project.ds.t`", "1"),
        ("`my-project`.`ds`.`t`", "1"),
        ("`my-project`.ds.t", "1"),
        ("t", "0"),
        ("`my-project.t`", "6"),
    ] {
        assert_eq!(lines(&source, &format!("SELECT n FROM {name}")).await, [expected], "{name}");
    }
    let both = "SELECT a.n + b.n FROM ds.t AS a, `my-project.ds.t` AS b";
    assert_eq!(lines(&source, both).await, ["2"], "both spellings at once");
    for (name, hint) in [
        ("other.ds.t", "the `project` of this source is `my-project`, not `other`"),
        ("MY-PROJECT.ds.t", "the `project` of this source is `my-project`, not `MY-PROJECT`"),
        ("my-project.ds.tt", "names that look like it: `ds.t`"),
    ] {
        let problem = refusal(&source, &format!("SELECT n FROM `{name}`")).await;
        assert_eq!((problem.code, problem.message), (ProblemCode::UnknownTable, format!("there is no table `{name}`")));
        assert!(problem.hint.as_ref().is_some_and(|told| told.starts_with(hint)), "{name}: {:?}", problem.hint);
    }
    let listed = source.tables().await.unwrap();
    let names: Vec<String> = listed.iter().map(|listing| listing.name.to_string()).collect();
    assert_eq!(names, ["ds.other", "ds.t", "my-project.t", "secret.t", "t"], "the folder's own names");

    let none = source_of(&folder, None);
    assert_eq!(lines(&none, "SELECT n FROM `my-project.ds.t`").await, ["4"], "three folders deep");
    assert_eq!(lines(&none, "SELECT n FROM other.ds.t").await, ["5"]);
    let problem = refusal(&none, "SELECT n FROM `prod.ds.t`").await;
    assert_eq!(problem.code, ProblemCode::UnknownTable);
    assert!(problem.hint.unwrap().contains("this source has no `project`: with `project = \"prod\"`"));
}

#[tokio::test]
async fn grants_hold_however_a_table_is_spelled() {
    let folder = folder();
    let handle =
        SourceHandle { source: Arc::new(source_of(&folder, Some("my-project"))), slots: Arc::new(Semaphore::new(1)) };
    let denied = |tables: &[&str], name: &str| {
        let tables = tables.iter().map(|table| table.parse().unwrap()).collect();
        let grant = Grant { name: "warehouse".parse().unwrap(), handle: handle.clone(), tables };
        let statement = read_statement(&format!("SELECT n FROM `{name}`"), Vec::new()).unwrap();
        grant.covers(&statement).err()
    };
    for (tables, name, is_denied) in [
        // Granted, by either spelling.
        (&["ds.*"][..], "ds.t", false),
        (&["ds.*"], "my-project.ds.t", false),
        (&["ds.t"], "my-project.ds.t", false),
        (&["**"], "my-project.secret.t", false),
        // Not granted at all.
        (&["ds.*"], "secret.t", true),
        (&["ds.*"], "my-project.secret.t", true),
        // Granted too narrowly.
        (&["ds.other"], "my-project.ds.t", true),
        (&["t"], "my-project.ds.t", true),
        (&["*"], "my-project.ds.t", true),
        // A grant names tables without the project, so that one of the whole project covers nothing.
        (&["my-project.**"], "my-project.secret.t", true),
        (&["my-project.*.*"], "my-project.ds.t", true),
        // Another project is another table.
        (&["ds.*"], "other.ds.t", true),
        (&["ds.*"], "my-project2.ds.t", true),
        (&["*.ds.*"], "my-project.ds.t", true),
    ] {
        let problem = denied(tables, name);
        assert_eq!(problem.is_some(), is_denied, "{tables:?} {name}: {problem:?}");
        if let Some(problem) = problem {
            assert_eq!(problem.code, ProblemCode::Denied);
            assert!(problem.message.contains(&format!("`{name}`")), "as it was spelled: {problem}");
        }
    }
    let hint = denied(&["ds.other"], "my-project.secret.t").unwrap().hint.unwrap();
    assert!(hint.contains("sources = { warehouse = [\"ds.other\", \"secret.t\"] }"), "as grants name it: {hint}");
    // With every grant there is, another project's table is not to be had.
    let problem = refusal(&source_of(&folder, Some("my-project")), "SELECT n FROM other.ds.t").await;
    assert_eq!(problem.code, ProblemCode::UnknownTable);
}

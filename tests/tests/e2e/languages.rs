//! A check in Python and one in JavaScript, admitted by the same rule as Rust, beside one in Rust.

use assay_tests::project::{Project, ending, example, find};
use serde_json::Value;

const PYTHON: &str = "null-rate-py@1.0.0";
const JAVASCRIPT: &str = "allowed-values-js@1.0.0";

const CHECKS: &str = r#"
[source.local]
type = "files"
path = "data"

[[check]]
name = "rust"
plugin = "unique-key@1.0.0"
sources = { local = ["games"] }
settings = { table = "games", columns = ["id"] }

[[check]]
name = "python"
plugin = "null-rate-py@1.0.0"
sources = { local = ["games"] }
settings = { table = "games", column = "winner", max_percent = 50 }

[[check]]
name = "python-fails"
plugin = "null-rate-py@1.0.0"
sources = { local = ["games"] }
settings = { table = "games", column = "winner", max_percent = 10 }

[[check]]
name = "python-denied"
plugin = "null-rate-py@1.0.0"
sources = { local = ["games"] }
settings = { table = "secret", column = "id", max_percent = 10 }

[[check]]
name = "python-wrong"
plugin = "null-rate-py@1.0.0"
sources = { local = ["games"] }
settings = { table = "games", column = "winner", max_percent = 101 }

[[check]]
name = "javascript"
plugin = "allowed-values-js@1.0.0"
sources = { local = ["games"] }
settings = { table = "games", column = "home", values = ["pinewood", "ravens"] }

[[check]]
name = "javascript-fails"
plugin = "allowed-values-js@1.0.0"
sources = { local = ["games"] }
settings = { table = "games", column = "home", values = ["pinewood"] }

[[check]]
name = "javascript-denied"
plugin = "allowed-values-js@1.0.0"
sources = { local = ["games"] }
settings = { table = "secret", column = "id", values = ["1"] }
"#;

fn project() -> Project {
    let project = Project::new();
    project
        .shipped("unique-key@1.0.0")
        .plugin(&example(&format!("{PYTHON}.wasm")), None)
        .plugin(&example(&format!("{JAVASCRIPT}.wasm")), None)
        .write("data/games.csv", "id,home,winner\n1,pinewood,pinewood\n2,ravens,\n3,pinewood,ravens\n4,ravens,ravens\n")
        .write("data/secret.csv", "id\n1\n")
        .write("assay.toml", CHECKS);
    project
}

/// Runs all checks; the results, and what was said on the way.
fn run(project: &Project) -> (Vec<Value>, String) {
    let output = project.run(&["run", "--date", "2026-01-30", "--format", "ndjson"]);
    let results = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (results, output.stderr)
}

#[test]
fn they_run_beside_rust_and_a_warm_start_compiles_nothing() {
    let project = project();
    let (cold, said) = run(&project);
    for plugin in [PYTHON, JAVASCRIPT] {
        assert!(said.contains(&format!("compiling {plugin} (")), "what takes long is announced: {said}");
    }
    for (check, expected) in [
        ("rust", ("pass", None)),
        ("python", ("pass", None)),
        ("python-fails", ("fail", None)),
        ("python-denied", ("error", Some("denied"))),
        ("python-wrong", ("error", Some("bad_settings"))),
        ("javascript", ("pass", None)),
        ("javascript-fails", ("fail", None)),
        ("javascript-denied", ("error", Some("denied"))),
    ] {
        assert_eq!(ending(&cold, check), expected, "{:#}", find(&cold, check));
    }
    let null_rate = &find(&cold, "python-fails")["findings"][0];
    assert_eq!((&null_rate["code"], &null_rate["observed"]), (&"null_rate".into(), &25.0.into()), "{null_rate:#}");
    let not_allowed = &find(&cold, "javascript-fails")["findings"][0];
    assert_eq!(
        (&not_allowed["code"], &not_allowed["affected_records"]),
        (&"value_not_allowed".into(), &2.into()),
        "{not_allowed:#}"
    );

    let (warm, said) = run(&project);
    assert_eq!(said, "", "nothing is compiled");
    for result in &cold {
        let name = result["check_name"].as_str().unwrap();
        let again = find(&warm, name);
        for part in ["status", "message", "findings", "metrics"] {
            assert_eq!(again[part], result[part], "{name}: the same data, the same {part}");
        }
    }

    // What they are made of is known without compiling them.
    for (plugin, language) in [(PYTHON, "python"), (JAVASCRIPT, "javascript"), ("unique-key@1.0.0", "rust")] {
        let inspected = project.run(&["plugin", "inspect", plugin, "--format", "json"]);
        assert_eq!(inspected.stderr, "", "{plugin} is taken from the cache");
        let inspected: Value = serde_json::from_str(&inspected.stdout).unwrap();
        assert_eq!(inspected["language"], language);
        let imports = inspected["imports"].as_array().unwrap().iter();
        let foreign = imports.filter(|import| import["name"].as_str().is_some_and(|name| name.contains(':')));
        for import in foreign {
            assert!(import["name"].as_str().unwrap().starts_with("assay:"), "{plugin}: {import}");
        }
    }
}

//! Bad input is a clear error with a hint, leaves nothing half-written, and the journal still opens.

use std::path::Path;

use assay_tests::project::{Project, ending, find, shipped_plugins};

fn project() -> Project {
    let project = Project::new();
    project
        .shipped("unique-key@1.0.0")
        .write("data/t.csv", "id\n1\n2\n")
        .write("assay.toml", config("unique-key@1.0.0"));
    project
}

fn config(plugin: &str) -> String {
    format!(
        "[source.local]\ntype = \"files\"\npath = \"data\"\n[[check]]\nname = \"keys\"\nplugin = \"{plugin}\"\n\
         sources = {{ local = [\"**\"] }}\n[check.settings]\ntable = \"t\"\ncolumns = [\"id\"]\n"
    )
}

/// A sparse file, as large as it says and without any content.
fn huge(path: &Path) {
    fs_err::File::create(path).unwrap().set_len(1 << 30).unwrap();
}

#[test]
fn configurations_that_are_none() {
    let project = project();
    for (name, message) in [
        ("missing.toml", "there is no configuration `missing.toml`"),
        ("data", "`data` is not a file"),
        ("huge.toml", "`huge.toml` has 1073741824 bytes"),
        ("binary.toml", "`binary.toml` is not UTF-8 text"),
        ("unknown.toml", "unknown key `sauce`"),
        ("twice.toml", "there is already a check named `keys`"),
        ("empty.toml", "there are no checks"),
    ] {
        match name {
            "huge.toml" => huge(&project.path().join(name)),
            "binary.toml" => drop(project.write(name, b"\xff\xfe")),
            "unknown.toml" => drop(project.write(name, format!("[sauce.x]\n{}", config("unique-key@1.0.0")))),
            "twice.toml" => {
                let config = config("unique-key@1.0.0");
                let again = config.split_once("[[check]]").unwrap().1;
                project.write(name, format!("{config}[[check]]{again}"));
            }
            "empty.toml" => drop(project.write(name, "")),
            _ => {}
        }
        let output = project.run(&["run", "--config", name]);
        assert_eq!(output.code, Some(64), "{name}: {}", output.stderr);
        assert!(output.stderr.contains(message), "{name}: {}", output.stderr);
        assert!(output.stderr.contains("hint:"), "{name}: {}", output.stderr);
        assert_eq!(output.stdout, "", "{name}: nothing but data on standard output");
    }
    assert!(!project.path().join(".assay").exists(), "nothing was begun");
}

#[test]
fn plugins_that_are_none() {
    let component = fs_err::read(shipped_plugins().join("unique-key@1.0.0.wasm")).unwrap();
    let wasi = wat::parse_str(
        r#"(component (import "wasi:cli/environment@0.2.0" (instance (export "initial-cwd" (func (result (option string)))))))"#,
    )
    .unwrap();
    let core = wat::parse_str("(module)").unwrap();
    let hollow = wat::parse_str("(component)").unwrap();
    type Make<'a> = Box<dyn Fn(&Path) + 'a>;
    let content = |bytes: Vec<u8>| -> Make<'_> { Box::new(move |path| fs_err::write(path, &bytes).unwrap()) };
    let cases: Vec<(&str, Make<'_>, &str)> = vec![
        ("missing", Box::new(|_| {}), "there is no file"),
        ("directory", Box::new(|path| fs_err::create_dir(path).unwrap()), "is not a file"),
        ("empty", content(vec![]), "the file is empty"),
        ("text", content(b"hello".to_vec()), "the file is not WebAssembly"),
        ("huge", Box::new(huge), "the file has 1073741824 bytes; at most 67108864 are admitted"),
        ("precompiled", content(b"\x7fELF\x02\x01\x01".to_vec()), "precompiled machine code"),
        ("core", content(core), "a core WebAssembly module"),
        ("wasi", content(wasi), "imports what no check is granted: wasi:cli/environment@0.2.0"),
        ("hollow", content(hollow), "does not fit the world"),
        ("cut", content(component.iter().copied().take(component.len() / 2).collect()), "the component is not valid"),
        ("forged", content(component.clone()), "says it is `unique-key@1.0.0`, but was loaded as `forged@1.0.0`"),
    ];
    let project = project();
    let mut text = config("unique-key@1.0.0");
    for (name, make, _) in &cases {
        make(&project.path().join(format!("plugins/{name}@1.0.0.wasm")));
        let check = config(&format!("{name}@1.0.0"))
            .split_once("[[check]]")
            .unwrap()
            .1
            .replace("\"keys\"", &format!("\"{name}\""));
        text.push_str(&format!("[[check]]{check}"));
    }
    project.write("assay.toml", text);
    let results = project.results(&["run"]);
    for (name, _, message) in &cases {
        assert_eq!(ending(&results, name), ("error", Some("missing_plugin")), "{name}");
        let result = find(&results, name);
        assert!(result["message"].as_str().is_some_and(|said| said.contains(message)), "{name}: {result:#}");
        assert!(result["hint"].is_string(), "{name}");
        let inspected = project.run(&["plugin", "inspect", &format!("plugins/{name}@1.0.0.wasm")]);
        assert_eq!(inspected.code, Some(64), "{name}");
        assert!(inspected.stderr.contains("hint:"), "{name}: {}", inspected.stderr);
    }
    assert_eq!(ending(&results, "keys"), ("pass", None), "the others conclude");
    assert_eq!(project.results(&["results"]).len(), cases.len() + 1, "all of it is stored");
}

#[test]
fn data_that_cannot_be_read_is_never_an_empty_table() {
    for (file, content, piece) in [
        ("t.parquet", b"PAR1 cut short".to_vec(), "t.parquet"),
        ("t.csv", b"id,b\n1,2\n3\n".to_vec(), "t.csv"),
        ("t.csv", Vec::new(), "t.csv"),
        ("t.ndjson", b"{\"id\":1}\n{\"id\":\n".to_vec(), "t.ndjson"),
    ] {
        let project = project();
        fs_err::remove_file(project.path().join("data/t.csv")).unwrap();
        project.write(&format!("data/{file}"), content);
        let results = project.results(&["run"]);
        let result = find(&results, "keys");
        assert_eq!(ending(&results, "keys"), ("error", Some("query_failed")), "{result:#}");
        assert!(
            result["message"].as_str().is_some_and(|message| message.contains(piece)),
            "the file is named: {result:#}"
        );
        assert!(result["hint"].is_string(), "{result:#}");
    }
}

#[test]
fn sources_that_are_not_there() {
    let project = project();
    for path in ["nowhere", "assay.toml"] {
        project
            .write("assay.toml", config("unique-key@1.0.0").replace("path = \"data\"", &format!("path = \"{path}\"")));
        let results = project.results(&["run"]);
        let result = find(&results, "keys");
        assert_eq!(ending(&results, "keys"), ("error", Some("query_failed")), "{path}: {result:#}");
        assert!(result["hint"].is_string(), "{path}: {result:#}");
    }
    fs_err::remove_file(project.path().join("data/t.csv")).unwrap();
    project.write("data/other.csv", "id\n1\n").write("assay.toml", config("unique-key@1.0.0"));
    let results = project.results(&["run"]);
    assert_eq!(ending(&results, "keys"), ("error", Some("query_failed")), "an unknown table");
}

#[test]
fn a_journal_that_is_none_is_left_as_it_is() {
    let project = project();
    fs_err::create_dir(project.path().join(".assay")).unwrap();
    project.write(".assay/assay.db", "this is not a database, but somebody may want it");
    let output = project.run(&["run"]);
    assert_eq!(output.code, Some(4), "{}", output.stderr);
    assert!(output.stderr.contains("assay.db") && output.stderr.contains("hint:"), "{}", output.stderr);
    let kept = fs_err::read_to_string(project.path().join(".assay/assay.db")).unwrap();
    assert_eq!(kept, "this is not a database, but somebody may want it");
}

#[test]
fn doctor_points_at_bad_settings() {
    let project = project();
    project.write(
        "assay.toml",
        config("unique-key@1.0.0").replace("columns = [\"id\"]", "columns = []\nsample_rows = 99"),
    );
    let output = project.run(&["doctor"]);
    assert_eq!(output.code, Some(64), "{}", output.stderr);
    for piece in ["expected 1 to 16 columns", "columns = []", "expected 20 at the most", "sample_rows = 99", "hint:"] {
        assert!(output.stderr.contains(piece), "{piece}: {}", output.stderr);
    }
}

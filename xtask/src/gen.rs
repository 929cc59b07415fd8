//! `cargo xtask gen`: files that are made from other files, and the check that they are up to date.
//!
//! The type to know is [`Output`]: every step gives a list of them, and one place writes or compares.

mod bigquery;
mod docs;
mod schema;
mod sqlite;

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use schema::Schema;

/// Where the shapes of the tables are described, from the root of the repository.
const RESULTS: &str = "schemas/results.yaml";

/// One generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Output {
    /// From the root of the repository.
    path: PathBuf,
    /// All of it.
    content: String,
    /// Shipped: once the file is there its statements never change, only its comments may lag behind.
    frozen: bool,
}

/// What is to be done about an [`Output`].
#[derive(Debug, PartialEq, Eq)]
enum State {
    Fresh,
    Stale,
    /// The description asks for another content of a frozen file.
    Thawed,
}

/// Generates everything; with `check` only compares.
///
/// # Errors
/// When the description is wrong, a shipped migration would change, a file cannot be read or
/// written, or, with `check`, a file is not what would be generated.
pub(crate) fn run(check: bool) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask has a parent folder")?;
    let step = if check { compare } else { write };
    // The program is made of these: they come first.
    step(root, &tables(root)?)?;
    let told = [
        told("schema", "schemas/config.schema.json")?,
        told("openapi", "schemas/openapi.json")?,
        told("googlesql", "docs/googlesql.md")?,
    ];
    step(root, &told)
}

/// All that follows from the description of the tables.
fn tables(root: &Path) -> Result<Vec<Output>> {
    let text = fs_err::read_to_string(root.join(RESULTS))?;
    let schema = Schema::parse(&text).with_context(|| format!("{RESULTS} is not a description of tables"))?;
    let mut outputs = sqlite::outputs(&schema);
    outputs.extend(bigquery::outputs(&schema)?);
    outputs.push(docs::output(&schema));
    Ok(outputs)
}

/// What only the program itself knows: what it prints for a command.
fn told(command: &str, path: &str) -> Result<Output> {
    let told = std::process::Command::new(crate::plugins::programs()?.join("assay")).arg(command).output()?;
    anyhow::ensure!(told.status.success(), "`assay {command}`: {}", String::from_utf8_lossy(&told.stderr));
    Ok(Output { path: path.into(), content: String::from_utf8(told.stdout)?, frozen: false })
}

fn write(root: &Path, outputs: &[Output]) -> Result<()> {
    let states = states(root, outputs)?;
    refuse_thawed(&states)?;
    for (output, state) in states {
        if state == State::Fresh {
            continue;
        }
        let path = root.join(&output.path);
        if let Some(parent) = path.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::write(&path, &output.content)?;
        writeln!(std::io::stdout(), "wrote {}", output.path.display())?;
    }
    Ok(())
}

fn compare(root: &Path, outputs: &[Output]) -> Result<()> {
    let states = states(root, outputs)?;
    refuse_thawed(&states)?;
    let stale = names(&states, &State::Stale);
    if !stale.is_empty() {
        bail!("not what would be generated:\n{stale}hint: run `cargo xtask gen` and commit what it writes");
    }
    Ok(())
}

fn refuse_thawed(states: &[(&Output, State)]) -> Result<()> {
    let thawed = names(states, &State::Thawed);
    if !thawed.is_empty() {
        bail!(
            "shipped migrations never change:\n{thawed}hint: leave old columns as they are and the file as committed; \
             give a new column the `since` of the newest version in {RESULTS}"
        );
    }
    Ok(())
}

fn names(states: &[(&Output, State)], wanted: &State) -> String {
    let named = states.iter().filter(|(_, state)| state == wanted);
    named.map(|(output, _)| format!("  {}\n", output.path.display())).collect()
}

fn states<'o>(root: &Path, outputs: &'o [Output]) -> Result<Vec<(&'o Output, State)>> {
    outputs.iter().map(|output| Ok((output, state(root, output)?))).collect()
}

fn state(root: &Path, output: &Output) -> Result<State> {
    let existing = match fs_err::read_to_string(root.join(&output.path)) {
        Ok(existing) => existing,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::Stale),
        Err(error) => return Err(error.into()),
    };
    Ok(match output.frozen {
        _ if existing == output.content => State::Fresh,
        true if statements(&existing).eq(statements(&output.content)) => State::Fresh,
        true => State::Thawed,
        false => State::Stale,
    })
}

/// SQL without its comment lines.
fn statements(sql: &str) -> impl Iterator<Item = &str> {
    sql.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(content: &str, frozen: bool) -> Output {
        Output { path: "made/x.sql".into(), content: content.to_owned(), frozen }
    }

    #[test]
    fn a_check_writes_nothing_and_names_what_is_stale() {
        let root = tempfile::tempdir().unwrap();
        let error = compare(root.path(), &[output("a", false)]).unwrap_err().to_string();
        assert!(error.contains("made/x.sql") && error.contains("run `cargo xtask gen`"), "{error}");
        assert!(!root.path().join("made").exists(), "nothing was written");

        write(root.path(), &[output("a", false)]).unwrap();
        compare(root.path(), &[output("a", false)]).unwrap();
        assert!(compare(root.path(), &[output("b", false)]).is_err(), "an edit is noticed");
    }

    #[test]
    fn shipped_statements_never_change() {
        let root = tempfile::tempdir().unwrap();
        let shipped = "-- old words\nCREATE TABLE a (x TEXT);\n";
        write(root.path(), &[output(shipped, true)]).unwrap();

        let reworded = output("-- new words\nCREATE TABLE a (x TEXT);\n", true);
        write(root.path(), std::slice::from_ref(&reworded)).unwrap();
        compare(root.path(), &[reworded]).unwrap();
        assert_eq!(fs_err::read_to_string(root.path().join("made/x.sql")).unwrap(), shipped, "comments may lag");

        let changed = output("CREATE TABLE a (x TEXT, y TEXT);\n", true);
        for error in [write(root.path(), std::slice::from_ref(&changed)), compare(root.path(), &[changed])] {
            let error = error.unwrap_err().to_string();
            assert!(error.contains("never change") && error.contains("`since`"), "{error}");
        }
        assert_eq!(fs_err::read_to_string(root.path().join("made/x.sql")).unwrap(), shipped, "left as it was");
    }

    #[test]
    fn the_repository_is_up_to_date() {
        run(true).unwrap();
    }
}

//! The walk-through, command by command: what it shows is what happens.

use std::path::{Path, PathBuf};

use assay_tests::project::{Output, shell_in};

/// A command with what the walk-through shows of its output.
struct Step {
    command: String,
    code: i32,
    shown: Vec<String>,
}

/// The commands of the `console` blocks, in order, and the cases of the `toml` blocks between them.
enum Part {
    Step(Step),
    Cases(String),
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut block: Option<(&str, Vec<&str>)> = None;
    for line in text.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(language)) => block = Some((language, Vec::new())),
            (Some((language, lines)), Some(_)) => {
                match *language {
                    "console" => parts.extend(steps(lines).into_iter().map(Part::Step)),
                    "toml" => parts.push(Part::Cases(lines.join("\n"))),
                    _ => {}
                }
                block = None;
            }
            (Some((_, lines)), None) => lines.push(line),
            (None, None) => {}
        }
    }
    parts
}

fn steps(lines: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        if let Some(command) = line.strip_prefix("$ ") {
            let (command, note) = command.split_once("    # exits with ").unwrap_or((command, "0"));
            steps.push(Step { command: command.to_owned(), code: note.trim().parse().unwrap(), shown: Vec::new() });
        } else if let Some(step) = steps.last_mut() {
            step.shown.extend(line.split('…').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
        }
    }
    steps
}

#[test]
fn every_command_does_what_is_shown() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs_err::read_to_string(root.join("docs/writing-a-check.md")).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut folder: PathBuf = home.path().to_owned();
    let mut ran = 0;
    for part in parts(&text) {
        match part {
            Part::Cases(cases) => {
                let path = folder.join("tests/days.toml");
                let before = fs_err::read_to_string(&path).unwrap();
                fs_err::write(&path, format!("{before}\n{cases}\n")).unwrap();
            }
            Part::Step(Step { command, .. }) if command.starts_with("cd ") => {
                folder = folder.join(command.trim_start_matches("cd "));
            }
            Part::Step(Step { command, code, shown }) => {
                let Output { code: found, stdout, stderr } = shell_in(&folder, &command);
                assert_eq!(found, Some(code), "$ {command}\n{stdout}{stderr}");
                let printed = format!("{stdout}\n{stderr}");
                for part in shown {
                    assert!(printed.contains(&part), "$ {command}\nis shown to print `{part}`, and prints\n{printed}");
                }
                ran += 1;
            }
        }
    }
    assert!(ran >= 8, "{ran} commands");
}

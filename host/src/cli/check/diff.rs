//! `assay check diff`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use comfy_table::Cell;
use serde_json::{Value as Json, json};

use super::place::{Place, load};
use super::replay::read;
use crate::cli::args::{DiffArgs, PlainFormat};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render;
use crate::cli::render::table::{heading, inert, plain};
use crate::kit::compare::{Bump, Change, asks_otherwise, interfaces, is_honest, results};
use crate::kit::golden::document;
use crate::kit::rig::{Outcome, Rig};
use crate::kit::suite::{self, Suite};
use crate::transcribe::Replayed;

/// Compares two versions of a check.
pub(super) async fn diff(args: &DiffArgs) -> Result<ExitCode, Failure> {
    let (from, to) = (rig(&args.from).await?, rig(&args.to).await?);
    let mut changes = interfaces(from.plugin(), to.plugin());
    let (count, what) = if args.recording.is_empty() {
        (over_cases(args, &from, &to, &mut changes).await?, "cases")
    } else {
        (over_recordings(args, &from, &to, &mut changes).await?, "recordings")
    };
    let (before, after) = (&from.plugin().reference.version, &to.plugin().reference.version);
    let asked = changes.iter().map(|change| change.bump).max().unwrap_or(Bump::None);
    let honest = is_honest(before, after, &changes);
    match args.format {
        PlainFormat::Json => render::json(&json!({
            "from": from.plugin().reference.to_string(),
            "to": to.plugin().reference.to_string(),
            what: count,
            "changes": changes.iter().map(view).collect::<Vec<_>>(),
            "asked": asked.as_str(),
            "moved": Bump::between(before, after).map(Bump::as_str),
            "honest": honest,
        }))?,
        PlainFormat::Table => {
            let mut table = plain();
            table.set_header(heading(["ASKS FOR", "WHAT", ""]));
            for Change { bump, what, message } in &changes {
                table.add_row(vec![Cell::new(bump.as_str()), Cell::new(what), Cell::new(inert(message))]);
            }
            if !changes.is_empty() {
                render::out(&format!("{table}\n"))?;
            }
            let moved = match Bump::between(before, after) {
                Some(Bump::None) => format!("the number is still {after}"),
                Some(moved) => format!("{before} to {after} is {}", moved.as_str()),
                None => format!("{after} is before {before}"),
            };
            let verdict = if honest { "honest" } else { "NOT honest" };
            render::out(&format!(
                "{} changes over {count} {what} ask for {}; {moved}: {verdict}",
                changes.len(),
                asked.as_str()
            ))?;
        }
    }
    let exit = if honest { Exit::Ok } else { Exit::Failed };
    Ok(exit.code())
}

/// Runs both over the same cases; returns how many there are.
async fn over_cases(args: &DiffArgs, from: &Rig, to: &Rig, changes: &mut Vec<Change>) -> Result<usize, Failure> {
    let suite = Suite::find(&args.cases).map_err(super::test::failure)?.filtered(&args.filter);
    let mut count = 0;
    for case in suite.cases() {
        count += 1;
        let before = suite::run(from, case).await.map_err(super::bench::failure)?;
        let after = suite::run(to, case).await.map_err(super::bench::failure)?;
        changes.extend(results(&case.id, &document(&before), &document(&after)));
    }
    Ok(count)
}

/// Lets both answer from the same transcripts; returns how many there are. The first must ask what was recorded.
async fn over_recordings(args: &DiffArgs, from: &Rig, to: &Rig, changes: &mut Vec<Change>) -> Result<usize, Failure> {
    for path in &args.recording {
        let transcript = read(path)?;
        let before = from.replay(Arc::clone(&transcript)).await;
        if let Some(divergence) = before.divergence {
            let error = anyhow::anyhow!("`{}` is no recording of A: {}", path.display(), divergence.summary());
            return Err(Failure::usage(error, "record A, or swap the two"));
        }
        let after = to.replay(transcript).await;
        let name = path.display().to_string();
        match after.divergence {
            Some(divergence) => changes.push(asks_otherwise(&name, &divergence.summary())),
            None => {
                let told = |replayed: Replayed| document(&Outcome::from(replayed.concluded));
                changes.extend(results(&name, &told(before), &told(after)));
            }
        }
    }
    Ok(args.recording.len())
}

/// A component, or the check of a folder, built.
async fn rig(place: &Path) -> Result<Rig, Failure> {
    if place.is_file() { load(place, None).await } else { Place::of(place)?.rig(None).await }
}

fn view(change: &Change) -> Json {
    json!({ "asks_for": change.bump.as_str(), "what": change.what, "message": change.message })
}

//! `assay check replay`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use owo_colors::OwoColorize as _;
use serde_json::{Value as Json, json};

use super::place::{Place, load};
use crate::cli::args::{PlainFormat, ReplayArgs};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::render::{self, table::inert};
use crate::kit::golden::{difference, document};
use crate::kit::rig::{Outcome, Rig};
use crate::sandbox::ENGINE_VERSION;
use crate::source::transcript::{Transcript, TranscriptError};
use crate::transcribe::Replayed;

/// What a replay shows against its transcript.
struct Comparison {
    path: PathBuf,
    replayed: Replayed,
    /// How what came of it differs, line by line.
    difference: Option<String>,
    fuel: Fuel,
}

/// Fuel of the recorded run and of the replay.
enum Fuel {
    Equal(u64),
    Differs {
        recorded: u64,
        replayed: u64,
    },
    /// There is nothing to compare: it diverged, or another component or another engine was recorded.
    Diverged,
    OtherComponent,
    OtherEngine,
}

impl Comparison {
    fn is_good(&self) -> bool {
        let fuel = match self.fuel {
            Fuel::Equal(_) | Fuel::Diverged | Fuel::OtherComponent | Fuel::OtherEngine => true,
            Fuel::Differs { .. } => false,
        };
        self.replayed.divergence.is_none() && self.difference.is_none() && fuel
    }
}

/// Runs a check again from its transcripts.
pub(super) async fn replay(args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let rig = match &args.component {
        Some(component) => load(component, None).await?,
        None => Place::of(&args.dir)?.rig(None).await?,
    };
    let mut compared = Vec::new();
    for path in &args.transcripts {
        compared.push(compare(&rig, path).await?);
    }
    match args.format {
        PlainFormat::Json => render::json(&compared.iter().map(view).collect::<Vec<_>>())?,
        PlainFormat::Table => {
            for comparison in &compared {
                tell(comparison)?;
            }
        }
    }
    let exit = if compared.iter().all(Comparison::is_good) { Exit::Ok } else { Exit::Failed };
    Ok(exit.code())
}

/// Reads a transcript.
pub(super) fn read(path: &Path) -> Result<Arc<Transcript>, Failure> {
    Transcript::read(path).map(Arc::new).map_err(|error: TranscriptError| {
        let hint = error.hint();
        Failure::usage(anyhow::Error::new(error).context(format!("`{}` cannot be used", path.display())), hint)
    })
}

async fn compare(rig: &Rig, path: &Path) -> Result<Comparison, Failure> {
    let transcript = read(path)?;
    let replayed = rig.replay(Arc::clone(&transcript)).await;
    let told = |concluded| document(&Outcome::from(concluded));
    let difference = difference(&told(transcript.concluded.clone()), &told(replayed.concluded.clone()));
    let (recorded, again) = (transcript.concluded.usage.fuel, replayed.concluded.usage.fuel);
    let fuel = if replayed.divergence.is_some() {
        Fuel::Diverged
    } else if transcript.header.digest != rig.plugin().digest {
        Fuel::OtherComponent
    } else if transcript.header.engine != ENGINE_VERSION {
        Fuel::OtherEngine
    } else if recorded == again {
        Fuel::Equal(again)
    } else {
        Fuel::Differs { recorded, replayed: again }
    };
    Ok(Comparison { path: path.to_owned(), replayed, difference, fuel })
}

fn tell(comparison: &Comparison) -> std::io::Result<()> {
    let Comparison { path, replayed, difference, fuel } = comparison;
    let fuel = match fuel {
        Fuel::Equal(fuel) => format!("fuel equal: {fuel}"),
        Fuel::Differs { recorded, replayed } => format!("FUEL DIFFERS: {recorded} recorded, {replayed} now"),
        Fuel::Diverged => "fuel not compared".to_owned(),
        Fuel::OtherComponent => "fuel not compared: another component was recorded".to_owned(),
        Fuel::OtherEngine => "fuel not compared: another version of the engine recorded it".to_owned(),
    };
    let word = match (&replayed.divergence, comparison.is_good()) {
        (Some(_), _) => "DIVERGES".red().bold().to_string(),
        (None, false) => "DIFFERS".red().bold().to_string(),
        (None, true) => "ok".green().bold().to_string(),
    };
    render::out(&format!("{word} {} · {} · {fuel}", path.display(), replayed.concluded.conclusion.status))?;
    let divergence = replayed.divergence.iter().map(ToString::to_string);
    // After a divergence the rest follows from it.
    let difference = difference.iter().filter(|_| replayed.divergence.is_none()).cloned();
    for text in divergence.chain(difference) {
        for line in text.lines() {
            render::out(&format!("  {}", inert(line)))?;
        }
    }
    Ok(())
}

fn view(comparison: &Comparison) -> Json {
    let Comparison { path, replayed, difference, fuel } = comparison;
    let fuel = match fuel {
        Fuel::Equal(fuel) => json!({ "compared": true, "equal": true, "recorded": fuel, "replayed": fuel }),
        Fuel::Differs { recorded, replayed } => {
            json!({ "compared": true, "equal": false, "recorded": recorded, "replayed": replayed })
        }
        Fuel::Diverged => json!({ "compared": false, "because": "divergence" }),
        Fuel::OtherComponent => json!({ "compared": false, "because": "another component" }),
        Fuel::OtherEngine => json!({ "compared": false, "because": "another engine" }),
    };
    json!({
        "transcript": path.display().to_string(),
        "same": comparison.is_good(),
        "divergence": replayed.divergence.as_ref().map(ToString::to_string),
        "difference": difference,
        "fuel": fuel,
        "result": document(&Outcome::from(replayed.concluded.clone())),
    })
}

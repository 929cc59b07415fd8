//! All cases of a check: found, run side by side, and compared with what should come of them.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::audit::Observation;
use super::case::{Case, CaseFile, Expected};
use super::golden::{Golden, GoldenError, difference, document};
use super::rig::{CaseError, Outcome, Rig};
use crate::clock;
use crate::config::ConfigError;

/// Folder of the cases in the folder of a check.
pub const FOLDER: &str = "tests";

/// The cases of a check.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The files, in the order of their names.
    pub files: Vec<CaseFile>,
    /// Parts of the ids of cases that are wanted; all when there is none.
    wanted: Vec<String>,
}

/// Why there are no cases.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// The folder has no files of cases.
    #[error("there are no cases: no `*.toml` in `{}`", folder.display())]
    None {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Files say something wrong; every one of them.
    #[error("{} of cases cannot be used", if errors.len() == 1 { "a file" } else { "some files" })]
    Invalid {
        /// What is wrong with each.
        errors: Vec<ConfigError>,
    },
    /// A golden file cannot be used.
    #[error(transparent)]
    Golden(#[from] GoldenError),
}

/// What a test showed.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// All is as it should be.
    Passed,
    /// Another status than the case expects.
    Status {
        /// What the case expects.
        expected: Expected,
    },
    /// The status is right and something else is not.
    Differs {
        /// How, line by line.
        difference: String,
    },
    /// Nobody has said yet what should come of it.
    NoGolden,
    /// The case could not be run.
    Broken {
        /// Why.
        message: String,
        /// What would help.
        hint: String,
    },
}

/// A case that was run.
#[derive(Debug, Clone)]
pub struct Tested {
    /// The case.
    pub case: Arc<Case>,
    /// What it showed.
    pub verdict: Verdict,
    /// What came of it; nothing when it could not be run.
    pub outcome: Option<Outcome>,
    /// How long it took, its tables included.
    pub duration: Duration,
}

impl Suite {
    /// Finds the cases of a check's folder, or those of one file.
    ///
    /// # Errors
    /// [`SuiteError`], with every file that says something wrong.
    pub fn find(place: &Path) -> Result<Self, SuiteError> {
        let mut paths = if place.is_file() { vec![place.to_owned()] } else { in_folder(&place.join(FOLDER))? };
        paths.sort();
        if paths.is_empty() {
            return Err(SuiteError::None { folder: place.join(FOLDER) });
        }
        let (mut files, mut errors) = (Vec::new(), Vec::new());
        for path in paths {
            match CaseFile::load(&path) {
                Ok(file) => files.push(file),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self { files, wanted: Vec::new() }) } else { Err(SuiteError::Invalid { errors }) }
    }

    /// Keeps the cases whose id holds one of the texts; all when there is none.
    #[must_use]
    pub fn filtered(mut self, wanted: &[String]) -> Self {
        wanted.clone_into(&mut self.wanted);
        self
    }

    /// All cases, in order.
    pub fn cases(&self) -> impl Iterator<Item = &Arc<Case>> {
        self.files.iter().flat_map(|file| &file.cases).filter(|case| self.wants(case))
    }

    fn wants(&self, case: &Case) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|text| case.id.contains(text.as_str()))
    }

    /// Runs all cases, as many at once as the machine has cores; in order. `done` is called as each ends.
    ///
    /// # Errors
    /// [`SuiteError::Golden`].
    ///
    /// # Cancel safety
    /// Dropping the future ends every case.
    pub async fn test(&self, rig: &Rig, done: impl Fn(&Tested)) -> Result<Vec<Tested>, SuiteError> {
        let turns = Arc::new(Semaphore::new(rig.guests()));
        let mut running = JoinSet::new();
        let mut index = 0;
        for file in &self.files {
            let golden = Golden::load(&file.golden())?;
            for case in file.cases.iter().filter(|case| self.wants(case)) {
                let expected = golden.get(&case.name).cloned();
                let (case, rig, turns) = (Arc::clone(case), rig.clone(), Arc::clone(&turns));
                running.spawn(async move {
                    let _turn = turns.acquire_owned().await.expect("the turns are never closed");
                    (index, one(&rig, case, expected).await)
                });
                index += 1;
            }
        }
        let mut tested: Vec<Option<Tested>> = vec![None; index];
        while let Some(joined) = running.join_next().await {
            let (index, case) = joined.map_err(io::Error::other)?;
            done(&case);
            tested[index] = Some(case);
        }
        Ok(tested.into_iter().flatten().collect())
    }

    /// Writes down what came of the cases whose status is as expected; a status is never written anew. Returns the
    /// files that changed.
    ///
    /// # Errors
    /// [`SuiteError::Golden`].
    pub fn bless(&self, tested: &[Tested]) -> Result<Vec<PathBuf>, SuiteError> {
        let mut changed = Vec::new();
        for file in &self.files {
            let path = file.golden();
            let before = Golden::load(&path)?;
            let mut golden = before.clone();
            for Tested { case, verdict, outcome, .. } in tested.iter().filter(|tested| tested.case.file == file.path) {
                if let (Verdict::Passed | Verdict::Differs { .. } | Verdict::NoGolden, Some(outcome)) =
                    (verdict, outcome)
                {
                    golden.set(&case.name, document(outcome));
                }
            }
            golden.retain(|name| file.cases.iter().any(|case| case.name == name));
            if golden != before {
                golden.save(&path)?;
                changed.push(path);
            }
        }
        Ok(changed)
    }
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, SuiteError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == "toml") && path.is_file() {
            paths.push(path);
        }
    }
    Ok(paths)
}

async fn one(rig: &Rig, case: Arc<Case>, golden: Option<Json>) -> Tested {
    let began = clock::monotonic();
    let (verdict, outcome) = match run(rig, &case).await {
        Ok(outcome) => (judge(case.expect, golden.as_ref(), &outcome), Some(outcome)),
        Err(error) => (Verdict::Broken { message: error.to_string(), hint: error.hint() }, None),
    };
    Tested { case, verdict, outcome, duration: began.elapsed() }
}

/// Runs a case over its own tables.
///
/// # Errors
/// [`CaseError`].
///
/// # Cancel safety
/// Dropping the future ends guest and queries.
pub async fn run(rig: &Rig, case: &Case) -> Result<Outcome, CaseError> {
    let stage = rig.stage(case).await?;
    rig.run(case, stage.source(), rig.limits(case)).await
}

/// The statements that a case asks, in order.
///
/// # Errors
/// [`CaseError`].
///
/// # Cancel safety
/// Dropping the future ends guest and queries.
pub async fn statements(rig: &Rig, case: &Case) -> Result<Vec<String>, CaseError> {
    let stage = rig.stage(case).await?;
    let observation = Observation::new();
    let observed = Arc::new(observation.source(case.source.as_str(), stage.source()));
    rig.run(case, observed, rig.limits(case)).await?;
    Ok(observation.shapes().into_iter().map(|shape| shape.asked.sql).collect())
}

fn judge(expected: Expected, golden: Option<&Json>, outcome: &Outcome) -> Verdict {
    let conclusion = &outcome.conclusion;
    let other_reason = expected.reason.is_some() && expected.reason != conclusion.reason;
    if conclusion.status != expected.status || other_reason {
        return Verdict::Status { expected };
    }
    match golden {
        None => Verdict::NoGolden,
        Some(golden) => match difference(golden, &document(outcome)) {
            Some(difference) => Verdict::Differs { difference },
            None => Verdict::Passed,
        },
    }
}

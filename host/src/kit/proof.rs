//! The audit of a check: every case of a suite, every query of it, everything that can be done to its answer.

use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::audit::{AuditedCase, Bounds, Ended, Injector, Observation, injections_for};
use super::case::Case;
use super::rig::{CaseError, Rig};
use super::suite::Suite;
use crate::model::{LimitName, LimitRequest};

/// How long a query may take that is never answered, in milliseconds.
const NEVER_ANSWERED_MILLIS: u64 = 300;

/// Why a check cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// A case cannot be run.
    #[error("case `{case}`: {source}")]
    Case {
        /// The case.
        case: String,
        /// Why.
        #[source]
        source: CaseError,
    },
    /// The host broke.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

/// Runs every case of a suite plainly and once for each injection, as many cases at once as the machine has cores. `done`
/// is called as each case ends.
///
/// # Errors
/// [`ProofError`].
///
/// # Cancel safety
/// Dropping the future ends every run.
pub async fn audit(rig: &Rig, suite: &Suite, done: impl Fn(&AuditedCase)) -> Result<Vec<AuditedCase>, ProofError> {
    let turns = Arc::new(Semaphore::new(rig.guests()));
    let mut running = JoinSet::new();
    let mut count = 0;
    for (index, case) in suite.cases().enumerate() {
        let (rig, case, turns) = (rig.clone(), Arc::clone(case), Arc::clone(&turns));
        running.spawn(async move {
            let _turn = turns.acquire_owned().await.expect("the turns are never closed");
            let audited = one(&rig, &case).await.map_err(|source| ProofError::Case { case: case.id.clone(), source });
            (index, audited)
        });
        count = index + 1;
    }
    let mut audited: Vec<Option<AuditedCase>> = vec![None; count];
    while let Some(joined) = running.join_next().await {
        let (index, case) = joined.map_err(io::Error::other)?;
        let case = case?;
        done(&case);
        audited[index] = Some(case);
    }
    Ok(audited.into_iter().flatten().collect())
}

async fn one(rig: &Rig, case: &Case) -> Result<AuditedCase, CaseError> {
    let stage = rig.stage(case).await?;
    let limits = rig.limits(case);
    let bounds = Bounds::of(&limits);
    let source = case.source.as_str();
    let observation = Observation::new();
    let observed = Arc::new(observation.source(source, stage.source()));
    let plain = rig.run(case, observed, limits.clone()).await?;
    let shapes = observation.shapes();
    let mut trials = Vec::new();
    for shape in &shapes {
        for injection in injections_for(shape) {
            let limits = match injection.kind().waits() {
                true => {
                    let value = NEVER_ANSWERED_MILLIS;
                    limits.lowered(&[LimitRequest { name: LimitName::QueryDeadline, value }])
                }
                false => limits.clone(),
            };
            let injector = Injector::new(shape, injection, bounds);
            let injecting = Arc::new(injector.source(source, stage.source()));
            let outcome = rig.run(case, injecting, limits).await?;
            trials.push(injector.trial(Ended::from(&outcome.conclusion)));
        }
    }
    Ok(AuditedCase { name: case.id.clone(), plain: Ended::from(&plain.conclusion), shapes, trials })
}

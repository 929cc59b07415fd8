//! Every request that changes something is logged: who, what, and what came of it.

use std::fmt;

use super::control::ControlError;
use super::gate::Caller;
use super::problem::{Kind, Problem};

/// The target of these lines.
const TARGET: &str = "assay::audit";

/// Carries out `action`, which is `what` in the log.
///
/// # Cancel safety
/// Dropped, because the caller has gone or was told that it takes too long, the action goes on, and is logged.
pub(super) async fn carry_out<T: Send + 'static>(
    caller: Caller,
    what: impl fmt::Debug + Send + 'static,
    action: impl Future<Output = Result<T, ControlError>> + Send + 'static,
) -> Result<T, Problem> {
    let task = tokio::spawn(async move {
        let Caller { name, peer } = caller;
        let who = name.as_deref().unwrap_or("local");
        let outcome = action.await;
        match &outcome {
            Ok(_) => tracing::info!(target: TARGET, who, %peer, ?what, "done"),
            Err(error) => tracing::warn!(target: TARGET, who, %peer, ?what, %error, "not done"),
        }
        outcome
    });
    let broke = |_| Problem::new(Kind::HostFault, "the host failed while it did that; its log says more");
    Ok(task.await.map_err(broke)??)
}

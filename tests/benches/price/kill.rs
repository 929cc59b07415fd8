//! How late a guest is ended, and how long others wait behind guests that compute without end.

use std::sync::Arc;
use std::time::Duration;

use assay::clock;
use assay::model::{Ending, LimitName, LimitRequest, Reason};
use assay_tests::bed::{Bed, ask};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::bed::{CONCURRENCY, Ready, Silent, bed};
use super::figures::{Figures, Times};

/// Executions that are ended.
const KILLS: usize = 300;
/// When each is to end.
const DEADLINE: Duration = Duration::from_millis(30);
/// Executions that are started behind guests that compute.
const STARTS: usize = 300;

pub(crate) fn measure(runtime: &Runtime, figures: &mut Figures) {
    runtime.block_on(async {
        let computing = Arc::new(bed(Arc::new(Ready { batches: 0 })).await);
        let blocked = bed(Arc::new(Silent)).await;
        let overshoot = overshoot(&computing, r#"{"mode":"loop"}"#).await;
        figures.note("overshoot_computing_p99_ms", overshoot.percentile(99).as_secs_f64() * 1e3);
        let overshoot = self::overshoot(&blocked, r#"{"mode":"count"}"#).await;
        figures.note("overshoot_blocked_p99_ms", overshoot.percentile(99).as_secs_f64() * 1e3);
        for computing_guests in [1, CONCURRENCY as usize - 1] {
            let delay = delay_behind(&computing, computing_guests).await;
            let name = format!("execution_behind_{computing_guests}");
            figures.spread(&name, &delay);
        }
    });
}

/// More fuel and time than any of this takes.
fn endless() -> [LimitRequest; 2] {
    [ask(LimitName::Fuel, 100_000_000_000), ask(LimitName::GuestCpu, 60_000)]
}

async fn overshoot(bed: &Bed, settings: &str) -> Times {
    let mut times = Times::default();
    for _ in 0..KILLS {
        let mut job = bed.job(settings, &endless());
        job.deadline = clock::monotonic() + DEADLINE;
        let deadline = job.deadline;
        let execution = bed.sandbox.run(bed.plugin.compiled(), job).await;
        times.push(deadline.elapsed());
        let ended = matches!(execution.ending, Ending::Broken { reason: Reason::Deadline, .. });
        assert!(ended, "{:?}", execution.ending);
    }
    times
}

/// How long an execution takes from its start to its end while so many others compute without end.
async fn delay_behind(bed: &Arc<Bed>, computing_guests: usize) -> Times {
    let mut guests = JoinSet::new();
    for _ in 0..computing_guests {
        let bed = bed.clone();
        guests.spawn(async move { bed.run(r#"{"mode":"loop"}"#, &endless()).await });
    }
    let started = bed.clone();
    // In a task, as the runner does it: the thread that waits here is none of the runtime's.
    let times = tokio::spawn(async move {
        let mut times = Times::default();
        for _ in 0..STARTS {
            let began = clock::monotonic();
            let bed = started.clone();
            tokio::spawn(async move { bed.run("{}", &[]).await }).await.unwrap();
            times.push(began.elapsed());
        }
        times
    });
    let times = times.await.unwrap();
    guests.shutdown().await;
    times
}

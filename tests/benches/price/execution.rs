//! One execution in the sandbox: a fresh store, an instance, a call, all limits on.

use std::sync::Arc;

use assay::model::Ending;
use criterion::Criterion;
use tokio::runtime::Runtime;

use super::bed::{Ready, bed};
use super::figures::{Figures, timed_in_a_task};

pub(crate) fn measure(criterion: &mut Criterion, runtime: &Runtime, figures: &mut Figures) {
    let bed = Arc::new(runtime.block_on(bed(Arc::new(Ready { batches: 0 }))));
    let times = timed_in_a_task(criterion, runtime, "execution", move || {
        let bed = bed.clone();
        async move {
            let execution = bed.run("{}", &[]).await;
            assert!(matches!(execution.ending, Ending::Returned(_)), "{:?}", execution.ending);
        }
    });
    figures.spread("execution", &times);
}

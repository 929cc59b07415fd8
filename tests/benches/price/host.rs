//! A host with its journal: what a run adds to an execution, and how many results a second are durable.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use assay::clock::{self, Clock};
use assay::config::Config;
use assay::runner::{Cancel, Host, Journal, Opening, Request, RunOutcome, run, select};
use assay::store::Store;
use assay_tests::project::{Project, assay, guest};
use criterion::Criterion;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::figures::{Figures, timed_in_a_task};

/// Checks of the run whose results are counted.
const CHECKS: usize = 5_000;
/// Runs of all of them; the median counts.
const RUNS: usize = 5;

pub(crate) fn measure(criterion: &mut Criterion, runtime: &Runtime, figures: &mut Figures) {
    let one = project(1);
    let host = runtime.block_on(load(one.path()));
    let times = timed_in_a_task(criterion, runtime, "run without a journal", move || {
        let host = host.clone();
        async move { drop(once(&host, Journal::Nowhere).await) }
    });
    figures.spread("run", &times);

    let many = project(CHECKS);
    let host = runtime.block_on(load(many.path()));
    let store = Store::open(&many.path().join(".assay"), host.clock.now()).unwrap().store;
    let journal = Journal::Store(Arc::new(store));
    let mut rates: Vec<_> = (0..RUNS)
        .map(|_| {
            let began = clock::monotonic();
            let outcome = runtime.block_on(once(&host, journal.clone()));
            assert_eq!((outcome.results.len(), outcome.not_stored.len()), (CHECKS, 0));
            CHECKS as f64 / began.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    figures.note("durable_results_per_s", rates[RUNS / 2]);
}

async fn once(host: &Arc<Host>, journal: Journal) -> RunOutcome {
    let plan = select(&host.config, &Request::default(), host.clock.now()).unwrap().remove(0);
    let (events, _) = mpsc::unbounded_channel();
    let opening = Opening::new(host, plan);
    run(host.clone(), opening, journal, events, Cancel::new()).await.unwrap()
}

pub(crate) async fn load(folder: &Path) -> Arc<Host> {
    let config = Config::load(&folder.join("assay.toml")).unwrap();
    let (events, _) = mpsc::unbounded_channel();
    Arc::new(Host::load(config, Clock::system(), &assay(), &events).await.unwrap())
}

fn project(checks: usize) -> Project {
    let project = Project::new();
    let mut config = "[source.local]\ntype = \"files\"\npath = \"data\"\n".to_owned();
    for check in 0..checks {
        writeln!(
            config,
            "[[check]]\nname = \"c{check}\"\nplugin = \"bench@1.0.1000\"\nsources = {{ local = [\"t\"] }}"
        )
        .unwrap();
    }
    project.plugin(&guest("bench@1.0.1000.wasm"), None).write("assay.toml", config);
    project
}

//! A check runs once at a time, however many runs ask for it.

use std::sync::Arc;

use assay::clock::Clock;
use assay::config::Config;
use assay::model::{CheckResult, Reason};
use assay::runner::{Cancel, Host, Journal, Opening, Request, run, select};
use assay_tests::project::{Project, assay, guest};
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_of_a_check_take_turns() {
    let project = Project::new();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        "[source.local]\ntype = \"files\"\npath = \"data\"\n[[check]]\nname = \"busy\"\nplugin = \"misbehave@1.0.0\"\n\
         sources = { local = [\"allowed\"] }\nlimits = { fuel = 100_000_000_000, guest_cpu = \"100ms\" }\n\
         [check.settings]\nmode = \"loop\"\n",
    );
    let config = Config::load(&project.path().join("assay.toml")).unwrap();
    let (events, _) = mpsc::unbounded_channel();
    let host = Arc::new(Host::load(config, Clock::system(), &assay(), &events).await.unwrap());
    let once = async || {
        let plan = select(&host.config, &Request::default(), host.clock.now()).unwrap().remove(0);
        let opening = Opening::new(&host, plan);
        let outcome = run(host.clone(), opening, Journal::Nowhere, events.clone(), Cancel::new()).await;
        outcome.unwrap().results.remove(0)
    };
    let (one, other) = tokio::join!(once(), once());
    for result in [&one, &other] {
        assert_eq!(result.conclusion.reason, Some(Reason::CpuTimeout), "nobody is refused: {result:#?}");
    }
    let ended = |result: &CheckResult| result.started_at + jiff::SignedDuration::try_from(result.duration).unwrap();
    let (first, second) = if one.started_at <= other.started_at { (one, other) } else { (other, one) };
    assert!(second.started_at >= ended(&first), "{} began before {}", second.started_at, ended(&first));
}

//! What is told to those who watch.

use std::time::Duration;

use reqwest::Method;

use super::super::metrics::Metrics;
use super::{Api, RunStatus, Status, Trigger, at, record, snapshot};
use crate::model::NotRun;
use crate::notify::Round;

fn lines(metrics: &Metrics) -> Vec<String> {
    let text = metrics.text().unwrap();
    assert!(text.ends_with("# EOF\n"));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn what_happens_is_counted() {
    let metrics = Metrics::new();
    let mut run = record(3, Some("nightly"));
    run.trigger = Trigger::Schedule;
    metrics.run_began(&run);
    metrics.run_ended(&run, RunStatus::Critical, at(13));
    run.trigger = Trigger::CatchUp;
    metrics.run_began(&run);
    let by_hand = record(0, None);
    metrics.run_began(&by_hand);
    metrics.run_ended(&by_hand, RunStatus::Ok, at(-1));
    metrics.result(&"players/row-count".parse().unwrap(), Status::Fail);
    metrics.result(&"players/row-count".parse().unwrap(), Status::Fail);
    metrics.slot_not_run(&"nightly".parse().unwrap(), NotRun::Overlap);
    metrics.journal_error();
    metrics.reload(true);
    metrics.reload(false);
    let lines = lines(&metrics);
    for line in [
        "assay_runs_total{schedule=\"nightly\",trigger=\"schedule\",status=\"critical\"} 1",
        "assay_runs_total{schedule=\"\",trigger=\"manual\",status=\"ok\"} 1",
        "assay_results_total{check=\"players/row-count\",status=\"fail\"} 2",
        "assay_slots_not_run_total{schedule=\"nightly\",reason=\"overlap\"} 1",
        "assay_journal_errors_total 1",
        "assay_config_reloads_total{outcome=\"accepted\"} 1",
        "assay_config_reloads_total{outcome=\"refused\"} 1",
        "assay_start_lag_seconds_count 1",
        "assay_start_lag_seconds_sum 3.0",
        "assay_start_lag_seconds_bucket{le=\"1.0\"} 0",
        "assay_start_lag_seconds_bucket{le=\"5.0\"} 1",
        "assay_run_duration_seconds_sum{schedule=\"nightly\"} 10.0",
        "assay_run_duration_seconds_bucket{le=\"15.0\",schedule=\"nightly\"} 1",
        "assay_run_duration_seconds_sum{schedule=\"\"} 0.0",
        &format!(
            "assay_build_info{{version=\"{}\",engine=\"{}\"}} 1",
            env!("CARGO_PKG_VERSION"),
            crate::sandbox::ENGINE_VERSION
        ),
    ] {
        assert!(lines.iter().any(|told| told == line), "{line} is not in {lines:#?}");
    }
}

#[test]
fn what_was_seen_is_told_until_something_else_is() {
    let metrics = Metrics::new();
    let mut seen = snapshot(Vec::new());
    seen.backlog = 4;
    metrics.saw(&seen);
    let now = lines(&metrics);
    for line in [
        "assay_schedule_next_timestamp_seconds{schedule=\"nightly\"} 1770012000.0",
        "assay_schedule_last_run_timestamp_seconds{schedule=\"nightly\"} 1769925602.0",
        "assay_schedule_last_status{schedule=\"nightly\",status=\"warning\"} 1",
        "assay_schedule_last_status{schedule=\"nightly\",status=\"ok\"} 0",
        "assay_schedule_paused{schedule=\"nightly\"} 0",
        "assay_slots_waiting{schedule=\"nightly\"} 1",
        "assay_runs_running{schedule=\"nightly\"} 1",
        "assay_journal_backlog 4",
        "assay_last_look_timestamp_seconds 1769925630.0",
        "assay_host_problems 1",
    ] {
        assert!(now.iter().any(|told| told == line), "{line} is not in {now:#?}");
    }
    let statuses = now.iter().filter(|line| line.starts_with("assay_schedule_last_status")).count();
    assert_eq!(statuses, RunStatus::ALL.len());

    seen.schedules.clear();
    seen.running.clear();
    metrics.saw(&seen);
    let later = lines(&metrics);
    assert!(!later.iter().any(|line| line.contains("nightly")), "a schedule that is gone is not told: {later:#?}");
}

#[test]
fn what_is_told_is_explained() {
    let metrics = Metrics::new();
    let run = record(0, Some("nightly"));
    metrics.run_ended(&run, RunStatus::Ok, at(1));
    metrics.result(&"a".parse().unwrap(), Status::Pass);
    metrics.slot_not_run(&"nightly".parse().unwrap(), NotRun::Overlap);
    metrics.reload(true);
    metrics.told(&Round { delivered: vec![("pager".to_owned(), Duration::from_secs(1))], ..Round::default() });
    metrics.saw(&snapshot(Vec::new()));
    let text = metrics.text().unwrap();
    let mut named: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split(' ').next()).collect();
    named.sort_unstable();
    for line in ["assay_sink_lag_seconds{dataset=\"p.d\"} 90.0", "assay_sink_failing{dataset=\"p.d\"} 2"] {
        assert!(text.lines().any(|told| told == line), "{line}: {text}");
    }
    assert_eq!(
        named,
        [
            "assay_build",
            "assay_config_reloads",
            "assay_deliveries",
            "assay_delivery_seconds",
            "assay_host_problems",
            "assay_journal_backlog",
            "assay_journal_errors",
            "assay_last_look_timestamp_seconds",
            "assay_results",
            "assay_run_duration_seconds",
            "assay_runs",
            "assay_runs_running",
            "assay_schedule_last_run_timestamp_seconds",
            "assay_schedule_last_status",
            "assay_schedule_next_timestamp_seconds",
            "assay_schedule_paused",
            "assay_sink_days_waiting",
            "assay_sink_failing",
            "assay_sink_lag_seconds",
            "assay_sink_last_success_timestamp_seconds",
            "assay_sink_rows",
            "assay_sink_rows_waiting",
            "assay_slots_not_run",
            "assay_slots_waiting",
            "assay_start_lag_seconds",
        ]
    );
}

#[tokio::test]
async fn metrics_are_served_in_the_format_that_prometheus_asks_for() {
    let api = Api::open().await;
    api.metrics.saw(&snapshot(Vec::new()));
    let answer = api.request(Method::GET, "/metrics").send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert_eq!(answer.text().await.unwrap(), api.metrics.text().unwrap());
}

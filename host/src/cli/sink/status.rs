//! `assay sink status`.

use std::process::ExitCode;

use jiff::SignedDuration;

use super::super::args::PlainFormat;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render;
use super::super::render::table::inert;
use crate::api::view::SinkView;
use crate::clock::Clock;
use crate::store::Store;

/// Prints how the export goes, as the journal has it.
pub(super) async fn status(store: &Store, clock: &Clock, format: PlainFormat) -> Result<ExitCode, Failure> {
    let status = store.export_status().await?;
    let view = SinkView::of(&status, clock.now());
    match (format, &view) {
        (PlainFormat::Json, view) => render::json(view)?,
        (PlainFormat::Table, Some(view)) => render::out(&told(view))?,
        (PlainFormat::Table, None) => render::out("nothing is exported")?,
    }
    let fails = view.is_some_and(|view| view.failing_since.is_some());
    Ok(if fails { Exit::NotStored } else { Exit::Ok }.code())
}

/// Some lines for a person.
pub(in crate::cli) fn told(view: &SinkView) -> String {
    let SinkView { dataset, rows_waiting, days_waiting, lag_ms, last_success_at, failing_since, last_error } = view;
    let lag = SignedDuration::from_secs(lag_ms / 1_000);
    let last = last_success_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let mut text = format!(
        "sink {dataset}: {rows_waiting} rows and {days_waiting} days wait, {lag:#} behind, last exported {last}"
    );
    if let (Some(since), Some(error)) = (failing_since, last_error) {
        text.push_str(&format!("\n! failing since {since}: {}", inert(error)));
    }
    text
}

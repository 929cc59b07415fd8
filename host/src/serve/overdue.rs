//! Checks that should have a result by now, and have none.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::alert::{Event, missing};
use crate::model::{AlertKey, CheckName, RunId, Slot};
use crate::runner::Host;
use crate::store::{AlertContext, ResultFilter, Store, StoreError};

/// The most results that a run is looked through for.
const RESULTS_MAX: u32 = 100_000;

/// What it means for alerts that checks of a slot have no result.
pub(super) type Missing = Vec<(AlertKey, Event, Arc<AlertContext>)>;

/// What it means that a slot has no run: something about each check that would have been part of it.
pub(super) fn of_slot(host: &Host, slot: &Slot) -> Missing {
    let of_it = host.config.checks.iter().filter(|check| check.schedule.as_ref() == Some(&slot.schedule));
    of_it
        .filter_map(|check| {
            let (key, event) = missing(&check.name, slot.scheduled_for);
            Some((key, event, host.alerts_of(&check.name)?))
        })
        .collect()
}

/// Slots that are due and do not run yet: the checks that should have a result by now.
pub(super) fn waiting(host: &Host, slots: &[Slot], now: Timestamp) -> Missing {
    let late = |slot: &Slot, context: &AlertContext| is_late(slot.scheduled_for, context, now);
    slots
        .iter()
        .flat_map(|slot| of_slot(host, slot).into_iter().filter(move |(.., context)| late(slot, context)))
        .collect()
}

/// Runs that have not ended: the checks that should have a result by now and have none in the journal.
///
/// # Errors
/// [`StoreError`] when the journal cannot be read.
///
/// # Cancel safety
/// Nothing is left behind.
pub(super) async fn running(
    host: &Host,
    store: &Store,
    runs: &[(RunId, Slot)],
    now: Timestamp,
) -> Result<Missing, StoreError> {
    let mut found = Vec::new();
    for (run, slot) in runs {
        let late: Vec<_> =
            of_slot(host, slot).into_iter().filter(|(.., context)| is_late(slot.scheduled_for, context, now)).collect();
        if late.is_empty() {
            continue;
        }
        let filter = ResultFilter { run: Some(*run), ..ResultFilter::newest(RESULTS_MAX) };
        let done: BTreeSet<CheckName> =
            store.results(filter).await?.into_iter().map(|stored| stored.result.check).collect();
        found.extend(late.into_iter().filter(|(key, ..)| !done.contains(&key.check)));
    }
    Ok(found)
}

fn is_late(due: Timestamp, context: &AlertContext, now: Timestamp) -> bool {
    let grace = SignedDuration::try_from(context.policy.missing_grace).unwrap_or(SignedDuration::MAX);
    due.saturating_add(grace).unwrap_or(Timestamp::MAX) <= now
}

//! Findings about keys.

use assay_sdk::{DateSpine, Finding};

use crate::comparison::Entry;

/// A finding about some keys: how many, some of them, and the days they lie on.
pub(crate) fn about(finding: Finding, keys: &[Entry<'_>], sample_rows: u32, spine: DateSpine) -> Finding {
    let mut finding = finding.affected(keys.len() as u64);
    for entry in keys.iter().take(sample_rows as usize) {
        finding = finding.sample(sample(*entry));
    }
    let mut days: Vec<_> = keys.iter().filter_map(|(key, _)| key.day).collect();
    days.sort_unstable();
    days.dedup();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return finding };
    let open = if *last >= spine.end() { "true" } else { "false" };
    let spans: Vec<_> = spine.runs(&days).iter().map(ToString::to_string).collect();
    let told = spans.iter().take(SPANS_MAX).cloned().collect::<Vec<_>>().join(", ");
    let more = spans.len().saturating_sub(SPANS_MAX);
    let more = if more == 0 { String::new() } else { format!(" and {more} more spans") };
    finding
        .attribute("start", first.to_string())
        .attribute("end", last.to_string())
        .attribute("days", days.len().to_string())
        .attribute("open", open)
        .remediation(format!("look at {told}{more}"))
}

/// Most spans of days that are told.
const SPANS_MAX: usize = 20;

fn sample((key, pair): Entry<'_>) -> Vec<(String, Option<String>)> {
    let mut sample = Vec::new();
    if let Some(name) = &key.name {
        sample.push(("key".to_owned(), Some(name.text())));
    }
    if let Some(day) = key.day {
        sample.push(("day".to_owned(), Some(day.to_string())));
    }
    for (side, value) in [("left", pair.left), ("right", pair.right)] {
        let told = match value {
            None => Some("(missing)".to_owned()),
            Some(value) => value.text(),
        };
        sample.push((side.to_owned(), told));
    }
    sample
}

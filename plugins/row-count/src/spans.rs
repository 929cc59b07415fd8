//! Days as spans: `2026-01-03..2026-01-05, 2026-01-09`.

use assay_sdk::Date;

/// Consecutive days as one span each, in order.
pub(crate) fn of(days: &[Date]) -> String {
    let spans = days.chunk_by(|a, b| a.tomorrow().is_ok_and(|next| next == *b));
    let text = spans.map(|span| match span {
        [first, .., last] => format!("{first}..{last}"),
        days => days.iter().map(ToString::to_string).collect(),
    });
    text.collect::<Vec<_>>().join(", ")
}

/// The span of some days that a day lies in.
pub(crate) fn around(day: Date, days: &[Date]) -> Option<String> {
    let mut spans = days.chunk_by(|a, b| a.tomorrow().is_ok_and(|next| next == *b));
    spans.find(|span| span.contains(&day)).map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(text: &[&str]) -> Vec<Date> {
        text.iter().map(|day| day.parse().unwrap()).collect()
    }

    #[test]
    fn consecutive_days_are_one_span() {
        let gap = days(&["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-05"]);
        assert_eq!(of(&gap), "2026-01-30..2026-02-01, 2026-02-05");
        assert_eq!(of(&[]), "");
        assert_eq!(around(gap[1], &gap).as_deref(), Some("2026-01-30..2026-02-01"));
        assert_eq!(around(gap[3], &gap).as_deref(), Some("2026-02-05"));
        assert_eq!(around(gap[3], &gap[..3]), None);
    }
}

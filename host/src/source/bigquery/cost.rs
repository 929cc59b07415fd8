//! What a query may be billed: <https://cloud.google.com/bigquery/pricing#on_demand_pricing>.

/// The least that is billed for a table that is read, and for a query that reads anything.
pub(super) const TABLE_MIN: u64 = 10 << 20;
/// Bills are rounded up to it.
const UNIT: u64 = 1 << 20;

/// Bytes billed for a query that processes some of some tables; nothing for nothing.
pub(super) fn billable(processed: u64, tables: usize) -> u64 {
    if processed == 0 {
        return 0;
    }
    let least = TABLE_MIN.saturating_mul(tables.max(1) as u64);
    processed.div_ceil(UNIT).saturating_mul(UNIT).max(least)
}

/// The most that a query may be billed which is estimated at `billable`: tables grow between the estimate and the query.
pub(super) fn with_margin(billable: u64) -> u64 {
    billable.saturating_mul(2).max(TABLE_MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_least_price() {
        assert_eq!(billable(0, 3), 0);
        assert_eq!(billable(1, 0), TABLE_MIN);
        assert_eq!(billable(1, 3), 3 * TABLE_MIN);
        assert_eq!(billable((40 << 20) + 1, 3), 41 << 20);
        assert_eq!((with_margin(0), with_margin(1 << 30)), (TABLE_MIN, 2 << 30));
    }
}

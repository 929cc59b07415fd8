//! What one execution of a check used.

use std::time::Duration;

/// What one execution of a check used. Stored with every result, failed ones included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// Fuel burnt by the guest; comparable only on the same engine version.
    pub fuel: u64,
    /// Time the guest computed, host calls excluded.
    pub guest_cpu: Duration,
    /// Time spent in host calls: queries, mostly.
    pub host_time: Duration,
    /// Most linear memory held at once, summed over memories, in bytes.
    pub peak_memory: u64,
    /// Queries asked, estimates included.
    pub queries: u64,
    /// Rows handed to the guest.
    pub rows: u64,
    /// Bytes of column data handed to the guest.
    pub bytes: u64,
    /// Version of the engine that ran it; none when no guest ran.
    pub engine: Option<String>,
    /// Findings that were over a limit and not kept.
    pub findings_dropped: u64,
    /// Metrics that were over a limit and not kept.
    pub metrics_dropped: u64,
    /// Log lines that were over a limit and not kept.
    pub log_lines_dropped: u64,
}

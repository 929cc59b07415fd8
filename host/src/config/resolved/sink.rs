//! The sink.

use std::time::Duration;

use crate::bigquery::ConnectionOptions;
use crate::sink::Dataset;

/// A copy of the journal's results in BigQuery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkConfig {
    /// How BigQuery is reached, and as whom.
    pub connection: ConnectionOptions,
    /// The dataset of the tables.
    pub dataset: Dataset,
    /// How often what waits is exported.
    pub interval: Duration,
    /// Rows that may wait one by one.
    pub queue_max: u64,
    /// How far it may be behind before the host complains.
    pub alert_after: Duration,
}

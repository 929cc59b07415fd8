//! From a configured source to one that answers.

use std::sync::Arc;

use crate::bigquery::Rest;
use crate::config::{BigQueryConfig, SourceConfig, SourceKind};
use crate::model::{Problem, ProblemCode};
use crate::source::Source;
use crate::source::bigquery::{BigQueryOptions, BigQuerySource};
use crate::source::files::{AsOf, FilesOptions, FilesSource};
use crate::source::ledger::Ledger;

/// Opens a source.
///
/// # Errors
/// `unavailable`, with what would help.
pub(super) async fn open(
    source: &SourceConfig,
    workers: usize,
    ledger: &Arc<dyn Ledger>,
) -> Result<Arc<dyn Source>, Problem> {
    let closed = |error: String, hint: &str| {
        Problem::new(ProblemCode::Unavailable, format!("source `{}` cannot be opened: {error}", source.name))
            .with_hint(hint)
    };
    match &source.kind {
        SourceKind::Files { path, project, memory_bytes, spill_bytes, as_of } => {
            let options = FilesOptions {
                path: path.clone(),
                project: project.clone(),
                memory_bytes: *memory_bytes,
                spill_bytes: *spill_bytes,
                target_partitions: workers,
            };
            let files = FilesSource::open(options).map_err(|error| closed(error.to_string(), error.hint()))?;
            Ok(match as_of.clone() {
                Some((from, until)) => Arc::new(files.as_of(AsOf { from, until })),
                None => Arc::new(files),
            })
        }
        SourceKind::BigQuery(config) => {
            let BigQueryConfig { connection, dataset, daily_budget } = config.clone();
            let location = connection.location.clone();
            let connection = Rest::open(connection).await.map_err(|error| closed(error.to_string(), error.hint()))?;
            let options = BigQueryOptions { name: source.name.clone(), dataset, location, daily_budget };
            Ok(Arc::new(BigQuerySource::new(options, Arc::new(connection), Arc::clone(ledger))))
        }
    }
}

//! An answer as a Parquet file.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::Schema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::arrow::ArrowWriter;
use futures::StreamExt as _;

/// The bytes of a file with all rows of an answer; `names` are those of its columns.
///
/// # Errors
/// When the answer breaks off, or has a type that the format lacks.
pub(super) async fn written(mut answer: SendableRecordBatchStream, names: &[String]) -> Result<Vec<u8>> {
    let fields = answer.schema();
    let fields = fields.fields().iter().zip(names);
    let fields: Vec<_> = fields.map(|(field, name)| field.as_ref().clone().with_name(name)).collect();
    let schema = Arc::new(Schema::new(fields));
    let failed = |error| DataFusionError::ParquetError(Box::new(error));
    let mut writer = ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), None).map_err(failed)?;
    while let Some(batch) = answer.next().await {
        let batch = RecordBatch::try_new(Arc::clone(&schema), batch?.columns().to_vec())?;
        writer.write(&batch).map_err(failed)?;
    }
    writer.into_inner().map_err(failed)
}

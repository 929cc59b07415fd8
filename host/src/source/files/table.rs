//! A table of files as the engine scans it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, FieldRef, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, ScalarValue, Statistics, project_schema};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::listing::helpers::{expr_applicable_for_cols, filter_partitioned_file};
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::{ObjectMeta, ObjectStore};

use super::catalog::{Format, FoundTable};
use super::failure::ReadFailure;
use super::folder::{Snapshot, store_url};
use super::{naming, schema};

/// What is needed to look into files.
pub(super) struct Formats<'a> {
    session: &'a dyn Session,
    store: Arc<dyn ObjectStore>,
}

impl<'a> Formats<'a> {
    /// For the files of a query.
    pub(super) fn new(session: &'a dyn Session, store: Arc<dyn ObjectStore>) -> Self {
        Self { session, store }
    }

    fn parquet(&self) -> ParquetFormat {
        ParquetFormat::default().with_options(self.session.default_table_options().parquet)
    }

    /// Columns of a Parquet file.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub(super) async fn infer_parquet(&self, meta: &ObjectMeta) -> Result<SchemaRef> {
        self.parquet().infer_schema(self.session, &self.store, std::slice::from_ref(meta)).await
    }

    /// Rows of a Parquet file; other formats do not say.
    async fn rows(&self, format: Format, schema: &SchemaRef, meta: &ObjectMeta) -> Result<Precision<usize>> {
        match format {
            Format::Parquet => {
                let stats = self.parquet().infer_stats(self.session, &self.store, Arc::clone(schema), meta).await?;
                Ok(stats.num_rows)
            }
            Format::Csv | Format::NdJson => Ok(Precision::Absent),
        }
    }
}

/// A table of files.
pub(super) struct FilesTable {
    snapshot: Arc<Snapshot>,
    format: Arc<dyn FileFormat>,
    schema: TableSchema,
    files: Vec<PartitionedFile>,
}

impl fmt::Debug for FilesTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilesTable").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl FilesTable {
    /// Looks into the files of `table`, whose first file has the number `first` in the snapshot.
    ///
    /// # Errors
    /// A [`ReadFailure`] inside of the engine's error.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub(super) async fn build(
        formats: &Formats<'_>,
        snapshot: &Arc<Snapshot>,
        table: &FoundTable,
        first: usize,
    ) -> Result<Self> {
        let metas: Vec<ObjectMeta> =
            (first..).take(table.files.len()).filter_map(|number| snapshot.meta(number)).collect();
        let file_schema = schema::of_table(snapshot.dir(), formats, table, &metas).await?;
        let partition_fields: Vec<FieldRef> = table
            .partition_columns
            .iter()
            .map(|(name, data_type)| Arc::new(Field::new(name, data_type.clone(), true)))
            .collect();
        let schema = TableSchema::builder(Arc::clone(&file_schema)).with_table_partition_cols(partition_fields).build();
        let mut files = Vec::with_capacity(metas.len());
        for (file, meta) in table.files.iter().zip(metas) {
            let rows = formats.rows(table.format, &file_schema, &meta).await;
            let rows = rows.map_err(|error| ReadFailure::wrap(&file.found.path, error))?;
            let mut partitioned = PartitionedFile::new_from_meta(meta);
            let values = file.partition.iter().zip(&table.partition_columns);
            partitioned.partition_values = values
                .map(|(value, (_, data_type))| match value {
                    Some(value) => ScalarValue::try_from_string(value.clone(), data_type),
                    None => ScalarValue::try_from(data_type),
                })
                .collect::<Result<_>>()?;
            let mut statistics = Statistics::new_unknown(schema.table_schema());
            statistics.num_rows = rows;
            partitioned.statistics = Some(Arc::new(statistics));
            files.push(partitioned);
        }
        let format: Arc<dyn FileFormat> = match table.format {
            Format::Parquet => Arc::new(formats.parquet()),
            // A quoted value may hold an end of line, so that a file cannot be cut at just any of them.
            Format::Csv => Arc::new(CsvFormat::default().with_has_header(true).with_newlines_in_values(true)),
            Format::NdJson => Arc::new(JsonFormat::default()),
        };
        Ok(Self { snapshot: Arc::clone(snapshot), format, schema, files })
    }

    fn kept_files(&self, filters: &[Expr]) -> Result<Vec<PartitionedFile>> {
        let fields = self.schema.table_partition_cols().clone();
        let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
        let filters: Vec<Expr> = filters
            .iter()
            .filter(|filter| !names.is_empty() && expr_applicable_for_cols(&names, filter))
            .cloned()
            .collect();
        let partition_schema = DFSchema::try_from(Schema::new(fields))?;
        let kept = self.files.iter().map(|file| filter_partitioned_file(file.clone(), &filters, &partition_schema));
        kept.filter_map(Result::transpose).collect()
    }
}

#[async_trait]
impl TableProvider for FilesTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.schema.table_schema())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Folders that a filter rules out are not opened; the filter is applied to rows all the same.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let files = self.kept_files(filters)?;
        if files.is_empty() {
            return Ok(Arc::new(EmptyExec::new(project_schema(&self.schema(), projection)?)));
        }
        let mut statistics = Statistics::new_unknown(self.schema.table_schema());
        statistics.num_rows = files.iter().fold(Precision::Exact(0), |sum, file| {
            let rows = file.statistics.as_ref().map_or(Precision::Absent, |statistics| statistics.num_rows);
            sum.add(&rows)
        });
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let source = self.format.file_source(self.schema.clone());
        let config = FileScanConfigBuilder::new(store_url(), source)
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        let plan = self.format.create_physical_plan(state, config).await?;
        let scan = plan.downcast_ref::<DataSourceExec>();
        let config = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>());
        let config = config.ok_or_else(|| DataFusionError::Internal("a scan of files without files".to_owned()))?;
        let named = naming::name_files(Arc::clone(config.file_source()), Arc::clone(&self.snapshot));
        Ok(DataSourceExec::from_data_source(FileScanConfigBuilder::from(config.clone()).with_source(named).build()))
    }
}

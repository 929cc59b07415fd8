//! A table of files as the engine scans it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, FieldRef, Fields, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics, project_schema};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::listing::helpers::{expr_applicable_for_cols, filter_partitioned_file};
use datafusion::datasource::physical_plan::parquet::metadata::DFParquetMetadata;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfig, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::parquet::file::metadata::ParquetMetaData;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use object_store::{ObjectMeta, ObjectStore};

use super::catalog::{Format, FoundTable};
use super::estimate::ColumnBytes;
use super::failure::ReadFailure;
use super::folder::{FoundFile, Snapshot, store_url};
use super::naming;
use super::schema::{self, Columns};
use super::text::{Compression, Layout, TextSource};

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
        let mut options = self.session.default_table_options().parquet;
        // The old timestamps are instants, as they are for BigQuery.
        options.global.coerce_int96_tz = Some("UTC".to_owned());
        ParquetFormat::default().with_options(options)
    }

    /// Columns of a Parquet file.
    ///
    /// # Cancel safety
    /// Nothing is left behind.
    pub(super) async fn infer_parquet(&self, meta: &ObjectMeta) -> Result<SchemaRef> {
        self.parquet().infer_schema(self.session, &self.store, std::slice::from_ref(meta)).await
    }

    /// What the end of a Parquet file tells of it, which was read for its columns already.
    async fn metadata(&self, meta: &ObjectMeta) -> Result<Arc<ParquetMetaData>> {
        let cache = self.session.runtime_env().cache_manager.get_file_metadata_cache();
        let metadata = DFParquetMetadata::new(self.store.as_ref(), meta).with_file_metadata_cache(Some(cache));
        let metadata = metadata.fetch_metadata().await?;
        // Counts are answered from here, and nothing but this says that they are right.
        let rows = metadata.row_groups().iter().try_fold(0_i64, |sum, group| {
            let flat = group.columns().iter().filter(|column| column.column_descr().max_rep_level() == 0);
            let agree = flat.into_iter().all(|column| column.num_values() == group.num_rows());
            sum.checked_add(group.num_rows()).filter(|_| agree && group.num_rows() >= 0)
        });
        if rows == Some(metadata.file_metadata().num_rows()) {
            Ok(metadata)
        } else {
            Err(DataFusionError::Execution("the numbers of rows at its end contradict each other".to_owned()))
        }
    }
}

/// How the files of a table are read.
enum Scan {
    Parquet(Box<ParquetFormat>),
    Text(Arc<Layout>),
}

/// A table of files.
pub(super) struct FilesTable {
    snapshot: Arc<Snapshot>,
    scan: Scan,
    /// The columns of its files, as they are declared.
    fields: Fields,
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
        let Columns { fields, schema: file_schema } = schema::of_table(snapshot.dir(), formats, table, &metas).await?;
        let partition_fields: Vec<FieldRef> = table
            .partition_columns
            .iter()
            .map(|(name, data_type)| Arc::new(Field::new(name, data_type.clone(), true)))
            .collect();
        let schema = TableSchema::builder(Arc::clone(&file_schema)).with_table_partition_cols(partition_fields).build();
        let mut files = Vec::with_capacity(metas.len());
        for (file, meta) in table.files.iter().zip(metas) {
            let mut partitioned = PartitionedFile::new_from_meta(meta);
            let mut statistics = Statistics::new_unknown(schema.table_schema());
            if table.format == Format::Parquet {
                let metadata = formats.metadata(&partitioned.object_meta).await;
                let metadata = metadata.map_err(|error| ReadFailure::wrap(&file.found.path, error))?;
                let rows = usize::try_from(metadata.file_metadata().num_rows());
                statistics.num_rows = rows.map_or(Precision::Absent, Precision::Exact);
                partitioned.extensions.insert(ColumnBytes::of(&metadata, &file_schema));
            }
            partitioned.partition_values.clone_from(&file.partition);
            partitioned.statistics = Some(Arc::new(statistics));
            files.push(partitioned);
        }
        let scan = match table.format {
            Format::Parquet => Scan::Parquet(Box::new(formats.parquet())),
            Format::Text(format) => Scan::Text(Arc::new(Layout::new(format, fields.clone(), table.declared.is_some()))),
        };
        Ok(Self { snapshot: Arc::clone(snapshot), scan, fields, schema, files })
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
        let config = |source| {
            FileScanConfigBuilder::new(store_url(), source)
                .with_file_groups(groups)
                .with_statistics(statistics)
                .with_limit(limit)
                .with_projection_indices(projection.cloned())
        };
        let config = match &self.scan {
            Scan::Text(layout) => {
                let is_packed = |file: &FoundFile| Compression::of(&file.path).1 != Compression::None;
                let found = self.files.iter().filter_map(|file| self.snapshot.file(&file.object_meta.location));
                let parts = !found.into_iter().any(is_packed);
                let (snapshot, schema) = (Arc::clone(&self.snapshot), self.schema.clone());
                config(Arc::new(TextSource::new(snapshot, Arc::clone(layout), schema, parts)))?.build()
            }
            Scan::Parquet(format) => {
                let config = config(format.file_source(self.schema.clone()))?.build();
                let plan = format.create_physical_plan(state, config).await?;
                let scan = plan.downcast_ref::<DataSourceExec>();
                let config = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>());
                config.cloned().ok_or_else(|| DataFusionError::Internal("a scan of files without files".to_owned()))?
            }
        };
        let promised = match &self.scan {
            Scan::Parquet(_) => self.fields.clone(),
            // Readers of text check it themselves: they know the rows.
            Scan::Text(_) => Fields::empty(),
        };
        let named = naming::name_files(Arc::clone(config.file_source()), Arc::clone(&self.snapshot), promised);
        Ok(DataSourceExec::from_data_source(FileScanConfigBuilder::from(config).with_source(named).build()))
    }
}

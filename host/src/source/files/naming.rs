//! Errors that name the file. The engine's readers report what went wrong and not where; here every step of reading a
//! file is wrapped so that its error becomes a [`ReadFailure`]. What was declared of its columns is checked at the
//! same place.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{FieldRef, Fields};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileOpener, FileScanConfig, FileSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::filter_pushdown::FilterPushdownPropagation;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::{DisplayFormatType, SortOrderPushdownResult};
use datafusion_datasource::morsel::{Morsel, MorselPlan, MorselPlanner, Morselizer};
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::ObjectStore;

use super::failure::{Fault, ReadFailure};
use super::folder::Snapshot;
use super::promise;

/// The same source, with errors that name the file, also where a column breaks its promise among `promised`, the
/// columns of the table from the first on.
pub(super) fn name_files(inner: Arc<dyn FileSource>, snapshot: Arc<Snapshot>, promised: Fields) -> Arc<dyn FileSource> {
    Arc::new(NamingSource { inner, snapshot, promised })
}

struct NamingSource {
    inner: Arc<dyn FileSource>,
    snapshot: Arc<Snapshot>,
    promised: Fields,
}

impl NamingSource {
    fn around(&self, inner: Arc<dyn FileSource>) -> Arc<dyn FileSource> {
        name_files(inner, Arc::clone(&self.snapshot), self.promised.clone())
    }

    /// The promises for the columns that are read, by their places in a batch.
    fn promises(&self) -> Arc<[(usize, FieldRef)]> {
        let Some(projection) = self.inner.projection() else { return Arc::new([]) };
        let promises = projection.expr_iter().enumerate().filter_map(|(place, expr)| {
            let field = self.promised.get(expr.downcast_ref::<Column>()?.index())?;
            promise::is_made(field).then(|| (place, Arc::clone(field)))
        });
        promises.collect()
    }
}

impl FileSource for NamingSource {
    fn create_file_opener(
        &self,
        object_store: Arc<dyn ObjectStore>,
        base_config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        self.inner.create_file_opener(object_store, base_config, partition)
    }

    fn create_morselizer(
        &self,
        object_store: Arc<dyn ObjectStore>,
        base_config: &FileScanConfig,
        partition: usize,
    ) -> Result<Box<dyn Morselizer>> {
        let inner = self.inner.create_morselizer(object_store, base_config, partition)?;
        Ok(Box::new(NamingMorselizer { inner, snapshot: Arc::clone(&self.snapshot), promises: self.promises() }))
    }

    fn table_schema(&self) -> &TableSchema {
        self.inner.table_schema()
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        self.around(self.inner.with_batch_size(batch_size))
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.inner.filter()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        self.inner.projection()
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        self.inner.metrics()
    }

    fn file_type(&self) -> &str {
        self.inner.file_type()
    }

    fn fmt_extra(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt_extra(t, f)
    }

    fn supports_repartitioning(&self) -> bool {
        self.inner.supports_repartitioning()
    }

    fn repartitioned(
        &self,
        target_partitions: usize,
        repartition_file_min_size: usize,
        output_ordering: Option<LexOrdering>,
        config: &FileScanConfig,
    ) -> Result<Option<FileScanConfig>> {
        self.inner.repartitioned(target_partitions, repartition_file_min_size, output_ordering, config)
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let pushed = self.inner.try_pushdown_filters(filters, config)?;
        let updated_node = pushed.updated_node.map(|inner| self.around(inner));
        Ok(FilterPushdownPropagation { filters: pushed.filters, updated_node })
    }

    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
        eq_properties: &EquivalenceProperties,
    ) -> Result<SortOrderPushdownResult<Arc<dyn FileSource>>> {
        Ok(self.inner.try_pushdown_sort(order, eq_properties)?.map(|inner| self.around(inner)))
    }

    fn reorder_files(&self, files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        self.inner.reorder_files(files)
    }

    /// Takes in columns only: an expression of the statement that fails must not look like a damaged file.
    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        if !projection.expr_iter().all(|expr| expr.is::<Column>()) {
            return Ok(None);
        }
        Ok(self.inner.try_pushdown_projection(projection)?.map(|inner| self.around(inner)))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.inner.apply_expressions(f)
    }
}

#[derive(Debug)]
struct NamingMorselizer {
    inner: Box<dyn Morselizer>,
    snapshot: Arc<Snapshot>,
    promises: Arc<[(usize, FieldRef)]>,
}

impl Morselizer for NamingMorselizer {
    fn plan_file(&self, file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        let location = &file.object_meta.location;
        let name: Arc<str> = match self.snapshot.file(location) {
            Some(found) => found.path.as_str().into(),
            None => location.as_ref().into(),
        };
        let inner = self.inner.plan_file(file).map_err(|error| ReadFailure::wrap(&name, error))?;
        let known = Known { name, promises: Arc::clone(&self.promises) };
        Ok(Box::new(NamingPlanner { inner, known }))
    }
}

/// What is known of the file that is read.
#[derive(Debug, Clone)]
struct Known {
    name: Arc<str>,
    promises: Arc<[(usize, FieldRef)]>,
}

impl Known {
    fn check(&self, batch: RecordBatch) -> Result<RecordBatch> {
        for (place, field) in self.promises.iter() {
            if let Some((_, path)) = batch.columns().get(*place).and_then(|array| promise::breach(field, array)) {
                let fault = Fault::Misfit(promise::breached(&path));
                return Err(ReadFailure { file: self.name.as_ref().to_owned(), fault }.into());
            }
        }
        Ok(batch)
    }
}

#[derive(Debug)]
struct NamingPlanner {
    inner: Box<dyn MorselPlanner>,
    known: Known,
}

impl NamingPlanner {
    fn around(known: &Known, inner: Box<dyn MorselPlanner>) -> Box<dyn MorselPlanner> {
        Box::new(Self { inner, known: known.clone() })
    }
}

impl MorselPlanner for NamingPlanner {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        let Self { inner, known } = *self;
        let wrap = |error| ReadFailure::wrap(&known.name, error);
        let Some(mut plan) = inner.plan().map_err(wrap)? else { return Ok(None) };
        let morsels = plan.take_morsels().into_iter();
        let morsels = morsels.map(|inner| Box::new(NamingMorsel { inner, known: known.clone() }) as Box<dyn Morsel>);
        let planners = plan.take_ready_planners().into_iter().map(|inner| Self::around(&known, inner));
        let mut named = MorselPlan::new().with_morsels(morsels.collect()).with_planners(planners.collect());
        if let Some(pending) = plan.take_pending_planner() {
            named.set_pending_planner(async move {
                let inner = pending.await.map_err(|error| ReadFailure::wrap(&known.name, error))?;
                Ok(Self::around(&known, inner))
            });
        }
        Ok(Some(named))
    }
}

#[derive(Debug)]
struct NamingMorsel {
    inner: Box<dyn Morsel>,
    known: Known,
}

impl Morsel for NamingMorsel {
    fn into_stream(self: Box<Self>) -> BoxStream<'static, Result<RecordBatch>> {
        let Self { inner, known } = *self;
        let batches = inner.into_stream();
        batches.map(move |batch| known.check(batch.map_err(|error| ReadFailure::wrap(&known.name, error))?)).boxed()
    }
}

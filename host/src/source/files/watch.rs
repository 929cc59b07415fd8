//! Queries that stop when nobody wants their answer any more, and that make no batch larger than they may.
//!
//! The engine gives way only where it reads: one step of an aggregate runs through all that a product of tables makes of
//! few rows. So every node of a finished plan goes through a [`WatchExec`], and what a join computes without giving
//! anything out is checked by its filter.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{JoinType, ScalarValue};
use datafusion::config::ConfigOptions;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{ColumnarValue, LogicalPlan};
use datafusion::optimizer::analyzer::{Analyzer, AnalyzerRule};
use datafusion::optimizer::{Optimizer, OptimizerConfig, OptimizerRule};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_optimizer::optimizer::PhysicalOptimizer;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{
    CrossJoinExec, HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder, PiecewiseMergeJoinExec,
    SortMergeJoinExec, SymmetricHashJoinExec,
};
use datafusion::physical_plan::scalar_subquery::ScalarSubqueryExec;
use datafusion::physical_plan::unnest::UnnestExec;
use datafusion::physical_plan::windows::WindowAggExec;
use datafusion::physical_plan::{DisplayAs, DisplayFormatType, ExecutionPlan, PlanProperties};
use futures::Stream;

use super::size;

/// Most bytes of a batch that is not read but made. Where values as they are read are larger, four times those.
pub(super) const BATCH_BYTES_MAX: usize = 64 << 20;

/// Rows of a batch where rows are multiplied.
pub(super) const MULTIPLIED_ROWS: usize = 2_048;

/// Most bytes of a row that is multiplied: a full batch of such rows is one of the largest.
pub(super) const MULTIPLIED_ROW_BYTES_MAX: usize = BATCH_BYTES_MAX / MULTIPLIED_ROWS;

/// Why a query was ended from here.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    /// Nobody wants the answer.
    #[error("the query was given up")]
    Unwanted,
    /// A batch is larger than it may be.
    #[error("a step of the query makes {bytes} bytes at once; at most {} are held", BATCH_BYTES_MAX)]
    Batch {
        /// Its size.
        bytes: usize,
    },
    /// A row that a join, an `UNNEST` or a subquery would write many times.
    #[error("a row of {bytes} bytes would be multiplied; at most {} are", MULTIPLIED_ROW_BYTES_MAX)]
    Row {
        /// Its size.
        bytes: usize,
    },
    /// A function would make more than it may.
    #[error("the function `{function}` would make more than {} bytes at once", BATCH_BYTES_MAX)]
    Function {
        /// Its name.
        function: String,
    },
}

impl From<Ended> for DataFusionError {
    fn from(ended: Ended) -> Self {
        Self::External(Box::new(ended))
    }
}

/// What all parts of a query know of it.
#[derive(Debug, Default)]
struct State {
    unwanted: AtomicBool,
    /// Bytes of the largest batch that was read.
    read_bytes: AtomicUsize,
}

/// Tells the parts of a query that it is over.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<State>);

impl Watch {
    /// Ends the query wherever it is looked at next.
    pub(super) fn stop(&self) {
        self.0.unwanted.store(true, Ordering::Relaxed);
    }

    /// # Errors
    /// When the query is over.
    pub(super) fn check(&self) -> Result<()> {
        if self.0.unwanted.load(Ordering::Relaxed) { Err(Ended::Unwanted.into()) } else { Ok(()) }
    }
}

/// The plan with every node watched.
pub(super) fn watched(plan: Arc<dyn ExecutionPlan>, watch: &Watch) -> Result<Arc<dyn ExecutionPlan>> {
    let watched = plan.transform_up(|node| {
        let node = with_checked_filter(node, watch)?;
        let children = node.children().into_iter().enumerate().map(|(at, child)| {
            match (duty(&node, at), child.downcast_ref::<WatchExec>()) {
                (Duty::None, _) | (_, None) => Arc::clone(child),
                (duty, Some(watched)) => Arc::new(WatchExec { duty, ..watched.clone() }),
            }
        });
        let children = children.collect();
        let node = replace_children_if_necessary(node, children)?;
        let reads = node.children().is_empty();
        Ok(Transformed::yes(Arc::new(WatchExec { input: node, watch: watch.clone(), reads, duty: Duty::None }) as _))
    })?;
    Ok(watched.data)
}

/// What the node above does with the batches that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    /// Nothing that the engine does not account for.
    None,
    /// Writes a row many times.
    Narrow,
    /// Keeps all of them.
    Kept,
}

fn duty(parent: &Arc<dyn ExecutionPlan>, child: usize) -> Duty {
    let multiplies = parent.is::<CrossJoinExec>()
        || parent.is::<HashJoinExec>()
        || parent.is::<NestedLoopJoinExec>()
        || parent.is::<SortMergeJoinExec>()
        || parent.is::<SymmetricHashJoinExec>()
        || parent.is::<PiecewiseMergeJoinExec>()
        || parent.is::<UnnestExec>()
        // Behind the first are the subqueries, whose one value stands in every row.
        || (parent.is::<ScalarSubqueryExec>() && child > 0);
    if multiplies {
        Duty::Narrow
    } else if parent.is::<WindowAggExec>() {
        Duty::Kept
    } else {
        Duty::None
    }
}

/// Joins compare many pairs of rows between two batches that they give out.
fn with_checked_filter(node: Arc<dyn ExecutionPlan>, watch: &Watch) -> Result<Arc<dyn ExecutionPlan>> {
    let checked = |filter: Option<&JoinFilter>, join_type: JoinType| match filter {
        Some(filter) => Some(JoinFilter::new(
            Arc::new(Checked { watch: watch.clone(), inner: Some(Arc::clone(filter.expression())) }),
            filter.column_indices().to_vec(),
            Arc::clone(filter.schema()),
        )),
        // These give out nothing for a pair, so that only a filter notices it.
        None if !matches!(join_type, JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full) => {
            let always = Arc::new(Checked { watch: watch.clone(), inner: None });
            Some(JoinFilter::new(always, Vec::new(), Arc::new(Schema::empty())))
        }
        None => None,
    };
    if let Some(join) = node.downcast_ref::<HashJoinExec>() {
        return match checked(join.filter(), *join.join_type()) {
            Some(filter) => join.builder().with_filter(Some(filter)).build_exec(),
            None => Ok(node),
        };
    }
    if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>() {
        return match checked(join.filter(), *join.join_type()) {
            Some(filter) => {
                let (left, right) = (Arc::clone(join.left()), Arc::clone(join.right()));
                let builder = NestedLoopJoinExecBuilder::new(left, right, *join.join_type());
                let builder = builder.with_projection_ref(join.projection().clone()).with_filter(Some(filter));
                Ok(Arc::new(builder.build()?))
            }
            None => Ok(node),
        };
    }
    Ok(node)
}

/// Passes batches on as long as the query is wanted.
#[derive(Debug, Clone)]
struct WatchExec {
    input: Arc<dyn ExecutionPlan>,
    watch: Watch,
    /// Whether the batches come from files.
    reads: bool,
    duty: Duty,
}

impl DisplayAs for WatchExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WatchExec")
    }
}

impl ExecutionPlan for WatchExec {
    fn name(&self) -> &'static str {
        "WatchExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        self.input.properties()
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.pop()) {
            (Some(input), None) => Ok(Arc::new(Self { input, ..Self::clone(&self) })),
            _ => Err(DataFusionError::Internal("a watched node is one".to_owned())),
        }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.watch.check()?;
        let kept = (self.duty == Duty::Kept).then(|| MemoryConsumer::new("Window").register(context.memory_pool()));
        let input = self.input.execute(partition, context)?;
        let (watch, reads) = (self.watch.clone(), self.reads);
        Ok(Box::pin(WatchStream { input, watch, reads, narrow: self.duty == Duty::Narrow, kept }))
    }
}

struct WatchStream {
    input: SendableRecordBatchStream,
    watch: Watch,
    reads: bool,
    narrow: bool,
    kept: Option<MemoryReservation>,
}

impl WatchStream {
    fn admit(&self, batch: &RecordBatch) -> Result<()> {
        let bytes = size::batch(batch);
        let read_bytes = &self.watch.0.read_bytes;
        if self.reads {
            read_bytes.fetch_max(bytes, Ordering::Relaxed);
        } else if bytes > BATCH_BYTES_MAX.max(read_bytes.load(Ordering::Relaxed).saturating_mul(4)) {
            return Err(Ended::Batch { bytes }.into());
        }
        if self.narrow && bytes > MULTIPLIED_ROW_BYTES_MAX {
            let bytes = size::widest_row(batch);
            if bytes > MULTIPLIED_ROW_BYTES_MAX {
                return Err(Ended::Row { bytes }.into());
            }
        }
        match &self.kept {
            Some(kept) => kept.try_grow(batch.get_array_memory_size()),
            None => Ok(()),
        }
    }
}

impl Stream for WatchStream {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.watch.check()?;
        let turn = ready!(tokio::task::coop::poll_proceed(context));
        let polled = self.input.as_mut().poll_next(context);
        if polled.is_ready() {
            turn.made_progress();
        }
        if let Poll::Ready(Some(Ok(batch))) = &polled {
            self.watch.check()?;
            self.admit(batch)?;
        }
        polled
    }
}

impl RecordBatchStream for WatchStream {
    fn schema(&self) -> SchemaRef {
        self.input.schema()
    }
}

/// A condition that is an error once the query is over; true by itself.
#[derive(Debug)]
struct Checked {
    watch: Watch,
    inner: Option<Arc<dyn PhysicalExpr>>,
}

impl PartialEq for Checked {
    fn eq(&self, other: &Self) -> bool {
        match (&self.inner, &other.inner) {
            (Some(one), Some(other)) => one.as_ref() == other.as_ref(),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl Eq for Checked {}

impl Hash for Checked {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(inner) = &self.inner {
            inner.as_ref().hash(state);
        }
    }
}

impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.inner {
            Some(inner) => inner.fmt(f),
            None => f.write_str("true"),
        }
    }
}

impl PhysicalExpr for Checked {
    fn return_field(&self, schema: &Schema) -> Result<FieldRef> {
        match &self.inner {
            Some(inner) => inner.return_field(schema),
            None => Ok(Arc::new(Field::new("true", DataType::Boolean, false))),
        }
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        self.watch.check()?;
        match &self.inner {
            Some(inner) => inner.evaluate(batch),
            None => Ok(ColumnarValue::Scalar(ScalarValue::Boolean(Some(true)))),
        }
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        self.inner.iter().collect()
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(Arc::new(Self { watch: self.watch.clone(), inner: children.pop() }))
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Ends planning between two of its rules.
#[derive(Debug)]
struct Checkpoint(Watch);

const CHECKPOINT: &str = "checkpoint";

impl AnalyzerRule for Checkpoint {
    fn analyze(&self, plan: LogicalPlan, _: &ConfigOptions) -> Result<LogicalPlan> {
        self.0.check().map(|()| plan)
    }

    fn name(&self) -> &str {
        CHECKPOINT
    }
}

impl OptimizerRule for Checkpoint {
    fn name(&self) -> &str {
        CHECKPOINT
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        self.0.check().map(|()| Transformed::no(plan))
    }
}

impl PhysicalOptimizerRule for Checkpoint {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, _: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        self.0.check().map(|()| plan)
    }

    fn name(&self) -> &str {
        CHECKPOINT
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The engine's rules with a checkpoint before each of them.
pub(super) struct Rules {
    /// Of statements.
    pub(super) analyzer: Vec<Arc<dyn AnalyzerRule + Send + Sync>>,
    /// Of what they mean.
    pub(super) optimizer: Vec<Arc<dyn OptimizerRule + Send + Sync>>,
    /// Of how they run.
    pub(super) physical: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>,
}

impl Rules {
    /// For one query.
    pub(super) fn of(watch: &Watch) -> Self {
        let checkpoint = Arc::new(Checkpoint(watch.clone()));
        let analyzer = Analyzer::new().rules.into_iter();
        let optimizer = Optimizer::new().rules.into_iter();
        let physical = PhysicalOptimizer::new().rules.into_iter();
        Self {
            analyzer: analyzer.flat_map(|rule| [checkpoint.clone() as _, rule]).collect(),
            optimizer: optimizer.flat_map(|rule| [checkpoint.clone() as _, rule]).collect(),
            physical: physical.flat_map(|rule| [checkpoint.clone() as _, rule]).collect(),
        }
    }
}

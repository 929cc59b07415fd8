//! The engine as one query sees it: its own tables, a bounded share of memory and disk, and the
//! functions that are listed.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::datatypes::FieldRef;
use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider, SchemaProvider,
    TableProvider,
};
use datafusion::common::Column;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::disk_manager::DiskManager;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreUrl};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, UNNAMED_TABLE as UNQUALIFIED_TABLE};
use datafusion::prelude::SessionConfig;
use object_store::ObjectStore;

use super::bounded::Bound;
use super::folder::store_url;
use super::googlesql::{GoogleTypes, Registry};
use super::share::Memory;
use super::watch::{Rules, Watch};
use crate::source::TableName;

/// Rows of a batch inside of the engine.
pub(super) const BATCH_ROWS: usize = 8_192;

/// Names of the catalog and schema of tables without a dataset. No statement can spell them.
const HERE: &str = ":here";

/// How the engine is set up for GoogleSQL on files.
pub(super) fn config(target_partitions: usize, memory_bytes: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(target_partitions.max(1))
        .with_batch_size(BATCH_ROWS)
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(HERE, HERE);
    let options = config.options_mut();
    options.sql_parser.enable_ident_normalization = false;
    // So that a problem can say where in the statement a column is.
    options.sql_parser.collect_spans = true;
    // Nulls come first in ascending and last in descending order.
    options.sql_parser.default_null_ordering = "nulls_min".to_owned();
    // A sort keeps this much back for merging what it spilled; the engine's own number is larger than small pools.
    let merge = memory_bytes / 16 / target_partitions.max(1);
    options.execution.sort_spill_reservation_bytes = merge.min(options.execution.sort_spill_reservation_bytes);
    // The old Parquet timestamps span more years than nanoseconds can.
    options.execution.parquet.coerce_int96 = Some("us".to_owned());
    config
}

/// Memory and disk that all queries of a source share.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    /// Bounds memory.
    pub(super) memory: Arc<Memory>,
    /// Bounds what is spilled.
    pub(super) disk: Arc<DiskManager>,
}

impl Shared {
    /// The surroundings of one query, in which `store` is all there is to read.
    pub(super) fn runtime(&self, store: Arc<dyn ObjectStore>) -> Result<Arc<RuntimeEnv>> {
        let mut builder = RuntimeEnvBuilder::new()
            .with_memory_pool(self.memory.share())
            .with_object_store_registry(Arc::new(DefaultObjectStoreRegistry::new()));
        builder.disk_manager = Some(Arc::clone(&self.disk));
        let runtime = builder.build_arc()?;
        // The registry comes with the whole file system.
        runtime.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref())?;
        runtime.register_object_store(store_url().as_ref(), store);
        Ok(runtime)
    }
}

/// The state of a query, without tables.
pub(super) fn state(
    config: SessionConfig,
    registry: &Registry,
    runtime: Arc<RuntimeEnv>,
    watch: &Watch,
) -> SessionState {
    let Rules { mut analyzer, optimizer, physical } = Rules::of(watch);
    analyzer.insert(0, Arc::clone(&registry.branches));
    analyzer.extend(registry.order.clone());
    analyzer.push(Arc::new(Bound(watch.clone())));
    SessionStateBuilder::new()
        .with_analyzer_rules(analyzer)
        .with_optimizer_rules(optimizer)
        .with_physical_optimizer_rules(physical)
        .with_config(config)
        .with_runtime_env(runtime)
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .with_scalar_functions(registry.scalar.clone())
        .with_aggregate_functions(registry.aggregate.clone())
        .with_window_functions(registry.window.clone())
        .with_expr_planners(registry.planners.clone())
        .with_relation_planners(registry.relations.clone())
        .with_type_planner(Arc::new(GoogleTypes))
        .build()
}

/// Makes tables known under their names.
pub(super) fn register(
    state: &SessionState,
    tables: impl IntoIterator<Item = (TableName, Arc<dyn TableProvider>)>,
) -> Result<()> {
    let mut catalogs: BTreeMap<String, BTreeMap<String, Arc<MemorySchemaProvider>>> = BTreeMap::new();
    for (name, table) in tables {
        let table = without_case(table)?;
        let (catalog, schema, name) = match name.parts() {
            [name] => (HERE, HERE, name),
            [schema, name] => (HERE, schema.as_str(), name),
            [catalog, schema, name] => (catalog.as_str(), schema.as_str(), name),
            _ => return Err(DataFusionError::Internal(format!("a table's name of too many parts: {name}"))),
        };
        let schemas = catalogs.entry(catalog.to_owned()).or_default();
        schemas.entry(schema.to_owned()).or_default().register_table(name.clone(), table)?;
    }
    for (catalog, schemas) in catalogs {
        let provider = MemoryCatalogProvider::new();
        for (name, schema) in schemas {
            provider.register_schema(&name, schema)?;
        }
        state.catalog_list().register_catalog(catalog, Arc::new(provider));
    }
    Ok(())
}

/// The table with names of columns in lower case, as a statement's names are while it is planned.
fn without_case(table: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    let schema = table.schema();
    let is_lower = |field: &FieldRef| field.name().to_lowercase() == *field.name();
    if schema.fields().iter().all(is_lower) {
        return Ok(table);
    }
    let columns = schema.fields().iter().map(|field| {
        let column = Expr::Column(Column::new_unqualified(field.name()));
        column.alias(field.name().to_lowercase())
    });
    let columns: Vec<Expr> = columns.collect();
    let scan = LogicalPlanBuilder::scan(UNQUALIFIED_TABLE, provider_as_source(table), None)?;
    Ok(Arc::new(ViewTable::new(scan.project(columns)?.build()?, None)))
}

/// What running a plan needs.
pub(super) fn task(state: &SessionState) -> Arc<TaskContext> {
    state.task_ctx()
}

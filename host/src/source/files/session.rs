//! The engine as one query sees it: its own tables, a bounded share of memory and disk, and only functions
//! that give the same answer every time.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider, SchemaProvider,
    TableProvider,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::disk_manager::DiskManager;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::object_store::{DefaultObjectStoreRegistry, ObjectStoreUrl};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::execution::{SessionStateDefaults, TaskContext};
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::logical_expr::{AggregateUDF, HigherOrderUDF, ScalarUDF, Volatility, WindowUDF};
use datafusion::prelude::SessionConfig;
use object_store::ObjectStore;

use super::dialect::{GoogleOperators, GoogleTypes};
use super::folder::store_url;
use crate::source::TableName;

/// Rows of a batch inside of the engine.
const BATCH_ROWS: usize = 8_192;

/// Names of the catalog and schema of tables without a dataset. No statement can spell them.
const HERE: &str = ":here";

/// Functions whose result is as large as an argument says. Their memory is in nobody's account.
const UNBOUNDED: &[&str] = &["array_repeat", "array_resize", "generate_series", "lpad", "range", "repeat", "rpad"];

/// The functions that statements may use.
pub(super) struct Functions {
    scalar: Vec<Arc<ScalarUDF>>,
    higher_order: Vec<Arc<HigherOrderUDF>>,
    aggregate: Vec<Arc<AggregateUDF>>,
    window: Vec<Arc<WindowUDF>>,
    planners: Vec<Arc<dyn ExprPlanner>>,
    /// Lower-case names, sorted.
    names: Vec<String>,
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").field("names", &self.names.len()).finish_non_exhaustive()
    }
}

impl Functions {
    /// All functions of the engine that are repeatable, bounded and read nothing but their arguments.
    pub(super) fn repeatable() -> Self {
        let mut scalar = SessionStateDefaults::default_scalar_functions();
        scalar.retain(|function| {
            function.signature().volatility == Volatility::Immutable && !UNBOUNDED.contains(&function.name())
        });
        let higher_order = SessionStateDefaults::default_higher_order_functions();
        let aggregate = SessionStateDefaults::default_aggregate_functions();
        let window = SessionStateDefaults::default_window_functions();
        let mut planners: Vec<Arc<dyn ExprPlanner>> = vec![Arc::new(GoogleOperators)];
        planners.extend(SessionStateDefaults::default_expr_planners());
        let mut names: Vec<String> = Vec::new();
        let mut add = |name: &str, aliases: &[String]| {
            names.push(name.to_lowercase());
            names.extend(aliases.iter().map(|alias| alias.to_lowercase()));
        };
        scalar.iter().for_each(|function| add(function.name(), function.aliases()));
        higher_order.iter().for_each(|function| add(function.name(), function.aliases()));
        aggregate.iter().for_each(|function| add(function.name(), function.aliases()));
        window.iter().for_each(|function| add(function.name(), function.aliases()));
        names.sort();
        names.dedup();
        Self { scalar, higher_order, aggregate, window, planners, names }
    }

    /// Whether there is such a function; upper and lower case are one.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.names.binary_search(&name.to_lowercase()).is_ok()
    }

    /// At most three functions that a person may have meant.
    pub(super) fn similar(&self, name: &str) -> Vec<String> {
        let name = name.to_lowercase();
        let mut scored: Vec<(f64, &String)> = self
            .names
            .iter()
            .map(|known| (strsim::jaro_winkler(&name, known), known))
            .filter(|(score, _)| *score > 0.85)
            .collect();
        scored.sort_by(|one, other| other.0.total_cmp(&one.0));
        scored.into_iter().take(3).map(|(_, known)| format!("`{}`", known.to_uppercase())).collect()
    }
}

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
    pub(super) memory: Arc<dyn MemoryPool>,
    /// Bounds what is spilled.
    pub(super) disk: Arc<DiskManager>,
}

impl Shared {
    /// The surroundings of one query, in which `store` is all there is to read.
    pub(super) fn runtime(&self, store: Arc<dyn ObjectStore>) -> Result<Arc<RuntimeEnv>> {
        let mut builder = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::clone(&self.memory))
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
pub(super) fn state(config: SessionConfig, functions: &Functions, runtime: Arc<RuntimeEnv>) -> SessionState {
    SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_catalog_list(Arc::new(MemoryCatalogProviderList::new()))
        .with_scalar_functions(functions.scalar.clone())
        .with_higher_order_functions(functions.higher_order.clone())
        .with_aggregate_functions(functions.aggregate.clone())
        .with_window_functions(functions.window.clone())
        .with_expr_planners(functions.planners.clone())
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

/// What running a plan needs.
pub(super) fn task(state: &SessionState) -> Arc<TaskContext> {
    state.task_ctx()
}

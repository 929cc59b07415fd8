//! The embedded default: a folder of Parquet, CSV and NDJSON files, queried with Apache DataFusion.
//!
//! One type, [`FilesSource`]. Every query looks its tables up anew and runs in an engine of its own that knows
//! the tables of its statement and no other file, function or setting; what is shared between queries is the
//! bound on memory and on spilled data.
//!
//! Invariants: nothing is written in the folder and nothing outside of it is read; the tree that the gate
//! checked is the tree that runs; a file that cannot be read whole is a problem that names it, never a table
//! with fewer rows.

mod as_of;
mod bounded;
mod canonical;
mod catalog;
mod columns;
mod declared;
mod engine;
mod estimate;
mod expansion;
mod failure;
mod folder;
mod googlesql;
mod naming;
mod parquet;
mod project;
mod promise;
mod rows;
mod schema;
mod session;
mod share;
mod size;
mod stack;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod watch;
mod weight;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::session_state::SessionState;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement;
use jiff::Timestamp;
use object_store::ObjectStore;
use tokio::runtime::Handle;

pub use self::as_of::AsOf;
use self::catalog::{FoundTable, LookupError};
use self::engine::{Engine, Idle, interrupted};
use self::failure::problem;
use self::folder::Snapshot;
use self::googlesql::Registry;
use self::project::Project;
pub use self::rows::FileRows;
use self::session::Shared;
use self::share::Memory;
use self::table::{FilesTable, Formats};
use self::watch::Watch;
use super::{Estimate, ReadStatement, Rows, Source, TableListing, TableName};
use crate::model::Problem;

/// What of GoogleSQL is supported, in Markdown.
#[must_use]
pub fn googlesql_reference() -> String {
    googlesql::markdown()
}

/// The names of the functions and constructs of GoogleSQL that are supported, in upper case.
#[must_use]
pub fn googlesql_names() -> Vec<&'static str> {
    googlesql::supported()
}

/// Where the files are and what reading them may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesOptions {
    /// The folder.
    pub path: PathBuf,
    /// The project that the folder stands for: `project.dataset.table` is then `dataset.table` of the folder.
    pub project: Option<String>,
    /// Bytes of memory that sorting, grouping and joining may hold, all queries of the source together. One query
    /// may hold at most half of what the others leave.
    pub memory_bytes: u64,
    /// Bytes that may be spilled to disk beyond that, all queries together; 0 for never.
    pub spill_bytes: u64,
    /// Threads' worth of work that one query is split into, at least 1.
    pub target_partitions: usize,
}

/// A folder of files as a source.
#[derive(Debug, Clone)]
pub struct FilesSource {
    dir: Arc<Dir>,
    project: Project,
    shared: Shared,
    threads: usize,
    idle: Arc<Idle>,
    config: SessionConfig,
    registry: Arc<Registry>,
    as_of: Option<AsOf>,
}

/// Why a folder cannot be a source.
#[derive(Debug, thiserror::Error)]
#[error("the folder of files `{}` {fault}", path.display())]
pub struct FilesError {
    /// The folder.
    pub path: PathBuf,
    /// What is the matter with it.
    #[source]
    pub fault: FilesFault,
}

/// What is the matter with a folder that cannot be a source.
#[derive(Debug, thiserror::Error)]
pub enum FilesFault {
    /// There is nothing of that name.
    #[error("does not exist")]
    Missing,
    /// It is a file.
    #[error("is not a folder")]
    NotAFolder,
    /// The operating system does not let it be listed.
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
    /// The folder to spill to cannot be used.
    #[error("cannot spill to `{}`: {source}", dir.display())]
    Spill {
        /// The folder to spill to.
        dir: PathBuf,
        /// From the engine.
        source: DataFusionError,
    },
}

impl FilesError {
    /// What would make it work.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self.fault {
            FilesFault::Missing => {
                "create the folder or correct `path`; relative paths start at the configuration file"
            }
            FilesFault::NotAFolder => "name the folder that holds the file; the file's name is the name of the table",
            FilesFault::Unreadable(_) => "check that the user who runs assay may list the folder",
            FilesFault::Spill { .. } => "name a folder that the user who runs assay may write to",
        }
    }
}

impl FilesSource {
    /// Opens the folder. Later renames or exchanges of the folder itself are not followed.
    ///
    /// # Errors
    /// When the folder is missing, is a file or cannot be listed, or when the folder to spill to is unusable.
    pub fn open(options: FilesOptions) -> Result<Self, FilesError> {
        let FilesOptions { path, project, memory_bytes, spill_bytes, target_partitions } = options;
        let failed = |fault| FilesError { path: path.clone(), fault };
        let dir = Dir::open_ambient_dir(&path, ambient_authority()).map_err(|error| {
            failed(match error.kind() {
                io::ErrorKind::NotFound => FilesFault::Missing,
                io::ErrorKind::NotADirectory => FilesFault::NotAFolder,
                _ => FilesFault::Unreadable(error),
            })
        })?;
        dir.entries().map_err(|error| failed(FilesFault::Unreadable(error)))?;
        let mode = if spill_bytes == 0 { DiskManagerMode::Disabled } else { DiskManagerMode::OsTmpDirectory };
        let disk = DiskManagerBuilder::default().with_mode(mode).with_max_temp_directory_size(spill_bytes).build();
        let disk = disk.map_err(|source| failed(FilesFault::Spill { dir: std::env::temp_dir(), source }))?;
        let memory_bytes = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
        Ok(Self {
            dir: Arc::new(dir),
            project: Project::new(project),
            shared: Shared { memory: Memory::new(memory_bytes), disk: Arc::new(disk) },
            threads: target_partitions,
            idle: Arc::default(),
            config: session::config(target_partitions, memory_bytes / 2),
            registry: Arc::new(Registry::new()),
            as_of: None,
        })
    }

    /// With columns that say when rows are there: a statement that is asked at an instant sees the rows of then.
    #[must_use]
    pub fn as_of(self, columns: AsOf) -> Self {
        Self { as_of: Some(columns), ..self }
    }

    /// Whether the source can mean what a statement says, as far as its text alone tells: without a look at tables.
    ///
    /// # Errors
    /// `unsupported-sql` or `invalid-sql`, naming the construct and its place.
    pub fn accepts(&self, statement: &ReadStatement) -> Result<(), Problem> {
        stack::with_room(|| googlesql::rewritten(statement.ast(), &self.registry).map(drop))
    }

    /// The answer of a statement as the bytes of a Parquet file. For tables that a test of a check writes in SQL.
    ///
    /// # Errors
    /// As for [`Source::query`].
    ///
    /// # Cancel safety
    /// Dropping the future ends the query; nothing is left behind.
    pub async fn to_parquet(&self, statement: ReadStatement) -> Result<Vec<u8>, Problem> {
        let mut engine = Engine::start(self.threads, &self.idle)?;
        let (source, watch) = (self.clone(), engine.watch().clone());
        let written = engine.run(async move {
            let Planned { state, plan, names } = source.plan(statement, watch).await?;
            let answer = execute_stream(plan, session::task(&state)).map_err(|error| problem(&error))?;
            parquet::written(answer, &names).await.map_err(|error| problem(&error))
        });
        let written = written.await?;
        engine.at_end();
        written
    }

    /// Looks tables up and into their files.
    async fn state_with(
        &self,
        names: &BTreeSet<TableName>,
        as_of: Option<Timestamp>,
        watch: &Watch,
    ) -> Result<(SessionState, Vec<SchemaRef>), Problem> {
        let found = self.look_up(names.clone()).await?;
        let files = found.iter().flat_map(|table| table.files.iter().map(|file| file.found.clone())).collect();
        let snapshot = Arc::new(Snapshot::new(Arc::clone(&self.dir), files));
        let store: Arc<dyn ObjectStore> = Arc::<Snapshot>::clone(&snapshot);
        let runtime = self.shared.runtime(Arc::clone(&store)).map_err(|error| problem(&error))?;
        let state = session::state(self.config.clone(), &self.registry, runtime, watch);
        let formats = Formats::new(&state, store);
        let mut tables: Vec<(TableName, Arc<dyn TableProvider>)> = Vec::with_capacity(found.len());
        let seen = self.as_of.as_ref().zip(as_of);
        let mut first = 0;
        for table in found {
            let built = FilesTable::build(&formats, &snapshot, &table, first).await.map_err(|error| problem(&error))?;
            first += table.files.len();
            let built: Arc<dyn TableProvider> = Arc::new(built);
            let built = match seen {
                Some((columns, instant)) => columns.view(&table.name, built, instant)?,
                None => built,
            };
            tables.push((table.name, built));
        }
        let schemas = tables.iter().map(|(_, table)| table.schema()).collect();
        session::register(&state, tables).map_err(|error| problem(&error))?;
        Ok((state, schemas))
    }

    async fn look_up(&self, names: BTreeSet<TableName>) -> Result<Vec<FoundTable>, Problem> {
        let (dir, project) = (Arc::clone(&self.dir), self.project.clone());
        let found =
            blocking(move || names.iter().map(|name| catalog::find(&dir, &project, name)).collect::<Result<_, _>>());
        found.await?.map_err(|error: LookupError| error.into())
    }

    /// Plans a statement for execution.
    async fn plan(&self, statement: ReadStatement, watch: Watch) -> Result<Planned, Problem> {
        let (state, tables) = self.state_with(statement.tables(), statement.as_of(), &watch).await?;
        let registry = Arc::clone(&self.registry);
        let runtime = Handle::current();
        let planned = blocking(move || {
            stack::with_room(|| {
                let tree = googlesql::rewritten(statement.ast(), &registry)?;
                let planned = runtime.block_on(plan(state, tree, &watch)).map_err(|error| problem(&error))?;
                let (state, plan) = planned;
                let lower: Vec<String> = plan.schema().fields().iter().map(|field| field.name().clone()).collect();
                let names = googlesql::spelled(statement.ast(), &tables, &lower)?;
                Ok(Planned { state, plan, names })
            })
        });
        planned.await?
    }
}

/// A statement that is ready to run.
struct Planned {
    state: SessionState,
    plan: Arc<dyn ExecutionPlan>,
    /// Names of the answer's columns.
    names: Vec<String>,
}

/// The only way from a checked tree to something that runs.
async fn plan(
    mut state: SessionState,
    tree: sqlparser::ast::Statement,
    watch: &Watch,
) -> Result<(SessionState, Arc<dyn ExecutionPlan>), DataFusionError> {
    let plan = state.statement_to_plan(Statement::Statement(Box::new(tree))).await?;
    let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    only_queries.verify_plan(&plan)?;
    expansion::bounded(&plan)?;
    let mut rows = weight::rows_of(&plan)?;
    loop {
        let sized = std::mem::take(state.config_mut()).with_batch_size(rows);
        *state.config_mut() = sized;
        let physical = state.create_physical_plan(&plan).await?;
        let fitting = weight::rows_fitting(&physical)?;
        if fitting >= rows {
            return Ok((state, watch::watched(physical, watch)?));
        }
        rows = fitting;
    }
}

/// Runs work that waits for the disk or takes long. Dropping the future does not end the work, whose result is
/// dropped then.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| interrupted(&error))
}

#[async_trait]
impl Source for FilesSource {
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let mut engine = Engine::start(self.threads, &self.idle)?;
        let (source, watch) = (self.clone(), engine.watch().clone());
        let started = engine.run(async move {
            let Planned { state, plan, names } = source.plan(statement, watch).await?;
            let stream = execute_stream(plan, session::task(&state)).map_err(|error| problem(&error))?;
            Ok((stream, names))
        });
        match started.await? {
            Ok((stream, names)) => Ok(Box::new(FileRows::new(engine, stream, names))),
            Err(problem) => {
                engine.at_end();
                Err(problem)
            }
        }
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        let mut engine = Engine::start(self.threads, &self.idle)?;
        let (source, watch) = (self.clone(), engine.watch().clone());
        let estimated = engine.run(async move {
            let planned = source.plan(statement, watch).await?;
            estimate::of(&planned.plan).map_err(|error| problem(&error))
        });
        let estimated = estimated.await?;
        engine.at_end();
        estimated
    }

    fn table(&self, spelled: &TableName) -> TableName {
        self.project.own(spelled)
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        let (dir, project) = (Arc::clone(&self.dir), self.project.clone());
        let names = blocking(move || catalog::names(&dir, &project)).await?.map_err(Problem::from)?;
        let mut listings = Vec::with_capacity(names.len());
        for name in names {
            let (dir, project, asked) = (Arc::clone(&self.dir), self.project.clone(), name.clone());
            let (made_of, problem) = match blocking(move || catalog::find(&dir, &project, &asked)).await? {
                Ok(table) => {
                    let read = self.state_with(&BTreeSet::from([name.clone()]), None, &Watch::default()).await;
                    (table.made_of(), read.err())
                }
                Err(error) => (catalog::made_of_unusable(&error), Some(error.into())),
            };
            listings.push(TableListing { name, made_of, problem });
        }
        Ok(listings)
    }
}

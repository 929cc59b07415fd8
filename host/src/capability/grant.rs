//! What a check may read.

use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::model::{Problem, ProblemCode, SourceName};
use crate::source::{ReadStatement, Source, TableName, TablePattern};

/// A source as all checks of a host share it.
#[derive(Debug, Clone)]
pub struct SourceHandle {
    /// What answers.
    pub source: Arc<dyn Source>,
    /// One permit a query: the source's concurrency.
    pub slots: Arc<Semaphore>,
}

/// One source with the tables granted in it.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The source's configured name.
    pub name: SourceName,
    /// The source.
    pub handle: SourceHandle,
    /// Patterns of the tables that may be read.
    pub tables: Vec<TablePattern>,
}

/// All that one check may read.
#[derive(Debug, Clone, Default)]
pub struct Grants(Vec<Grant>);

impl Grants {
    /// From single grants.
    #[must_use]
    pub fn new(grants: Vec<Grant>) -> Self {
        Self(grants)
    }

    /// The same grants, answered by what stands for each source.
    #[must_use]
    pub fn through(self, stand_in: impl Fn(&SourceName, Arc<dyn Source>) -> Arc<dyn Source>) -> Self {
        let stand_in = |mut grant: Grant| {
            grant.handle.source = stand_in(&grant.name, grant.handle.source);
            grant
        };
        Self(self.0.into_iter().map(stand_in).collect())
    }

    /// Every grant, in the order of the configuration.
    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    /// The granted sources, in the order of the configuration.
    #[must_use]
    pub fn sources(&self) -> Vec<SourceName> {
        self.0.iter().map(|grant| grant.name.clone()).collect()
    }

    /// The grant for a source.
    ///
    /// # Errors
    /// `denied`, whether or not such a source exists.
    pub fn source(&self, name: &str) -> Result<&Grant, Problem> {
        self.0.iter().find(|grant| grant.name.as_str() == name).ok_or_else(|| {
            let granted = match self.0.as_slice() {
                [] => "no source is granted to this check".to_owned(),
                grants => {
                    let names: Vec<_> = grants.iter().map(|grant| format!("`{}`", grant.name)).collect();
                    format!("granted: {}", names.join(", "))
                }
            };
            Problem::new(ProblemCode::Denied, format!("source `{name}` is not granted to this check ({granted})"))
                .with_hint(format!(
                    "if it should be: `sources = {{ {name} = [\"TABLE\"] }}` in the check's configuration"
                ))
        })
    }
}

impl Grant {
    /// Compares the tables a statement touches with the grant, each by the source's own name, however it is spelled.
    ///
    /// # Errors
    /// `denied`, naming every table that is not granted and the line that would allow it.
    pub fn covers(&self, statement: &ReadStatement) -> Result<(), Problem> {
        let own = |table: &TableName| self.handle.source.table(table);
        let covered = |table: &&TableName| self.tables.iter().any(|pattern| pattern.matches(&own(table)));
        let outside: Vec<_> = statement.tables().iter().filter(|table| !covered(table)).collect();
        if outside.is_empty() {
            return Ok(());
        }
        let list = |items: &mut dyn Iterator<Item = String>| items.collect::<Vec<_>>().join(", ");
        let named = list(&mut outside.iter().map(|table| format!("`{table}`")));
        let line = list(
            &mut self
                .tables
                .iter()
                .map(ToString::to_string)
                .chain(outside.iter().map(|table| own(table).to_string()))
                .map(|t| format!("\"{t}\"")),
        );
        let noun = if outside.len() == 1 { "table" } else { "tables" };
        Err(Problem::new(
            ProblemCode::Denied,
            format!("{noun} {named} of source `{}` not granted to this check", self.name),
        )
        .with_hint(format!("if it should be: `sources = {{ {} = [{line}] }}` in the check's configuration", self.name)))
    }
}

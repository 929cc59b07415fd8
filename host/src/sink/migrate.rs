//! The tables of a dataset are brought up to date: additions only, and nothing of a newer assay is touched.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::layout::{Layout, Mode, layout};
use super::sql::{self, Dataset, STAGING, VERSIONS};
use super::{PATIENCE, Warehouse, hint, views};
use crate::bigquery::{Class, Error, Schema, Table, TableReference};
use crate::clock;

/// What is done to a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it does, in some words.
    pub what: String,
    /// The statement.
    pub sql: String,
    /// Whether it changes what people find: views are put in place of themselves each time.
    pub is_change: bool,
}

/// Why the tables are not up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The dataset is not there.
    #[error("there is no dataset `{0}`")]
    NoDataset(Dataset),
    /// The dataset is elsewhere.
    #[error("the dataset `{dataset}` is in {found}, and `location` says {wanted}")]
    Elsewhere {
        /// The dataset.
        dataset: Dataset,
        /// Where it is.
        found: String,
        /// Where it should be.
        wanted: String,
    },
    /// A newer assay has been here.
    #[error("`{dataset}` has version {found} of the schema, and this assay knows {known}")]
    Newer {
        /// The dataset.
        dataset: Dataset,
        /// The version there.
        found: u32,
        /// The newest that is known.
        known: u32,
    },
    /// Tables that are there are not as they must be, one sentence each.
    #[error("tables are not as they must be: {}", .0.join("; "))]
    Conflicts(Vec<String>),
    /// BigQuery could not be asked.
    #[error("{0}")]
    Ask(Error),
    /// A step failed; those before it are done.
    #[error("{what}: {error}")]
    Step {
        /// What was done.
        what: String,
        /// How it failed.
        error: Error,
    },
}

impl MigrateError {
    /// What would help.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoDataset(Dataset { project, dataset }) => {
                format!("make it where the data may be: `bq --location=EU mk --dataset {project}:{dataset}`")
            }
            Self::Elsewhere { found, .. } => format!("a dataset never moves: `location = \"{found}\"` under `[sink]`"),
            Self::Newer { .. } => "use the newer assay, or another dataset".to_owned(),
            Self::Conflicts(_) => "assay only adds: put that right by hand, or name another dataset".to_owned(),
            Self::Ask(error) | Self::Step { error, .. } => hint(error).to_owned(),
        }
    }
}

/// What is there.
#[derive(Debug, Default)]
struct Found {
    tables: BTreeMap<String, Schema>,
    version: Option<u32>,
    staging: Vec<String>,
}

/// What is to be done to bring a dataset up to date. Nothing is changed.
///
/// # Errors
/// [`MigrateError`], but for [`MigrateError::Step`].
///
/// # Cancel safety
/// Nothing is left behind.
pub async fn plan(warehouse: &Warehouse, now: Timestamp) -> Result<Vec<Step>, MigrateError> {
    let found = look(warehouse, now).await?;
    planned(&warehouse.dataset, layout(), &found, now)
}

/// Does what was planned, in order.
///
/// # Errors
/// [`MigrateError::Step`]; done again, it goes on where it ended.
///
/// # Cancel safety
/// Steps that are done stay done, and one may be under way; done again, it goes on.
pub async fn migrate(warehouse: &Warehouse, steps: &[Step], now: Timestamp) -> Result<(), MigrateError> {
    let nonce = now.as_nanosecond().to_string();
    for Step { what, sql, .. } in steps {
        let until = clock::monotonic() + PATIENCE;
        let done = warehouse.run(&["migrate", &nonce, sql], sql, until).await;
        done.map_err(|error| MigrateError::Step { what: what.clone(), error })?;
    }
    Ok(())
}

async fn look(warehouse: &Warehouse, now: Timestamp) -> Result<Found, MigrateError> {
    let Dataset { project, dataset } = &warehouse.dataset;
    let connection = warehouse.connection.as_ref();
    let there = warehouse.reach().await.map_err(|error| match error.class {
        Class::NotFound => MigrateError::NoDataset(warehouse.dataset.clone()),
        _ => MigrateError::Ask(error),
    })?;
    if let Some(wanted) = &warehouse.location
        && !wanted.eq_ignore_ascii_case(&there.location)
    {
        let (dataset, wanted) = (warehouse.dataset.clone(), wanted.clone());
        return Err(MigrateError::Elsewhere { dataset, found: there.location, wanted });
    }
    let until = clock::monotonic() + PATIENCE;
    let mut found = Found::default();
    let mut page = None;
    loop {
        let tables = connection.tables(project, dataset, page.as_deref(), until).await.map_err(MigrateError::Ask)?;
        let names = tables.tables.into_iter().map(|table| table.table_reference.table_id);
        found.staging.extend(names.filter(|name| name.starts_with(STAGING)));
        page = tables.next_page_token;
        if page.is_none() {
            break;
        }
    }
    for name in layout().tables.iter().map(|table| table.name.as_str()).chain([VERSIONS]) {
        let reference =
            TableReference { project_id: project.clone(), dataset_id: dataset.clone(), table_id: name.to_owned() };
        match connection.table(&reference, until).await {
            Ok(Table { schema, .. }) => {
                found.tables.insert(name.to_owned(), schema.unwrap_or_default());
            }
            Err(error) if error.class == Class::NotFound => {}
            Err(error) => return Err(MigrateError::Ask(error)),
        }
    }
    if found.tables.contains_key(VERSIONS) {
        let nonce = now.as_nanosecond().to_string();
        let sql = sql::newest_version(&warehouse.dataset);
        let rows = warehouse.ask(&["version", &nonce], &sql).await.map_err(MigrateError::Ask)?;
        found.version = rows.into_iter().flatten().flatten().next().and_then(|version| version.parse().ok());
    }
    Ok(found)
}

fn planned(
    dataset: &Dataset,
    layout: &'static Layout,
    found: &Found,
    now: Timestamp,
) -> Result<Vec<Step>, MigrateError> {
    if let Some(version) = found.version.filter(|version| *version > layout.version) {
        return Err(MigrateError::Newer { dataset: dataset.clone(), found: version, known: layout.version });
    }
    let mut steps = Vec::new();
    let mut step = |what: String, sql: String, is_change| steps.push(Step { what, sql, is_change });
    let mut conflicts = Vec::new();
    if !found.tables.contains_key(VERSIONS) {
        step(format!("make table {VERSIONS}"), sql::create_versions(dataset), true);
    }
    for table in &layout.tables {
        let Some(schema) = found.tables.get(&table.name) else {
            step(format!("make table {}", table.name), sql::create_table(dataset, table), true);
            continue;
        };
        for column in &table.columns {
            match schema.fields.iter().find(|field| field.name.eq_ignore_ascii_case(&column.name)) {
                None => {
                    let what = format!("add column {}.{}", table.name, column.name);
                    step(what, sql::add_column(dataset, table, column), true);
                }
                Some(field) if !column.kind.words().contains(&field.type_name.as_str()) => {
                    let wanted = column.kind.words().first().copied().unwrap_or_default();
                    conflicts.push(format!("{}.{} is {}, not {wanted}", table.name, column.name, field.type_name));
                }
                Some(field) if field.mode.as_deref() == Some("REPEATED") => {
                    conflicts.push(format!("{}.{} is repeated", table.name, column.name));
                }
                Some(field) if field.mode.as_deref() == Some("REQUIRED") && column.mode == Mode::Nullable => {
                    conflicts.push(format!("{}.{} is required, and may be NULL here", table.name, column.name));
                }
                Some(_) => {}
            }
        }
        let strange = schema.fields.iter().filter(|field| field.mode.as_deref() == Some("REQUIRED"));
        for field in
            strange.filter(|field| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(&field.name)))
        {
            conflicts.push(format!("{}.{} is required, and assay does not know it", table.name, field.name));
        }
    }
    if !conflicts.is_empty() {
        return Err(MigrateError::Conflicts(conflicts));
    }
    for view in views::views() {
        let sql = sql::create_view(dataset, view.name, &view.description, view.select);
        step(format!("make view {}", view.name), sql, false);
    }
    for name in &found.staging {
        step(format!("drop {name}, which a batch left behind"), sql::drop_table(dataset, name), false);
    }
    if found.version != Some(layout.version) {
        let sql = sql::note_version(dataset, layout.version, env!("CARGO_PKG_VERSION"), now.as_microsecond());
        step(format!("note version {}", layout.version), sql, true);
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bigquery::Field;

    fn dataset() -> Dataset {
        Dataset { project: "p".to_owned(), dataset: "d".to_owned() }
    }

    /// The dataset as this version leaves it.
    fn complete() -> Found {
        let field = |column: &super::super::layout::Column| Field {
            name: column.name.clone(),
            type_name: column.kind.words().last().unwrap().to_string(),
            mode: Some(if column.mode == Mode::Required { "REQUIRED" } else { "NULLABLE" }.to_owned()),
            ..Field::default()
        };
        let tables = layout().tables.iter();
        let mut tables: BTreeMap<_, _> = tables
            .map(|table| (table.name.clone(), Schema { fields: table.columns.iter().map(field).collect() }))
            .collect();
        tables.insert(VERSIONS.to_owned(), Schema::default());
        Found { tables, version: Some(layout().version), staging: Vec::new() }
    }

    fn changes(found: &Found) -> Result<Vec<String>, MigrateError> {
        let steps = planned(&dataset(), layout(), found, Timestamp::UNIX_EPOCH)?;
        Ok(steps.into_iter().filter(|step| step.is_change).map(|step| step.what).collect())
    }

    #[test]
    fn an_empty_dataset_gets_everything_and_a_complete_one_nothing() {
        let made = changes(&Found::default()).unwrap();
        assert_eq!(made.len(), layout().tables.len() + 2, "{made:?}");
        assert_eq!(changes(&complete()).unwrap(), [""; 0]);
    }

    #[test]
    fn a_column_that_is_missing_is_added_and_one_of_somebody_else_is_left_alone() {
        let mut found = complete();
        let runs = found.tables.get_mut("validation_runs").unwrap();
        runs.fields.retain(|field| field.name != "reason");
        runs.fields.push(Field { name: "team".to_owned(), type_name: "STRING".to_owned(), ..Field::default() });
        found.staging.push("assay_staging_x".to_owned());
        assert_eq!(changes(&found).unwrap(), ["add column validation_runs.reason"]);
        let steps = planned(&dataset(), layout(), &found, Timestamp::UNIX_EPOCH).unwrap();
        assert!(steps.iter().any(|step| step.sql == "DROP TABLE IF EXISTS `p.d.assay_staging_x`"));
    }

    #[test]
    fn what_cannot_be_added_to_is_refused_and_all_of_it_is_told() {
        let mut found = complete();
        let runs = found.tables.get_mut("validation_runs").unwrap();
        for field in &mut runs.fields {
            match field.name.as_str() {
                "status" => field.type_name = "INTEGER".to_owned(),
                "reason" => field.mode = Some("REQUIRED".to_owned()),
                _ => {}
            }
        }
        runs.fields.push(Field {
            name: "team".to_owned(),
            type_name: "STRING".to_owned(),
            mode: Some("REQUIRED".to_owned()),
            ..Field::default()
        });
        let error = changes(&found).unwrap_err().to_string();
        for told in ["validation_runs.status is INTEGER, not STRING", "reason is required", "team is required"] {
            assert!(error.contains(told), "{told}: {error}");
        }
        let newer = Found { version: Some(layout().version + 1), ..complete() };
        assert!(matches!(changes(&newer), Err(MigrateError::Newer { found: 3, known: 2, .. })));
    }
}

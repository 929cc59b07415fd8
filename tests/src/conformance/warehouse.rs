//! A folder of Parquet files as tables of an endpoint, seen as they were at an instant.
//!
//! The rows of all times are one dataset. Statements are answered from another, of views that show of each table the
//! rows of an instant, as a source of files does that has `as_of_from` and `as_of_until`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use jiff::Timestamp;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Value as Message, json};

use super::endpoint::{Endpoint, Reply};

/// The dataset of all rows.
const WHOLE: &str = "whole";

/// The dataset of the views.
const SEEN: &str = "seen";

/// The table of one row, in the dataset of all rows, that says what the views show.
const INSTANT: &str = "whole.shown_instant";

/// Columns that say since when a row is there, and until when.
const AS_OF: [&str; 2] = ["available_at", "superseded_at"];

/// How often a job is asked for, and how long the pause is in between.
const LOOKS: u32 = 3_000;
const PAUSE: Duration = Duration::from_millis(10);

/// How long an endpoint works on a statement, in milliseconds; none here takes a second.
const PATIENCE_MS: u32 = 30_000;

/// Tables of an endpoint.
#[derive(Debug)]
pub struct Warehouse {
    endpoint: Endpoint,
}

impl Warehouse {
    /// Loads every file of a folder, `<table>.parquet`.
    ///
    /// # Errors
    /// When a file is not in its form, or the endpoint does not take it.
    pub fn load(endpoint: &Endpoint, folder: &Path) -> anyhow::Result<Self> {
        for dataset in [WHOLE, SEEN] {
            made(endpoint.post("/datasets", &json!({"datasetReference": {"datasetId": dataset}}))?)?;
        }
        let warehouse = Self { endpoint: endpoint.in_dataset(SEEN) };
        warehouse.show(Timestamp::UNIX_EPOCH)?;
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in fs_err::read_dir(folder)? {
            files.push(entry?.path());
        }
        files.sort();
        ensure!(!files.is_empty(), "no tables in {}", folder.display());
        for file in &files {
            warehouse.table(file).with_context(|| format!("{} cannot be loaded", file.display()))?;
        }
        Ok(warehouse)
    }

    /// Where to ask for what is shown.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Shows the rows that were there at an instant.
    ///
    /// # Errors
    /// When the endpoint does not.
    pub fn show(&self, instant: Timestamp) -> anyhow::Result<()> {
        self.execute(&format!("CREATE OR REPLACE TABLE {INSTANT} AS SELECT TIMESTAMP '{instant:.6}' AS shown"))
    }

    fn table(&self, file: &Path) -> anyhow::Result<()> {
        let name = file.file_stem().and_then(|name| name.to_str()).context("a table without a name")?;
        let destination = json!({"projectId": self.endpoint.project(), "datasetId": WHOLE, "tableId": name});
        let load = json!({"configuration": {"load": {"sourceFormat": "PARQUET", "destinationTable": destination}}});
        let mut job = made(self.endpoint.upload(&load, &fs_err::read(file)?)?)?;
        let mut looks = 0;
        while job["status"]["state"] != "DONE" {
            looks += 1;
            ensure!(looks < LOOKS, "it is not loaded after {:?}", PAUSE * looks);
            std::thread::sleep(PAUSE);
            let id = job["jobReference"]["jobId"].as_str().context("a job without a name")?;
            job = made(self.endpoint.get(&format!("/jobs/{id}"))?)?;
        }
        if let Some(message) = job["status"]["errorResult"]["message"].as_str() {
            bail!("{message}");
        }
        let reader = SerializedFileReader::new(fs_err::File::open(file)?.into_file())?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let has = |wanted: &str| schema.columns().iter().any(|column| column.name() == wanted);
        let [since, until] = AS_OF;
        let shown = format!("(SELECT shown FROM {INSTANT})");
        let condition = match (has(since), has(until)) {
            (false, _) => "TRUE".to_owned(),
            (true, false) => format!("{since} <= {shown}"),
            (true, true) => format!("{since} <= {shown} AND ({until} IS NULL OR {until} > {shown})"),
        };
        self.execute(&format!("CREATE VIEW {SEEN}.`{name}` AS SELECT * FROM {WHOLE}.`{name}` WHERE {condition}"))
    }

    fn execute(&self, sql: &str) -> anyhow::Result<()> {
        let request = json!({"query": sql, "useLegacySql": false, "timeoutMs": PATIENCE_MS});
        let answer = made(self.endpoint.post("/queries", &request)?).with_context(|| sql.to_owned())?;
        ensure!(answer["jobComplete"] == Message::Bool(true), "not done after {PATIENCE_MS} ms: {sql}");
        Ok(())
    }
}

fn made(reply: Reply) -> anyhow::Result<Message> {
    match reply {
        Reply::Message(message) => Ok(message),
        Reply::Fault(status, message) => bail!("{status}: {message}"),
    }
}

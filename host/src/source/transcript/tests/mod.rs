//! Transcripts of a source that does as it is told.

mod mistakes;
mod redacted;
mod replays;
mod round_trip;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::date;
use tokio::sync::Semaphore;

use super::{Concluded, Draft, GrantedSource, Header, Recording, Replay, Transcript};
use crate::capability::{Cursor, Grant, Grants, QueryCapability, SourceHandle};
use crate::clock;
use crate::model::{
    Batch, Column, ColumnInfo, Conclusion, Digest, Kind, LimitName, LimitRequest, Limits, Problem, ProblemCode,
    RunContext, RunId, Severity, Status, Usage, Values, VarData, Window,
};
use crate::source::{Cost, Estimate, ReadStatement, Rows, Source, TableListing, TableName};

/// One thing that a source does.
#[derive(Debug, Clone)]
enum Does {
    Hands(Batch),
    Costs(u64),
    Waits(Duration),
    Breaks(Problem),
}

/// What a source does with one statement.
#[derive(Debug, Clone, Default)]
struct Script {
    opening: Vec<Does>,
    columns: Vec<ColumnInfo>,
    reading: Vec<Does>,
    estimate: Estimate,
}

/// Answers by the text of the statement; tables are in lower case.
#[derive(Debug, Default)]
struct Scripted(BTreeMap<String, Script>);

impl Scripted {
    fn of<const N: usize>(scripts: [(&str, Script); N]) -> Arc<dyn Source> {
        Arc::new(Self(scripts.into_iter().map(|(sql, script)| (sql.to_owned(), script)).collect()))
    }

    async fn begin(&self, statement: &ReadStatement) -> Result<(Script, u64), Problem> {
        let unknown = || Problem::new(ProblemCode::UnknownTable, format!("no script for `{}`", statement.text()));
        let script = self.0.get(statement.text()).cloned().ok_or_else(unknown)?;
        let mut costs = 0;
        for does in &script.opening {
            match does {
                Does::Waits(time) => tokio::time::sleep(*time).await,
                Does::Breaks(problem) => return Err(problem.clone()),
                Does::Costs(bytes) => costs = *bytes,
                Does::Hands(_) => panic!("nothing is handed over before the columns are known"),
            }
        }
        Ok((script, costs))
    }
}

#[async_trait]
impl Source for Scripted {
    async fn query(&self, statement: ReadStatement) -> Result<Box<dyn Rows>, Problem> {
        let (script, costs) = self.begin(&statement).await?;
        Ok(Box::new(ScriptedRows { columns: script.columns, left: script.reading.into_iter(), costs }))
    }

    async fn estimate(&self, statement: ReadStatement) -> Result<Estimate, Problem> {
        Ok(self.begin(&statement).await?.0.estimate)
    }

    fn table(&self, spelled: &TableName) -> TableName {
        TableName::new(spelled.parts().iter().map(|part| part.to_lowercase()).collect())
    }

    async fn tables(&self) -> Result<Vec<TableListing>, Problem> {
        Ok(Vec::new())
    }
}

struct ScriptedRows {
    columns: Vec<ColumnInfo>,
    left: std::vec::IntoIter<Does>,
    costs: u64,
}

#[async_trait]
impl Rows for ScriptedRows {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    async fn next(&mut self, _rows_max: u32, _bytes_max: u64) -> Result<Option<Batch>, Problem> {
        loop {
            match self.left.next() {
                Some(Does::Hands(batch)) => return Ok(Some(batch)),
                Some(Does::Costs(bytes)) => self.costs = bytes,
                Some(Does::Waits(time)) => tokio::time::sleep(time).await,
                Some(Does::Breaks(problem)) => return Err(problem),
                None => return Ok(None),
            }
        }
    }

    fn cost(&self) -> Cost {
        Cost { billed_bytes: (self.costs > 0).then_some(self.costs), cache_hit: false }
    }
}

fn info(name: &str, kind: Kind) -> ColumnInfo {
    ColumnInfo { name: name.to_owned(), kind, type_name: format!("{kind:?}").to_uppercase(), nullable: true }
}

fn texts(values: &[&str]) -> VarData {
    let mut data = VarData { offsets: vec![0], bytes: Vec::new() };
    for value in values {
        data.bytes.extend_from_slice(value.as_bytes());
        data.offsets.push(u32::try_from(data.bytes.len()).unwrap());
    }
    data
}

/// One column of integers.
fn integers(values: &[i64]) -> Batch {
    let column = Column { validity: Vec::new(), values: Values::Int64(values.to_vec()) };
    Batch { rows: u32::try_from(values.len()).unwrap(), columns: vec![column] }
}

/// A script that hands over integers in a column `n`, batch by batch.
fn counting<const N: usize>(batches: [&[i64]; N]) -> Script {
    let reading = batches.iter().map(|values| Does::Hands(integers(values))).collect();
    Script { columns: vec![info("n", Kind::Int64)], reading, ..Script::default() }
}

fn limits() -> Limits {
    let asked = |name, value| LimitRequest { name, value };
    Limits::resolve(
        &[asked(LimitName::Queries, 20)],
        &[asked(LimitName::Queries, 50), asked(LimitName::QueryDeadline, 1_000), asked(LimitName::Rows, 10_000)],
    )
}

fn header(redaction: &[&str]) -> Header {
    let run_id: RunId = "01JZ0000000000000000000000".parse().unwrap();
    let check = "orders/volume".parse().unwrap();
    let instant = |text: &str| text.parse::<Timestamp>().unwrap();
    Header {
        host: "0.1.0".to_owned(),
        engine: "wasmtime 48.0.8".to_owned(),
        plugin: "row-count@1.2.0".parse().unwrap(),
        digest: Digest::of(b"component"),
        settings: "{\"table\": \"games\",\n \"min\": 1.50}".to_owned(),
        context: RunContext {
            run_id,
            seed: run_id.seed(&check),
            check,
            attempt: 2,
            scheduled_for: instant("2026-01-19T06:00:00.000001Z"),
            target_date: date(2026, 1, 18),
            window: Window { start: instant("2026-01-18T05:00:00Z"), end: instant("2026-01-19T05:00:00Z") },
            time_zone: "America/New_York".to_owned(),
            utc_offset_seconds: -18_000,
            dry_run: false,
            sources: vec!["a".parse().unwrap(), "b".parse().unwrap()],
        },
        limits: limits(),
        sources: ["a", "b"]
            .map(|name| GrantedSource { name: name.parse().unwrap(), tables: vec!["games".parse().unwrap()] })
            .into(),
        redaction: redaction.iter().map(ToString::to_string).collect(),
    }
}

fn concluded() -> Concluded {
    Concluded {
        conclusion: Conclusion {
            status: Status::Pass,
            reason: None,
            severity: Severity::High,
            message: "all is well".to_owned(),
            hint: None,
            detail: None,
            examined: Some(3),
            partial: false,
        },
        findings: Vec::new(),
        metrics: Vec::new(),
        logs: Vec::new(),
        unresolved: Vec::new(),
        usage: Usage::default(),
        redaction: None,
    }
}

/// Access to sources as a check has it, to the tables `games`.
fn capability(sources: Vec<(&str, Arc<dyn Source>)>, slots: usize) -> QueryCapability {
    let grant = |(name, source): (&str, Arc<dyn Source>)| Grant {
        name: name.parse().unwrap(),
        handle: SourceHandle { source, slots: Arc::new(Semaphore::new(slots)) },
        tables: vec!["games".parse().unwrap()],
    };
    let deadline = clock::monotonic() + limits().duration(LimitName::Deadline);
    QueryCapability::new(Grants::new(sources.into_iter().map(grant).collect()), limits(), deadline)
}

/// What a check sees of the sources `a` and `b`, both `source`, and what is left unresolved.
async fn recorded<T>(
    path: &Path,
    source: &Arc<dyn Source>,
    slots: usize,
    check: impl AsyncFnOnce(&mut QueryCapability) -> T,
) -> (T, Vec<Problem>) {
    let draft = Arc::new(Draft::create(path, &header(&[])).unwrap());
    let recording = |name: &str| -> Arc<dyn Source> {
        Arc::new(Recording::new(name.parse().unwrap(), source.clone(), draft.clone()))
    };
    let mut capability = capability(vec![("a", recording("a")), ("b", recording("b"))], slots);
    let seen = check(&mut capability).await;
    draft.finish(&concluded()).unwrap();
    (seen, capability.into_unresolved())
}

/// The same from a transcript.
async fn replayed<T>(replay: &Replay, check: impl AsyncFnOnce(&mut QueryCapability) -> T) -> (T, Vec<Problem>) {
    let source = |name: &str| replay.source(name.parse().unwrap());
    let mut capability = capability(vec![("a", source("a")), ("b", source("b"))], 4);
    let seen = check(&mut capability).await;
    (seen, capability.into_unresolved())
}

fn replay_of(path: &Path) -> Replay {
    Replay::new(Arc::new(Transcript::read(path).unwrap()))
}

/// All that a guest sees of a cursor until it ends, time left out.
async fn rest(capability: &mut QueryCapability, cursor: &mut Cursor, rows_max: u32) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        seen.push(step(capability, cursor, rows_max).await);
        if !seen.last().unwrap().starts_with("Ok(Some") {
            return seen;
        }
    }
}

async fn step(capability: &mut QueryCapability, cursor: &mut Cursor, rows_max: u32) -> String {
    let answer = capability.next(cursor, rows_max).await;
    let stats = cursor.stats();
    format!("{answer:?} {} {} {:?}", stats.rows, stats.bytes, stats.cost)
}

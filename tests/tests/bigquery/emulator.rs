//! What the emulator does as BigQuery does it: types, parameters, pages, jobs, loads.
//!
//! With `ASSAY_BIGQUERY_PROJECT` set the same is asked of that project in BigQuery itself, as Application Default
//! Credentials allow it; `ASSAY_BIGQUERY_LOCATION` says where. See docs/bigquery.md.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assay::bigquery::{
    Class, Connection, ConnectionOptions, Credentials, ENDPOINT, Identity, JobKey, NewJob, Rest, Retry, TableReference,
    job,
};
use assay::clock::{self, Clock};
use assay::model::{Batch, Kind, LimitName, Param, ProblemCode, Value, Values, VarData};
use assay::source::bigquery::{BigQueryOptions, BigQuerySource};
use assay::source::ledger::InMemory;
use assay::source::{Source as _, TableName};
use assay_tests::conformance::emulator::Emulator;
use gcp_bigquery_client::model::job_configuration_load::JobConfigurationLoad;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::table_reference::TableReference as CrateTable;

use super::fake::{ask, check};

/// Where the tests are run: a project with a dataset of their own.
pub(super) struct Bed {
    pub(super) connection: Arc<Rest>,
    pub(super) project: String,
    pub(super) dataset: String,
    /// Scheme, host and port.
    pub(super) endpoint: String,
    _emulator: Option<Emulator>,
}

impl Bed {
    pub(super) async fn start(name: &str) -> Self {
        let project = std::env::var("ASSAY_BIGQUERY_PROJECT").ok();
        let (emulator, endpoint, credentials) = match &project {
            Some(_) => (None, ENDPOINT.to_owned(), Credentials::Default),
            None => {
                let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
                let folder = target.join("tools").join("emulator");
                let started = tokio::task::spawn_blocking(move || Emulator::start(&folder)).await.unwrap();
                let emulator = started.unwrap_or_else(|error| panic!("{error:#}"));
                let endpoint = emulator.address().to_owned();
                (Some(emulator), endpoint, Credentials::None)
            }
        };
        let project = project.unwrap_or_else(|| "demo".to_owned());
        let options = ConnectionOptions {
            project: project.clone(),
            location: std::env::var("ASSAY_BIGQUERY_LOCATION").ok(),
            endpoint: endpoint.clone(),
            identity: Identity { credentials, impersonate: None },
            retry: Retry::default(),
        };
        let connection = Arc::new(Rest::open(options).await.unwrap());
        let unique = clock::Clock::system().now().as_microsecond();
        let dataset = format!("assay_{name}_{unique}");
        let bed = Self { connection, project, dataset, endpoint, _emulator: emulator };
        // What a test that dies leaves behind goes by itself.
        let options = "OPTIONS (default_table_expiration_days = 1)";
        bed.run(&format!("CREATE SCHEMA `{}` {options}", bed.dataset)).await;
        bed
    }

    /// DDL or DML of the host itself.
    pub(super) async fn run(&self, sql: &str) {
        let query = JobConfigurationQuery {
            query: sql.to_owned(),
            use_legacy_sql: Some(false),
            ..JobConfigurationQuery::default()
        };
        let key = JobKey::new("assay_test", &[&self.dataset, sql]);
        let until = clock::monotonic() + Duration::from_secs(60);
        let ended = job::run(self.connection.as_ref(), &key, &NewJob::query(query), until).await;
        ended.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    fn source(&self) -> BigQuerySource {
        let options = BigQueryOptions {
            name: "warehouse".parse().unwrap(),
            dataset: Some(self.dataset.clone()),
            location: None,
            daily_budget: None,
        };
        let connection: Arc<dyn Connection> = Arc::<Rest>::clone(&self.connection);
        BigQuerySource::new(options, connection, Arc::new(InMemory::new(Clock::system())))
    }

    /// The rows of a statement that an execution of its own asks.
    async fn ask(&self, sql: &str, params: Vec<Param>) -> Result<Vec<Batch>, assay::model::Problem> {
        let statement = assay::source::gate::read_statement(sql, params)?;
        let mut rows = self.source().query(statement).await?;
        let mut batches = Vec::new();
        while let Some(batch) = rows.next(1_000, 4 << 20).await? {
            batches.push(batch);
        }
        Ok(batches)
    }

    /// Kind, type and only value of the only column.
    async fn one(&self, sql: &str, params: Vec<Param>) -> (Kind, String, Option<String>) {
        let read = assay::source::gate::read_statement(sql, params).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let mut rows = self.source().query(read).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let info = rows.columns()[0].clone();
        let batch = rows.next(10, 4 << 20).await.unwrap_or_else(|error| panic!("{sql}: {error}")).unwrap();
        assert_eq!(batch.rows, 1, "{sql}");
        (info.kind, info.type_name, printed(&batch))
    }

    pub(super) async fn end(self) {
        self.run(&format!("DROP SCHEMA `{}` CASCADE", self.dataset)).await;
    }
}

/// The first value of the first column.
fn printed(batch: &Batch) -> Option<String> {
    let column = &batch.columns[0];
    if column.validity.first().is_some_and(|bits| bits & 1 == 0) {
        return None;
    }
    let bytes = |data: &VarData| data.bytes[..data.offsets[1] as usize].to_vec();
    Some(match &column.values {
        Values::Int64(values) | Values::Micros(values) => values[0].to_string(),
        Values::Float64(values) => format!("{:?}", values[0]),
        Values::Days(values) => values[0].to_string(),
        Values::Bits(bits) => (bits[0] & 1 == 1).to_string(),
        Values::Text(data) => String::from_utf8(bytes(data)).unwrap(),
        Values::Bytes(data) => format!("{:?}", bytes(data)),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_every_type_arrive_and_parameters_are_bound() {
    let bed = Bed::start("types").await;
    for (sql, kind, type_name, value) in [
        ("SELECT 9223372036854775807", Kind::Int64, "INT64", Some("9223372036854775807")),
        ("SELECT 0.1", Kind::Float64, "FLOAT64", Some("0.1")),
        ("SELECT CAST('NaN' AS FLOAT64)", Kind::Float64, "FLOAT64", Some("NaN")),
        ("SELECT CAST('-inf' AS FLOAT64)", Kind::Float64, "FLOAT64", Some("-inf")),
        ("SELECT TRUE", Kind::Boolean, "BOOL", Some("true")),
        ("SELECT 'Zoë'", Kind::Text, "STRING", Some("Zoë")),
        ("SELECT CAST(NULL AS STRING)", Kind::Text, "STRING", None),
        ("SELECT FROM_HEX('00ff')", Kind::Bytes, "BYTES", Some("[0, 255]")),
        ("SELECT DATE '2026-01-31'", Kind::Date, "DATE", Some("20484")),
        ("SELECT TIME '12:00:00.5'", Kind::Time, "TIME", Some("43200500000")),
        ("SELECT DATETIME '2026-01-31 00:00:00.25'", Kind::DateTime, "DATETIME", Some("1769817600250000")),
        ("SELECT TIMESTAMP '2026-01-31 00:00:00.123456+00'", Kind::Timestamp, "TIMESTAMP", Some("1769817600123456")),
        ("SELECT TIMESTAMP '1969-12-31 23:59:59.999999+00'", Kind::Timestamp, "TIMESTAMP", Some("-1")),
        ("SELECT NUMERIC '-12.50'", Kind::Decimal, "NUMERIC", Some("-12.5")),
        ("SELECT [1, 2]", Kind::Json, "ARRAY<INT64>", Some("[1,2]")),
        ("SELECT STRUCT(1 AS a, 'x' AS b)", Kind::Json, "STRUCT<a INT64, b STRING>", Some(r#"{"a":1,"b":"x"}"#)),
    ] {
        let expected = (kind, type_name.to_owned(), value.map(str::to_owned));
        assert_eq!(bed.one(sql, Vec::new()).await, expected, "{sql}");
    }

    for (value, kind, printed) in [
        (Value::Int64(-7), Kind::Int64, Some("-7")),
        (Value::Float64(1.5), Kind::Float64, Some("1.5")),
        (Value::Boolean(true), Kind::Boolean, Some("true")),
        (Value::Text("'; DROP TABLE t; --".to_owned()), Kind::Text, Some("'; DROP TABLE t; --")),
        (Value::Bytes(vec![1, 0]), Kind::Bytes, Some("[1, 0]")),
        (Value::Date(20_484), Kind::Date, Some("20484")),
        (Value::DateTime(1_769_817_600_250_000), Kind::DateTime, Some("1769817600250000")),
        (Value::Timestamp(-1), Kind::Timestamp, Some("-1")),
        (Value::Decimal("12.5".to_owned()), Kind::Decimal, Some("12.5")),
        (Value::Null(Kind::Date), Kind::Date, None),
    ] {
        let param = Param { name: "x".to_owned(), value: value.clone() };
        let (found, _, text) = bed.one("SELECT @x", vec![param]).await;
        assert_eq!((found, text.as_deref()), (kind, printed), "{value:?}");
    }
    let list = Param { name: "xs".to_owned(), value: Value::TextArray(vec!["a".to_owned(), "b".to_owned()]) };
    let (_, _, text) = bed.one("SELECT COUNT(*) FROM UNNEST(@xs) AS x WHERE x IN UNNEST(@xs)", vec![list]).await;
    assert_eq!(text.as_deref(), Some("2"));
    bed.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_loaded_listed_read_and_jobs_are_their_own() {
    let bed = Bed::start("tables").await;
    let connection = bed.connection.as_ref();
    let until = clock::monotonic() + Duration::from_secs(120);
    bed.run(&format!("CREATE TABLE `{}.t` (n INT64, s STRING)", bed.dataset)).await;

    // A load of newline-delimited JSON, twice by the same name: once in the table.
    let rows: String = (0..25_000).map(|n| format!("{{\"n\":{n},\"s\":\"row {n}\"}}\n")).collect();
    let load = JobConfigurationLoad {
        destination_table: Some(CrateTable::new(&bed.project, &bed.dataset, "t")),
        write_disposition: Some("WRITE_APPEND".to_owned()),
        ..JobConfigurationLoad::default()
    };
    let load = NewJob::load(load, rows.into());
    let key = JobKey::new("assay_test", &[&bed.dataset, "load"]);
    for _ in 0..2 {
        let ended = job::run(connection, &key, &load, until).await.unwrap();
        assert_eq!(ended.statistics.load.unwrap_or_default().output_rows, Some(25_000));
    }
    let error = connection.insert(&key.attempt(1), &load, until).await.unwrap_err();
    assert_eq!((error.class, error.status), (Class::Duplicate, Some(409)));

    // More rows than a page has.
    let batches = bed.ask("SELECT n FROM t ORDER BY n", Vec::new()).await.unwrap();
    let numbers: Vec<i64> = batches
        .iter()
        .flat_map(|batch| match &batch.columns[0].values {
            Values::Int64(values) => values.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(numbers.iter().copied().eq(0..25_000), "{} rows", numbers.len());

    let listed = bed.source().tables().await.unwrap();
    let names: Vec<_> = listed.iter().map(|table| (table.name.to_string(), table.made_of.as_str())).collect();
    assert_eq!(names, [(format!("{}.t", bed.dataset), "a table")]);
    let spelled = TableName::new(vec![bed.project.clone(), bed.dataset.clone(), "t".to_owned()]);
    assert_eq!(bed.source().table(&spelled).to_string(), format!("{}.t", bed.dataset));
    let reference =
        TableReference { project_id: bed.project.clone(), dataset_id: bed.dataset.clone(), table_id: "t".to_owned() };
    let found = connection.table(&reference, until).await.unwrap();
    assert_eq!(found.schema.unwrap().fields.len(), 2);
    assert!(connection.dataset(&bed.project, &bed.dataset, until).await.is_ok());

    let statement = assay::source::gate::read_statement("SELECT n FROM t", Vec::new()).unwrap();
    assert!(bed.source().estimate(statement).await.unwrap().billed_bytes.is_some());
    for (sql, code) in [
        ("SELECT nope FROM t", ProblemCode::InvalidSql),
        ("SELECT n FROM nowhere", ProblemCode::UnknownTable),
        ("SELECT 1; DROP TABLE t", ProblemCode::NotReadOnly),
    ] {
        let problem = bed.ask(sql, Vec::new()).await.unwrap_err();
        assert_eq!(problem.code, code, "{sql}: {problem}");
    }
    assert_eq!(bed.ask("SELECT COUNT(*) FROM t", Vec::new()).await.unwrap().len(), 1, "it is still there");

    // A query that would take minutes ends at its deadline, and its job with it.
    let endless = "SELECT COUNT(*) FROM t a CROSS JOIN t b CROSS JOIN t c WHERE a.n + b.n * c.n < 0";
    let tables = format!("{}.*", bed.dataset);
    let limits = [(LimitName::QueryDeadline, 1_500)];
    let mut impatient = check(bed.source(), &limits, &[&tables], None);
    let problem = ask(&mut impatient, endless, Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Deadline, "{problem}");
    let asker = super::fake::asker(None);
    let parts = [&asker.run.to_string(), asker.check.as_str(), "2", "1", "warehouse"];
    let id = JobKey::new("assay", &parts).attempt(1);
    let ended = loop {
        let job = connection.job(&id, until).await.unwrap();
        if job.is_done() {
            break job;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(ended.error().map(|error| error.class), Some(Class::Stopped));
    bed.end().await;
}

//! The views of the sink, over rows and with answers that were worked out by hand: views/*.yaml.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use assay::bigquery::{Connection as _, JobKey, NewJob, PageRequest, job};
use assay::clock;
use assay::sink::layout::{Kind, Mode, Origin, Table, layout};
use gcp_bigquery_client::model::job_configuration_load::JobConfigurationLoad;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use gcp_bigquery_client::model::table_reference::TableReference;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::emulator::Bed;

/// What a view is asked, and answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    query: String,
    rows: Vec<Vec<Option<String>>>,
}

/// A row with a neutral value in every column that must have one and is not named.
fn filled(table: &Table, named: &BTreeMap<String, Json>) -> Json {
    for column in named.keys() {
        assert!(table.place(column).is_some(), "{} has no column {column}", table.name);
    }
    let columns = table.columns.iter().map(|column| {
        let neutral = || match (column.mode, column.kind, column.from) {
            (Mode::Nullable, ..) => Json::Null,
            (_, _, Origin::Journal) | (_, Kind::String, _) => json!("x"),
            (_, Kind::Int64, _) => json!(0),
            (_, Kind::Float64, _) => json!(0.0),
            (_, Kind::Bool, _) => json!(false),
            (_, Kind::Json, _) => json!([]),
            (_, Kind::Timestamp | Kind::Date, _) => panic!("{}.{} must be given", table.name, column.name),
        };
        let value = match named.get(&column.name) {
            Some(Json::String(text)) if column.kind == Kind::Json => serde_json::from_str(text).unwrap(),
            Some(value) => value.clone(),
            None => neutral(),
        };
        (column.name.clone(), value)
    });
    Json::Object(columns.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_views_answer_the_standard_questions() {
    let bed = Bed::start("views").await;
    bed.migrated().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bigquery/views");
    let text = fs_err::read_to_string(folder.join("rows.yaml")).unwrap();
    let rows: BTreeMap<String, Vec<BTreeMap<String, Json>>> = serde_saphyr::from_str(&text).unwrap();
    let until = clock::monotonic() + Duration::from_secs(300);
    let connection = bed.connection.as_ref();
    for (name, rows) in &rows {
        let table = layout().table(name).unwrap_or_else(|| panic!("there is no table {name}"));
        let lines: Vec<_> = rows.iter().map(|row| filled(table, row).to_string()).collect();
        let load = JobConfigurationLoad {
            destination_table: Some(TableReference::new(&bed.project, &bed.dataset, name)),
            write_disposition: Some("WRITE_APPEND".to_owned()),
            ..JobConfigurationLoad::default()
        };
        let key = JobKey::new("assay_test", &[&bed.dataset, name]);
        let load = NewJob::load(load, lines.join("\n").into());
        job::run(connection, &key, &load, until).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let mut asked = 0;
    for entry in fs_err::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "rows" {
            continue;
        }
        let case: Case = serde_saphyr::from_str(&fs_err::read_to_string(&path).unwrap()).unwrap();
        let query = case.query.replace("${dataset}", &format!("{}.{}", bed.project, bed.dataset));
        let query = JobConfigurationQuery { query, use_legacy_sql: Some(false), ..JobConfigurationQuery::default() };
        let key = JobKey::new("assay_test", &[&bed.dataset, "ask", &name]);
        let ended = job::run(connection, &key, &NewJob::query(query), until).await;
        ended.unwrap_or_else(|error| panic!("{name}: {error}"));
        let page = PageRequest { token: None, rows_max: 1_000 };
        let answer = connection.results(&key.attempt(1), &page, until).await.unwrap();
        let cell = |cell: Json| match cell {
            Json::Null => None,
            Json::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        let rows: Vec<Vec<_>> =
            answer.rows.into_iter().map(|row| row.f.into_iter().map(|value| cell(value.v)).collect()).collect();
        assert_eq!(rows, case.rows, "{name}");
        asked += 1;
    }
    assert_eq!(asked, 9, "every view has a case");
    bed.end().await;
}

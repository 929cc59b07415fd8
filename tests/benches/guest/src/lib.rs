//! Does little, so that what is measured is the host. Against the bare contract: no settings are parsed.
//!
//! The version has four digits at its end, so that benchmarks can make a thousand plugins of one by changing them.

use assay_sdk::bindings::assay::query::query::{Data, open};
use assay_sdk::bindings::{Context, Metadata, SettingProblem, Verdict};
use assay_sdk::bindings::{Guest, assay::plugin::types::Outcome};
use assay_sdk::query;

/// All rows and columns.
const ALL: &str = "SELECT * FROM numbers";
/// What a check of a million rows would ask.
const COUNT: &str = "SELECT COUNT(*) AS n, COUNT(DISTINCT a) AS keys, SUM(CASE WHEN c < 0 OR c > 60 THEN 1 ELSE 0 END) AS \
                     outside, SUM(CASE WHEN d IS NULL THEN 1 ELSE 0 END) AS nulls FROM numbers";

/// The guest.
pub struct Bench;

impl Guest for Bench {
    fn describe() -> Metadata {
        Metadata {
            id: "bench".to_owned(),
            // Hidden from the compiler, which would make numbers of eight letters.
            version: std::hint::black_box(env!("CARGO_PKG_VERSION")).to_owned(),
            title: "Does little".to_owned(),
            description: "For benchmarks.".to_owned(),
            owner: "assay".to_owned(),
            settings_schema: "{}".to_owned(),
            limits: Vec::new(),
        }
    }

    fn validate(_settings: String) -> Vec<SettingProblem> {
        Vec::new()
    }

    fn run(context: Context, settings: String) -> Result<Verdict, String> {
        let source = context.sources.first().map_or("", String::as_str);
        let examined = match settings.as_str() {
            r#"{"mode":"loop"}"# => endless(),
            r#"{"mode":"columns"}"# => columns(source)?,
            r#"{"mode":"rows"}"# => rows(source)?,
            r#"{"mode":"count"}"# => count(source)?,
            _ => 1,
        };
        Ok(Verdict { outcome: Outcome::Pass, summary: "done".to_owned(), examined: Some(examined) })
    }
}

fn endless() -> u64 {
    let mut x = 1_u64;
    while std::hint::black_box(x) != 0 {
        x = x.wrapping_mul(6_364_136_223_846_793_005) | 1;
    }
    x
}

/// Takes every batch as it comes and looks at every value.
fn columns(source: &str) -> Result<u64, String> {
    let cursor = open(source, ALL, &[]).map_err(|problem| problem.message)?;
    let (mut rows, mut sum) = (0, 0_u64);
    while let Some(batch) = cursor.next(8_192).map_err(|problem| problem.message)? {
        rows += u64::from(batch.rows);
        for column in &batch.columns {
            sum = sum.wrapping_add(match &column.data {
                Data::Int64(values) | Data::Micros(values) => values.iter().fold(0, |sum, v| sum ^ v.cast_unsigned()),
                Data::Float64(values) => values.iter().fold(0, |sum, v| sum ^ v.to_bits()),
                Data::Days(values) => values.iter().fold(0, |sum, v| sum ^ u64::from(v.cast_unsigned())),
                Data::Bits(bytes) => bytes.iter().fold(0, |sum, v| sum ^ u64::from(*v)),
                Data::Text(data) | Data::Bytes(data) => data.bytes.iter().fold(0, |sum, v| sum ^ u64::from(*v)),
            });
        }
    }
    std::hint::black_box(sum);
    Ok(rows)
}

/// Takes row by row, as the SDK makes them of batches.
fn rows(source: &str) -> Result<u64, String> {
    let mut rows = 0;
    for row in query(source, ALL).fetch().map_err(|error| error.to_string())? {
        std::hint::black_box(row.map_err(|error| error.to_string())?);
        rows += 1;
    }
    Ok(rows)
}

fn count(source: &str) -> Result<u64, String> {
    let row = query(source, COUNT).fetch().and_then(assay_sdk::Rows::only_row).map_err(|error| error.to_string())?;
    let rows: i64 = row.get("n").map_err(|error| error.to_string())?;
    Ok(rows.unsigned_abs())
}

#[cfg(target_arch = "wasm32")]
assay_sdk::__private::export!(Bench with_types_in assay_sdk::bindings);

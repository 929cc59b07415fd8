//! Data on its way into the guest, and a check of a million rows against the same statement without a guest.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use assay::clock;
use assay::model::Ending;
use assay::source::Source;
use assay::source::files::{FilesOptions, FilesSource};
use assay::source::gate::read_statement;
use assay_tests::bed::Bed;
use assay_tests::project::assay;
use criterion::Criterion;
use tokio::runtime::Runtime;

use super::bed::{BATCH_ROWS, Ready, bed};
use super::figures::{Figures, timed};
use super::rows;

/// Batches of one delivery: as many whole ones as the default limit of rows allows.
const BATCHES: u32 = 100;
/// Rows of the large table.
const ROWS: i64 = 1_000_000;

/// What the guest asks in the mode `count`.
const COUNT: &str = "SELECT COUNT(*) AS n, COUNT(DISTINCT a) AS keys, SUM(CASE WHEN c < 0 OR c > 60 THEN 1 ELSE 0 END) AS \
                     outside, SUM(CASE WHEN d IS NULL THEN 1 ELSE 0 END) AS nulls FROM numbers";

pub(crate) fn measure(criterion: &mut Criterion, runtime: &Runtime, figures: &mut Figures) {
    columns_against_rows(criterion, runtime, figures);
    guest_against_engine(criterion, runtime, figures);
}

fn columns_against_rows(criterion: &mut Criterion, runtime: &Runtime, figures: &mut Figures) {
    let ready = Arc::new(Ready { batches: BATCHES });
    let bed = runtime.block_on(bed(ready.clone()));
    let making = timed(criterion, runtime, "batches: made and dropped", async || drain(ready.as_ref()).await);
    let columns = timed(criterion, runtime, "batches: delivered as columns", async || take(&bed, "columns").await);
    let by_row = timed(criterion, runtime, "batches: read row by row with the SDK", async || take(&bed, "rows").await);
    let mut rows = (0..10).map(|_| rows::deliver(BATCHES)).collect::<Vec<_>>();
    rows.sort();

    let per_row = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(BATCHES * BATCH_ROWS);
    let making = making.percentile(50);
    let columnar = per_row(columns.percentile(50).saturating_sub(making));
    figures.note("columns_per_row_ns", columnar);
    figures.note("sdk_rows_per_row_ns", per_row(by_row.percentile(50).saturating_sub(making)));
    figures.note("list_of_rows_per_row_ns", per_row(rows[5]));
    figures.note("list_of_rows_to_columns_ratio", per_row(rows[5]) / columnar);
}

fn guest_against_engine(criterion: &mut Criterion, runtime: &Runtime, figures: &mut Figures) {
    let options = FilesOptions {
        path: numbers(),
        project: None,
        memory_bytes: 512 << 20,
        spill_bytes: 0,
        target_partitions: std::thread::available_parallelism().unwrap().get(),
    };
    let files: Arc<dyn Source> = Arc::new(FilesSource::open(options).unwrap());
    let bed = runtime.block_on(bed(files.clone()));
    let engine = timed(criterion, runtime, "a million rows: the engine alone", async || {
        let statement = read_statement(COUNT, Vec::new()).unwrap();
        let mut rows = files.query(statement).await.unwrap();
        while rows.next(BATCH_ROWS, 4 << 20).await.unwrap().is_some() {}
    });
    let guest = timed(criterion, runtime, "a million rows: the check", async || take(&bed, "count").await);
    let ratio = guest.percentile(50).as_secs_f64() / engine.percentile(50).as_secs_f64();
    figures.note("million_rows_engine_ms", engine.percentile(50).as_secs_f64() * 1e3);
    figures.note("million_rows_check_to_engine_ratio", ratio);
}

async fn take(bed: &Bed, mode: &str) {
    let execution = bed.run(&format!("{{\"mode\":\"{mode}\"}}"), &[]).await;
    match execution.ending {
        Ending::Returned(verdict) => assert!(verdict.examined > Some(0)),
        other => panic!("{mode}: {other:?}"),
    }
}

async fn drain(source: &Ready) {
    let statement = read_statement("SELECT * FROM numbers", Vec::new()).unwrap();
    let mut rows = source.query(statement).await.unwrap();
    while let Some(batch) = rows.next(BATCH_ROWS, 4 << 20).await.unwrap() {
        std::hint::black_box(batch);
    }
}

/// A folder with a table of a million rows; made once.
fn numbers() -> PathBuf {
    let folder = assay().parent().unwrap().join("../bench/numbers");
    fs_err::create_dir_all(&folder).unwrap();
    let file = folder.join("numbers.parquet");
    if !file.exists() {
        write_numbers(&file);
    }
    folder
}

fn write_numbers(file: &Path) {
    use arrow::array::{Float64Array, Int64Array, RecordBatch, StringArray};
    use parquet::arrow::ArrowWriter;
    let began = clock::monotonic();
    let numbers = || 0..ROWS;
    let batch = RecordBatch::try_from_iter([
        ("a", Arc::new(Int64Array::from_iter_values(numbers())) as _),
        ("b", Arc::new(Int64Array::from_iter_values(numbers().map(|row| row % 500))) as _),
        ("c", Arc::new(Float64Array::from_iter_values(numbers().map(|row| (row % 611) as f64 / 10.0))) as _),
        (
            "d",
            Arc::new(StringArray::from_iter(numbers().map(|row| (row % 97 > 0).then(|| format!("p-{}", row % 450)))))
                as _,
        ),
        ("e", Arc::new(StringArray::from_iter_values(numbers().map(|row| format!("team-{}", row % 30)))) as _),
    ])
    .unwrap();
    let draft = file.with_extension("draft");
    let mut writer = ArrowWriter::try_new(fs_err::File::create(&draft).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    fs_err::rename(&draft, file).unwrap();
    println!("a table of {ROWS} rows: written in {} ms", began.elapsed().as_millis());
}

//! The large table of the engine's benchmarks: ten million rows, the same on every machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use assay::clock;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

/// Rows of the table.
pub(crate) const ROWS: u64 = 10_000_000;
/// Its name in statements.
pub(crate) const NAME: &str = "t";

/// Rows of one batch that is written.
const BATCH: u64 = 100_000;
/// Rows of one group of the file.
const GROUP: usize = 1_000_000;
/// 2026-01-01, in days since 1970-01-01.
const FIRST_DAY: u64 = 20_454;

/// The folder with the table; made once.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ten-million");
    fs_err::create_dir_all(&folder).unwrap();
    let file = folder.join(NAME).with_extension("parquet");
    if !file.exists() {
        write(&file);
    }
    folder
}

/// A number that looks like any, made of another (the finalizer of splitmix64).
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// `id` is another in every row; `k` has 1,000 values, `s` a hundred that begin with 20 letters, `day` those of a year, `x`
/// 200, `y` a million with a twentieth of nulls. Sums of `y` are exact in any order.
fn batch(first: u64) -> RecordBatch {
    let rows = || first..first + BATCH;
    let drawn = |column: u64, values: u64| move |row: u64| mixed(row * 8 + column) % values;
    let ints = |column, values| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows().map(drawn(column, values)).map(u64::cast_signed)))
    };
    let texts: Vec<String> =
        (0..100u64).map(|text| format!("{}-{text:02}", char::from(b'a' + u8::try_from(text % 20).unwrap()))).collect();
    let text = |row| texts[usize::try_from(drawn(1, 100)(row)).unwrap()].as_str();
    let day = |row| i32::try_from(FIRST_DAY + drawn(2, 365)(row)).unwrap();
    let y = |row| (drawn(4, 20)(row) > 0).then(|| drawn(5, 1 << 20)(row) as f64 / f64::from(1 << 20));
    RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from_iter_values(rows().map(|row| mixed(row).cast_signed()))) as ArrayRef),
        ("k", ints(0, 1_000)),
        ("s", Arc::new(StringArray::from_iter_values(rows().map(text)))),
        ("day", Arc::new(Date32Array::from_iter_values(rows().map(day)))),
        ("x", ints(3, 200)),
        ("y", Arc::new(Float64Array::from_iter(rows().map(y)))),
    ])
    .unwrap()
}

fn write(file: &Path) {
    let began = clock::monotonic();
    let draft = file.with_extension("draft");
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(GROUP)).build();
    let created = fs_err::File::create(&draft).unwrap();
    let mut writer = ArrowWriter::try_new(created, batch(0).schema(), Some(properties)).unwrap();
    for number in 0..ROWS / BATCH {
        writer.write(&batch(number * BATCH)).unwrap();
    }
    writer.close().unwrap();
    fs_err::rename(&draft, file).unwrap();
    println!("a table of {ROWS} rows: written in {} ms", began.elapsed().as_millis());
}

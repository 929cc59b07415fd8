//! The source over real files: good ones, broken ones, and statements that want more than they may.

mod as_of;
mod damage;
mod declared;
mod limits;
mod packed;
mod projects;
mod statements;
mod tables;
mod types;

use std::path::Path;

use datafusion::arrow::array::{
    ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array,
};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;

use super::*;
use crate::model::{Batch, Kind, Param, ProblemCode, Value, Values};
use crate::source::gate::read_statement;

struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn with(files: &[(&str, &str)]) -> Self {
        let folder = Self::new();
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, content).unwrap();
    }

    fn source(&self) -> FilesSource {
        self.source_within(64 << 20, 0)
    }

    fn source_within(&self, memory_bytes: u64, spill_bytes: u64) -> FilesSource {
        let path = self.path().to_owned();
        let options = FilesOptions { path, project: None, memory_bytes, spill_bytes, target_partitions: 2 };
        FilesSource::open(options).unwrap()
    }
}

fn parquet(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    file
}

fn ids(range: std::ops::Range<i64>) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(range));
    parquet(vec![("id", ids)], Compression::SNAPPY)
}

async fn ask(source: &FilesSource, sql: &str, params: Vec<Param>) -> Result<Vec<Vec<Option<String>>>, Problem> {
    let mut rows = source.query(read_statement(sql, params)?).await?;
    let mut table = Vec::new();
    while let Some(batch) = rows.next(8_192, 4 << 20).await? {
        assert!(batch.rows > 0, "an empty batch is no batch");
        table.extend((0..batch.rows as usize).map(|row| texts(&batch, row)));
    }
    assert_eq!(rows.next(1, 1).await?, None, "the end stays the end");
    Ok(table)
}

fn texts(batch: &Batch, row: usize) -> Vec<Option<String>> {
    let bit = |bits: &[u8]| bits[row / 8] >> (row % 8) & 1 == 1;
    let cells = batch.columns.iter().map(|column| {
        let present = column.validity.is_empty() || bit(&column.validity);
        present.then(|| match &column.values {
            Values::Int64(values) | Values::Micros(values) => values[row].to_string(),
            Values::Float64(values) => values[row].to_string(),
            Values::Days(values) => values[row].to_string(),
            Values::Bits(bits) => bit(bits).to_string(),
            Values::Text(data) | Values::Bytes(data) => {
                let range = data.offsets[row] as usize..data.offsets[row + 1] as usize;
                String::from_utf8_lossy(&data.bytes[range]).into_owned()
            }
        })
    });
    cells.collect()
}

/// One line a row, cells parted by `|`, null as `-`.
async fn lines(source: &FilesSource, sql: &str) -> Vec<String> {
    answer(source, sql, Vec::new()).await
}

async fn answer(source: &FilesSource, sql: &str, params: Vec<Param>) -> Vec<String> {
    let rows = ask(source, sql, params).await.unwrap_or_else(|problem| panic!("{sql}: {problem} {:?}", problem.hint));
    let cell = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
    rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join("|")).collect()
}

async fn refusal(source: &FilesSource, sql: &str) -> Problem {
    match ask(source, sql, Vec::new()).await {
        Err(problem) => problem,
        Ok(rows) => panic!("{sql}: {} rows", rows.len()),
    }
}

fn param(name: &str, value: Value) -> Param {
    Param { name: name.to_owned(), value }
}

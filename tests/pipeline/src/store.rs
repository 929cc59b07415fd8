//! The rows as a folder of Parquet files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use jiff::civil::{Date, date};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::generator::{Generator, Order, OrderError};
use crate::rows::Row;
use crate::schema::Table;
use crate::value::{ColumnType, Value};

/// What the files are said to be written by; a constant keeps the bytes the same.
const CREATED_BY: &str = "assay pipeline generator";
/// League days that share a row group.
const GROUP_DAYS: i32 = 7;
/// Rows of a table that are held back at most, should a week have more: it is cut then.
const GROUP_ROWS: usize = 200_000;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Each table, by name.
    pub tables: Vec<WrittenTable>,
}

/// A table that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTable {
    /// Name.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why the folder was not written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The order cannot be met.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// A file or folder cannot be written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Columns do not make a batch.
    #[error("make rows of table '{table}'")]
    Batch {
        /// The table.
        table: String,
        /// What is wrong.
        #[source]
        source: arrow::error::ArrowError,
    },
    /// A batch does not become Parquet.
    #[error("write table '{table}'")]
    Parquet {
        /// The table.
        table: String,
        /// What is wrong.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// The target holds something that was not generated.
    #[error("{} holds '{found}', which is no table: choose another folder", folder.display())]
    Foreign {
        /// The target.
        folder: PathBuf,
        /// What is there.
        found: String,
    },
}

/// Generates an order into a folder, `<table>.parquet` each. The folder appears when all is written: an older one with
/// generated tables is replaced, and an error leaves what was there.
///
/// `each_day` hears of each league day once its rows are made.
///
/// # Errors
/// When the order cannot be met or something cannot be written.
pub fn write(order: Order, folder: &Path, mut each_day: impl FnMut(Date)) -> Result<Written, StoreError> {
    let generator = Generator::new(order)?;
    check_target(folder, generator.tables())?;
    let beside = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs_err::create_dir_all(beside)?;
    let partial = tempfile::Builder::new().prefix(".pipeline-").tempdir_in(beside)?;
    let tables = partial.path().join("tables");
    fs_err::create_dir(&tables)?;
    let written = fill(generator, &tables, &mut each_day)?;
    if folder.exists() {
        // Moved away first, so that a folder under its name is always whole.
        let old = tempfile::Builder::new().prefix(".pipeline-old-").tempdir_in(beside)?;
        fs_err::rename(folder, old.path().join("tables"))?;
    }
    fs_err::rename(tables, folder)?;
    Ok(written)
}

fn check_target(folder: &Path, tables: &[Table]) -> Result<(), StoreError> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let table = name.strip_suffix(".parquet");
        if !tables.iter().any(|declared| Some(declared.name.as_str()) == table) {
            return Err(StoreError::Foreign { folder: folder.to_owned(), found: name });
        }
    }
    Ok(())
}

fn fill(generator: Generator, folder: &Path, each_day: &mut impl FnMut(Date)) -> Result<Written, StoreError> {
    let mut files = Vec::new();
    for table in generator.tables() {
        files.push(match generator.injector().shape(table) {
            Some(shape) => Some(File::create(table, &shape, folder)?),
            None => None,
        });
    }
    for mut day in generator {
        for (place, file) in files.iter_mut().enumerate() {
            if let Some(file) = file {
                file.add(day.day(), std::mem::take(day.of_mut(place)))?;
            }
        }
        each_day(day.day());
    }
    let mut tables = Vec::new();
    for file in files.into_iter().flatten() {
        tables.push(file.close()?);
    }
    Ok(Written { tables })
}

/// How a table is written, which an incident may have made differ from its declaration.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Name, type and whether it may hold nothing, for each declared column.
    pub columns: Vec<(String, ColumnType, bool)>,
}

impl Shape {
    /// As declared.
    #[must_use]
    pub fn declared(table: &Table) -> Self {
        let columns =
            table.columns.iter().map(|column| (column.name.clone(), column.column_type, column.nullable)).collect();
        Self { columns }
    }

    fn schema(&self) -> SchemaRef {
        let field = |(name, column_type, nullable): &(String, ColumnType, bool)| {
            let data_type = match column_type {
                ColumnType::String => DataType::Utf8,
                ColumnType::Int64 => DataType::Int64,
                ColumnType::Float64 => DataType::Float64,
                ColumnType::Bool => DataType::Boolean,
                ColumnType::Date => DataType::Date32,
                ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            };
            Field::new(name, data_type, *nullable)
        };
        Arc::new(Schema::new(self.columns.iter().map(field).collect::<Vec<_>>()))
    }
}

struct File {
    table: String,
    path: PathBuf,
    shape: Shape,
    schema: SchemaRef,
    writer: ArrowWriter<fs_err::File>,
    group: i32,
    held: Vec<Row>,
    rows: u64,
}

impl File {
    fn create(table: &Table, shape: &Shape, folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(format!("{}.parquet", table.name));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(CREATED_BY.to_owned())
            .build();
        let schema = shape.schema();
        let writer = ArrowWriter::try_new(fs_err::File::create(&path)?, Arc::clone(&schema), Some(properties))
            .map_err(|source| StoreError::Parquet { table: table.name.clone(), source })?;
        let shape = shape.clone();
        Ok(Self { table: table.name.clone(), path, shape, schema, writer, group: i32::MIN, held: Vec::new(), rows: 0 })
    }

    fn add(&mut self, day: Date, rows: Vec<Row>) -> Result<(), StoreError> {
        let group = days_since_epoch(day).div_euclid(GROUP_DAYS);
        if group != self.group || self.held.len() >= GROUP_ROWS {
            self.flush()?;
            self.group = group;
        }
        self.held.extend(rows);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.held);
        let columns: Vec<ArrayRef> = (self.shape.columns.iter().enumerate())
            .map(|(place, (_, column_type, _))| column(&rows, place, *column_type))
            .collect();
        self.rows += u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|source| StoreError::Batch { table: self.table.clone(), source })?;
        let wrong = |source| StoreError::Parquet { table: self.table.clone(), source };
        self.writer.write(&batch).map_err(wrong)?;
        self.writer.flush().map_err(wrong)
    }

    fn close(mut self) -> Result<WrittenTable, StoreError> {
        self.flush()?;
        let Self { table, path, writer, rows, .. } = self;
        writer.close().map_err(|source| StoreError::Parquet { table: table.clone(), source })?;
        Ok(WrittenTable { name: table, rows, bytes: fs_err::metadata(path)?.len() })
    }
}

/// The cells of a column; a cell of another type than the column's is told as it, or is nothing.
fn column(rows: &[Row], place: usize, column_type: ColumnType) -> ArrayRef {
    let cells = rows.iter().map(|row| {
        let value = &row[place];
        if value.is_null() || value.column_type() == Some(column_type) {
            std::borrow::Cow::Borrowed(value)
        } else {
            std::borrow::Cow::Owned(value.cast(column_type).unwrap_or(Value::Null))
        }
    });
    macro_rules! collect {
        ($array:ty, $pattern:pat => $cell:expr) => {
            cells
                .map(|cell| match cell.as_ref() {
                    $pattern => Some($cell),
                    _ => None,
                })
                .collect::<$array>()
        };
    }
    match column_type {
        ColumnType::String => Arc::new(collect!(StringArray, Value::Text(text) => text.to_string())),
        ColumnType::Int64 => Arc::new(collect!(Int64Array, Value::Int(number) => *number)),
        ColumnType::Float64 => Arc::new(collect!(Float64Array, Value::Float(number) => *number)),
        ColumnType::Bool => Arc::new(collect!(BooleanArray, Value::Bool(truth) => *truth)),
        ColumnType::Date => Arc::new(collect!(Date32Array, Value::Day(day) => days_since_epoch(*day))),
        ColumnType::Timestamp => Arc::new(
            collect!(TimestampMicrosecondArray, Value::Instant(instant) => instant.as_microsecond())
                .with_timezone("UTC"),
        ),
    }
}

fn days_since_epoch(day: Date) -> i32 {
    day.duration_since(date(1970, 1, 1)).as_hours().div_euclid(24).try_into().unwrap_or(i32::MAX)
}

//! The columns of a table's files.
//!
//! Parquet files say what they hold, and a declared schema is compared with it. CSV and NDJSON files hold what is
//! declared, or are read from end to end to find out, so that no row can contradict the types later; columns of an
//! NDJSON table that is not declared are in the order of their names. A CSV column of digits is `Int64` even where
//! the digits begin with 0.

use std::sync::Arc;

use cap_std::fs::Dir;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use datafusion::error::DataFusionError;
use object_store::ObjectMeta;

use super::catalog::{Format, FoundTable};
use super::declared::Declared;
use super::failure::{Fault, ReadFailure};
use super::table::Formats;
use super::text::TextFormat;
use super::{canonical, promise, text};

/// Columns of the files of a table, the partition columns not among them.
pub(super) struct Columns {
    /// As they are declared, or else as they were found.
    pub(super) fields: Fields,
    /// As the engine sees them.
    pub(super) schema: SchemaRef,
}

/// Columns of the files of `table`.
///
/// # Errors
/// A [`ReadFailure`] inside of the engine's error.
///
/// # Cancel safety
/// Dropping the future ends the reading at the next block.
pub(super) async fn of_table(
    dir: &Arc<Dir>,
    formats: &Formats<'_>,
    table: &FoundTable,
    metas: &[ObjectMeta],
) -> Result<Columns, DataFusionError> {
    let columns = match (&table.declared, table.format) {
        (Some(declared), Format::Text(format)) => {
            if format == TextFormat::Csv {
                only_cells(declared)?;
            }
            Columns::declared(declared)
        }
        (Some(declared), Format::Parquet) => {
            for (file, meta) in table.files.iter().zip(metas) {
                let schema = parquet(formats, &file.found.path, meta).await?;
                compare(&declared.fields, &declared.file, schema.fields())
                    .map_err(|reason| misfit(&file.found.path, reason))?;
            }
            Columns::declared(declared)
        }
        (None, format) => {
            let mut merged: Option<Schema> = None;
            for (file, meta) in table.files.iter().zip(metas) {
                let path = &file.found.path;
                let schema = match format {
                    Format::Parquet => parquet(formats, path, meta).await?,
                    Format::Text(format) => text::infer(dir, format, &file.found).await?,
                };
                let all = match merged {
                    None => schema,
                    Some(merged) => merge(format, &merged, &schema).map_err(|reason| misfit(path, reason))?,
                };
                tell_apart(&all).map_err(|reason| misfit(path, reason))?;
                merged = Some(all);
            }
            let schema = canonical::schema(&merged.unwrap_or_else(Schema::empty));
            Columns { fields: schema.fields().clone(), schema: Arc::new(schema) }
        }
    };
    let is_in_files = |key: &str| columns.fields.iter().any(|field| field.name().to_lowercase() == key.to_lowercase());
    if let Some((key, _)) = table.partition_columns.iter().find(|(key, _)| is_in_files(key))
        && let Some(file) = table.files.first()
    {
        let reason = format!("the column `{key}` is in the files and in the names of their folders");
        return Err(misfit(&file.found.path, reason).into());
    }
    Ok(columns)
}

fn misfit(file: &str, reason: String) -> ReadFailure {
    ReadFailure { file: file.to_owned(), fault: Fault::Misfit(reason) }
}

fn tell_apart(schema: &Schema) -> Result<(), String> {
    match canonical::alike(schema.fields()) {
        Some((one, other)) => Err(format!("columns `{one}` and `{other}` differ only in case")),
        None => Ok(()),
    }
}

impl Columns {
    fn declared(declared: &Declared) -> Self {
        let fields = declared.fields.clone();
        let schema = Arc::new(Schema::new(promise::relaxed(&fields)));
        Self { fields, schema }
    }
}

async fn parquet(formats: &Formats<'_>, path: &str, meta: &ObjectMeta) -> Result<Schema, DataFusionError> {
    let schema = formats.infer_parquet(meta).await.map_err(|error| ReadFailure::wrap(path, error))?;
    tell_apart(&schema).map_err(|reason| misfit(path, reason))?;
    Ok(schema.as_ref().clone())
}

/// A CSV file has no place for arrays and structs.
fn only_cells(declared: &Declared) -> Result<(), ReadFailure> {
    let nested = declared.fields.iter().find(|field| field.data_type().is_nested());
    let Some(field) = nested else { return Ok(()) };
    let type_name = canonical::name(field.data_type());
    let reason = format!("the column `{}` is {type_name}, which a CSV file cannot hold", field.name());
    let hint = "declare STRING, or write the table as NDJSON or Parquet".to_owned();
    Err(ReadFailure { file: declared.file.clone(), fault: Fault::Schema { line: None, reason, hint } })
}

/// Whether a Parquet file holds what is declared.
fn compare(declared: &Fields, declared_in: &str, file: &Fields) -> Result<(), String> {
    for field in declared {
        let name = field.name();
        let Some(theirs) = file.iter().find(|theirs| theirs.name() == name) else {
            return Err(format!("it has no column `{name}`, which `{declared_in}` declares"));
        };
        match (field.data_type(), theirs.data_type()) {
            (DataType::Struct(ours), DataType::Struct(theirs)) => compare(ours, declared_in, theirs)?,
            (ours, theirs) if fits(theirs, ours) => {}
            (ours, theirs) => {
                let (ours, theirs) = (canonical::name(ours), canonical::name(&canonical::of(theirs)));
                return Err(format!("the column `{name}` is {theirs}, and `{declared_in}` declares {ours}"));
            }
        }
    }
    match file.iter().find(|theirs| !declared.iter().any(|field| field.name() == theirs.name())) {
        Some(theirs) => Err(format!("`{declared_in}` does not declare its column `{}`", theirs.name())),
        None => Ok(()),
    }
}

/// Whether every value of a type in a file is, or is checked to be, one of what is declared.
fn fits(file: &DataType, declared: &DataType) -> bool {
    let items = match file {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => Some(item),
        _ => None,
    };
    match (file, declared) {
        (DataType::Null, _) | (DataType::UInt64, DataType::Int64) => true,
        (DataType::Struct(file), DataType::Struct(declared)) => compare(declared, "", file).is_ok(),
        (_, DataType::List(declared)) => items.is_some_and(|item| fits(item.data_type(), declared.data_type())),
        (
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 | DataType::UInt32,
            DataType::Float64,
        ) => true,
        (file, declared) => {
            let file = canonical::of(file);
            file == *declared || widens(&file, declared)
        }
    }
}

/// Whether every value of one type is one of the other.
fn widens(from: &DataType, to: &DataType) -> bool {
    let numeric = (from == &DataType::Int64, from == &canonical::NUMERIC);
    match numeric {
        (true, _) => *to == canonical::NUMERIC || *to == canonical::BIGNUMERIC,
        (_, true) => *to == canonical::BIGNUMERIC,
        _ => false,
    }
}

fn names(schema: &Schema) -> String {
    schema.fields().iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ")
}

/// Columns of files together; the error says what of `other` does not fit. Only the lines of an NDJSON file may do
/// without a column.
fn merge(format: Format, merged: &Schema, other: &Schema) -> Result<Schema, String> {
    let is_csv = format == Format::Text(TextFormat::Csv);
    if is_csv && !merged.fields().iter().map(|field| field.name()).eq(other.fields().iter().map(|field| field.name())) {
        return Err(format!("its columns are {}, not {}", names(other), names(merged)));
    }
    let mut fields: Vec<FieldRef> = Vec::with_capacity(merged.fields().len());
    for field in merged.fields() {
        match other.field_with_name(field.name()) {
            Ok(theirs) => {
                let reconciled = reconcile(format, field.data_type(), theirs.data_type()).ok_or_else(|| {
                    let type_name = |field: &Field| canonical::name(&canonical::of(field.data_type()));
                    format!("the column `{}` is {}, not {}", field.name(), type_name(theirs), type_name(field))
                })?;
                let nullable = field.is_nullable() || theirs.is_nullable();
                fields.push(Arc::new(Field::new(field.name(), reconciled, nullable)));
            }
            Err(_) if format == Format::Parquet => {
                return Err(format!("it has no column `{}`, which other files have", field.name()));
            }
            Err(_) => fields.push(Arc::new(field.as_ref().clone().with_nullable(true))),
        }
    }
    for theirs in other.fields() {
        if merged.field_with_name(theirs.name()).is_err() {
            if format == Format::Parquet {
                return Err(format!("its column `{}` is not in other files", theirs.name()));
            }
            fields.push(Arc::new(theirs.as_ref().clone().with_nullable(true)));
        }
    }
    if format == Format::Text(TextFormat::NdJson) {
        fields.sort_by(|one, other| one.name().cmp(other.name()));
    }
    Ok(Schema::new(fields))
}

fn reconcile(format: Format, ours: &DataType, theirs: &DataType) -> Option<DataType> {
    match (ours, theirs) {
        (ours, theirs) if ours == theirs => Some(ours.clone()),
        (DataType::Null, other) | (other, DataType::Null) => Some(other.clone()),
        (DataType::List(ours), DataType::List(theirs)) => {
            let item = reconcile(format, ours.data_type(), theirs.data_type())?;
            Some(DataType::List(Arc::new(Field::new(ours.name(), item, true))))
        }
        (DataType::Struct(ours), DataType::Struct(theirs)) => {
            let merged = merge(format, &Schema::new(ours.clone()), &Schema::new(theirs.clone())).ok()?;
            Some(DataType::Struct(merged.fields().clone()))
        }
        (ours, theirs) => {
            let (ours, theirs) = (canonical::of(ours), canonical::of(theirs));
            let is_one = |data_type: &DataType| ours == *data_type || theirs == *data_type;
            if ours == theirs || widens(&theirs, &ours) {
                Some(ours)
            } else if widens(&ours, &theirs) {
                Some(theirs)
            } else if format != Format::Parquet && is_one(&DataType::Int64) && is_one(&DataType::Float64) {
                Some(DataType::Float64)
            } else if format == Format::Text(TextFormat::Csv) {
                Some(DataType::Utf8View)
            } else {
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::TimeUnit;

    #[test]
    fn a_file_fits_what_is_declared_or_is_told_what_does_not() {
        let one = |data_type: DataType| Fields::from(vec![Field::new("c", data_type, true)]);
        let list = |data_type: DataType| DataType::LargeList(Arc::new(Field::new("x", data_type, true)));
        let structs = |data_type: DataType| DataType::Struct(one(data_type));
        for (file, declared, fits) in [
            (DataType::Int16, DataType::Int64, true),
            (DataType::Int32, DataType::Float64, true),
            (DataType::Int64, DataType::Float64, false),
            (DataType::Int64, canonical::NUMERIC, true),
            (DataType::UInt64, DataType::Int64, true),
            (DataType::Decimal128(10, 2), canonical::BIGNUMERIC, true),
            (DataType::Decimal128(38, 0), canonical::NUMERIC, false),
            (DataType::LargeUtf8, DataType::Utf8View, true),
            (DataType::Int64, DataType::Utf8View, false),
            (DataType::Timestamp(TimeUnit::Nanosecond, None), canonical::DATETIME, true),
            (DataType::Timestamp(TimeUnit::Nanosecond, None), canonical::timestamp(), false),
            (list(DataType::Int32), DataType::List(Arc::new(Field::new("item", DataType::Int64, false))), true),
            (list(DataType::Utf8), DataType::List(Arc::new(Field::new("item", DataType::Int64, false))), false),
            (structs(DataType::Int8), structs(DataType::Int64), true),
            (structs(DataType::Utf8), structs(DataType::Int64), false),
            (DataType::Null, DataType::Date32, true),
        ] {
            let compared = compare(&one(declared.clone()), "t.schema.yaml", &one(file.clone()));
            assert_eq!(compared.is_ok(), fits, "{file} {declared}: {compared:?}");
        }
        let renamed = Fields::from(vec![Field::new("d", DataType::Int64, true)]);
        let missing = compare(&one(DataType::Int64), "t.schema.yaml", &renamed);
        assert_eq!(missing, Err("it has no column `c`, which `t.schema.yaml` declares".to_owned()));
        let more = compare(&Fields::empty(), "t.schema.yaml", &renamed);
        assert_eq!(more, Err("`t.schema.yaml` does not declare its column `d`".to_owned()));
    }
}

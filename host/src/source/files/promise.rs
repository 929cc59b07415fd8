//! What a declared schema promises beyond types: columns and fields that hold no null.
//!
//! The engine is never told: it would answer `id IS NULL` without looking. It is checked on what is read.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};

/// The same columns as the engine sees them: anything may be null.
pub(super) fn relaxed(fields: &Fields) -> Fields {
    fields.iter().map(relaxed_field).collect()
}

fn relaxed_field(field: &FieldRef) -> FieldRef {
    let data_type = match field.data_type() {
        DataType::Struct(fields) => DataType::Struct(relaxed(fields)),
        DataType::List(item) => DataType::List(relaxed_field(item)),
        other => other.clone(),
    };
    Arc::new(Field::new(field.name(), data_type, true))
}

/// Whether anything in a column must not be null.
pub(super) fn is_made(field: &Field) -> bool {
    !field.is_nullable()
        || match field.data_type() {
            DataType::Struct(fields) => fields.iter().any(|field| is_made(field)),
            DataType::List(item) => is_made(item),
            _ => false,
        }
}

/// The first row that breaks the promise of a column, and the path to what is null there.
pub(super) fn breach(field: &Field, array: &ArrayRef) -> Option<(usize, String)> {
    if !is_made(field) {
        return None;
    }
    if !field.is_nullable()
        && let Some(nulls) = array.logical_nulls()
        && let Some(row) = (0..array.len()).find(|row| nulls.is_null(*row))
    {
        return Some((row, field.name().clone()));
    }
    match (field.data_type(), array.data_type()) {
        (DataType::Struct(fields), DataType::Struct(_)) => {
            let parents = array.as_struct();
            let is_kept = |(field, column): (&FieldRef, &ArrayRef)| breach(field, column).is_none();
            if fields.len() == parents.num_columns() && fields.iter().zip(parents.columns()).all(is_kept) {
                return None;
            }
            let columns = fields.iter().filter_map(|field| Some((field, parents.column_by_name(field.name())?)));
            columns
                .filter_map(|(inner, column)| {
                    // What is within a null is not there.
                    let mask = parents.nulls();
                    let rows = (0..parents.len()).filter(|row| mask.is_none_or(|mask| mask.is_valid(*row)));
                    let (row, path) = match mask {
                        None => breach(inner, column)?,
                        Some(_) => {
                            rows.filter_map(|row| Some((row, breach(inner, &column.slice(row, 1))?.1))).next()?
                        }
                    };
                    Some((row, format!("{}.{path}", field.name())))
                })
                .min()
        }
        (DataType::List(item), DataType::List(_)) => {
            let list = array.as_list::<i32>();
            breach(item, list.values())?;
            (0..list.len()).filter(|row| list.is_valid(*row)).find_map(|row| {
                let (at, path) = breach(item, &list.value(row))?;
                let within = path.strip_prefix(item.name().as_str()).unwrap_or_default();
                Some((row, format!("{}[{at}]{within}", field.name())))
            })
        }
        _ => None,
    }
}

/// The sentence for it.
pub(super) fn breached(path: &str) -> String {
    format!("`{path}` is null, and the declared schema says that it is not")
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::{Int64Array, ListArray, StructArray};
    use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};

    #[test]
    fn nulls_are_found_at_every_depth_but_not_within_nulls() {
        let number = |nullable| Arc::new(Field::new("n", DataType::Int64, nullable));
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, None]));
        assert_eq!(breach(&number(true), &numbers), None);
        assert_eq!(breach(&number(false), &numbers), Some((1, "n".to_owned())));

        let fields: Fields = vec![number(false)].into();
        let field = Field::new("s", DataType::Struct(fields.clone()), true);
        let valid = NullBuffer::from(vec![true, false, true]);
        let relaxed: Fields = relaxed(&fields);
        let structs: ArrayRef = Arc::new(StructArray::new(relaxed, vec![numbers], Some(valid)));
        assert_eq!(breach(&field, &structs), Some((2, "s.n".to_owned())));

        let item = Arc::new(Field::new("item", DataType::Struct(fields), true));
        let list = Field::new("l", DataType::List(Arc::clone(&item)), true);
        let offsets = OffsetBuffer::from_lengths([2, 1]);
        let lists: ArrayRef = Arc::new(ListArray::new(relaxed_field(&item), offsets, structs, None));
        assert_eq!(breach(&list, &lists), Some((1, "l[0].n".to_owned())));
    }
}

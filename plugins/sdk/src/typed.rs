//! Rows as records of the author's own.

use std::any::type_name;
use std::cell::OnceCell;
use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use serde::de::value::{SeqDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::error::Error;
use crate::query::Rows;
use crate::row::{Cell, Row};

/// For each column of an answer the field that it fills, if any. The same for all rows.
type Fields = OnceCell<Vec<Option<&'static str>>>;

/// The rows of an answer as records: see [`Rows::typed`].
pub struct TypedRows<T> {
    rows: Rows,
    fields: Fields,
    record: PhantomData<fn() -> T>,
}

impl Rows {
    /// The rows as records: a struct with a field for each column, by name.
    ///
    /// A column that is missing, a value of another type and a null without an `Option` are errors that name the column,
    /// also for fields with `#[serde(default)]`: a default would be a guess. Whole numbers are checked for their range and
    /// taken as `f64` where that is exact; decimals are whole numbers, an `f64` (the nearest) or, digit by digit, a
    /// `String`; bytes are a `Vec<u8>`. [`Date`] and [`Timestamp`] are what they say, and a datetime in no zone is an
    /// instant in UTC. A text may be an enum without values. With `#[serde(deny_unknown_fields)]` a column without a field
    /// is an error; otherwise it is ignored. Neither `flatten` nor `alias` of serde is for records: name the columns in
    /// the statement.
    ///
    /// ```no_run
    /// use assay_sdk::{Date, Error, query};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// #[serde(deny_unknown_fields)]
    /// struct Day {
    ///     day: Date,
    ///     n: u64,
    ///     newest: Option<String>,
    /// }
    ///
    /// fn rows(source: &str) -> Result<u64, Error> {
    ///     let mut total = 0;
    ///     for row in query(source, "SELECT day, COUNT(*) AS n, MAX(name) AS newest FROM t GROUP BY day")
    ///         .fetch()?
    ///         .typed()
    ///     {
    ///         let Day { n, .. } = row?;
    ///         total += n;
    ///     }
    ///     Ok(total)
    /// }
    /// ```
    #[must_use]
    pub fn typed<T: DeserializeOwned>(self) -> TypedRows<T> {
        TypedRows { rows: self, fields: OnceCell::new(), record: PhantomData }
    }
}

impl<T: DeserializeOwned> TypedRows<T> {
    /// The record of an answer that must have exactly one row.
    ///
    /// # Errors
    /// When there is none, or more, or it is no such record.
    pub fn only_row(self) -> Result<T, Error> {
        self.rows.only_row()?.typed()
    }
}

impl<T: DeserializeOwned> Iterator for TypedRows<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.and_then(|row| read(&row, &self.fields)))
    }
}

impl Row {
    /// The row as a record: see [`Rows::typed`].
    ///
    /// # Errors
    /// When a column is missing, a value is of another type, or it is null and no `Option` was asked for.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, Error> {
        read(self, &OnceCell::new())
    }
}

fn read<T: DeserializeOwned>(row: &Row, fields: &Fields) -> Result<T, Error> {
    T::deserialize(RowDeserializer { row, fields }).map_err(|fault| Error::new(fault.message))
}

/// Why a row is no such record.
#[derive(Debug)]
struct Fault {
    message: String,
    /// Whether the message names the column.
    is_placed: bool,
}

impl Fault {
    fn placed(message: String) -> Self {
        Self { message, is_placed: true }
    }

    fn at(self, column: &str) -> Self {
        if self.is_placed { self } else { Self::placed(format!("column `{column}`: {}", self.message)) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::placed(error.to_string())
    }
}

impl serde::de::Error for Fault {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self { message: message.to_string(), is_placed: false }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let expected: Vec<_> = expected.iter().map(|name| format!("`{name}`")).collect();
        Self::placed(format!(
            "the query returns `{field}`, which was not asked for; it may return {}",
            expected.join(", ")
        ))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::placed(format!("the query returns the column `{field}` twice"))
    }
}

struct RowDeserializer<'a> {
    row: &'a Row,
    fields: &'a Fields,
}

impl<'de> Deserializer<'de> for RowDeserializer<'_> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fault> {
        Err(Fault::placed("a row is read as a struct with a field for each column, without `flatten`".to_owned()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let fields = match self.fields.get() {
            Some(fields) => fields,
            None => {
                let found = assigned(self.row, fields)?;
                self.fields.get_or_init(|| found)
            }
        };
        visitor.visit_map(Columns { row: self.row, fields, position: 0 })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

/// For each column its field. A field without a column is an error here already: serde would take it for a null.
fn assigned(row: &Row, fields: &[&'static str]) -> Result<Vec<Option<&'static str>>, Fault> {
    let mut assigned = vec![None; row.columns().len()];
    for field in fields {
        let position = row.position(field)?;
        if let Some(other) = assigned[position].replace(*field) {
            return Err(Fault::placed(format!("the query returns one column for both `{other}` and `{field}`")));
        }
    }
    // A second column of the same name is not passed over.
    for (position, column) in row.columns().iter().enumerate() {
        if assigned[position].is_none() && assigned.contains(&Some(column.name.as_str())) {
            return Err(Fault::placed(format!("the query returns the column `{}` twice", column.name)));
        }
    }
    Ok(assigned)
}

/// The columns of a row, one after the other.
struct Columns<'a> {
    row: &'a Row,
    fields: &'a [Option<&'static str>],
    position: usize,
}

impl<'a> Columns<'a> {
    fn name(&self, position: usize) -> &'a str {
        &self.row.columns()[position].name
    }
}

impl<'de> MapAccess<'de> for Columns<'_> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some(field) = self.fields.get(self.position) else { return Ok(None) };
        let name = field.unwrap_or_else(|| self.name(self.position));
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let position = self.position;
        self.position += 1;
        let column = self.name(position);
        let cell = self.row.cell_at(position)?;
        seed.deserialize(CellDeserializer { column, cell }).map_err(|fault| fault.at(column))
    }
}

/// One value of a column.
struct CellDeserializer<'a> {
    column: &'a str,
    cell: Cell<'a>,
}

impl CellDeserializer<'_> {
    fn wrong(&self, wanted: &str) -> Fault {
        self.holds(self.cell.kind(), wanted)
    }

    fn holds(&self, found: &str, wanted: &str) -> Fault {
        Fault::placed(format!("column `{}` holds {found} where {wanted} was expected", self.column))
    }

    fn whole<N: TryFrom<i128>>(&self, wanted: &str) -> Result<N, Fault> {
        let number = match self.cell {
            Cell::Int64(number) => Some(i128::from(number)),
            Cell::Decimal(digits) => match digits.parse() {
                Ok(number) => Some(number),
                Err(_) => return Err(self.holds(&format!("the decimal {digits}"), wanted)),
            },
            _ => None,
        };
        let number = number.ok_or_else(|| self.wrong(wanted))?;
        N::try_from(number).map_err(|_| self.holds(&number.to_string(), wanted))
    }

    fn number(&self) -> Result<f64, Fault> {
        match self.cell {
            Cell::Float64(number) => Ok(number),
            Cell::Int64(number) if is_exact(number) => Ok(number as f64),
            Cell::Int64(number) => Err(self.holds(&number.to_string(), "a number that is exact as f64")),
            Cell::Decimal(digits) => digits.parse().map_err(|_| self.wrong("a number (f64)")),
            _ => Err(self.wrong("a number (f64)")),
        }
    }

    fn text(&self, wanted: &str) -> Result<&str, Fault> {
        match self.cell {
            Cell::Text(text) | Cell::Decimal(text) => Ok(text),
            _ => Err(self.wrong(wanted)),
        }
    }
}

/// Whether a whole number is one of those that a double holds.
fn is_exact(number: i64) -> bool {
    let size = number.unsigned_abs();
    size == 0 || size >> size.trailing_zeros() < 1 << f64::MANTISSA_DIGITS
}

/// Whether two types are one. Types of serde's need not be `'static`, so that they have names but no ids.
fn is_same<A, B>() -> bool {
    type_name::<A>() == type_name::<B>()
}

macro_rules! whole_numbers {
    ($($deserialize:ident, $visit:ident, $wanted:literal;)*) => {
        $(fn $deserialize<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.whole($wanted)?)
        })*
    };
}

impl<'de> Deserializer<'de> for CellDeserializer<'_> {
    type Error = Fault;

    whole_numbers! {
        deserialize_i8, visit_i8, "a whole number (i8)";
        deserialize_i16, visit_i16, "a whole number (i16)";
        deserialize_i32, visit_i32, "a whole number (i32)";
        deserialize_i64, visit_i64, "a whole number (i64)";
        deserialize_i128, visit_i128, "a whole number (i128)";
        deserialize_u8, visit_u8, "a whole number (u8)";
        deserialize_u16, visit_u16, "a whole number (u16)";
        deserialize_u32, visit_u32, "a whole number (u32)";
        deserialize_u64, visit_u64, "a whole number (u64)";
        deserialize_u128, visit_u128, "a whole number (u128)";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.cell {
            Cell::Null => visitor.visit_unit(),
            Cell::Int64(number) => visitor.visit_i64(number),
            Cell::Float64(number) => visitor.visit_f64(number),
            Cell::Boolean(value) => visitor.visit_bool(value),
            Cell::Bytes(bytes) => visitor.visit_bytes(bytes),
            Cell::Text(text) | Cell::Decimal(text) => visitor.visit_str(text),
            Cell::Date(_) | Cell::Time(_) | Cell::DateTime(_) | Cell::Timestamp(_) => {
                visitor.visit_string(self.cell.text().unwrap_or_default())
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.cell {
            Cell::Boolean(value) => visitor.visit_bool(value),
            _ => Err(self.wrong("a truth value (bool)")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text("a character")?)
    }

    /// What has a text form: days and instants ask for theirs, and get it from a column of that type only.
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (wanted, fits) = if is_same::<V::Value, Date>() {
            ("a date", matches!(self.cell, Cell::Date(_)))
        } else if is_same::<V::Value, Timestamp>() {
            match self.cell {
                // As `Row::get` has it: a time in no zone is taken as UTC.
                Cell::DateTime(_) => {
                    return visitor.visit_string(self.cell.text().unwrap_or_default() + "Z");
                }
                cell => ("an instant", matches!(cell, Cell::Timestamp(_))),
            }
        } else if is_same::<V::Value, DateTime>() {
            ("a datetime", matches!(self.cell, Cell::DateTime(_)))
        } else if is_same::<V::Value, Time>() {
            ("a time of day", matches!(self.cell, Cell::Time(_)))
        } else {
            return visitor.visit_str(self.text("text")?);
        };
        if fits { visitor.visit_string(self.cell.text().unwrap_or_default()) } else { Err(self.wrong(wanted)) }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text("text")?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.cell {
            Cell::Bytes(bytes) => visitor.visit_bytes(bytes),
            _ => Err(self.wrong("bytes")),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.cell {
            Cell::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.cell {
            Cell::Bytes(bytes) if is_same::<V::Value, Vec<u8>>() => {
                visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()))
            }
            _ if is_same::<V::Value, Vec<u8>>() => Err(self.wrong("bytes")),
            _ => Err(self.wrong(&wanted(&visitor))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.cell {
            Cell::Text(text) => visitor.visit_enum(IntoDeserializer::<Fault>::into_deserializer(text)),
            _ => Err(self.wrong("text")),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.cell {
            Cell::Null => visitor.visit_unit(),
            _ => Err(self.wrong("null")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        Err(self.wrong(&wanted(&visitor)))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        Err(self.wrong(&wanted(&visitor)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        Err(self.wrong(&wanted(&visitor)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        Err(self.wrong(&wanted(&visitor)))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(self.text("text")?)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

fn wanted(visitor: &dyn Expected) -> String {
    visitor.to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::bindings::assay::query::query::{Batch, Column, ColumnInfo, Data, Kind, VarData};
    use crate::row::decode;

    /// A row of columns with a value each; none is null.
    fn row(columns: Vec<(&str, Kind, Option<Data>)>) -> Row {
        let info = |(name, kind, _): &(&str, Kind, Option<Data>)| ColumnInfo {
            name: (*name).to_owned(),
            kind: *kind,
            type_name: String::new(),
            nullable: true,
        };
        let infos: Vec<_> = columns.iter().map(info).collect();
        let column = |(_, _, data): (&str, Kind, Option<Data>)| match data {
            Some(data) => Column { validity: vec![], data },
            None => Column { validity: vec![0], data: Data::Int64(vec![0]) },
        };
        let columns = columns.into_iter().map(column).collect();
        decode(infos.into(), Batch { rows: 1, columns }).unwrap().next().unwrap()
    }

    fn bytes(bytes: &[u8]) -> VarData {
        VarData { offsets: vec![0, u32::try_from(bytes.len()).unwrap()], bytes: bytes.to_vec() }
    }

    fn whole(number: i64) -> (Kind, Option<Data>) {
        (Kind::Int64, Some(Data::Int64(vec![number])))
    }

    fn text(kind: Kind, text: &str) -> (Kind, Option<Data>) {
        (kind, Some(Data::Text(bytes(text.as_bytes()))))
    }

    fn micros(kind: Kind, micros: i64) -> (Kind, Option<Data>) {
        (kind, Some(Data::Micros(vec![micros])))
    }

    const NULL: (Kind, Option<Data>) = (Kind::Int64, None);

    /// The only column of a row, as a type.
    fn cell<T: DeserializeOwned>((kind, data): (Kind, Option<Data>)) -> Result<T, String> {
        #[derive(Deserialize)]
        struct Only<T> {
            c: T,
        }
        row(vec![("c", kind, data)]).typed::<Only<T>>().map(|Only { c }| c).map_err(|error| error.to_string())
    }

    fn refused<T: DeserializeOwned>(column: (Kind, Option<Data>)) -> String {
        cell::<T>(column).err().unwrap()
    }

    #[test]
    fn values_are_what_they_say() {
        assert_eq!(cell::<i64>(whole(i64::MIN)), Ok(i64::MIN));
        assert_eq!(cell::<u64>(text(Kind::Decimal, "18446744073709551615")), Ok(u64::MAX));
        assert_eq!(cell::<f64>(whole(1 << 53)), Ok(9_007_199_254_740_992.0));
        assert_eq!(cell::<f64>(whole(i64::MIN)), Ok(-9_223_372_036_854_775_808.0));
        assert_eq!(cell::<f64>(text(Kind::Decimal, "12.5")), Ok(12.5));
        assert!(cell::<f64>((Kind::Float64, Some(Data::Float64(vec![f64::NAN])))).unwrap().is_nan());
        assert_eq!(cell::<bool>((Kind::Boolean, Some(Data::Bits(vec![1])))), Ok(true));
        assert_eq!(cell::<String>(text(Kind::Decimal, "0.10")).as_deref(), Ok("0.10"));
        assert_eq!(cell::<Vec<u8>>((Kind::Bytes, Some(Data::Bytes(bytes(b"\xff\0"))))), Ok(vec![255, 0]));
        assert_eq!(cell::<Date>((Kind::Date, Some(Data::Days(vec![-1])))), Ok(jiff::civil::date(1969, 12, 31)));
        let instant = Timestamp::from_microsecond(1_500_001).unwrap();
        assert_eq!(cell::<Timestamp>(micros(Kind::Timestamp, 1_500_001)), Ok(instant));
        assert_eq!(cell::<Timestamp>(micros(Kind::Datetime, 1_500_001)), Ok(instant));
        assert_eq!(cell::<DateTime>(micros(Kind::Datetime, 0)), Ok(jiff::civil::datetime(1970, 1, 1, 0, 0, 0, 0)));
        assert_eq!(cell::<Time>(micros(Kind::Time, 60_000_000)), Ok(jiff::civil::time(0, 1, 0, 0)));
        assert_eq!(cell::<Option<i64>>(NULL), Ok(None));
        assert_eq!(cell::<Option<u8>>(whole(7)), Ok(Some(7)));
    }

    #[test]
    fn an_error_names_the_column_what_was_found_and_what_was_wanted() {
        for (message, found) in [
            (refused::<i64>(NULL), "column `c` holds null where a whole number (i64) was expected"),
            (refused::<Date>(NULL), "column `c` holds null where a date was expected"),
            (refused::<u32>(whole(-1)), "column `c` holds -1 where a whole number (u32) was expected"),
            (refused::<Option<i8>>(whole(128)), "column `c` holds 128 where a whole number (i8) was expected"),
            (
                refused::<i64>(text(Kind::Decimal, "0.5")),
                "column `c` holds the decimal 0.5 where a whole number (i64) was expected",
            ),
            (
                refused::<f64>(whole((1 << 53) + 1)),
                "column `c` holds 9007199254740993 where a number that is exact as f64 was expected",
            ),
            (
                refused::<i64>((Kind::Float64, Some(Data::Float64(vec![1.0])))),
                "column `c` holds float64 where a whole number (i64) was expected",
            ),
            (refused::<String>(whole(1)), "column `c` holds int64 where text was expected"),
            (refused::<String>(NULL), "column `c` holds null where text was expected"),
            (refused::<bool>(whole(1)), "column `c` holds int64 where a truth value (bool) was expected"),
            (refused::<Date>(text(Kind::Text, "2026-01-01")), "column `c` holds text where a date was expected"),
            (
                refused::<Timestamp>((Kind::Date, Some(Data::Days(vec![0])))),
                "column `c` holds date where an instant was expected",
            ),
            (refused::<Vec<u8>>(text(Kind::Text, "a")), "column `c` holds text where bytes was expected"),
            (
                refused::<Vec<i64>>((Kind::Bytes, Some(Data::Bytes(bytes(b"a"))))),
                "column `c` holds bytes where a sequence was expected",
            ),
        ] {
            assert_eq!(message, found);
        }
    }

    #[test]
    fn a_text_may_be_one_of_some_words() {
        #[derive(Debug, PartialEq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Status {
            Open,
        }
        assert_eq!(cell::<Status>(text(Kind::Text, "open")), Ok(Status::Open));
        let message = refused::<Status>(text(Kind::Text, "shut"));
        assert_eq!(message, "column `c`: unknown variant `shut`, expected `open`");
        assert!(refused::<Status>(NULL).starts_with("column `c` holds null"));
    }

    #[test]
    fn a_missing_column_is_never_a_default() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Record {
            c: i64,
            d: Option<i64>,
        }
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Guessed {
            #[serde(default)]
            d: i64,
        }
        let row = row(vec![("c", Kind::Int64, whole(1).1)]);
        let told = "the query returns no column `d`; it returns `c`";
        assert_eq!(row.typed::<Record>().unwrap_err().to_string(), told);
        assert_eq!(row.typed::<Guessed>().unwrap_err().to_string(), told);
    }

    #[test]
    fn a_column_without_a_field_is_ignored_unless_the_record_denies_it() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Lenient {
            n: i64,
        }
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Strict {
            n: i64,
        }
        let row = row(vec![("N", Kind::Int64, whole(1).1), ("x", Kind::Text, text(Kind::Text, "a").1)]);
        assert_eq!(row.typed::<Lenient>(), Ok(Lenient { n: 1 }));
        let message = row.typed::<Strict>().unwrap_err().to_string();
        assert_eq!(message, "the query returns `x`, which was not asked for; it may return `n`");
    }

    #[test]
    fn a_column_is_not_chosen_where_two_have_its_name() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Record {
            n: i64,
        }
        let row = row(vec![("n", Kind::Int64, whole(1).1), ("n", Kind::Int64, whole(2).1)]);
        assert_eq!(row.typed::<Record>().unwrap_err().to_string(), "the query returns the column `n` twice");
    }

    #[test]
    fn only_a_struct_is_a_record() {
        #[derive(Debug, Deserialize)]
        #[expect(dead_code, reason = "only its shape matters")]
        struct Flat {
            #[serde(flatten)]
            rest: BTreeMap<String, i64>,
        }
        let row = row(vec![("n", Kind::Int64, whole(1).1)]);
        assert!(row.typed::<Flat>().unwrap_err().to_string().contains("flatten"));
        assert!(row.typed::<BTreeMap<String, i64>>().is_err());
        assert!(row.typed::<i64>().is_err());
    }
}

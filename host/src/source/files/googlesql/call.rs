//! One call of a function with a batch of arguments: what implementations read from and write to.
//!
//! An implementation asks for its arguments as [`Values`] and answers row by row; a [`Fault`] ends the query, or is
//! `NULL` where the function was called with `SAFE.` before its name. What is written is bounded, and every so many
//! rows the query is asked whether anybody still wants it.

use std::sync::Arc;

use datafusion::arrow::array::builder::NullBufferBuilder;
use datafusion::arrow::array::{
    Array, ArrayAccessor, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BinaryBuilder, BooleanArray,
    BooleanBuilder, Date32Array, Decimal128Array, Decimal256Array, Float64Array, Int64Array, ListArray, PrimitiveArray,
    StringViewArray, StringViewBuilder, Time64MicrosecondArray, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{
    Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType, i256,
};
use datafusion::error::{DataFusionError, Result};

use super::fault::Fault;
use super::types::Type;
use crate::source::files::watch::{BATCH_BYTES_MAX, Ended, Watch};

/// Rows after which the query is looked at again.
const ROWS_UNWATCHED: usize = 256;

/// An argument, row by row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<A> {
    array: A,
    /// Whether one value stands for every row.
    constant: bool,
}

impl<A: ArrayAccessor> Values<A> {
    /// The value of a row, `None` for null.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<A::Item> {
        let at = if self.constant { 0 } else { row };
        self.array.is_valid(at).then(|| self.array.value(at))
    }

    /// The value, if it is the same for every row.
    pub(super) fn constant(&self) -> Option<Option<A::Item>> {
        self.constant.then(|| self.get(0))
    }
}

/// One call of a function.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// The function's name, for messages.
    pub(super) name: &'a str,
    /// Which of the function's forms this is.
    pub(super) form: usize,
    /// The arguments; one row long where they are constant.
    pub(super) args: &'a [ArrayRef],
    /// Which arguments are constant.
    pub(super) constant: &'a [bool],
    /// Rows of the answer.
    pub(super) rows: usize,
    /// Types of the arguments.
    pub(super) types: &'a [Type],
    /// Type of the answer.
    pub(super) returns: &'a Type,
    /// Whether a fault is `NULL`.
    pub(super) safe: bool,
    /// Tells when nobody wants the answer any more.
    pub(super) watch: Option<&'a Watch>,
}

fn missing(name: &str, at: usize) -> DataFusionError {
    DataFusionError::Internal(format!("argument {} of {name} is not what its form says", at + 1))
}

impl<'a> Call<'a> {
    /// Number of arguments.
    pub(super) fn len(&self) -> usize {
        self.args.len()
    }

    fn values<A>(&self, at: usize, array: impl FnOnce(&'a ArrayRef) -> Option<A>) -> Result<Values<A>> {
        let found = self.args.get(at).and_then(array).zip(self.constant.get(at));
        let (array, constant) = found.ok_or_else(|| missing(self.name, at))?;
        Ok(Values { array, constant: *constant })
    }

    fn primitives<T: ArrowPrimitiveType>(&self, at: usize) -> Result<Values<&'a PrimitiveArray<T>>> {
        self.values(at, |array| array.as_primitive_opt::<T>())
    }

    /// An argument of `INT64`.
    pub(super) fn ints(&self, at: usize) -> Result<Values<&'a Int64Array>> {
        self.primitives::<Int64Type>(at)
    }

    /// An argument of `FLOAT64`.
    pub(super) fn floats(&self, at: usize) -> Result<Values<&'a Float64Array>> {
        self.primitives::<Float64Type>(at)
    }

    /// An argument of `NUMERIC`, in units of its ninth digit behind the point.
    pub(super) fn numerics(&self, at: usize) -> Result<Values<&'a Decimal128Array>> {
        self.primitives::<Decimal128Type>(at)
    }

    /// An argument of `BIGNUMERIC`, in units of its 38th digit behind the point.
    pub(super) fn bignumerics(&self, at: usize) -> Result<Values<&'a Decimal256Array>> {
        self.primitives::<Decimal256Type>(at)
    }

    /// An argument of `DATE`, in days since 1970-01-01.
    pub(super) fn days(&self, at: usize) -> Result<Values<&'a Date32Array>> {
        self.primitives::<Date32Type>(at)
    }

    /// An argument of `TIMESTAMP` or `DATETIME`, in microseconds since 1970-01-01 00:00.
    pub(super) fn micros(&self, at: usize) -> Result<Values<&'a TimestampMicrosecondArray>> {
        self.primitives::<TimestampMicrosecondType>(at)
    }

    /// An argument of `TIME`, in microseconds since midnight.
    pub(super) fn times(&self, at: usize) -> Result<Values<&'a Time64MicrosecondArray>> {
        self.primitives::<Time64MicrosecondType>(at)
    }

    /// An argument of `BOOL`.
    pub(super) fn bools(&self, at: usize) -> Result<Values<&'a BooleanArray>> {
        self.values(at, |array| array.as_boolean_opt())
    }

    /// An argument of `STRING`.
    pub(super) fn texts(&self, at: usize) -> Result<Values<&'a StringViewArray>> {
        self.values(at, |array| array.as_string_view_opt())
    }

    /// An argument of `BYTES`.
    pub(super) fn bytes(&self, at: usize) -> Result<Values<&'a BinaryArray>> {
        self.values(at, |array| array.as_binary_opt::<i32>())
    }

    /// An argument of `ARRAY`.
    pub(super) fn lists(&self, at: usize) -> Result<Values<&'a ListArray>> {
        self.values(at, |array| array.as_list_opt::<i32>())
    }

    /// A word such as `DAY`, in upper case; `None` where it is left out.
    pub(super) fn part(&self, at: usize) -> Option<&'a str> {
        let words = self.args.get(at)?.as_string_opt::<i32>()?;
        (!words.is_empty() && words.is_valid(0)).then(|| words.value(0))
    }

    /// Looks at the query every so many rows.
    pub(super) fn watched(&self, row: usize) -> Result<()> {
        match self.watch {
            Some(watch) if row.is_multiple_of(ROWS_UNWATCHED) => watch.check(),
            _ => Ok(()),
        }
    }

    /// What a fault comes to: `NULL` or the end of the query.
    #[inline]
    pub(super) fn settled<V>(&self, value: std::result::Result<Option<V>, Fault>) -> Result<Option<V>> {
        match value {
            Ok(value) => Ok(value),
            Err(_) if self.safe => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Keeps what a call writes within bounds; `bytes` is what it has written so far.
    pub(super) fn bounded(&self, bytes: usize) -> Result<()> {
        match bytes {
            0..=BATCH_BYTES_MAX => Ok(()),
            _ => Err(Ended::Function { function: self.name.to_owned() }.into()),
        }
    }

    fn write<T: ArrowPrimitiveType>(
        &self,
        mut answer: impl FnMut(usize) -> std::result::Result<Option<T::Native>, Fault>,
    ) -> Result<ArrayRef> {
        let mut values = Vec::with_capacity(self.rows);
        let mut nulls = NullBufferBuilder::new(self.rows);
        for start in (0..self.rows).step_by(ROWS_UNWATCHED) {
            self.watched(start)?;
            for row in start..self.rows.min(start + ROWS_UNWATCHED) {
                if let Some(value) = self.settled(answer(row))? {
                    values.push(value);
                    nulls.append_non_null();
                } else {
                    values.push(T::default_value());
                    nulls.append_null();
                }
            }
        }
        let array = PrimitiveArray::<T>::try_new(values.into(), nulls.finish())?;
        Ok(Arc::new(array.with_data_type(self.returns.arrow())))
    }

    /// An answer of `INT64`.
    pub(super) fn write_ints(
        &self,
        answer: impl FnMut(usize) -> std::result::Result<Option<i64>, Fault>,
    ) -> Result<ArrayRef> {
        self.write::<Int64Type>(answer)
    }

    /// An answer of `FLOAT64`.
    pub(super) fn write_floats(
        &self,
        answer: impl FnMut(usize) -> std::result::Result<Option<f64>, Fault>,
    ) -> Result<ArrayRef> {
        self.write::<Float64Type>(answer)
    }

    /// An answer of `NUMERIC`.
    pub(super) fn write_numerics(
        &self,
        answer: impl FnMut(usize) -> std::result::Result<Option<i128>, Fault>,
    ) -> Result<ArrayRef> {
        self.write::<Decimal128Type>(answer)
    }

    /// An answer of `BIGNUMERIC`.
    pub(super) fn write_bignumerics(
        &self,
        answer: impl FnMut(usize) -> std::result::Result<Option<i256>, Fault>,
    ) -> Result<ArrayRef> {
        self.write::<Decimal256Type>(answer)
    }

    /// An answer of `DATE`.
    pub(super) fn write_days(
        &self,
        answer: impl FnMut(usize) -> std::result::Result<Option<i32>, Fault>,
    ) -> Result<ArrayRef> {
        self.write::<Date32Type>(answer)
    }

    /// An answer of `TIMESTAMP` or `DATETIME`.
    pub(super) fn write_micros(
        &self,
        answer: impl FnMut(usize) -> std::result::Result<Option<i64>, Fault>,
    ) -> Result<ArrayRef> {
        self.write::<TimestampMicrosecondType>(answer)
    }

    /// An answer of `TIME`.
    pub(super) fn write_times(
        &self,
        answer: impl FnMut(usize) -> std::result::Result<Option<i64>, Fault>,
    ) -> Result<ArrayRef> {
        self.write::<Time64MicrosecondType>(answer)
    }

    /// An answer of `BOOL`.
    pub(super) fn write_bools(
        &self,
        mut answer: impl FnMut(usize) -> std::result::Result<Option<bool>, Fault>,
    ) -> Result<ArrayRef> {
        let mut builder = BooleanBuilder::with_capacity(self.rows);
        for row in 0..self.rows {
            self.watched(row)?;
            builder.append_option(self.settled(answer(row))?);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// An answer of `STRING`.
    pub(super) fn write_texts<S: AsRef<str>>(
        &self,
        mut answer: impl FnMut(usize) -> std::result::Result<Option<S>, Fault>,
    ) -> Result<ArrayRef> {
        let (mut builder, mut bytes) = (StringViewBuilder::with_capacity(self.rows), 0_usize);
        for row in 0..self.rows {
            self.watched(row)?;
            let value = self.settled(answer(row))?;
            bytes = bytes.saturating_add(value.as_ref().map_or(0, |value| value.as_ref().len()));
            self.bounded(bytes)?;
            builder.append_option(value);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// An answer of `BYTES`.
    pub(super) fn write_bytes<S: AsRef<[u8]>>(
        &self,
        mut answer: impl FnMut(usize) -> std::result::Result<Option<S>, Fault>,
    ) -> Result<ArrayRef> {
        let (mut builder, mut bytes) = (BinaryBuilder::new(), 0_usize);
        for row in 0..self.rows {
            self.watched(row)?;
            let value = self.settled(answer(row))?;
            bytes = bytes.saturating_add(value.as_ref().map_or(0, |value| value.as_ref().len()));
            self.bounded(bytes)?;
            builder.append_option(value);
        }
        Ok(Arc::new(builder.finish()))
    }

    /// The refusal of a call that its form lets through.
    pub(super) fn refused(&self, message: impl Into<String>) -> DataFusionError {
        DataFusionError::Plan(format!("{}: {}", self.name, message.into()))
    }
}

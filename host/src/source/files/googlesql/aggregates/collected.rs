//! Values that are held until all are there, as compactly as they come.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowNativeTypeOp, ArrowPrimitiveType, AsArray, BinaryViewBuilder, PrimitiveArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float64Type, Int8Type, Int64Type, Time64MicrosecondType,
    TimestampMicrosecondType,
};
use datafusion::error::{DataFusionError, Result};

use crate::source::files::googlesql::types::Type;
use crate::source::files::watch::{BATCH_BYTES_MAX, Ended};

/// Values of one type, without `NULL`.
pub(super) trait Collected: fmt::Debug + Send + Sync {
    /// Takes those that are not `NULL`.
    fn extend(&mut self, values: &ArrayRef) -> Result<()>;

    /// How many there are.
    fn len(&self) -> usize;

    /// Puts those at these places in order, NaN first. With `distinct`, each is there once and the others are behind.
    /// Says how many there are.
    fn sort(&mut self, places: Range<usize>, distinct: bool) -> Result<usize>;

    /// The values at these places.
    fn at(&mut self, places: &[usize]) -> Result<ArrayRef>;

    /// The values that would be at these places, in ascending order, if all were sorted.
    fn selected(&mut self, places: &[usize]) -> Result<ArrayRef>;

    /// Keeps the values at these places, in this order.
    fn arrange(&mut self, places: &[u32]) -> Result<()>;

    /// Keeps each value once.
    fn compact(&mut self) -> Result<()>;

    /// Takes the first of them out.
    fn split_first(&mut self, count: usize) -> Result<ArrayRef>;

    /// Bytes that they take.
    fn size(&self) -> usize;
}

/// A place for values of a type of the engine that is one of [`Type`]'s.
pub(super) fn collected(of: &DataType) -> Result<Box<dyn Collected>> {
    Ok(match Type::of(of) {
        Type::Int64 => Box::new(Natives::<Int64Type>::new(of)),
        Type::Float64 => Box::new(Natives::<Float64Type> { held: nan_first, shown: plain_nan, ..Natives::new(of) }),
        Type::Numeric => Box::new(Natives::<Decimal128Type>::new(of)),
        Type::BigNumeric => Box::new(Natives::<Decimal256Type>::new(of)),
        Type::Date => Box::new(Natives::<Date32Type>::new(of)),
        Type::Time => Box::new(Natives::<Time64MicrosecondType>::new(of)),
        Type::Datetime | Type::Timestamp => Box::new(Natives::<TimestampMicrosecondType>::new(of)),
        Type::String | Type::Bytes => Box::new(Strings::new(of)),
        Type::Bool => Box::new(Cast { inner: Natives::<Int8Type>::new(&DataType::Int8), shown: of.clone() }),
        other => return Err(DataFusionError::Internal(format!("values of {other} have no order"))),
    })
}

/// The engine puts NaN last, and one with a sign first; GoogleSQL puts all of them first. Zeros are one value.
fn nan_first(value: f64) -> f64 {
    if value.is_nan() { -f64::NAN.abs() } else { value + 0.0 }
}

fn plain_nan(value: f64) -> f64 {
    if value.is_nan() { f64::NAN.abs() } else { value }
}

/// Numbers and times.
#[derive(Debug)]
struct Natives<P: ArrowPrimitiveType> {
    values: Vec<P::Native>,
    /// What is held for a value.
    held: fn(P::Native) -> P::Native,
    /// And the other way round.
    shown: fn(P::Native) -> P::Native,
    of: DataType,
}

impl<P: ArrowPrimitiveType> Natives<P> {
    fn new(of: &DataType) -> Self {
        Self { values: Vec::new(), held: |value| value, shown: |value| value, of: of.clone() }
    }

    fn array(&self, values: Vec<P::Native>) -> Result<ArrayRef> {
        Ok(Arc::new(PrimitiveArray::<P>::try_new(values.into(), None)?.with_data_type(self.of.clone())))
    }

    fn value(&self, place: usize) -> Result<P::Native> {
        self.values
            .get(place)
            .map(|value| (self.shown)(*value))
            .ok_or_else(|| DataFusionError::Internal(format!("no value {place}")))
    }
}

/// Makes room for more values, with little to spare: most of the memory is values.
fn reserve<N>(values: &mut Vec<N>, more: usize) {
    if values.capacity() - values.len() < more {
        values.reserve_exact(more.max(values.len() / 8));
    }
}

/// Puts each of sorted values to the front once and says how many these are.
fn each_once<N: Copy>(values: &mut [N], is_same: impl Fn(&N, &N) -> bool) -> usize {
    let mut count = 0;
    for place in 0..values.len() {
        if count == 0 || !is_same(&values[count - 1], &values[place]) {
            values[count] = values[place];
            count += 1;
        }
    }
    count
}

fn order<N: ArrowNativeTypeOp>(one: &N, other: &N) -> Ordering {
    one.compare(*other)
}

impl<P: ArrowPrimitiveType + fmt::Debug> Collected for Natives<P> {
    fn extend(&mut self, values: &ArrayRef) -> Result<()> {
        let values = values.as_primitive::<P>();
        reserve(&mut self.values, values.len() - values.null_count());
        match values.null_count() {
            0 => self.values.extend(values.values().iter().map(|value| (self.held)(*value))),
            _ => self.values.extend(values.iter().flatten().map(self.held)),
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    fn sort(&mut self, places: Range<usize>, distinct: bool) -> Result<usize> {
        let values = self.values.get_mut(places).unwrap_or_default();
        values.sort_unstable_by(order);
        Ok(if distinct { each_once(values, |one, other| order(one, other).is_eq()) } else { values.len() })
    }

    fn at(&mut self, places: &[usize]) -> Result<ArrayRef> {
        let values = places.iter().map(|place| self.value(*place)).collect::<Result<_>>()?;
        self.array(values)
    }

    fn selected(&mut self, places: &[usize]) -> Result<ArrayRef> {
        // What is behind a place is not less than what is there.
        let mut from = 0;
        for place in places {
            if let Some(rest) = self.values.get_mut(from..).filter(|rest| *place >= from && *place - from < rest.len())
            {
                rest.select_nth_unstable_by(*place - from, order);
                from = place + 1;
            }
        }
        self.at(places)
    }

    fn arrange(&mut self, places: &[u32]) -> Result<()> {
        self.values = places.iter().filter_map(|place| self.values.get(*place as usize)).copied().collect();
        Ok(())
    }

    fn compact(&mut self) -> Result<()> {
        let count = self.sort(0..self.values.len(), true)?;
        self.values.truncate(count);
        Ok(())
    }

    fn split_first(&mut self, count: usize) -> Result<ArrayRef> {
        let rest = self.values.split_off(count.min(self.values.len()));
        let first = std::mem::replace(&mut self.values, rest);
        self.array(first.into_iter().map(self.shown).collect())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.capacity() * size_of::<P::Native>()
    }
}

/// The number of a value; there are not more than a table has rows.
fn number(of: usize) -> Result<u32> {
    u32::try_from(of).map_err(|_| DataFusionError::Internal("too many values".to_owned()))
}

/// Texts and bytes, one behind the other.
#[derive(Debug)]
struct Strings {
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    /// Numbers of the values as they are ordered.
    sorted: Vec<u32>,
    of: DataType,
}

impl Strings {
    fn new(of: &DataType) -> Self {
        Self { bytes: Vec::new(), ends: Vec::new(), sorted: Vec::new(), of: of.clone() }
    }

    fn value(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.ends.get(number).and_then(|end| self.bytes.get(start..*end)).unwrap_or_default()
    }

    fn push(&mut self, value: &[u8]) {
        reserve(&mut self.bytes, value.len());
        reserve(&mut self.ends, 1);
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }

    /// Values as an array. One that comes several times in a row is written once where the type can share it; where
    /// it cannot, all must not be larger than the values here or a batch.
    fn array(&self, numbers: impl Iterator<Item = usize>) -> Result<ArrayRef> {
        let (mut values, mut bytes) = (BinaryViewBuilder::new(), 0usize);
        let mut numbers = numbers.peekable();
        while let Some(number) = numbers.next() {
            let mut times = 1;
            while numbers.next_if_eq(&number).is_some() {
                times += 1;
            }
            let value = self.value(number);
            values.try_append_value_n(value, times)?;
            bytes = bytes.saturating_add(value.len().saturating_mul(times));
        }
        if self.of == Type::Bytes.arrow() && bytes > self.bytes.len().max(BATCH_BYTES_MAX) {
            return Err(Ended::Batch { bytes }.into());
        }
        Ok(cast(&values.finish(), &self.of)?)
    }
}

impl Collected for Strings {
    fn extend(&mut self, values: &ArrayRef) -> Result<()> {
        self.sorted = Vec::new();
        let values = cast(values, &DataType::BinaryView)?;
        values.as_binary_view().iter().flatten().for_each(|value| self.push(value));
        Ok(())
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn sort(&mut self, places: Range<usize>, distinct: bool) -> Result<usize> {
        if self.sorted.len() != self.ends.len() {
            self.sorted = (0..number(self.ends.len())?).collect();
        }
        let mut sorted = std::mem::take(&mut self.sorted);
        let numbers = sorted.get_mut(places).unwrap_or_default();
        let value = |number: &u32| self.value(*number as usize);
        numbers.sort_unstable_by(|one, other| value(one).cmp(value(other)));
        let is_same = |one: &u32, other: &u32| value(one) == value(other);
        let count = if distinct { each_once(numbers, is_same) } else { numbers.len() };
        self.sorted = sorted;
        Ok(count)
    }

    fn at(&mut self, places: &[usize]) -> Result<ArrayRef> {
        let sorted = |place: &usize| self.sorted.get(*place).map_or(*place, |number| *number as usize);
        self.array(places.iter().map(sorted))
    }

    fn selected(&mut self, places: &[usize]) -> Result<ArrayRef> {
        self.sort(0..self.ends.len(), false)?;
        self.at(places)
    }

    fn arrange(&mut self, places: &[u32]) -> Result<()> {
        let mut arranged = Self::new(&self.of);
        places.iter().for_each(|place| arranged.push(self.value(*place as usize)));
        *self = arranged;
        Ok(())
    }

    fn compact(&mut self) -> Result<()> {
        let count = self.sort(0..self.ends.len(), true)?;
        let mut places = std::mem::take(&mut self.sorted);
        places.truncate(count);
        self.arrange(&places)
    }

    fn split_first(&mut self, count: usize) -> Result<ArrayRef> {
        let first = self.array(0..count.min(self.ends.len()))?;
        let rest: Vec<u32> = (number(count)?..number(self.ends.len())?).collect();
        self.arrange(&rest)?;
        Ok(first)
    }

    fn size(&self) -> usize {
        let numbers = self.ends.capacity() * size_of::<usize>() + self.sorted.capacity() * size_of::<u32>();
        size_of_val(self) + self.bytes.capacity() + numbers
    }
}

/// Values that are held as another type.
#[derive(Debug)]
struct Cast<C> {
    inner: C,
    shown: DataType,
}

impl Collected for Cast<Natives<Int8Type>> {
    fn extend(&mut self, values: &ArrayRef) -> Result<()> {
        self.inner.extend(&cast(values, &self.inner.of)?)
    }

    fn len(&self) -> usize {
        self.inner.len()
    }

    fn sort(&mut self, places: Range<usize>, distinct: bool) -> Result<usize> {
        self.inner.sort(places, distinct)
    }

    fn at(&mut self, places: &[usize]) -> Result<ArrayRef> {
        Ok(cast(&self.inner.at(places)?, &self.shown)?)
    }

    fn selected(&mut self, places: &[usize]) -> Result<ArrayRef> {
        Ok(cast(&self.inner.selected(places)?, &self.shown)?)
    }

    fn arrange(&mut self, places: &[u32]) -> Result<()> {
        self.inner.arrange(places)
    }

    fn compact(&mut self) -> Result<()> {
        self.inner.compact()
    }

    fn split_first(&mut self, count: usize) -> Result<ArrayRef> {
        Ok(cast(&self.inner.split_first(count)?, &self.shown)?)
    }

    fn size(&self) -> usize {
        self.inner.size()
    }
}

//! Sums and averages of exact numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, UInt64Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::compute::prep_null_mask_filter;
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, UInt64Type};
use datafusion::common::hash_utils::RandomState;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::common::{HashSet, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Accumulator, EmitTo, GroupsAccumulator};
use datafusion::physical_expr::NullState;

use super::addend::{Addend, Mean, Total, Value};
use crate::source::files::googlesql::Fault;

/// What is asked of the values that were added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asked {
    /// Their sum.
    Sum,
    /// Their average.
    Mean,
}

fn overflow<A: Addend>(asked: Asked) -> DataFusionError {
    let name = match asked {
        Asked::Sum => "SUM",
        Asked::Mean => "AVG",
    };
    Fault::overflow(format_args!("{name} of {} values goes beyond the type", A::NAME)).into()
}

fn sum<A: Addend>(total: Total<A>) -> Result<Value<A>> {
    A::sum(total).ok_or_else(|| overflow::<A>(Asked::Sum))
}

fn answer<A: Addend>(asked: Asked, total: Total<A>, count: u64) -> Result<ScalarValue> {
    match asked {
        Asked::Sum => {
            let sum = if count == 0 { None } else { Some(sum::<A>(total)?) };
            ScalarValue::new_primitive::<A::Value>(sum, &A::value_type())
        }
        Asked::Mean => {
            let mean = (count != 0).then(|| A::mean(total, count));
            ScalarValue::new_primitive::<A::Mean>(mean, &A::mean_type())
        }
    }
}

/// A hasher unlike the others: a table that is filled in the order of another with the same one takes long to fill.
pub(super) fn hasher() -> RandomState {
    static SEED: AtomicU64 = AtomicU64::new(0);
    RandomState::with_seed(SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed))
}

/// How many values of an array are not `NULL`.
fn counted(values: &dyn Array) -> u64 {
    u64::try_from(values.len() - values.null_count()).unwrap_or(u64::MAX)
}

/// All values, or those of a frame that moves.
#[derive(Debug)]
pub(super) struct Totals<A: Addend> {
    total: Total<A>,
    count: u64,
    asked: Asked,
}

impl<A: Addend> Totals<A> {
    /// Of no values.
    pub(super) fn new(asked: Asked) -> Self {
        Self { total: A::ZERO, count: 0, asked }
    }
}

impl<A: Addend> Accumulator for Totals<A> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_primitive::<A::Value>();
        let total = A::all(values).and_then(|more| A::plus(self.total, more));
        self.total = total.ok_or_else(|| overflow::<A>(self.asked))?;
        self.count += counted(values);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values[0].as_primitive::<A::Value>();
        let total = A::all(values).and_then(|less| A::minus(self.total, less));
        self.total = total.ok_or_else(|| overflow::<A>(self.asked))?;
        self.count = self.count.saturating_sub(counted(values));
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        answer::<A>(self.asked, self.total, self.count)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let total = (self.count != 0).then_some(self.total);
        let mut state = vec![ScalarValue::new_primitive::<A::Total>(total, &A::total_type())?];
        if self.asked == Asked::Mean {
            state.push(ScalarValue::UInt64(Some(self.count)));
        }
        Ok(state)
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let totals = states[0].as_primitive::<A::Total>();
        for total in totals.iter().flatten() {
            self.total = A::plus(self.total, total).ok_or_else(|| overflow::<A>(self.asked))?;
        }
        self.count += match self.asked {
            Asked::Sum => counted(totals),
            Asked::Mean => states[1].as_primitive::<UInt64Type>().iter().flatten().sum(),
        };
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// Each value once.
#[derive(Debug)]
pub(super) struct Distinct<A: Addend> {
    values: HashSet<Value<A>, RandomState>,
    asked: Asked,
}

impl<A: Addend> Distinct<A> {
    /// Of no values.
    pub(super) fn new(asked: Asked) -> Self {
        Self { values: HashSet::with_hasher(hasher()), asked }
    }
}

impl<A: Addend> Accumulator for Distinct<A> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.values.extend(values[0].as_primitive::<A::Value>().iter().flatten());
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let mut values = self.values.iter();
        let total = values.try_fold(A::ZERO, |total, value| A::plus(total, A::widened(*value)));
        let total = total.ok_or_else(|| overflow::<A>(self.asked))?;
        answer::<A>(self.asked, total, u64::try_from(self.values.len()).unwrap_or(u64::MAX))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values = PrimitiveArray::<A::Value>::from_iter_values(self.values.iter().copied());
        let values = values.with_data_type(A::value_type());
        Ok(vec![SingleRowListArrayBuilder::new(Arc::new(values)).build_list_scalar()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        states[0].as_list::<i32>().iter().flatten().try_for_each(|values| self.update_batch(&[values]))
    }

    fn size(&self) -> usize {
        // A bucket is a value and a byte.
        size_of_val(self) + self.values.capacity() * (size_of::<Value<A>>() + 1)
    }
}

/// All values of each of many groups.
#[derive(Debug)]
pub(super) struct GroupTotals<A: Addend> {
    totals: Vec<Total<A>>,
    /// Only for averages.
    counts: Vec<u64>,
    /// Groups that had a value.
    seen: NullState,
    asked: Asked,
}

impl<A: Addend> GroupTotals<A> {
    /// Of no groups.
    pub(super) fn new(asked: Asked) -> Self {
        Self { totals: Vec::new(), counts: Vec::new(), seen: NullState::new(), asked }
    }

    /// Adds values, each to its group.
    fn add<P: ArrowPrimitiveType + Send>(
        &mut self,
        values: &PrimitiveArray<P>,
        widened: impl Fn(P::Native) -> Total<A> + Send + Sync,
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        self.totals.resize(total_groups, A::ZERO);
        let totals = &mut self.totals;
        let mut has_room = true;
        self.seen.accumulate(groups, values, filter, total_groups, |group, value| {
            if let Some(total) = totals.get_mut(group) {
                match A::plus(*total, widened(value)) {
                    Some(sum) => *total = sum,
                    None => has_room = false,
                }
            }
        });
        if has_room { Ok(()) } else { Err(overflow::<A>(self.asked)) }
    }

    fn count(&mut self, group: usize, more: u64) {
        if let Some(count) = self.counts.get_mut(group) {
            *count += more;
        }
    }
}

fn array<P: ArrowPrimitiveType>(values: Vec<P::Native>, nulls: Option<NullBuffer>, of: DataType) -> Result<ArrayRef> {
    Ok(Arc::new(PrimitiveArray::<P>::try_new(values.into(), nulls)?.with_data_type(of)))
}

/// The values that are neither `NULL` nor filtered out.
pub(super) fn kept(values: Option<&NullBuffer>, filter: Option<&BooleanArray>) -> Option<NullBuffer> {
    let filter = filter.map(|filter| match filter.null_count() {
        0 => NullBuffer::new(filter.values().clone()),
        _ => NullBuffer::new(prep_null_mask_filter(filter).values().clone()),
    });
    NullBuffer::union(values, filter.as_ref())
}

impl<A: Addend> GroupsAccumulator for GroupTotals<A> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total_groups: usize,
    ) -> Result<()> {
        let values = values[0].as_primitive::<A::Value>();
        if self.asked == Asked::Mean {
            self.counts.resize(total_groups, 0);
            match kept(values.nulls(), filter) {
                None => groups.iter().for_each(|group| self.count(*group, 1)),
                Some(kept) => groups.iter().zip(&kept).for_each(|(group, kept)| self.count(*group, kept.into())),
            }
        }
        self.add(values, A::widened, groups, filter, total_groups)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total_groups: usize) -> Result<()> {
        if self.asked == Asked::Mean {
            self.counts.resize(total_groups, 0);
            for (group, count) in groups.iter().zip(states[1].as_primitive::<UInt64Type>()) {
                self.count(*group, count.unwrap_or_default());
            }
        }
        self.add(states[0].as_primitive::<A::Total>(), |total| total, groups, None, total_groups)
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let totals = emit.take_needed(&mut self.totals);
        let nulls = self.seen.build(emit);
        match self.asked {
            Asked::Sum => {
                let sums = totals.into_iter().map(sum::<A>).collect::<Result<Vec<_>>>()?;
                array::<A::Value>(sums, nulls, A::value_type())
            }
            Asked::Mean => {
                let counts = emit.take_needed(&mut self.counts);
                let mean = |(total, count): (Total<A>, u64)| -> Mean<A> { A::mean(total, count.max(1)) };
                array::<A::Mean>(totals.into_iter().zip(counts).map(mean).collect(), nulls, A::mean_type())
            }
        }
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let totals = emit.take_needed(&mut self.totals);
        let mut state = vec![array::<A::Total>(totals, self.seen.build(emit), A::total_type())?];
        if self.asked == Asked::Mean {
            state.push(Arc::new(UInt64Array::from(emit.take_needed(&mut self.counts))));
        }
        Ok(state)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let values = values[0].as_primitive::<A::Value>();
        let kept = kept(values.nulls(), filter);
        let totals = values.values().iter().map(|value| A::widened(*value)).collect();
        let mut state = vec![array::<A::Total>(totals, kept.clone(), A::total_type())?];
        if self.asked == Asked::Mean {
            let counts: Vec<u64> = match kept {
                None => vec![1; values.len()],
                Some(kept) => kept.iter().map(u64::from).collect(),
            };
            state.push(Arc::new(UInt64Array::from(counts)));
        }
        Ok(state)
    }

    fn size(&self) -> usize {
        let totals = self.totals.capacity() * size_of::<Total<A>>();
        totals + self.counts.capacity() * size_of::<u64>() + self.seen.size()
    }
}

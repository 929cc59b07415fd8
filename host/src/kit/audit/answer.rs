//! An answer to which something is done on its way to the check.

use std::collections::VecDeque;
use std::future::pending;

use async_trait::async_trait;

use super::alteration::{
    all_null, doubled, first_float, first_null, fitting, is_null, print, retyped, retyped_info, reversed, select,
};
use super::injecting::{Application, Injector};
use super::injection::InjectionKind;
use crate::model::{Batch, ColumnInfo, Kind, LimitName, Limits, Problem, ProblemCode};
use crate::source::{Cost, Rows};

/// Most rows that are read at once of an answer that is held whole.
const READ_ROWS_MAX: u32 = 8_192;
/// Most bytes that are read at once of an answer that is held whole.
const READ_BYTES_MAX: u64 = 4 << 20;

/// How much of an answer is held at most. A longer one is passed on as it is, and the injection is not applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Rows.
    pub rows: u64,
    /// Bytes of column data.
    pub bytes: u64,
}

impl Bounds {
    /// What a check may read under these limits: it cannot see more of an answer.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        Self { rows: limits.get(LimitName::Rows), bytes: limits.get(LimitName::BytesIn) }
    }
}

/// The rows of an answer, altered.
pub(super) struct Altered {
    inner: Box<dyn Rows>,
    injector: Injector,
    columns: Vec<ColumnInfo>,
    plan: Plan,
    /// What is altered and not handed over yet, and how much of it is gone.
    ready: Option<(Batch, usize)>,
    /// Rows handed over.
    handed: u64,
    /// The first row that is not as it was.
    altered_from: Option<u64>,
}

/// What happens to the rows.
enum Plan {
    /// They pass as they come, each batch altered.
    Each(Alteration),
    /// All are read before the first is handed over.
    Whole(InjectionKind),
    /// What was read is handed over.
    Held(VecDeque<Batch>, Then),
    /// None is handed over.
    None,
}

/// What is done to each batch.
#[derive(Clone, Copy)]
enum Alteration {
    Nothing,
    Nulls(usize),
    NullFirstRow(usize),
    FirstFloat(usize, f64),
    Doubled,
    Without(usize),
    Retyped(usize, Kind),
}

/// What follows the rows that are held.
#[derive(Clone, Copy)]
enum Then {
    /// The end, which it was.
    End,
    /// The end, though there is more.
    Short,
    /// A problem.
    Break,
    /// Nothing, ever.
    Hang,
    /// The rows that were not read.
    Rest,
}

impl Altered {
    /// Of an answer that nobody has read from. What opens a query or keeps it from opening is not done here.
    pub(super) fn new(inner: Box<dyn Rows>, injector: Injector) -> Self {
        let mut columns = inner.columns().to_vec();
        let injection = injector.injection();
        let place = injection.column().and_then(|name| columns.iter().position(|info| info.name == name));
        let plan = match (injection.kind(), place) {
            (InjectionKind::EmptyResult, _) => Plan::None,
            (
                kind @ (InjectionKind::ErrorMidway
                | InjectionKind::SlowMidway
                | InjectionKind::Truncated
                | InjectionKind::ReorderedRows),
                _,
            ) => Plan::Whole(kind),
            (InjectionKind::DuplicateRows, _) => Plan::Each(Alteration::Doubled),
            (InjectionKind::Nulls, Some(place)) => Plan::Each(Alteration::Nulls(place)),
            (InjectionKind::NullFirstRow, Some(place)) => Plan::Each(Alteration::NullFirstRow(place)),
            (InjectionKind::Nan, Some(place)) => Plan::Each(Alteration::FirstFloat(place, f64::NAN)),
            (InjectionKind::Infinity, Some(place)) => Plan::Each(Alteration::FirstFloat(place, f64::INFINITY)),
            (InjectionKind::NegativeInfinity, Some(place)) => {
                Plan::Each(Alteration::FirstFloat(place, f64::NEG_INFINITY))
            }
            (InjectionKind::MissingColumn, Some(place)) => Plan::Each(Alteration::Without(place)),
            (InjectionKind::ChangedType, Some(place)) => {
                let kind = columns.get(place).map_or(Kind::Other, |info| info.kind);
                Plan::Each(Alteration::Retyped(place, kind))
            }
            // Without the column there is nothing to do; the others are done before there are rows.
            (
                InjectionKind::Nulls
                | InjectionKind::NullFirstRow
                | InjectionKind::Nan
                | InjectionKind::Infinity
                | InjectionKind::NegativeInfinity
                | InjectionKind::MissingColumn
                | InjectionKind::ChangedType,
                None,
            )
            | (InjectionKind::ErrorRetryable | InjectionKind::ErrorPermanent | InjectionKind::SlowAnswer, _) => {
                Plan::Each(Alteration::Nothing)
            }
        };
        if let Plan::Each(alteration) = &plan {
            announce(&mut columns, *alteration);
            if matches!(alteration, Alteration::Without(_) | Alteration::Retyped(..)) {
                injector.note(Application::Applied);
            }
        }
        Self { inner, injector, columns, plan, ready: None, handed: 0, altered_from: None }
    }

    /// Hands over what is ready.
    fn take(&mut self, rows_max: u32, bytes_max: u64) -> Option<Batch> {
        let (batch, start) = self.ready.take()?;
        let part = fitting(&batch, start, rows_max, bytes_max);
        let end = start + part.rows as usize;
        if end < batch.rows as usize {
            self.ready = Some((batch, end));
        }
        self.handed += u64::from(part.rows);
        if self.altered_from.is_some_and(|from| from < self.handed) {
            self.injector.note(Application::Applied);
        }
        Some(part)
    }

    fn make_ready(&mut self, batch: Batch) {
        self.ready = (batch.rows > 0).then_some((batch, 0));
    }

    /// Reads all rows and says what is handed over of them.
    async fn hold(&mut self, kind: InjectionKind) -> Result<(VecDeque<Batch>, Then), Problem> {
        let Bounds { rows: rows_max, bytes: bytes_max } = self.injector.bounds();
        let (mut held, mut rows, mut bytes) = (VecDeque::new(), 0, 0);
        while let Some(batch) = self.inner.next(READ_ROWS_MAX, READ_BYTES_MAX).await? {
            rows += u64::from(batch.rows);
            bytes += batch.bytes();
            held.push_back(batch);
            if rows > rows_max || bytes > bytes_max {
                self.injector.note(Application::TooLong);
                return Ok((held, Then::Rest));
            }
        }
        Ok(match kind {
            InjectionKind::ReorderedRows => {
                let forward = held.iter().flat_map(prints);
                let backward = held.iter().rev().flat_map(|batch| prints(batch).rev());
                self.altered_from = forward.zip(backward).position(|(one, other)| one != other).map(|row| row as u64);
                (held.iter().rev().map(reversed).collect(), Then::End)
            }
            // Half of one row would be none: that is an empty result.
            InjectionKind::Truncated if rows < 2 => (held, Then::End),
            InjectionKind::Truncated => (first_half(&held, rows), Then::Short),
            InjectionKind::SlowMidway => (first_half(&held, rows), Then::Hang),
            _ => (first_half(&held, rows), Then::Break),
        })
    }

    /// Alters a batch and notes the first row that is not as it was.
    fn alter(&mut self, alteration: Alteration, batch: Batch) -> Batch {
        let (altered, from) = altered(alteration, batch, self.handed == 0);
        if let Some(from) = from {
            // What was altered before has been handed over, all of it.
            self.altered_from = Some(self.handed + from);
        }
        altered
    }
}

/// The announced columns, as they are altered.
fn announce(columns: &mut Vec<ColumnInfo>, alteration: Alteration) {
    match alteration {
        Alteration::Nothing | Alteration::FirstFloat(..) | Alteration::Doubled => {}
        Alteration::Nulls(place) | Alteration::NullFirstRow(place) => {
            columns.iter_mut().skip(place).take(1).for_each(|info| info.nullable = true);
        }
        Alteration::Without(place) => {
            columns.remove(place);
        }
        Alteration::Retyped(place, _) => {
            columns.iter_mut().skip(place).take(1).for_each(|info| *info = retyped_info(info));
        }
    }
}

/// The batch as it is handed over, and the first row in it that is not as it was. `first` is whether it is the first.
fn altered(alteration: Alteration, mut batch: Batch, first: bool) -> (Batch, Option<u64>) {
    let rows = batch.rows as usize;
    let place = match alteration {
        Alteration::Nothing => return (batch, None),
        Alteration::Doubled => return (doubled(&batch), (rows > 0).then_some(1)),
        Alteration::Without(place) => {
            if place < batch.columns.len() {
                batch.columns.remove(place);
            }
            return (batch, None);
        }
        Alteration::Nulls(place)
        | Alteration::NullFirstRow(place)
        | Alteration::FirstFloat(place, _)
        | Alteration::Retyped(place, _) => place,
    };
    let Some(column) = batch.columns.get_mut(place) else { return (batch, None) };
    let (changed, from) = match alteration {
        Alteration::Nulls(_) => {
            let present = (0..rows).position(|row| !is_null(column, row));
            (Some(all_null(column, rows)), present.map(|row| row as u64))
        }
        Alteration::NullFirstRow(_) if first && rows > 0 && !is_null(column, 0) => {
            (Some(first_null(column, rows)), Some(0))
        }
        Alteration::FirstFloat(_, float) if first && rows > 0 => {
            let changed = first_float(column, rows, float);
            let from = changed.is_some().then_some(0);
            (changed, from)
        }
        Alteration::Retyped(_, kind) => (Some(retyped(kind, column, rows)), None),
        _ => (None, None),
    };
    if let Some(changed) = changed {
        *column = changed;
    }
    (batch, from)
}

fn prints(batch: &Batch) -> impl DoubleEndedIterator<Item = Vec<u8>> {
    (0..batch.rows as usize).map(|row| print(batch, row))
}

/// The first half of so many rows; of an odd number, or a single one, the larger.
fn first_half(batches: &VecDeque<Batch>, rows: u64) -> VecDeque<Batch> {
    let (mut first, mut left) = (VecDeque::new(), rows.div_ceil(2));
    for batch in batches {
        let taken = left.min(u64::from(batch.rows));
        if taken == 0 {
            break;
        }
        left -= taken;
        first.push_back(select(batch, &(0..usize::try_from(taken).unwrap_or(usize::MAX))));
    }
    first
}

#[async_trait]
impl Rows for Altered {
    fn columns(&self) -> &[ColumnInfo] {
        &self.columns
    }

    async fn next(&mut self, rows_max: u32, bytes_max: u64) -> Result<Option<Batch>, Problem> {
        loop {
            if let Some(batch) = self.take(rows_max, bytes_max) {
                return Ok(Some(batch));
            }
            match &mut self.plan {
                Plan::Each(alteration) => {
                    let alteration = *alteration;
                    let Some(batch) = self.inner.next(rows_max, bytes_max).await? else {
                        self.injector.note(Application::NothingToChange);
                        return Ok(None);
                    };
                    let batch = self.alter(alteration, batch);
                    self.make_ready(batch);
                }
                Plan::Whole(kind) => {
                    let kind = *kind;
                    let (held, then) = self.hold(kind).await?;
                    self.plan = Plan::Held(held, then);
                }
                Plan::Held(held, then) => {
                    let then = *then;
                    match (held.pop_front(), then) {
                        (Some(batch), _) => self.make_ready(batch),
                        (None, Then::Rest) => return self.inner.next(rows_max, bytes_max).await,
                        (None, Then::End) => {
                            self.injector.note(Application::NothingToChange);
                            return Ok(None);
                        }
                        (None, Then::Short) => {
                            self.injector.note(Application::Applied);
                            return Ok(None);
                        }
                        (None, Then::Break) => {
                            self.injector.note(Application::Applied);
                            let message = "the audit breaks the answer off here";
                            return Err(Problem::new(ProblemCode::Failed, message).retryable());
                        }
                        (None, Then::Hang) => {
                            self.injector.note(Application::Applied);
                            return pending().await;
                        }
                    }
                }
                Plan::None => {
                    let none = self.inner.next(1, bytes_max).await?.is_none();
                    let application = if none { Application::NothingToChange } else { Application::Applied };
                    self.injector.note(application);
                    self.plan = Plan::Held(VecDeque::new(), if none { Then::End } else { Then::Short });
                }
            }
        }
    }

    fn cost(&self) -> Cost {
        self.inner.cost()
    }
}

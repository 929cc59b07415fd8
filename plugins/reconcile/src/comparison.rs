//! Two answers, put together by their keys.

use std::collections::BTreeMap;

use assay_sdk::Error;

use crate::settings::Settings;
use crate::side::{Answer, Key, Side, Value};

/// What the two answers have at a key.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pair {
    pub(crate) left: Option<Value>,
    pub(crate) right: Option<Value>,
}

/// A key with what stands there.
pub(crate) type Entry<'a> = (&'a Key, &'a Pair);

/// The pairs of two answers, in the order of their keys.
pub(crate) struct Pairs(BTreeMap<Key, Pair>);

/// What became of the pairs.
#[derive(Default)]
pub(crate) struct Comparison<'a> {
    /// Keys of which one side has none.
    pub(crate) missing_left: Vec<Entry<'a>>,
    pub(crate) missing_right: Vec<Entry<'a>>,
    /// Keys on both sides where a value is null, or NaN or infinite.
    pub(crate) null: Vec<Entry<'a>>,
    pub(crate) not_a_number: Vec<Entry<'a>>,
    /// Keys on both sides whose values lie further apart than the tolerance, with how far.
    pub(crate) different: Vec<(Entry<'a>, f64)>,
    /// Keys on both sides.
    pub(crate) matched: u64,
    /// Those of them that have two numbers, and the sum and the greatest of the differences.
    pub(crate) numbers: u64,
    pub(crate) sum: f64,
    pub(crate) largest: f64,
}

impl Pairs {
    /// By their keys, each of which must come once on a side.
    pub(crate) fn of(left: Answer, right: Answer) -> Result<Self, Error> {
        if let (Some(left), Some(right)) = (left.form, right.form)
            && left != right
        {
            return Err(Error::new(format!("`left_sql` returns {left}, `right_sql` {right}")));
        }
        let mut pairs: BTreeMap<Key, Pair> = BTreeMap::new();
        for (side, answer) in [(Side::Left, left), (Side::Right, right)] {
            for (key, value) in answer.rows {
                let pair = pairs.entry(key).or_default();
                let place = match side {
                    Side::Left => &mut pair.left,
                    Side::Right => &mut pair.right,
                };
                if place.replace(value).is_some() {
                    return Err(twice(&pairs, side));
                }
            }
        }
        Ok(Self(pairs))
    }

    pub(crate) fn compared(&self, settings: &Settings) -> Comparison<'_> {
        let mut comparison = Comparison::default();
        for entry in &self.0 {
            comparison.add(entry, settings);
        }
        comparison
    }

    pub(crate) fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

fn twice(pairs: &BTreeMap<Key, Pair>, side: Side) -> Error {
    let has_key = pairs.keys().any(|key| key.name.is_some() || key.day.is_some());
    let told = if has_key { "a key twice" } else { "more than one row, and neither `key` nor `day`" };
    Error::new(format!("`{}` returns {told}", side.setting()))
}

impl<'a> Comparison<'a> {
    fn add(&mut self, entry: Entry<'a>, settings: &Settings) {
        let (left, right) = match (entry.1.left, entry.1.right) {
            (Some(left), Some(right)) => (left, right),
            (None, _) => return self.missing_left.push(entry),
            (_, None) => return self.missing_right.push(entry),
        };
        self.matched += 1;
        let difference = match (left, right) {
            (Value::Null, _) | (_, Value::Null) => return self.null.push(entry),
            // As whole numbers: beyond 2^53 they are not the same as doubles.
            (Value::Whole(left), Value::Whole(right)) => left.abs_diff(right) as f64,
            (left, right) => (left.number() - right.number()).abs(),
        };
        if !difference.is_finite() {
            return self.not_a_number.push(entry);
        }
        self.numbers += 1;
        self.sum += difference;
        self.largest = self.largest.max(difference);
        if settings.compares_keys() && !is_within(settings, left, right, difference) {
            self.different.push((entry, difference));
        }
    }

    /// How far the numbers lie apart on average; none where there are none.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.numbers > 0).then(|| self.sum / self.numbers as f64)
    }

    /// How many of the keys on both sides are different, in percent.
    pub(crate) fn different_percent(&self) -> f64 {
        if self.matched == 0 { 0.0 } else { 100.0 * self.different.len() as f64 / self.matched as f64 }
    }
}

impl Value {
    fn number(self) -> f64 {
        match self {
            Self::Null => f64::NAN,
            Self::Whole(number) => number as f64,
            Self::Double(number) => number,
        }
    }
}

/// Exactly at a tolerance is within it, and within one of two is enough.
fn is_within(settings: &Settings, left: Value, right: Value, difference: f64) -> bool {
    let size = left.number().abs().max(right.number().abs());
    settings.tolerance.is_some_and(|tolerance| difference <= tolerance)
        || settings.tolerance_percent.is_some_and(|percent| difference <= size * percent / 100.0)
}

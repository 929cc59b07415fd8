//! A value against what has been usual.

use std::collections::BTreeMap;

use assay_sdk::{Baseline, Date, Error};

use crate::series::{Series, Value};
use crate::settings::{Settings, Side};

/// Which days a value was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Basis {
    /// Those of the same weekday.
    SameWeekday,
    /// All.
    AllDays,
}

impl Basis {
    /// For a person.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SameWeekday => "days of the same weekday",
            Self::AllDays => "all days",
        }
    }
}

/// What has been usual.
pub(crate) struct Usual {
    /// The values compared with; none where there are too few.
    pub(crate) baseline: Option<Baseline>,
    /// Which days they are of.
    pub(crate) basis: Basis,
    /// How many there are.
    pub(crate) samples: usize,
    /// Days that were due and had nothing: they are left out, or an outage would become what is usual.
    pub(crate) zero_days: usize,
}

/// What a value means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Meaning {
    /// As usual.
    Fine,
    /// So many spreads from the median, which is noticeable.
    Noticeable(f64),
    /// So many spreads from the median, which is wrong.
    Wrong(f64),
}

/// The values of a segment before the target date, of the same weekday if there are enough.
pub(crate) fn usual(settings: &Settings, series: &Series, values: &BTreeMap<Date, Value>) -> Result<Usual, Error> {
    let (mut all, mut same_weekday, mut zero_days) = (Vec::new(), Vec::new(), 0);
    for day in &series.comparable {
        match values.get(day) {
            Some(Value::Number(value)) => {
                all.push(*value);
                if day.weekday() == series.target.weekday() {
                    same_weekday.push(*value);
                }
            }
            Some(Value::Nothing | Value::NotANumber) | None => zero_days += 1,
        }
    }
    let at_least = settings.min_samples as usize;
    let (basis, chosen) =
        if same_weekday.len() >= at_least { (Basis::SameWeekday, same_weekday) } else { (Basis::AllDays, all) };
    let samples = chosen.len();
    let baseline = if samples < at_least { None } else { Some(Baseline::of(chosen, at_least)?) };
    Ok(Usual { baseline, basis, samples, zero_days })
}

/// How many spreads a value lies from the median, negative below it.
pub(crate) fn deviation(settings: &Settings, baseline: &Baseline, value: f64) -> f64 {
    let distance = value - baseline.median();
    // The change that is never noticeable, in the same measure: so a series that hardly ever changes has a spread too.
    let floor = if settings.warn_deviation > 0.0 {
        settings.min_change_percent / 100.0 * baseline.median().abs() / settings.warn_deviation
    } else {
        0.0
    };
    let spread = baseline.mad().max(floor);
    match distance {
        0.0 => 0.0,
        distance if spread == 0.0 => f64::INFINITY.copysign(distance),
        distance => distance / spread,
    }
}

/// What a number of spreads means.
pub(crate) fn meaning(settings: &Settings, deviation: f64) -> Meaning {
    let size = match settings.direction {
        Side::Both => deviation.abs(),
        Side::Below => -deviation,
        Side::Above => deviation,
    };
    // At the bound is fine, also when it was computed as the change that is never noticeable.
    let is_beyond = |bound: f64| size > bound * (1.0 + 1e-9);
    if is_beyond(settings.fail_deviation) {
        Meaning::Wrong(deviation)
    } else if is_beyond(settings.warn_deviation) {
        Meaning::Noticeable(deviation)
    } else {
        Meaning::Fine
    }
}

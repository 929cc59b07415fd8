//! A day's volume is as usual: see README.md.

#![forbid(unsafe_code)]

mod comparison;
mod series;
mod settings;
mod telling;

use assay_sdk::{Check, Context, Error, SettingProblem, Verdict, not_applicable};

use crate::comparison::{Meaning, deviation, meaning, usual};
use crate::series::{Series, Value};
pub use crate::settings::{Measure, Settings, Side, WhenFew};
use crate::telling::Telling;

/// The check.
pub struct VolumeAnomaly;

impl Check for VolumeAnomaly {
    const ID: &'static str = "volume-anomaly";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "A day's volume is as usual";
    const DESCRIPTION: &'static str = "Compares the rows, the sum or the average of the target date with the median of \
        comparable days before: of the same weekday and season, per game where games are counted. Nothing at all on a day \
        that is due is never usual.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        settings.problems()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        let named = settings.source.as_deref();
        if let Some(skip) = not_applicable(context, named, settings.applies_sql.as_deref())? {
            return Ok(skip);
        }
        let source = context.source(named)?;
        let series = Series::fetch(context, source, settings)?;
        if !series.is_due {
            let message = format!("not applicable: `per_unit_sql` has 0 units for {}", series.target);
            return Ok(Verdict::skip(message).examined(1));
        }
        let mut telling = Telling::new(source, settings, &series);
        for (segment, values) in &series.segments {
            judge(settings, &series, &mut telling, segment.as_deref(), values)?;
        }
        telling.conclude()
    }
}

/// Judges the target date of one segment.
fn judge(
    settings: &Settings,
    series: &Series,
    telling: &mut Telling<'_>,
    segment: Option<&str>,
    values: &std::collections::BTreeMap<assay_sdk::Date, Value>,
) -> Result<(), Error> {
    let usual = usual(settings, series, values)?;
    let value = match values.get(&series.target) {
        Some(Value::Number(value)) => *value,
        Some(Value::NotANumber) => {
            telling.not_a_number(segment, &usual);
            return Ok(());
        }
        // A segment that comes and goes is not due on every day; one that is named with a zero is.
        None if segment.is_some() && usual.baseline.is_none() => {
            telling.occasional();
            return Ok(());
        }
        Some(Value::Nothing) | None => {
            telling.no_data(segment, &usual);
            return Ok(());
        }
    };
    telling.metrics(segment, value, &usual);
    if settings.min_value.is_some_and(|min| value < min) {
        telling.below_minimum(segment, value, &usual);
        return Ok(());
    }
    match &usual.baseline {
        None => telling.few_samples(segment, value, &usual),
        Some(baseline) => match meaning(settings, deviation(settings, baseline, value)) {
            Meaning::Fine => telling.fine(segment, value, &usual),
            Meaning::Noticeable(deviation) => telling.unusual(segment, value, &usual, deviation, false),
            Meaning::Wrong(deviation) => telling.unusual(segment, value, &usual, deviation, true),
        },
    }
    Ok(())
}

assay_sdk::export_check!(VolumeAnomaly);

//! What has been usual.

use crate::error::Error;

/// What has been usual: earlier values of a number, to compare a new one with.
///
/// ```
/// use assay_sdk::Baseline;
///
/// let rows = Baseline::of([100.0, 104.0, 98.0, 101.0, 97.0], 5)?;
/// assert_eq!((rows.count(), rows.median(), rows.mad()), (5, 100.0, 2.0));
/// assert_eq!(rows.deviation(100.0)?, 0.0);
/// assert!(rows.deviation(50.0)? < -3.5);
/// assert_eq!(rows.change_percent(50.0)?, -50.0);
/// # Ok::<(), assay_sdk::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    count: usize,
    median: f64,
    mad: f64,
    mean: f64,
    standard_deviation: f64,
}

/// Makes the median absolute deviation comparable with the standard deviation of a normal distribution.
const NORMAL_QUARTILE: f64 = 0.6745;

impl Baseline {
    /// Of earlier values, in any order.
    ///
    /// # Errors
    /// When there are fewer than `at_least`, or none: not enough history is "could not say". When a value is NaN or
    /// infinite, or the values lie too far apart to be computed with.
    pub fn of(values: impl IntoIterator<Item = f64>, at_least: usize) -> Result<Self, Error> {
        let mut values: Vec<f64> = values.into_iter().collect();
        if let Some(odd) = values.iter().find(|value| !value.is_finite()) {
            return Err(Error::new(format!("a baseline cannot be made with {odd}")));
        }
        let count = values.len();
        if count < at_least.max(1) {
            return Err(Error::new(format!(
                "not enough history: {count} earlier values where at least {} are needed",
                at_least.max(1)
            )));
        }
        let median = middle(&mut values);
        let mean = values.iter().sum::<f64>() / count as f64;
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let standard_deviation = if count == 1 { 0.0 } else { (squares / (count - 1) as f64).sqrt() };
        values.iter_mut().for_each(|value| *value = (*value - median).abs());
        let mad = middle(&mut values);
        if !(mad.is_finite() && mean.is_finite() && standard_deviation.is_finite()) {
            return Err(Error::new("the earlier values lie too far apart for a baseline"));
        }
        Ok(Self { count, median, mad, mean, standard_deviation })
    }

    /// How many values it is made of.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The middle value; of an even number of values the mean of the middle two.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.median
    }

    /// The median of the distances from the median.
    #[must_use]
    pub fn mad(&self) -> f64 {
        self.mad
    }

    /// The arithmetic mean.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation of a sample: over one less than the number of values, and 0 for a single one.
    #[must_use]
    pub fn standard_deviation(&self) -> f64 {
        self.standard_deviation
    }

    /// How unusual a value is: its robust z-score, 0.6745 · (value − median) / MAD, negative below the median. Where the
    /// MAD is 0, the median is 0 and any other value infinite. More than 3.5 in size is commonly taken for an outlier.
    ///
    /// # Errors
    /// When the value is NaN.
    pub fn deviation(&self, value: f64) -> Result<f64, Error> {
        let distance = self.distance(value)?;
        Ok(match distance {
            0.0 => 0.0,
            distance if self.mad == 0.0 => f64::INFINITY.copysign(distance),
            distance => NORMAL_QUARTILE * distance / self.mad,
        })
    }

    /// How far a value lies from the median, in percent of the median's size, negative below the median.
    ///
    /// # Errors
    /// When the value is NaN, or the median is 0.
    pub fn change_percent(&self, value: f64) -> Result<f64, Error> {
        let distance = self.distance(value)?;
        if self.median == 0.0 {
            return Err(Error::new("the median of the earlier values is 0: a change in percent means nothing"));
        }
        Ok(100.0 * distance / self.median.abs())
    }

    fn distance(&self, value: f64) -> Result<f64, Error> {
        if value.is_nan() { Err(Error::new("a value to be compared is NaN")) } else { Ok(value - self.median) }
    }
}

/// The median of finite values, of which there is at least one. Sorts them.
fn middle(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_what_is_usual() {
        let baseline = Baseline::of([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0], 8).unwrap();
        assert_eq!((baseline.count(), baseline.median(), baseline.mad(), baseline.mean()), (8, 4.5, 0.5, 5.0));
        assert!((baseline.standard_deviation() - 2.138_089_935).abs() < 1e-9);
        assert_eq!(baseline.deviation(5.5), Ok(0.6745 * 2.0));
        assert_eq!(baseline.deviation(3.5), Ok(-0.6745 * 2.0));
        assert_eq!(baseline.change_percent(9.0), Ok(100.0));
        let falling = Baseline::of([-10.0], 1).unwrap();
        assert_eq!((falling.change_percent(-15.0), falling.standard_deviation()), (Ok(-50.0), 0.0));
    }

    #[test]
    fn a_value_unlike_those_that_never_changed_is_infinitely_odd() {
        let baseline = Baseline::of([3.0; 4], 1).unwrap();
        assert_eq!(baseline.deviation(3.0), Ok(0.0));
        assert_eq!(baseline.deviation(3.1), Ok(f64::INFINITY));
        assert_eq!(baseline.deviation(2.9), Ok(f64::NEG_INFINITY));
    }

    #[test]
    fn what_cannot_be_said_is_an_error() {
        for (values, at_least) in [
            (vec![1.0, 2.0], 3),
            (vec![], 0),
            (vec![1.0, f64::NAN], 1),
            (vec![1.0, f64::INFINITY], 1),
            (vec![f64::MAX, f64::MAX, f64::MIN], 1),
        ] {
            assert!(Baseline::of(values.clone(), at_least).is_err(), "{values:?}");
        }
        let baseline = Baseline::of([0.0], 1).unwrap();
        assert!(baseline.deviation(f64::NAN).is_err());
        assert!(baseline.change_percent(1.0).is_err());
    }
}

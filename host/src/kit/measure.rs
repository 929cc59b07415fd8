//! What a check uses in its cases, against the limits it suggests and against another version.
//!
//! Everything that counts (fuel, memory, queries, rows, bytes) is the same in every run and is judged; times depend on the
//! machine and are shown.

use std::time::Duration;

use super::case::Case;
use super::rig::{CaseError, Rig};
use crate::model::{LimitName, Limits, Status, Usage};

/// What a case used.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// The status that came of it.
    pub status: Status,
    /// What is judged, in the base unit of its limit.
    pub counts: Vec<(LimitName, u64)>,
    /// Median of the time that the guest computed.
    pub guest_cpu: Duration,
    /// Median of the time that the host spent.
    pub host_time: Duration,
    /// Another run of the same case used other fuel: the check is not the same every time.
    pub fuel_varies: bool,
}

/// A count with what it is judged by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// What is counted, by the limit on it.
    pub name: LimitName,
    /// How much was used.
    pub used: u64,
    /// The limit.
    pub limit: u64,
    /// Whether the check asks for that limit, or the host's default holds.
    pub suggested: bool,
    /// What the other version used.
    pub base: Option<u64>,
    /// Over the limit, or over the other version by more than is tolerated.
    pub over: Option<Over>,
}

/// What a count is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// The limit.
    Limit,
    /// The other version.
    Base,
}

/// The counts that are judged.
pub const COUNTED: [LimitName; 5] =
    [LimitName::Fuel, LimitName::Memory, LimitName::Queries, LimitName::Rows, LimitName::BytesIn];

/// Runs a case some times, one after the other, with all that a host may give: what it would use is then seen even if
/// the limits are too low for it.
///
/// # Errors
/// [`CaseError`].
///
/// # Cancel safety
/// Dropping the future ends guest and queries.
pub async fn measure(rig: &Rig, case: &Case, runs: u32) -> Result<Measured, CaseError> {
    let limits = rig.widest();
    let stage = rig.stage(case).await?;
    let mut usages = Vec::new();
    let mut status = Status::Error;
    for _ in 0..runs.max(1) {
        let outcome = rig.run(case, stage.source(), limits.clone()).await?;
        status = outcome.conclusion.status;
        usages.push(outcome.usage);
    }
    let most = |count: fn(&Usage) -> u64| usages.iter().map(count).max().unwrap_or(0);
    let counts = COUNTED.map(|name| {
        let used = match name {
            LimitName::Fuel => most(|usage| usage.fuel),
            LimitName::Memory => most(|usage| usage.peak_memory),
            LimitName::Queries => most(|usage| usage.queries),
            LimitName::Rows => most(|usage| usage.rows),
            _ => most(|usage| usage.bytes),
        };
        (name, used)
    });
    Ok(Measured {
        status,
        counts: counts.to_vec(),
        guest_cpu: median(usages.iter().map(|usage| usage.guest_cpu)),
        host_time: median(usages.iter().map(|usage| usage.host_time)),
        fuel_varies: usages.windows(2).any(|pair| pair[0].fuel != pair[1].fuel),
    })
}

/// Judges what was used by some limits, and by another version within a tolerance in percent.
#[must_use]
pub fn judge(measured: &Measured, limits: &Limits, base: Option<&Measured>, tolerance: f64) -> Vec<Judged> {
    let base_of =
        |name| base.and_then(|base| base.counts.iter().find(|(other, _)| *other == name)).map(|(_, used)| *used);
    measured
        .counts
        .iter()
        .map(|(name, used)| {
            let limit = limits.limit(*name);
            let base = base_of(*name);
            let over = if *used > limit.value {
                Some(Over::Limit)
            } else if base.is_some_and(|base| *used as f64 > base as f64 * (1.0 + tolerance / 100.0)) {
                Some(Over::Base)
            } else {
                None
            };
            Judged { name: *name, used: *used, limit: limit.value, suggested: limit.requested.is_some(), base, over }
        })
        .collect()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LimitRequest;

    fn measured(fuel: u64, rows: u64) -> Measured {
        Measured {
            status: Status::Pass,
            counts: vec![(LimitName::Fuel, fuel), (LimitName::Rows, rows)],
            guest_cpu: Duration::ZERO,
            host_time: Duration::ZERO,
            fuel_varies: false,
        }
    }

    #[test]
    fn a_count_is_over_its_limit_or_over_the_other_version() {
        let limits = Limits::resolve(&[], &[LimitRequest { name: LimitName::Rows, value: 10 }]);
        let over = |fuel, rows, base: Option<&Measured>| {
            judge(&measured(fuel, rows), &limits, base, 10.0).into_iter().map(|judged| judged.over).collect::<Vec<_>>()
        };
        let base = measured(1_000, 5);
        assert_eq!(over(1_000, 10, None), [None, None], "at the limit is not over it");
        assert_eq!(over(1_000, 11, None), [None, Some(Over::Limit)]);
        assert_eq!(over(1_100, 5, Some(&base)), [None, None], "within the tolerance");
        assert_eq!(over(1_101, 5, Some(&base)), [Some(Over::Base), None]);
        assert_eq!(over(1_000, 11, Some(&base)), [None, Some(Over::Limit)], "the limit weighs more");
    }
}

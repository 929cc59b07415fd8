//! Functions of many rows that the engine does not have or has with another meaning.
//!
//! Each is the engine's own where that is right, and ours where it is not:
//!
//! | function | ours |
//! |---|---|
//! | `SUM`, `AVG` | of `INT64`, `NUMERIC` and `BIGNUMERIC`: exact, an error beyond the type; of `FLOAT64`: frames that move |
//! | `MIN`, `MAX` | of `FLOAT64`: NaN if any value is |
//! | `VAR_...`, `STDDEV_...`, `COVAR_...`, `CORR` | all: NaN where any value is NaN or infinite, also in frames that move |
//! | `STRING_AGG`, `APPROX_COUNT_DISTINCT` | the types; a delimiter that is left out |
//! | `APPROX_QUANTILES`, `APPROX_TOP_COUNT` | all, exact |
//! | `PERCENTILE_CONT`, `PERCENTILE_DISC` | all, meant for whole partitions |

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

mod addend;
mod call;
mod collected;
mod extreme;
mod frame;
mod moments;
mod percentile;
mod quantiles;
mod retyped;
mod share;
mod sum;
#[cfg(test)]
mod testing;
mod top_count;
mod total;

/// All of them, by their GoogleSQL names in upper case.
pub(super) fn all() -> Vec<Arc<AggregateUDF>> {
    let functions = [
        AggregateUDF::new_from_impl(sum::Adding::sum()),
        AggregateUDF::new_from_impl(sum::Adding::average()),
        AggregateUDF::new_from_impl(extreme::Extreme::least()),
        AggregateUDF::new_from_impl(extreme::Extreme::greatest()),
        AggregateUDF::new_from_impl(quantiles::Quantiles::new()),
        AggregateUDF::new_from_impl(top_count::TopCount::new()),
        AggregateUDF::new_from_impl(percentile::Percentile::continuous()),
        AggregateUDF::new_from_impl(percentile::Percentile::discrete()),
        AggregateUDF::new_from_impl(retyped::Retyped::joined()),
        AggregateUDF::new_from_impl(retyped::Retyped::count_distinct()),
    ];
    let spreads = moments::Spread::all().map(AggregateUDF::new_from_impl);
    functions.into_iter().chain(spreads).map(Arc::new).collect()
}

//! The functions that statements may use: those that were looked at and listed here, nothing else that the engine may
//! come with.
//!
//! A function on the list gives the same answer every time, reads nothing but its arguments, and makes values no larger
//! than its arguments or is bounded by [`bounded`](super::bounded). To allow one more, answer these questions and
//! add its name.

use std::fmt;
use std::sync::Arc;

use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, Volatility, WindowUDF};

use super::bounded::Growth;
use super::dialect::GoogleOperators;

/// Functions of a row, by every name that a statement may use, whose result is not larger than their arguments.
const SCALAR: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "array_element",
    "array_has",
    "array_length",
    "array_position",
    "array_reverse",
    "array_slice",
    "array_sort",
    "array_distinct",
    "ascii",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bit_length",
    "btrim",
    "cardinality",
    "cbrt",
    "ceil",
    "char_length",
    "character_length",
    "chr",
    "coalesce",
    "contains",
    "cos",
    "cosh",
    "cot",
    "date_bin",
    "date_part",
    "date_trunc",
    "degrees",
    "empty",
    "ends_with",
    "exp",
    "factorial",
    "floor",
    "from_unixtime",
    "gcd",
    "get_field",
    "greatest",
    "ifnull",
    "initcap",
    "instr",
    "isnan",
    "iszero",
    "lcm",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "make_date",
    "nanvl",
    "nullif",
    "nvl",
    "nvl2",
    "octet_length",
    "pi",
    "position",
    "pow",
    "power",
    "radians",
    "regexp_count",
    "regexp_instr",
    "regexp_like",
    "reverse",
    "right",
    "round",
    "rtrim",
    "signum",
    "sin",
    "sinh",
    "split_part",
    "sqrt",
    "starts_with",
    "strpos",
    "substr",
    "substring",
    "tan",
    "tanh",
    "to_date",
    "to_hex",
    "to_timestamp",
    "to_timestamp_micros",
    "to_timestamp_millis",
    "to_timestamp_nanos",
    "to_timestamp_seconds",
    "to_unixtime",
    "trim",
    "trunc",
    "upper",
];

/// Functions of a row whose result may be larger than an argument, and how much.
const GROWING: &[(&str, Growth)] = &[
    ("array_append", Growth::Sum(1)),
    ("array_concat", Growth::Sum(1)),
    ("array_prepend", Growth::Sum(1)),
    ("array_to_string", Growth::Joined),
    ("concat", Growth::Sum(1)),
    ("concat_ws", Growth::Separated),
    ("make_array", Growth::Sum(1)),
    ("named_struct", Growth::Sum(1)),
    ("overlay", Growth::Sum(1)),
    ("regexp_replace", Growth::RegexpReplace),
    ("replace", Growth::Replace),
    ("struct", Growth::Sum(1)),
    ("translate", Growth::Sum(4)),
];

/// Functions of many rows. What they hold is in the account of the query.
const AGGREGATE: &[&str] = &[
    "any_value",
    "approx_distinct",
    "approx_median",
    "approx_percentile_cont",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar",
    "covar_pop",
    "covar_samp",
    "first_value",
    "grouping",
    "last_value",
    "max",
    "mean",
    "median",
    "min",
    "percentile_cont",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "var",
    "var_pop",
    "var_samp",
];

/// Functions with `OVER`: those that compute one row's answer in a time and a space that do not grow with the frame.
const WINDOW: &[&str] = &[
    "avg",
    "count",
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "max",
    "mean",
    "min",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var",
    "var_pop",
    "var_samp",
];

/// How much larger than its arguments the result of a function of a row may be; `None` for one that is not listed.
pub(super) fn growth(name: &str) -> Option<Growth> {
    if let Some((_, growth)) = GROWING.iter().find(|(growing, _)| *growing == name) {
        return Some(*growth);
    }
    match name {
        "regexp_count" | "regexp_instr" | "regexp_like" => Some(Growth::Regexp),
        name if SCALAR.contains(&name) => Some(Growth::None),
        _ => None,
    }
}

/// The functions that statements may use.
pub(super) struct Functions {
    /// Of a row.
    pub(super) scalar: Vec<Arc<ScalarUDF>>,
    /// Of many rows.
    pub(super) aggregate: Vec<Arc<AggregateUDF>>,
    /// Of neighbouring rows.
    pub(super) window: Vec<Arc<WindowUDF>>,
    /// What operators mean.
    pub(super) planners: Vec<Arc<dyn ExprPlanner>>,
    /// Lower-case names that may be called, sorted.
    names: Vec<&'static str>,
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").field("names", &self.names.len()).finish_non_exhaustive()
    }
}

impl Functions {
    /// The listed functions of the engine.
    pub(super) fn listed() -> Self {
        let scalar_names = || SCALAR.iter().copied().chain(GROWING.iter().map(|(name, _)| *name));
        let mut scalar = SessionStateDefaults::default_scalar_functions();
        scalar.retain(|function| {
            let is_listed = |name: &str| scalar_names().any(|listed| listed == name);
            let listed = is_listed(function.name()) || function.aliases().iter().any(|alias| is_listed(alias));
            listed && function.signature().volatility == Volatility::Immutable
        });
        let mut aggregate = SessionStateDefaults::default_aggregate_functions();
        aggregate.retain(|function| {
            let is_listed = |name: &str| AGGREGATE.contains(&name) || WINDOW.contains(&name);
            is_listed(function.name()) || function.aliases().iter().any(|alias| is_listed(alias))
        });
        let mut window = SessionStateDefaults::default_window_functions();
        window.retain(|function| WINDOW.contains(&function.name()));
        let mut planners: Vec<Arc<dyn ExprPlanner>> = vec![Arc::new(GoogleOperators)];
        planners.extend(SessionStateDefaults::default_expr_planners());
        let mut names: Vec<&str> = scalar_names().chain(AGGREGATE.iter().copied()).collect();
        names.extend(WINDOW);
        names.sort_unstable();
        names.dedup();
        Self { scalar, aggregate, window, planners, names }
    }

    /// Whether there is such a function; upper and lower case are one.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.names.binary_search(&name.to_lowercase().as_str()).is_ok()
    }

    /// Whether the function may stand with `OVER`, or without.
    pub(super) fn fits(&self, name: &str, over: bool) -> bool {
        let name = name.to_lowercase();
        let is_scalar = SCALAR.contains(&name.as_str()) || GROWING.iter().any(|(growing, _)| *growing == name);
        if over { WINDOW.contains(&name.as_str()) } else { is_scalar || AGGREGATE.contains(&name.as_str()) }
    }

    /// At most three functions that a person may have meant.
    pub(super) fn similar(&self, name: &str) -> Vec<String> {
        let name = name.to_lowercase();
        let mut scored: Vec<(f64, &&str)> = self
            .names
            .iter()
            .map(|known| (strsim::jaro_winkler(&name, known), known))
            .filter(|(score, _)| *score > 0.85)
            .collect();
        scored.sort_by(|one, other| other.0.total_cmp(&one.0));
        scored.into_iter().take(3).map(|(_, known)| format!("`{}`", known.to_uppercase())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name that the engine does not have would be an error of another kind.
    #[test]
    fn every_listed_name_is_a_function_of_the_engine() {
        let functions = Functions::listed();
        let scalar = functions.scalar.iter().flat_map(|known| {
            std::iter::once(known.name().to_owned()).chain(known.aliases().iter().cloned()).collect::<Vec<_>>()
        });
        let aggregate = functions.aggregate.iter().flat_map(|known| {
            std::iter::once(known.name().to_owned()).chain(known.aliases().iter().cloned()).collect::<Vec<_>>()
        });
        let window = functions.window.iter().map(|known| known.name().to_owned());
        let known: Vec<String> = scalar.chain(aggregate).chain(window).map(|name| name.to_lowercase()).collect();
        for name in &functions.names {
            assert!(known.iter().any(|known| known == name), "{name}");
        }
    }

    #[test]
    fn what_is_not_listed_is_not_there() {
        let functions = Functions::listed();
        for name in ["version", "now", "random", "uuid", "arrow_typeof", "input_file_name", "repeat", "lpad", "range"] {
            assert!(!functions.contains(name), "{name}");
            assert!(functions.scalar.iter().all(|known| known.name() != name), "{name}");
            assert_eq!(growth(name), None, "{name}");
        }
        assert!(functions.contains("CONCAT") && functions.fits("Sum", true) && !functions.fits("array_agg", true));
        assert!(!functions.fits("row_number", false));
    }
}

//! What of GoogleSQL is supported: every function and construct by its name, for the rewriter, for the engine and for the
//! reference that is made of it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use datafusion::execution::SessionStateDefaults;
use datafusion::logical_expr::planner::{ExprPlanner, RelationPlanner};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::optimizer::analyzer::AnalyzerRule;

use super::aggregates;
use super::branches::OneType;
use super::cast;
use super::function::{Definition, Function};
use super::functions::{CHAPTERS, OPERATORS};
use super::operators::GoogleOperators;
use super::order::NumbersInOrder;
use super::relations::Arrays;
use super::signature::Form;
use super::structure;

/// A function of many rows, by the name that the engine has for it.
#[derive(Debug)]
pub(super) struct Aggregate {
    /// Its name, in upper case.
    pub(super) name: &'static str,
    /// How it is written.
    pub(super) syntax: &'static str,
    /// The engine's name.
    engine: &'static str,
    /// Whether it may stand with `OVER`: only what computes one row's answer in a time and a space that do not grow with
    /// the frame.
    over: bool,
    /// Whether it may stand without.
    alone: bool,
    /// What differs or is not obvious; empty for nothing.
    pub(super) note: &'static str,
}

const fn aggregate(name: &'static str, syntax: &'static str, engine: &'static str, note: &'static str) -> Aggregate {
    Aggregate { name, syntax, engine, over: false, alone: true, note }
}

const fn both(name: &'static str, syntax: &'static str, engine: &'static str, note: &'static str) -> Aggregate {
    Aggregate { name, syntax, engine, over: true, alone: true, note }
}

const fn window(name: &'static str, syntax: &'static str, engine: &'static str, note: &'static str) -> Aggregate {
    Aggregate { name, syntax, engine, over: true, alone: false, note }
}

/// Functions of many rows.
pub(super) const AGGREGATES: &[Aggregate] = &[
    both("ANY_VALUE", "ANY_VALUE(x [HAVING {MAX | MIN} y])", "any_value", "`HAVING` only without `OVER`."),
    aggregate("APPROX_COUNT_DISTINCT", "APPROX_COUNT_DISTINCT(x)", "APPROX_COUNT_DISTINCT", ""),
    aggregate("APPROX_QUANTILES", "APPROX_QUANTILES([DISTINCT] x, n)", "APPROX_QUANTILES", "The answer is exact."),
    aggregate("APPROX_TOP_COUNT", "APPROX_TOP_COUNT(x, n)", "APPROX_TOP_COUNT", "The answer is exact."),
    aggregate(
        "ARRAY_AGG",
        "ARRAY_AGG([DISTINCT] x [{IGNORE | RESPECT} NULLS] [ORDER BY ...] [LIMIT n])",
        "array_agg",
        "",
    ),
    both("AVG", "AVG([DISTINCT] x)", "AVG", ""),
    aggregate("BIT_AND", "BIT_AND(x)", "bit_and", ""),
    aggregate("BIT_OR", "BIT_OR(x)", "bit_or", ""),
    aggregate("BIT_XOR", "BIT_XOR([DISTINCT] x)", "bit_xor", ""),
    aggregate("CORR", "CORR(y, x)", "CORR", ""),
    both("COUNT", "COUNT(*), COUNT([DISTINCT] x)", "count", ""),
    both("COUNTIF", "COUNTIF(condition)", "count", ""),
    aggregate("COVAR_POP", "COVAR_POP(y, x)", "COVAR_POP", ""),
    aggregate("COVAR_SAMP", "COVAR_SAMP(y, x)", "COVAR_SAMP", ""),
    aggregate("GROUPING", "GROUPING(x)", "grouping", ""),
    aggregate("LOGICAL_AND", "LOGICAL_AND(condition)", "bool_and", ""),
    aggregate("LOGICAL_OR", "LOGICAL_OR(condition)", "bool_or", ""),
    both("MAX", "MAX(x)", "MAX", ""),
    aggregate("MAX_BY", "MAX_BY(x, y)", "first_value", ""),
    both("MIN", "MIN(x)", "MIN", ""),
    aggregate("MIN_BY", "MIN_BY(x, y)", "first_value", ""),
    both("STDDEV", "STDDEV([DISTINCT] x)", "STDDEV", ""),
    both("STDDEV_POP", "STDDEV_POP([DISTINCT] x)", "STDDEV_POP", ""),
    both("STDDEV_SAMP", "STDDEV_SAMP([DISTINCT] x)", "STDDEV_SAMP", ""),
    aggregate(
        "STRING_AGG",
        "STRING_AGG([DISTINCT] x [, delimiter] [ORDER BY ...] [LIMIT n])",
        "STRING_AGG",
        "Of STRING, not of BYTES.",
    ),
    both("SUM", "SUM([DISTINCT] x)", "SUM", ""),
    both("VARIANCE", "VARIANCE([DISTINCT] x)", "VARIANCE", ""),
    both("VAR_POP", "VAR_POP([DISTINCT] x)", "VAR_POP", ""),
    both("VAR_SAMP", "VAR_SAMP([DISTINCT] x)", "VAR_SAMP", ""),
];

/// Functions of neighbouring rows.
pub(super) const WINDOWS: &[Aggregate] = &[
    window("CUME_DIST", "CUME_DIST() OVER (...)", "cume_dist", ""),
    window("DENSE_RANK", "DENSE_RANK() OVER (...)", "dense_rank", ""),
    window("FIRST_VALUE", "FIRST_VALUE(x [{IGNORE | RESPECT} NULLS]) OVER (...)", "first_value", ""),
    window("LAG", "LAG(x [, offset [, default]]) OVER (...)", "lag", ""),
    window("LAST_VALUE", "LAST_VALUE(x [{IGNORE | RESPECT} NULLS]) OVER (...)", "last_value", ""),
    window("LEAD", "LEAD(x [, offset [, default]]) OVER (...)", "lead", ""),
    window("NTH_VALUE", "NTH_VALUE(x, n [{IGNORE | RESPECT} NULLS]) OVER (...)", "nth_value", ""),
    window("NTILE", "NTILE(n) OVER (...)", "ntile", ""),
    window("PERCENTILE_CONT", "PERCENTILE_CONT(x, p) OVER ([PARTITION BY ...])", "PERCENTILE_CONT", "Ignores NULL."),
    window("PERCENTILE_DISC", "PERCENTILE_DISC(x, p) OVER ([PARTITION BY ...])", "PERCENTILE_DISC", "Ignores NULL."),
    window("PERCENT_RANK", "PERCENT_RANK() OVER (...)", "percent_rank", ""),
    window("RANK", "RANK() OVER (...)", "rank", ""),
    window("ROW_NUMBER", "ROW_NUMBER() OVER (...)", "row_number", ""),
];

/// Functions of the engine whose result is an integer of another width.
const COUNTING: &[&str] = &["dense_rank", "grouping", "ntile", "rank", "row_number"];

/// Functions of a row that the engine brings and rewritten statements use.
const ENGINE_SCALARS: &[&str] = &["get_field", "make_array", "named_struct"];

/// What to write in the place of functions that are not there, by their names in upper case; `NAME.*` stands for all
/// that begin so.
pub(super) const INSTEAD: &[(&str, &str)] = &[
    ("ADD_MONTHS", "use DATE_ADD(date, INTERVAL n MONTH)"),
    ("ARRAY_CONCAT_AGG", "use ARRAY_AGG(x) over UNNEST(array) AS x"),
    ("ARRAY_CONTAINS", "use value IN UNNEST(array)"),
    ("ARRAY_DISTINCT", "use ARRAY(SELECT DISTINCT x FROM UNNEST(array) AS x)"),
    ("APPROX_TOP_SUM", "use GROUP BY with ORDER BY SUM(x) DESC LIMIT n"),
    ("BOOL_AND", "use LOGICAL_AND"),
    ("BOOL_OR", "use LOGICAL_OR"),
    ("CHARINDEX", "use STRPOS(value, searched)"),
    ("CONCAT_WS", "use ARRAY_TO_STRING([a, b], delimiter)"),
    ("COUNT_IF", "use COUNTIF(condition)"),
    ("DATEADD", "use DATE_ADD(date, INTERVAL n DAY)"),
    ("DATEDIFF", "use DATE_DIFF(later, earlier, DAY)"),
    ("DATE_BIN", "use TIMESTAMP_TRUNC(timestamp, HOUR)"),
    ("DATE_BUCKET", "use DATE_TRUNC(date, WEEK)"),
    ("DATE_FORMAT", "use FORMAT_DATE(format, date)"),
    ("DATE_PART", "use EXTRACT(part FROM value)"),
    ("DAY", "use EXTRACT(DAY FROM date)"),
    ("DAYOFWEEK", "use EXTRACT(DAYOFWEEK FROM date)"),
    ("DECODE", "use CASE"),
    ("EVERY", "use LOGICAL_AND"),
    ("GROUP_CONCAT", "use STRING_AGG(x, delimiter)"),
    ("HLL_COUNT.*", "use APPROX_COUNT_DISTINCT(x)"),
    ("HOUR", "use EXTRACT(HOUR FROM timestamp)"),
    ("IIF", "use IF(condition, x, y)"),
    ("ISNULL", "use x IS NULL or IFNULL(x, y)"),
    ("JSON_EXTRACT_PATH_TEXT", "use JSON_VALUE(json, '$.path')"),
    ("JSON_TYPE", "use JSON_VALUE or JSON_QUERY of a text"),
    ("LEN", "use LENGTH(value)"),
    ("LISTAGG", "use STRING_AGG(x, delimiter)"),
    ("MEDIAN", "use APPROX_QUANTILES(x, 2)[OFFSET(1)] or PERCENTILE_CONT(x, 0.5) OVER ()"),
    ("MONTH", "use EXTRACT(MONTH FROM date)"),
    ("NVL", "use IFNULL(x, y)"),
    ("NVL2", "use IF(x IS NOT NULL, y, z)"),
    ("PARSE_JSON", "keep the text and read it with JSON_VALUE or JSON_QUERY"),
    ("REGEXP_LIKE", "use REGEXP_CONTAINS(value, r'...')"),
    ("REGEXP_MATCH", "use REGEXP_CONTAINS(value, r'...')"),
    ("SPLIT_PART", "use SPLIT(value, delimiter)[SAFE_OFFSET(n)]"),
    ("STRFTIME", "use FORMAT_TIMESTAMP(format, timestamp)"),
    ("STRPTIME", "use PARSE_TIMESTAMP(format, text)"),
    ("TIMESTAMP_BUCKET", "use TIMESTAMP_TRUNC(timestamp, HOUR)"),
    ("TO_CHAR", "use FORMAT_DATE, FORMAT_TIMESTAMP or FORMAT"),
    ("TO_DATE", "use PARSE_DATE(format, text)"),
    ("TO_JSON", "use TO_JSON_STRING(value)"),
    ("TO_TIMESTAMP", "use PARSE_TIMESTAMP(format, text)"),
    ("TRUNCATE", "use TRUNC(x)"),
    ("TRY_CAST", "use SAFE_CAST(value AS type)"),
    ("YEAR", "use EXTRACT(YEAR FROM date)"),
];

/// What a name in a call means.
#[derive(Debug)]
pub(super) enum Called {
    /// A function of a row.
    Scalar {
        /// Places of arguments that are words such as `DAY`, in any of its forms.
        parts: Vec<usize>,
    },
    /// A function of many rows.
    Aggregate {
        /// The engine's name.
        engine: &'static str,
        /// Whether it may stand with `OVER`.
        over: bool,
        /// Whether it may stand without.
        alone: bool,
    },
}

/// All that statements may use.
pub(in crate::source::files) struct Registry {
    /// Functions of a row.
    pub(in crate::source::files) scalar: Vec<Arc<ScalarUDF>>,
    /// Functions of many rows.
    pub(in crate::source::files) aggregate: Vec<Arc<AggregateUDF>>,
    /// Functions of neighbouring rows.
    pub(in crate::source::files) window: Vec<Arc<WindowUDF>>,
    /// What operators mean.
    pub(in crate::source::files) planners: Vec<Arc<dyn ExprPlanner>>,
    /// What arrays in `FROM` mean.
    pub(in crate::source::files) relations: Vec<Arc<dyn RelationPlanner>>,
    /// What values that stand side by side mean; before the engine's own rules.
    pub(in crate::source::files) branches: Arc<dyn AnalyzerRule + Send + Sync>,
    /// What `ORDER BY` means; behind the engine's own rules.
    pub(in crate::source::files) order: Option<Arc<dyn AnalyzerRule + Send + Sync>>,
    definitions: BTreeMap<&'static str, &'static Definition>,
    aggregates: BTreeMap<&'static str, &'static Aggregate>,
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("functions", &self.definitions.len()).finish_non_exhaustive()
    }
}

impl Registry {
    /// With everything that is supported.
    pub(in crate::source::files) fn new() -> Self {
        let written = || CHAPTERS.iter().flat_map(|(_, definitions)| definitions.iter());
        let internal = OPERATORS.iter().copied().flatten().chain(cast::DEFINITIONS);
        let mut scalar = SessionStateDefaults::default_scalar_functions();
        scalar.retain(|function| ENGINE_SCALARS.contains(&function.name()));
        for function in scalar.iter_mut().filter(|function| function.name() == "named_struct") {
            *function = structure::bounded(Arc::clone(function));
        }
        let own: Vec<Arc<ScalarUDF>> = written().chain(internal).flat_map(Function::both).collect();
        let operators = Arc::new(GoogleOperators::new(&own, &scalar));
        scalar.extend(own);
        let named = |name: &str| scalar.iter().find(|function| function.name() == name).map(Arc::clone);
        let arrays = named("OFFSETS").zip(named("get_field"));
        let relations = arrays.map(|(offsets, get_field)| Arc::new(Arrays { offsets, get_field }) as _);
        let order = named("ORDER").map(|key| Arc::new(NumbersInOrder { key }) as _);
        let is_used = |name: &str| AGGREGATES.iter().chain(WINDOWS).any(|function| function.engine == name);
        let mut aggregate = SessionStateDefaults::default_aggregate_functions();
        aggregate.retain(|function| is_used(function.name()) || function.aliases().iter().any(|alias| is_used(alias)));
        aggregate.extend(aggregates::all());
        let mut window = SessionStateDefaults::default_window_functions();
        window.retain(|function| is_used(function.name()));
        let mut planners: Vec<Arc<dyn ExprPlanner>> = vec![Arc::<GoogleOperators>::clone(&operators)];
        planners.extend(SessionStateDefaults::default_expr_planners());
        Self {
            scalar,
            aggregate,
            window,
            planners,
            relations: relations.into_iter().collect(),
            branches: Arc::new(OneType { operators }),
            order,
            definitions: written().map(|definition| (definition.name, definition)).collect(),
            aggregates: AGGREGATES.iter().chain(WINDOWS).map(|aggregate| (aggregate.name, aggregate)).collect(),
        }
    }

    /// What a name in upper case means in a call.
    pub(super) fn called(&self, name: &str) -> Option<Called> {
        if let Some(definition) = self.definitions.get(name) {
            let forms = definition.forms.iter().filter_map(|form| Form::parse(form));
            let mut parts: Vec<usize> = forms.flat_map(|form| form.parts().collect::<Vec<_>>()).collect();
            parts.sort_unstable();
            parts.dedup();
            return Some(Called::Scalar { parts });
        }
        let Aggregate { engine, over, alone, .. } = self.aggregates.get(name)?;
        Some(Called::Aggregate { engine, over: *over, alone: *alone })
    }

    /// Whether a function of the engine gives an integer of another width than `INT64`.
    pub(super) fn counts(&self, engine: &str) -> bool {
        COUNTING.contains(&engine)
    }

    /// What to write in the place of a function that is not there.
    pub(super) fn instead(&self, name: &str) -> Option<&'static str> {
        let fits = |known: &str| match known.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == known,
        };
        INSTEAD.iter().find(|(known, _)| fits(known)).map(|(_, instead)| *instead)
    }

    /// At most three functions that a person may have meant.
    pub(super) fn similar(&self, name: &str) -> Vec<String> {
        let names = self.definitions.keys().chain(self.aggregates.keys());
        let mut scored: Vec<(f64, &&str)> =
            names.map(|known| (strsim::jaro_winkler(name, known), known)).filter(|(score, _)| *score > 0.85).collect();
        scored.sort_by(|one, other| other.0.total_cmp(&one.0));
        scored.into_iter().take(3).map(|(_, known)| format!("`{known}`")).collect()
    }
}

/// Whether a function of a row is one of GoogleSQL's.
pub(in crate::source::files) fn is_listed_engine_scalar(name: &str) -> bool {
    ENGINE_SCALARS.contains(&name)
}

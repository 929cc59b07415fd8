//! Rules for each row.

use assay_sdk::ColumnName;

use crate::plan::{Breach, Plan, Weight, bound_params, is_odd, outside, range, rows_of};
use crate::settings::{Comparison, Condition, Ratio, Rule, State};

/// A rule for the rows; what it says of missing values comes last.
fn plan(rule: &Rule, unknown: String, missing: String, mut breaches: Vec<Breach>) -> Plan {
    if !rule.allow_null {
        let what = "null".to_owned();
        breaches.push(Breach { code: "unexpected_null", what, condition: missing, weight: Weight::Missing });
    }
    Plan {
        subject: String::new(),
        expected: String::new(),
        noun: "rows",
        from: rows_of(rule),
        join: "AND",
        row_count: None,
        unknown,
        breaches,
        shown: Vec::new(),
        params: Vec::new(),
    }
}

/// A column with its bounds.
pub(crate) fn of_column(rule: &Rule, column: &ColumnName) -> Plan {
    let odd = is_odd(&format!("CAST({column} AS FLOAT64)"));
    let expected = range(&rule.min, &rule.max).unwrap_or_else(|| "a number".to_owned());
    let mut breaches = Vec::new();
    // The column as it is: whole numbers above 2^53 are not the same as doubles.
    if let Some(outside) = outside(&format!("{column}"), ("min", &rule.min), ("max", &rule.max)) {
        breaches.push(Breach {
            code: "out_of_range",
            what: format!("outside {expected}"),
            condition: format!("NOT {odd} AND {outside}"),
            weight: Weight::Tolerated,
        });
    }
    breaches.push(not_a_number(odd));
    let missing = format!("{column} IS NULL");
    Plan {
        subject: column.as_str().to_owned(),
        expected,
        shown: vec![column.clone()],
        params: bound_params([("min", &rule.min), ("max", &rule.max)]),
        ..plan(rule, missing.clone(), missing, breaches)
    }
}

/// A column divided by another.
pub(crate) fn of_ratio(rule: &Rule, ratio: &Ratio) -> Plan {
    let Ratio { numerator, denominator, min, max, allow_zero } = ratio;
    let (above, below) = (format!("CAST({numerator} AS FLOAT64)"), format!("CAST({denominator} AS FLOAT64)"));
    let quotient = format!("SAFE_DIVIDE({above}, {below})");
    let odd_parts = format!("({} OR {})", is_odd(&above), is_odd(&below));
    let missing = format!("{numerator} IS NULL OR {denominator} IS NULL");
    let expected = range(min, max).unwrap_or_default();
    let mut breaches = Vec::new();
    if let Some(outside) = outside(&quotient, ("min", min), ("max", max)) {
        breaches.push(Breach {
            code: "ratio_out_of_range",
            what: format!("outside {expected}"),
            condition: format!("NOT {odd_parts} AND {outside}"),
            weight: Weight::Tolerated,
        });
    }
    if !allow_zero {
        breaches.push(Breach {
            code: "zero_denominator",
            what: format!("without a ratio: `{}` is 0", denominator.as_str()),
            condition: format!("NOT {odd_parts} AND {below} = 0"),
            weight: Weight::Tolerated,
        });
    }
    // A ratio that is beyond all numbers is null, though both of its parts are there.
    let beyond = format!("NOT ({missing}) AND {below} != 0 AND {quotient} IS NULL");
    breaches.push(not_a_number(format!("{odd_parts} OR {beyond}")));
    let unknown = if *allow_zero { format!("{missing} OR {below} = 0") } else { missing.clone() };
    Plan {
        subject: format!("{} / {}", numerator.as_str(), denominator.as_str()),
        expected,
        shown: vec![numerator.clone(), denominator.clone()],
        params: bound_params([("min", min), ("max", max)]),
        ..plan(rule, unknown, missing, breaches)
    }
}

/// A column beside another.
pub(crate) fn of_comparison(rule: &Rule, comparison: &Comparison) -> Plan {
    let Comparison { left, op, right } = comparison;
    let odd = format!("({} OR {})", is_odd(&format!("{left}")), is_odd(&format!("{right}")));
    let expected = format!("{} {} {}", left.as_str(), op.sql(), right.as_str());
    let missing = format!("{left} IS NULL OR {right} IS NULL");
    let breach = Breach {
        code: "comparison_broken",
        what: format!("not {expected}"),
        condition: format!("NOT {odd} AND NOT ({left} {} {right})", op.sql()),
        weight: Weight::Tolerated,
    };
    Plan {
        subject: format!("{}, {}", left.as_str(), right.as_str()),
        expected,
        shown: vec![left.clone(), right.clone()],
        ..plan(rule, missing.clone(), missing, vec![breach, not_a_number(odd)])
    }
}

/// Conditions that do not all hold. Where one of them is null, and no other is false, it is not known.
pub(crate) fn of_conditions(rule: &Rule, conditions: &[Condition]) -> Plan {
    let all = conditions.iter().enumerate().map(|(index, condition)| sql(index, condition));
    let all = all.collect::<Vec<_>>().join(" AND ");
    let told = conditions.iter().map(told).collect::<Vec<_>>().join(" and ");
    let params = conditions.iter().enumerate();
    let params = params.filter_map(|(index, condition)| Some((parameter(index), condition.equals.as_ref()?.param())));
    let names: Vec<_> = conditions.iter().map(|condition| condition.column.as_str()).collect();
    let breach = Breach {
        code: "impossible_combination",
        what: format!("impossible: {told}"),
        condition: all.clone(),
        weight: Weight::Tolerated,
    };
    let unknown = format!("({all}) IS NULL");
    Plan {
        subject: names.join(", "),
        expected: format!("never {told}"),
        shown: conditions.iter().map(|condition| condition.column.clone()).collect(),
        params: params.collect(),
        ..plan(rule, unknown.clone(), unknown, vec![breach])
    }
}

fn parameter(index: usize) -> String {
    format!("value_{index}")
}

fn sql(index: usize, Condition { column, is, .. }: &Condition) -> String {
    match is {
        Some(State::Null) => format!("{column} IS NULL"),
        Some(State::NotNull) => format!("{column} IS NOT NULL"),
        Some(State::Zero) => format!("{column} = 0"),
        Some(State::Positive) => format!("{column} > 0"),
        Some(State::Negative) => format!("{column} < 0"),
        Some(State::True) => format!("{column} = TRUE"),
        Some(State::False) => format!("{column} = FALSE"),
        None => format!("{column} = @{}", parameter(index)),
    }
}

fn told(Condition { column, is, equals }: &Condition) -> String {
    match (is, equals) {
        (Some(is), _) => format!("{} is {is}", column.as_str()),
        (None, Some(equals)) => format!("{} is {equals}", column.as_str()),
        (None, None) => column.as_str().to_owned(),
    }
}

fn not_a_number(condition: String) -> Breach {
    Breach { code: "not_a_number", what: "not a number".to_owned(), condition, weight: Weight::Always }
}

//! Rules for a number that is made of many rows.

use assay_sdk::ColumnName;

use crate::plan::{Breach, Plan, Weight, bound_params, is_odd, outside, range, rows_of};
use crate::settings::{Aggregate, Rule};

const VALUE: ColumnName = ColumnName::fixed("value");
const ROWS_OF_GROUP: ColumnName = ColumnName::fixed("rows_of_group");
const VALUES_OF_GROUP: ColumnName = ColumnName::fixed("values_of_group");

/// A number made of all rows or of those of each group.
pub(crate) fn of(rule: &Rule, aggregate: &Aggregate) -> Plan {
    let Aggregate { function, column, group_by, min, max, warn_min, warn_max } = aggregate;
    let value = unlike(VALUE, group_by);
    let (rows, values) = (unlike(ROWS_OF_GROUP, group_by), unlike(VALUES_OF_GROUP, group_by));
    let list: String = group_by.iter().map(|column| format!("{column}, ")).collect();
    let grouped = group_by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let grouped = if grouped.is_empty() { grouped } else { format!(" GROUP BY {grouped}") };
    let from = format!(
        "(SELECT {list}{call} AS {value}, COUNT(*) AS {rows}, COUNT({column}) AS {values} FROM {scope}{grouped}) \
         AS aggregated",
        call = function.sql(column),
        scope = rows_of(rule),
    );
    let odd = is_odd(&format!("CAST({value} AS FLOAT64)"));
    let expected = range(min, max).or_else(|| range(warn_min, warn_max)).unwrap_or_default();
    let mut shown = group_by.clone();
    shown.extend([value.clone(), rows.clone()]);
    let bounds = [("min", min), ("max", max), ("warn_min", warn_min), ("warn_max", warn_max)];
    Plan {
        subject: column.as_str().to_owned(),
        noun: "groups",
        from,
        join: "WHERE",
        row_count: Some(format!("COALESCE(SUM({rows}), 0)")),
        unknown: format!("{values} = 0"),
        breaches: breaches(rule, aggregate, &odd, &expected, &value, &rows, &values),
        expected: format!("{} of {expected}", function.name()),
        shown,
        params: bound_params(bounds),
    }
}

fn breaches(
    rule: &Rule,
    aggregate: &Aggregate,
    odd: &str,
    expected: &str,
    value: &ColumnName,
    rows: &ColumnName,
    values: &ColumnName,
) -> Vec<Breach> {
    let Aggregate { function, min, max, warn_min, warn_max, .. } = aggregate;
    let there = format!("{values} > 0 AND NOT {odd}");
    let breach = |code, what: String, condition, weight| Breach { code, what, condition, weight };
    let mut breaches = Vec::new();
    let name = function.name();
    let wrong = outside(&format!("{value}"), ("min", min), ("max", max));
    if let Some(wrong) = &wrong {
        let what = format!("wrong: a {name} outside {expected}");
        breaches.push(breach("group_out_of_range", what, format!("{there} AND {wrong}"), Weight::Tolerated));
    }
    if let Some(near) = outside(&format!("{value}"), ("warn_min", warn_min), ("warn_max", warn_max)) {
        let range = range(warn_min, warn_max).unwrap_or_default();
        let right = wrong.map(|wrong| format!(" AND NOT {wrong}")).unwrap_or_default();
        let what = format!("noticeable: a {name} outside {range}");
        breaches.push(breach("group_near_bounds", what, format!("{there}{right} AND {near}"), Weight::Noticed));
    }
    let what = "not a number".to_owned();
    breaches.push(breach("not_a_number", what, format!("{values} > 0 AND {odd}"), Weight::Always));
    breaches.push(breach(
        "group_without_value",
        "without a value".to_owned(),
        format!("{values} = 0"),
        Weight::Missing,
    ));
    if !rule.allow_null {
        let what = "with rows that have no value".to_owned();
        let condition = format!("{values} > 0 AND {values} < {rows}");
        breaches.push(breach("unexpected_null", what, condition, Weight::Tolerated));
    }
    breaches
}

/// A name that no column of the groups has.
fn unlike(name: ColumnName, group_by: &[ColumnName]) -> ColumnName {
    let is_taken = |name: &ColumnName| group_by.iter().any(|c| c.as_str().eq_ignore_ascii_case(name.as_str()));
    let mut name = name;
    while is_taken(&name) {
        match ColumnName::new(format!("{}_", name.as_str())) {
            Ok(longer) => name = longer,
            Err(_) => break,
        }
    }
    name
}

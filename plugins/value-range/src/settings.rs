//! What is possible, as the operator says it.

use std::fmt;

use assay_sdk::{ColumnName, IntoParam, Param, TableName};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Number, Value};

/// Settings of `value-range`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The source; may be left out when only one is granted.
    #[serde(default)]
    pub source: Option<String>,
    /// The table.
    pub table: TableName,
    /// What is possible, rule by rule.
    #[schemars(length(min = 1, max = 16))]
    pub rules: Vec<Rule>,
    /// Columns that name a row, shown with samples.
    #[serde(default)]
    pub key_columns: Vec<ColumnName>,
    /// Look at the last days only: the column that says which day a row belongs to.
    #[serde(default)]
    pub date_column: Option<ColumnName>,
    /// How many days are looked at, up to and including the target date.
    #[serde(default)]
    pub lookback_days: Option<u32>,
    /// How many rows are shown for each rule.
    #[serde(default = "sample_rows")]
    #[schemars(range(max = 20))]
    pub sample_rows: u32,
    /// An empty table is not applicable rather than wrong, and so is a rule whose `where` takes no row.
    #[serde(default)]
    pub allow_empty: bool,
    /// A query that returns one row: `applies`, and if it likes a `reason`. Where it says false, the check is skipped.
    #[serde(default)]
    pub applies_sql: Option<String>,
}

/// What is possible: exactly one of `column`, `ratio`, `compare`, `impossible` and `aggregate`. NaN and the infinities
/// never are.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// A column of numbers, with `min` and `max`.
    #[serde(default)]
    pub column: Option<ColumnName>,
    /// Smallest possible value of the column.
    #[serde(default)]
    pub min: Option<Number>,
    /// Largest possible value of the column.
    #[serde(default)]
    pub max: Option<Number>,
    /// A column divided by another.
    #[serde(default)]
    pub ratio: Option<Ratio>,
    /// A column beside another.
    #[serde(default)]
    pub compare: Option<Comparison>,
    /// Conditions that do not all hold in one row.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub impossible: Vec<Condition>,
    /// A number made of all rows, or of the rows of each group.
    #[serde(default)]
    pub aggregate: Option<Aggregate>,
    /// The rule is for the rows in which this holds.
    #[serde(default, rename = "where")]
    pub filter: Option<Filter>,
    /// Whether a row may have no value. A rule for which no row has a value is broken all the same.
    #[serde(default = "allow_null")]
    pub allow_null: bool,
    /// How many of the rows or groups, in percent, may break the rule. What is not a number always breaks it.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub max_percent: f64,
    /// More of them, in percent, are a warning; left out, nothing is only noticeable.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    pub warn_above_percent: Option<f64>,
}

/// A column divided by another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ratio {
    /// The column that is divided.
    pub numerator: ColumnName,
    /// The column that divides.
    pub denominator: ColumnName,
    /// Smallest possible ratio.
    #[serde(default)]
    pub min: Option<Number>,
    /// Largest possible ratio.
    #[serde(default)]
    pub max: Option<Number>,
    /// Whether the denominator may be 0: the row has no ratio then.
    #[serde(default)]
    pub allow_zero: bool,
}

/// A column beside another of the same row.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The column on the left.
    pub left: ColumnName,
    /// How it compares.
    pub op: Operator,
    /// The column on the right.
    pub right: ColumnName,
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Operator {
    /// Less or equal.
    #[serde(rename = "<=")]
    AtMost,
    /// Less.
    #[serde(rename = "<")]
    Less,
    /// Equal.
    #[serde(rename = "=")]
    Equal,
    /// Greater or equal.
    #[serde(rename = ">=")]
    AtLeast,
    /// Greater.
    #[serde(rename = ">")]
    Greater,
    /// Not equal.
    #[serde(rename = "!=")]
    Different,
}

/// What may hold for a column of a row: exactly one of `is` and `equals`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The column.
    pub column: ColumnName,
    /// What its value is.
    #[serde(default)]
    pub is: Option<State>,
    /// Which value it has.
    #[serde(default)]
    pub equals: Option<Literal>,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not there.
    Null,
    /// There.
    NotNull,
    /// The number 0.
    Zero,
    /// A number above 0.
    Positive,
    /// A number below 0.
    Negative,
    /// The truth value.
    True,
    /// The truth value.
    False,
}

/// A number made of many rows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// How it is made.
    pub function: Function,
    /// The column it is made of.
    pub column: ColumnName,
    /// One number for the rows that have the same values here; left out, one for all rows.
    #[serde(default)]
    #[schemars(length(max = 8))]
    pub group_by: Vec<ColumnName>,
    /// Smallest possible number.
    #[serde(default)]
    pub min: Option<Number>,
    /// Largest possible number.
    #[serde(default)]
    pub max: Option<Number>,
    /// A smaller number is a warning.
    #[serde(default)]
    pub warn_min: Option<Number>,
    /// A larger number is a warning.
    #[serde(default)]
    pub warn_max: Option<Number>,
}

/// How a number is made of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Function {
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// How many different ones there are.
    CountDistinct,
}

/// Which rows a rule is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The column.
    pub column: ColumnName,
    /// The value it has in those rows.
    pub equals: Literal,
}

/// A text, a number or a truth value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Literal(Value);

/// The rule of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind<'a> {
    Column(&'a ColumnName),
    Ratio(&'a Ratio),
    Comparison(&'a Comparison),
    Impossible(&'a [Condition]),
    Aggregate(&'a Aggregate),
}

fn sample_rows() -> u32 {
    5
}

fn allow_null() -> bool {
    true
}

impl Rule {
    /// What the rule is about; none unless it is about exactly one thing.
    pub(crate) fn kind(&self) -> Option<Kind<'_>> {
        let Self { column, ratio, compare, impossible, aggregate, .. } = self;
        let impossible = (!impossible.is_empty()).then_some(impossible.as_slice());
        let mut kinds = [
            column.as_ref().map(Kind::Column),
            ratio.as_ref().map(Kind::Ratio),
            compare.as_ref().map(Kind::Comparison),
            impossible.map(Kind::Impossible),
            aggregate.as_ref().map(Kind::Aggregate),
        ]
        .into_iter()
        .flatten();
        match (kinds.next(), kinds.next()) {
            (Some(kind), None) => Some(kind),
            _ => None,
        }
    }

    /// Whether its share of broken rows is worth a metric: not where a single one is told anyway.
    pub(crate) fn has_share(&self) -> bool {
        self.column.is_none() || self.max_percent > 0.0 || self.warn_above_percent.is_some()
    }
}

impl Operator {
    /// As it stands in a statement.
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Self::AtMost => "<=",
            Self::Less => "<",
            Self::Equal => "=",
            Self::AtLeast => ">=",
            Self::Greater => ">",
            Self::Different => "!=",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::NotNull => "not null",
            Self::Zero => "zero",
            Self::Positive => "positive",
            Self::Negative => "negative",
            Self::True => "true",
            Self::False => "false",
        })
    }
}

impl Function {
    /// The call on a column.
    pub(crate) fn sql(self, column: &ColumnName) -> String {
        match self {
            Self::Sum => format!("SUM({column})"),
            Self::Avg => format!("AVG({column})"),
            Self::Min => format!("MIN({column})"),
            Self::Max => format!("MAX({column})"),
            Self::CountDistinct => format!("COUNT(DISTINCT {column})"),
        }
    }

    /// For a person.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Avg => "average",
            Self::Min => "smallest",
            Self::Max => "largest",
            Self::CountDistinct => "number of different values",
        }
    }
}

impl Literal {
    pub(crate) fn param(&self) -> Param {
        match &self.0 {
            Value::Bool(value) => value.into_param(),
            Value::Number(number) => number_param(number),
            Value::String(text) => text.into_param(),
            // Refused when it was read.
            Value::Null | Value::Array(_) | Value::Object(_) => self.0.to_string().into_param(),
        }
    }
}

/// A number as a parameter: whole numbers as whole numbers.
pub(crate) fn number_param(number: &Number) -> Param {
    match number.as_i64() {
        Some(whole) => whole.into_param(),
        None => number.as_f64().unwrap_or(f64::NAN).into_param(),
    }
}

impl TryFrom<Value> for Literal {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Self(value)),
            Value::Null | Value::Array(_) | Value::Object(_) => Err("expected a text, a number or a truth value"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::String(text) => write!(f, "`{text}`"),
            value => write!(f, "{value}"),
        }
    }
}

impl JsonSchema for Literal {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Literal".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

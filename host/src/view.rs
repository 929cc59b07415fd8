//! What a check reported, as JSON documents: the same on the command line, in golden files and in transcripts. Field
//! names follow the journal's tables.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::model::{Attribute, Finding, Measure, Metric};

/// A finding.
#[derive(Debug, Serialize)]
pub struct FindingView {
    /// Stable code.
    pub code: String,
    /// How bad it is.
    pub severity: &'static str,
    /// One sentence for a person.
    pub message: String,
    /// Source it is about.
    pub source: Option<String>,
    /// Table it is about.
    pub table: Option<String>,
    /// Column it is about.
    pub column: Option<String>,
    /// Day it is about.
    pub date: Option<String>,
    /// Partition, segment or key it is about.
    pub partition: Option<String>,
    /// What was seen.
    pub observed: Option<Json>,
    /// What should have been.
    pub expected: Option<Json>,
    /// Unit of both.
    pub unit: Option<String>,
    /// Rows or things affected.
    pub affected_records: Option<u64>,
    /// A few rows that show it.
    pub samples: Vec<Map<String, Json>>,
    /// What a person could do about it.
    pub remediation: Option<String>,
    /// More details.
    pub attributes: Map<String, Json>,
}

/// A number for trends.
#[derive(Debug, Serialize)]
pub struct MetricView {
    /// Its name.
    pub metric_name: String,
    /// Its value; as text where JSON has no number for it.
    pub value: Json,
    /// Its unit.
    pub unit: Option<String>,
    /// More details.
    pub attributes: Map<String, Json>,
}

impl FindingView {
    /// Of a finding as it is stored.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        let draft = &finding.draft;
        let subject = &draft.subject;
        Self {
            code: draft.code.clone(),
            severity: finding.severity.as_str(),
            message: draft.message.clone(),
            source: subject.source.clone(),
            table: subject.table.clone(),
            column: subject.column.clone(),
            date: subject.date.clone(),
            partition: subject.partition.clone(),
            observed: draft.observed.as_ref().map(measure),
            expected: draft.expected.as_ref().map(measure),
            unit: draft.unit.clone(),
            affected_records: draft.affected,
            samples: draft
                .samples
                .iter()
                .map(|row| row.iter().map(|cell| (cell.name.clone(), Json::from(cell.value.clone()))).collect())
                .collect(),
            remediation: draft.remediation.clone(),
            attributes: attributes(&draft.attributes),
        }
    }
}

impl MetricView {
    /// Of a metric.
    #[must_use]
    pub fn of(metric: &Metric) -> Self {
        let Metric { name, value, unit, attributes: details } = metric;
        Self { metric_name: name.clone(), value: number(*value), unit: unit.clone(), attributes: attributes(details) }
    }
}

fn attributes(attributes: &[Attribute]) -> Map<String, Json> {
    attributes.iter().map(|a| (a.key.clone(), Json::from(a.value.clone()))).collect()
}

/// JSON has no NaN and no infinities; as text they are at least not lost.
fn number(value: f64) -> Json {
    serde_json::Number::from_f64(value).map_or_else(|| Json::String(value.to_string()), Json::Number)
}

fn measure(measure: &Measure) -> Json {
    match measure {
        Measure::Number(value) => number(*value),
        Measure::Text(text) => Json::String(text.clone()),
    }
}

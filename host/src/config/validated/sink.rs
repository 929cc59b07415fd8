//! What holds of the sink.

use super::super::authored;
use super::super::error::ConfigProblem;
use super::super::resolved::SinkConfig;
use super::super::sections::Section;
use super::super::value::{every, period};
use super::Problems;
use super::bigquery::{self, Written};
use crate::sink::Dataset;

/// The sink, its file of credentials as it is written; None within when there is none.
pub(super) fn sink(section: Option<&Section<authored::Sink>>, problems: &mut Problems) -> Option<Option<SinkConfig>> {
    let Some(section) = section else { return Some(None) };
    let authored::Sink {
        r#type,
        project,
        dataset,
        location,
        credentials,
        credentials_file,
        impersonate,
        endpoint,
        interval,
        queue_max,
        alert_after,
    } = &section.value;
    let is_type = section.required("type", r#type.as_ref(), problems).is_some_and(|written| {
        let is_type = written.get_ref() == authored::BIGQUERY;
        if !is_type {
            problems.push(
                ConfigProblem::at(written.span(), format!("there is no type of sink `{}`", written.get_ref()))
                    .hint(format!("there is one: `{}`", authored::BIGQUERY)),
            );
        }
        is_type
    });
    let project = section.required("project", project.as_ref(), problems);
    let written = Written {
        project,
        location: location.as_ref(),
        credentials: credentials.as_ref(),
        credentials_file: credentials_file.as_ref(),
        impersonate: impersonate.as_ref(),
        endpoint: endpoint.as_ref(),
    };
    let connection = bigquery::connection(&written, problems);
    let dataset = section.required("dataset", dataset.as_ref(), problems);
    let dataset = dataset.and_then(|dataset| bigquery::dataset(dataset, problems));
    let interval = match interval {
        Some(interval) => every("interval", interval, &authored::EVERY_MIN, problems),
        None => Some(authored::SINK_INTERVAL_DEFAULT.duration()),
    };
    let queue_max = match queue_max {
        Some(queue_max) => super::super::value::count("queue_max", queue_max, authored::QUEUE_ROWS_MAX, problems)
            .map(|rows| rows.get() as u64),
        None => Some(authored::QUEUE_ROWS_DEFAULT.into()),
    };
    let alert_after = period(alert_after.as_ref(), &authored::SINK_ALERT_DEFAULT, problems);
    let connection = connection?;
    let dataset = dataset?;
    let (project, dataset) = match dataset.split_once('.') {
        Some((project, dataset)) => (project.to_owned(), dataset.to_owned()),
        None => (connection.project.clone(), dataset),
    };
    is_type.then_some(())?;
    Some(Some(SinkConfig {
        connection,
        dataset: Dataset { project, dataset },
        interval: interval?,
        queue_max: queue_max?,
        alert_after: alert_after?,
    }))
}

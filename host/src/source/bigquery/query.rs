//! One statement: looked at in a dry run, paid for, run once.

use std::sync::Arc;
use std::time::Duration;

use gcp_bigquery_client::model::dataset_reference::DatasetReference;
use gcp_bigquery_client::model::job_configuration_query::JobConfigurationQuery;
use tokio::time::{Instant, sleep};

use super::failure::problem;
use super::rows::{BigQueryRows, PAGE_ROWS};
use super::running::Running;
use super::types::Layout;
use super::{Shared, cost, params, views};
use crate::bigquery::{
    Class, Error, Job, JobId, JobKey, Labels, NewJob, PageRequest, QueryStatistics, ResultsPage, TableReference, job,
};
use crate::clock;
use crate::model::{HOST_CHECK, Problem, ProblemCode};
use crate::source::asked::{Asked, Asker, Bill};
use crate::source::ledger::{Billed, DailyBudgets, Payer};
use crate::source::{Cost, ReadStatement};

/// How long a query of the host itself may take.
const OF_HOST: Duration = Duration::from_secs(300);
/// Jobs that are made for one query when they fail in a way that may pass.
const JOBS_MAX: u32 = 4;
/// Between two looks at a query whose answer does not hold the request.
const LOOK: Duration = Duration::from_millis(50);

/// So many tables of a query BigQuery lists.
const TABLES_MAX: usize = 50;

/// What a dry run says.
#[derive(Debug)]
pub(super) struct Looked {
    /// Bytes processed.
    pub(super) processed: u64,
    /// Bytes billed for that.
    pub(super) billable: u64,
}

/// A statement, with who asks it.
#[derive(Debug)]
pub(super) struct Query {
    source: Arc<Shared>,
    statement: ReadStatement,
    named: Vec<TableReference>,
    asked: Asked,
}

/// An error, unless nobody waits for the answer any more.
pub(super) fn late(error: &Error, until: Instant) -> Problem {
    if error.is_retryable() && clock::until(until) < LOOK {
        return Problem::new(ProblemCode::Deadline, "the query did not end before its deadline")
            .with_hint("let it read less, or raise `query_deadline` in the check's limits");
    }
    problem(error)
}

impl Query {
    /// # Errors
    /// `unknown-table` for a table alone where there is no default dataset.
    pub(super) fn new(source: Arc<Shared>, statement: ReadStatement) -> Result<Self, Problem> {
        let named = statement.tables().iter().map(|table| {
            source.names.full(table).ok_or_else(|| {
                Problem::new(ProblemCode::UnknownTable, format!("`{table}` names no dataset"))
                    .with_hint(format!("write DATASET.{table}, or set `dataset` of source `{}`", source.name))
            })
        });
        let named = named.collect::<Result<_, _>>()?;
        let asked = statement.asked().cloned().unwrap_or_else(|| Asked {
            by: None,
            call: 1,
            until: clock::monotonic() + OF_HOST,
            bill: Arc::new(Bill::new(u64::MAX)),
        });
        Ok(Self { source, statement, named, asked })
    }

    fn late(&self, error: &Error) -> Problem {
        late(error, self.asked.until)
    }

    /// The job, as a dry run and as a query alike: byte for byte the same statement.
    fn job(&self, bytes_max: Option<u64>) -> Result<NewJob, Problem> {
        let parameters = self.statement.params().iter().map(params::parameter).collect::<Result<Vec<_>, _>>()?;
        let dataset =
            self.source.names.dataset.as_ref().map(|(project, dataset)| DatasetReference {
                dataset_id: dataset.clone(),
                project_id: project.clone(),
            });
        Ok(NewJob::query(JobConfigurationQuery {
            query: self.statement.text().to_owned(),
            use_legacy_sql: Some(false),
            parameter_mode: (!parameters.is_empty()).then(|| "NAMED".to_owned()),
            query_parameters: (!parameters.is_empty()).then_some(parameters),
            default_dataset: dataset,
            maximum_bytes_billed: bytes_max.map(|bytes| bytes.to_string()),
            ..JobConfigurationQuery::default()
        })
        .labelled(&labels(self.asked.by.as_deref())))
    }

    /// Looks at the statement without running it.
    ///
    /// # Errors
    /// `not-read-only`, `denied`, `unsupported-sql`, and what BigQuery says of the statement.
    pub(super) async fn look(&self) -> Result<Looked, Problem> {
        let Asked { until, .. } = self.asked;
        let connection = self.source.connection.as_ref();
        let dry = self.job(None)?.dry();
        let nameless = JobId { id: String::new(), location: None };
        let Job { statistics, .. } = connection.insert(&nameless, &dry, until).await.map_err(|e| self.late(&e))?;
        let query = statistics.query.unwrap_or_default();
        let QueryStatistics { statement_type, referenced_tables, total_bytes_processed, schema, .. } = query;
        if statement_type.as_deref() != Some("SELECT") {
            let what = statement_type.as_deref().unwrap_or("nothing it has a name for");
            let message = format!("BigQuery takes the statement for {what}, not for a SELECT");
            return Err(Problem::new(ProblemCode::NotReadOnly, message)
                .with_hint("write a single SELECT, with WITH before it where needed"));
        }
        // Beyond that it does not list them all: https://cloud.google.com/bigquery/docs/reference/rest/v2/Job.
        if referenced_tables.len() >= TABLES_MAX {
            let message =
                format!("the statement reads {TABLES_MAX} tables or more, of which BigQuery does not list all");
            return Err(Problem::new(ProblemCode::UnsupportedSql, message).with_hint("ask for them in several queries"));
        }
        let unnamed = views::unnamed(connection, &self.source.names, self.named.clone(), &referenced_tables, until);
        let unnamed = unnamed.await.map_err(|error| self.late(&error))?;
        if let [first, ..] = unnamed.as_slice() {
            let message = format!("the statement reads `{first}`, which neither it nor a view that it reads names");
            return Err(Problem::new(ProblemCode::Denied, message)
                .with_hint("name every table in the statement; functions that read tables are not supported"));
        }
        // Before anything is paid for.
        schema.unwrap_or_default().fields.iter().try_for_each(|field| Layout::of(field).map(drop))?;
        let processed = total_bytes_processed.or(statistics.total_bytes_processed).unwrap_or_default();
        let billable = cost::billable(processed, referenced_tables.len().max(self.named.len()));
        Ok(Looked { processed, billable })
    }

    /// Runs the statement once and waits for its first rows.
    ///
    /// # Errors
    /// As of [`Query::look`]; `limit-billed` when a budget does not allow it.
    pub(super) async fn run(self) -> Result<BigQueryRows, Problem> {
        let Looked { billable, .. } = self.look().await?;
        let (mut running, bytes_max) = self.pay(billable).await?;
        let Asked { until, .. } = self.asked;
        let new = self.job(Some(bytes_max.max(1)))?.lasting(clock::until(until));
        let (made, id, first) = self.first_page(&new, &mut running).await?;
        let connection = Arc::clone(&self.source.connection);
        let ended = match made.is_done() && made.statistics.query.is_some() {
            true => made,
            false => connection.job(&id, until).await.map_err(|error| self.late(&error))?,
        };
        let query = ended.statistics.query.unwrap_or_default();
        let cache_hit = query.cache_hit.or(first.cache_hit).unwrap_or(false);
        // What is not known is what was expected.
        let bytes = query.total_bytes_billed.unwrap_or(if cache_hit { 0 } else { billable });
        running.finish(Billed { bytes, cache_hit }).await;
        let fields = first.schema.as_ref().map(|schema| schema.fields.as_slice()).unwrap_or_default();
        let layouts = fields.iter().map(Layout::of).collect::<Result<_, _>>()?;
        let cost = Cost { billed_bytes: Some(bytes), cache_hit };
        BigQueryRows::new(connection, id, until, layouts, cost, first)
    }

    /// Takes what the query may be billed from every budget.
    async fn pay(&self, billable: u64) -> Result<(Running, u64), Problem> {
        let bill = &self.asked.bill;
        let most = cost::with_margin(billable);
        let Some(promised) = bill.take(billable.max(1), most) else {
            let (left, limit) = (bill.left(), bill.limit());
            let message = format!(
                "the query would be billed {billable} bytes, and {left} of the {limit} of `billed_bytes` are left"
            );
            return Err(Problem::new(ProblemCode::LimitBilled, message).with_hint(
                "let it read fewer columns or partitions, or ask for more: `limits = { billed_bytes = … }` in the \
                 check's configuration",
            ));
        };
        let by = self.asked.by.as_deref();
        let payer = Payer {
            source: self.source.name.clone(),
            check: by.map_or_else(|| HOST_CHECK.to_owned(), |by| by.check.to_string()),
            owner: by.and_then(|by| by.owner.clone()),
        };
        let budgets = DailyBudgets { source: self.source.daily_budget, check: by.and_then(|by| by.billed_bytes_a_day) };
        let (connection, ledger) = (Arc::clone(&self.source.connection), Arc::clone(&self.source.ledger));
        let mut running =
            Running::new(connection, ledger, payer.clone(), Arc::clone(bill), promised, self.source.endings.clone());
        let aside = self.source.ledger.set_aside(&payer, billable, promised, budgets).await?;
        let aside = aside.map_err(|spent| spent.problem(&payer, billable))?;
        let bytes = aside.bytes;
        running.set_aside(aside);
        Ok((running, bytes))
    }

    /// Makes the job, or another one where it fails in a way that may pass, until one of them answers.
    async fn first_page(&self, new: &NewJob, running: &mut Running) -> Result<(Job, JobId, ResultsPage), Problem> {
        let Asked { until, .. } = self.asked;
        let key = self.key()?;
        let mut jobs = 0;
        loop {
            let connection = self.source.connection.as_ref();
            let made = job::begin(connection, &key, new, until, |id| running.named(Some(id.clone()))).await;
            let made = made.map_err(|error| {
                // It was answered, and with a refusal: there is no job.
                if error.status.is_some_and(|status| (400..500).contains(&status)) && error.class != Class::Duplicate {
                    running.named(None);
                }
                self.late(&error)
            })?;
            let reference = &made.job_reference;
            let id = JobId { id: reference.job_id.clone(), location: reference.location.clone() };
            running.named(Some(id.clone()));
            jobs += 1;
            match self.wait(&id).await {
                Ok(page) => return Ok((made, id, page)),
                Err(error) if error.is_retryable() && jobs < JOBS_MAX && clock::until(until) > LOOK => {}
                Err(error) => return Err(self.late(&error)),
            }
        }
    }

    async fn wait(&self, id: &JobId) -> Result<ResultsPage, Error> {
        let Asked { until, .. } = self.asked;
        let request = PageRequest { token: None, rows_max: PAGE_ROWS };
        loop {
            let page = self.source.connection.results(id, &request, until).await?;
            if page.job_complete {
                return Ok(page);
            }
            if clock::until(until) < LOOK {
                return Err(Error::new(Class::Unreachable, "the query goes on"));
            }
            sleep(LOOK).await;
        }
    }

    /// The same for the same request of the same attempt, whoever asks it again.
    fn key(&self) -> Result<JobKey, Problem> {
        let Asked { by, call, .. } = &self.asked;
        let source = self.source.name.as_str();
        let Some(by) = by else {
            let random = getrandom::u64().map_err(|error| {
                Problem::new(ProblemCode::Failed, format!("the machine gives no random number: {error}"))
            })?;
            return Ok(JobKey::new("assay", &[HOST_CHECK, source, &random.to_string()]));
        };
        let (run, attempt) = (by.run.to_string(), by.attempt.to_string());
        Ok(JobKey::new("assay", &[&run, by.check.as_str(), &attempt, &call.to_string(), source]))
    }
}

/// What shows in the lists of jobs and in bills.
fn labels(by: Option<&Asker>) -> Labels {
    let labels = Labels::default().with("app", "assay");
    let Some(by) = by else { return labels.with("check", HOST_CHECK) };
    labels
        .with("check", by.check.as_str())
        .with("plugin", &by.plugin.to_string())
        .with("schedule", by.schedule.as_ref().map_or("", |schedule| schedule.as_str()))
        .with("run", &by.run.to_string())
}

//! What a store holds during one execution, and the guest's calls passed on to the capabilities.

use wasmtime::component::{Resource, ResourceTable};

use crate::capability::{Cursor, QueryCapability, ReportCapability};
use crate::model::{LimitName, Limits, Metric, Problem, ProblemCode};

use super::bindings::assay::{plugin, query::query, report::report};
use super::limiter::Limiter;
use super::meter::Meter;

/// Where an execution is, for saying where a deadline struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Instantiating,
    Computing,
    Querying,
}

impl Phase {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Instantiating => "while the guest was being instantiated",
            Self::Computing => "while the guest computed",
            Self::Querying => "while a query was being answered",
        }
    }
}

/// All that one execution may touch.
#[derive(Debug)]
pub(super) struct RunState {
    /// Absent while a plugin is only described or validates settings.
    pub(super) query: Option<QueryCapability>,
    pub(super) report: ReportCapability,
    pub(super) limiter: Limiter,
    pub(super) meter: Meter,
    pub(super) phase: Phase,
    cursors: ResourceTable,
}

impl RunState {
    pub(super) fn new(query: Option<QueryCapability>, limits: &Limits) -> Self {
        let mut cursors = ResourceTable::new();
        cursors.set_max_capacity(usize::try_from(limits.get(LimitName::Handles)).unwrap_or(usize::MAX));
        Self {
            query,
            report: ReportCapability::new(limits.clone()),
            limiter: Limiter::new(limits),
            meter: Meter::new(),
            phase: Phase::Instantiating,
            cursors,
        }
    }

    /// The query capability, in the phase of querying until [`RunState::back`].
    fn querying(&mut self) -> Result<(&mut QueryCapability, &mut ResourceTable), Problem> {
        self.phase = Phase::Querying;
        match &mut self.query {
            Some(query) => Ok((query, &mut self.cursors)),
            None => Err(Problem::new(ProblemCode::Denied, "there is no data in `describe` and `validate`")),
        }
    }

    fn back<T, U: From<T>>(&mut self, answer: Result<T, Problem>) -> Result<U, query::Problem> {
        self.phase = Phase::Computing;
        answer.map(Into::into).map_err(Into::into)
    }
}

impl query::Host for RunState {
    async fn open(
        &mut self,
        source: String,
        sql: String,
        params: Vec<query::Param>,
    ) -> wasmtime::Result<Result<Resource<Cursor>, query::Problem>> {
        let meter = self.meter.clone();
        let answer = meter
            .host(async {
                let (query, _) = self.querying()?;
                query.open(source, sql, params.into_iter().map(Into::into).collect()).await
            })
            .await;
        match self.back::<Cursor, Cursor>(answer) {
            Ok(cursor) => Ok(Ok(self.cursors.push(cursor)?)),
            Err(problem) => Ok(Err(problem)),
        }
    }

    async fn estimate(
        &mut self,
        source: String,
        sql: String,
        params: Vec<query::Param>,
    ) -> wasmtime::Result<Result<query::EstimateInfo, query::Problem>> {
        let meter = self.meter.clone();
        let answer = meter
            .host(async {
                let (query, _) = self.querying()?;
                query.estimate(source, sql, params.into_iter().map(Into::into).collect()).await
            })
            .await;
        Ok(self.back(answer))
    }

    fn remaining(&mut self) -> wasmtime::Result<query::Budget> {
        Ok(match &self.query {
            Some(query) => query.remaining().into(),
            None => query::Budget { queries: 0, rows: 0, bytes: 0, millis: 0 },
        })
    }
}

impl query::HostCursor for RunState {
    fn columns(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<Vec<query::ColumnInfo>> {
        Ok(self.cursors.get(&cursor)?.columns().iter().map(Into::into).collect())
    }

    async fn next(
        &mut self,
        cursor: Resource<Cursor>,
        rows_max: u32,
    ) -> wasmtime::Result<Result<Option<query::Batch>, query::Problem>> {
        let meter = self.meter.clone();
        let answer: wasmtime::Result<_> = meter
            .host(async {
                Ok(match self.querying() {
                    Ok((query, cursors)) => query.next(cursors.get_mut(&cursor)?, rows_max).await,
                    Err(problem) => Err(problem),
                })
            })
            .await;
        Ok(self.back(answer?.map(|batch| batch.map(query::Batch::from))))
    }

    fn stats(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<query::Stats> {
        Ok(self.cursors.get(&cursor)?.stats().into())
    }

    fn drop(&mut self, cursor: Resource<Cursor>) -> wasmtime::Result<()> {
        self.cursors.delete(cursor)?;
        Ok(())
    }
}

impl report::Host for RunState {
    fn findings(&mut self, findings: Vec<report::Finding>) -> wasmtime::Result<u32> {
        Ok(self.report.findings(findings.into_iter().map(Into::into).collect()))
    }

    fn metric(
        &mut self,
        name: String,
        value: f64,
        unit: Option<String>,
        attributes: Vec<report::Attribute>,
    ) -> wasmtime::Result<()> {
        let attributes = attributes.into_iter().map(Into::into).collect();
        self.report.metric(Metric { name, value, unit, attributes });
        Ok(())
    }

    fn log(&mut self, level: report::Level, message: String) -> wasmtime::Result<()> {
        self.report.log(level.into(), message);
        Ok(())
    }

    fn aborting(&mut self, message: String) -> wasmtime::Result<()> {
        self.report.aborting(message);
        Ok(())
    }
}

impl plugin::types::Host for RunState {}

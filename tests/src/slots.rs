//! A configuration run slot by slot over what a pipeline had at each of them.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use assay::clock::Clock;
use assay::config::Config;
use assay::model::{CheckName, CheckResult, ScheduleName};
use assay::runner::{Host, Journal, Request, RunPlan, record, run, select};
use assay::source::transcript::Transcript;
use jiff::Timestamp;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use crate::project;

/// One due instant of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The instant.
    pub at: Timestamp,
    /// The schedule.
    pub schedule: ScheduleName,
}

/// A host that runs its schedules for instants gone by. Nothing is stored.
#[derive(Debug)]
pub struct Past {
    host: Arc<Host>,
    events: UnboundedSender<assay::runner::Event>,
}

impl Past {
    /// Opens a configuration, with the program built beside the tests to compile for it.
    ///
    /// # Errors
    /// When it is not good, or a plugin is refused.
    pub async fn open(config: &Path) -> anyhow::Result<Self> {
        let config = Config::load(config)?;
        let (events, mut received) = unbounded_channel();
        // Nobody waits for what is told on the way.
        tokio::spawn(async move { while received.recv().await.is_some() {} });
        let host = Host::load(config, Clock::system(), &project::assay(), &events).await?;
        for (plugin, admitted) in host.plugins() {
            if let Err(refusal) = admitted {
                anyhow::bail!("{plugin} is refused: {refusal}");
            }
        }
        for check in &host.config.checks {
            if let Some(Err(refusal)) = host.settings_of(&check.name) {
                anyhow::bail!("the settings of `{}` are refused: {refusal:?}", check.name);
            }
        }
        Ok(Self { host: Arc::new(host), events })
    }

    /// What is due from one instant to another, the second excluded, in order.
    #[must_use]
    pub fn slots(&self, from: Timestamp, to: Timestamp) -> Vec<Slot> {
        let due = self.host.config.schedules.iter().flat_map(|schedule| {
            let instants = schedule.cron.iter().flat_map(move |cron| cron.between(from, to, &schedule.time_zone));
            instants.map(|at| Slot { at, schedule: schedule.name.clone() })
        });
        let mut slots: Vec<_> = due.collect();
        slots.sort();
        slots
    }

    /// Runs a slot as if it were then.
    ///
    /// # Errors
    /// When the slot is none of the configuration.
    pub async fn run(&self, slot: &Slot) -> anyhow::Result<Vec<Arc<CheckResult>>> {
        let host = Arc::clone(&self.host);
        let plan = self.plan(slot)?;
        let outcome = run(host, plan, Journal::Nowhere, self.events.clone(), CancellationToken::new()).await?;
        Ok(outcome.results)
    }

    /// Runs a slot as if it were then and writes down all that each check asks and is answered, into files of a folder.
    ///
    /// # Errors
    /// When the slot is none of the configuration, or a transcript cannot be written.
    pub async fn record(&self, slot: &Slot, folder: &Path) -> anyhow::Result<Vec<(CheckName, Transcript)>> {
        let plan = self.plan(slot)?;
        let mut recorded = Vec::new();
        for check in &plan.checks {
            let path = folder.join(format!("{}.transcript.jsonl", check.name));
            record(&self.host, &plan, check, &path, None).await?;
            recorded.push((check.name.clone(), Transcript::read(&path)?));
        }
        Ok(recorded)
    }

    fn plan(&self, slot: &Slot) -> anyhow::Result<RunPlan> {
        let request = Request { names: vec![slot.schedule.to_string()], ..Request::default() };
        select(&self.host.config, &request, slot.at)?.into_iter().next().context("a schedule has checks")
    }
}

//! What a host looks at of its own accord: checks without a result, and itself.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::Dispatcher;
use crate::clock;
use crate::model::roll_up;
use crate::runner::host_context;
use crate::serve::health::Machine;
use crate::serve::overdue;
use crate::store::StoreError;

impl Dispatcher {
    /// Checks that should have a result by now and have none are alerts.
    async fn look_for_missing(&mut self, now: Timestamp, every: Duration) {
        if self.missing_looked.elapsed() < every {
            return;
        }
        self.missing_looked = clock::monotonic();
        let (host, store) = (&self.generation.host, &self.setting.store);
        let runs: Vec<_> =
            self.running.iter().filter_map(|(run, running)| Some((*run, running.record.slot()?))).collect();
        let found = async {
            let open = store.open_slots().await?;
            let mut found = overdue::waiting(host, &open, now);
            found.extend(overdue::running(host, store, &runs, now).await?);
            if !found.is_empty() {
                store.happen(found, now).await?;
                self.nudge.notify_one();
            }
            Ok::<_, StoreError>(())
        };
        if let Err(error) = found.await {
            self.store_error(&error);
        }
    }

    pub(super) async fn look_at_itself(&mut self, now: Timestamp) {
        let every = self.generation.host.config.serve.self_check;
        self.look_for_missing(now, every).await;
        let machine = || Machine::look(&self.generation.host.config.host.state_dir);
        let running = self.running.values().map(|running| &running.record);
        let Some((record, planned, result)) =
            self.health.check(now, every, machine, running, self.generation.host.config.digest)
        else {
            return;
        };
        let status = roll_up([(result.conclusion.status, result.conclusion.severity)]);
        let message = result.conclusion.message.clone();
        let run_id = record.run_id;
        let store = &self.setting.store;
        let context = Arc::new(host_context(&self.generation.host.config));
        let stored = async {
            store.begin_run(record, vec![planned]).await?;
            store.record_and_alert(result, context, now).await?;
            store.finish_run(run_id, status, message, now).await
        };
        let stored = stored.await;
        self.nudge.notify_one();
        if let Err(error) = stored {
            tracing::error!(%error, "what the host says of itself could not be stored");
            self.store_error(&error);
        }
    }
}

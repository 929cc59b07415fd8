//! What the dispatcher knows and says of the export.

use jiff::SignedDuration;
use tokio::sync::mpsc;

use super::{Dispatcher, Message};
use crate::serve::exporting::{self, Exported};
use crate::store::StoreError;

impl Dispatcher {
    /// Exports what waits, for as long as it is polled.
    pub(in crate::serve) fn exporting(&self, inbox: mpsc::Sender<Message>) -> impl Future<Output = ()> + Send + use<> {
        let (store, clock) = (self.setting.store.clone(), self.setting.clock.clone());
        exporting::export(store, clock, self.outlets.subscribe(), inbox)
    }

    /// The outlet of the configuration in force takes the place of the one before.
    pub(super) async fn set_outlet(&mut self) -> Result<(), StoreError> {
        let sink = self.generation.host.config.sink.as_ref();
        let target = sink.map(|sink| sink.dataset.to_string());
        self.setting.store.export_to(target, self.setting.clock.now()).await?;
        if sink.is_none() {
            self.export = None;
            self.health.exported(None);
        }
        self.outlets.send_replace(self.generation.outlet.clone());
        Ok(())
    }

    pub(super) fn exported(&mut self, exported: Exported) {
        let Exported { status, pushed } = exported;
        self.metrics.exported(&pushed);
        let Some(sink) = &self.generation.host.config.sink else { return };
        let lag = status.lag(self.setting.clock.now());
        let is_behind = lag > SignedDuration::try_from(sink.alert_after).unwrap_or(SignedDuration::MAX);
        let behind = is_behind.then(|| {
            let error = status.last_error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
            format!(
                "the sink `{}` is {} min behind, {} rows and {} days wait{error}",
                sink.dataset,
                lag.as_mins(),
                status.rows_waiting,
                status.days_waiting
            )
        });
        self.health.exported(behind);
        self.export = Some(status);
    }
}

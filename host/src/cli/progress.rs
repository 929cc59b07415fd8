//! A bar on standard error while a run goes on; nothing when that is not a terminal.

use indicatif::{ProgressBar, ProgressStyle};

use crate::runner::Event;

/// Follows a run.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Nothing to see yet.
    pub(super) fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} checks · {elapsed} {wide_msg}")
            .expect("the template is valid")
            .progress_chars("█░ ");
        Self(ProgressBar::new(0).with_style(style))
    }

    /// Something is being got ready.
    pub(super) fn preparing(&self, what: &'static str) {
        self.0.set_message(what);
        self.0.enable_steady_tick(std::time::Duration::from_millis(100));
    }

    /// Shows an event.
    pub(super) fn show(&self, event: &Event) {
        match event {
            Event::RunStarted { checks, .. } => self.0.inc_length(*checks as u64),
            Event::CheckStarted(check) => self.0.set_message(check.to_string()),
            Event::CheckFinished(_) | Event::NotStored { .. } => self.0.inc(1),
            Event::RunFinished(_) => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn done(self) {
        self.0.finish_and_clear();
    }
}

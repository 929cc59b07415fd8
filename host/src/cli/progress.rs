//! What is going on, on standard error: a bar on a terminal, and everywhere a line for what takes long.

use bytesize::ByteSize;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::JoinHandle;

use crate::runner::Event;

/// Components from this size on are announced: compiling them takes seconds.
pub(super) const LARGE: u64 = 4 << 20;

/// Follows a host and its runs.
pub(super) struct Progress {
    events: UnboundedSender<Event>,
    shown: JoinHandle<()>,
}

impl Progress {
    /// Begins to show.
    pub(super) fn follow() -> Self {
        let (events, mut feed) = mpsc::unbounded_channel();
        let shown = tokio::spawn(async move {
            let bar = Bar::new();
            while let Some(event) = feed.recv().await {
                bar.show(&event);
            }
            bar.0.finish_and_clear();
        });
        Self { events, shown }
    }

    /// Where events go.
    pub(super) fn events(&self) -> &UnboundedSender<Event> {
        &self.events
    }

    /// Shows what is left and takes the bar away.
    pub(super) async fn done(self) {
        drop(self.events);
        if self.shown.await.is_err() {
            tracing::warn!("the progress display broke; what it showed did not");
        }
    }
}

struct Bar(ProgressBar);

impl Bar {
    fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} checks · {elapsed} {wide_msg}")
            .expect("the template is valid")
            .progress_chars("█░ ");
        let bar = ProgressBar::new(0).with_style(style);
        bar.set_message("admitting plugins");
        bar.enable_steady_tick(std::time::Duration::from_millis(100));
        Self(bar)
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Compiling { plugin, bytes } => {
                let size = ByteSize::b(*bytes);
                self.0.set_message(format!("compiling {plugin} ({size})"));
                if *bytes >= LARGE {
                    self.0.suspend(|| {
                        anstream::eprintln!(
                            "compiling {plugin} ({size}), once: the next start takes it from the cache"
                        );
                    });
                }
            }
            Event::Admitted(_) => self.0.set_message("admitting plugins"),
            Event::RunStarted { checks, .. } => self.0.inc_length(*checks as u64),
            Event::CheckStarted(check) => self.0.set_message(check.to_string()),
            Event::CheckFinished(_) | Event::NotStored { .. } => self.0.inc(1),
            Event::RunFinished(_) => {}
        }
    }
}

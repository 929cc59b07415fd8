//! Writing lines.

use std::io::{self, Write as _};

use super::receiver::Log;
use super::sender::{Outgoing, Sent};

pub(super) async fn send(way: Log, delivery: &Outgoing) -> Sent {
    match way {
        Log::Tracing => {
            tracing::warn!(target: "assay::alerts", delivery = delivery.id, alert = delivery.body, "an alert");
            Sent::delivered()
        }
        Log::Stderr => {
            let line = format!("{}\n", delivery.body);
            // Who reads it may be slow, and others wait for nothing here.
            let written = tokio::task::spawn_blocking(move || {
                let mut stderr = io::stderr().lock();
                stderr.write_all(line.as_bytes())?;
                stderr.flush()
            });
            match written.await {
                Ok(Ok(())) => Sent::delivered(),
                Ok(Err(error)) => Sent::retry(format!("standard error cannot be written: {error}")),
                Err(_) => Sent::retry("standard error was not written"),
            }
        }
    }
}

//! `assay alerts deliveries`, `deliver` and `test`: messages, and whether they arrived.

use std::process::ExitCode;
use std::time::Duration;

use comfy_table::Cell;

use super::super::args::PlainFormat;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render;
use super::super::render::table::{heading, inert, plain, status_cell};
use super::Desk;
use super::view::DeliveryView;
use crate::alert::Node;
use crate::config::suggest::did_you_mean;
use crate::model::{Delivery, DeliveryStatus, unique_id};
use crate::serve::served_by;
use crate::store::DeliveryFilter;

/// How long a command waits for messages to arrive.
pub(in super::super) const PATIENCE: Duration = Duration::from_secs(15);
/// Deliveries that are sent again at once.
const RETRIES_MAX: u32 = 10_000;

/// Prints deliveries, the newest first.
pub(super) async fn list(
    desk: &Desk,
    status: Option<DeliveryStatus>,
    limit: u32,
    format: PlainFormat,
) -> Result<ExitCode, Failure> {
    let filter = DeliveryFilter { status, limit, ..DeliveryFilter::default() };
    let deliveries = desk.store.deliveries(filter).await?;
    let views: Vec<_> = deliveries.iter().map(DeliveryView::of).collect();
    match format {
        PlainFormat::Json => render::json(&serde_json::json!({ "deliveries": views }))?,
        PlainFormat::Table if views.is_empty() => render::out("no deliveries")?,
        PlainFormat::Table => {
            let mut table = plain();
            table.set_header(heading(["STATUS", "RECEIVER", "ABOUT", "ALERTS", "WRITTEN", "TRIES", "NEXT", "ID", ""]));
            for view in &views {
                table.add_row(vec![
                    status_cell(view.status),
                    Cell::new(inert(&view.receiver)),
                    Cell::new(view.content),
                    Cell::new(view.notices),
                    Cell::new(&view.created_at),
                    Cell::new(view.attempts),
                    Cell::new(view.next_attempt_at.as_deref().unwrap_or("–")),
                    Cell::new(view.delivery_id.chars().take(12).collect::<String>()),
                    Cell::new(view.error.as_deref().map(inert).unwrap_or_default()),
                ]);
            }
            render::out(&table.to_string())?;
        }
    }
    Ok(Exit::Ok.code())
}

/// Prints what is sent, byte for byte.
pub(super) async fn show(desk: &Desk, id: &str) -> Result<ExitCode, Failure> {
    let delivery = one(desk, id).await?;
    render::out(&delivery.body)?;
    Ok(Exit::Ok.code())
}

/// Sends again what was given up.
pub(super) async fn retry(desk: &Desk, which: &str) -> Result<ExitCode, Failure> {
    let mut again = match which {
        "all" => {
            let status = Some(DeliveryStatus::Dead);
            desk.store.deliveries(DeliveryFilter { status, limit: RETRIES_MAX, ..DeliveryFilter::default() }).await?
        }
        id => vec![one(desk, id).await?],
    };
    if let [only] = again.as_slice()
        && only.status != DeliveryStatus::Dead
    {
        let error = anyhow::anyhow!("delivery {} is {}, not given up", only.id, only.status);
        return Err(Failure::usage(error, "`assay alerts deliveries --status dead` lists those that are"));
    }
    // In the order in which they were written.
    again.reverse();
    let count = again.len();
    for mut delivery in again {
        delivery.status = DeliveryStatus::Queued;
        delivery.attempts = 0;
        delivery.next_attempt_at = Some(desk.clock.now());
        delivery.ended_at = None;
        desk.store.keep_delivery(delivery).await?;
    }
    render::out(&format!("{count} deliveries wait again"))?;
    deliver(desk).await
}

/// Sends what waits, or lets the host that serves do it.
pub(super) async fn deliver(desk: &Desk) -> Result<ExitCode, Failure> {
    if served_by(&desk.config.host.state_dir)?.is_some() {
        render::out("the host that serves sends them within seconds")?;
        return Ok(Exit::Ok.code());
    }
    let office = desk.office(true)?;
    let status = Some(DeliveryStatus::Queued);
    let filter = DeliveryFilter { status, limit: RETRIES_MAX, ..DeliveryFilter::default() };
    for mut waiting in desk.store.deliveries(filter).await? {
        // Whoever asks knows that it may work again.
        waiting.next_attempt_at = Some(desk.clock.now());
        desk.store.keep_delivery(waiting).await?;
    }
    let round = office.tell_all(&desk.store, &desk.clock, PATIENCE).await?;
    for (receiver, error) in round.dead.iter().chain(&round.retried) {
        tracing::error!(receiver, error, "not delivered");
    }
    render::out(&format!(
        "{} delivered, {} to be tried again, {} given up",
        round.delivered.len(),
        round.retried.len(),
        round.dead.len()
    ))?;
    let all = round.retried.is_empty() && round.dead.is_empty();
    Ok(if all { Exit::Ok } else { Exit::NotStored }.code())
}

/// Sends a message that is marked as a test.
pub(super) async fn test(desk: &Desk, name: &str, by: String) -> Result<ExitCode, Failure> {
    let receivers = meant(desk, name)?;
    if receivers.is_empty() {
        render::out(&format!("route `{name}` tells nobody"))?;
        return Ok(Exit::Ok.code());
    }
    let office = desk.office(true)?;
    let mut sent = Vec::new();
    for receiver in &receivers {
        let now = desk.clock.now();
        let id = unique_id(now);
        if let Some(delivery) = office.test(receiver, id.clone(), Some(by.clone()), now) {
            desk.store.keep_delivery(delivery).await?;
            sent.push(id);
        }
    }
    office.deliver(&desk.store, &desk.clock).await?;
    let mut well = true;
    for id in sent {
        let Delivery { receiver, status, error, .. } = one(desk, &id).await?;
        well &= status == DeliveryStatus::Delivered;
        let error = error.map(|error| format!(": {}", inert(&error))).unwrap_or_default();
        render::out(&format!("{receiver}: {status}{error}"))?;
    }
    Ok(if well { Exit::Ok } else { Exit::NotStored }.code())
}

/// The receivers of a route, or a receiver.
fn meant(desk: &Desk, name: &str) -> Result<Vec<String>, Failure> {
    fn find<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
        if node.name == name { Some(node) } else { node.routes.iter().find_map(|node| find(node, name)) }
    }
    fn names(node: &Node) -> Vec<&str> {
        std::iter::once(node.name.as_str()).chain(node.routes.iter().flat_map(names)).collect()
    }
    let alerting = &desk.config.alerting;
    if let Some(receiver) = alerting.receiver(name) {
        return Ok(vec![receiver.name.clone()]);
    }
    if let Some(node) = find(&alerting.routes.root, name) {
        return Ok(node.receivers.clone().unwrap_or_default());
    }
    let known = alerting.receivers.iter().map(|receiver| receiver.name.as_str());
    let known: Vec<_> = known.chain(names(&alerting.routes.root)).collect();
    let error = anyhow::anyhow!("there is no route or receiver `{name}`");
    Err(Failure::usage(error, did_you_mean(name, "routes and receivers are", known)))
}

async fn one(desk: &Desk, id: &str) -> Result<Delivery, Failure> {
    let filter = DeliveryFilter { id: Some(id.to_owned()), limit: 2, ..DeliveryFilter::default() };
    let mut found = desk.store.deliveries(filter).await?;
    match (found.pop(), found.is_empty()) {
        (Some(delivery), true) => Ok(delivery),
        _ => Err(Failure::usage(
            anyhow::anyhow!("there is not one delivery `{id}`"),
            "`assay alerts deliveries` lists them",
        )),
    }
}

//! `assay cost`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use bytesize::ByteSize;
use comfy_table::Cell;
use jiff::civil::Date;
use serde::Serialize;

use crate::clock::Clock;
use crate::config::Config;
use crate::source::ledger::day_of;
use crate::store::{CostFilter, DailyCost, Store};

use super::args::{CostArgs, CostBy, PlainFormat};
use super::exit::Exit;
use super::failure::Failure;
use super::render;
use super::render::table::{heading, inert, plain};

/// Days that are shown when nothing is said.
const DAYS: i64 = 30;

/// What somebody or some day was billed.
#[derive(Debug, Clone, Default, Serialize)]
struct CostView {
    /// A day, a check, an owner or a source.
    name: String,
    queries: u64,
    /// Queries that a cache of results answered.
    cache_hits: u64,
    billed_bytes: u64,
    /// Set aside for queries of which it is not known yet.
    open_bytes: u64,
}

/// Prints what queries were billed.
pub(super) async fn cost(config: &Path, args: &CostArgs) -> Result<ExitCode, Failure> {
    let clock = Clock::system();
    let config = Config::load(config)?;
    let today = day_of(clock.now());
    let from = args.from.unwrap_or_else(|| today.saturating_sub(jiff::Span::new().days(DAYS - 1)));
    let source = args.source.as_deref().map(str::parse).transpose();
    let source = source.map_err(|error| Failure::usage(error, "name a source of the configuration"))?;
    let filter = CostFilter { from: Some(from), to: args.to, check: args.check.clone(), source };
    let opened = Store::open(&config.host.state_dir, clock.now())?;
    let costs = opened.store.costs(filter).await?;
    let views = grouped(&costs, args.by);
    let total = sum(String::new(), &costs);
    match args.format {
        PlainFormat::Json => render::json(&serde_json::json!({
            "from": from.to_string(),
            "to": args.to.unwrap_or(today).to_string(),
            "by": args.by.as_str(),
            "costs": views,
            "total": { "queries": total.queries, "cache_hits": total.cache_hits,
                       "billed_bytes": total.billed_bytes, "open_bytes": total.open_bytes },
        }))?,
        PlainFormat::Table => table(&views, &total, args, from)?,
    }
    Ok(Exit::Ok.code())
}

fn name(cost: &DailyCost, by: CostBy) -> String {
    match by {
        CostBy::Day => cost.day.to_string(),
        CostBy::Check => cost.check.clone(),
        CostBy::Owner => cost.owner.clone().unwrap_or_else(|| "(no owner)".to_owned()),
        CostBy::Source => cost.source.to_string(),
    }
}

fn sum<'a>(name: String, costs: impl IntoIterator<Item = &'a DailyCost>) -> CostView {
    costs.into_iter().fold(CostView { name, ..CostView::default() }, |mut sum, cost| {
        sum.queries += cost.queries;
        sum.cache_hits += cost.cache_hits;
        sum.billed_bytes = sum.billed_bytes.saturating_add(cost.billed_bytes);
        sum.open_bytes = sum.open_bytes.saturating_add(cost.open_bytes);
        sum
    })
}

/// Days in order, the newest first; all else by what it was billed.
fn grouped(costs: &[DailyCost], by: CostBy) -> Vec<CostView> {
    let mut groups: BTreeMap<String, Vec<&DailyCost>> = BTreeMap::new();
    for cost in costs {
        groups.entry(name(cost, by)).or_default().push(cost);
    }
    let mut views: Vec<_> = groups.into_iter().map(|(name, costs)| sum(name, costs)).collect();
    match by {
        CostBy::Day => views.reverse(),
        CostBy::Check | CostBy::Owner | CostBy::Source => {
            views.sort_by_key(|view| std::cmp::Reverse(view.billed_bytes));
        }
    }
    views
}

fn table(views: &[CostView], total: &CostView, args: &CostArgs, from: Date) -> std::io::Result<()> {
    if views.is_empty() {
        return render::out(&format!("nothing was billed since {from}"));
    }
    let size = |bytes: u64| if bytes == 0 { "-".to_owned() } else { ByteSize(bytes).to_string() };
    let row = |view: &CostView, name: &str| {
        [
            Cell::new(inert(name)),
            Cell::new(size(view.billed_bytes)),
            Cell::new(view.queries),
            Cell::new(view.cache_hits),
            Cell::new(size(view.open_bytes)),
        ]
    };
    let mut costs = plain();
    costs.set_header(heading([args.by.heading(), "BILLED", "QUERIES", "FROM CACHE", "NOT KNOWN YET"]));
    for view in views {
        costs.add_row(row(view, &view.name));
    }
    costs.add_row(row(total, "in all"));
    render::out(&costs.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn costs_are_summed_by_what_is_asked_for() {
        let cost = |day, check: &str, owner: Option<&str>, billed_bytes| DailyCost {
            day: date(2026, 1, day),
            source: "warehouse".parse().unwrap(),
            check: check.to_owned(),
            owner: owner.map(str::to_owned),
            queries: 2,
            cache_hits: 1,
            billed_bytes,
            open_bytes: 5,
        };
        let costs = [cost(31, "a", Some("x"), 10), cost(30, "b", None, 30), cost(30, "a", Some("x"), 15)];
        let by = |by| grouped(&costs, by).into_iter().map(|view| (view.name, view.billed_bytes)).collect::<Vec<_>>();
        let named =
            |pairs: &[(&str, u64)]| pairs.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect::<Vec<_>>();
        assert_eq!(by(CostBy::Day), named(&[("2026-01-31", 10), ("2026-01-30", 45)]));
        assert_eq!(by(CostBy::Check), named(&[("b", 30), ("a", 25)]));
        assert_eq!(by(CostBy::Owner), named(&[("(no owner)", 30), ("x", 25)]));
        assert_eq!(by(CostBy::Source), named(&[("warehouse", 55)]));
        let total = sum(String::new(), &costs);
        assert_eq!((total.queries, total.cache_hits, total.open_bytes), (6, 3, 15));
    }
}

//! Does on request what a check must not do. One mode, one ending: `tests/tests/e2e/endings.rs` is the table.

#![forbid(unsafe_code)]

use std::hint::black_box;

use assay_sdk::{Check, Context, Error, Finding, Level, SettingProblem, Verdict, log, query};
use schemars::JsonSchema;
use serde::Deserialize;

/// Settings of `misbehave`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What to do.
    pub mode: Mode,
    /// Say something before.
    #[serde(default)]
    pub report_first: bool,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Behave.
    Pass,
    /// Return an error.
    Error,
    /// Execute `unreachable`.
    Trap,
    /// Panic.
    Panic,
    /// Never end.
    Loop,
    /// Take memory without end.
    Allocate,
    /// Call itself without end.
    Recurse,
    /// Read a table that is not granted, and say so.
    ReadUngranted,
    /// Read a table that is not granted, and say pass.
    SwallowDenied,
    /// Ask a source that is not granted, and say pass.
    OtherSource,
    /// Write, and say pass.
    Write,
    /// Ask wrongly, and say skip.
    SwallowFailure,
    /// Ask wrongly, then rightly, and say pass.
    AskAgain,
    /// Report a finding and say pass.
    PassWithFindings,
    /// Pass on 0 rows.
    PassOnNothing,
    /// Ask more often than allowed, and say pass.
    ManyQueries,
    /// Read more rows than allowed, and say pass.
    ManyRows,
    /// Ask something that takes for ever.
    SlowQuery,
    /// Report more findings than are kept.
    ManyFindings,
    /// Write more lines than are kept.
    ManyLines,
    /// Keep more cursors than allowed.
    ManyCursors,
    /// Hand over more at once than allowed.
    HugeCall,
    /// Panic in `validate`.
    PanicInValidate,
}

/// The check.
pub struct Misbehave;

impl Check for Misbehave {
    const ID: &'static str = "misbehave";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TITLE: &'static str = "Does what a check must not do";
    const DESCRIPTION: &'static str = "For tests.";
    const OWNER: &'static str = "assay";
    type Settings = Settings;

    fn validate(settings: &Settings) -> Vec<SettingProblem> {
        assert!(settings.mode != Mode::PanicInValidate, "as requested");
        Vec::new()
    }

    fn run(context: &Context, settings: &Settings) -> Result<Verdict, Error> {
        if settings.report_first {
            Finding::new("first", "seen before the end").report();
        }
        misbehave(context, settings.mode)
    }
}

fn misbehave(context: &Context, mode: Mode) -> Result<Verdict, Error> {
    let source = context.source(None)?;
    let ask = |sql: &str| query(source, sql).fetch().and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let fine = || Verdict::pass("all is well").examined(1);
    match mode {
        Mode::Pass => {
            let rows: i64 = query(source, "SELECT COUNT(*) AS n FROM allowed").fetch()?.only_row()?.get("n")?;
            return Ok(Verdict::pass(format!("{rows} rows")).examined(rows.unsigned_abs()));
        }
        Mode::Error => return Err(Error::new("could not say")),
        Mode::Trap => trap(),
        Mode::Panic => panic!("as requested"),
        Mode::Loop => compute_for_ever(),
        Mode::Allocate => allocate(),
        Mode::Recurse => return Ok(Verdict::pass(recurse(1).to_string())),
        Mode::ReadUngranted => {
            ask("SELECT * FROM secret")?;
        }
        Mode::SwallowDenied => drop(ask("SELECT * FROM secret")),
        Mode::OtherSource => drop(query("elsewhere", "SELECT 1 AS x").fetch()),
        Mode::Write => drop(ask("DROP TABLE allowed")),
        Mode::SwallowFailure => {
            drop(ask("SELECT nonsense FROM allowed"));
            return Ok(Verdict::skip("not applicable, it says"));
        }
        Mode::AskAgain => {
            drop(query(source, "SELECT COUNT(*) AS n FROM allowed").bind("surplus", 1_i64).fetch());
            ask("SELECT COUNT(*) AS n FROM allowed")?;
        }
        Mode::PassWithFindings => {
            Finding::new("odd", "something is odd").report();
        }
        Mode::PassOnNothing => return Ok(Verdict::pass("nothing to see").examined(0)),
        Mode::ManyQueries => drop((0..40).map(|_| ask("SELECT 1 AS x FROM allowed")).collect::<Vec<_>>()),
        Mode::ManyRows => drop(ask("SELECT a.id FROM allowed AS a, allowed AS b, allowed AS c")),
        Mode::SlowQuery => {
            ask(
                "SELECT COUNT(*) AS n FROM allowed a, allowed b, allowed c, allowed d, allowed e, allowed f, allowed g",
            )?;
        }
        Mode::ManyFindings => {
            let kept = (0..1_500).filter(|_| Finding::new("flood", "again").report()).count();
            return Ok(Verdict::fail(format!("{kept} kept")).examined(1));
        }
        Mode::ManyLines => (0..1_500).for_each(|_| log(Level::Info, &"x".repeat(3_000))),
        Mode::ManyCursors => {
            let cursors: Vec<_> = (0..20).map(|_| query(source, "SELECT 1 AS x FROM allowed").fetch()).collect();
            black_box(cursors.len());
        }
        Mode::HugeCall => log(Level::Info, &"x".repeat(16 << 20)),
        Mode::PanicInValidate => {}
    }
    Ok(fine())
}

#[cfg(target_arch = "wasm32")]
fn trap() -> ! {
    core::arch::wasm32::unreachable()
}

#[cfg(not(target_arch = "wasm32"))]
fn trap() -> ! {
    std::process::abort()
}

fn compute_for_ever() {
    let mut x = 1_u64;
    while black_box(x) != 0 {
        x = x.wrapping_mul(6_364_136_223_846_793_005) | 1;
    }
}

fn allocate() {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1_u8; 1 << 20]));
    }
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(depth) == 0 {
        return 0;
    }
    black_box(recurse(depth + 1)) + frame[7]
}

assay_sdk::export_check!(Misbehave);

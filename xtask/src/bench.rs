//! `cargo xtask bench`: what the sandbox costs, beside what it may cost.

use std::collections::BTreeMap;

use anyhow::Context as _;

use crate::{plugins, step};

/// A figure with its target, as the design states it.
struct Target {
    what: &'static str,
    /// Its name among the figures; the last word is its unit.
    figure: &'static str,
    bound: Bound,
}

/// What a figure must be.
enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// Told for comparison.
    None,
}

use Bound::{AtLeast, AtMost};

const TARGETS: &[Target] = &[
    target("store + instantiate + call + drop, all limits on, p50", "execution_p50_us", AtMost(15.0)),
    target("the same, p99", "execution_p99_us", AtMost(60.0)),
    target("whole run of one check without a journal, p50", "run_p50_us", AtMost(40.0)),
    target("the same, p99", "run_p99_us", Bound::None),
    target("durable results of trivial checks", "durable_results_per_s", AtLeast(5_000.0)),
    target("host start, 1,000 plugins, all compiled before", "start_1000_plugins_ms", AtMost(1_000.0)),
    target("memory of an idle plugin", "idle_plugin_kib", AtMost(200.0)),
    target("five columns to the guest, a row", "columns_per_row_ns", AtMost(50.0)),
    target("the same through the SDK's rows", "sdk_rows_per_row_ns", Bound::None),
    target("the same as list<row>", "list_of_rows_per_row_ns", Bound::None),
    target("list<row> to columns", "list_of_rows_to_columns_ratio", AtLeast(8.0)),
    target("a million rows, the statement on the engine alone", "million_rows_engine_ms", Bound::None),
    target("a million rows, the check to the engine alone", "million_rows_check_to_engine_ratio", AtMost(1.10)),
    target("a guest that computes, past its deadline, p99", "overshoot_computing_p99_ms", AtMost(20.0)),
    target("a blocked query, past its deadline, p99", "overshoot_blocked_p99_ms", AtMost(20.0)),
    target("execution while 1 guest computes, p50", "execution_behind_1_p50_us", Bound::None),
    target("the same, p99", "execution_behind_1_p99_us", AtMost(10_000.0)),
    target("execution while 7 guests compute, p50", "execution_behind_7_p50_us", Bound::None),
    target("the same, p99", "execution_behind_7_p99_us", Bound::None),
    target("ten million rows, grouped, to the engine without GoogleSQL", "aggregate_grouped_ratio", Bound::None),
    target("the same, counts by conditions", "aggregate_conditions_ratio", Bound::None),
    target("the same, by months", "aggregate_months_ratio", Bound::None),
    target("the same, filtered", "aggregate_filtered_ratio", Bound::None),
    target("the same, of the whole table", "aggregate_whole_ratio", Bound::None),
    target("the same, with much arithmetic", "aggregate_computed_ratio", Bound::None),
    target("the same, the worst of these", "aggregate_worst_ratio", AtMost(1.3)),
    target("a short statement: to parse, p50", "parse_short_p50_us", Bound::None),
    target("the same: to rewrite, p50", "rewrite_short_p50_us", Bound::None),
    target("the same: to find its table, rewrite and plan, p50", "plan_short_p50_us", Bound::None),
    target("the same: to plan without GoogleSQL, its table known, p50", "plan_plain_short_p50_us", Bound::None),
    target("a statement of 66 lines: to parse, p50", "parse_long_p50_us", Bound::None),
    target("the same: to rewrite, p50", "rewrite_long_p50_us", Bound::None),
    target("the same: to find its table, rewrite and plan, p50", "plan_long_p50_us", Bound::None),
    target("the same: to plan without GoogleSQL, its table known, p50", "plan_plain_long_p50_us", Bound::None),
    target("ten million groups with 256 MiB", "grouping_ms", Bound::None),
    target("the same: the process at most", "grouping_peak_kib", Bound::None),
    target("the same: spilled", "grouping_spilled_kib", Bound::None),
];

const fn target(what: &'static str, figure: &'static str, bound: Bound) -> Target {
    Target { what, figure, bound }
}

/// Builds everything for release, measures, and prints the table. A missed target is told, and fails nothing: figures of
/// a machine with other work to do are no fault of the code.
pub(crate) fn bench() -> anyhow::Result<()> {
    plugins::build_all()?;
    // All packages at once, as everywhere, so that the dependencies are built once. The programs compile for the benchmark.
    let mut programs = step::cargo();
    step::run("building for release", programs.args(["build", "--locked", "--workspace", "--release", "--bins"]))?;
    let folder = plugins::target_dir()?.join("bench");
    fs_err::create_dir_all(&folder)?;
    let file = folder.join("figures.json");
    let mut bench = step::cargo();
    bench.args(["bench", "--locked", "--workspace", "--bench", "price"]).env("ASSAY_BENCH_FIGURES", &file);
    step::run("measuring", &mut bench)?;
    let figures: BTreeMap<String, f64> = serde_json::from_str(&fs_err::read_to_string(&file)?)?;
    println!("\n| what | measured | target | |\n|---|---|---|---|");
    for target in TARGETS {
        let measured = *figures.get(target.figure).with_context(|| format!("{} was not measured", target.figure))?;
        println!("{}", target.row(measured));
    }
    println!("\nfigures: {}", file.display());
    Ok(())
}

impl Target {
    fn row(&self, measured: f64) -> String {
        let unit = match self.figure.rsplit('_').next() {
            Some("us") => " µs",
            Some("ms") => " ms",
            Some("ns") => " ns",
            Some("kib") => " KiB",
            Some("s") => "/s",
            _ => "x",
        };
        let (target, verdict) = match self.bound {
            AtMost(most) => (format!("<= {most}{unit}"), if measured <= most { "met" } else { "MISSED" }),
            AtLeast(least) => (format!(">= {least}{unit}"), if measured >= least { "met" } else { "MISSED" }),
            Bound::None => ("–".to_owned(), ""),
        };
        format!("| {} | {measured:.2}{unit} | {target} | {verdict} |", self.what)
    }
}

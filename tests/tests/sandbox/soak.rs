//! Ten thousand executions, most of which end badly, leave nothing behind.

use std::sync::Arc;

use assay::model::{Ending, LimitName, LimitRequest, Reason};
use assay_tests::bed::{Bed, SOURCE_SLOTS, ask, sandbox};
use assay_tests::process::resident_kib;
use assay_tests::project::guest;

/// Executions before anything is measured: pools fill, and so do the allocator's arenas, of which each thread that comes
/// and goes with a query that was given up takes one.
const WARM_UP: usize = 5_000;
/// Executions.
const RUNS: usize = 10_000;
/// At once.
const CONCURRENCY: u32 = 8;
/// What the process may grow by, in KiB: less than 2 KiB an execution. The arenas alone differ by some MiB from run to run.
const GROWTH_KIB: u64 = 16 << 10;

/// A mode of the guest, what it may use, and how it ends.
type Kind = (&'static str, LimitRequest, Option<Reason>);

fn kinds() -> [Kind; 12] {
    let fuel = ask(LimitName::Fuel, 2_000_000);
    let soon = ask(LimitName::Deadline, 5);
    let little = ask(LimitName::Memory, 4 << 20);
    [
        ("pass", fuel, None),
        ("panic", fuel, Some(Reason::Trap)),
        ("trap", fuel, Some(Reason::Trap)),
        ("recurse", fuel, Some(Reason::Trap)),
        ("loop", fuel, Some(Reason::FuelExhausted)),
        ("loop", ask(LimitName::GuestCpu, 1), Some(Reason::CpuTimeout)),
        ("allocate", little, Some(Reason::MemoryLimit)),
        ("slow_query", soon, Some(Reason::Deadline)),
        ("many_cursors", ask(LimitName::Handles, 3), Some(Reason::Trap)),
        ("many_findings", ask(LimitName::Findings, 10), None),
        ("write", fuel, None),
        ("huge_call", ask(LimitName::HostcallBytes, 1 << 10), Some(Reason::Trap)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_behind() {
    let data = tempfile::tempdir().unwrap();
    let rows: String = (0..30).map(|id| format!("{id}\n")).collect();
    fs_err::write(data.path().join("allowed.csv"), format!("id\n{rows}")).unwrap();
    let sandbox = sandbox(CONCURRENCY, 64 << 20);
    let bed = Arc::new(Bed::new(sandbox, &guest("misbehave@1.0.0.wasm"), data.path()).await);

    executions(&bed, WARM_UP).await;
    let (memory, files) = (resident_kib(), open_files());
    executions(&bed, RUNS).await;

    let grown = resident_kib().saturating_sub(memory);
    println!("{memory} KiB resident after {WARM_UP} executions, {grown} KiB more after {RUNS} more");
    assert!(grown <= GROWTH_KIB, "{grown} KiB more after {RUNS} executions");
    assert_eq!(open_files(), files, "open files");
    assert_eq!(bed.source_slots.available_permits(), SOURCE_SLOTS, "slots of the source");
    // Every slot of the sandbox can be had: so many executions at once, none of which is refused one.
    executions(&bed, CONCURRENCY as usize).await;
}

/// Executions of all kinds in turn, as many at once as there are slots.
async fn executions(bed: &Arc<Bed>, number: usize) {
    let mut tasks = tokio::task::JoinSet::new();
    for begin in 0..CONCURRENCY as usize {
        let bed = bed.clone();
        tasks.spawn(async move {
            let kinds = kinds();
            for index in (begin..number).step_by(CONCURRENCY as usize) {
                // Neighbours in time are of different kinds, and each task meets all of them.
                let (mode, limit, expected) = kinds[(index / CONCURRENCY as usize + begin) % kinds.len()];
                let execution = bed.run(&format!("{{\"mode\":\"{mode}\"}}"), &[limit]).await;
                let reason = match &execution.ending {
                    Ending::Broken { reason, .. } => Some(*reason),
                    Ending::Returned(_) | Ending::GuestError(_) => None,
                };
                assert_eq!(reason, expected, "{mode}: {:?}", execution.ending);
            }
        });
    }
    tasks.join_all().await;
}

fn open_files() -> usize {
    fs_err::read_dir("/proc/self/fd").unwrap().count()
}

//! What this process holds.

/// Memory that is resident now, in KiB.
///
/// Source: proc_pid_status(5), `VmRSS`.
///
/// # Panics
/// On a system without it.
#[must_use]
pub fn resident_kib() -> u64 {
    resident_kib_of("self")
}

/// Memory of another process that is resident now, in KiB.
///
/// Source: proc_pid_status(5), `VmRSS`.
///
/// # Panics
/// On a system without it, and when there is no such process.
#[must_use]
pub fn resident_kib_of(process: &str) -> u64 {
    kib(process, "VmRSS:")
}

/// Most memory that was resident at once, ever or since [`forget_peak`], in KiB.
///
/// Source: proc_pid_status(5), `VmHWM`.
///
/// # Panics
/// On a system without it.
#[must_use]
pub fn peak_kib() -> u64 {
    kib("self", "VmHWM:")
}

/// Lets [`peak_kib`] begin anew.
///
/// Source: proc_pid_clear_refs(5), 5.
///
/// # Panics
/// On a system without it.
pub fn forget_peak() {
    fs_err::write("/proc/self/clear_refs", "5").expect("a system that forgets");
}

/// Number of threads with a name, of at most 15 bytes.
///
/// Source: proc_pid_task(5), proc_pid_comm(5).
///
/// # Panics
/// On a system without them.
#[must_use]
pub fn threads(name: &str) -> usize {
    let tasks = fs_err::read_dir("/proc/self/task").expect("a system that lists them");
    let names = tasks.filter_map(|task| fs_err::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|found| found.trim_end() == name).count()
}

fn kib(process: &str, label: &str) -> u64 {
    let status = fs_err::read_to_string(format!("/proc/{process}/status")).expect("a system that tells");
    let line = status.lines().find_map(|line| line.strip_prefix(label)).expect("a line for resident memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

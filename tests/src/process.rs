//! What this process holds.

/// Memory that is resident now, in KiB.
///
/// Source: proc_pid_status(5), `VmRSS`.
///
/// # Panics
/// On a system without it.
#[must_use]
pub fn resident_kib() -> u64 {
    kib("VmRSS:")
}

/// Most memory that was ever resident, in KiB.
///
/// Source: proc_pid_status(5), `VmHWM`.
///
/// # Panics
/// On a system without it.
#[must_use]
pub fn peak_kib() -> u64 {
    kib("VmHWM:")
}

fn kib(label: &str) -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").expect("a system that tells");
    let line = status.lines().find_map(|line| line.strip_prefix(label)).expect("a line for resident memory");
    line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
}

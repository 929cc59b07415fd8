//! What is done about fixed times where clocks are set.

/// What is done about a fixed time that clocks leave out when they are set forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DstGap {
    /// It is due when the clocks are set: 02:30 at what is 03:00 then.
    #[default]
    RunAtTransition,
    /// It is due as much later as is left out: 02:30 at 03:30.
    Shift,
    /// It is not due.
    Skip,
}

impl DstGap {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RunAtTransition, Self::Shift, Self::Skip];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RunAtTransition => "run_at_transition",
            Self::Shift => "shift",
            Self::Skip => "skip",
        }
    }
}

/// What is done about a fixed time that clocks show twice when they are set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DstOverlap {
    /// It is due the first time.
    #[default]
    First,
    /// It is due the second time.
    Second,
    /// It is due both times.
    Both,
}

impl DstOverlap {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Both];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Both => "both",
        }
    }
}

/// What is done about fixed times where clocks are set. Patterns whose minutes or hours begin with `*` run on elapsed
/// time, whatever is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dst {
    /// About those that are left out.
    pub gap: DstGap,
    /// About those that are shown twice.
    pub overlap: DstOverlap,
}

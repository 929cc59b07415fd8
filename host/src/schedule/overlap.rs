//! What is done about a slot that is due while another one of its schedule runs.

/// What is done about a slot that is due while another one of its schedule runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Overlap {
    /// It is not run.
    #[default]
    Skip,
    /// It waits; one that is due while another one waits is not run.
    QueueOne,
    /// What runs is cancelled for it.
    CancelPrevious,
    /// Both run.
    Allow,
}

impl Overlap {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Skip, Self::QueueOne, Self::CancelPrevious, Self::Allow];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::QueueOne => "queue_one",
            Self::CancelPrevious => "cancel_previous",
            Self::Allow => "allow",
        }
    }
}

//! What one execution may use. Every limit has a name, a unit, a default and a ceiling;
//! the operator's ceiling and the check's request: the lower wins.

use std::fmt;
use std::str::FromStr;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitUnit {
    /// Bytes.
    Bytes,
    /// Things.
    Count,
    /// Milliseconds.
    Millis,
}

macro_rules! limits {
    ($($(#[$doc:meta])* $variant:ident $name:literal $unit:ident default $default:expr, ceiling $ceiling:expr;)*) => {
        /// The limits of one execution, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LimitName {
            $($(#[$doc])* $variant,)*
        }

        impl LimitName {
            /// All of them, in the order in which they are shown.
            pub const ALL: [Self; [$(Self::$variant),*].len()] = [$(Self::$variant),*];

            /// The name in configurations and in a plugin's requests.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it counts.
            #[must_use]
            pub fn unit(self) -> LimitUnit {
                match self { $(Self::$variant => LimitUnit::$unit,)* }
            }

            /// What holds when neither operator nor check says anything.
            #[must_use]
            pub fn default_value(self) -> u64 {
                match self { $(Self::$variant => $default,)* }
            }

            /// What no check gets more of unless the operator raises it.
            #[must_use]
            pub fn default_ceiling(self) -> u64 {
                match self { $(Self::$variant => $ceiling,)* }
            }
        }

        // A default above its ceiling would be a lie.
        $(const _: () = {
            let (default, ceiling): (u64, u64) = ($default, $ceiling);
            assert!(default <= ceiling);
        };)*
    };
}

limits! {
    /// Linear memory, summed over all memories of the component.
    Memory "memory" Bytes default 64 * MIB, ceiling 256 * MIB;
    /// Elements of each table.
    TableElements "table_elements" Count default 20_000, ceiling 100_000;
    /// Open cursors.
    Handles "handles" Count default 1_000, ceiling 10_000;
    /// Fuel: about one unit an instruction, one a byte for bulk operations.
    Fuel "fuel" Count default 2_000_000_000, ceiling 100_000_000_000;
    /// Time the guest computes, host calls excluded.
    GuestCpu "guest_cpu" Millis default 5_000, ceiling 60_000;
    /// Time that the check waits for a slot of the host.
    QueueDeadline "queue_deadline" Millis default 1_800_000, ceiling 86_400_000;
    /// Time of the whole execution, instantiation and waiting for sources and queries included.
    Deadline "deadline" Millis default 60_000, ceiling 1_800_000;
    /// Time of one query.
    QueryDeadline "query_deadline" Millis default 30_000, ceiling 600_000;
    /// Queries, estimates included.
    Queries "queries" Count default 32, ceiling 1_000;
    /// Rows handed to the guest.
    Rows "rows" Count default 1_000_000, ceiling 100_000_000;
    /// Column data handed to the guest.
    BytesIn "bytes_in" Bytes default 64 * MIB, ceiling 1_024 * MIB;
    /// What sources may bill for the run's queries.
    BilledBytes "billed_bytes" Bytes default 1_024 * MIB, ceiling 10 * 1_024 * MIB;
    /// Findings kept.
    Findings "findings" Count default 1_000, ceiling 10_000;
    /// Size of one finding.
    FindingBytes "finding_bytes" Bytes default 4 * KIB, ceiling 64 * KIB;
    /// Size of all findings.
    FindingsBytes "findings_bytes" Bytes default MIB, ceiling 16 * MIB;
    /// Metrics kept.
    Metrics "metrics" Count default 100, ceiling 1_000;
    /// Log lines kept.
    LogLines "log_lines" Count default 1_000, ceiling 10_000;
    /// Size of one log line.
    LogLineBytes "log_line_bytes" Bytes default 2 * KIB, ceiling 16 * KIB;
    /// Size of a summary, of an error, and of all that is wrong with a settings document.
    MessageBytes "message_bytes" Bytes default 4 * KIB, ceiling 64 * KIB;
    /// What the guest may hand over in one host call.
    HostcallBytes "hostcall_bytes" Bytes default 4 * MIB, ceiling 16 * MIB;
}

impl fmt::Display for LimitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Not the name of a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a limit")]
pub struct UnknownLimit(pub String);

impl FromStr for LimitName {
    type Err = UnknownLimit;

    fn from_str(text: &str) -> Result<Self, UnknownLimit> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or_else(|| UnknownLimit(text.to_owned()))
    }
}

/// A limit asked for, by a plugin or in a configuration; in the limit's base unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitRequest {
    /// Which.
    pub name: LimitName,
    /// How much.
    pub value: u64,
}

/// One limit with where its value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Which.
    pub name: LimitName,
    /// What the check asked for: its configuration before its plugin.
    pub requested: Option<u64>,
    /// The operator's ceiling.
    pub ceiling: u64,
    /// What holds.
    pub value: u64,
}

/// The limits of one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits([Limit; LimitName::ALL.len()]);

impl Limits {
    /// The lower of ceiling and request, limit by limit. Without a request the default counts as
    /// one; without a ceiling the default ceiling holds. Of two requests for a limit the last holds.
    #[must_use]
    pub fn resolve(ceilings: &[LimitRequest], requests: &[LimitRequest]) -> Self {
        let last = |asked: &[LimitRequest], name| asked.iter().rev().find(|r| r.name == name).map(|r| r.value);
        Self(LimitName::ALL.map(|name| {
            let ceiling = last(ceilings, name).unwrap_or(name.default_ceiling());
            let requested = last(requests, name);
            Limit { name, requested, ceiling, value: requested.unwrap_or(name.default_value()).min(ceiling) }
        }))
    }

    /// The same limits, none of the named ones above its value.
    #[must_use]
    pub fn lowered(&self, to: &[LimitRequest]) -> Self {
        let mut lowered = self.clone();
        for LimitRequest { name, value } in to {
            let limit = &mut lowered.0[*name as usize];
            limit.value = limit.value.min(*value);
        }
        lowered
    }

    /// A limit with where it comes from.
    #[must_use]
    pub fn limit(&self, name: LimitName) -> &Limit {
        // `resolve` fills the array in the order in which the names are declared.
        &self.0[name as usize]
    }

    /// The value of a limit in its base unit.
    #[must_use]
    pub fn get(&self, name: LimitName) -> u64 {
        self.limit(name).value
    }

    /// The value of a limit that counts milliseconds.
    #[must_use]
    pub fn duration(&self, name: LimitName) -> std::time::Duration {
        std::time::Duration::from_millis(self.get(name))
    }

    /// All limits with where they come from.
    #[must_use]
    pub fn all(&self) -> &[Limit] {
        &self.0
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::resolve(&[], &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_of_ceiling_and_request_wins() {
        let request = |value| [LimitRequest { name: LimitName::Memory, value }];
        let memory = |ceilings: &[LimitRequest], requests: &[LimitRequest]| {
            Limits::resolve(ceilings, requests).get(LimitName::Memory)
        };
        assert_eq!(memory(&[], &[]), 64 * MIB, "default");
        assert_eq!(memory(&[], &request(200 * MIB)), 200 * MIB, "request under the default ceiling");
        assert_eq!(memory(&[], &request(999 * MIB)), 256 * MIB, "request over the default ceiling");
        assert_eq!(memory(&request(32 * MIB), &[]), 32 * MIB, "ceiling under the default");
        assert_eq!(memory(&request(512 * MIB), &request(300 * MIB)), 300 * MIB, "raised ceiling");
        assert_eq!(memory(&request(512 * MIB), &[]), 64 * MIB, "a raised ceiling is no request");
    }

    #[test]
    fn names_round_trip() {
        for name in LimitName::ALL {
            assert_eq!(name.as_str().parse(), Ok(name));
            assert_eq!(Limits::default().limit(name).name, name, "position in the array");
        }
        assert_eq!("ram".parse::<LimitName>(), Err(UnknownLimit("ram".to_owned())));
    }
}

//! Changes of code and the deployments that follow them within the hour.

use jiff::civil::{Date, Weekday};

use super::Season;
use crate::clock::{minutes, minutes_between};
use crate::dice::Dice;
use crate::rows::{DayRows, cells};
use jiff::Timestamp;

const SERVICES: [&str; 8] = [
    "scraper-service",
    "raw-loader",
    "summary-processor",
    "form-processor",
    "prediction-service",
    "grading-service",
    "publisher",
    "orchestrator",
];
const PATHS: [&str; 4] = ["main.py", "requirements.txt", "queries/daily.sql", "settings.yaml"];
/// Share of services that change on a working day.
const CHANGES: f64 = 0.16;

/// What a service runs.
#[derive(Debug, Clone)]
pub(super) struct Deployed {
    service: &'static str,
    changes: Vec<(Timestamp, String, &'static str)>,
    deployed_at: Timestamp,
}

impl Season {
    /// The services as they stand when the season begins.
    pub(super) fn first_deployments(&self) -> Vec<Deployed> {
        let day = self.calendar.first_day();
        let mut dice = Dice::on(self.seed, "services", day);
        let first = |service| Deployed {
            service,
            changes: vec![(self.clock.at(day, 5, 10), dice.hex(), PATHS[0])],
            deployed_at: self.clock.at(day, 5, 40),
        };
        SERVICES.into_iter().map(first).collect()
    }

    /// What is committed and deployed on a day.
    pub(super) fn deployments(&self, day: Date) -> Vec<Deployed> {
        let mut dice = Dice::on(self.seed, "deployments", day);
        let mut deployed = Vec::new();
        for service in SERVICES {
            if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) || !dice.chance(CHANGES) {
                continue;
            }
            let deployed_at = self.clock.at(day, dice.between(9, 16), dice.between(0, 59));
            let mut minute = dice.between(35, 55);
            let mut changes = Vec::new();
            for _ in 0..dice.between(1, 4) {
                let path = PATHS[usize::try_from(dice.between(0, 3)).expect("not negative")];
                changes.push((deployed_at - minutes(minute), dice.hex(), path));
                minute -= dice.between(2, 8);
            }
            debug_assert!(minutes_between(changes[0].0, deployed_at) < 60, "deployed within the hour");
            deployed.push(Deployed { service, changes, deployed_at });
        }
        deployed
    }
}

impl Deployed {
    pub(super) fn service(&self) -> &'static str {
        self.service
    }

    pub(super) fn write(&self, rows: &mut DayRows) {
        for (at, commit, path) in &self.changes {
            rows.push(
                "code_change",
                cells! { service: self.service, committed_at: *at, commit: commit.as_str(),
                path: format!("services/{}/{path}", self.service), available_at: *at },
            );
        }
        if let Some((_, commit, _)) = self.changes.last() {
            rows.push(
                "deployment",
                cells! { service: self.service, deployed_at: self.deployed_at, commit: commit.as_str(),
                available_at: self.deployed_at },
            );
        }
    }
}

//! What has ever run.

use std::collections::BTreeMap;

use assay_sdk::{Context, Error, Timestamp, query};

use crate::settings::Settings;

/// Who has run, by name.
pub(crate) struct Ledger(BTreeMap<String, Seen>);

/// When an entity has run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Its last run that counts.
    pub(crate) counted: Option<Timestamp>,
    /// Its last run of any kind.
    pub(crate) any: Timestamp,
    /// Whether that lies in the days looked at.
    pub(crate) is_recent: bool,
}

impl Ledger {
    /// Asks for every entity that has run up to the scheduled instant.
    pub(crate) fn ask(context: &Context, source: &str, settings: &Settings) -> Result<Self, Error> {
        let Settings { table, entity_column, time_column, .. } = settings;
        let sql = format!(
            "SELECT CAST({entity_column} AS STRING) AS entity, MAX({time_column}) AS last_any, \
             MAX(IF({}, {time_column}, NULL)) AS last_counted, DATE(MAX({time_column}), @zone) >= @start AS is_recent \
             FROM {table} WHERE {time_column} <= @now AND {entity_column} IS NOT NULL \
             GROUP BY CAST({entity_column} AS STRING)",
            settings.counts_sql()
        );
        let statement = query(source, sql)
            .bind_if_named("success", settings.success.clone())
            .bind("now", context.scheduled_for())
            .bind("start", context.last_days(settings.lookback_days).0)
            .bind("zone", context.time_zone());
        let mut seen = BTreeMap::new();
        for row in statement.fetch_whole()? {
            let entity: String = row.get("entity")?;
            let (counted, any, is_recent) = (row.get("last_counted")?, row.get("last_any")?, row.get("is_recent")?);
            if seen.insert(entity.clone(), Seen { counted, any, is_recent }).is_some() {
                return Err(Error::new(format!("the query returned `{entity}` twice")));
            }
        }
        Ok(Self(seen))
    }

    /// When an entity has run; none for one that never has.
    pub(crate) fn seen(&self, entity: &str) -> Option<Seen> {
        self.0.get(entity).copied()
    }

    /// Whether anybody has run in the days looked at.
    pub(crate) fn is_alive(&self) -> bool {
        self.0.values().any(|seen| seen.is_recent)
    }

    /// The last run of all.
    pub(crate) fn last(&self) -> Option<Timestamp> {
        self.0.values().map(|seen| seen.any).max()
    }

    /// Who has run in the days looked at.
    pub(crate) fn recent(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.0.iter().filter(|(_, seen)| seen.is_recent).map(|(name, seen)| (name.as_str(), seen.any))
    }
}

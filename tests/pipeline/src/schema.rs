//! The tables, as `schemas/datasets` declares them: the one source of what is written.

use serde::Deserialize;

use crate::value::ColumnType;

/// Every declaration, by name of the table.
const DECLARED: [&str; 28] = [
    include_str!("../../../schemas/datasets/calendar.yaml"),
    include_str!("../../../schemas/datasets/code_change.yaml"),
    include_str!("../../../schemas/datasets/composite_factors.yaml"),
    include_str!("../../../schemas/datasets/daily_signal.yaml"),
    include_str!("../../../schemas/datasets/deployment.yaml"),
    include_str!("../../../schemas/datasets/expected_output.yaml"),
    include_str!("../../../schemas/datasets/feature_store.yaml"),
    include_str!("../../../schemas/datasets/model_registry.yaml"),
    include_str!("../../../schemas/datasets/phase_completion.yaml"),
    include_str!("../../../schemas/datasets/player.yaml"),
    include_str!("../../../schemas/datasets/player_daily_cache.yaml"),
    include_str!("../../../schemas/datasets/player_game_summary.yaml"),
    include_str!("../../../schemas/datasets/prediction.yaml"),
    include_str!("../../../schemas/datasets/prediction_accuracy.yaml"),
    include_str!("../../../schemas/datasets/processor_run.yaml"),
    include_str!("../../../schemas/datasets/published_file.yaml"),
    include_str!("../../../schemas/datasets/published_pick.yaml"),
    include_str!("../../../schemas/datasets/query_cost.yaml"),
    include_str!("../../../schemas/datasets/raw_odds_snapshot.yaml"),
    include_str!("../../../schemas/datasets/raw_player_boxscore.yaml"),
    include_str!("../../../schemas/datasets/raw_team_boxscore.yaml"),
    include_str!("../../../schemas/datasets/schedule.yaml"),
    include_str!("../../../schemas/datasets/scraper_execution.yaml"),
    include_str!("../../../schemas/datasets/team.yaml"),
    include_str!("../../../schemas/datasets/team_defense_game_summary.yaml"),
    include_str!("../../../schemas/datasets/team_offense_game_summary.yaml"),
    include_str!("../../../schemas/datasets/upcoming_player_context.yaml"),
    include_str!("../../../schemas/datasets/upcoming_team_context.yaml"),
];

/// A declared table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Name of the table and of its file.
    pub name: String,
    /// What a row is.
    pub description: String,
    /// Who answers for it.
    pub owner: String,
    /// Columns that name a row among those visible at one instant.
    pub key: Vec<String>,
    /// Column with the league day, by which rows are ordered; none for tables without days.
    #[serde(default)]
    pub date_column: Option<String>,
    /// Columns in order.
    pub columns: Vec<Column>,
}

/// A declared column.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether a row may hold nothing there.
    pub nullable: bool,
    /// What it means, with the unit.
    pub description: String,
}

/// Why the declarations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A declaration is not YAML of the expected shape.
    #[error("read declaration {number} of the tables")]
    Unreadable {
        /// Place among the declarations, from 1.
        number: usize,
        /// What the parser said.
        #[source]
        source: Box<serde_saphyr::Error>,
    },
    /// A declaration contradicts itself or the conventions of all tables.
    #[error("table '{table}': {problem}")]
    Inconsistent {
        /// The table.
        table: String,
        /// What is wrong.
        problem: String,
    },
}

impl Table {
    /// Place of a column.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|declared| declared.name == column)
    }

    /// Whether rows change in place, so that a version may be superseded.
    #[must_use]
    pub fn has_versions(&self) -> bool {
        self.position("superseded_at").is_some()
    }

    fn check(&self) -> Result<(), String> {
        let typed = |name: &str, column_type: ColumnType, nullable: bool| match self
            .columns
            .iter()
            .find(|column| column.name == name)
        {
            Some(column) if column.column_type == column_type && column.nullable == nullable => Ok(()),
            Some(_) => Err(format!("column '{name}' has the wrong type or nullability")),
            None => Err(format!("no column '{name}'")),
        };
        for (number, column) in self.columns.iter().enumerate() {
            if self.position(&column.name) != Some(number) {
                return Err(format!("two columns '{}'", column.name));
            }
        }
        if self.key.is_empty() {
            return Err("no key".to_owned());
        }
        for name in &self.key {
            match self.columns.iter().find(|column| &column.name == name) {
                Some(column) if !column.nullable => {}
                Some(_) => return Err(format!("key column '{name}' may be NULL")),
                None => return Err(format!("no key column '{name}'")),
            }
        }
        if let Some(name) = &self.date_column {
            typed(name, ColumnType::Date, false)?;
        }
        typed("available_at", ColumnType::Timestamp, false)?;
        if self.has_versions() { typed("superseded_at", ColumnType::Timestamp, true) } else { Ok(()) }
    }
}

/// All declared tables, by name.
///
/// # Errors
/// When a declaration does not parse or is not consistent.
pub fn tables() -> Result<Vec<Table>, SchemaError> {
    let mut tables = Vec::with_capacity(DECLARED.len());
    for (number, text) in (1..).zip(DECLARED) {
        let table: Table = serde_saphyr::from_str(text)
            .map_err(|source| SchemaError::Unreadable { number, source: Box::new(source) })?;
        table.check().map_err(|problem| SchemaError::Inconsistent { table: table.name.clone(), problem })?;
        tables.push(table);
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_in_the_folder_is_included() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/datasets");
        let mut files: Vec<String> = fs_err::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        let declared: Vec<String> = tables().unwrap().into_iter().map(|table| table.name).collect();
        assert_eq!(files, declared);
    }

    #[test]
    fn a_key_that_is_not_a_column_is_told() {
        let mut table = tables().unwrap().remove(0);
        table.key = vec!["nobody".to_owned()];
        assert_eq!(table.check(), Err("no key column 'nobody'".to_owned()));
    }
}

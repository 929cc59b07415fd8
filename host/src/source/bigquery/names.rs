//! Names of tables: as statements spell them, as grants name them, and in full.

use crate::bigquery::TableReference;
use crate::source::TableName;

/// What names leave out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    /// The project in which jobs run.
    pub(super) project: String,
    /// Project and dataset of a table that is named alone.
    pub(super) dataset: Option<(String, String)>,
}

impl Names {
    /// With a default dataset, `DATASET` or `PROJECT.DATASET`.
    pub(super) fn new(project: String, dataset: Option<&str>) -> Self {
        let dataset = dataset.map(|dataset| match dataset.split_once('.') {
            Some((project, dataset)) => (project.to_owned(), dataset.to_owned()),
            None => (project.clone(), dataset.to_owned()),
        });
        Self { project, dataset }
    }

    /// The name in full; None for a table alone without a default dataset.
    pub(super) fn full(&self, spelled: &TableName) -> Option<TableReference> {
        let (project, dataset, table) = match (spelled.parts(), &self.dataset) {
            ([project, dataset, table], _) => (project, dataset, table),
            ([dataset, table], _) => (&self.project, dataset, table),
            ([table], Some((project, dataset))) => (project, dataset, table),
            _ => return None,
        };
        Some(TableReference { project_id: project.clone(), dataset_id: dataset.clone(), table_id: table.clone() })
    }

    /// The name that grants have: `dataset.table` in the project in which jobs run, `project.dataset.table` elsewhere.
    pub(super) fn own(&self, full: &TableReference) -> TableName {
        let TableReference { project_id, dataset_id, table_id } = full.clone();
        TableName::new(match project_id == self.project {
            true => vec![dataset_id, table_id],
            false => vec![project_id, dataset_id, table_id],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_one_name() {
        let name = |text: &str| TableName::new(text.split('.').map(str::to_owned).collect());
        let own = |names: &Names, text: &str| names.full(&name(text)).map(|full| names.own(&full).to_string());
        let here = Names::new("p".to_owned(), Some("ds"));
        for (spelled, expected) in
            [("t", "ds.t"), ("ds.t", "ds.t"), ("p.ds.t", "ds.t"), ("other.ds.t", "other.ds.t"), ("P.ds.t", "P.ds.t")]
        {
            assert_eq!(own(&here, spelled).as_deref(), Some(expected), "{spelled}");
        }
        let elsewhere = Names::new("p".to_owned(), Some("data.ds"));
        assert_eq!(own(&elsewhere, "t").as_deref(), Some("data.ds.t"));
        assert_eq!(own(&elsewhere, "ds.t").as_deref(), Some("ds.t"), "a dataset alone is one of the project of jobs");
        assert_eq!(own(&Names::new("p".to_owned(), None), "t"), None);
    }
}

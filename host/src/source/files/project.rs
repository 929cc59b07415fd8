//! The project that a folder of files stands for, so that `project.dataset.table` names what `dataset.table` does.

use std::sync::Arc;

use crate::source::TableName;

/// A project, if one is set.
#[derive(Debug, Clone, Default)]
pub(super) struct Project(Option<Arc<str>>);

impl Project {
    /// Of the source's options.
    pub(super) fn new(name: Option<String>) -> Self {
        Self(name.map(Into::into))
    }

    /// The folder's own name of a table: without the project.
    pub(super) fn own(&self, spelled: &TableName) -> TableName {
        match (&self.0, spelled.parts()) {
            (Some(project), [first, dataset, table]) if **project == **first => {
                TableName::new(vec![dataset.clone(), table.clone()])
            }
            _ => spelled.clone(),
        }
    }

    /// Whether a name is one of another project, which a folder that stands for one does not have.
    pub(super) fn is_other(&self, spelled: &TableName) -> bool {
        matches!((&self.0, spelled.parts()), (Some(project), [first, _, _]) if **project != **first)
    }

    /// Most datasets within datasets: with a project the outer one would be taken for it.
    pub(super) fn datasets_max(&self) -> usize {
        if self.0.is_some() { 1 } else { 2 }
    }

    /// What may help somebody whose table was not found.
    pub(super) fn hint(&self, spelled: &TableName) -> Option<String> {
        let [first, dataset, table] = spelled.parts() else { return None };
        match &self.0 {
            Some(project) if **project == **first => None,
            Some(project) => Some(format!("the `project` of this source is `{project}`, not `{first}`")),
            None => Some(format!(
                "this source has no `project`: with `project = \"{first}\"` the name would be that of `{dataset}.{table}`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sources_own_project_is_left_out() {
        let name = |text: &str| TableName::new(text.split('.').map(str::to_owned).collect());
        let (none, some) = (Project::default(), Project::new(Some("my-project".to_owned())));
        for (spelled, own, is_other) in [
            ("my-project.ds.t", "ds.t", false),
            ("ds.t", "ds.t", false),
            ("t", "t", false),
            ("my-project.t", "my-project.t", false),
            ("My-Project.ds.t", "My-Project.ds.t", true),
            ("other.ds.t", "other.ds.t", true),
        ] {
            assert_eq!((some.own(&name(spelled)), some.is_other(&name(spelled))), (name(own), is_other), "{spelled}");
            assert_eq!((none.own(&name(spelled)), none.is_other(&name(spelled))), (name(spelled), false), "{spelled}");
        }
        assert_eq!(some.hint(&name("a.b.c")).as_deref(), Some("the `project` of this source is `my-project`, not `a`"));
        assert!(none.hint(&name("a.b.c")).is_some_and(|hint| hint.contains("this source has no `project`")));
        assert_eq!((some.hint(&name("my-project.b.c")), none.hint(&name("b.c"))), (None, None));
    }
}

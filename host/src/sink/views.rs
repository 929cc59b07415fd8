//! Views that answer the standard questions: schemas/bigquery/views.

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    /// Its name.
    pub(super) name: &'static str,
    /// What it answers, and what a row is.
    pub(super) description: String,
    /// Its query, in which `${dataset}` stands for the dataset.
    pub(super) select: &'static str,
}

macro_rules! views {
    ($($name:literal),* $(,)?) => {
        /// Names and files.
        const FILES: [(&str, &str); [$($name),*].len()] =
            [$(($name, include_str!(concat!("../../../schemas/bigquery/views/", $name, ".sql")))),*];
    };
}

views! {
    "check_recurrence",
    "coverage",
    "false_positive_rate",
    "flapping",
    "health_by_week",
    "hour_of_day",
    "query_cost_by_day",
    "results_flat",
    "time_to_detect_and_repair",
}

/// All of them.
pub(super) fn views() -> impl Iterator<Item = View> {
    FILES.into_iter().map(|(name, file)| {
        let comment: Vec<_> = file.lines().map_while(|line| line.strip_prefix("--")).map(str::trim).collect();
        let select = file.trim_end().splitn(comment.len() + 1, '\n').last().unwrap_or_default();
        View { name, description: comment.join(" "), select }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_has_a_description_and_one_select_over_the_dataset() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/bigquery/views");
        let mut files: Vec<_> = fs_err::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        files.sort();
        assert_eq!(files, FILES.map(|(name, _)| name), "every file is a view");
        for view in views() {
            assert!(view.description.len() > 20, "{}: {}", view.name, view.description);
            let begins = view.select.starts_with("SELECT") || view.select.starts_with("WITH");
            assert!(begins && view.select.contains("`${dataset}."), "{}: {}", view.name, view.select);
            let statements = view.select.lines().filter(|line| !line.trim_start().starts_with("--"));
            assert!(!statements.collect::<String>().contains(';'), "{}", view.name);
        }
    }
}

//! What came of the cases, counted by construct.

use std::collections::BTreeMap;

use super::case::{Case, Deviation, DeviationKind, Expect};

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What the case says.
    AsExpected,
    /// No answer where there should be one, or an error of another sort; what was said.
    Fails(String),
    /// Another answer; how so.
    Differs(String),
}

/// What came of all cases.
#[derive(Debug, Default)]
pub struct Report {
    counts: BTreeMap<String, Counts>,
    all: Counts,
    failures: Vec<String>,
}

/// Numbers of cases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    refused: usize,
    deviates: usize,
    failed: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.refused += other.refused;
        self.deviates += other.deviates;
        self.failed += other.failed;
    }
}

impl Report {
    /// Takes down what came of a case.
    pub fn add(&mut self, case: &Case, outcome: Outcome) {
        let mut count = Counts::default();
        match (outcome, &case.expect) {
            (Outcome::AsExpected, Expect::Refused(_)) => count.refused = 1,
            (Outcome::AsExpected, Expect::Rows(_) | Expect::Error(_)) => count.passed = 1,
            (Outcome::Fails(how) | Outcome::Differs(how), _) => {
                count.failed = 1;
                self.failures.push(told(case, &how));
            }
        }
        self.count(case, count);
    }

    /// Of `names`, those for which no case passed.
    #[must_use]
    pub fn without_a_pass<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        let passes = |name: &str| self.counts.get(name).is_some_and(|counts| counts.passed > 0);
        names.iter().copied().filter(|name| !passes(name)).collect()
    }

    /// Takes down what came of a case of which it is known that something else comes.
    pub fn add_deviation(&mut self, case: &Case, deviation: &Deviation, outcome: &Outcome) {
        let how = match (deviation.kind, outcome) {
            (DeviationKind::Unsupported, Outcome::Fails(_)) | (DeviationKind::Deviates, Outcome::Differs(_)) => None,
            (_, Outcome::AsExpected) => Some("is listed as a deviation and no longer deviates".to_owned()),
            (DeviationKind::Unsupported, Outcome::Differs(how)) => {
                Some(format!("is listed as `unsupported` and answers, so it `deviates`:\n{how}"))
            }
            (DeviationKind::Deviates, Outcome::Fails(how)) => {
                Some(format!("is listed as `deviates` and fails, so it is `unsupported`:\n{how}"))
            }
        };
        let count = match how {
            None => Counts { deviates: 1, ..Counts::default() },
            Some(how) => {
                self.failures.push(told(case, &how));
                Counts { failed: 1, ..Counts::default() }
            }
        };
        self.count(case, count);
    }

    fn count(&mut self, case: &Case, count: Counts) {
        self.all.add(count);
        for construct in &case.covers {
            self.counts.entry(construct.clone()).or_default().add(count);
        }
    }

    /// Number of cases taken down.
    #[must_use]
    pub fn cases(&self) -> usize {
        let Counts { passed, refused, deviates, failed } = self.all;
        passed + refused + deviates + failed
    }

    /// Every failure, one behind the other; empty when there is none.
    #[must_use]
    pub fn failures(&self) -> String {
        self.failures.join("\n")
    }

    /// The numbers in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let Counts { passed, refused, deviates, failed } = self.all;
        format!("{} cases: {passed} passed, {refused} refused, {deviates} deviate, {failed} failed", self.cases())
    }

    /// A table of all constructs, in Markdown.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = format!("{}\n\n| construct | passed | refused | deviates | failed |\n", self.summary());
        text.push_str("|---|---:|---:|---:|---:|\n");
        for (construct, Counts { passed, refused, deviates, failed }) in &self.counts {
            let construct = construct.replace('|', "\\|");
            text.push_str(&format!("| `{construct}` | {passed} | {refused} | {deviates} | {failed} |\n"));
        }
        text
    }
}

fn told(case: &Case, how: &str) -> String {
    let mut text = format!("{}\n", case.id);
    for line in case.sql.trim_end().lines() {
        text.push_str(&format!("    {line}\n"));
    }
    for param in &case.params {
        text.push_str(&format!("    @{} {} = {}\n", param.name, param.r#type, param.value));
    }
    for line in how.trim_end().lines() {
        text.push_str(&format!("  {line}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case() -> Case {
        let expect = Expect::Error("x".to_owned());
        let covers = vec!["||".to_owned(), "CAST".to_owned()];
        Case { id: "a/b".to_owned(), covers, sql: "SELECT 1\n".to_owned(), params: Vec::new(), expect }
    }

    #[test]
    fn a_case_counts_for_all_that_it_covers() {
        let mut report = Report::default();
        report.add(&case(), Outcome::AsExpected);
        report.add(&case(), Outcome::Differs("one row".to_owned()));
        assert_eq!(report.summary(), "2 cases: 1 passed, 0 refused, 0 deviate, 1 failed");
        assert_eq!(report.failures(), "a/b\n    SELECT 1\n  one row\n");
        let lines = ["| `CAST` | 1 | 0 | 0 | 1 |", "| `\\|\\|` | 1 | 0 | 0 | 1 |"];
        assert_eq!(report.table().lines().skip(4).collect::<Vec<_>>(), lines);
    }

    #[test]
    fn a_deviation_that_is_none_or_another_is_a_failure() {
        let deviation = |kind| Deviation { case: "*".to_owned(), reason: "why".to_owned(), kind };
        let (fails, differs) = (Outcome::Fails("f".to_owned()), Outcome::Differs("d".to_owned()));
        for (kind, outcome, is_good) in [
            (DeviationKind::Unsupported, &fails, true),
            (DeviationKind::Unsupported, &differs, false),
            (DeviationKind::Unsupported, &Outcome::AsExpected, false),
            (DeviationKind::Deviates, &differs, true),
            (DeviationKind::Deviates, &fails, false),
            (DeviationKind::Deviates, &Outcome::AsExpected, false),
        ] {
            let mut report = Report::default();
            report.add_deviation(&case(), &deviation(kind), outcome);
            assert_eq!(report.failures().is_empty(), is_good, "{kind:?} {outcome:?}");
        }
    }
}

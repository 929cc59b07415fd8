//! What is thought of a run.

use super::memory::{Memory, SQL, injection, shape};
use crate::kit::audit::{
    Answer, Application, AuditedCase, Ended, Harmless, InjectionKind, InvalidHarmless, QuerySelector, Rank, Report,
    Ruling, Shape, StaleBecause, Trial, Unaudited, injections_for,
};
use crate::model::{Conclusion, Outcome, Reason, Severity, Status, Verdict, conclude};

fn ended(status: Status) -> Ended {
    let reason = (status == Status::Error).then_some(Reason::QueryFailed);
    Ended { status, reason, message: format!("said {status}") }
}

fn trial(shape: &Shape, kind: InjectionKind, status: Status) -> Trial {
    Trial {
        asked: shape.asked.clone(),
        injection: injection(kind, "n"),
        application: Application::Applied,
        answered_again: 0,
        ended: ended(status),
    }
}

/// A case of one query with three rows, all of whose injections end in an error but for those given.
async fn case(name: &str, plain: Status, but: &[(InjectionKind, Status)]) -> AuditedCase {
    let shape = shape(&Memory::numbers(3)).await;
    let trials = injections_for(&shape).into_iter().map(|injection| {
        let status =
            but.iter().find(|(kind, _)| *kind == injection.kind()).map_or(Status::Error, |(_, status)| *status);
        trial(&shape, injection.kind(), status)
    });
    AuditedCase { name: name.to_owned(), plain: ended(plain), trials: trials.collect(), shapes: vec![shape] }
}

fn harmless(injection: InjectionKind, query: Option<QuerySelector>, column: Option<&str>) -> Harmless {
    Harmless { injection, query, column: column.map(str::to_owned), reason: "no matter".to_owned() }
}

fn ruling(report: &Report, kind: InjectionKind) -> &Ruling {
    let one = report.outcomes.iter().find(|outcome| outcome.trial.injection.kind() == kind);
    &one.unwrap().ruling
}

#[tokio::test]
async fn a_pass_and_a_skip_survive_and_nothing_else() {
    let hides = Ruling::Survived(Rank::HidesFailure);
    let unnoticed = Ruling::Survived(Rank::Unnoticed);
    for (plain, with, expected) in [
        (Status::Pass, Status::Pass, &unnoticed),
        (Status::Pass, Status::Skip, &unnoticed),
        (Status::Skip, Status::Pass, &unnoticed),
        (Status::Skip, Status::Skip, &unnoticed),
        (Status::Warn, Status::Pass, &hides),
        (Status::Warn, Status::Skip, &hides),
        (Status::Fail, Status::Pass, &hides),
        (Status::Fail, Status::Skip, &hides),
        (Status::Pass, Status::Warn, &Ruling::Caught),
        (Status::Pass, Status::Fail, &Ruling::Caught),
        (Status::Pass, Status::Error, &Ruling::Caught),
        (Status::Fail, Status::Warn, &Ruling::Caught),
        (Status::Fail, Status::Fail, &Ruling::Caught),
        (Status::Skip, Status::Error, &Ruling::Caught),
    ] {
        let report = Report::new(&[case("c", plain, &[(InjectionKind::Truncated, with)]).await], &[]);
        assert_eq!(ruling(&report, InjectionKind::Truncated), expected, "{plain} → {with}");
        assert_eq!(report.holds(), *expected == Ruling::Caught, "{plain} → {with}");
    }
}

#[tokio::test]
async fn what_hides_a_failure_comes_first() {
    let cases = [
        case(
            "good",
            Status::Pass,
            &[(InjectionKind::DuplicateRows, Status::Pass), (InjectionKind::Nulls, Status::Skip)],
        )
        .await,
        case("bad", Status::Fail, &[(InjectionKind::EmptyResult, Status::Pass)]).await,
        case("odd", Status::Warn, &[(InjectionKind::Truncated, Status::Skip)]).await,
    ];
    let report = Report::new(&cases, &[harmless(InjectionKind::DuplicateRows, None, None)]);
    let ranked: Vec<_> = report
        .outcomes
        .iter()
        .take(4)
        .map(|outcome| (outcome.case.as_str(), outcome.trial.injection.to_string(), outcome.ruling.as_str()))
        .collect();
    assert_eq!(
        ranked,
        [
            ("bad", "empty_result".to_owned(), "survived"),
            ("odd", "truncated".to_owned(), "survived"),
            ("good", "nulls(n)".to_owned(), "survived"),
            ("good", "duplicate_rows".to_owned(), "harmless"),
        ]
    );
    let ranks: Vec<_> = report.survived().map(|outcome| outcome.ruling.clone()).collect();
    let (hides, unnoticed) = (Ruling::Survived(Rank::HidesFailure), Ruling::Survived(Rank::Unnoticed));
    assert_eq!(ranks, [hides.clone(), hides, unnoticed]);
    let counts = report.counts();
    assert_eq!((counts.hides_failure, counts.unnoticed, counts.harmless), (2, 1, 1));
    assert_eq!(usize::try_from(counts.caught).unwrap(), report.outcomes.len() - 4);
    assert!(!report.holds());
}

#[tokio::test]
async fn a_declaration_excuses_what_it_covers() {
    let with = [(InjectionKind::Nulls, Status::Pass)];
    let text = |text: &str| Some(QuerySelector::Sql(text.to_owned()));
    for (declared, covers) in [
        (harmless(InjectionKind::Nulls, None, None), true),
        (harmless(InjectionKind::Nulls, Some(QuerySelector::Number(1)), Some("N")), true),
        (harmless(InjectionKind::Nulls, text("* FROM"), Some("n")), true),
        (harmless(InjectionKind::NullFirstRow, None, None), false),
        (harmless(InjectionKind::Nulls, Some(QuerySelector::Number(2)), None), false),
        (harmless(InjectionKind::Nulls, text("FROM u"), None), false),
        (harmless(InjectionKind::Nulls, None, Some("m")), false),
    ] {
        let report = Report::new(&[case("c", Status::Pass, &with).await], std::slice::from_ref(&declared));
        let expected = if covers {
            Ruling::Harmless { rank: Rank::Unnoticed, reason: "no matter".to_owned() }
        } else {
            Ruling::Survived(Rank::Unnoticed)
        };
        assert_eq!(ruling(&report, InjectionKind::Nulls), &expected, "{declared:?}");
        assert_eq!(report.holds(), covers);
        assert_eq!(report.stale.is_empty(), covers, "{declared:?}");
    }
    let whole = Harmless { injection: InjectionKind::Truncated, ..harmless(InjectionKind::Nulls, None, Some("n")) };
    let truncated = trial(&shape(&Memory::numbers(3)).await, InjectionKind::Truncated, Status::Pass);
    assert!(!whole.covers(&truncated.asked, &truncated.injection), "an answer is no column");
}

#[tokio::test]
async fn an_excuse_for_a_hidden_failure_shows_what_it_hides() {
    let case = case("c", Status::Fail, &[(InjectionKind::EmptyResult, Status::Pass)]).await;
    let report = Report::new(&[case], &[harmless(InjectionKind::EmptyResult, None, None)]);
    let expected = Ruling::Harmless { rank: Rank::HidesFailure, reason: "no matter".to_owned() };
    assert_eq!(ruling(&report, InjectionKind::EmptyResult), &expected);
    assert_eq!(report.rows()[0].ruling, "harmless: hides_failure");
}

#[tokio::test]
async fn declarations_that_excuse_nothing_are_stale() {
    let declared = [
        harmless(InjectionKind::ReorderedRows, None, None),
        harmless(InjectionKind::Truncated, None, None),
        harmless(InjectionKind::Nulls, None, Some("gone")),
        harmless(InjectionKind::ReorderedRows, Some(QuerySelector::Number(1)), None),
        harmless(InjectionKind::DuplicateRows, None, None),
    ];
    let mut case = case("c", Status::Pass, &[(InjectionKind::ReorderedRows, Status::Pass)]).await;
    for trial in &mut case.trials {
        if trial.injection.kind() == InjectionKind::DuplicateRows {
            trial.application = Application::NotReached;
        }
    }
    let report = Report::new(&[case], &declared);
    let stale: Vec<_> = report.stale.iter().map(|stale| (stale.index, stale.because)).collect();
    let (never, nothing) = (StaleBecause::NeverNeeded, StaleBecause::NothingMatches);
    assert_eq!(stale, [(1, never), (2, nothing), (4, nothing)], "two that say the same are both needed");
    assert_eq!(report.stale[1].declaration, declared[2]);
}

#[test]
fn declarations_that_cannot_hold_say_so_all_at_once() {
    let declared = Harmless {
        injection: InjectionKind::Truncated,
        query: Some(QuerySelector::Number(0)),
        column: Some("c".to_owned()),
        reason: " ".to_owned(),
    };
    let not_of_column = InvalidHarmless::NotOfColumn { injection: InjectionKind::Truncated };
    assert_eq!(declared.problems(), [InvalidHarmless::QueryZero, not_of_column.clone(), InvalidHarmless::NoReason]);
    assert_eq!(not_of_column.to_string(), "`column`: `truncated` is not done to a column");
    assert!(not_of_column.hint().contains("`changed_type`"), "{}", not_of_column.hint());
    let declared = harmless(InjectionKind::Nulls, Some(QuerySelector::Sql(" ".to_owned())), Some(""));
    assert_eq!(declared.problems(), [InvalidHarmless::EmptyQuery, InvalidHarmless::EmptyColumn]);
    assert_eq!(harmless(InjectionKind::Nulls, Some(QuerySelector::Number(1)), Some("c")).problems(), []);
}

#[test]
fn declarations_are_read_as_the_manifest_has_them() {
    #[derive(serde::Deserialize)]
    struct Manifest {
        harmless: Vec<Harmless>,
    }
    let read = |text: &str| toml::from_str::<Manifest>(text).map(|manifest| manifest.harmless);
    let text = "[[harmless]]\ninjection = \"nulls\"\nquery = 2\ncolumn = \"c\"\nreason = \"no matter\"\n\
                [[harmless]]\ninjection = \"reordered_rows\"\nquery = \"GROUP BY\"\nreason = \"no matter\"\n";
    let expected = [
        harmless(InjectionKind::Nulls, Some(QuerySelector::Number(2)), Some("c")),
        harmless(InjectionKind::ReorderedRows, Some(QuerySelector::Sql("GROUP BY".to_owned())), None),
    ];
    assert_eq!(read(text).unwrap(), expected);
    assert!(read("[[harmless]]\ninjection = \"nul\"\nreason = \"\"").is_err());
    assert!(read("[[harmless]]\ninjection = \"nulls\"\nreason = \"\"\ncolum = \"c\"").is_err());
}

#[tokio::test]
async fn a_check_that_asks_again_has_recovered() {
    let judged = async |kind, plain, with, answered_again, asks: u32| {
        let mut case = case("c", plain, &[(kind, with)]).await;
        for trial in case.trials.iter_mut().filter(|trial| trial.injection.kind() == kind) {
            trial.answered_again = answered_again;
        }
        let later = (1..asks).map(|number| {
            let mut shape = case.shapes[0].clone();
            shape.asked.number += number;
            shape
        });
        let later: Vec<_> = later.collect();
        case.shapes.extend(later);
        ruling(&Report::new(&[case], &[]), kind).clone()
    };
    let (pass, fail) = (Status::Pass, Status::Fail);
    let unnoticed = Ruling::Survived(Rank::Unnoticed);
    for kind in InjectionKind::ALL {
        let expected = if kind.is_told() { Ruling::Recovered } else { unnoticed.clone() };
        if kind != InjectionKind::Nan && kind != InjectionKind::Infinity && kind != InjectionKind::NegativeInfinity {
            assert_eq!(judged(kind, pass, pass, 1, 1).await, expected, "{kind}");
        }
    }
    let retryable = InjectionKind::ErrorRetryable;
    assert_eq!(judged(retryable, pass, pass, 0, 1).await, unnoticed, "it never asked again");
    assert_eq!(judged(retryable, pass, pass, 1, 2).await, unnoticed, "it asks twice anyway");
    assert_eq!(judged(retryable, pass, pass, 2, 2).await, Ruling::Recovered);
    assert_eq!(judged(retryable, fail, pass, 1, 1).await, Ruling::Survived(Rank::HidesFailure), "it says otherwise");
    assert_eq!(judged(retryable, fail, fail, 1, 1).await, Ruling::Caught);
}

#[tokio::test]
async fn what_was_not_applied_has_not_survived() {
    for (application, holds) in [
        (Application::Applied, false),
        (Application::NotReached, true),
        (Application::NothingToChange, true),
        (Application::NotAsked, false),
        (Application::AskedOtherwise, false),
        (Application::TooLong, false),
    ] {
        let mut case = case("c", Status::Pass, &[(InjectionKind::Truncated, Status::Pass)]).await;
        for trial in case.trials.iter_mut().filter(|trial| trial.injection.kind() == InjectionKind::Truncated) {
            trial.application = application;
        }
        let report = Report::new(&[case], &[]);
        let expected = match application {
            Application::Applied => Ruling::Survived(Rank::Unnoticed),
            _ => Ruling::NotApplied(application),
        };
        assert_eq!(ruling(&report, InjectionKind::Truncated), &expected);
        assert_eq!(report.holds(), holds, "{application:?}");
    }
}

#[tokio::test]
async fn cases_that_cannot_be_audited_are_told() {
    let mut broken = case("broken", Status::Error, &[]).await;
    broken.trials.clear();
    let silent = |status| AuditedCase {
        name: "silent".to_owned(),
        plain: ended(status),
        shapes: Vec::new(),
        trials: Vec::new(),
    };
    let good = case("good", Status::Pass, &[]).await;
    let report = Report::new(&[broken.clone(), silent(Status::Skip), good.clone()], &[]);
    let expected = [
        Unaudited::PlainError { case: "broken".to_owned(), ended: ended(Status::Error) },
        Unaudited::AskedNothing { case: "silent".to_owned(), ended: ended(Status::Skip) },
    ];
    assert_eq!(report.unaudited, expected);
    assert!(report.untried.is_empty(), "nothing can be tried on what is broken");
    assert!(report.holds());
    assert!(!Report::new(&[silent(Status::Pass), good], &[]).holds(), "a pass that rests on nothing");
    assert!(!Report::new(&[broken], &[]).holds(), "nothing was tried at all");
    assert!(!Report::new(&[], &[]).holds());
}

#[tokio::test]
async fn what_was_not_tried_is_told() {
    let mut case = case("c", Status::Pass, &[]).await;
    case.trials.retain(|trial| trial.injection.kind() != InjectionKind::ChangedType);
    let report = Report::new(&[case], &[]);
    let untried: Vec<_> = report.untried.iter().map(|untried| untried.injection.to_string()).collect();
    assert_eq!(untried, ["changed_type(n)"]);
    assert!(!report.holds());
}

#[tokio::test]
async fn outcomes_that_no_case_reaches_are_told() {
    let cases = [case("good", Status::Pass, &[]).await, case("bad", Status::Fail, &[]).await];
    assert_eq!(Report::new(&cases, &[]).unreached, [Status::Warn, Status::Skip]);
    assert_eq!(Report::new(&cases[..1], &[]).unreached, [Status::Warn, Status::Fail, Status::Skip]);
}

#[tokio::test]
async fn queries_that_no_case_gives_rows_are_told() {
    let mut without = case("a", Status::Pass, &[]).await;
    without.shapes = vec![shape(&Memory::numbers(0)).await];
    let again = AuditedCase { name: "b".to_owned(), ..without.clone() };
    let asked = without.shapes[0].asked.clone();
    assert_eq!(Report::new(&[without.clone(), again], &[]).without_rows, [asked], "each once");
    let with = case("c", Status::Pass, &[]).await;
    assert_eq!(Report::new(&[without.clone(), with], &[]).without_rows, []);
    without.shapes[0].answer = Answer::Estimate;
    assert_eq!(Report::new(&[without], &[]).without_rows, [], "an estimate has none anyway");
}

#[tokio::test]
async fn a_report_is_rows_for_people_and_json_for_machines() {
    let case = case("bad day", Status::Fail, &[(InjectionKind::NullFirstRow, Status::Pass)]).await;
    let report = Report::new(&[case], &[harmless(InjectionKind::Infinity, None, None)]);
    let rows = report.rows();
    assert_eq!(
        rows[0].cells(),
        ["bad day", "1", "null_first_row(n)", "fail → pass", "survived: hides_failure", "said pass"]
    );
    assert_eq!(
        rows[1].cells(),
        ["bad day", "1", "error_retryable", "fail → error (query_failed)", "caught", "said error"]
    );
    let view = serde_json::to_value(report.view()).unwrap();
    assert_eq!(
        view["outcomes"][0],
        serde_json::json!({
            "case": "bad day", "query": { "number": 1, "source": "s", "sql": SQL },
            "injection": "null_first_row", "column": "n", "plain": "fail", "status": "pass", "reason": null,
            "message": "said pass", "application": "applied", "ruling": "survived", "rank": "hides_failure",
            "harmless_because": null,
        })
    );
    assert_eq!(
        view["stale"],
        serde_json::json!([
            { "index": 0, "injection": "infinity", "reason": "no matter", "because": "nothing_matches" }
        ])
    );
    assert_eq!(view["unreached"], serde_json::json!(["pass", "warn", "skip"]));
    assert_eq!((&view["holds"], &view["counts"]["hides_failure"]), (&false.into(), &1.into()));
    assert_eq!(view["outcomes"].as_array().unwrap().len(), rows.len());
}

#[test]
fn an_end_is_taken_from_a_conclusion() {
    let verdict = Verdict { outcome: Outcome::Pass, summary: "all is well".to_owned(), examined: Some(0) };
    let returned = crate::model::Ending::Returned(verdict);
    let conclusion: Conclusion = conclude(returned, &[], 0, &[], Severity::High);
    let message = "passed on 0 rows: all is well".to_owned();
    let expected = Ended { status: Status::Error, reason: Some(Reason::CheckError), message };
    assert_eq!(Ended::from(&conclusion), expected);
}

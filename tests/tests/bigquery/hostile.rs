//! A check that means harm.

use assay::model::ProblemCode;
use serde_json::json;

use super::fake::{Call, Fake, ask, table};

/// The gate before any request is the protection: an emulator was seen to carry out a script in a dry run.
#[tokio::test]
async fn what_is_no_single_select_is_never_sent() {
    let fake = Fake::start().await;
    let mut check = fake.check(&[]).await;
    for sql in [
        "SELECT 1; DROP TABLE t",
        "DROP TABLE t",
        "INSERT INTO t (n) VALUES (1)",
        "DELETE FROM t WHERE true",
        "MERGE t USING t u ON false WHEN NOT MATCHED THEN INSERT ROW",
        "CREATE TEMP TABLE x AS SELECT 1",
        "CREATE TEMP FUNCTION f() AS (1); SELECT f()",
        "BEGIN SELECT 1; END",
        "DECLARE x INT64 DEFAULT 1",
        "EXECUTE IMMEDIATE 'DROP TABLE t'",
        "CALL ds.p()",
        "EXPORT DATA OPTIONS(uri='gs://b/*') AS SELECT n FROM t",
        "SELECT * FROM EXTERNAL_QUERY('c', 'SELECT 1')",
        "SELECT n FROM t FOR UPDATE",
        "SELECT n INTO x FROM t",
        "GRANT `roles/bigquery.dataViewer` ON TABLE t TO 'user:x@example.com'",
        "ASSERT (SELECT true)",
        "LOAD DATA INTO t FROM FILES (format = 'CSV', uris = ['gs://b/x'])",
    ] {
        assert!(ask(&mut check, sql, Vec::new()).await.is_err(), "{sql}");
    }
    assert_eq!(fake.calls(), []);
}

#[tokio::test]
async fn what_is_not_granted_is_never_sent() {
    let fake = Fake::start().await;
    let mut check = fake.check(&[]).await;
    for sql in [
        "SELECT n FROM secret.t",
        "SELECT n FROM `jobs-project.secret.t`",
        "SELECT n FROM `other-project.ds.t`",
        "SELECT n FROM t WHERE n IN (SELECT n FROM secret.t)",
        "SELECT n FROM t UNION ALL SELECT n FROM secret.t",
        "WITH x AS (SELECT n FROM secret.t) SELECT n FROM x",
        "SELECT (SELECT max(n) FROM secret.t)",
        "SELECT n FROM ds.INFORMATION_SCHEMA.TABLES",
        "SELECT n FROM `region-eu`.INFORMATION_SCHEMA.JOBS",
    ] {
        let problem = ask(&mut check, sql, Vec::new()).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::Denied, "{sql}: {problem}");
    }
    assert_eq!(fake.calls(), []);
}

/// All spellings of a granted table are it.
#[tokio::test]
async fn a_granted_table_may_be_spelled_in_three_ways() {
    let fake = Fake::start().await;
    for sql in ["SELECT n FROM t", "SELECT n FROM ds.t", "SELECT n FROM `jobs-project.ds.t`"] {
        let mut check = fake.check(&[]).await;
        let problem = ask(&mut check, sql, Vec::new()).await.err();
        // The same request of the same attempt as another query: the job of the first is not taken for it.
        assert!(problem.is_none_or(|problem| problem.message.contains("another job has the name")), "{sql}");
    }
    assert_eq!(fake.asked(Call::DryRun).len(), 3);
}

/// <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobStatistics2>: `statementType`.
#[tokio::test]
async fn what_bigquery_does_not_take_for_a_select_is_not_run() {
    for statement_type in ["SCRIPT", "CREATE_TABLE_AS_SELECT", "INSERT", "CALL", "", "select"] {
        let fake = Fake::start().await;
        fake.knows().statement_type = statement_type;
        let problem = ask(&mut fake.check(&[]).await, "SELECT n FROM t", Vec::new()).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::NotReadOnly, "{statement_type}");
        assert_eq!(fake.calls(), [Call::DryRun], "{statement_type}");
    }
}

/// A function of the warehouse may read what it likes: BigQuery says so before it is run.
#[tokio::test]
async fn a_table_that_is_read_and_not_named_is_denied() {
    let fake = Fake::start().await;
    fake.knows().referenced = vec![table("ds", "t"), table("secret", "salaries")];
    let problem = ask(&mut fake.check(&[]).await, "SELECT n FROM t", Vec::new()).await.unwrap_err();
    assert_eq!(problem.code, ProblemCode::Denied);
    assert!(problem.message.contains("`secret.salaries`"), "{problem}");
    assert_eq!(fake.calls(), [Call::DryRun, Call::Table]);
}

#[tokio::test]
async fn more_tables_than_bigquery_lists_are_refused() {
    let fake = Fake::start().await;
    fake.knows().referenced = vec![table("ds", "t"); 50];
    let problem = ask(&mut fake.check(&[]).await, "SELECT n FROM t", Vec::new()).await.unwrap_err();
    assert_eq!((problem.code, fake.calls()), (ProblemCode::UnsupportedSql, vec![Call::DryRun]));
}

#[tokio::test]
async fn what_a_granted_view_reads_is_read() {
    let fake = Fake::start().await;
    fake.knows().referenced = vec![table("raw", "inner_view"), table("raw", "base")];
    fake.knows().views = [
        ("t".to_owned(), "SELECT * FROM `jobs-project.raw.inner_view`".to_owned()),
        ("inner_view".to_owned(), "SELECT n FROM raw.base".to_owned()),
    ]
    .into();
    ask(&mut fake.check(&[]).await, "SELECT n FROM t", Vec::new()).await.unwrap();

    let fake = Fake::start().await;
    fake.knows().referenced = vec![table("raw", "inner_view"), table("raw", "other")];
    fake.knows().views = [
        ("t".to_owned(), "SELECT * FROM `jobs-project.raw.inner_view`".to_owned()),
        ("inner_view".to_owned(), "SELECT n FROM raw.another".to_owned()),
    ]
    .into();
    let problem = ask(&mut fake.check(&[]).await, "SELECT n FROM t", Vec::new()).await.unwrap_err();
    assert!(problem.message.contains("`raw.other`"), "{problem}");
}

#[tokio::test]
async fn what_cannot_be_delivered_is_refused_by_name_before_it_is_paid_for() {
    for (field, said) in [
        (json!({ "name": "x", "type": "FOREIGN" }), "`x` is of the type FOREIGN"),
        (
            json!({ "name": "x", "type": "TIMESTAMP", "timestampPrecision": "12" }),
            "`x` is a TIMESTAMP of more than 6 digits",
        ),
        (
            json!({ "name": "s", "type": "RECORD", "fields": [{ "name": "inner", "type": "NOVEL" }] }),
            "`inner` is of the type NOVEL",
        ),
    ] {
        let fake = Fake::start().await;
        fake.knows().schema = json!({ "fields": [field] });
        let problem = ask(&mut fake.check(&[]).await, "SELECT n FROM t", Vec::new()).await.unwrap_err();
        assert_eq!(problem.code, ProblemCode::UnsupportedSql);
        assert!(problem.message.contains(said), "{problem}");
        assert_eq!(fake.calls(), [Call::DryRun]);
    }
}

//! GitHub: our requests follow its published schema.

use assay::notify::receiver::{GitHub, Receiver, ReceiverKind};
use assay::notify::{Content, Receipt, SecretRef};
use serde_json::{Value, json};

use crate::messages::{firing, message, repeated, resolved};
use crate::server::{Server, deliver, later, opened, receipt, refused};

fn repository(server: &Server, token: &str) -> Receiver {
    let token = SecretRef::Env(token.to_owned());
    let labels = vec!["assay".to_owned(), "data".to_owned()];
    let (owner, repository) = ("example".to_owned(), "data".to_owned());
    let api = server.url("");
    Receiver::new("team", ReceiverKind::GitHub(GitHub { owner, repository, token, labels, api }))
}

/// What was changed: the methods and paths.
fn changes(server: &Server) -> Vec<String> {
    let changes = server.records().into_iter().filter(|record| record["method"] != "GET");
    changes
        .map(|record| format!("{} {}", record["method"].as_str().unwrap(), record["path"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn an_issue_is_made_commented_on_and_closed() {
    let server = Server::start("github");
    let github = opened(&repository(&server, "GITHUB"));
    let issue = receipt(deliver(&github, &message(1, firing()), None).await).unwrap();
    assert_eq!(issue.as_str(), "1");
    receipt(deliver(&github, &message(2, repeated()), Some(&issue)).await);
    receipt(deliver(&github, &message(3, resolved()), Some(&issue)).await);
    let issues = "/repos/example/data/issues";
    assert_eq!(
        changes(&server),
        [
            format!("POST {issues}"),
            format!("POST {issues}/1/comments"),
            format!("POST {issues}/1/comments"),
            format!("PATCH {issues}/1"),
        ]
    );
    let closed: Value = serde_json::from_str(server.records().last().unwrap()["body"].as_str().unwrap()).unwrap();
    assert_eq!(closed, json!({ "state": "closed", "state_reason": "completed" }));
    server.transcribe();
}

#[tokio::test]
async fn what_was_done_before_an_answer_was_lost_is_not_done_again() {
    let server = Server::start("github");
    let github = opened(&repository(&server, "GITHUB"));
    let first = message(1, firing());
    let made = receipt(deliver(&github, &first, None).await);
    assert_eq!(receipt(deliver(&github, &first, None).await), made, "the issue is found by its marker");
    let second = message(2, repeated());
    for _ in 0..2 {
        receipt(deliver(&github, &second, made.as_ref()).await);
        receipt(deliver(&github, &second, None).await);
    }
    assert_eq!(changes(&server).len(), 2, "one issue and one comment: {:?}", changes(&server));
    // It is over, and the issue is closed; told once more, nothing is left to close.
    let end = message(3, resolved());
    receipt(deliver(&github, &end, None).await);
    assert_eq!(receipt(deliver(&github, &end, None).await), None);
    assert_eq!(changes(&server).len(), 4, "{:?}", changes(&server));
    // The next incident is another issue.
    assert_eq!(receipt(deliver(&github, &message(4, firing()), None).await), Some(Receipt::new("2")));
}

#[tokio::test]
async fn an_issue_that_is_gone_is_made_anew_and_a_test_leaves_none_open() {
    let server = Server::start("github");
    let github = opened(&repository(&server, "GITHUB"));
    let gone = Receipt::new("99");
    assert_eq!(receipt(deliver(&github, &message(1, firing()), Some(&gone)).await), Some(Receipt::new("1")));
    receipt(deliver(&github, &message(2, Content::Test { by: None }), None).await);
    assert_eq!(changes(&server).last().unwrap(), "PATCH /repos/example/data/issues/2");
}

#[tokio::test]
async fn a_limit_is_waited_for_and_a_wrong_token_is_not() {
    let mut server = Server::start("github");
    let message = message(1, firing());
    let wrong = opened(&repository(&server, "WRONG"));
    let error = refused(deliver(&wrong, &message, None).await);
    assert!(error.starts_with("the answer is 401 Unauthorized: "), "{error}");
    let github = opened(&repository(&server, "GITHUB"));
    let reset = crate::messages::now().as_second() + 90;
    for (status, headers, most) in [
        (403, json!({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset.to_string() }), 90),
        (403, json!({ "retry-after": "60" }), 60),
        (429, json!({ "retry-after": "60" }), 60),
    ] {
        server.answer_next(&json!({ "status": status, "headers": headers, "body": "{}" }));
        let (after, error) = later(deliver(&github, &message, None).await);
        assert!(after.is_some_and(|after| (most - 5..=most).contains(&after)), "{after:?}");
        assert_eq!(error, "GitHub's rate limit is used up");
    }
    server.answer_next(&json!({ "status": 403, "body": "{}" }));
    assert_eq!(refused(deliver(&github, &message, None).await), "the answer is 403 Forbidden: {}");
}

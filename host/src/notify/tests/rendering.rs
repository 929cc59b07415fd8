//! What receivers are told.

use serde_json::Value;

use super::{alert, before, digest, firing, group, json, message, opened, receivers, rendered, resolved};
use crate::model::{AlertKind, NoticeKind, Phase, Severity};
use crate::notify::{Alert, Content, Turn};

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

fn text(content: Content) -> String {
    json("webhook", content)["data"]["commonAnnotations"]["description"].as_str().unwrap().to_owned()
}

fn title(content: Content) -> String {
    json("webhook", content)["data"]["commonAnnotations"]["summary"].as_str().unwrap().to_owned()
}

#[test]
fn the_text_shows_what_one_needs_to_act() {
    insta::assert_snapshot!(text(firing()));
}

#[test]
fn the_end_is_told_in_few_words() {
    insta::assert_snapshot!(text(resolved()));
}

#[test]
fn a_digest_tells_how_it_stands() {
    insta::assert_snapshot!(text(digest()));
}

#[test]
fn a_message_is_headed_by_what_happened() {
    let named = |kind, alert| title(group(kind, vec![alert]));
    assert_eq!(named(NoticeKind::Open, alert("a")), "Firing (high): a: 12 of 1,200 orders have no price");
    let worse = Alert { severity: Severity::Critical, ..alert("a") };
    assert_eq!(named(NoticeKind::Escalate, worse.clone()), "Escalated (critical): a: 12 of 1,200 orders have no price");
    let all = vec![worse, alert("b"), alert("c")];
    assert_eq!(
        title(group(NoticeKind::Repeat, all)),
        "Still firing (critical): 3 alerts, owner shop-team: a and 2 more"
    );
    assert_eq!(title(Content::Test { by: None }), "Test of the receiver team");
    assert_eq!(
        title(digest()),
        "Digest daily: 1 failed, 1 without an answer, 2 warned, 70 passed; 1 new, 1 still firing, 0 resolved"
    );
}

#[test]
fn what_silences_an_alert_is_safe_to_paste() {
    let mut part = alert("shop/orders");
    part.labels.segment = Some("$(reboot); 'x".to_owned());
    let shown = json("webhook", group(NoticeKind::Open, vec![part, alert("shop/orders")]));
    let silence = |nth: usize| shown["data"]["alerts"][nth]["annotations"]["silence"].as_str().unwrap().to_owned();
    for nth in 0..2 {
        assert_eq!(silence(nth), format!("assay alerts silence {} --for 4h -m WHY", alert("a").id));
    }
    assert_eq!(shown["data"]["alerts"][1]["annotations"]["acknowledge"], format!("assay alerts ack {}", alert("a").id));
}

#[test]
fn slack_gets_blocks() {
    insta::assert_snapshot!(pretty(&json("slack", firing())));
}

#[test]
fn an_incoming_webhook_of_slack_gets_what_it_understands() {
    let hook = opened(&receivers()[1]).render(&message(firing()));
    let body: Value = serde_json::from_str(&hook.body).unwrap();
    for key in ["channel", "metadata", "reply_broadcast"] {
        assert!(body.get(key).is_none(), "{key}");
    }
    assert!(body["blocks"].as_array().is_some_and(|blocks| blocks.len() > 3));
}

#[test]
fn only_news_is_shown_to_all_in_the_channel() {
    for (kind, shown) in
        [(NoticeKind::Open, true), (NoticeKind::Escalate, true), (NoticeKind::Repeat, false), (NoticeKind::Ack, false)]
    {
        let body = json("slack", group(kind, vec![alert("a")]));
        assert_eq!(body.get("reply_broadcast").is_some(), shown, "{kind}");
    }
}

#[test]
fn slack_gets_no_more_blocks_than_it_takes() {
    let many: Vec<_> = (0..200).map(|nth| alert(&format!("check-{nth}"))).collect();
    let body = json("slack", group(NoticeKind::Open, many));
    let blocks = body["blocks"].as_array().unwrap();
    assert!(blocks.len() <= 50, "{}", blocks.len());
    let last = blocks.last().unwrap()["elements"][0]["text"].as_str().unwrap();
    assert!(last.starts_with("Not shown: 189;") && last.ends_with("Open in this group: 200."), "{last}");
}

#[test]
fn pagerduty_gets_an_event_of_the_right_kind() {
    insta::assert_snapshot!(pretty(&json("pagerduty", firing())));
    let action = |content| json("pagerduty", content)["event_action"].clone();
    assert_eq!(action(resolved()), "resolve");
    let acked = Alert { phase: Phase::Acked, acked: Some(("ann".to_owned(), None)), ..alert("a") };
    assert_eq!(action(group(NoticeKind::Ack, vec![acked.clone()])), "acknowledge");
    // One that nobody looks after is open too.
    let Content::Alerts(mut both) = group(NoticeKind::Ack, vec![acked]) else { panic!("alerts") };
    both.open = 2;
    assert_eq!(action(Content::Alerts(both)), "trigger");
    // What asks nobody to do anything is a change event.
    assert_eq!(action(digest()), Value::Null);
}

#[test]
fn pagerduty_has_words_of_its_own_for_severities() {
    let word = |severity| {
        let alert = Alert { severity, ..alert("a") };
        json("pagerduty", group(NoticeKind::Open, vec![alert]))["payload"]["severity"].clone()
    };
    assert_eq!(Severity::ALL.map(word), ["critical", "error", "warning", "info"]);
}

#[test]
fn alertmanager_gets_each_alert_with_its_own_labels_and_an_end() {
    insta::assert_snapshot!(pretty(&json("alertmanager", firing())));
    let ended = json("alertmanager", resolved());
    assert_eq!(ended[0]["endsAt"], "2026-11-29T08:10:00.000Z");
    assert_eq!(ended.as_array().unwrap().len(), 1);
}

#[test]
fn an_alert_that_became_worse_ends_as_it_was_for_alertmanager() {
    let worse = Alert { severity: Severity::Critical, ..alert("a") };
    let Content::Alerts(mut group) = group(NoticeKind::Escalate, vec![worse]) else { panic!("alerts") };
    group.notices[0].told = Some(Severity::High);
    let body = json("alertmanager", Content::Alerts(group));
    let shown = |nth: usize| (&body[nth]["labels"]["severity"], &body[nth]["endsAt"]);
    assert_eq!(shown(0), (&"critical".into(), &"2026-12-07T08:15:00.000Z".into()));
    assert_eq!(shown(1), (&"high".into(), &"2026-11-29T08:15:00.000Z".into()));
}

#[test]
fn an_alert_that_ends_before_it_begins_ends_as_it_begins() {
    let odd = Alert { phase: Phase::Resolved, ended_at: Some(before(300)), ..alert("a") };
    let body = json("alertmanager", group(NoticeKind::Resolved, vec![odd]));
    assert_eq!(body[0]["startsAt"], body[0]["endsAt"]);
}

#[test]
fn a_webhook_gets_a_cloud_event() {
    let mut event = json("webhook", firing());
    // The text has a test of its own.
    event["data"]["commonAnnotations"]["description"] = "…".into();
    insta::assert_snapshot!(pretty(&event));
    let kind = |content| json("webhook", content)["type"].clone();
    assert_eq!(kind(resolved()), "io.assay.alert.resolved");
    assert_eq!(kind(digest()), "io.assay.digest");
    assert_eq!(kind(Content::Test { by: None }), "io.assay.test");
}

#[test]
fn programs_get_more_alerts_than_people_and_alertmanager_all_of_them() {
    let many: Vec<_> = (0..150).map(|nth| alert(&format!("check-{nth}"))).collect();
    let content = group(NoticeKind::Open, many);
    let event = json("webhook", content.clone());
    assert_eq!(event["data"]["alerts"].as_array().unwrap().len(), 100);
    assert_eq!(event["data"]["truncatedAlerts"], 50);
    assert_eq!(json("alertmanager", content.clone()).as_array().unwrap().len(), 150);
    assert!(text(content).contains("Not listed: 130; `assay alerts ls` lists them."));
}

#[test]
fn github_gets_an_issue_and_a_comment() {
    let kept = json("github", firing());
    insta::assert_snapshot!(kept["issue"]["body"].as_str().unwrap());
    assert_eq!(kept["issue"]["title"], "Firing (high): shop/orders: 12 of 1,200 orders have no price");
    assert_eq!(kept["issue"]["labels"], serde_json::json!(["assay"]));
    assert_eq!(kept["close"], false);
    assert_eq!(json("github", resolved())["close"], true);
    assert_eq!(json("github", Content::Test { by: None })["close"], true);
    assert_eq!(json("github", digest())["close"], false);
}

#[test]
fn mail_is_whole_and_the_same_each_time() {
    let mail = rendered("email", firing());
    assert_eq!(mail, rendered("email", firing()));
    insta::assert_snapshot!(mail.body.split("\r\n\r\n").next().unwrap().replace('\r', ""));
    insta::assert_snapshot!("mail_of_a_digest", rendered("email", digest()).body.replace('\r', ""));
}

#[test]
fn what_is_made_is_the_same_each_time() {
    for receiver in receivers() {
        let opened = opened(&receiver);
        for content in [firing(), resolved(), digest(), Content::Test { by: None }] {
            let message = message(content);
            assert_eq!(opened.render(&message), opened.render(&message));
        }
    }
}

#[test]
fn a_thread_goes_on_until_all_is_well() {
    assert_eq!(message(firing()).turn(), Turn::Goes);
    assert_eq!(message(resolved()).turn(), Turn::Ends);
    assert_eq!(message(digest()).turn(), Turn::Alone);
    let Content::Alerts(mut group) = resolved() else { panic!("alerts") };
    group.open = 1;
    assert_eq!(message(Content::Alerts(group)).turn(), Turn::Goes);
}

#[test]
fn each_kind_of_alert_says_what_it_is() {
    let said = AlertKind::ALL.map(|kind| {
        let mut alert = alert("a");
        alert.labels.kind = kind;
        text(group(NoticeKind::Open, vec![alert])).lines().nth(1).unwrap().trim().to_owned()
    });
    let summary = "12 of 1,200 orders have no price";
    assert_eq!(
        said,
        [
            format!("the data is not as it must be: {summary}"),
            format!("the check could not say: {summary}"),
            format!("the check was not applicable for too long: {summary}"),
            format!("the check did not run when it was due: {summary}"),
        ]
    );
}

//! What comes from data does nothing, wherever it arrives.

use serde_json::Value;

use super::{alert, finding, group, json, message, opened, receivers, rendered};
use crate::model::{Attribute, Cell, Measure, NoticeKind, Severity, Subject};
use crate::notify::inert::inert;
use crate::notify::{Alert, Content};

/// Markup of all kinds, mentions, and ends of what may be open.
const MARKUP: &str = "<!channel> <@U024BE7LH> @here @everyone @octocat #1 GH-7 octo/repo#9 https://evil.example www.evil.example \
    <script>alert(1)</script> <img src=x onerror=alert(1)> --> ]]> &lt; *b* _i_ ~s~ `code` ` @inside ` `` #2 `` ``` [a](javascript:x) | \" ' \\ {{ 7*7 }} {% raw %} $(reboot)";
/// What is not seen, or turns text around.
const HIDDEN: &str = "a\u{202e}txt.exe\u{2066}b\u{200b}c\u{0}d\u{1b}[2Je\u{7f}f\u{85}g\u{2028}h\u{feff}i\u{e0041}j\r\nBcc: x@example.org\nSubject: y\tz";

fn hostile() -> Content {
    let text = format!("{MARKUP} {HIDDEN}");
    let some = || Some(text.clone());
    let mut alert = alert("shop/orders");
    alert.labels.segment = some();
    alert.labels.owner = some();
    alert.labels.tags = vec![text.clone()];
    alert.labels.sources = vec![text.clone()];
    alert.labels.schedule = some();
    let mut draft = finding();
    draft.code = text.clone();
    draft.message = text.clone();
    draft.subject = Subject { source: some(), table: some(), column: some(), date: some(), partition: some() };
    draft.observed = Some(Measure::Text(text.clone()));
    draft.expected = Some(Measure::Text(text.clone()));
    draft.unit = some();
    draft.remediation = some();
    draft.samples = vec![vec![Cell { name: text.clone(), value: some() }]];
    draft.attributes = vec![Attribute { key: text.clone(), value: text.clone() }];
    let alert = Alert {
        summary: text.clone(),
        plugin: text.clone(),
        fingerprint: text.clone(),
        run_id: some(),
        runbook: some(),
        acked: Some((text.clone(), None)),
        findings: vec![draft.under(Severity::High)],
        ..alert
    };
    let Content::Alerts(mut group) = group(NoticeKind::Open, vec![alert]) else { panic!("alerts") };
    group.labels = vec![(text.clone(), text.clone())];
    group.dedup_key = text;
    Content::Alerts(group)
}

fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\r')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2028}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// All texts of a document, with the names of their places.
fn texts(value: &Value, at: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((at.to_owned(), text.clone())),
        Value::Array(all) => all.iter().for_each(|value| texts(value, at, found)),
        Value::Object(all) => all.iter().for_each(|(name, value)| {
            found.push((format!("{at}/"), name.clone()));
            texts(value, &format!("{at}/{name}"), found);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn all_texts(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    texts(value, "", &mut found);
    found
}

#[test]
fn what_is_hidden_is_made_visible_everywhere() {
    for receiver in receivers() {
        let body = opened(&receiver).render(&message(hostile())).body;
        let texts = match serde_json::from_str::<Value>(&body) {
            Ok(value) => all_texts(&value),
            Err(_) => vec![(String::new(), body)],
        };
        for (at, text) in texts {
            let hidden = text.chars().find(|c| is_hidden(*c));
            assert_eq!(hidden, None, "{} {at}: {text:?}", receiver.kind);
        }
    }
}

#[test]
fn nothing_in_slack_is_a_mention_a_link_or_the_end_of_code() {
    let body = json("slack", hostile());
    for (at, text) in all_texts(&body) {
        if at.starts_with("/metadata") || text.is_empty() {
            continue;
        }
        // The title of the list and plain texts are shown as they are; `<` would be a link in the rest.
        let is_plain = at == "/blocks/text/text" && !text.contains("verbatim");
        let links: Vec<&str> = text.split('<').skip(1).collect();
        if at == "/text" || at.contains("elements") {
            assert!(links.iter().all(|link| link.starts_with("https://assay.example.org/")), "{at}: {text}");
        }
        assert!(is_plain || !text.contains("<!channel>"), "{at}: {text}");
    }
    for block in body["blocks"].as_array().unwrap() {
        for text in [&block["text"], &block["elements"][0]] {
            let shown = text["text"].as_str().unwrap_or_default();
            match text["type"].as_str() {
                Some("plain_text") => assert_eq!(text["emoji"], false),
                Some("mrkdwn") => {
                    assert_eq!(text["verbatim"], true);
                    assert!(!shown.contains("<!") && !shown.contains("<@") && !shown.contains("<script"), "{shown}");
                    for line in shown.lines().filter(|line| *line != "```") {
                        assert_eq!(line.matches('`').count() % 2, 0, "code ends where it is to: {line}");
                    }
                }
                _ => {}
            }
            let chars = shown.chars().count();
            assert!(chars <= if block["type"] == "header" { 150 } else { 3_000 }, "{chars}");
        }
    }
    assert_eq!((&body["parse"], &body["link_names"]), (&"none".into(), &false.into()));
}

/// What is left of Markdown without its code: neither a mention nor anything else that acts may be in it.
fn without_code(markdown: &str) -> String {
    let mut left = String::new();
    for line in markdown.lines() {
        // Runs of backticks, and what is between them.
        let mut runs: Vec<String> = Vec::new();
        for c in line.chars() {
            match runs.last_mut() {
                Some(run) if run.ends_with('`') == (c == '`') => run.push(c),
                Some(_) | None => runs.push(c.to_string()),
            }
        }
        let mut runs = runs.into_iter();
        while let Some(run) = runs.next() {
            if run.starts_with('`') {
                assert!(runs.any(|end| end == run), "code without an end: {line}");
            } else {
                left.push_str(&run);
            }
        }
        left.push('\n');
    }
    left
}

#[test]
fn nothing_in_an_issue_is_a_mention_a_link_a_reference_or_html() {
    let kept = json("github", hostile());
    for text in [&kept["issue"]["body"], &kept["comment"]["body"]] {
        let markdown = text.as_str().unwrap();
        let markers = markdown.lines().filter(|line| line.starts_with("<!-- assay ")).count();
        assert_eq!(markdown.matches("<!-- assay").count(), markers, "a marker is a line of its own");
        let outside: String = without_code(
            &markdown.lines().filter(|line| !line.starts_with("<!-- assay ")).collect::<Vec<_>>().join("\n"),
        );
        for word in ["@", "#1", "#2", "GH-7", "evil", "<", "javascript", "octo", "~s~", "{{"] {
            assert!(!outside.contains(word), "{word}: {outside}");
        }
    }
    let marker = kept["marker"].as_str().unwrap();
    assert!(marker.ends_with(" -->") && marker.matches("--").count() == 2, "{marker}");
}

#[test]
fn nothing_in_mail_is_a_header_or_html() {
    let mail = rendered("email", hostile()).body;
    let (headers, body) = mail.split_once("\r\n\r\n").unwrap();
    for name in headers.lines().filter(|line| !line.starts_with(' ')).map(|line| line.split(':').next().unwrap()) {
        let known = ["Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"];
        assert!(known.contains(&name), "{name}");
    }
    let html = body.split("text/html").nth(1).unwrap().replace("=\r\n", "");
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    assert!(html.contains("&lt;script"), "{html}");
}

#[test]
fn labels_for_alertmanager_are_labels() {
    for alert in json("alertmanager", hostile()).as_array().unwrap() {
        for (name, value) in alert["labels"].as_object().unwrap() {
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{name}");
            assert!(!value.as_str().unwrap().is_empty(), "{name}");
        }
    }
}

#[test]
fn a_template_in_data_stays_text() {
    assert!(!rendered("webhook", hostile()).body.contains("49"), "7*7 was not worked out");
}

#[test]
fn very_long_texts_and_many_of_them_stay_within_bounds() {
    let long = "é".repeat(100_000);
    let alerts: Vec<_> = (0..500)
        .map(|nth| {
            let mut alert = alert(&format!("check-{nth}"));
            let mut draft = finding();
            draft.message = long.clone();
            draft.remediation = Some(long.clone());
            let row = || (0..30).map(|_| Cell { name: long.clone(), value: Some(long.clone()) }).collect();
            draft.samples = (0..30).map(|_| row()).take(2).collect();
            alert.summary = long.clone();
            alert.labels.owner = Some(long.clone());
            alert.findings = vec![draft.under(Severity::High)];
            alert
        })
        .take(25)
        .collect();
    let content = group(NoticeKind::Open, alerts);
    for receiver in receivers() {
        let body = opened(&receiver).render(&message(content.clone())).body;
        let limit = match receiver.kind.as_str() {
            "slack" => 50 * 3_000 * 2,
            "pagerduty" => 512 << 10,
            _ => 2 << 20,
        };
        assert!(body.len() < limit, "{}: {} bytes", receiver.kind, body.len());
    }
    let kept = json("github", content.clone());
    assert!(kept["issue"]["body"].as_str().unwrap().chars().count() < 65_536);
    without_code(kept["issue"]["body"].as_str().unwrap());
    let event = json("pagerduty", content.clone());
    assert!(event["payload"]["summary"].as_str().unwrap().chars().count() <= 1_024);
    for block in json("slack", content)["blocks"].as_array().unwrap() {
        for text in [&block["text"]["text"], &block["elements"][0]["text"]] {
            assert!(text.as_str().unwrap_or_default().chars().count() <= 3_000);
        }
    }
}

#[test]
fn text_is_made_inert_and_stays_readable() {
    assert_eq!(inert("  plain, <b> & ünïcödé 日本 👩\u{200d}👧 ", 100), "plain, <b> & ünïcödé 日本 👩\u{200d}👧");
    assert_eq!(inert("a\r\nb\nc\td", 100), "a↵b↵c d");
    assert_eq!(inert("\u{202e}x\u{0}\u{e0041}", 100), "[U+202E]x[U+0000][U+E0041]");
    assert_eq!(inert("abcdef", 6), "abcdef");
    assert_eq!(inert("abcdefg", 6), "abcde…");
    assert_eq!(inert("", 6), "");
}

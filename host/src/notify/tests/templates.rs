//! Templates of the configuration.

use super::{firing, message, opened, receiver, resolved, secrets};
use crate::notify::{Content, Receiver, Rendered};

fn with(kind: &str, name: &str, template: &str, content: Content) -> Result<Rendered, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    fs_err::write(&path, template).unwrap();
    let receiver = Receiver { template: Some(path), ..receiver(kind) };
    let opened = receiver.open(&secrets()).map_err(|error| error.to_string())?;
    Ok(opened.render(&message(content)))
}

const SIMPLE: &str = "{% macro title() %}Mine: {{ receiver }}{% endmacro %}\
    {% if alerts %}{% for n in alerts.notices %}check {{ n.name }} & co\n{% endfor %}{% endif %}";

#[test]
fn a_template_makes_the_text_and_the_title() {
    let body = |kind, name| with(kind, name, SIMPLE, firing()).unwrap().body;
    let event: serde_json::Value = serde_json::from_str(&body("webhook", "t.txt")).unwrap();
    let said = &event["data"]["commonAnnotations"];
    assert_eq!(
        (said["summary"].as_str(), said["description"].as_str()),
        (Some("Mine: team"), Some("check shop/orders & co\n"))
    );
    let issue: serde_json::Value = serde_json::from_str(&body("github", "t.md")).unwrap();
    assert!(issue["issue"]["body"].as_str().unwrap().ends_with("\n\ncheck `shop/orders` & co\n"), "{issue}");
    assert_eq!(issue["issue"]["title"], "Mine: team");
    let posted: serde_json::Value = serde_json::from_str(&body("slack", "t.txt")).unwrap();
    assert_eq!(posted["blocks"][1]["text"]["text"], "check `shop/orders` & co");
    assert!(body("email", "t.txt").replace("=\r\n", "").contains("<pre>check shop&#x2f;orders &amp; co"));
    assert!(body("email", "t.html").contains("\r\ncheck shop&#x2f;orders & co\r\n"));
}

#[test]
fn a_template_that_cannot_work_is_known_at_the_start() {
    for (template, reason) in [
        ("{% if %}", "syntax error"),
        ("{{ alerts.notices[0].nothing.such }}", "undefined value"),
        ("{% for n in alerts.notices %}{% endfor %}{{ digest.name.x.y }}", "undefined value"),
        ("{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}", "fuel"),
        ("{{ 'x' * 900000 }}", "longer than 512 KiB"),
    ] {
        let error = with("webhook", "t.txt", template, firing()).unwrap_err();
        assert!(error.contains("the template ") && error.contains(reason), "{template}: {error}");
    }
    let large = "x".repeat(70_000);
    assert!(with("webhook", "t.txt", &large, firing()).unwrap_err().contains("has more than 64 KiB"));
}

#[test]
fn a_template_that_fails_later_gives_way_and_that_is_said() {
    // No sample has a message with that id.
    let template = "{% if id == '01KB8Q0000000000000000DEMO' %}{{ nothing.such }}{% endif %}";
    for kind in ["slack", "github", "webhook", "email", "pagerduty", "command", "log"] {
        let made = with(kind, "t.txt", template, firing()).unwrap();
        let note = made.note.unwrap();
        assert!(note.starts_with("The text of this message is the usual one, since the template "), "{note}");
        let mail = made.body.replace("=\r\n", "");
        assert!(mail.contains("The text of this message is the usual one"), "{kind}: {mail}");
        assert!(mail.contains("12 of 1,200 orders have no price"), "{kind}: {mail}");
    }
}

#[test]
fn without_a_template_nothing_is_noted() {
    assert_eq!(opened(&receiver("slack")).render(&message(resolved())).note, None);
}

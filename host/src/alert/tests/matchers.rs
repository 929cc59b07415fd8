//! Conditions on labels.

use super::*;

fn matches(text: &str) -> bool {
    let labels =
        Labels { segment: Some("players".to_owned()), ..labels("players/count", Severity::High, Some("data")) };
    text.parse::<Matcher>().unwrap().matches(&labels)
}

#[test]
fn a_condition_is_met_or_not() {
    for (text, expected) in [
        ("check=players/count", true),
        ("check=players", false),
        ("check~\"players/*\"", true),
        ("check~*ers*", true),
        ("check~players", false),
        ("check!~teams/*", true),
        ("check!~players/*", false),
        ("check~{players,teams}/c?unt", true),
        ("severity=high", true),
        ("severity!=high", false),
        ("severity>=high", true),
        ("severity>=critical", false),
        ("severity <= \"high\"", true),
        ("severity<=medium", false),
        ("severity~{high,low}", true),
        ("kind=data", true),
        ("kind!=missing", true),
        ("owner=data", true),
        ("owner!=data", false),
        ("owner=", false),
        ("tag=nba", true),
        ("tag=daily", true),
        ("tag=nfl", false),
        ("tag!=nba", false),
        ("tag!=nfl", true),
        ("tag~n?a", true),
        ("source=warehouse", true),
        ("schedule=morning", true),
        ("segment=players", true),
    ] {
        assert_eq!(matches(text), expected, "{text}");
    }
}

#[test]
fn a_label_that_is_not_there_has_no_value() {
    let none = Labels { tags: Vec::new(), schedule: None, ..labels("c", Severity::Low, None) };
    for (text, expected) in [
        ("owner!=x", true),
        ("owner=x", false),
        ("owner~*", false),
        ("owner!~*", true),
        ("tag!=nba", true),
        ("tag~*", false),
    ] {
        assert_eq!(text.parse::<Matcher>().unwrap().matches(&none), expected, "{text}");
    }
}

#[test]
fn a_condition_reads_as_it_is_written() {
    for text in ["check=a/b", "tag!=nba", "check~\"players/*\"", "owner=\"\"", "owner=\"a = b\"", "severity>=high"] {
        let matcher: Matcher = text.parse().unwrap();
        assert_eq!(matcher.to_string(), text);
        assert_eq!(matcher.to_string().parse(), Ok(matcher));
    }
    assert_eq!("owner = \"x\" ".parse::<Matcher>().map(|m| m.to_string()), Ok("owner=x".to_owned()));
}

#[test]
fn what_is_no_condition_says_why() {
    for (text, expected) in [
        ("severity", "`severity` compares nothing"),
        ("", "`` compares nothing"),
        ("severity>high", "`severity>high` compares nothing"),
        ("team=a", "alerts have no label `team`"),
        ("severity=bad", "`bad` is no severity"),
        ("kind=x", "`x` is no kind"),
        ("owner>=x", "`>=` compares severities only, and `owner` is none"),
    ] {
        let error = text.parse::<Matcher>().expect_err(text);
        assert_eq!(error.to_string(), expected);
        assert!(!error.hint().is_empty());
    }
    let error = "check~[a".parse::<Matcher>().expect_err("[a");
    assert!(matches!(error, InvalidMatcher::Pattern { ref pattern, .. } if pattern == "[a"), "{error:?}");
}

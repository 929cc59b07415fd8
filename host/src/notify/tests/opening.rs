//! What is known before anything is sent.

use std::path::PathBuf;

use super::{opened, receiver, receivers, secrets, token};
use crate::notify::receiver::{
    Address, Alertmanager, Command, Email, GitHub, HOLD, PagerDuty, Receiver, ReceiverKind, Security, Slack, Webhook,
};
use crate::notify::{Fault, SecretRef, Secrets};

fn faults(kind: ReceiverKind) -> Vec<String> {
    let error = Receiver::new("team", kind).open(&secrets()).unwrap_err();
    assert!(error.faults.iter().all(|fault| !fault.hint().is_empty()));
    error.faults.iter().map(ToString::to_string).collect()
}

fn missing() -> SecretRef {
    SecretRef::Env("MISSING".to_owned())
}

#[test]
fn receivers_of_each_kind_can_be_made_ready() {
    for receiver in receivers() {
        assert_eq!(opened(&receiver).receiver(), &receiver);
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let webhook = Webhook {
        url: Address::Open("ftp://example.org".to_owned()),
        signing: Some(missing()),
        headers: vec![("not a header".to_owned(), token()), ("Webhook-Id".to_owned(), token())],
    };
    let receiver =
        Receiver { template: Some("/no/such".into()), ..Receiver::new("team", ReceiverKind::Webhook(webhook)) };
    let error = receiver.open(&secrets()).unwrap_err();
    let faults: Vec<_> = error.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        faults[..4],
        [
            "the address of the webhook is not usable: it does not begin with `https://` or `http://`",
            "the environment variable MISSING is not set",
            "the header `not a header` cannot be sent: it is not the name of a header",
            "the header `Webhook-Id` cannot be sent: assay sends its own",
        ]
    );
    assert!(faults[4].starts_with("the template /no/such cannot be read: "), "{faults:?}");
    assert!(error.to_string().starts_with("the receiver `team` is not ready: the address"), "{error}");
}

#[test]
fn a_missing_secret_is_known_at_the_start() {
    let slack = Slack::Bot { token: missing(), channel: "C1".to_owned(), api: Slack::API.to_owned() };
    assert_eq!(faults(ReceiverKind::Slack(slack)), ["the environment variable MISSING is not set"]);
    let hook = Slack::Hook { url: missing() };
    assert_eq!(faults(ReceiverKind::Slack(hook)), ["the environment variable MISSING is not set"]);
}

#[test]
fn a_secret_is_not_sent_in_the_clear() {
    let events = "http://events.example.org".to_owned();
    let pagerduty = PagerDuty { routing_key: token(), events, source: "assay".to_owned() };
    assert_eq!(
        faults(ReceiverKind::PagerDuty(pagerduty)),
        ["the address of PagerDuty's Events API is not usable: a secret is sent along, and only `https://` keeps it one";
            2]
    );
    let ReceiverKind::Email(email) = receiver("email").kind else { panic!("it is mail") };
    let login = Some(("assay".to_owned(), token()));
    let open = Email { host: "mail.example.org".to_owned(), login: login.clone(), ..email.clone() };
    assert_eq!(
        faults(ReceiverKind::Email(open.clone())),
        ["the password would be sent to mail.example.org without encryption"]
    );
    for safe in [Email { login, ..email }, Email { security: Security::StartTls, ..open }] {
        opened(&Receiver::new("team", ReceiverKind::Email(safe)));
    }
}

#[test]
fn an_address_is_one_and_has_no_password_in_it() {
    let alertmanager = |url: &str| {
        let url = url.to_owned();
        ReceiverKind::Alertmanager(Alertmanager { url, auth: None, hold: HOLD, refresh: None, labels: Vec::new() })
    };
    for (url, why) in [
        ("example", "it is not a URL"),
        ("file:///etc/passwd", "it does not begin with `https://` or `http://`"),
        ("https://user:very-secret@example.org", "it has a password in it"),
    ] {
        assert_eq!(faults(alertmanager(url)), [format!("the address of Alertmanager is not usable: {why}")]);
    }
}

#[test]
fn an_address_that_is_a_secret_is_not_shown_when_it_is_none() {
    let hook = Slack::Hook { url: SecretRef::Env("TOKEN".to_owned()) };
    assert_eq!(
        faults(ReceiverKind::Slack(hook)),
        ["the address of the incoming webhook is not usable: it is not a URL"]
    );
}

#[test]
fn mailboxes_names_and_labels_are_looked_at() {
    let ReceiverKind::Email(email) = receiver("email").kind else { panic!("it is mail") };
    let wrong = Email { from: "nobody".to_owned(), to: vec!["a@b.c\r\nBcc: d@e.f".to_owned()], ..email.clone() };
    assert_eq!(faults(ReceiverKind::Email(wrong)).len(), 2);
    assert_eq!(
        faults(ReceiverKind::Email(Email { to: Vec::new(), ..email }))[0],
        "the list of recipients `` is not usable: there must be at least one"
    );
    let api = GitHub::API.to_owned();
    let (owner, repository) = ("a/b".to_owned(), "..".to_owned());
    let github = GitHub { owner, repository, token: token(), labels: Vec::new(), api };
    assert_eq!(faults(ReceiverKind::GitHub(github)).len(), 2);
    let labels = vec![("not-a-label".to_owned(), "x".to_owned())];
    let url = "http://localhost".to_owned();
    let alertmanager = Alertmanager { url, auth: None, hold: HOLD, refresh: Some(HOLD), labels };
    assert_eq!(faults(ReceiverKind::Alertmanager(alertmanager)).len(), 2);
}

#[test]
fn what_requests_are_signed_with_has_a_form() {
    let webhook = |secret: &'static str| {
        let url = Address::Open("https://example.org".to_owned());
        let signing = Some(SecretRef::Env("SIGNING".to_owned()));
        let receiver = Receiver::new("team", ReceiverKind::Webhook(Webhook { url, signing, headers: Vec::new() }));
        receiver
            .open(&Secrets::from_variables(move |_| Some(secret.into())))
            .map(drop)
            .map_err(|error| error.to_string())
    };
    for good in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAA==", "whsec_AAAAAAAAAA", "any text"] {
        assert_eq!(webhook(good), Ok(()), "{good}");
    }
    assert_eq!(
        webhook("whsec_not base64!"),
        Err("the receiver `team` is not ready: the environment variable SIGNING is not `whsec_` and base64, as it begins"
            .to_owned())
    );
}

#[test]
fn a_program_is_looked_for() {
    let command = |program: &str| ReceiverKind::Command(Command { program: program.into(), arguments: Vec::new() });
    assert_eq!(faults(command("no-such-program-here")), ["there is no program no-such-program-here"]);
    assert_eq!(faults(command("/etc")), ["there is no program /etc"]);
    opened(&Receiver::new("team", command("sh")));
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("tell");
    fs_err::write(&path, "#!/bin/sh\n").unwrap();
    let error = Receiver::new("team", command(path.to_str().unwrap())).open(&secrets()).unwrap_err();
    assert!(matches!(&error.faults[..], [Fault::NotExecutable(found)] if *found == path), "{error}");
}

//! Secrets: found, and shown nowhere.

use std::path::PathBuf;

use super::{opened, receivers, secrets};
use crate::notify::{SecretError, SecretRef, Secrets};

#[test]
fn a_secret_is_found_in_each_place() {
    let dir = tempfile::tempdir().unwrap();
    fs_err::write(dir.path().join("slack"), "from-credential\n").unwrap();
    let file = dir.path().join("file");
    fs_err::write(&file, "from-file\r\n").unwrap();
    let folder = dir.path().to_owned();
    let secrets = Secrets::from_variables(move |name| match name {
        "CREDENTIALS_DIRECTORY" => Some(folder.clone().into()),
        "TOKEN" => Some("from-variable".into()),
        _ => None,
    });
    let load = |place| secrets.load(&place).unwrap().expose().to_owned();
    assert_eq!(load(SecretRef::Env("TOKEN".to_owned())), "from-variable");
    assert_eq!(load(SecretRef::File(file)), "from-file");
    assert_eq!(load(SecretRef::Credential("slack".to_owned())), "from-credential");
}

#[test]
fn only_one_line_feed_at_the_end_is_not_of_the_secret() {
    let load = |value: &'static str| {
        let secrets = Secrets::from_variables(move |_| Some(value.into()));
        secrets.load(&SecretRef::Env("S".to_owned())).map(|secret| secret.expose().to_owned())
    };
    assert_eq!(load(" a b \n").unwrap(), " a b ");
    assert_eq!(load("a\n\n").unwrap(), "a\n");
    assert!(matches!(load(" \n"), Err(SecretError::Empty(_))));
    assert!(matches!(load(""), Err(SecretError::Empty(_))));
}

#[test]
fn a_secret_that_is_missing_is_named_by_its_place_with_what_would_help() {
    let nothing = Secrets::from_variables(|_| None);
    let error = nothing.load(&SecretRef::Env("SLACK_TOKEN".to_owned())).unwrap_err();
    assert_eq!(error.to_string(), "the environment variable SLACK_TOKEN is not set");
    assert_eq!(error.hint(), "set it in the environment that assay is started from");
    let error = nothing.load(&SecretRef::File(PathBuf::from("/no/such"))).unwrap_err();
    assert_eq!(error.to_string(), "the file /no/such cannot be read");
    let error = nothing.load(&SecretRef::Credential("slack".to_owned())).unwrap_err();
    assert!(matches!(error, SecretError::NoCredentials(_)), "{error}");
    let folder = Secrets::from_variables(|_| Some("/run/credentials".into()));
    for name in ["../shadow", "a/b", "..", ""] {
        let error = folder.load(&SecretRef::Credential(name.to_owned())).unwrap_err();
        assert!(matches!(error, SecretError::CredentialName(_)), "{name}: {error}");
    }
}

#[test]
fn what_is_too_large_or_not_text_is_no_secret() {
    let dir = tempfile::tempdir().unwrap();
    let place = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs_err::write(&path, bytes).unwrap();
        SecretRef::File(path)
    };
    let nothing = Secrets::from_variables(|_| None);
    assert!(matches!(nothing.load(&place("large", &vec![b'a'; 65_537])), Err(SecretError::TooLarge(_))));
    assert!(matches!(nothing.load(&place("bytes", b"\xff\xfe")), Err(SecretError::NotText(_))));
    assert!(matches!(nothing.load(&SecretRef::File("/dev/zero".into())), Err(SecretError::TooLarge(_))));
}

#[test]
fn a_secret_is_shown_nowhere() {
    let secret = secrets().load(&SecretRef::Env("TOKEN".to_owned())).unwrap();
    assert_eq!(format!("{secret} {secret:?} {:?}", secrets()), "… Secret(…) Secrets(…)");
    for receiver in receivers() {
        let opened = opened(&receiver);
        let content = super::firing();
        let shown = format!("{opened:?} {:?}", opened.render(&super::message(content)));
        assert!(!shown.contains("very-secret") && !shown.contains("MfKQ9r8"), "{}: {shown}", receiver.kind);
    }
}

#[test]
fn a_secret_that_comes_back_is_taken_out_of_the_error() {
    let opened = opened(&receivers()[1]);
    let error = "no such hook: /services/T000/B000/very-secret-path at https://hooks.example.org/services/T000/B000/very-secret-path";
    assert_eq!(opened.scrub(error.to_owned()), "no such hook: … at …");
}

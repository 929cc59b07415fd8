//! Mail: a real server takes it, and Python's parser reads it.

use assay::notify::SecretRef;
use assay::notify::receiver::{Email, Receiver, ReceiverKind, Security};
use serde_json::{Value, json};

use crate::messages::{HOSTILE, digest, firing, message, repeated};
use crate::server::{Server, deliver, later, opened, receipt, refused};

fn mailbox(server: &Server) -> Email {
    Email {
        host: "localhost".to_owned(),
        port: u16::try_from(server.port).unwrap(),
        security: Security::StartTls,
        authority: Some(server.folder.path().join("authority.pem")),
        login: Some(("assay".to_owned(), SecretRef::Env("MAIL".to_owned()))),
        from: "assay <assay@example.org>".to_owned(),
        to: vec!["Dätä Team <data@example.org>".to_owned(), "ops@example.org".to_owned()],
    }
}

fn receiver(email: Email) -> Receiver {
    Receiver::new("team", ReceiverKind::Email(email))
}

fn header<'a>(mail: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = mail["headers"].as_array().unwrap().iter();
    headers.filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}

#[tokio::test]
async fn mail_arrives_whole_encrypted_and_in_a_thread() {
    let server = Server::start("smtp");
    let email = opened(&receiver(mailbox(&server)));
    let first = receipt(deliver(&email, &message(1, firing()), None).await).unwrap();
    assert_eq!(receipt(deliver(&email, &message(2, repeated()), Some(&first)).await), None);
    receipt(deliver(&email, &message(3, digest()), Some(&first)).await);
    let mails = server.records();
    let [mail, answer, alone] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!((&mail["tls"], &mail["user"]), (&json!(true), &json!("assay")));
    assert_eq!(mail["to"], json!(["data@example.org", "ops@example.org"]));
    assert_eq!(header(mail, "To"), ["Dätä Team <data@example.org>, ops@example.org"]);
    assert_eq!(header(mail, "Message-ID"), [first.as_str()]);
    assert_eq!(header(mail, "Subject"), ["Firing (high): 2 alerts, owner shop-team: shop/orders and 1 more"]);
    assert!(header(mail, "Bcc").is_empty());
    assert_eq!(
        (header(answer, "In-Reply-To"), header(answer, "References")),
        (vec![first.as_str()], vec![first.as_str()])
    );
    assert!(header(alone, "In-Reply-To").is_empty() && header(mail, "In-Reply-To").is_empty());
    let text = mail["parts"]["text/plain"].as_str().unwrap();
    assert!(
        text.contains(
            "<!channel> <script>x</script> @octocat #1 `x` [U+202E]desrever↵Bcc: x@example.org & ünïcödé 日本"
        ),
        "{text}"
    );
    let html = mail["parts"]["text/html"].as_str().unwrap();
    assert!(html.contains("&lt;script&gt;x") && !html.contains("<script"), "{html}");
    assert!(HOSTILE.contains('\r'));
    server.transcribe();
}

#[tokio::test]
async fn the_same_delivery_is_the_same_mail() {
    let server = Server::start("smtp");
    let email = opened(&receiver(mailbox(&server)));
    let message = message(1, firing());
    for _ in 0..2 {
        receipt(deliver(&email, &message, None).await);
    }
    let mails = server.records();
    assert_eq!(mails[0]["raw"], mails[1]["raw"]);
}

#[tokio::test]
async fn what_a_mail_server_refuses_is_told_apart() {
    let mut server = Server::start("smtp");
    let message = message(1, firing());
    let email = opened(&receiver(mailbox(&server)));
    server.answer_next(&json!({ "answer": "451 4.3.0 try again later" }));
    let (_, error) = later(deliver(&email, &message, None).await);
    assert!(error.contains("4.3.0 try again later"), "{error}");
    server.answer_next(&json!({ "answer": "554 5.7.1 this is spam" }));
    let error = refused(deliver(&email, &message, None).await);
    assert!(error.contains("5.7.1 this is spam"), "{error}");
    let wrong = |change: &dyn Fn(&mut Email)| {
        let mut email = mailbox(&server);
        change(&mut email);
        opened(&receiver(email))
    };
    let password = wrong(&|email| email.login = Some(("assay".to_owned(), SecretRef::Env("WRONG".to_owned()))));
    let error = refused(deliver(&password, &message, None).await);
    assert!(error.contains("535") || error.contains("5.7.8"), "{error}");
    let nobody = wrong(&|email| email.to = vec!["nobody@example.org".to_owned()]);
    assert!(refused(deliver(&nobody, &message, None).await).contains("no such mailbox"));
    // A certificate that nobody vouches for: it may be replaced, and nothing was sent.
    let stranger = wrong(&|email| email.authority = None);
    later(deliver(&stranger, &message, None).await);
    let away = wrong(&|email| email.port = 1);
    later(deliver(&away, &message, None).await);
    assert_eq!(server.records().len(), 2, "only what got as far as that was sent");
}

#[tokio::test]
async fn mail_without_encryption_is_sent_where_that_is_wished() {
    let server = Server::start("smtp");
    let plain = Email { security: Security::Plain, authority: None, login: None, ..mailbox(&server) };
    receipt(deliver(&opened(&receiver(plain)), &message(1, firing()), None).await);
    assert_eq!(server.records()[0]["tls"], false);
}

//! Programs that are told, and the log.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{firing, message, now, receiver, secrets};
use crate::clock;
use crate::notify::receiver::{Command, Log, Receiver, ReceiverKind};
use crate::notify::{Outgoing, Sent, send};

async fn told(script: &str, limit: Duration) -> Sent {
    let arguments = vec!["-c".to_owned(), script.to_owned(), "a b; c".to_owned()];
    let kind = ReceiverKind::Command(Command { program: "/bin/sh".into(), arguments });
    sent_to(&Receiver { time_limit: limit, ..Receiver::new("team", kind) }).await
}

async fn sent_to(receiver: &Receiver) -> Sent {
    let opened = receiver.open(&secrets()).unwrap();
    let message = message(firing());
    let delivery = Outgoing {
        id: message.delivery_id.clone(),
        dedup_key: message.dedup_key().to_owned(),
        turn: message.turn(),
        body: opened.render(&message).body,
        thread: None,
        at: now(),
    };
    send(&opened, &delivery, now(), clock::monotonic() + Duration::from_secs(60)).await
}

const LIMIT: Duration = Duration::from_secs(10);

fn refused(error: &str) -> Sent {
    Sent::Refused { error: error.to_owned() }
}

fn retry(error: &str) -> Sent {
    Sent::Retry { after: None, error: error.to_owned() }
}

#[tokio::test]
async fn the_status_of_a_program_says_how_it_went() {
    assert_eq!(told("exit 0", LIMIT).await, Sent::Delivered { receipt: None });
    assert_eq!(told("echo later >&2; exit 75", LIMIT).await, retry("the program asks for another time: later"));
    assert_eq!(
        told("echo 'no: \u{1b}[1m' >&2; exit 3", LIMIT).await,
        refused("the program ended with exit status: 3: no: [U+001B][1m")
    );
    assert_eq!(told("kill -9 $$", LIMIT).await, retry("the program ended with signal: 9 (SIGKILL)"));
}

#[tokio::test]
async fn a_program_gets_the_document_and_little_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().display();
    let script =
        format!("cat > {path}/in; env | cut -d= -f1 | sort > {path}/env; echo \"$0 $ASSAY_TURN\" > {path}/name");
    assert_eq!(told(&script, LIMIT).await, Sent::Delivered { receipt: None });
    let read = |name: &str| fs_err::read_to_string(dir.path().join(name)).unwrap();
    let document: serde_json::Value = serde_json::from_str(&read("in")).unwrap();
    assert_eq!((&document["version"], &document["status"]), (&"4".into(), &"firing".into()));
    let variables = read("env");
    // The shell makes these itself.
    let strange = variables
        .lines()
        .filter(|name| !name.starts_with("ASSAY_") && !["PATH", "PWD", "OLDPWD", "SHLVL", "_"].contains(name));
    assert_eq!(strange.collect::<Vec<_>>(), [""; 0]);
    for name in ["ASSAY_DELIVERY_ID", "ASSAY_DEDUP_KEY", "ASSAY_TURN", "PATH"] {
        assert!(variables.lines().any(|line| line == name), "{name}: {variables}");
    }
    assert_eq!(read("name"), "a b; c goes\n", "an argument is one argument");
}

#[tokio::test]
async fn a_program_that_takes_too_long_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep 60", path.display());
    assert_eq!(told(&script, Duration::from_millis(300)).await, retry("it was not done in time"));
    let process = format!("/proc/{}/cmdline", fs_err::read_to_string(path).unwrap().trim());
    for _ in 0..100 {
        if fs_err::read_to_string(&process).map_or(true, |command| !command.contains("sleep")) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it lives on: {process}");
}

#[tokio::test]
async fn a_program_that_reads_nothing_or_writes_much_is_no_trouble() {
    assert_eq!(told("exec <&-; exit 0", LIMIT).await, Sent::Delivered { receipt: None });
    let sent = told("head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 1", LIMIT).await;
    let Sent::Refused { error } = sent else { panic!("{sent:?}") };
    assert!(error.starts_with("the program ended with exit status: 1: xxx") && error.chars().count() < 400, "{error}");
}

#[tokio::test]
async fn what_a_program_leaves_behind_is_not_waited_for() {
    let began = clock::monotonic();
    assert_eq!(told("sleep 20 & exit 0", LIMIT).await, Sent::Delivered { receipt: None });
    assert!(began.elapsed() < Duration::from_secs(5));
}

/// What is written while it is kept.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Written {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_gets_a_line_with_the_document() {
    let written = Written::default();
    let copy = written.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || copy.clone()).finish();
    let kept = tracing::subscriber::set_default(subscriber);
    let receiver = receiver("log");
    assert_eq!(sent_to(&receiver).await, Sent::Delivered { receipt: None });
    drop(kept);
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let [line] = text.lines().collect::<Vec<_>>()[..] else { panic!("{text}") };
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["level"], &line["target"]), (&"WARN".into(), &"assay::alerts".into()));
    let document: serde_json::Value = serde_json::from_str(line["fields"]["alert"].as_str().unwrap()).unwrap();
    assert_eq!(document["commonLabels"]["alertname"], "shop/orders");
    let stderr = Receiver::new("team", ReceiverKind::Log(Log::Stderr));
    assert_eq!(sent_to(&stderr).await, Sent::Delivered { receipt: None });
}

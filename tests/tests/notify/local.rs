//! Programs and the log of this machine.

use assay::notify::receiver::{Command, Log, Receiver, ReceiverKind};
use serde_json::Value;

use crate::messages::{firing, message, resolved};
use crate::server::{deliver, leave, opened, receipt};

#[tokio::test]
async fn a_program_reads_what_it_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("told");
    let arguments = vec!["-a".to_owned(), path.to_str().unwrap().to_owned()];
    let command = opened(&Receiver::new("team", ReceiverKind::Command(Command { program: "tee".into(), arguments })));
    let mut transcript = String::new();
    for (number, content) in (1..).zip([firing(), resolved()]) {
        let sent = deliver(&command, &message(number, content), None).await;
        transcript.push_str(&format!("$ tee -a FILE\n{}\n< {sent:?}\n\n", fs_err::read_to_string(&path).unwrap()));
        receipt(sent);
        let told: Value = serde_json::from_str(&fs_err::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(told["status"], ["firing", "resolved"][usize::try_from(number).unwrap() - 1]);
        fs_err::remove_file(&path).unwrap();
    }
    leave("command", &transcript);
}

#[tokio::test]
async fn the_log_is_told() {
    let message = message(1, firing());
    for log in [Log::Tracing, Log::Stderr] {
        let log = opened(&Receiver::new("team", ReceiverKind::Log(log)));
        receipt(deliver(&log, &message, None).await);
        let body = log.render(&message).body;
        assert_eq!(body.lines().count(), 1);
        leave("log", &format!("{body}\n"));
    }
}

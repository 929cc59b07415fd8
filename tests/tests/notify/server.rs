//! Servers that take notifications, as `cargo xtask test` has prepared them.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use assay::clock::{self, Clock};
use assay::notify::{Message, Opened, Outgoing, Receipt, Receiver, Secrets, Sent, send};
use serde_json::Value;
use tempfile::TempDir;

/// A secret of the tests.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A running server, ended when dropped.
pub(crate) struct Server {
    kind: &'static str,
    pub(crate) port: u64,
    pub(crate) folder: TempDir,
    child: Child,
    answers: usize,
}

/// The folder of what is built.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) fn start(kind: &'static str) -> Self {
        let python = target().join("tools/receivers/venv/bin/python");
        assert!(python.exists(), "{} is not there: `cargo xtask receivers` prepares it", python.display());
        let folder = tempfile::tempdir().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("notify/receive.py");
        let mut child = Command::new(python)
            .args(["-B", "-W", "ignore"])
            .arg(script)
            .args([kind.as_ref(), folder.path()])
            // However a test ends, the server ends with its input.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the server {kind} does not start"));
        let port = said["port"].as_u64().unwrap();
        Self { kind, port, folder, child, answers: 0 }
    }

    /// Its address.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Has it answer the next request in another way than usual.
    pub(crate) fn answer_next(&mut self, answer: &Value) {
        self.answers += 1;
        let path = self.folder.path().join(format!("answers/{:04}.json", self.answers));
        let unseen = path.with_extension("part");
        fs_err::write(&unseen, answer.to_string()).unwrap();
        fs_err::rename(unseen, path).unwrap();
    }

    /// What it got so far, none of which is wrong.
    pub(crate) fn records(&self) -> Vec<Value> {
        let text = fs_err::read_to_string(self.folder.path().join("records.jsonl")).unwrap_or_default();
        // The last line may be half written.
        let lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let records: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        for record in &records {
            assert!(record["fault"].is_null(), "{}: {}", self.kind, record["fault"].as_str().unwrap());
        }
        records
    }

    /// Waits until it got something.
    pub(crate) async fn record_with(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..400 {
            if let Some(found) = self.records().into_iter().find(|record| wanted(record)) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{}: it did not come: {:#?}", self.kind, self.records());
    }

    /// Leaves what was sent and what came back for people to read.
    pub(crate) fn transcribe(&self) {
        let mut text = String::new();
        for record in self.records() {
            match record["raw"].as_str() {
                Some(mail) => {
                    let (from, to) = (&record["from"], &record["to"]);
                    writeln!(text, "> from {from} to {to}, encrypted: {}, as: {}", record["tls"], record["user"])
                        .unwrap();
                    writeln!(text, "{}\n< {}\n", mail.replace('\r', ""), record["status"].as_str().unwrap()).unwrap();
                }
                None => exchange(&mut text, &record),
            }
        }
        leave(self.kind, &text);
    }
}

/// Leaves a transcript for people to read.
pub(crate) fn leave(kind: &str, text: &str) {
    let folder = target().join("notify");
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::write(folder.join(format!("{kind}.txt")), text).unwrap();
}

fn exchange(text: &mut String, record: &Value) {
    writeln!(text, "> {} {}", record["method"].as_str().unwrap(), record["path"].as_str().unwrap()).unwrap();
    for (name, value) in record["headers"].as_object().unwrap() {
        let shown = if name == "authorization" { "…" } else { value.as_str().unwrap() };
        writeln!(text, "> {name}: {shown}").unwrap();
    }
    let body = |body: &Value| match serde_json::from_str::<Value>(body.as_str().unwrap()) {
        Ok(document) => serde_json::to_string_pretty(&document).unwrap(),
        Err(_) => body.as_str().unwrap().to_owned(),
    };
    let answer = &record["answer"];
    writeln!(text, "{}\n< {}\n{}\n", body(&record["body"]), answer["status"], body(&answer["body"])).unwrap();
}

impl Drop for Server {
    fn drop(&mut self) {
        // What it started ends with its input.
        drop(self.child.stdin.take());
        drop(self.child.wait());
    }
}

/// A receiver made ready with the secrets of the tests.
pub(crate) fn opened(receiver: &Receiver) -> Opened {
    let secrets = Secrets::from_variables(|name| match name {
        "SLACK" => Some("xoxb-test".into()),
        "PAGERDUTY" => Some("R0UT1NGKEY".into()),
        "WEBHOOK" => Some(WEBHOOK_SECRET.into()),
        "GITHUB" => Some("ghp_test".into()),
        "MAIL" => Some("mail-secret".into()),
        "WRONG" => Some("another-secret".into()),
        name => name.strip_prefix("=").map(Into::into),
    });
    receiver.open(&secrets).unwrap_or_else(|error| panic!("{error}"))
}

/// Renders a message and makes one attempt to send it.
pub(crate) async fn deliver(opened: &Opened, message: &Message, thread: Option<&Receipt>) -> Sent {
    let delivery = Outgoing {
        id: message.delivery_id.clone(),
        dedup_key: message.dedup_key().to_owned(),
        turn: message.turn(),
        body: opened.render(message).body,
        thread: thread.cloned(),
        at: message.at,
    };
    send(opened, &delivery, Clock::system().now(), clock::monotonic() + Duration::from_secs(30)).await
}

/// The receipt of what was delivered.
pub(crate) fn receipt(sent: Sent) -> Option<Receipt> {
    match sent {
        Sent::Delivered { receipt } => receipt,
        Sent::Retry { .. } | Sent::Refused { .. } => panic!("{sent:?}"),
    }
}

/// Why it was refused.
pub(crate) fn refused(sent: Sent) -> String {
    match sent {
        Sent::Refused { error } => error,
        Sent::Delivered { .. } | Sent::Retry { .. } => panic!("{sent:?}"),
    }
}

/// When to try again, and why.
pub(crate) fn later(sent: Sent) -> (Option<u64>, String) {
    match sent {
        Sent::Retry { after, error } => (after.map(|after| after.as_secs()), error),
        Sent::Delivered { .. } | Sent::Refused { .. } => panic!("{sent:?}"),
    }
}

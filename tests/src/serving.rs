//! The real program serving a project.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::project::Project;

/// The longest wait for something that is sure to come: a test that waits for longer has failed.
const LONGEST: Duration = Duration::from_secs(60);

/// A host that serves; killed when dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    log: Receiver<Value>,
    /// All lines of the log that have been looked at.
    seen: Vec<Value>,
    address: String,
}

/// An answer of the control API.
#[derive(Debug, PartialEq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The body; text where it is no JSON.
    pub body: Value,
}

impl Serving {
    /// Starts to serve a project and waits until it does.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn start(project: &Project) -> Self {
        let mut command = project.command(&["serve", "--log-format", "json"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (tell, log) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if tell.send(value).is_err() {
                    break;
                }
            }
        });
        let mut serving = Self { child, log, seen: Vec::new(), address: String::new() };
        let line = serving.wait_for(|line| line["message"] == "serving");
        serving.address = line["address"].as_str().expect("an address").to_owned();
        serving
    }

    /// Waits for a line of the log.
    ///
    /// # Panics
    /// When the log ends, or nothing comes for a minute.
    pub fn wait_for(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            match self.log.recv_timeout(LONGEST) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(error) => panic!("{error} in the log; so far: {:#?}", self.seen),
            }
        }
    }

    /// Every line of the log that there is, now that the host has ended.
    pub fn log(&mut self) -> &[Value] {
        self.seen.extend(self.log.iter());
        &self.seen
    }

    /// Where the control API listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        answer(agent().get(format!("http://{}{path}", self.address)).call())
    }

    /// Wants something.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        answer(agent().post(format!("http://{}{path}", self.address)).send_json(body))
    }

    /// Sends a signal by its name.
    ///
    /// # Panics
    /// When that is not possible.
    pub fn signal(&self, name: &str) {
        let mut kill = std::process::Command::new("kill");
        let sent = kill.args([format!("-{name}"), self.pid().to_string()]).status().expect("kill starts");
        assert!(sent.success(), "SIG{name} was sent");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When the system does not say how it ended.
    pub fn end(&mut self) -> ExitStatus {
        self.child.wait().expect("an end")
    }

    /// Kills it: no signal that it could hear.
    ///
    /// # Panics
    /// When that is not possible.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("an end");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Ended already, most of the time.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(LONGEST)).build().into()
}

fn answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut answer = answer.expect("an answer");
    let text = answer.body_mut().read_to_string().expect("a body");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status: answer.status().as_u16(), body }
}

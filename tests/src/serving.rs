//! The real program serving a project.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::project::{Project, guest};

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

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(LONGEST)).build().into()
}

fn answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
    let mut answer = answer.expect("an answer");
    let text = answer.body_mut().read_to_string().expect("a body");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status: answer.status().as_u16(), body }
}

/// What came of killing a host again and again.
#[derive(Debug, Default)]
pub struct Killed {
    /// Runs that the host acknowledged.
    pub runs: usize,
    /// Results that the host acknowledged.
    pub acknowledged: usize,
    /// Results that are stored.
    pub stored: usize,
    /// Checks that were cut, and say so.
    pub interrupted: usize,
}

/// Kills a host under load so many times, each time at another moment, and compares what it had acknowledged with what is
/// in the journal in the end.
///
/// # Panics
/// When something acknowledged is not there, or is there twice.
#[must_use]
pub fn kill_at(points: u32, seed: u64) -> Killed {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    let project = loaded();
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut runs = Vec::new();
    let mut acknowledged = BTreeMap::new();
    for _ in 0..points {
        let mut serving = Serving::start(&project);
        let target = serving.address.clone();
        let load = std::thread::spawn(move || {
            let mut begun = Vec::new();
            // Until the host is gone.
            while let Ok(mut answer) =
                agent().post(format!("http://{target}/v1/runs")).send_json(serde_json::json!({ "names": ["load"] }))
            {
                let Ok(body) = answer.body_mut().read_json::<Value>() else { break };
                begun.extend(
                    body["run_ids"].as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())),
                );
            }
            begun
        });
        // So many acknowledged results, and some microseconds.
        let until = dice.next_u32() % 60;
        for _ in 0..until {
            serving.wait_for(|line| line["message"] == "result stored");
        }
        std::thread::sleep(Duration::from_micros(u64::from(dice.next_u32() % 3_000)));
        serving.kill();
        runs.extend(load.join().expect("the load ends with the host"));
        for line in serving.log().iter().filter(|line| line["message"] == "result stored") {
            let text = |name: &str| line[name].as_str().expect("a text").to_owned();
            let known = acknowledged.insert((text("run"), text("check")), text("status"));
            assert_eq!(known, None, "acknowledged twice: {line}");
        }
    }

    let stored = project.results(&["results", "--limit", "1000000"]);
    let mut by_key = BTreeMap::new();
    for result in &stored {
        let key = (result["run_id"].as_str().expect("a run"), result["check_name"].as_str().expect("a check"));
        assert!(by_key.insert(key, &result["status"]).is_none(), "stored twice: {key:?}");
    }
    for ((run, check), status) in &acknowledged {
        let found = by_key.get(&(run.as_str(), check.as_str()));
        assert_eq!(found, Some(&&Value::from(status.as_str())), "acknowledged: {check} of {run}");
    }
    for run in &runs {
        let of_run = by_key.keys().filter(|(stored, _)| stored == run).count();
        assert_eq!(of_run, CHECKS, "every check of an acknowledged run has a result: {run}");
    }
    let interrupted = stored.iter().filter(|result| result["reason"] == "interrupted").count();
    Killed { runs: runs.len(), acknowledged: acknowledged.len(), stored: stored.len(), interrupted }
}

/// Checks of the load.
const CHECKS: usize = 8;

fn loaded() -> Project {
    let project = Project::new();
    let check = |number| {
        format!(
            "[[check]]\nname = \"check-{number}\"\nplugin = \"misbehave@1.0.0\"\nschedule = \"load\"\n\
             sources = {{ local = [\"allowed\"] }}\nsettings = {{ mode = \"pass\" }}\n"
        )
    };
    let checks: String = (0..CHECKS).map(check).collect();
    project.plugin(&guest("misbehave@1.0.0.wasm"), None).write("data/allowed.csv", "id\n1\n").write(
        "assay.toml",
        format!(
            "[serve]\nlisten = \"127.0.0.1:0\"\n[source.local]\ntype = \"files\"\npath = \"data\"\n\
             [schedule.load]\ntimezone = \"UTC\"\n{checks}"
        ),
    );
    project
}

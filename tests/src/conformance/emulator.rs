//! An emulator of BigQuery, as `cargo xtask emulator` has prepared it, running for as long as it is needed.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, bail};

use super::endpoint::Endpoint;

/// How long it may take until it says where it listens.
const START: Duration = Duration::from_secs(60);

/// Lines of its log that are shown when it does not start.
const SHOWN: usize = 30;

/// Runs the arguments until they end, or until nobody holds our input any more: however a test ends, even killed, the
/// emulator ends with it.
const TIED: &str = r#"
exec 3<&0
"$@" 3<&- </dev/null &
emulator=$!
{ cat <&3 >/dev/null; kill -KILL $emulator; } 2>/dev/null &
exec 3<&-
wait $emulator
"#;

/// A running emulator with no data, ended when dropped.
#[derive(Debug)]
pub struct Emulator {
    base: String,
    child: Child,
    _data: tempfile::TempDir,
}

impl Emulator {
    /// Starts the emulator that was prepared in a folder, and waits until it answers.
    ///
    /// # Errors
    /// When it was not prepared, or does not start.
    pub fn start(folder: &Path) -> anyhow::Result<Self> {
        let program = folder.join("venv").join("bin").join("local-bigquery");
        if !folder.join("tools.stamp").exists() || !program.exists() {
            bail!("no emulator of BigQuery in {}: run `cargo xtask emulator`", folder.display());
        }
        let data = tempfile::tempdir()?;
        let mut command = Command::new("sh");
        command.args(["-c", TIED, "sh"]).arg(&program).args(["serve", "--host", "127.0.0.1", "--project", "demo"]);
        // Ports that are free, whichever: it says which it took.
        command.args(["--port", "0", "--grpc-port", "0", "--data-dir"]).arg(data.path());
        command.env("HOME", folder.join("home")).env_remove("PYTHONPATH").current_dir(data.path());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        // What ends our group by a signal would leave it behind.
        command.process_group(0);
        let mut child = command.spawn().context("cannot start `sh`")?;
        let log = child.stderr.take().context("a child with an error output")?;
        let mut emulator = Self { base: String::new(), child, _data: data };
        emulator.base = format!("{}/bigquery/v2/projects/demo", listening(log)?);
        // It is only now that it opens its database.
        emulator.endpoint().probe()?;
        Ok(emulator)
    }

    /// Scheme, host and port of it.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.split("/bigquery/").next().unwrap_or_default()
    }

    /// Where to ask it.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(&self.base, None)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The end of its input is the end of the emulator, and then of what waits for it.
        drop(self.child.stdin.take());
        self.child.wait().map(drop).unwrap_or_default();
    }
}

/// Waits until the log says where it listens; the rest of the log is read and let go.
fn listening(log: ChildStderr) -> anyhow::Result<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines().map_while(Result::ok) {
            // Nobody listens any more once it runs.
            sender.send(line).unwrap_or_default();
        }
    });
    let mut last = VecDeque::new();
    loop {
        let fault = match lines.recv_timeout(START) {
            Ok(line) => {
                if let Some((_, rest)) = line.split_once("running on ") {
                    return Ok(rest.split_whitespace().next().unwrap_or_default().to_owned());
                }
                last.push_back(line);
                if last.len() > SHOWN {
                    last.pop_front();
                }
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => "the emulator of BigQuery ended",
            Err(RecvTimeoutError::Timeout) => "the emulator of BigQuery does not say where it listens",
        };
        bail!("{fault}:\n{}", Vec::from(last).join("\n"));
    }
}

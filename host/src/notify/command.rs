//! Starting a program.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{Access, access};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;

use super::inert::inert;
use super::open::{Fault, Opening};
use super::receiver::Command;
use super::sender::{Outgoing, Sent};

/// What is kept of what a program writes to standard error, in bytes; the rest is read and forgotten.
const OUTPUT_BYTES_MAX: usize = 4 << 10;
/// What is shown of it, in characters.
const SHOWN_CHARS: usize = 300;
/// How long a program that ended is listened to.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// The exit status that asks for another attempt: `EX_TEMPFAIL` of `sysexits.h`.
const TEMPORARY: i32 = 75;

/// How a program is started.
pub(super) struct Way {
    program: PathBuf,
    arguments: Vec<String>,
    path: Option<OsString>,
}

pub(super) fn open(settings: &Command, opening: &mut Opening<'_>) -> Option<Way> {
    let Command { program, arguments } = settings;
    let found = opening.took(find(program))?;
    // Secrets of other receivers may stand in the environment: nothing of it is the program's but where programs are.
    Some(Way { program: found, arguments: arguments.clone(), path: std::env::var_os("PATH") })
}

fn find(program: &Path) -> Result<PathBuf, Fault> {
    let none = || Fault::NoProgram(program.to_owned());
    if program.components().count() > 1 || program.is_absolute() {
        // As it is named: a program may tell by its name what it is to do.
        let path = std::path::absolute(program).map_err(|_| none())?;
        return match (path.is_file(), is_executable(&path)) {
            (false, _) => Err(none()),
            (true, false) => Err(Fault::NotExecutable(path)),
            (true, true) => Ok(path),
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(program));
    candidates.find(|candidate| candidate.is_file() && is_executable(candidate)).ok_or_else(none)
}

fn is_executable(path: &Path) -> bool {
    access(path, Access::EXEC_OK).is_ok()
}

pub(super) async fn send(way: &Way, delivery: &Outgoing) -> Sent {
    let mut command = tokio::process::Command::new(&way.program);
    command
        .args(&way.arguments)
        .env_clear()
        .envs(way.path.iter().map(|path| ("PATH", path)))
        .env("ASSAY_DELIVERY_ID", &delivery.id)
        .env("ASSAY_DEDUP_KEY", &delivery.dedup_key)
        .env("ASSAY_TURN", delivery.turn.as_str())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Sent::retry(format!("the program cannot be started: {error}")),
    };
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let feed = async {
        if let Some(mut stdin) = stdin {
            // A program that does not want to know more closes its input; its status tells what came of it.
            drop(stdin.write_all(delivery.body.as_bytes()).await);
            drop(stdin.shutdown().await);
        }
    };
    let over = Notify::new();
    let ending = async {
        let ended = child.wait().await;
        over.notify_one();
        ended
    };
    // What it started may live on and hold its end of the pipe.
    let silence = async {
        over.notified().await;
        tokio::time::sleep(LAST_WORDS).await;
    };
    let talk = async {
        tokio::select! {
            ((), said) = async { tokio::join!(feed, beginning(stderr)) } => said,
            () = silence => Vec::new(),
        }
    };
    let (ended, said) = tokio::join!(ending, talk);
    let said = inert(&String::from_utf8_lossy(&said), SHOWN_CHARS);
    let said = if said.is_empty() { said } else { format!(": {said}") };
    match ended {
        Err(error) => Sent::retry(format!("the end of the program cannot be seen: {error}")),
        Ok(status) if status.success() => Sent::delivered(),
        Ok(status) if status.code() == Some(TEMPORARY) => {
            Sent::retry(format!("the program asks for another time{said}"))
        }
        Ok(status) if status.code().is_some() => Sent::refused(format!("the program ended with {status}{said}")),
        // Ended by a signal: it may have been for want of memory.
        Ok(status) => Sent::retry(format!("the program ended with {status}{said}")),
    }
}

/// The beginning of what is written; all of it is read, so that the writer does not wait.
async fn beginning(from: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut from) = from else { return kept };
    let mut part = [0; 1024];
    while let Ok(read @ 1..) = from.read(&mut part).await {
        let room = OUTPUT_BYTES_MAX.saturating_sub(kept.len()).min(read);
        kept.extend(part.iter().take(room));
    }
    kept
}

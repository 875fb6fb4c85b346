//! Child processes: the private servers.

use std::{
    ffi::OsStr,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// The user that PostgreSQL runs as when Oz runs as root, which it refuses to.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// User and group to run the servers as; `None`: the same as Oz.
pub fn unprivileged() -> anyhow::Result<Option<(u32, u32)>> {
    if !is_root()? {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    for name in UNPRIVILEGED {
        let fields =
            users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name);
        if let Some(ids) =
            fields.and_then(|fields| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))
        {
            return Ok(Some(ids));
        }
    }
    bail!("Oz runs as root and finds neither of the users {UNPRIVILEGED:?} to run PostgreSQL as")
}

/// Whether this process is root.
pub fn is_root() -> anyhow::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata("/proc/self").context("/proc")?.uid() == 0)
}

/// A command that runs as the unprivileged user, if one is given, and is sent `signal` when Oz dies. It must be spawned on the main
/// thread, whose end is the process's end.
pub fn command(program: impl AsRef<OsStr>, user: Option<(u32, u32)>, signal: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", signal]);
    if let Some((uid, gid)) = user {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
    }
    command.arg("--").arg(program).stdin(Stdio::null());
    command
}

/// A running server.
pub struct Server {
    name: &'static str,
    child: Child,
    signal: &'static str,
}

impl Server {
    /// Takes over a child that `signal` stops.
    pub fn new(name: &'static str, child: Child, signal: &'static str) -> Self {
        Self { name, child, signal }
    }

    /// Waits until `ready` says yes; a server that ends meanwhile is an error that shows the end of its log.
    pub fn wait(&mut self, log: &Path, mut ready: impl FnMut() -> bool) -> anyhow::Result<()> {
        let begun = Instant::now();
        while !ready() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} did not start ({status}): {}", self.name, last_lines(log));
            }
            if begun.elapsed() > Duration::from_secs(60) {
                bail!("{} is not ready after a minute: {}", self.name, last_lines(log));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Asks it to stop, and after almost three seconds to stop at once. PostgreSQL then leaves out its last checkpoint and reads
    /// its log at the next start instead: nothing is lost either way.
    pub fn stop(mut self) {
        if self.ask(self.signal, Duration::from_millis(2800)) || self.ask("-QUIT", Duration::from_secs(1)) {
            return;
        }
        tracing::warn!(server = self.name, "did not stop in time and was killed");
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }

    /// Sends a signal and waits; whether it stopped.
    fn ask(&mut self, signal: &str, patience: Duration) -> bool {
        let asked = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        let begun = Instant::now();
        while asked.is_ok() && begun.elapsed() < patience {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

/// The end of a log, for an error.
fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
}

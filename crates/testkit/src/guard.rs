//! A server process that cannot outlive the tests.
//!
//! A test process may be killed, and statics are never dropped, so `Drop` alone would leave servers
//! behind. Each server is therefore the child of a small shell that reads from a pipe held by the
//! test process: when the pipe closes, for whatever reason, the shell stops the server and removes
//! its folder.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::machine::User;

/// Starts `"$@"`, tells its pid, waits for the pipe to close, stops it, removes the folder unless told to keep it.
const SCRIPT: &str = r#"
signal=$1; folder=$2; shift 2
"$@" </dev/null >>"$folder/server.log" 2>&1 &
server=$!
echo "$server"
read -r word
kill -s "$signal" "$server" 2>/dev/null
( sleep 20; kill -s KILL "$server" ) >/dev/null 2>&1 &
late=$!
wait "$server"
kill "$late" 2>/dev/null
[ "$word" = keep ] || rm -rf "$folder"
"#;

/// How a server is started and stopped.
pub struct Launch<'a> {
    /// The program with its arguments.
    pub argv: Vec<String>,
    /// The folder that belongs to this server alone; its log is `server.log` in it.
    pub folder: &'a Path,
    /// The signal that stops it; what has not stopped after twenty seconds is killed.
    pub signal: &'static str,
    /// The user to run as, when this process may choose.
    pub user: Option<&'a User>,
    /// Additional environment.
    pub env: Vec<(String, String)>,
}

/// A running server; stopped, and its folder removed, on drop.
pub struct Guarded {
    shell: Child,
    leash: Option<ChildStdin>,
    pid: u32,
    folder: PathBuf,
}

impl Guarded {
    /// Starts the server under its guard.
    ///
    /// # Errors
    /// When the guard cannot be started or tells no pid.
    pub fn start(launch: Launch<'_>) -> Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "guard", launch.signal]).arg(launch.folder).args(&launch.argv);
        command.current_dir(launch.folder).envs(launch.env);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // An interrupt typed at the terminal goes to the tests; the guard then sees the pipe close.
        command.process_group(0);
        if let Some(user) = launch.user {
            command.uid(user.uid).gid(user.gid);
        }
        let mut shell = command.spawn().context("starting a server's guard")?;
        let leash = shell.stdin.take();
        let stdout = shell.stdout.take().context("the guard has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).context("reading the server's pid")?;
        let pid = line.trim().parse().context("the guard told no pid")?;
        Ok(Self { shell, leash, pid, folder: launch.folder.to_owned() })
    }

    /// The server's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether the server's process still exists.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        // A dead server stays a zombie until its guard is told to collect it.
        fs::read_to_string(format!("/proc/{}/stat", self.pid))
            .is_ok_and(|stat| !stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')))
    }

    /// Waits until `ready` answers true.
    ///
    /// # Errors
    /// When it died or took longer than `patience`: the end of its log.
    pub fn wait_ready(&self, patience: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let started = Instant::now();
        loop {
            if ready() {
                return Ok(());
            }
            if !self.is_alive() {
                bail!("the server stopped while starting:\n{}", log_tail(&self.folder));
            }
            if started.elapsed() > patience {
                bail!("the server was not ready after {patience:?}:\n{}", log_tail(&self.folder));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills the server as a power cut would, leaving its folder for the next start.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill_keeping_folder(self) -> Result<()> {
        let killed = Command::new("kill").args(["-s", "KILL", &self.pid.to_string()]).status()?;
        if !killed.success() {
            bail!("cannot kill the server {}", self.pid);
        }
        self.let_go()
    }

    /// Stops the server, if it still runs, and leaves its folder for the next start.
    ///
    /// # Errors
    /// When the guard has gone.
    pub fn let_go(mut self) -> Result<()> {
        if let Some(leash) = self.leash.as_mut() {
            leash.write_all(b"keep\n").context("telling the guard to keep the folder")?;
        }
        Ok(())
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.leash.take());
        // Nothing can be done about a guard that does not end: the test's outcome does not depend on it.
        let _ = self.shell.wait();
    }
}

/// Runs a short program to its end, and fails with what it said.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("running {:?}", command.get_program()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{:?} failed ({}): {}", command.get_program(), output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn log_tail(folder: &Path) -> String {
    let Ok(file) = File::open(folder.join("server.log")) else { return "(no log)".to_owned() };
    let lines: Vec<String> = BufReader::new(file).lines().map_while(|line| line.ok()).collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_dies_with_the_process_that_started_it() {
        let folder = tempfile::tempdir().unwrap().keep();
        // The owner is a shell with the guard's script on its pipe; killing it closes the pipe as the kernel would.
        let owner = format!(
            "mkfifo {0}/pipe; /bin/sh -c '{1}' guard KILL {0} sleep 600 <{0}/pipe >{0}/pid & exec 3>{0}/pipe; exec sleep 601",
            folder.display(),
            SCRIPT.replace('\'', "'\\''"),
        );
        let mut owner = Command::new("/bin/sh").args(["-c", &owner]).spawn().unwrap();
        let started = Instant::now();
        let server = loop {
            let told = fs::read_to_string(folder.join("pid")).unwrap_or_default();
            if let Ok(pid) = told.trim().parse::<u32>() {
                break pid;
            }
            assert!(started.elapsed() < Duration::from_secs(20), "the guard told no pid");
            std::thread::sleep(Duration::from_millis(10));
        };
        owner.kill().unwrap();
        owner.wait().unwrap();
        while folder.exists() {
            assert!(started.elapsed() < Duration::from_secs(20), "the folder outlived its owner");
            std::thread::sleep(Duration::from_millis(10));
        }
        let state = fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
        assert!(state.is_empty() || state.contains(") Z"), "the server outlived its owner");
    }
}

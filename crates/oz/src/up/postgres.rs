//! The private PostgreSQL.

use std::{
    fs::{self, DirBuilder, File},
    os::unix::{
        fs::{DirBuilderExt, chown},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};

use super::{
    folder::Folder,
    installation::Installation,
    server::{self, Server},
};

/// The number in the socket's name; no port is opened.
pub const PORT: u16 = 5432;
/// The cluster's administrator.
pub const ADMIN: &str = "oz_admin";

/// Makes the cluster if there is none, and starts it.
pub fn start(folder: &Folder, installation: &Installation) -> anyhow::Result<Server> {
    let programs = programs()?;
    let user = server::unprivileged()?;
    let home = folder.path().join("postgres");
    let data = home.join("data");
    if !data.join("PG_VERSION").is_file() {
        make(&programs, user, folder, &home, installation)?;
    }
    stop_orphan(&programs, user, &data)?;
    let sockets = folder.sockets().join("postgres");
    private_folder(&sockets, user)?;
    let log = home.join("log");
    let out = File::create(&log).with_context(|| log.display().to_string())?;
    let mut command = server::command(programs.join("postgres"), user, "INT");
    command.arg("-D").arg(&data).arg("-k").arg(&sockets).args(["-p", &PORT.to_string(), "-h", ""]);
    for setting in [
        "max_connections=200",
        "shared_buffers=128MB",
        "wal_compression=on",
        "max_wal_size=2GB",
        "checkpoint_completion_target=0.9",
        "log_min_messages=warning",
        // A statement that fails is not written to the log: it could hold content.
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "log_parameter_max_length_on_error=0",
    ] {
        command.args(["-c", setting]);
    }
    let child = command.stdout(Stdio::null()).stderr(out).spawn().context("starting PostgreSQL")?;
    let mut server = Server::new("PostgreSQL", child, "-INT");
    let socket = sockets.join(format!(".s.PGSQL.{PORT}"));
    let pid = data.join("postmaster.pid");
    server.wait(&log, || {
        let ready = fs::read_to_string(&pid)
            .is_ok_and(|text| text.lines().nth(7).is_some_and(|l| l.trim() == "ready"));
        ready && UnixStream::connect(&socket).is_ok()
    })?;
    Ok(server)
}

/// Where `initdb` and `postgres` are: `OZ_PG_BIN`, or the newest version that Debian's packages installed.
pub fn programs() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("OZ_PG_BIN") {
        return Ok(PathBuf::from(named));
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin")))
        })
        .filter(|(version, bin)| *version >= 15 && bin.join("postgres").is_file())
        .max();
    match newest {
        Some((_, bin)) => Ok(bin),
        None => {
            bail!("PostgreSQL 15 or newer is not installed; `apt-get install postgresql`, or set OZ_PG_BIN")
        }
    }
}

fn make(
    programs: &Path,
    user: Option<(u32, u32)>,
    folder: &Folder,
    home: &Path,
    installation: &Installation,
) -> anyhow::Result<()> {
    private_folder(home, user)?;
    // What an interrupted first start left behind.
    let data = home.join("data");
    if data.exists() {
        fs::remove_dir_all(&data)?;
    }
    let password = home.join("password");
    fs::write(&password, installation.admin_password())?;
    own(&password, user)?;
    let made = server::command(programs.join("initdb"), user, "KILL")
        .arg("-D")
        .arg(&data)
        .args([
            "-U",
            ADMIN,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
        ])
        .arg("--pwfile")
        .arg(&password)
        .current_dir(home)
        .output()
        .context("running initdb")?;
    fs::remove_file(&password)?;
    if !made.status.success() {
        bail!(
            "initdb failed in {}: {}",
            folder.path().display(),
            String::from_utf8_lossy(&made.stderr).trim()
        );
    }
    Ok(())
}

/// A server whose Oz was killed may be finishing still.
fn stop_orphan(programs: &Path, user: Option<(u32, u32)>, data: &Path) -> anyhow::Result<()> {
    let control = |arguments: &[&str]| -> anyhow::Result<bool> {
        let mut command: Command = server::command(programs.join("pg_ctl"), user, "KILL");
        command.args(arguments).arg("-D").arg(data).current_dir("/");
        Ok(command.output().context("running pg_ctl")?.status.success())
    };
    if !data.join("postmaster.pid").exists() || !control(&["status"])? {
        return Ok(());
    }
    // It may end by itself meanwhile, so a stop that fails says nothing: what counts is that it does not run any more.
    for mode in ["fast", "immediate"] {
        control(&["stop", "-w", "-m", mode])?;
        if !control(&["status"])? {
            return Ok(());
        }
    }
    bail!("a PostgreSQL of an earlier start still runs on {} and does not stop", data.display());
}

/// A folder that only the server's user may enter.
pub fn private_folder(path: &Path, user: Option<(u32, u32)>) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| path.display().to_string())?;
    own(path, user)
}

fn own(path: &Path, user: Option<(u32, u32)>) -> anyhow::Result<()> {
    match user {
        Some((uid, gid)) => chown(path, Some(uid), Some(gid)).with_context(|| path.display().to_string()),
        None => Ok(()),
    }
}

//! What the machine offers: users, ports, folders, installed servers.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};

/// An account of the machine.
pub struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl User {
    /// The account to step down to when this process is root and the server refuses to be: `None` for everybody else.
    ///
    /// # Errors
    /// When there is no such account.
    pub fn to_step_down_to(name: &str) -> Result<Option<Self>> {
        if fs::metadata("/proc/self").context("reading /proc/self")?.uid() != 0 {
            return Ok(None);
        }
        let accounts = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
        let account = accounts.lines().find(|line| line.split(':').next() == Some(name));
        let Some(account) = account else {
            bail!("this process is root, and there is no user `{name}` to run the server as");
        };
        let fields: Vec<&str> = account.split(':').collect();
        let (Some(uid), Some(gid)) = (fields.get(2), fields.get(3)) else {
            bail!("the entry of `{name}` in /etc/passwd is damaged");
        };
        Ok(Some(Self { uid: uid.parse()?, gid: gid.parse()? }))
    }
}

/// A fresh folder, owned by `user` where one is given; its guard removes it.
pub(crate) fn fresh_folder(prefix: &str, user: Option<&User>) -> Result<PathBuf> {
    let folder =
        tempfile::Builder::new().prefix(prefix).tempdir().context("making a server's folder")?.keep();
    if let Some(user) = user {
        chown(&folder, Some(user.uid), Some(user.gid)).context("giving the folder to the server's user")?;
    }
    Ok(folder)
}

/// A loopback port that was free a moment ago. It lies below those that the system gives to connections, one of which could
/// otherwise take the port of a server that is down for a moment; and a test process is given each only once.
///
/// # Errors
/// When all are taken.
pub fn free_port() -> Result<u16> {
    const FIRST: u32 = 12_000;
    const PORTS: u32 = 8_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Other test processes choose at the same time: each begins elsewhere.
    let begin = std::process::id().wrapping_mul(97);
    for _ in 0..PORTS {
        let step = begin.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + step % PORTS).context("choosing a port")?;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no loopback port from {FIRST} on is free")
}

/// The newest installed PostgreSQL's programs: `OZ_PG_BIN`, else Debian's folders, else `PATH`.
pub(crate) fn postgres_programs() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("OZ_PG_BIN") {
        return Ok(PathBuf::from(folder));
    }
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").exists())
        .collect();
    versions.sort();
    match versions.pop() {
        Some((_, bin)) => Ok(bin),
        None => in_path("initdb").and_then(|program| program.parent().map(Path::to_owned)).context(
            "PostgreSQL is not installed (Debian: `apt-get install postgresql`), and OZ_PG_BIN is not set",
        ),
    }
}

/// Where a program stands in `PATH`.
pub(crate) fn in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether something accepts connections on a loopback port.
pub(crate) fn port_answers(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
}

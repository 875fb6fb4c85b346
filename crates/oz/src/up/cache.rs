//! The private Redis: rate limits and replayed answers, in memory only.

use std::{fs::File, os::unix::net::UnixStream, path::PathBuf, process::Stdio};

use anyhow::Context;

use super::{
    folder::Folder,
    postgres::private_folder,
    server::{self, Server},
};

/// Where its socket is.
pub fn socket(folder: &Folder) -> PathBuf {
    folder.sockets().join("redis").join("socket")
}

/// Starts it. What it holds is worth nothing after a restart, so nothing is kept on disk.
pub fn start(folder: &Folder) -> anyhow::Result<Server> {
    let user = server::unprivileged()?;
    let socket = socket(folder);
    private_folder(&folder.sockets().join("redis"), user)?;
    let log = folder.path().join("redis.log");
    let out = File::create(&log).with_context(|| log.display().to_string())?;
    let mut command = server::command("redis-server", user, "TERM");
    command.args([
        "--port",
        "0",
        "--unixsocketperm",
        "700",
        "--save",
        "",
        "--appendonly",
        "no",
        "--daemonize",
        "no",
    ]);
    command.args(["--maxmemory", "64mb", "--maxmemory-policy", "volatile-ttl", "--loglevel", "warning"]);
    command.arg("--unixsocket").arg(&socket).current_dir("/");
    let child = command
        .stdout(out.try_clone()?)
        .stderr(Stdio::from(out))
        .spawn()
        .context("starting redis-server; is it installed? `apt-get install redis-server`")?;
    let mut server = Server::new("Redis", child, "-TERM");
    server.wait(&log, || UnixStream::connect(&socket).is_ok())?;
    Ok(server)
}

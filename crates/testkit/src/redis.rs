//! A private Redis.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::demand;
use crate::guard::{Guarded, Launch};
use crate::machine::{free_port, fresh_folder, in_path, port_answers};

/// A Redis that keeps nothing on disk; stopped on drop, or when the test process ends.
pub struct Redis {
    _server: Guarded,
    port: u16,
}

impl Redis {
    /// Starts a Redis of its own.
    ///
    /// # Errors
    /// When Redis is not installed or does not start; the message says which.
    pub fn start() -> Result<Self> {
        let program: PathBuf = in_path("redis-server")
            .context("Redis is not installed (Debian: `apt-get install redis-server`)")?;
        let folder = fresh_folder("oz-redis-", None)?;
        let port = free_port()?;
        let mut argv = vec![program.display().to_string(), "--port".into(), port.to_string()];
        for argument in ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"] {
            argv.push(argument.into());
        }
        argv.extend(["--dir".into(), folder.display().to_string()]);
        let launch = Launch { argv, folder: &folder, signal: "KILL", user: None, env: Vec::new() };
        let server = Guarded::start(launch)?;
        server.wait_ready(Duration::from_secs(20), || port_answers(port))?;
        Ok(Self { _server: server, port })
    }

    /// The one Redis of this test process. Keep to keys of your own in it.
    ///
    /// # Panics
    /// When Redis is missing: a test that needs it must not pass without it.
    #[track_caller]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(|| demand("Redis", Self::start()))
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_started_redis_answers() {
        let redis = Redis::start().unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", redis.port)).unwrap();
        stream.write_all(b"PING\r\n").unwrap();
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"+PONG\r\n");
    }
}

//! A private Redis of this test process, on a socket in a folder of its own.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// Stopped when dropped.
pub struct Server {
    process: Child,
    folder: tempfile::TempDir,
}

impl Server {
    pub async fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("oz-redis-").tempdir().unwrap();
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "socket"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("this test needs redis-server");
        let server = Self { process, folder };
        for _ in 0..250 {
            if server.redis().ping().await.is_ok() {
                return server;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("redis did not start");
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    pub fn redis(&self) -> kv::Redis {
        kv::Redis::lazy(&self.url()).unwrap()
    }

    /// Everything Redis holds, as one heap of bytes.
    pub async fn raw(&self) -> Vec<u8> {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
        let mut raw = Vec::new();
        for key in keys {
            raw.extend_from_slice(key.as_bytes());
            let value: Vec<u8> = redis::cmd("GET").arg(&key).query_async(&mut connection).await.unwrap();
            raw.extend_from_slice(&value);
        }
        raw
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

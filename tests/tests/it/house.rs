//! `oz up` on a temporary data folder, and the callers at its door.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clock::{Clock, Entropy};
use serde_json::Value;

use crate::http::{self, Answer};

/// Starts Oz, tells its pid, waits for a word or the end of the pipe, stops it, and removes the folder unless told to keep it.
/// The pipe ends with the test process, however that ends, so nothing outlives the tests.
const GUARD: &str = r#"
"$1" up </dev/null >>"$2/log" 2>&1 &
oz=$!
echo "$oz"
read -r word
kill -s TERM "$oz" 2>/dev/null
( sleep 20; kill -s KILL "$oz" ) >/dev/null 2>&1 &
late=$!
wait "$oz"
kill "$late" 2>/dev/null
[ "$word" = keep ] || rm -rf "$2"
"#;

struct Running {
    guard: Child,
    pid: u32,
}

/// One installation.
pub struct House {
    folder: PathBuf,
    pub addr: SocketAddr,
    running: Mutex<Option<Running>>,
}

impl House {
    /// The installation that most tests share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<House> = OnceLock::new();
        SHARED.get_or_init(Self::open)
    }

    /// A fresh one, ready.
    pub fn open() -> Self {
        let folder = tempfile::Builder::new().prefix("oz-journey-").tempdir().unwrap().keep();
        // PostgreSQL runs as another user and must pass through.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = free.local_addr().unwrap();
        drop(free);
        let house = Self { folder, addr, running: Mutex::new(None) };
        house.start();
        house
    }

    /// The door of an installation that somebody else runs; the folder holds what its operator knows.
    pub fn at(addr: SocketAddr) -> Self {
        let folder = tempfile::Builder::new().prefix("oz-journey-").tempdir().unwrap().keep();
        Self { folder, addr, running: Mutex::new(None) }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn log(&self) -> Vec<u8> {
        fs::read(self.folder.join("log")).unwrap_or_default()
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("OZ_DATA", self.data()).env("OZ_HTTP_ADDR", self.addr.to_string());
        command.env("OZ_URL", format!("http://{}", self.addr));
        command
    }

    /// Starts it and waits until it is ready.
    pub fn start(&self) {
        let mut command = self.command("/bin/sh");
        command.args(["-c", GUARD, "guard"]).arg(program()).arg(&self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut guard = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(guard.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let pid = line.trim().parse().expect("the guard tells the pid");
        *self.running.lock().unwrap() = Some(Running { guard, pid });
        let begun = Instant::now();
        while !http::send(self.addr, "GET", "/readyz", &[], None).is_ok_and(|answer| answer.status == 200) {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let gone = stat.is_empty() || stat.contains(") Z");
            assert!(!gone && begun.elapsed() < Duration::from_secs(120), "not ready:\n{}", self.log_end());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn log_end(&self) -> String {
        let log = self.log();
        String::from_utf8_lossy(&log[log.len().saturating_sub(3000)..]).into_owned()
    }

    /// Ends it as a power cut would.
    pub fn kill(&self) {
        self.end(true);
    }

    fn end(&self, hard: bool) {
        let Some(mut running) = self.running.lock().unwrap().take() else { return };
        if hard {
            let killed =
                Command::new("kill").args(["-s", "KILL", &running.pid.to_string()]).status().unwrap();
            assert!(killed.success());
        }
        running.guard.stdin.take().unwrap().write_all(b"keep\n").unwrap();
        running.guard.wait().unwrap();
    }

    /// Makes an organization as an operator does.
    pub fn organization(&self, name: &str, email: &str) -> Caller<'_> {
        let made =
            self.command(program()).args(["bootstrap", "--org", name, "--email", email, "--json"]).output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let field = |name: &str| made[name].as_str().unwrap().to_owned();
        Caller { house: self, token: Some(field("token")) }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.end(false);
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// The binary beside this test's own; made when nobody has made it yet.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(named) = std::env::var_os("OZ_BIN") {
            return PathBuf::from(named);
        }
        let own = std::env::current_exe().unwrap();
        let profile = own.parent().and_then(Path::parent).expect("target/<profile>/deps").to_owned();
        let oz = profile.join("oz");
        if !oz.exists() {
            let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
            cargo.args(["build", "--locked", "-p", "oz"]).current_dir(env!("CARGO_MANIFEST_DIR"));
            if profile.ends_with("release") {
                cargo.arg("--release");
            }
            assert!(cargo.status().unwrap().success(), "`cargo build -p oz` failed");
        }
        assert!(oz.exists(), "there is no {}: build it with `cargo build -p oz`", oz.display());
        oz
    })
}

/// Somebody at the door.
#[derive(Clone)]
pub struct Caller<'a> {
    pub house: &'a House,
    pub token: Option<String>,
}

impl<'a> Caller<'a> {
    /// One request with this caller's credential.
    pub fn call(&self, method: &str, target: &str, body: Option<(&str, &[u8])>) -> Answer {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let key = format!("journey-{}", serial());
        let mut headers = Vec::new();
        headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
        headers.extend((method == "POST").then_some(("Idempotency-Key", key.as_str())));
        headers.extend(body.map(|(kind, _)| ("Content-Type", kind)));
        http::send(self.house.addr, method, target, &headers, body.map(|(_, bytes)| bytes)).unwrap()
    }

    pub fn get(&self, target: &str) -> Answer {
        self.call("GET", target, None)
    }

    pub fn with(&self, method: &str, target: &str, body: &Value) -> Answer {
        self.call(method, target, Some(("application/json", body.to_string().as_bytes())))
    }

    pub fn post(&self, target: &str, body: &Value) -> Answer {
        self.with("POST", target, body)
    }

    /// The items of a page.
    #[track_caller]
    pub fn items(&self, target: &str) -> Vec<Value> {
        self.get(target).expect(200)["items"].as_array().unwrap().clone()
    }

    pub fn search(&self, text: &str) -> Vec<Value> {
        self.items(&format!("/api/v1/search?q={}", http::query(text)))
    }
}

/// Asks until the answer is there, for at most 30 seconds.
#[track_caller]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "waited 30 s for: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A number that is used once.
pub fn serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Microseconds since the epoch.
pub fn now_us() -> i64 {
    Clock::system().now_us()
}

/// A word that stands nowhere else, of letters alone, as people would search for it.
pub fn canary(kind: &str) -> String {
    let bytes: [u8; 8] = Entropy::new(Clock::system()).bytes().unwrap();
    let tail: String = bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    format!("{kind}{tail}")
}

//! `oz up` on a temporary data folder, and the callers at its door.

use std::{
    collections::BTreeSet,
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
use serde_json::{Value, json};

use crate::{
    http::{self, Answer},
    traces::{self, Traces},
};

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
    /// Kafka's address; the embedded log without it.
    kafka: Option<String>,
    running: Mutex<Option<Running>>,
}

/// The installation that most tests share. Whoever is done with it reads its log once more, so that the last one has read the
/// log of the whole run.
pub struct Shared(&'static House);

impl std::ops::Deref for Shared {
    type Target = House;

    fn deref(&self) -> &House {
        self.0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.0.assert_silent_log();
    }
}

impl House {
    /// The installation that most tests share.
    pub fn shared() -> Shared {
        static SHARED: OnceLock<House> = OnceLock::new();
        Shared(SHARED.get_or_init(Self::open))
    }

    /// A fresh one, ready.
    pub fn open() -> Self {
        Self::open_on(None)
    }

    /// The same, with its events on a Kafka.
    pub fn open_on(kafka: Option<String>) -> Self {
        let folder = tempfile::Builder::new().prefix("oz-journey-").tempdir().unwrap().keep();
        // PostgreSQL runs as another user and must pass through.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = free.local_addr().unwrap();
        drop(free);
        let house = Self { folder, addr, kafka, running: Mutex::new(None) };
        house.start();
        house
    }

    /// The door of an installation that somebody else runs; the folder holds what its operator knows.
    pub fn at(addr: SocketAddr) -> Self {
        let folder = tempfile::Builder::new().prefix("oz-journey-").tempdir().unwrap().keep();
        Self { folder, addr, kafka: None, running: Mutex::new(None) }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    pub fn log(&self) -> Vec<u8> {
        fs::read(self.folder.join("log")).unwrap_or_default()
    }

    /// Fails when the log says anything that was made to be looked for: words of content, addresses, tokens, secrets.
    fn assert_silent_log(&self) {
        if !std::thread::panicking() {
            let log = self.folder.join("log");
            let told =
                if log.exists() { Traces::of(&traces::known()).in_files(&log) } else { BTreeSet::default() };
            assert!(told.is_empty(), "the log of {} says {told:?}", self.folder.display());
        }
    }

    /// What `oz up` wrote for the other commands: addresses and credentials of the inner parts.
    pub fn configuration(&self) -> toml::Table {
        fs::read_to_string(self.data().join("oz.toml")).unwrap().parse().unwrap()
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env("OZ_DATA", self.data()).env("OZ_HTTP_ADDR", self.addr.to_string());
        command.env("OZ_URL", format!("http://{}", self.addr));
        command.envs(self.kafka.as_ref().map(|brokers| ("OZ_KAFKA", brokers)));
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

    /// Stops it as SIGTERM does.
    pub fn stop(&self) {
        self.end(false);
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
        traces::remember([email.to_owned(), field("token")]);
        Caller { house: self, token: Some(field("token")), member: field("member_id") }
    }

    /// Somebody without any credential.
    pub fn nobody(&self) -> Caller<'_> {
        Caller { house: self, token: None, member: String::new() }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.end(false);
        self.assert_silent_log();
        let _gone = fs::remove_dir_all(&self.folder);
    }
}

/// The binary beside this test's own, built anew when its sources have changed: what is tested is what is written.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(named) = std::env::var_os("OZ_BIN") {
            return PathBuf::from(named);
        }
        let own = std::env::current_exe().unwrap();
        let folder = own.parent().and_then(Path::parent).expect("target/<profile>/deps").to_owned();
        let profile = match folder.file_name().and_then(|name| name.to_str()).expect("a profile") {
            "debug" => "dev",
            other => other,
        };
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--locked", "-p", "oz", "--profile", profile, "--target-dir"]);
        cargo.arg(folder.parent().expect("the target folder")).current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo says to this test about itself is not meant for the crates that are built now.
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
            {
                cargo.env_remove(name);
            }
        }
        assert!(cargo.status().unwrap().success(), "`cargo build -p oz` failed");
        folder.join("oz")
    })
}

/// Somebody at the door.
#[derive(Clone)]
pub struct Caller<'a> {
    pub house: &'a House,
    pub token: Option<String>,
    pub member: String,
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

    /// Invites somebody, who follows the link and makes an API token.
    pub fn invite(&self, email: &str, name: &str, role: &str, teams: &[&str]) -> Caller<'a> {
        let invitation = json!({"email": email, "name": name, "role": role, "team_ids": teams});
        let made = self.post("/api/v1/invitations", &invitation).expect(201);
        let url = made["signin_url"].as_str().unwrap();
        let path = &url[url.find("/signin/link").unwrap()..];
        let signed_in = http::send(self.house.addr, "GET", path, &[], None).unwrap();
        assert_eq!(signed_in.status, 303, "{}", signed_in.text());
        let cookie = signed_in.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let origin = format!("http://{}", self.house.addr);
        let headers =
            [("Cookie", cookie.as_str()), ("Origin", &origin), ("Content-Type", "application/json")];
        let body = json!({"name": "journey", "scopes": ["admin"]}).to_string();
        let made = http::send(self.house.addr, "POST", "/api/v1/tokens", &headers, Some(body.as_bytes()));
        let token = made.unwrap().expect(201)["token"].as_str().unwrap().to_owned();
        let link = path.split_once('=').unwrap().1.to_owned();
        traces::remember([
            email.to_owned(),
            token.clone(),
            link,
            cookie.split_once('=').unwrap().1.to_owned(),
        ]);
        let mut caller = Caller { house: self.house, token: Some(token), member: String::new() };
        caller.member = caller.get("/api/v1/me").expect(200)["member"]["id"].as_str().unwrap().to_owned();
        caller
    }
}

/// Asks until the answer is there, for at most two minutes.
#[track_caller]
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "waited two minutes for: {what}");
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

/// A word that stands nowhere else, of letters alone, as people would search for it; the log must never say it.
pub fn canary(kind: &str) -> String {
    let bytes: [u8; traces::TAIL] = Entropy::new(Clock::system()).bytes().unwrap();
    let tail: String = bytes.iter().map(|byte| char::from(b'a' + byte % 26)).collect();
    traces::remember([tail.clone()]);
    format!("{kind}{tail}")
}

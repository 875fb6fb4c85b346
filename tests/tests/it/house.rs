//! `oz up` on a temporary data folder, and the callers at its door.

use std::{
    collections::BTreeSet,
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clock::{Clock, Entropy};
use serde_json::{Value, json};
use testkit::{Guarded, Launch};

use crate::{
    http::{self, Answer},
    traces::{self, Traces},
};

/// One installation.
pub struct House {
    folder: PathBuf,
    pub addr: SocketAddr,
    /// Kafka's address; the embedded log without it.
    kafka: Option<String>,
    running: Mutex<Option<Guarded>>,
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
        let addr = (Ipv4Addr::LOCALHOST, testkit::free_port().unwrap()).into();
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

    /// Fails when the log says anything that was made to be looked for: words of content, addresses, tokens, secrets.
    fn assert_silent_log(&self) {
        if !std::thread::panicking() {
            let log = self.folder.join("server.log");
            let told =
                if log.exists() { Traces::of(&traces::known()).in_files(&log) } else { BTreeSet::default() };
            assert!(told.is_empty(), "the log of {} says {told:?}", self.folder.display());
        }
    }

    /// What `oz up` wrote for the other commands: addresses and credentials of the inner parts.
    pub fn configuration(&self) -> toml::Table {
        fs::read_to_string(self.data().join("oz.toml")).unwrap().parse().unwrap()
    }

    /// What the binary's commands are told by their environment.
    fn environment(&self) -> Vec<(String, String)> {
        let mut told = vec![
            ("OZ_DATA".to_owned(), self.data().display().to_string()),
            ("OZ_HTTP_ADDR".to_owned(), self.addr.to_string()),
            ("OZ_URL".to_owned(), format!("http://{}", self.addr)),
        ];
        told.extend(self.kafka.clone().map(|brokers| ("OZ_KAFKA".to_owned(), brokers)));
        told
    }

    /// Starts it and waits until it is ready.
    pub fn start(&self) {
        let argv = vec![program().display().to_string(), "up".to_owned()];
        let launch =
            Launch { argv, folder: &self.folder, signal: "TERM", user: None, env: self.environment() };
        let oz = Guarded::start(launch).unwrap();
        let ready =
            || http::send(self.addr, "GET", "/readyz", &[], None).is_ok_and(|answer| answer.status == 200);
        oz.wait_ready(Duration::from_secs(120), ready).unwrap();
        *self.running.lock().unwrap() = Some(oz);
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
        match self.running.lock().unwrap().take() {
            Some(oz) if hard => oz.kill_keeping_folder().unwrap(),
            Some(oz) => oz.let_go().unwrap(),
            None => {}
        }
    }

    /// Makes an organization as an operator does.
    pub fn organization(&self, name: &str, email: &str) -> Caller<'_> {
        let made = Command::new(program())
            .envs(self.environment())
            .args(["bootstrap", "--org", name, "--email", email, "--json"])
            .output();
        let made = made.unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout).unwrap();
        let field = |name: &str| made[name].as_str().unwrap().to_owned();
        traces::remember([email.to_owned(), field("token")]);
        Caller { house: self, token: Some(field("token")), member: field("member_id") }
    }

    /// Brings an archive in with `oz import`; what became of it.
    pub fn import(&self, caller: &Caller<'_>, kind: &str, path: &Path, scope: &str) -> Value {
        let path = path.to_str().unwrap();
        let told = self.command(caller, &["import", kind, path, "--scope", scope, "--json"]);
        serde_json::from_str(&told).unwrap()
    }

    /// What a command of the binary says to a caller.
    #[track_caller]
    pub fn command(&self, caller: &Caller<'_>, arguments: &[&str]) -> String {
        let mut command = Command::new(program());
        command.envs(self.environment()).env("OZ_TOKEN", caller.token.as_ref().unwrap());
        let done = command.args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
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

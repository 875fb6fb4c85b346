//! What processes cost, read from `/proc`: CPU time of a tree of processes, and resident memory.

use std::{collections::BTreeMap, fs, ops::Sub, time::Duration};

use anyhow::Context;

/// `USER_HZ` of Linux: ticks of `/proc/<pid>/stat` a second, on every architecture that Oz runs on.
const TICKS: u64 = 100;

/// CPU time, user and system, of all that serves.
#[derive(Debug, Clone, Default)]
pub struct Cpu {
    /// The process at the root.
    pub own: Duration,
    /// PostgreSQL with its backends, living and ended.
    pub postgres: Duration,
    /// Redis.
    pub redis: Duration,
    /// Of PostgreSQL, the living backends by database.
    pub databases: BTreeMap<String, Duration>,
}

impl Cpu {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.own + self.postgres + self.redis
    }
}

impl Sub for &Cpu {
    type Output = Cpu;

    fn sub(self, before: Self) -> Cpu {
        let databases = self.databases.iter().map(|(name, now)| {
            let then = before.databases.get(name).copied().unwrap_or_default();
            (name.clone(), now.saturating_sub(then))
        });
        Cpu {
            own: self.own.saturating_sub(before.own),
            postgres: self.postgres.saturating_sub(before.postgres),
            redis: self.redis.saturating_sub(before.redis),
            databases: databases.collect(),
        }
    }
}

/// What the tree of processes below `root` has cost so far. Ended children are in their parents' books.
///
/// # Errors
/// When `/proc` cannot be read or the process is gone.
pub fn cpu(root: u32) -> anyhow::Result<Cpu> {
    let mut children: BTreeMap<u32, Vec<Stat>> = BTreeMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // A process may end while it is looked at.
        if let Some(stat) = stat(pid) {
            children.entry(stat.parent).or_default().push(stat);
        }
    }
    let own = stat(root).with_context(|| format!("process {root} is gone"))?;
    let mut cpu = Cpu { own: own.itself, ..Cpu::default() };
    let mut open = children.remove(&root).unwrap_or_default();
    while let Some(stat) = open.pop() {
        match stat.name.as_str() {
            "postgres" => {
                cpu.postgres += stat.itself + stat.ended;
                if let Some(database) = database(stat.pid) {
                    *cpu.databases.entry(database).or_default() += stat.itself;
                }
            }
            "redis-server" => cpu.redis += stat.itself + stat.ended,
            _ => cpu.own += stat.itself + stat.ended,
        }
        open.extend(children.remove(&stat.pid).unwrap_or_default());
    }
    Ok(cpu)
}

/// Resident memory of one process, bytes.
///
/// # Errors
/// When the process is gone.
pub fn resident(pid: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

/// One minute's load of the machine.
#[must_use]
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

struct Stat {
    pid: u32,
    parent: u32,
    name: String,
    itself: Duration,
    ended: Duration,
}

/// Fields as in proc(5); the name stands in brackets and may hold anything.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (start, end) = (text.find('(')?, text.rfind(')')?);
    let fields: Vec<&str> = text.get(end + 2..)?.split(' ').collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<u64>().ok());
    let time = |ticks: u64| Duration::from_millis(ticks * (1000 / TICKS));
    Some(Stat {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        name: text.get(start + 1..end)?.to_owned(),
        itself: time(ticks(11)? + ticks(12)?),
        ended: time(ticks(13)? + ticks(14)?),
    })
}

/// A backend's title is `postgres: role database …`.
fn database(pid: u32) -> Option<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let line = String::from_utf8_lossy(&line).into_owned();
    let words: Vec<&str> = line.strip_prefix("postgres: ")?.split(' ').collect();
    words.get(1).filter(|name| name.starts_with("oz_")).map(|name| (*name).to_owned())
}

//! The table and the file that holds it.

use std::{fs, io::Write as _, path::Path, process::Command};

use bench::cost;

/// One line.
pub struct Row {
    /// Path and figure with its unit.
    pub path: String,
    /// What it was measured with.
    pub data: String,
    /// What Oz showed: the median with the extremes, where there are repeats.
    pub oz: String,
    /// What the limit showed in the same run.
    pub limit: String,
    /// One by the other.
    pub ratio: String,
    /// What it is held against.
    pub goal: String,
    /// Whether it holds.
    pub met: &'static str,
}

impl Row {
    /// A figure that has no limit beside it; an empty goal is none.
    pub fn alone(path: &str, data: &str, oz: String, goal: &str, good: bool) -> Self {
        Self {
            path: path.into(),
            data: data.into(),
            oz,
            limit: "–".into(),
            ratio: "–".into(),
            goal: goal.into(),
            met: met(!goal.is_empty(), good),
        }
    }
}

/// The word for a goal; nothing where there is none.
pub const fn met(has_goal: bool, good: bool) -> &'static str {
    match (has_goal, good) {
        (false, _) => "",
        (true, true) => "yes",
        (true, false) => "**no**",
    }
}

/// What was measured so far.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    notes: Vec<String>,
}

impl Report {
    /// Adds a line, and shows it at once.
    pub fn row(&mut self, row: Row) {
        let line = format!(
            "{}: Oz {}, limit {}, ratio {}, goal {} {}",
            row.path, row.oz, row.limit, row.ratio, row.goal, row.met
        );
        say(line.trim_end());
        self.rows.push(row);
    }

    /// Adds a remark.
    pub fn note(&mut self, note: String) {
        say(&note);
        self.notes.push(note);
    }

    /// The whole as Markdown.
    pub fn markdown(&self, load_before: &str) -> String {
        let mut text = String::from("# What Oz costs, beside what the machine allows\n\n");
        text.push_str("Written by `make bench`. CPU is user and system time of every process that serves, PostgreSQL and Redis \
            included; a limit is a program of `bench/limits/` that ran in turns with Oz on the same PostgreSQL. Where a figure was \
            measured several times, the median stands with the extremes. Latencies depend on the load beside them.\n\n");
        text.push_str(&format!(
            "- commit: {}\n- machine: {}\n- load before / after: {load_before} / {}\n\n",
            commit(),
            machine(),
            cost::load()
        ));
        text.push_str("| path | data | Oz | limit | ratio | goal | met |\n|---|---|---|---|---|---|---|\n");
        for row in &self.rows {
            let Row { path, data, oz, limit, ratio, goal, met } = row;
            text.push_str(&format!("| {path} | {data} | {oz} | {limit} | {ratio} | {goal} | {met} |\n"));
        }
        text.push('\n');
        for note in &self.notes {
            text.push_str(&format!("- {note}\n"));
        }
        text
    }

    /// Writes it.
    pub fn write(&self, path: &Path, load_before: &str) -> anyhow::Result<()> {
        Ok(fs::write(path, self.markdown(load_before))?)
    }
}

/// Prints a line.
pub fn say(line: &str) {
    let _closed = writeln!(std::io::stdout(), "{line}");
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let out = Command::new("git").args(arguments).output().ok()?;
        out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
    };
    let Some(hash) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown".to_owned() };
    let changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
    if changed { format!("{hash}, with changes") } else { hash }
}

fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = read("/proc/cpuinfo");
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("", |(_, name)| name);
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    let memory = read("/proc/meminfo");
    let memory = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let kernel = read("/proc/sys/kernel/osrelease");
    format!("{count} × {model}, {} GB, Linux {}", memory.unwrap_or(0) / 1_000_000, kernel.trim())
}

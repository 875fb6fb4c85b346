//! The committed descriptions of SQL statements, made against a private PostgreSQL.
//!
//! Statements are checked by the compiler. It asks a database here, where the schema is made from the migrations, and
//! reads the answers from `crates/<service>/.sqlx` everywhere else, so that a build needs no database.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use testkit::Postgres;

use crate::say;
use crate::workspace;

/// Write them, or only compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// Services whose statements are described.
const SERVICES: [&str; 5] = ["identity", "ingestion", "task", "feed", "aggregation"];

/// Names of files with their text.
type Descriptions = BTreeMap<String, String>;

/// For the named services, or for all that have migrations. `true` when the committed descriptions are (now) right.
///
/// # Errors
/// When a service is unknown, PostgreSQL is missing, a migration fails, or a statement does not compile.
pub(crate) fn run(services: &[&str], mode: Mode) -> anyhow::Result<bool> {
    if let Some(unknown) = services.iter().find(|name| !SERVICES.contains(name)) {
        bail!("no service is called {unknown}: {}", SERVICES.join(", "));
    }
    let root = workspace::root()?;
    let postgres = Postgres::fast()?;
    let mut right = true;
    for service in SERVICES.iter().filter(|name| services.is_empty() || services.contains(name)) {
        let folder = root.join("crates").join(service);
        if !folder.join("migrations").is_dir() {
            say(&format!("{service}: no migrations, nothing to describe"))?;
            continue;
        }
        let database = postgres.database(service);
        let name = database.rsplit('/').next().unwrap_or_default();
        make_schema(&postgres, &root, service, name)?;
        let fresh = describe(&root, service, &postgres.url(&format!("oz_{service}_owner"), name))?;
        right &= settle(service, &folder.join(".sqlx"), &fresh, mode)?;
    }
    Ok(right)
}

/// The roles that migrations grant to, what every schema builds on, and the migrations in their order, as their owner.
fn make_schema(postgres: &Postgres, root: &Path, service: &str, database: &str) -> anyhow::Result<()> {
    let owner = format!("oz_{service}_owner");
    for suffix in ["", "_queue", "_owner", "_definer"] {
        postgres.execute(database, &format!("create role oz_{service}{suffix} login"))?;
    }
    postgres.execute(database, &format!("grant oz_{service}_definer to {owner}"))?;
    postgres.execute(database, &format!("alter database \"{database}\" owner to {owner}"))?;
    let mut scripts = vec![root.join("crates/pg/sql/prelude.sql")];
    scripts.extend(sorted_files(&root.join("crates").join(service).join("migrations"), "sql")?);
    for script in scripts {
        let sql = fs::read_to_string(&script).with_context(|| format!("cannot read {}", script.display()))?;
        let as_owner = format!("set session authorization {owner};\n{sql}");
        postgres
            .execute(database, &as_owner)
            .with_context(|| format!("{} does not apply", script.display()))?;
    }
    Ok(())
}

/// Lets the compiler ask the database about every statement of the service.
fn describe(root: &Path, service: &str, database: &str) -> anyhow::Result<Descriptions> {
    let answers = root.join("target/sqlx-prepare").join(service);
    if answers.exists() {
        fs::remove_dir_all(&answers)?;
    }
    fs::create_dir_all(&answers)?;
    // The compiler asks only when it compiles.
    let entrance = root.join("crates").join(service).join("src/lib.rs");
    ensure!(Command::new("touch").arg(&entrance).status()?.success(), "cannot touch {}", entrance.display());
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["check", "--quiet", "--all-targets", "--package", service])
        .env("DATABASE_URL", database)
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &answers)
        .status()?;
    ensure!(status.success(), "{service} does not compile against its own schema");
    read_descriptions(&answers)
}

/// Makes the committed descriptions equal to the fresh ones, or says how they differ.
fn settle(service: &str, committed: &Path, fresh: &Descriptions, mode: Mode) -> anyhow::Result<bool> {
    let old = if committed.is_dir() { read_descriptions(committed)? } else { Descriptions::new() };
    let changes = differences(&old, fresh);
    if changes.is_empty() {
        say(&format!("{service}: {} statements, as committed", fresh.len()))?;
        return Ok(true);
    }
    if mode == Mode::Check {
        for change in &changes {
            say(&format!("crates/{service}/.sqlx/{change}: run `make sqlx` and commit what it writes"))?;
        }
        return Ok(false);
    }
    fs::create_dir_all(committed)?;
    for stale in old.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(committed.join(stale))?;
    }
    for (name, text) in fresh {
        fs::write(committed.join(name), text)?;
    }
    say(&format!("{service}: {} statements, {} descriptions changed", fresh.len(), changes.len()))?;
    Ok(true)
}

/// Names that are missing, stale or different.
fn differences(old: &Descriptions, fresh: &Descriptions) -> Vec<String> {
    let mut names: Vec<&String> = old.keys().chain(fresh.keys()).collect();
    names.sort();
    names.dedup();
    names.into_iter().filter(|name| old.get(*name) != fresh.get(*name)).cloned().collect()
}

fn read_descriptions(folder: &Path) -> anyhow::Result<Descriptions> {
    let mut descriptions = Descriptions::new();
    for path in sorted_files(folder, "json")? {
        let name = path.file_name().context("a file has no name")?.to_string_lossy().into_owned();
        descriptions.insert(name, fs::read_to_string(&path)?);
    }
    Ok(descriptions)
}

fn sorted_files(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(entries: &[(&str, &str)]) -> Descriptions {
        entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn missing_stale_and_changed_descriptions_all_count() {
        let old = of(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let fresh = of(&[("a", "1"), ("b", "2"), ("d", "1")]);
        assert_eq!(differences(&old, &fresh), ["b", "c", "d"]);
        assert!(differences(&fresh, &fresh).is_empty());
    }

    #[test]
    fn checking_writes_nothing_and_writing_leaves_nothing_stale() {
        let folder = tempfile::tempdir().unwrap();
        let committed = folder.path().join(".sqlx");
        let fresh = of(&[("query-1.json", "{}")]);
        assert!(!settle("task", &committed, &fresh, Mode::Check).unwrap());
        assert!(!committed.exists());
        fs::create_dir(&committed).unwrap();
        fs::write(committed.join("query-0.json"), "{}").unwrap();
        assert!(settle("task", &committed, &fresh, Mode::Write).unwrap());
        assert_eq!(read_descriptions(&committed).unwrap(), fresh);
        assert!(settle("task", &committed, &fresh, Mode::Check).unwrap());
    }
}

use std::path::Path;
use std::process::Command;

use super::{activity, count, records, split};
use crate::imports::{ImportError, ImportKind, git, read_record};
use crate::{ItemKind, Reading, State, ThingKind, Verb};

const KIND: ImportKind = ImportKind::Git;

/// Runs git in the folder, independent of this machine's configuration.
fn run(folder: &Path, arguments: &[&str], input: &[(&str, &str)]) -> Vec<u8> {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    for (name, mail) in [("GIT_AUTHOR", "Ada@Example.org"), ("GIT_COMMITTER", "bot@example.org")] {
        command
            .env(format!("{name}_NAME"), "Ada L")
            .env(format!("{name}_EMAIL"), mail)
            .env(format!("{name}_DATE"), "1700000000 +0200");
    }
    command.envs(input.iter().copied());
    let output = command.output().expect("git");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn commit(folder: &Path, file: &str, message: &str, environment: &[(&str, &str)]) {
    std::fs::write(folder.join(file), message).expect("file");
    run(folder, &["add", "-A"], &[]);
    run(folder, &["commit", "-q", "--allow-empty", "-m", message], environment);
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    run(folder.path(), &["init", "-q", "-b", "main"], &[]);
    folder
}

fn log(folder: &Path) -> Vec<u8> {
    run(folder, git::LOG_ARGUMENTS, &[])
}

#[test]
fn a_real_repository_reads_as_its_commits() {
    let folder = repository();
    let folder = folder.path();
    commit(
        folder,
        "oz-git-log-1",
        "First step\n\nWhy: because.\n\nCo-authored-by: Bob B <BOB@example.org>\nSigned-off-by: Ada L <ada@example.org>",
        &[],
    );
    run(folder, &["tag", "v1.0"], &[]);
    run(folder, &["checkout", "-q", "-b", "topic"], &[]);
    commit(folder, "übung\nzwei.txt", "Second step", &[("GIT_AUTHOR_NAME", "renovate[bot]")]);
    run(folder, &["checkout", "-q", "main"], &[]);
    run(
        folder,
        &["merge", "-q", "--no-ff", "topic", "-m", "Merge pull request #12 from ada/topic\n\nA second step"],
        &[],
    );

    let records = records(KIND, &log(folder));
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record.source == "the scope" && record.key.starts_with("commit:")));
    let [first, second, merge] = [0, 1, 2].map(|at| activity(KIND, &records[at]));

    assert_eq!(first.thing, records[0].key);
    assert_eq!(
        (first.thing_kind, first.kind, first.verb),
        (ThingKind::Commit, ItemKind::Change, Verb::Created)
    );
    assert_eq!((first.title.as_str(), first.text.as_str()), ("First step", "Why: because."));
    assert_eq!(first.state, Some((State::Done, "committed".to_owned())));
    assert_eq!(first.occurred_at.timestamp(), 1_700_000_000);
    let actor = first.actor.expect("actor");
    assert_eq!(
        (actor.key.as_str(), actor.name.as_deref(), actor.email_verified),
        ("ada@example.org", Some("Ada L"), false)
    );
    assert_eq!(
        first.mentions.iter().map(|person| person.key.as_str()).collect::<Vec<_>>(),
        ["bob@example.org"]
    );
    assert_eq!(first.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["oz-git-log-1"]);
    assert_eq!(first.labels, ["v1.0"]);

    assert_eq!(second.files[0].name, "übung\nzwei.txt");
    assert!(second.actor.expect("actor").bot);

    assert_eq!(
        (merge.thing.as_str(), merge.verb, merge.thing_kind),
        ("pull:12", Verb::Merged, ThingKind::ChangeRequest)
    );
    assert_eq!(merge.thing_title.as_deref(), Some("A second step"));
    assert_eq!(merge.item, records[2].key);
}

#[test]
fn an_empty_repository_is_an_empty_import() {
    let folder = repository();
    assert_eq!(records(KIND, &log(folder.path())), []);
}

#[test]
fn times_of_broken_clocks_are_replaced_or_refused() {
    let folder = repository();
    let folder = folder.path();
    let (unset, overrun) = ("@0 +0000", "@4294967295 +0000");
    commit(folder, "a", "author unset", &[("GIT_AUTHOR_DATE", unset)]);
    commit(folder, "b", "author in the future", &[("GIT_AUTHOR_DATE", "1900000000 +0000")]);
    commit(folder, "c", "both broken", &[("GIT_AUTHOR_DATE", overrun), ("GIT_COMMITTER_DATE", unset)]);
    let readings: Vec<_> = records(KIND, &log(folder))
        .iter()
        .map(|record| read_record(KIND, "s", &record.body).expect("record"))
        .collect();
    let times = readings.iter().filter_map(|reading| match reading {
        Reading::Facts(facts) => match &facts[0] {
            crate::Fact::Activity(activity) => Some(activity.occurred_at.timestamp()),
            _ => None,
        },
        Reading::Skipped(_) => None,
    });
    assert_eq!(times.collect::<Vec<_>>(), [1_700_000_000, 1_700_000_000]);
    assert!(readings.contains(&Reading::Skipped("implausible_time")));
}

#[test]
fn old_encodings_lose_no_letter() {
    let mut log = sample(&"a".repeat(40), b"J\xfcrgen sagt \xe2\x82\xac");
    log.extend_from_slice(b"\0");
    assert_eq!(activity(KIND, &records(KIND, &log)[0]).title, "Jürgen sagt €");
}

#[test]
fn a_commit_beyond_the_limit_is_counted_and_the_next_is_read() {
    let mut log = sample(&"a".repeat(40), &vec![b'x'; 5 * 1024 * 1024]);
    log.extend(sample(&"b".repeat(40), b"small"));
    for chunk in [1 << 10, 1 << 16, 1 << 24] {
        let (records, skips) = split(KIND, &log, chunk).expect("log");
        assert_eq!(records.len(), 1);
        assert_eq!(activity(KIND, &records[0]).title, "small");
        assert_eq!(count(&skips, "commit_too_large"), 1);
    }
}

#[test]
fn other_files_are_refused_with_what_is_expected() {
    for other in
        [&b"# v2 git bundle\nabc refs/heads/main\n"[..], b"commit abc\nAuthor: x", b"PK\x03\x04", b"\0"]
    {
        assert!(matches!(split(KIND, other, 7), Err(ImportError::WrongFormat { .. })));
    }
    let log = sample(&"a".repeat(40), b"cut short");
    assert!(matches!(split(KIND, &log[..30], 7), Err(ImportError::Damaged { .. })));
}

/// A commit as git prints it, without files.
pub(super) fn sample(sha: &str, message: &[u8]) -> Vec<u8> {
    let mut log =
        format!("oz-git-log-1\0{sha}\0Ada\0ada@example.org\01700000000\01700000000\0\0\0").into_bytes();
    log.extend_from_slice(message);
    log.extend_from_slice(b"\n\0\0");
    log
}

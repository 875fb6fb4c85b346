//! `oz import`: an archive sent to the gateway as it is read. The bar follows what Oz has taken in, since it is not read faster.

use std::{
    io::{self, Seek, Write},
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Body, Method, multipart};
use tokio::{fs::File, io::AsyncRead, process::Command};
use tokio_util::io::ReaderStream;

use crate::{
    args::{Import, ImportKind},
    door::{self, Door},
    terminal::say,
};

pub async fn run(import: &Import) -> anyhow::Result<ExitCode> {
    let (kind, reader, length) = open(import.kind, &import.path).await?;
    let bar = bar(length, import.json);
    let progress = bar.clone();
    let bytes = ReaderStream::with_capacity(reader, 64 * 1024);
    let counted = futures::StreamExt::inspect(bytes, move |chunk| {
        if let Ok(chunk) = chunk {
            progress.inc(chunk.len() as u64);
        }
    });
    let file = multipart::Part::stream(Body::wrap_stream(counted)).file_name("archive");
    let form = multipart::Form::new()
        .text("kind", kind)
        .text("scope", import.scope.clone())
        .text("visibility", import.visibility.clone())
        .part("file", file);
    let door = Door::new(&import.door)?;
    let request = door.request(Method::POST, "/api/v1/imports").multipart(form);
    let sent = request.send().await.map_err(|error| match error.is_connect() {
        true => anyhow::Error::new(error).context(format!("sending to {}", import.door.url)),
        false => anyhow::Error::new(error).context(
            "the archive was not sent to its end; what came is kept, and the same command goes on from there",
        ),
    })?;
    let mut status = door::answer(sent).await?;
    // Everything is durable now; what follows only watches it being normalised.
    while status["state"] == "normalising" {
        bar.set_message("reading what was taken in");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let id = status["id"].as_str().unwrap_or_default();
        status = door.ask(Method::GET, &format!("/api/v1/imports/{id}"), None).await?;
    }
    bar.finish_and_clear();
    if import.json {
        say(&status.to_string());
    } else {
        let count = |field: &str| status[field].as_u64().unwrap_or_default();
        say(&format!(
            "{}: {} records, {} taken in, {} there before, {} left out, {} failed",
            import.scope,
            count("records"),
            count("applied"),
            count("repeated"),
            count("skipped"),
            count("failed")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn bar(length: Option<u64>, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {msg}";
    match (length, ProgressStyle::with_template(template)) {
        (Some(length), Ok(style)) => ProgressBar::new(length).with_style(style),
        _ => ProgressBar::new_spinner(),
    }
}

type Source = Box<dyn AsyncRead + Send + Unpin>;

/// Kind, bytes and, if known, how many.
async fn open(kind: ImportKind, path: &Path) -> anyhow::Result<(&'static str, Source, Option<u64>)> {
    if !path.exists() {
        bail!("{}: no such file or folder", path.display());
    }
    match kind {
        ImportKind::Git => Ok(("git", git_log(path)?, None)),
        ImportKind::Mbox => file(path, "mbox").await,
        ImportKind::SlackExport if path.is_dir() => {
            let folder = path.to_owned();
            let zipped = tokio::task::spawn_blocking(move || zip(&folder)).await??;
            let length = zipped.metadata()?.len();
            Ok(("slack-export", Box::new(File::from_std(zipped)), Some(length)))
        }
        ImportKind::SlackExport => file(path, "slack-export").await,
    }
}

async fn file(path: &Path, kind: &'static str) -> anyhow::Result<(&'static str, Source, Option<u64>)> {
    let file = File::open(path).await.with_context(|| path.display().to_string())?;
    let length = file.metadata().await?.len();
    Ok((kind, Box::new(file), Some(length)))
}

/// What the git program says of the repository's history.
fn git_log(path: &Path) -> anyhow::Result<Source> {
    let check =
        std::process::Command::new("git").arg("-C").arg(path).args(["rev-parse", "--git-dir"]).output();
    if !check.context("running git")?.status.success() {
        bail!("{}: not a git repository (or git does not trust its owner)", path.display());
    }
    let mut child = Command::new("git")
        .arg("-C")
        .arg(path)
        .args(providers::imports::git::LOG_ARGUMENTS)
        .stdout(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .context("running git")?;
    let out = child.stdout.take().context("git has no output")?;
    Ok(Box::new(out))
}

/// An export's folder as a zip in an unnamed temporary file.
fn zip(folder: &Path) -> anyhow::Result<std::fs::File> {
    let file = unnamed()?;
    let mut zip = zip::ZipWriter::new(file);
    let mut folders = vec![PathBuf::new()];
    while let Some(relative) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&relative))? {
            let entry = entry?;
            let name = relative.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(name);
            } else if name.extension().is_some_and(|extension| extension == "json") {
                zip.start_file_from_path(&name, zip::write::SimpleFileOptions::default())?;
                io::copy(&mut std::fs::File::open(entry.path())?, &mut zip)?;
            }
        }
    }
    let mut file = zip.finish()?;
    file.flush()?;
    file.rewind()?;
    Ok(file)
}

/// A temporary file that has no name any more.
fn unnamed() -> io::Result<std::fs::File> {
    let path = std::env::temp_dir().join(format!("oz-import-{}", std::process::id()));
    let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

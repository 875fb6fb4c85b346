//! `oz extract`: findings in threads or dates, one JSON line each, without a server.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use extraction::{Thread, output};

use crate::args::Extract;

pub fn run(extract: &Extract) -> anyhow::Result<ExitCode> {
    let input: Box<dyn BufRead> = if extract.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(
            File::open(&extract.file).with_context(|| extract.file.display().to_string())?,
        ))
    };
    let mut out = BufWriter::new(io::stdout().lock());
    for (place, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let answer = if extract.dates {
            serde_json::from_str(&line).and_then(|query| serde_json::to_string(&output::date_line(&query)))
        } else {
            serde_json::from_str::<Thread>(&line)
                .and_then(|thread| serde_json::to_string(&output::thread_line(&thread)))
        };
        writeln!(out, "{}", answer.with_context(|| format!("line {}", place + 1))?)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

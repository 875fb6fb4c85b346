//! `train` makes the weights of extraction, `eval` measures them.

mod corpus;
mod data;
mod eval;
mod fit;
mod logistic;
mod score;
mod train;

use std::io::Write;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("train") => train::run(),
        Some("eval") => eval::run(),
        _ => anyhow::bail!("usage: training train | eval"),
    }
}

/// One line for whoever runs this.
fn say(line: &str) {
    let _closed = writeln!(std::io::stdout(), "{line}");
}

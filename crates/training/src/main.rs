//! `train` makes the weights of extraction, `eval` measures them.

mod corpus;
mod curve;
mod data;
mod dates;
mod eval;
mod fit;
mod logistic;
mod score;
mod train;

use std::io::Write;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["train"] => train::run(),
        ["eval"] => eval::run(),
        ["mistakes", kind] => eval::mistakes(kind),
        _ => anyhow::bail!("usage: training train | eval | mistakes KIND"),
    }
}

/// One line for whoever runs this.
fn say(line: &str) {
    let _closed = writeln!(std::io::stdout(), "{line}");
}

//! Running the limit programs, in a database of their own on the same PostgreSQL.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::Context;

use crate::{
    house::{House, sibling},
    look::Look,
};

/// The limits' own database.
const DATABASE: &str = "limits";

/// Makes the limits' database and tells its address.
pub fn database(house: &House) -> anyhow::Result<String> {
    Look::administer(house, "drop database if exists limits")?;
    Look::administer(house, "create database limits")?;
    house.administered(DATABASE)
}

/// A limit program that runs.
pub struct Limit {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Limit {
    /// Starts it with these variables.
    pub fn start(name: &str, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut command = Command::new(sibling(name)?);
        command.envs(variables.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { input: child.stdin.take(), child, output })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells it a line.
    pub fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("the input is closed")?;
        Ok(writeln!(input, "{line}")?)
    }

    /// The next line that it says.
    pub fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        anyhow::ensure!(self.output.read_line(&mut line)? > 0, "the limit program ended");
        Ok(line.trim().to_owned())
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

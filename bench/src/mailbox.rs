//! The large data: mailboxes of many organizations, imported through the door that members use.

use std::{
    fs::File,
    io::{BufWriter, Write},
    time::{Duration, Instant},
};

use bench::corpus;

use crate::{
    house::{House, Organization},
    load,
};

/// Organizations; the first holds half of the mails, the others the rest.
const ORGANIZATIONS: u64 = 20;
/// All services must have caught up within this time.
const PATIENCE: Duration = Duration::from_secs(1800);

/// One organization's mails.
pub struct Mailbox {
    /// Whose.
    pub org: Organization,
    /// Which mails, in the corpus.
    pub seed: u64,
    /// How many.
    pub count: u64,
}

/// All of them.
pub struct Mailboxes(Vec<Mailbox>);

impl Mailboxes {
    /// Imports so many mails in all; returns when every service has caught up, with the time it took.
    pub fn import(house: &House, total: u64) -> anyhow::Result<(Self, Duration)> {
        let half = total / 2;
        let rest = (total - half) / (ORGANIZATIONS - 1);
        let (mut all, until, path) = (Vec::new(), load::now(), house.folder().join("mailbox"));
        let look = house.look()?;
        let begun = Instant::now();
        for seed in 0..ORGANIZATIONS {
            let count = if seed == 0 { half } else { rest };
            let org = house.organization(&format!("Mail{seed}"))?;
            let mut file = BufWriter::new(File::create(&path)?);
            for number in 0..count {
                file.write_all(corpus::mail(seed, number, count, until).to_mbox(seed).as_bytes())?;
            }
            file.flush()?;
            let told = house.import(&org, &path)?;
            anyhow::ensure!(told["applied"] == count, "{count} mails were sent, and Oz says {told}");
            all.push(Mailbox { org, seed, count });
        }
        look.drained(PATIENCE)?;
        Ok((Self(all), begun.elapsed()))
    }

    /// The organization that holds half.
    pub fn largest(&self) -> &Mailbox {
        &self.0[0]
    }

    /// How many there are, for the table.
    pub fn described(&self) -> String {
        let total: u64 = self.0.iter().map(|mailbox| mailbox.count).sum();
        format!("{total} of {} organizations, one holds half;", self.0.len())
    }

    /// As the limit of searches takes them.
    pub fn listed(&self) -> String {
        let each: Vec<String> =
            self.0.iter().map(|mailbox| format!("{}:{}", mailbox.seed, mailbox.count)).collect();
        each.join(",")
    }
}

//! A repository and a mailbox, brought in as the README says: what they tell is written down, and telling it twice adds nothing.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

use crate::{golden, house::House, summary};

/// Enough people for a figure.
const PEOPLE: [&str; 6] = ["Ada", "Ben", "Cleo", "Dov", "Eli", "Fay"];

fn git(folder: &Path, date: &str, person: &str, arguments: &[&str]) {
    let email = format!("{}@garden.example", person.to_lowercase());
    let mut git = Command::new("git");
    git.current_dir(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null");
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), person).env(format!("GIT_{role}_EMAIL"), &email);
        git.env(format!("GIT_{role}_DATE"), date);
    }
    let done = git.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Two commits of each.
fn repository(folder: &Path) {
    git(folder, "2021-03-01T09:00:00Z", PEOPLE[0], &["init", "--quiet", "--initial-branch=main"]);
    for round in 1..=2 {
        for (n, person) in PEOPLE.iter().enumerate() {
            fs::write(folder.join(format!("bed-{n}.txt")), format!("round {round}\n")).unwrap();
            let date = format!("2021-03-{:02}T09:00:00Z", round * 10 + n);
            git(folder, &date, person, &["add", "--all"]);
            git(
                folder,
                &date,
                person,
                &["commit", "--quiet", "--message", &format!("Plant bed {n}, round {round}")],
            );
        }
    }
}

/// A question, an answer from each of the others, and an ask with a date; then what is only quoted or courtesy.
fn mailbox() -> String {
    let said = |n: usize, person: &str, reply: Option<usize>, text: &str| {
        let date = format!("Thu, {:02} Apr 2021 09:00:00 +0000", 1 + n);
        let reply = reply.map_or(String::new(), |to| format!("In-Reply-To: <m{to}@garden.example>\r\n"));
        format!(
            "From {0}@garden.example Thu Apr  1 09:00:00 2021\r\nMessage-ID: <m{n}@garden.example>\r\n{reply}\
             From: {person} <{0}@garden.example>\r\nTo: Garden <all@garden.example>\r\nSubject: The spring market\r\n\
             Date: {date}\r\n\r\n{text}\r\n\r\n",
            person.to_lowercase()
        )
    };
    let mut mails = said(0, PEOPLE[0], None, "What do we bring to the market this year?");
    for (n, person) in PEOPLE.iter().enumerate().skip(1) {
        mails += &said(n, person, Some(0), &format!("My bed {n} has radishes."));
    }
    mails += &said(6, PEOPLE[1], Some(0), "Ada, could you send me the list of stalls by Friday?");
    mails += &said(
        7,
        PEOPLE[2],
        Some(6),
        "> Ada, could you send me the list of stalls by Friday?\r\n\r\nThanks, all.",
    );
    mails + &said(8, PEOPLE[3], Some(0), "I will bring the scales tomorrow.")
}

#[test]
fn a_repository_and_a_mailbox_tell_what_is_in_them_however_often_they_are_brought_in() {
    let house = House::shared();
    let owner = house.organization("Garden", "owner@archives.example");
    let folder = tempfile::tempdir().unwrap();
    let (beds, mails) = (folder.path().join("beds"), folder.path().join("mails.mbox"));
    fs::create_dir(&beds).unwrap();
    repository(&beds);
    fs::write(&mails, mailbox()).unwrap();
    let bring = |round: &str| {
        [("git", &beds, "beds"), ("mbox", &mails, "mails")].map(|(kind, path, scope)| {
            let told = house.import(&owner, kind, path, scope);
            let number = |name: &str| told[name].as_u64().unwrap_or_default();
            let counts: Vec<u64> = ["applied", "skipped", "failed", "repeated"].map(number).to_vec();
            let state = told["state"].as_str().unwrap_or_default().to_owned();
            format!("{round} import {kind}: {state} {counts:?}")
        })
    };
    let mut rows = bring("first").to_vec();
    let known = summary::settled(&owner);
    rows.extend(bring("second"));
    assert_eq!(summary::settled(&owner), known, "nothing is told twice");
    rows.extend(known);
    rows.push(format!("quotes {:?}", quotes(&owner.items("/api/v1/suggestions?limit=100"))));
    golden::holds("archives.txt", &rows);
}

fn quotes(suggestions: &[Value]) -> Vec<&str> {
    let mut quotes: Vec<&str> = suggestions.iter().filter_map(|found| found["quote"].as_str()).collect();
    quotes.sort_unstable();
    quotes
}

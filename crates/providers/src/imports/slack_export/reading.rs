//! What one member of an export says.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Entry, is_id};
use crate::imports::{LONGEST_TEXT, clipped, instant, mail_address};
use crate::{Fact, Membership, Person, ReadError, Reading, SourceChange, SourceEvent, slack};

/// Longest name of a person taken over, in bytes.
const LONGEST_NAME: usize = 200;

#[derive(Deserialize)]
struct User {
    id: String,
    name: Option<String>,
    real_name: Option<String>,
    is_bot: Option<bool>,
    is_stranger: Option<bool>,
    is_email_confirmed: Option<bool>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    real_name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
struct PrivateChannel {
    members: Option<Vec<String>>,
}

pub(in crate::imports) fn read(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let entry: Entry<'_> =
        serde_json::from_slice(body).map_err(|_| ReadError::Malformed { field: "entry" })?;
    match entry {
        Entry::User(raw) => {
            person(parse(raw, "user")?).map(|person| Reading::Facts(vec![Fact::Person(person)]))
        }
        Entry::PrivateChannel(raw) => Ok(Reading::Facts(audience(source, parse(raw, "channel")?))),
        Entry::Message(raw) => message(source, raw),
    }
}

fn parse<'raw, T: Deserialize<'raw>>(raw: &'raw RawValue, field: &'static str) -> Result<T, ReadError> {
    serde_json::from_str(raw.get()).map_err(|_| ReadError::Malformed { field })
}

fn person(user: User) -> Result<Person, ReadError> {
    if !is_id(&user.id) {
        return Err(ReadError::Malformed { field: "user.id" });
    }
    let given = |text: Option<String>| {
        text.map(|text| clipped(text.trim(), LONGEST_NAME)).filter(|text| !text.is_empty())
    };
    let (profile_name, address) =
        user.profile.map_or((None, None), |profile| (profile.real_name, profile.email));
    let email = address.as_deref().and_then(mail_address);
    // the workspace signs its people in by this address; older exports do not say whether it was confirmed
    let vouched = user.is_email_confirmed != Some(false) && user.is_stranger != Some(true);
    Ok(Person {
        email_verified: email.is_some() && vouched,
        bot: user.is_bot == Some(true) || user.id == "USLACKBOT",
        name: given(profile_name).or_else(|| given(user.real_name)),
        handle: given(user.name),
        key: user.id,
        email,
    })
}

fn audience(source: &str, channel: PrivateChannel) -> Vec<Fact> {
    let private = SourceChange { source: source.to_owned(), change: SourceEvent::MadePrivate };
    let members = channel.members.into_iter().flatten().filter(|id| is_id(id)).map(|key| {
        let person = Person { key, ..Person::default() };
        Fact::Membership(Membership { source: source.to_owned(), person, present: true })
    });
    std::iter::once(Fact::Source(private)).chain(members).collect()
}

fn message(source: &str, raw: &RawValue) -> Result<Reading, ReadError> {
    let mut reading = slack::read_exported(source, raw.get().as_bytes())?;
    if let Reading::Facts(facts) = &mut reading {
        for fact in facts {
            let Fact::Activity(activity) = fact else { continue };
            if instant::plausible(activity.occurred_at.timestamp(), 0).is_none() {
                return Ok(Reading::Skipped("implausible_time"));
            }
            if activity.text.len() > LONGEST_TEXT {
                activity.text = clipped(&activity.text, LONGEST_TEXT);
            }
        }
    }
    Ok(reading)
}

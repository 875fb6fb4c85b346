//! The workspace's people, and the end of the connection.

use serde::Deserialize;

use super::envelope::{Delivery, Envelope, or_default, parse};
use crate::model::{Fact, Person, ReadError, Reading};

#[derive(Deserialize)]
struct UserEvent {
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: String,
    team_id: Option<String>,
    name: Option<String>,
    real_name: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    profile: Profile,
    #[serde(default, deserialize_with = "or_default")]
    is_bot: bool,
    #[serde(default, deserialize_with = "or_default")]
    is_stranger: bool,
    #[serde(default, deserialize_with = "or_default")]
    is_email_confirmed: bool,
}

#[derive(Default, Deserialize)]
struct Profile {
    real_name: Option<String>,
    email: Option<String>,
}

/// A profile. Its address counts as verified only if Slack says that it was confirmed, and only for the
/// workspace's own people: a stranger of a shared channel is vouched for by somebody else.
pub(super) fn person(envelope: &Envelope, body: &[u8]) -> Result<Reading, ReadError> {
    let user = parse::<Delivery<UserEvent>>(body, "event.user")?.event.user;
    if user.id.is_empty() {
        return Err(ReadError::Malformed { field: "event.user.id" });
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let workspace = envelope.team_id.as_deref().filter(|team| !team.is_empty());
    let is_own = workspace.is_some() && user.team_id.as_deref() == workspace && !user.is_stranger;
    let email = given(user.profile.email);
    Ok(Reading::Facts(vec![Fact::Person(Person {
        email_verified: email.is_some() && user.is_email_confirmed && is_own,
        bot: user.is_bot || user.id == "USLACKBOT",
        name: given(user.profile.real_name).or_else(|| given(user.real_name)),
        handle: given(user.name),
        key: user.id,
        email,
    })]))
}

#[derive(Deserialize)]
struct Revocation {
    tokens: Tokens,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default, deserialize_with = "or_default")]
    bot: Vec<String>,
}

/// The connection is the bot's token; a person who takes back their own ends nothing for others.
pub(super) fn tokens_revoked(body: &[u8]) -> Result<Reading, ReadError> {
    let tokens = parse::<Delivery<Revocation>>(body, "event.tokens")?.event.tokens;
    Ok(if tokens.bot.iter().any(|bot| !bot.is_empty()) {
        Reading::Facts(vec![Fact::Disconnected { reason: "tokens_revoked" }])
    } else {
        Reading::Skipped("user_token_revoked")
    })
}

pub(super) fn uninstalled() -> Reading {
    Reading::Facts(vec![Fact::Disconnected { reason: "app_uninstalled" }])
}

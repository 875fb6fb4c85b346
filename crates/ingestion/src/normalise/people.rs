//! The people that deliveries speak of.

use std::collections::BTreeMap;

use clock::Entropy;
use events::{Event, topic};
use ids::{AccountId, OrgId};
use pg::TenantTx;
use prost::Message;
use proto::events::v1::{AccountSeen, Profile};
use sealing::{Binding, OrgKeys};
use uuid::Uuid;

use super::WorkError;
use crate::{domain::identity, store::accounts};

/// Longest name, handle or address that is kept, bytes.
const LONGEST: usize = 320;

/// Collects people, each once, with all that the batch says of them.
pub struct People<'a> {
    org: OrgId,
    provider: &'a str,
    seen: BTreeMap<Uuid, Seen>,
}

/// What the batch says of a person.
#[derive(Default)]
struct Seen {
    key: String,
    profile: Profile,
    bot: bool,
}

impl<'a> People<'a> {
    pub fn new(org: OrgId, provider: &'a str) -> Self {
        Self { org, provider, seen: BTreeMap::new() }
    }

    /// Adds what is said of a person; their account.
    pub fn add(&mut self, person: &providers::Person) -> AccountId {
        let account = identity::account(self.org, self.provider, &person.key);
        let seen = self.seen.entry(account.uuid()).or_default();
        seen.key = cut(&person.key);
        merge(&mut seen.profile, &of_person(person));
        seen.bot |= person.bot;
        account
    }

    /// Writes those that are new or have changed; the events about them.
    pub async fn write(
        self,
        tx: &mut TenantTx,
        keys: &OrgKeys,
        entropy: &Entropy,
    ) -> Result<Vec<Event>, WorkError> {
        let ids: Vec<Uuid> = self.seen.keys().copied().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known = accounts::known(tx, &ids).await?;
        let known: BTreeMap<Uuid, accounts::Known> = known.into_iter().map(|k| (k.account_id, k)).collect();
        let (mut writes, mut events) = (Vec::new(), Vec::new());
        for (id, Seen { key, profile: seen, bot }) in self.seen {
            let binding = Binding { org: self.org, kind: "account", id };
            let mut profile = Profile::default();
            if let Some(known) = known.get(&id) {
                let unchanged = hash(keys, &seen, bot)[..] == known.profile_hash[..];
                if unchanged {
                    continue;
                }
                // A profile whose key is gone is made anew.
                let opened = keys.open(binding, &known.profile).unwrap_or_default();
                profile = Profile::decode(&opened[..]).unwrap_or_default();
            }
            learn(&mut profile, &seen, &key);
            let profile_hash = hash(keys, &profile, bot);
            if known.get(&id).is_some_and(|known| known.profile_hash == profile_hash) {
                continue;
            }
            let sealed =
                keys.seal(binding, &profile.encode_to_vec(), entropy).map_err(keyring::KeyError::from)?;
            let event = AccountSeen {
                account_id: id.as_bytes().to_vec(),
                provider: identity::namespace(self.provider).to_owned(),
                profile: sealed.clone(),
                bot,
            };
            events.push(Event::new(topic::ACCOUNT, id, entropy.clock().now_us(), &event));
            // The other readers of people hear of them beside the activities they take part in.
            writes.push(accounts::Write { account_id: id, profile: sealed, profile_hash, bot });
        }
        if !writes.is_empty() {
            accounts::write(tx, identity::namespace(self.provider), &writes).await?;
        }
        Ok(events)
    }
}

fn hash(keys: &OrgKeys, profile: &Profile, bot: bool) -> [u8; 32] {
    let mut bytes = profile.encode_to_vec();
    bytes.push(u8::from(bot));
    keys.search().blind("profile", &bytes)
}

fn of_person(person: &providers::Person) -> Profile {
    let text = |value: &Option<String>| value.as_deref().map(cut).unwrap_or_default();
    Profile {
        name: text(&person.name),
        handle: text(&person.handle),
        email: text(&person.email),
        email_verified: person.email_verified && person.email.is_some(),
    }
}

/// What is newly said wins; what is left out stays. An address that is vouched for is not replaced by one that is not.
fn merge(into: &mut Profile, new: &Profile) {
    if !new.name.is_empty() {
        into.name.clone_from(&new.name);
    }
    if !new.handle.is_empty() {
        into.handle.clone_from(&new.handle);
    }
    if !new.email.is_empty() && (new.email_verified || !into.email_verified) {
        into.email.clone_from(&new.email);
        into.email_verified = new.email_verified;
    }
}

/// Merges; where nothing is known of a person, the key stands for the handle, so that people can tell the account from others.
/// It goes with the first thing that is said.
fn learn(known: &mut Profile, new: &Profile, key: &str) {
    let silent = |profile: &Profile| profile.name.is_empty() && profile.email.is_empty();
    if known.handle == key && silent(known) {
        known.handle.clear();
    }
    merge(known, new);
    if known.handle.is_empty() && silent(known) {
        known.handle = key.to_owned();
    }
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(LONGEST)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(name: &str, email: &str, email_verified: bool) -> Profile {
        Profile { name: name.to_owned(), handle: String::new(), email: email.to_owned(), email_verified }
    }

    #[test]
    fn a_claimed_address_never_replaces_a_vouched_one() {
        let mut known = profile("Ann", "ann@acme.example", true);
        merge(&mut known, &profile("Ann B", "owner@acme.example", false));
        assert_eq!(known, profile("Ann B", "ann@acme.example", true));
        merge(&mut known, &profile("", "new@acme.example", true));
        assert_eq!(known, profile("Ann B", "new@acme.example", true));
    }

    #[test]
    fn names_are_cut_between_characters() {
        let long = "é".repeat(400);
        assert!(cut(&long).len() <= LONGEST && cut(&long).chars().all(|c| c == 'é'));
    }
}

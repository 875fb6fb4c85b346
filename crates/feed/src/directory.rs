//! Names of people, sources and teams, opened once and kept for minutes, so that a page costs no look-up of who is who.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ids::OrgId;
use keyring::{KeyError, Keyring};
use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::{
    domain::content::Profile,
    events_content::{self, OpenError},
    store,
};

/// How long a name is believed, microseconds.
const LIFETIME_US: i64 = 2 * 60 * 1_000_000;
/// Most names kept.
const CAPACITY: usize = 50_000;

/// A person as far as they are known.
#[derive(Clone, Default)]
pub(crate) struct Known {
    /// Whose account it is.
    pub member: Option<Uuid>,
    /// The name to show; empty when nobody said.
    pub name: String,
    /// Bot.
    pub bot: bool,
    /// What the person is found by.
    pub profiles: Vec<Profile>,
}

/// A source as it is shown.
#[derive(Clone, Default)]
pub(crate) struct Place {
    /// Provider.
    pub provider: String,
    /// Opened key.
    pub key: String,
    /// Who sees it, to say why something is shown; what is shown is decided by the database alone.
    pub audience: Uuid,
}

#[derive(Clone)]
enum Entry {
    Person(Arc<Known>),
    Place(Arc<Place>),
    Team(Arc<str>),
}

/// Why names could not be looked up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectoryError {
    /// The database.
    #[error(transparent)]
    Pg(#[from] PgError),
    /// The keys.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Names, and until when they are believed.
type Names = HashMap<(OrgId, Uuid), (Entry, i64)>;

/// The names, in front of database and keys.
#[derive(Clone)]
pub(crate) struct Directory {
    keyring: Keyring,
    names: Arc<Mutex<Names>>,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Directory(…)")
    }
}

impl Directory {
    pub(crate) fn new(keyring: Keyring) -> Self {
        Self { keyring, names: Arc::default() }
    }

    /// Forgets an organization's names, because some changed.
    pub(crate) fn forget(&self, org: OrgId) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).retain(|(owner, _), _| *owner != org);
    }

    /// People by account or member; those nobody told of are missing.
    pub(crate) async fn persons(
        &self,
        tx: &mut TenantTx,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Arc<Known>>, DirectoryError> {
        let org = tx.org();
        let (mut found, missing) = self.kept(org, ids, |entry| match entry {
            Entry::Person(person) => Some(person.clone()),
            Entry::Place(_) | Entry::Team(_) => None,
        });
        if missing.is_empty() {
            return Ok(found);
        }
        for sealed in store::people::persons(tx, &missing).await? {
            let id = sealed.id;
            let person = Arc::new(self.open_person(org, sealed).await?);
            self.keep(org, id, Entry::Person(person.clone()));
            found.insert(id, person);
        }
        Ok(found)
    }

    async fn open_person(&self, org: OrgId, sealed: store::people::SealedPerson) -> Result<Known, KeyError> {
        let mut known = Known { member: sealed.member, bot: sealed.bot, ..Known::default() };
        let mut names = Vec::new();
        if let (Some(member), Some(profile)) = (sealed.member, &sealed.member_profile) {
            let opened = events_content::profile(&self.keyring, org, "member", member, profile).await;
            names.extend(legible(opened)?);
        }
        if let Some(profile) = &sealed.account_profile {
            let opened = events_content::profile(&self.keyring, org, "account", sealed.id, profile).await;
            names.extend(legible(opened)?);
        }
        let shown =
            names.iter().flat_map(|profile| [&profile.name, &profile.handle]).find(|name| !name.is_empty());
        known.name = shown.cloned().unwrap_or_default();
        known.profiles = names;
        Ok(known)
    }

    /// Sources; those never shared are missing.
    pub(crate) async fn places(
        &self,
        tx: &mut TenantTx,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Arc<Place>>, DirectoryError> {
        let org = tx.org();
        let (mut found, missing) = self.kept(org, ids, |entry| match entry {
            Entry::Place(place) => Some(place.clone()),
            Entry::Person(_) | Entry::Team(_) => None,
        });
        if missing.is_empty() {
            return Ok(found);
        }
        for (id, source) in store::audience::sources(tx, &missing).await? {
            if source.removed {
                continue;
            }
            let key = legible(events_content::text(&self.keyring, org, "source", id, &source.key).await)?;
            let place = Arc::new(Place {
                provider: source.provider,
                key: key.unwrap_or_default(),
                audience: source.audience,
            });
            self.keep(org, id, Entry::Place(place.clone()));
            found.insert(id, place);
        }
        Ok(found)
    }

    /// Names of teams.
    pub(crate) async fn teams(
        &self,
        tx: &mut TenantTx,
        ids: impl IntoIterator<Item = Uuid>,
    ) -> Result<HashMap<Uuid, Arc<str>>, DirectoryError> {
        let org = tx.org();
        let (mut found, missing) = self.kept(org, ids, |entry| match entry {
            Entry::Team(name) => Some(name.clone()),
            Entry::Person(_) | Entry::Place(_) => None,
        });
        if missing.is_empty() {
            return Ok(found);
        }
        for (id, sealed) in store::people::teams(tx, &missing).await? {
            let name = legible(events_content::text(&self.keyring, org, "team", id, &sealed).await)?;
            let name: Arc<str> = name.unwrap_or_default().into();
            self.keep(org, id, Entry::Team(name.clone()));
            found.insert(id, name);
        }
        Ok(found)
    }

    fn kept<T>(
        &self,
        org: OrgId,
        ids: impl IntoIterator<Item = Uuid>,
        pick: impl Fn(&Entry) -> Option<T>,
    ) -> (HashMap<Uuid, T>, Vec<Uuid>) {
        let now = self.keyring.entropy().clock().now_us();
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut found, mut missing) = (HashMap::new(), Vec::new());
        for id in ids {
            if id.is_nil() || found.contains_key(&id) || missing.contains(&id) {
                continue;
            }
            match names.get(&(org, id)).filter(|(_, until)| now < *until).and_then(|(entry, _)| pick(entry)) {
                Some(entry) => drop(found.insert(id, entry)),
                None => missing.push(id),
            }
        }
        (found, missing)
    }

    fn keep(&self, org: OrgId, id: Uuid, entry: Entry) {
        let now = self.keyring.entropy().clock().now_us();
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.len() >= CAPACITY {
            names.retain(|_, (_, until)| now < *until);
        }
        if names.len() < CAPACITY {
            names.insert((org, id), (entry, now + LIFETIME_US));
        }
    }
}

/// A name that does not open is shown as no name; missing keys are an error.
fn legible<T>(opened: Result<T, OpenError>) -> Result<Option<T>, KeyError> {
    match opened {
        Ok(value) => Ok(Some(value)),
        Err(OpenError::Malformed | OpenError::Key(KeyError::Seal(_))) => Ok(None),
        Err(OpenError::Key(error)) => Err(error),
    }
}

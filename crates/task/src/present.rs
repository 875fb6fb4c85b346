//! Rows as members see them: opened, with the names of people and the evidence they may see.

use std::collections::{HashMap, HashSet};

use ids::{AccountId, MemberId, MessageId, OrgId};
use keyring::Keyring;
use pg::TenantTx;
use uuid::Uuid;

use crate::{
    domain::{
        person::{Assignee, Person},
        suggestion::Suggestion,
        task::Task,
    },
    events,
    failure::Failure,
    sealed,
    store::{audience, directory, evidence, suggestions::SuggestionRow, tasks::TaskRow},
};

/// A task as shown.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// The task.
    pub task: Task,
    /// Who has to act.
    pub assignee: Option<Person>,
    /// Message and quote.
    pub evidence: Vec<(MessageId, String)>,
}

/// A source as shown: provider and key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub provider: String,
    pub key: String,
}

/// A suggestion as shown.
#[derive(Debug, Clone)]
pub(crate) struct ShownSuggestion {
    /// The suggestion.
    pub suggestion: Suggestion,
    /// Who has to act.
    pub assignee: Option<Person>,
    /// Where it was said.
    pub origin: Origin,
}

/// Opens tasks.
pub(crate) async fn tasks(
    tx: &mut TenantTx,
    keys: &Keyring,
    rows: Vec<TaskRow>,
) -> Result<Vec<Shown>, Failure> {
    let org = tx.org();
    let ids: Vec<Uuid> = rows.iter().map(|row| row.task_id).collect();
    let mut quotes: HashMap<Uuid, Vec<(MessageId, String)>> = HashMap::new();
    for row in evidence::visible(tx, &ids).await? {
        let quote = sealed::quote(keys, org, row.item_id, &row.quote).await?;
        quotes.entry(row.task_id).or_default().push((MessageId::from_uuid(row.item_id), quote));
    }
    let assignees =
        rows.iter().filter_map(|row| Assignee::of(row.assignee_member, row.assignee_account)).collect();
    let people = people(tx, keys, assignees).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let task = sealed::task(keys, org, row).await?;
        let assignee = person(&people, task.assignee, &task.body.assignee_name);
        let evidence = quotes.remove(&task.id.uuid()).unwrap_or_default();
        shown.push(Shown { task, assignee, evidence });
    }
    Ok(shown)
}

/// Opens suggestions.
pub(crate) async fn suggestions(
    tx: &mut TenantTx,
    keys: &Keyring,
    rows: Vec<SuggestionRow>,
) -> Result<Vec<ShownSuggestion>, Failure> {
    let org = tx.org();
    let ids: HashSet<Uuid> = rows.iter().map(|row| row.source_id).collect();
    let mut origins = HashMap::new();
    for row in audience::visible(tx, &ids.into_iter().collect::<Vec<_>>()).await? {
        let key = match &row.key {
            Some(blob) => sealed::name(keys, org, "source", row.source_id, blob).await?,
            None => String::new(),
        };
        origins.insert(row.source_id, Origin { provider: row.provider, key });
    }
    let assignees =
        rows.iter().filter_map(|row| Assignee::of(row.assignee_member, row.assignee_account)).collect();
    let people = people(tx, keys, assignees).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in rows {
        let suggestion = sealed::suggestion(keys, org, row).await?;
        let assignee = person(&people, suggestion.assignee, &suggestion.words.assignee_name);
        let origin = origins.get(&suggestion.source.uuid()).cloned().unwrap_or_default();
        shown.push(ShownSuggestion { suggestion, assignee, origin });
    }
    Ok(shown)
}

/// The person among `people`; `fallback` is the name of an account of which nothing is known.
pub(crate) fn person(
    people: &HashMap<Assignee, Person>,
    who: Option<Assignee>,
    fallback: &str,
) -> Option<Person> {
    let who = who?;
    let mut person = people.get(&who).cloned().unwrap_or(Person {
        account: who.account(),
        member: who.member(),
        name: String::new(),
        bot: false,
    });
    if person.name.is_empty() && person.account.is_some() {
        fallback.clone_into(&mut person.name);
    }
    Some(person)
}

/// Looks people up: members by name, accounts by the member they are linked to or else by their own name.
pub(crate) async fn people(
    tx: &mut TenantTx,
    keys: &Keyring,
    who: HashSet<Assignee>,
) -> Result<HashMap<Assignee, Person>, Failure> {
    let org = tx.org();
    let accounts: Vec<Uuid> = who.iter().filter_map(|who| who.account()).map(AccountId::uuid).collect();
    let accounts = if accounts.is_empty() { Vec::new() } else { directory::accounts(tx, &accounts).await? };
    let named = who.iter().filter_map(|who| who.member()).map(MemberId::uuid);
    let members: HashSet<Uuid> = named.chain(accounts.iter().filter_map(|row| row.member_id)).collect();
    let mut member_names = HashMap::new();
    if !members.is_empty() {
        for row in directory::members(tx, &members.into_iter().collect::<Vec<_>>()).await? {
            let (kind, id) = events::member_binding(MemberId::from_uuid(row.member_id));
            member_names.insert(row.member_id, profile_name(keys, org, kind, id, &row.profile).await?);
        }
    }
    let mut people = HashMap::new();
    for row in accounts {
        let account = AccountId::from_uuid(row.account_id);
        let linked = row.member_id.and_then(|id| member_names.get(&id)).cloned().unwrap_or_default();
        let name = match (&row.profile, linked.is_empty()) {
            (Some(blob), true) => {
                let (kind, id) = events::account_binding(account);
                profile_name(keys, org, kind, id, blob).await?
            }
            _ => linked,
        };
        let member = row.member_id.map(MemberId::from_uuid);
        people.insert(
            Assignee::Account(account),
            Person { account: Some(account), member, name, bot: row.bot },
        );
    }
    for who in who.iter().filter_map(|who| who.member()) {
        let name = member_names.get(&who.uuid()).cloned().unwrap_or_default();
        people.insert(Assignee::Member(who), Person { account: None, member: Some(who), name, bot: false });
    }
    Ok(people)
}

async fn profile_name(
    keys: &Keyring,
    org: OrgId,
    kind: &'static str,
    id: Uuid,
    blob: &[u8],
) -> Result<String, Failure> {
    let names = events::names(&keys.open(org, kind, id, blob).await?);
    Ok(if names.name.is_empty() { names.handle } else { names.name })
}

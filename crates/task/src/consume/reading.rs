//! One thread as the extractor reads it, and what it finds as suggestions.

use std::collections::HashMap;

use extraction::{Finding, Kind, Participant, Style, TaskState, Thread, extract_from};
use ids::{MemberId, OrgId};
use keyring::Keyring;
use prost::Message as _;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::known::Known;
use crate::{
    domain::{
        mirror,
        person::Assignee,
        state::State,
        suggestion::{self, Effect, Words, squeezed},
        task::LONGEST_TITLE,
        thresholds::Thresholds,
    },
    failure::Failure,
    sealed,
    store::{
        suggestions::{FoundRow, SuggestionRow},
        talk::{ContextRow, MessageRow, TakesPart},
    },
};

/// Where a thread was held.
#[derive(Debug, Clone, Default)]
pub(super) struct Place {
    pub provider: String,
    pub is_conversation: bool,
}

impl Place {
    fn style(&self) -> Style {
        match self.provider.as_str() {
            "mbox" | "mail" | "gmail" | "imap" | "outlook" => Style::Mail,
            "github" | "gitlab" | "jira" | "linear" => Style::Issue,
            _ if self.is_conversation => Style::Chat,
            _ => Style::Issue,
        }
    }
}

/// A message, opened.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub item: Uuid,
    account: Option<Uuid>,
    at_us: i64,
    mentioned: Vec<Uuid>,
    content: wire::Content,
}

/// Opens a message.
pub(super) async fn message(keys: &Keyring, org: OrgId, row: MessageRow) -> Result<Message, Failure> {
    let sealed = row.content.unwrap_or_default();
    let content = keys.open(org, "item", row.item_id, &sealed).await?;
    let content = wire::Content::decode(&content[..]).map_err(|_| Failure::Corrupt("content"))?;
    Ok(Message {
        item: row.item_id,
        account: row.account_id,
        at_us: row.occurred_at_us,
        mentioned: row.mentioned,
        content,
    })
}

/// An open task that a thread may speak of.
#[derive(Debug, Clone)]
pub(super) struct OpenTask {
    id: Uuid,
    mirrored: bool,
    key: String,
    title: String,
    /// The account that has to act, as far as it takes part.
    assignee: Option<Uuid>,
    due_on: Option<chrono::NaiveDate>,
    state: TaskState,
    made_from: Option<Uuid>,
}

/// Opens a task.
pub(super) async fn open_task(
    keys: &Keyring,
    org: OrgId,
    row: ContextRow,
    known: &Known,
) -> Result<OpenTask, Failure> {
    let body = sealed::body(keys, org, row.task_id, &row.body).await?;
    let key = if row.mirrored { mirror::key(&row.provider, &body.url) } else { String::new() };
    let assignee = Assignee::of(row.assignee_member, row.assignee_account);
    Ok(OpenTask {
        id: row.task_id,
        mirrored: row.mirrored,
        // Tasks of Oz have no key that people write; their id is one that nobody does.
        key: if key.is_empty() { row.task_id.to_string() } else { mirror::short_key(&key).to_owned() },
        title: body.title,
        assignee: assignee.and_then(|assignee| known.account_of(assignee)),
        due_on: row.due_on,
        state: if row.state == "in_progress" { TaskState::InProgress } else { TaskState::Open },
        made_from: row.made_from,
    })
}

/// Somebody who takes part: the name under which the extractor knows them, and who it is.
#[derive(Debug, Clone)]
struct Present {
    account: Uuid,
    as_participant: Participant,
}

/// One thread.
#[derive(Debug, Clone)]
pub(super) struct Conversation {
    pub thing: Uuid,
    pub source: Uuid,
    pub messages: Vec<Message>,
    pub tasks: Vec<OpenTask>,
    place: Place,
    present: Vec<Present>,
}

impl Conversation {
    pub(super) fn new(thing: Uuid, source: Uuid, place: Place) -> Self {
        Self { thing, source, messages: Vec::new(), tasks: Vec::new(), place, present: Vec::new() }
    }

    /// Each account that writes in it or is mentioned, once.
    pub(super) fn people(&self) -> Vec<Uuid> {
        let mut people = Vec::new();
        for account in
            self.messages.iter().flat_map(|message| message.account.iter().chain(&message.mentioned))
        {
            if !people.contains(account) {
                people.push(*account);
            }
        }
        people
    }

    /// The same with the members whose accounts they are.
    pub(super) fn taking_part(&self, known: &Known) -> Vec<TakesPart> {
        let people = self.people().into_iter();
        let taking_part = people.map(|account_id| TakesPart {
            thing_id: self.thing,
            source_id: self.source,
            account_id,
            member_id: known.member_of(account_id).map(MemberId::uuid),
        });
        taking_part.collect()
    }

    /// Learns the names of those who take part: their profiles' or else those in the messages.
    pub(super) fn meet(&mut self, known: &Known) {
        for account in self.people() {
            let (mut names, bot) = known.names.get(&account).cloned().unwrap_or_default();
            let mut id = account.to_string();
            for message in &self.messages {
                if message.account == Some(account) {
                    fill(&mut names.name, &message.content.actor_name);
                    let handle = message.content.actor_aliases.iter().find(|alias| !alias.contains('@'));
                    fill(&mut names.handle, handle.map_or("", String::as_str));
                }
                if let Some(at) = message.mentioned.iter().position(|mentioned| *mentioned == account) {
                    fill(&mut names.name, message.content.mentioned_names.get(at).map_or("", String::as_str));
                    if let Some(key) = mention_keys(message).get(at).and_then(Option::as_ref) {
                        key.clone_into(&mut id);
                    }
                }
            }
            let as_participant =
                Participant { id, name: names.name, handle: names.handle, bot: bot.then_some(true) };
            self.present.push(Present { account, as_participant });
        }
    }

    fn as_thread(&self) -> Thread {
        let id_of = |account: Option<Uuid>| {
            let present = self.present.iter().find(|present| Some(present.account) == account);
            present.map(|present| present.as_participant.id.clone())
        };
        Thread {
            thread_id: self.thing.to_string(),
            style: self.place.style(),
            now: clock::from_micros(self.messages.last().map_or(0, |message| message.at_us)),
            participants: self.present.iter().map(|present| present.as_participant.clone()).collect(),
            open_tasks: self
                .tasks
                .iter()
                .map(|task| extraction::OpenTask {
                    key: task.key.clone(),
                    title: task.title.clone(),
                    assignee: id_of(task.assignee),
                    due_on: task.due_on,
                    state: task.state,
                })
                .collect(),
            messages: self
                .messages
                .iter()
                .map(|message| extraction::Message {
                    id: message.item.to_string(),
                    author: id_of(message.account).unwrap_or_default(),
                    at: clock::from_micros(message.at_us),
                    text: message.content.text.clone(),
                })
                .collect(),
        }
    }

    /// What the messages that `wanted` names ask for, as far as the organization wants it suggested.
    pub(super) async fn suggestions(
        &self,
        org: OrgId,
        keys: &Keyring,
        thresholds: Thresholds,
        wanted: impl Fn(&Uuid) -> bool,
    ) -> Result<Vec<FoundRow>, Failure> {
        let mut found = HashMap::new();
        for finding in extract_from(&self.as_thread(), |at| wanted(&self.messages[at].item)) {
            let at = self.messages.iter().position(|message| message.item.to_string() == finding.message_id);
            let Some(at) = at.filter(|_| thresholds.suggests(finding.confidence)) else { continue };
            if let Some(row) = self.suggestion(org, keys, at, &finding).await? {
                found.insert(row.row.suggestion_id, row);
            }
        }
        Ok(found.into_values().collect())
    }

    /// One finding as a suggestion; `None` where there would be nothing to accept.
    async fn suggestion(
        &self,
        org: OrgId,
        keys: &Keyring,
        at: usize,
        finding: &Finding,
    ) -> Result<Option<FoundRow>, Failure> {
        let message = &self.messages[at];
        let Some(quote) = message.content.text.get(finding.quote.clone()) else { return Ok(None) };
        let (effect, task) = match self.effect(at, finding) {
            Some(effect) => effect,
            None => return Ok(None),
        };
        let present =
            finding.assignee.as_ref().and_then(|id| self.present.iter().find(|p| p.as_participant.id == *id));
        let account = present.map(|present| present.account);
        let kind = kind_word(finding.kind);
        let id = suggestion::id_of(org, message.item, kind, quote);
        let words = Words {
            title: crate::domain::fitted(&finding.title, LONGEST_TITLE),
            quote: quote.to_owned(),
            reasons: finding
                .reasons
                .iter()
                .map(|reason| (reason.code.to_owned(), reason.text.to_owned()))
                .collect(),
            assignee_name: present.map(|present| present.as_participant.name.clone()).unwrap_or_default(),
        };
        if words.title.is_empty() {
            return Ok(None);
        }
        let asked = format!("{}|{task:?}|{}|{account:?}", effect.as_str(), squeezed(&words.title));
        let fold = keys.keys(org).await?.search().blind("suggestion", asked.as_bytes()).to_vec();
        let offset = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
        let row = SuggestionRow {
            suggestion_id: id.uuid(),
            source_id: self.source,
            thing_id: self.thing,
            item_id: message.item,
            effect: effect.as_str().to_owned(),
            task_id: task,
            new_state: effect.state().map(|state| state.as_str().to_owned()),
            assignee_member: None,
            assignee_account: account,
            due_on: finding.due_on,
            confidence: finding.confidence.clamp(0.0, 1.0),
            quote_start: offset(finding.quote.start),
            quote_end: offset(finding.quote.end),
            body: Some(sealed::seal_words(keys, org, id, &words).await?),
            status: "open".to_owned(),
            created_at_us: message.at_us,
        };
        Ok(Some(FoundRow { row, fold, own: task.is_none_or(|task| self.is_whose(task, message.account)) }))
    }

    /// Whether the task is the author's own.
    fn is_whose(&self, task: Uuid, author: Option<Uuid>) -> bool {
        author.is_some() && self.tasks.iter().any(|known| known.id == task && known.assignee == author)
    }

    /// What accepting would do. A mirrored task is changed at its provider; to be blocked is no state; and what a task was made
    /// from, or what was said before it, is no news of it.
    fn effect(&self, at: usize, finding: &Finding) -> Option<(Effect, Option<Uuid>)> {
        let effect = match finding.kind {
            Kind::Request | Kind::Commitment | Kind::Proposal => return Some((Effect::Create, None)),
            Kind::Done => Effect::State(State::Done),
            Kind::Reassign => Effect::Assign,
            Kind::DueChange => Effect::Reschedule,
            Kind::Blocked => return None,
        };
        let key = finding.task_key.as_ref()?;
        let task = self.tasks.iter().find(|task| task.key == *key)?;
        let made_at =
            task.made_from.and_then(|item| self.messages.iter().position(|message| message.item == item));
        let is_news = made_at.is_none_or(|made_at| at > made_at);
        (is_news && !task.mirrored).then_some((effect, Some(task.id)))
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Request => "request",
        Kind::Commitment => "commitment",
        Kind::Proposal => "proposal",
        Kind::Done => "done",
        Kind::Blocked => "blocked",
        Kind::Reassign => "reassign",
        Kind::DueChange => "due_change",
    }
}

fn fill(name: &mut String, with: &str) {
    if name.is_empty() {
        with.clone_into(name);
    }
}

/// The keys in the text (`<@U2>`) by the index of the account mentioned. They stand in the same order; a mention that is written out
/// (`@ada`) has no key. Nothing when the two do not fit together.
fn mention_keys(message: &Message) -> Vec<Option<String>> {
    let mut keys: Vec<&str> = Vec::new();
    for part in message.content.text.split("<@").skip(1) {
        let key = part.split(['>', '|']).next().unwrap_or_default();
        if part.contains('>') && !key.is_empty() && !key.contains(char::is_whitespace) && !keys.contains(&key)
        {
            keys.push(key);
        }
    }
    let written_out = |at: usize| {
        let name = message.content.mentioned_names.get(at).map_or("", String::as_str);
        !name.is_empty() && message.content.text.contains(&format!("@{name}"))
    };
    let slots: Vec<usize> = (0..message.mentioned.len()).filter(|at| !written_out(*at)).collect();
    let mut out = vec![None; message.mentioned.len()];
    if slots.len() == keys.len() {
        slots.into_iter().zip(keys).for_each(|(at, key)| out[at] = Some(key.to_owned()));
    }
    out
}

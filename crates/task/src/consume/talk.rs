//! Messages: kept for their threads, read for action items, forgotten when they are deleted.

use std::collections::{HashMap, HashSet};

use keyring::Keyring;
use outbox::HandleError;
use pg::TenantTx;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::{
    activity::Seen,
    known::Known,
    reading::{self, Conversation},
    taking,
};
use crate::{
    ledger::Ledger,
    store::{
        purge, suggestions,
        talk::{self, MessageRow, TakesPart, WINDOW},
        thresholds,
    },
};

/// Applies the activities on messages. Machines are not listened to.
pub(super) async fn apply(
    tx: &mut TenantTx,
    ledger: &Ledger,
    seen: Vec<Seen>,
    now_us: i64,
) -> Result<(), HandleError> {
    let keys = &ledger.keyring;
    let said = newest(seen);
    if said.is_empty() {
        return Ok(());
    }
    // Where it was said decides how it is read; within a thread that never changes.
    let places: HashMap<Uuid, reading::Place> = said.iter().map(|seen| (seen.thing, place(seen))).collect();
    let deleted: HashSet<Uuid> =
        said.iter().filter(|seen| seen.is_deletion()).map(|seen| seen.item).collect();
    let kept = talk::keep(tx, said.into_iter().map(row).collect()).await?;
    let gone: Vec<Uuid> =
        kept.iter().map(|kept| kept.item_id).filter(|item| deleted.contains(item)).collect();
    if !gone.is_empty() {
        purge::messages(tx, &gone).await?;
    }
    let things: HashSet<Uuid> = kept.iter().map(|kept| kept.thing_id).collect();
    let things: Vec<Uuid> = things.into_iter().collect();
    // A message that changed may have been what others were understood by, or the first of two that asked the same.
    let disturbed: HashSet<Uuid> =
        kept.iter().filter(|kept| !kept.is_new).map(|kept| kept.thing_id).collect();
    let fresh: HashSet<Uuid> = kept.iter().map(|kept| kept.item_id).collect();

    let conversations = conversations(tx, keys, &things, &places).await?;
    let thresholds = thresholds::get(tx).await?;
    let (mut found, mut read) = (Vec::new(), Vec::new());
    for conversation in &conversations {
        let whole = disturbed.contains(&conversation.thing);
        let wanted = |item: &Uuid| whole || fresh.contains(item);
        if whole {
            // Nothing was found yet in a message that is new.
            read.extend(conversation.messages.iter().map(|message| message.item));
        }
        found.extend(conversation.suggestions(tx.org(), keys, thresholds, wanted).await?);
    }
    let ids: Vec<Uuid> = found.iter().map(|found| found.row.suggestion_id).collect();
    if !read.is_empty() {
        suggestions::withdraw(tx, &read, &ids).await?;
    }
    let sure = taking::sure(&found, thresholds, now_us);
    let new = suggestions::put(tx, found).await?;
    taking::apply(tx, ledger, &new.into_iter().filter(|id| sure.contains(id)).collect::<Vec<_>>(), now_us)
        .await?;
    let long: Vec<Uuid> =
        conversations.iter().filter(|talk| talk.messages.len() > WINDOW).map(|talk| talk.thing).collect();
    if !long.is_empty() {
        talk::trim(tx, &long).await?;
    }
    Ok(())
}

/// The newest version of each message, in the order in which they were first heard; time and author are the first's.
fn newest(seen: Vec<Seen>) -> Vec<Seen> {
    let mut order: Vec<Seen> = Vec::new();
    let mut places: HashMap<Uuid, usize> = HashMap::new();
    for seen in seen {
        let heard = seen.is_deletion() || seen.has_content() && !seen.activity.bot;
        if seen.activity.kind() != wire::ItemKind::Message || !heard {
            continue;
        }
        let Some(known) = places.get(&seen.item).and_then(|at| order.get_mut(*at)) else {
            places.insert(seen.item, order.len());
            order.push(seen);
            continue;
        };
        let (new, old) = (seen.activity.version_us, known.activity.version_us);
        if new > old || new == old && !known.is_deletion() {
            let (thing, account, at) = (known.thing, known.account, known.activity.occurred_at_us);
            *known = Seen { thing, account: account.or(seen.account), ..seen };
            known.activity.occurred_at_us = at;
        }
    }
    order
}

fn place(seen: &Seen) -> reading::Place {
    reading::Place {
        provider: seen.activity.provider.clone(),
        is_conversation: seen.activity.thing_kind() == wire::ThingKind::Conversation,
    }
}

fn row(seen: Seen) -> MessageRow {
    let content = (!seen.is_deletion()).then_some(seen.activity.content);
    MessageRow {
        item_id: seen.item,
        thing_id: seen.thing,
        source_id: seen.source,
        account_id: seen.account,
        occurred_at_us: seen.activity.occurred_at_us,
        version_us: seen.activity.version_us,
        mentioned: seen.mentioned,
        content,
    }
}

/// The threads with their messages, people and tasks, loaded for all of them at once.
async fn conversations(
    tx: &mut TenantTx,
    keys: &Keyring,
    things: &[Uuid],
    places: &HashMap<Uuid, reading::Place>,
) -> Result<Vec<Conversation>, HandleError> {
    let org = tx.org();
    let mut threads: HashMap<Uuid, Conversation> = HashMap::new();
    for row in talk::of_threads(tx, things).await? {
        let place = places.get(&row.thing_id).cloned().unwrap_or_default();
        let thread = threads
            .entry(row.thing_id)
            .or_insert_with(|| Conversation::new(row.thing_id, row.source_id, place));
        thread.messages.push(reading::message(keys, org, row).await?);
    }
    let mut threads: Vec<Conversation> = threads.into_values().collect();
    let accounts: HashSet<Uuid> = threads.iter().flat_map(Conversation::people).collect();
    let known = Known::load(tx, keys, &accounts.into_iter().collect::<Vec<_>>()).await?;
    let people: Vec<TakesPart> = threads.iter().flat_map(|thread| thread.taking_part(&known)).collect();
    let spoken_of: Vec<Uuid> = threads.iter().map(|thread| thread.thing).collect();
    let mut tasks: HashMap<Uuid, Vec<reading::OpenTask>> = HashMap::new();
    for row in talk::open_tasks(tx, &spoken_of, &people).await? {
        let thing = row.thing_id;
        tasks.entry(thing).or_default().push(reading::open_task(keys, org, row, &known).await?);
    }
    for thread in &mut threads {
        thread.tasks = tasks.remove(&thread.thing).unwrap_or_default();
        thread.meet(&known);
    }
    Ok(threads)
}

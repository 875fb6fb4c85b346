//! Activities of shared sources: into stories and into the index.

use std::collections::HashSet;

use outbox::HandleError;
use pg::TenantTx;
use proto::events::v1 as wire;
use uuid::Uuid;

use super::{Feeder, id, inbox::Inbox, index, optional_id};
use crate::{
    domain::{
        fold::{self, Opened, Told},
        vocabulary::{ItemKind, Verb},
    },
    events_content, store,
};

/// A provider's clock may be ahead by so much before its stories are held back, microseconds.
const AHEAD_US: i64 = 5 * 60 * 1_000_000;

/// Folds the batch's activities into the feed; returns the position reached.
pub(super) async fn apply(
    feeder: &Feeder,
    tx: &mut TenantTx,
    inbox: &Inbox,
    pos: i64,
) -> Result<i64, HandleError> {
    let told = read(feeder, tx, &inbox.activities).await?;
    if told.is_empty() {
        return Ok(pos);
    }
    let items: HashSet<Uuid> =
        told.iter().flat_map(|told| [Some(told.item), told.reply_to]).flatten().collect();
    let known = store::items::known(tx, &items.into_iter().collect::<Vec<_>>()).await?;
    let known_before: HashSet<Uuid> = known.keys().copied().collect();
    let plan = fold::fold(known, told);
    store::activities::bury(tx, &plan.buried).await?;
    store::items::put(tx, &plan.items).await?;
    store::items::reversion(tx, &plan.reversioned).await?;
    store::activities::follow(tx, &plan.moved).await?;
    let mut touched = store::activities::add(tx, &plan.activities, &known_before).await?;
    touched.extend(&plan.touched);
    index::put(feeder, tx, &plan.items, |item| !known_before.contains(item)).await?;
    let latest_us = feeder.clock.now_us().saturating_add(AHEAD_US);
    Ok(store::stories::refresh(tx, &touched, &plan.stories, pos, latest_us).await?)
}

/// Opens what is of sources that are not removed. A source not heard of yet may still be shared: nobody sees it until then.
async fn read(
    feeder: &Feeder,
    tx: &mut TenantTx,
    activities: &[wire::Activity],
) -> Result<Vec<Told>, HandleError> {
    let mut sources = activities
        .iter()
        .map(|activity| id(&activity.source_id, "source_id"))
        .collect::<Result<Vec<_>, _>>()?;
    sources.sort_unstable();
    sources.dedup();
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let known = store::audience::sources(tx, &sources).await?;
    let mut told = Vec::with_capacity(activities.len());
    for activity in activities {
        let source = id(&activity.source_id, "source_id")?;
        if known.get(&source).is_none_or(|source| !source.removed) {
            told.push(one(feeder, tx, source, activity).await?);
        }
    }
    Ok(told)
}

async fn one(
    feeder: &Feeder,
    tx: &TenantTx,
    source: Uuid,
    activity: &wire::Activity,
) -> Result<Told, HandleError> {
    let unknown = |what: &str| HandleError::Poison(format!("activity of an unknown {what}"));
    let ids =
        |list: &[Vec<u8>]| list.iter().map(|account| id(account, "account")).collect::<Result<Vec<_>, _>>();
    let mut told = Told {
        source,
        story: id(&activity.thing_id, "thing_id")?,
        thing_kind: i16::try_from(activity.thing_kind).unwrap_or(0),
        item: id(&activity.item_id, "item_id")?,
        kind: ItemKind::of(activity.kind).ok_or_else(|| unknown("kind"))?,
        verb: Verb::of(activity.verb).ok_or_else(|| unknown("verb"))?,
        account: optional_id(&activity.account_id, "account_id")?.unwrap_or_default(),
        bot: activity.bot,
        occurred_us: activity.occurred_at_us,
        version: activity.version_us,
        reply_to: optional_id(&activity.reply_to, "reply_to")?,
        mentioned: ids(&activity.mentioned_accounts)?,
        assignees: ids(&activity.assignee_accounts)?,
        state: i16::try_from(activity.state).unwrap_or(0),
        content: None,
    };
    if !activity.content.is_empty() && told.verb != Verb::Deleted {
        told.content = Some(open(feeder, tx, &told, activity).await?);
    }
    Ok(told)
}

async fn open(
    feeder: &Feeder,
    tx: &TenantTx,
    told: &Told,
    activity: &wire::Activity,
) -> Result<Opened, HandleError> {
    let (keyring, org, sealed) = (&feeder.keyring, tx.org(), &activity.content);
    let (content, mut plain) =
        events_content::content(keyring, org, events_content::ITEM, told.item, sealed).await?;
    // The same words with other people or another state are another version.
    plain.extend_from_slice(&told.state.to_be_bytes());
    for person in told.mentioned.iter().chain([&Uuid::nil()]).chain(&told.assignees) {
        plain.extend_from_slice(person.as_bytes());
    }
    let keys = keyring.keys(org).await.map_err(super::of_key)?;
    let digest = keys.search().blind("feed content", &plain)[..16].to_vec();
    Ok(Opened { sealed: sealed.clone(), content, digest })
}

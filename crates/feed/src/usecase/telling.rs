//! Stories as they are told to a member: names resolved, content opened, the reasons said.

use std::{collections::HashMap, sync::Arc};

use access::TenantScope;
use pg::TenantTx;
use uuid::Uuid;

use super::{Failure, Ground, legible};
use crate::{
    directory::Known,
    domain::{
        content::Content,
        vocabulary::{ItemKind, ThingKind, Verb},
        why::{Shared, Why, why},
    },
    events_content,
    store::{self, page::Sight, tell::Line},
};

/// A person as shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Provider account, if one acted.
    pub account: Option<Uuid>,
    /// Member, if it is one's account.
    pub member: Option<Uuid>,
    /// Name to show.
    pub name: String,
    /// Bot.
    pub bot: bool,
}

/// A source as shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceRef {
    /// Which; none for tasks of no source.
    pub id: Option<Uuid>,
    /// Provider.
    pub provider: String,
    /// What a person would write.
    pub key: String,
}

/// An activity as shown.
#[derive(Debug, Clone)]
pub struct Activity {
    /// What was done.
    pub verb: Verb,
    /// To which kind of item.
    pub kind: ItemKind,
    /// Which.
    pub item: Uuid,
    /// Its title, or its first line.
    pub title: String,
    /// Where.
    pub url: String,
    /// When, microseconds.
    pub occurred_us: i64,
    /// Who.
    pub actor: Person,
}

/// A story as shown.
#[derive(Debug, Clone)]
pub struct Story {
    /// The thing.
    pub id: Uuid,
    /// What sort of thing.
    pub kind: ThingKind,
    /// Title.
    pub title: String,
    /// The newest words.
    pub summary: String,
    /// Who acted, newest first.
    pub actors: Vec<Person>,
    /// Where.
    pub source: SourceRef,
    /// First activity, microseconds.
    pub first_us: i64,
    /// Newest activity, microseconds.
    pub newest_us: i64,
    /// The newest, oldest of these first.
    pub activities: Vec<Activity>,
    /// All there are.
    pub count: u32,
    /// Never empty.
    pub why: Vec<Why>,
    /// Seen as it is now.
    pub seen: bool,
    /// Where it leads.
    pub url: String,
    /// Position now.
    pub pos: i64,
}

/// Content of an item with who stands behind it.
pub(crate) struct Item {
    pub content: Content,
    pub actor: Uuid,
}

/// Opens items that the statement before has shown to the caller.
pub(crate) async fn open(
    ground: &Ground,
    tx: &mut TenantTx,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Item>, Failure> {
    let mut items = HashMap::with_capacity(ids.len());
    let org = tx.org();
    for sealed in store::items::sealed(tx, ids).await? {
        let kind = if sealed.oz_task { events_content::TASK } else { events_content::ITEM };
        let opened = events_content::content(&ground.keyring, org, kind, sealed.id, &sealed.content).await;
        let content = legible(opened.map(|(content, _)| content))?;
        items.insert(sealed.id, Item { content, actor: sealed.actor });
    }
    Ok(items)
}

/// The person behind an account: the member's name, the account's, or the one that the content says.
pub(crate) fn person(id: Uuid, bot: bool, known: &HashMap<Uuid, Arc<Known>>, said: Option<&Item>) -> Person {
    let known = known.get(&id);
    let said = said.filter(|item| item.actor == id).map(|item| item.content.actor_name.as_str());
    let name =
        known.map(|known| known.name.as_str()).filter(|name| !name.is_empty()).or(said).unwrap_or_default();
    let member = known.and_then(|known| known.member);
    Person {
        account: Some(id).filter(|id| !id.is_nil() && member != Some(*id)),
        member,
        name: name.to_owned(),
        bot: bot || known.is_some_and(|known| known.bot),
    }
}

/// Tells the stories that the caller sees among `ids`, in that order.
pub(crate) async fn tell(
    ground: &Ground,
    tx: &mut TenantTx,
    scope: &TenantScope,
    sight: &Sight,
    ids: &[Uuid],
) -> Result<Vec<Story>, Failure> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let lines = store::tell::lines(tx, sight, ids).await?;
    let mut wanted: Vec<Uuid> =
        lines.iter().flat_map(|line| [Some(line.head), line.item]).flatten().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let items = open(ground, tx, &wanted).await?;
    let persons = ground.directory.persons(tx, lines.iter().filter_map(|line| line.account)).await?;
    let places = ground.directory.places(tx, lines.iter().map(|line| line.source)).await?;
    let standing = scope.standing().iter().copied().filter(|audience| *audience != scope.org().uuid());
    let teams = ground.directory.teams(tx, standing).await?;
    let mut stories = Vec::new();
    for lines in lines.chunk_by(|a, b| a.story == b.story) {
        let Some(first) = lines.first() else { continue };
        let place = places.get(&first.source);
        let audience = place.map_or(first.source, |place| place.audience);
        let mut shared = Shared::of(audience, scope.org().uuid(), first.source);
        if let Shared::Team(name) = &mut shared {
            *name = teams.get(&audience).map(|name| name.to_string()).unwrap_or_default();
        }
        let source = SourceRef {
            id: Some(first.source),
            provider: place.map(|place| place.provider.clone()).unwrap_or_default(),
            key: place.map(|place| place.key.clone()).unwrap_or_default(),
        };
        stories.push(story(first, lines, source, &shared, &items, &persons));
    }
    Ok(stories)
}

fn story(
    first: &Line,
    lines: &[Line],
    source: SourceRef,
    shared: &Shared,
    items: &HashMap<Uuid, Item>,
    persons: &HashMap<Uuid, Arc<Known>>,
) -> Story {
    let head = items.get(&first.head).map(|item| &item.content);
    let activities: Vec<Activity> = lines.iter().filter_map(|line| activity(line, items, persons)).collect();
    let mut actors: Vec<Person> = Vec::new();
    for activity in activities.iter().rev() {
        let actor = &activity.actor;
        let shown = actor.account.is_some() || !actor.name.is_empty();
        if shown && !actors.iter().any(|known| same(known, actor)) {
            actors.push(actor.clone());
        }
    }
    let newest = lines.iter().rev().filter_map(|line| items.get(&line.item?));
    let summary = newest.map(|item| item.content.summary()).find(|summary| !summary.is_empty());
    Story {
        id: first.story,
        kind: ThingKind::of(first.kind.into()).unwrap_or(ThingKind::Event),
        title: head.map(Content::headline).unwrap_or_default(),
        summary: summary.unwrap_or_default(),
        actors,
        source,
        first_us: first.first_us,
        newest_us: first.newest_us,
        activities,
        count: u32::try_from(first.activities).unwrap_or(0),
        why: why(&store::tell::reasons(&first.reasons), shared),
        seen: first.seen,
        url: head.map(|content| content.address().to_owned()).unwrap_or_default(),
        pos: first.pos,
    }
}

/// Two accounts of one member are one person.
fn same(one: &Person, other: &Person) -> bool {
    match (one.member, other.member) {
        (Some(one), Some(other)) => one == other,
        _ => one.account == other.account && one.name == other.name,
    }
}

fn activity(
    line: &Line,
    items: &HashMap<Uuid, Item>,
    persons: &HashMap<Uuid, Arc<Known>>,
) -> Option<Activity> {
    let item = items.get(&line.item?);
    let content = item.map(|item| &item.content);
    Some(Activity {
        verb: Verb::of(line.verb?.into())?,
        kind: ItemKind::of(line.item_kind?.into())?,
        item: line.item?,
        title: content.map(Content::own_title).unwrap_or_default(),
        url: content.map(|content| content.url.clone()).unwrap_or_default(),
        occurred_us: line.occurred_us?,
        actor: person(line.account?, line.bot?, persons, item),
    })
}

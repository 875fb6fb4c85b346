//! Stories as they are told to a member: names resolved, content opened, the reasons said.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

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
    store::{
        self,
        page::Sight,
        tell::{Line, Mark},
    },
    tales::{Beat, Tale},
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
pub(crate) fn person(id: Uuid, bot: bool, known: &HashMap<Uuid, Arc<Known>>, said: &str) -> Person {
    let known = known.get(&id);
    let name = known.map(|known| known.name.as_str()).filter(|name| !name.is_empty()).unwrap_or(said);
    let member = known.and_then(|known| known.member);
    Person {
        account: Some(id).filter(|id| !id.is_nil() && member != Some(*id)),
        member,
        name: name.to_owned(),
        bot: bot || known.is_some_and(|known| known.bot),
    }
}

impl Item {
    /// What the content calls the one who stands behind it, if that is who is asked for.
    pub(crate) fn says(&self, id: Uuid) -> &str {
        if self.actor == id { &self.content.actor_name } else { "" }
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
    let marks = store::tell::marks(tx, sight, ids).await?;
    let tales = tales(ground, tx, sight, &marks).await?;
    let accounts: HashSet<Uuid> =
        tales.values().flat_map(|tale| tale.beats.iter().map(|beat| beat.account)).collect();
    let sources: HashSet<Uuid> = tales.values().map(|tale| tale.source).collect();
    let persons = ground.directory.persons(tx, accounts).await?;
    let places = ground.directory.places(tx, sources).await?;
    let standing = scope.standing().iter().copied().filter(|audience| *audience != scope.org().uuid());
    let teams = ground.directory.teams(tx, standing).await?;
    let told = marks.into_iter().filter_map(|mark| {
        let tale = tales.get(&mark.story)?;
        let place = places.get(&tale.source);
        let audience = place.map_or(tale.source, |place| place.audience);
        let mut shared = Shared::of(audience, scope.org().uuid(), tale.source);
        if let Shared::Team(name) = &mut shared {
            *name = teams.get(&audience).map(|name| name.to_string()).unwrap_or_default();
        }
        let source = SourceRef {
            id: Some(tale.source),
            provider: place.map(|place| place.provider.clone()).unwrap_or_default(),
            key: place.map(|place| place.key.clone()).unwrap_or_default(),
        };
        Some(story(&mark, tale, source, &shared, &persons))
    });
    Ok(told.collect())
}

/// The tales of stories: those kept, the others read and opened. Whoever does not hear some actors hears other activities instead,
/// so theirs are read each time.
async fn tales(
    ground: &Ground,
    tx: &mut TenantTx,
    sight: &Sight,
    marks: &[Mark],
) -> Result<HashMap<Uuid, Arc<Tale>>, Failure> {
    let (org, now_us) = (tx.org(), ground.clock.now_us());
    let for_all = sight.muted_actors.is_empty();
    let mut tales = HashMap::with_capacity(marks.len());
    if for_all {
        let kept = |mark: &Mark| Some((mark.story, ground.tales.get(org, mark.story, mark.pos, now_us)?));
        tales.extend(marks.iter().filter_map(kept));
    }
    let missing: Vec<Uuid> =
        marks.iter().map(|mark| mark.story).filter(|id| !tales.contains_key(id)).collect();
    if missing.is_empty() {
        return Ok(tales);
    }
    let lines = store::tell::lines(tx, sight, &missing).await?;
    let mut wanted: Vec<Uuid> =
        lines.iter().flat_map(|line| [Some(line.head), line.item]).flatten().collect();
    wanted.sort_unstable();
    wanted.dedup();
    let items = open(ground, tx, &wanted).await?;
    for lines in lines.chunk_by(|a, b| a.story == b.story) {
        let Some(first) = lines.first() else { continue };
        let tale = Arc::new(tale(first, lines, &items));
        if for_all {
            ground.tales.keep(org, first.story, tale.clone(), now_us);
        }
        tales.insert(first.story, tale);
    }
    Ok(tales)
}

fn tale(first: &Line, lines: &[Line], items: &HashMap<Uuid, Item>) -> Tale {
    let head = items.get(&first.head).map(|item| &item.content);
    let newest = lines.iter().rev().filter_map(|line| items.get(&line.item?));
    let summary = newest.map(|item| item.content.summary()).find(|summary| !summary.is_empty());
    Tale {
        pos: first.pos,
        kind: ThingKind::of(first.kind.into()).unwrap_or(ThingKind::Event),
        source: first.source,
        first_us: first.first_us,
        newest_us: first.newest_us,
        count: first.activities,
        title: head.map(Content::headline).unwrap_or_default(),
        url: head.map(|content| content.address().to_owned()).unwrap_or_default(),
        summary: summary.unwrap_or_default(),
        beats: lines.iter().filter_map(|line| beat(line, items)).collect(),
    }
}

fn beat(line: &Line, items: &HashMap<Uuid, Item>) -> Option<Beat> {
    let (item, account) = (items.get(&line.item?), line.account?);
    let content = item.map(|item| &item.content);
    Some(Beat {
        verb: Verb::of(line.verb?.into())?,
        kind: ItemKind::of(line.item_kind?.into())?,
        item: line.item?,
        title: content.map(Content::own_title).unwrap_or_default(),
        url: content.map(|content| content.url.clone()).unwrap_or_default(),
        occurred_us: line.occurred_us?,
        account,
        bot: line.bot?,
        said: item.map(|item| item.says(account).to_owned()).unwrap_or_default(),
    })
}

fn story(
    mark: &Mark,
    tale: &Tale,
    source: SourceRef,
    shared: &Shared,
    persons: &HashMap<Uuid, Arc<Known>>,
) -> Story {
    let activities: Vec<Activity> = tale.beats.iter().map(|beat| activity(beat, persons)).collect();
    let mut actors: Vec<Person> = Vec::new();
    for activity in activities.iter().rev() {
        let actor = &activity.actor;
        let shown = actor.account.is_some() || !actor.name.is_empty();
        if shown && !actors.iter().any(|known| same(known, actor)) {
            actors.push(actor.clone());
        }
    }
    Story {
        id: mark.story,
        kind: tale.kind,
        title: tale.title.clone(),
        summary: tale.summary.clone(),
        actors,
        source,
        first_us: tale.first_us,
        newest_us: tale.newest_us,
        activities,
        count: u32::try_from(tale.count).unwrap_or(0),
        why: why(&store::tell::reasons(&mark.reasons), shared),
        // It may have moved between the two statements: of what came then nothing is seen.
        seen: mark.seen && tale.pos == mark.pos,
        url: tale.url.clone(),
        pos: tale.pos,
    }
}

/// Two accounts of one member are one person.
fn same(one: &Person, other: &Person) -> bool {
    match (one.member, other.member) {
        (Some(one), Some(other)) => one == other,
        _ => one.account == other.account && one.name == other.name,
    }
}

fn activity(beat: &Beat, persons: &HashMap<Uuid, Arc<Known>>) -> Activity {
    Activity {
        verb: beat.verb,
        kind: beat.kind,
        item: beat.item,
        title: beat.title.clone(),
        url: beat.url.clone(),
        occurred_us: beat.occurred_us,
        actor: person(beat.account, beat.bot, persons, &beat.said),
    }
}

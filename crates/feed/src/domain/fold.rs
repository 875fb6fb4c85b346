//! How activities become items, activities of stories, and tombstones.
//!
//! The outcome does not depend on how often or in which order the same activities are told: the greatest version of an item
//! decides its content, a deletion wins over everything not newer than itself, and an activity is named by what it says.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{
    content::Content,
    vocabulary::{ItemKind, Verb},
};

/// One activity as it was told, its content opened.
#[derive(Debug, Clone)]
pub struct Told {
    /// Where it comes from.
    pub source: Uuid,
    /// The thing it is about: the story.
    pub story: Uuid,
    /// What sort of thing, as in the event.
    pub thing_kind: i16,
    /// Which item.
    pub item: Uuid,
    /// What kind of content that is.
    pub kind: ItemKind,
    /// What was done.
    pub verb: Verb,
    /// By whom; nil for nobody.
    pub account: Uuid,
    /// By a bot.
    pub bot: bool,
    /// When, microseconds.
    pub occurred_us: i64,
    /// Orders versions of the item.
    pub version: i64,
    /// The item this one answers.
    pub reply_to: Option<Uuid>,
    /// Accounts mentioned.
    pub mentioned: Vec<Uuid>,
    /// Accounts it is assigned to.
    pub assignees: Vec<Uuid>,
    /// State of a task.
    pub state: i16,
    /// The content as it was sealed, and opened; `None` when nothing is said.
    pub content: Option<Opened>,
}

/// Sealed content with what is in it.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// As it came.
    pub sealed: Vec<u8>,
    /// What it says.
    pub content: Content,
    /// Keyed hash of all that is kept of this version.
    pub digest: Vec<u8>,
}

/// An item as it is kept.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// Its source; none for tasks of Oz that belong to no source.
    pub source: Option<Uuid>,
    /// The list of a task made in Oz.
    pub list: Option<Uuid>,
    /// The story it belongs to.
    pub story: Option<Uuid>,
    /// Kind, as a number.
    pub kind: i16,
    /// Version of what is kept.
    pub version: i64,
    /// Tombstone.
    pub deleted: bool,
    /// When it began, microseconds.
    pub occurred_us: i64,
    /// Who made it; nil for nobody.
    pub author: Uuid,
    /// Whose name the content carries.
    pub actor: Uuid,
    /// Accounts mentioned.
    pub mentioned: Vec<Uuid>,
    /// Accounts it is assigned to.
    pub assignees: Vec<Uuid>,
    /// State of a task.
    pub state: i16,
    /// The content; empty for tombstones, and where the item was read back without it.
    pub opened: Opened,
}

/// An activity of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Happened {
    /// On which item.
    pub item: Uuid,
    /// In which story.
    pub story: Uuid,
    /// Of which source.
    pub source: Uuid,
    /// Kind of the item.
    pub kind: ItemKind,
    /// What.
    pub verb: Verb,
    /// By whom; nil for nobody.
    pub account: Uuid,
    /// By a bot.
    pub bot: bool,
    /// When.
    pub occurred_us: i64,
}

/// What is to be written.
#[derive(Debug, Default)]
pub struct Plan {
    /// Items to write, tombstones among them.
    pub items: HashMap<Uuid, Item>,
    /// Items that say the same in a newer version.
    pub reversioned: HashMap<Uuid, i64>,
    /// Items whose activities and documents go away, before anything is added.
    pub buried: HashSet<Uuid>,
    /// Items that belong to another story than before.
    pub moved: HashSet<Uuid>,
    /// What happened, not yet known to be new.
    pub activities: Vec<Happened>,
    /// Stories that look different, besides those that get activities.
    pub touched: HashSet<Uuid>,
    /// Source and kind of every story that was told of.
    pub stories: HashMap<Uuid, (Uuid, i16)>,
}

/// Folds activities, in the order they were told, over what is `known` of their items.
#[must_use]
pub fn fold(mut known: HashMap<Uuid, Item>, told: Vec<Told>) -> Plan {
    let mut plan = Plan::default();
    for activity in told {
        let before = known.get(&activity.item);
        // The source of an item never changes: another source's word about it is not believed.
        let foreign = before.is_some_and(|item| item.source != Some(activity.source));
        if foreign || before.is_some_and(|item| item.deleted && item.version >= activity.version) {
            continue;
        }
        if activity.verb == Verb::Deleted {
            bury(&mut plan, &mut known, &activity);
            continue;
        }
        let story = story_of(&known, &activity);
        plan.stories.entry(story).or_insert((activity.source, activity.thing_kind));
        tell(&mut plan, &mut known, story, activity);
    }
    plan
}

/// An answer belongs to the story of what it answers: not every delivery names the thread.
fn story_of(known: &HashMap<Uuid, Item>, activity: &Told) -> Uuid {
    let answered = activity.reply_to.and_then(|item| known.get(&item));
    let same_source = answered.filter(|item| item.source == Some(activity.source) && !item.deleted);
    same_source.and_then(|item| item.story).unwrap_or(activity.story)
}

fn bury(plan: &mut Plan, known: &mut HashMap<Uuid, Item>, activity: &Told) {
    let before = known.get(&activity.item);
    if before.is_some_and(|item| item.version > activity.version) {
        return;
    }
    plan.touched.extend(before.and_then(|item| item.story));
    plan.activities.retain(|happened| happened.item != activity.item);
    plan.reversioned.remove(&activity.item);
    plan.buried.insert(activity.item);
    let tombstone = Item {
        source: Some(activity.source),
        kind: activity.kind.number(),
        version: activity.version,
        deleted: true,
        occurred_us: activity.occurred_us,
        ..Item::default()
    };
    known.insert(activity.item, tombstone.clone());
    plan.items.insert(activity.item, tombstone);
}

fn tell(plan: &mut Plan, known: &mut HashMap<Uuid, Item>, story: Uuid, activity: Told) {
    let Told { item, kind, verb, account, bot, occurred_us, source, .. } = activity;
    let before = known.get(&item).filter(|before| !before.deleted);
    let newer = before.is_none_or(|before| activity.version >= before.version);
    let mut story = before.and_then(|before| before.story).unwrap_or(story);
    match activity.content.clone() {
        Some(opened) if newer => {
            story = story_of(known, &activity);
            if before
                .is_some_and(|before| before.opened.digest == opened.digest && before.story == Some(story))
            {
                plan.reversioned.insert(item, activity.version);
            } else {
                plan.touched.insert(story);
                if let Some(left) = before.and_then(|before| before.story).filter(|left| *left != story) {
                    plan.touched.insert(left);
                    plan.moved.insert(item);
                }
                let after = after(before, story, &activity, opened);
                known.insert(item, after.clone());
                plan.items.insert(item, after);
            }
        }
        // Nothing is known of the item, and nothing is said: there is nothing to show.
        None if before.is_none() => return,
        _ => {}
    }
    plan.activities.push(Happened { item, story, source, kind, verb, account, bot, occurred_us });
}

fn after(before: Option<&Item>, story: Uuid, activity: &Told, opened: Opened) -> Item {
    let made = activity.verb == Verb::Created && !activity.account.is_nil();
    let known_author = before.map(|before| before.author).filter(|author| !made && !author.is_nil());
    Item {
        source: Some(activity.source),
        list: None,
        story: Some(story),
        kind: activity.kind.number(),
        version: activity.version,
        deleted: false,
        occurred_us: before
            .map_or(activity.occurred_us, |before| before.occurred_us.min(activity.occurred_us)),
        author: known_author.unwrap_or(activity.account),
        actor: activity.account,
        mentioned: activity.mentioned.clone(),
        assignees: activity.assignees.clone(),
        state: activity.state,
        opened,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(item: u128, verb: Verb, at: i64, text: &str) -> Told {
        let content = Content { text: text.into(), ..Content::default() };
        Told {
            source: Uuid::from_u128(1),
            story: Uuid::from_u128(2),
            thing_kind: 1,
            item: Uuid::from_u128(item),
            kind: ItemKind::Message,
            verb,
            account: Uuid::from_u128(9),
            bot: false,
            occurred_us: at,
            version: at,
            reply_to: None,
            mentioned: vec![],
            assignees: vec![],
            state: 0,
            content: (verb != Verb::Deleted).then(|| Opened {
                sealed: text.into(),
                digest: text.into(),
                content,
            }),
        }
    }

    fn text(plan: &Plan, item: u128) -> Option<String> {
        plan.items.get(&Uuid::from_u128(item)).map(|item| item.opened.content.text.clone())
    }

    #[test]
    fn the_newest_version_is_the_content_and_a_deletion_leaves_nothing() {
        let edit =
            fold(HashMap::new(), vec![told(5, Verb::Edited, 2, "new"), told(5, Verb::Created, 1, "old")]);
        assert_eq!(text(&edit, 5).as_deref(), Some("new"));
        assert_eq!(edit.activities.len(), 2);
        let gone = fold(edit.items, vec![told(5, Verb::Deleted, 2, ""), told(5, Verb::Edited, 2, "stale")]);
        assert!(gone.items[&Uuid::from_u128(5)].deleted && gone.activities.is_empty());
        assert!(gone.touched.contains(&Uuid::from_u128(2)));
    }

    #[test]
    fn an_old_deletion_does_not_bury_what_came_after_it() {
        let plan =
            fold(HashMap::new(), vec![told(5, Verb::Created, 3, "again"), told(5, Verb::Deleted, 2, "")]);
        assert_eq!(text(&plan, 5).as_deref(), Some("again"));
    }

    #[test]
    fn the_same_told_again_touches_nothing() {
        let first = fold(HashMap::new(), vec![told(5, Verb::Created, 1, "x")]);
        let again = fold(first.items, vec![told(5, Verb::Created, 1, "x")]);
        assert!(again.items.is_empty() && again.touched.is_empty());
    }

    #[test]
    fn an_answer_goes_to_the_story_of_what_it_answers_unless_that_is_of_another_source() {
        let mut answer = told(6, Verb::Reacted, 2, ":+1:");
        (answer.story, answer.reply_to) = (Uuid::from_u128(77), Some(Uuid::from_u128(5)));
        let plan = fold(HashMap::new(), vec![told(5, Verb::Created, 1, "x"), answer.clone()]);
        assert_eq!(plan.activities[1].story, Uuid::from_u128(2));
        answer.source = Uuid::from_u128(3);
        let plan = fold(HashMap::new(), vec![told(5, Verb::Created, 1, "x"), answer]);
        assert_eq!(plan.activities[1].story, Uuid::from_u128(77));
    }

    #[test]
    fn another_source_cannot_write_into_an_item() {
        let mut foreign = told(5, Verb::Edited, 9, "foreign");
        foreign.source = Uuid::from_u128(3);
        let plan = fold(HashMap::new(), vec![told(5, Verb::Created, 1, "own"), foreign]);
        assert_eq!(text(&plan, 5).as_deref(), Some("own"));
        assert_eq!(plan.activities.len(), 1);
    }

    proptest! {
        /// Distinct versions of one item in any order, any of them twice: the same content or the same tombstone.
        #[test]
        fn order_and_repetition_do_not_matter(
            events in proptest::collection::vec((1i64..6, 0u8..4), 1..8).prop_shuffle(), again in 0usize..8
        ) {
            let one: HashMap<i64, u8> = events.iter().copied().collect();
            let verb = |code: u8| [Verb::Created, Verb::Edited, Verb::Closed, Verb::Deleted][usize::from(code)];
            let mut sorted: Vec<(i64, u8)> = one.clone().into_iter().collect();
            sorted.sort_unstable();
            let mut shuffled: Vec<(i64, u8)> = one.into_iter().collect();
            shuffled.push(shuffled[again % shuffled.len()]);
            let tell = |list: &[(i64, u8)]| {
                let told = list.iter().map(|(at, code)| told(5, verb(*code), *at, &format!("v{at}"))).collect();
                let plan = fold(HashMap::new(), told);
                let item = plan.items.get(&Uuid::from_u128(5)).cloned().unwrap_or_default();
                (item.deleted, item.opened.content.text)
            };
            prop_assert_eq!(tell(&sorted), tell(&shuffled));
        }
    }
}

//! Updates of tasks that exist: finished, blocked, another owner, another date.

mod finished;
mod handed;
mod hypothesis;
mod moved;
mod stuck;

use chrono::NaiveDate;

use crate::{
    dates::{Lead, When},
    finding::{Kind, Reason},
    link::{NAMED, Pull, Tasks},
    owner::Addressee,
    rules::View,
};

/// An update in a sentence.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub kind: Kind,
    pub task: usize,
    pub assignee: Option<usize>,
    pub due_on: Option<NaiveDate>,
    pub confidence: f32,
    pub reasons: Vec<Reason>,
}

/// What an update may lean on beyond the words of its sentence.
pub(crate) struct Around<'a> {
    pub tasks: &'a Tasks<'a>,
    /// What the thread has spoken of so far, older messages weighing less.
    pub topic: &'a Pull,
    /// What this sentence speaks of.
    pub sentence: &'a Pull,
    /// What the same message speaks of.
    pub message: &'a Pull,
    pub author_id: &'a str,
    pub addressee: Addressee,
}

/// The update that the sentence holds, if any.
pub(crate) fn find(view: &View<'_, '_>, dates: &[When], around: &Around<'_>) -> Option<Update> {
    if around.tasks.all.is_empty() || view.sentence.question || hypothesis::is_hypothetical(view) {
        return None;
    }
    let named = around.tasks.best(around.sentence, around.author_id).filter(|(_, sum)| *sum >= NAMED);
    let topic = named.or_else(|| topic_of(around));
    topic?;
    reassign(view, named.or(topic.filter(|_| hypothesis::points_back(view))), around)
        .or_else(|| due_change(view, dates, named, topic, around))
        .or_else(|| blocked(view, named, topic, around))
        .or_else(|| done(view, named, topic, around))
}

type Link = Option<(usize, f32)>;

/// The task that this message or the thread is about, when there is only one candidate.
fn topic_of(around: &Around<'_>) -> Link {
    let mut all = Pull::new();
    for (task, pull) in around.topic {
        *all.entry(*task).or_default() += pull;
    }
    for (task, pull) in around.message {
        *all.entry(*task).or_default() += pull * 1.5;
    }
    for (i, task) in around.tasks.all.iter().enumerate().take(50) {
        if task.assignee.as_deref() == Some(around.author_id) {
            *all.entry(i).or_default() += 0.6;
        }
    }
    let (task, sum) = around.tasks.best(&all, around.author_id)?;
    let second = all.iter().filter(|(other, _)| **other != task).map(|(_, sum)| *sum).fold(0.0, f32::max);
    (sum >= 1.0 && sum - second >= 0.4).then_some((task, sum * 0.5))
}

fn update(kind: Kind, link: (usize, f32), strength: f32, code: &'static str, text: &'static str) -> Update {
    let sum = strength + link.1.min(3.0) * 0.5;
    let confidence = 1.0 / (1.0 + (-(sum - 1.0)).exp());
    let how = if link.1 >= 3.0 {
        Reason { code: "key", text: "the task's key is named" }
    } else {
        Reason { code: "title_words", text: "words of the task's title are named, here or in the thread" }
    };
    Update {
        kind,
        task: link.0,
        assignee: None,
        due_on: None,
        confidence,
        reasons: vec![Reason { code, text }, how],
    }
}

fn reassign(view: &View<'_, '_>, link: Link, around: &Around<'_>) -> Option<Update> {
    let link = link?;
    let addressee = match around.addressee {
        Addressee::One(person) => Some(person),
        Addressee::Unknown => view.author.and_then(|a| view.people.other_of_two(a)),
        Addressee::Group => None,
    };
    let owner = handed::new_owner(view, addressee)?;
    let current =
        around.tasks.all.get(link.0).and_then(|t| t.assignee.as_deref()).and_then(|id| view.people.index(id));
    if current == Some(owner) || view.people.is_machine(owner) {
        return None;
    }
    let mut found = update(Kind::Reassign, link, 1.4, "new_owner", "says who owns it from now on");
    found.assignee = Some(owner);
    Some(found)
}

fn due_change(
    view: &View<'_, '_>,
    dates: &[When],
    named: Link,
    topic: Link,
    around: &Around<'_>,
) -> Option<Update> {
    let falls = || dates.iter().any(|d| d.lead == Lead::Old).then_some(1.0);
    let strength = moved::moves(view).or_else(falls)?;
    let link = named.or(topic.filter(|_| hypothesis::points_back(view) || moved::speaks_of_deadline(view)))?;
    let old = around.tasks.all.get(link.0).and_then(|t| t.due_on);
    let standing = dates.iter().filter(|d| d.lead != Lead::Old && d.lead != Lead::Of);
    let fallen = dates.iter().filter(|d| d.lead == Lead::Old).map(|d| d.date).collect::<Vec<_>>();
    let mut candidates: Vec<&When> =
        standing.filter(|d| !fallen.contains(&d.date) && Some(d.date) != old).collect();
    candidates.sort_by_key(|d| !matches!(d.lead, Lead::To | Lead::Deadline));
    let by_span = || moved::moved_by(view).and_then(|days| old?.checked_add_signed(days));
    let new = candidates.first().map(|d| d.date).or_else(by_span);
    if new.is_none() && !moved::drops_date(view) || new.is_some() && new == old {
        return None;
    }
    let mut found = update(Kind::DueChange, link, strength, "new_date", "says that its date has moved");
    found.due_on = new;
    Some(found)
}

fn blocked(view: &View<'_, '_>, named: Link, topic: Link, around: &Around<'_>) -> Option<Update> {
    let strength = stuck::stuck(view)?;
    let own = |task: usize| {
        around.tasks.all.get(task).is_some_and(|t| t.assignee.as_deref() == Some(around.author_id))
    };
    let link = named.or(topic.filter(|(task, _)| own(*task) && strength >= 1.2))?;
    Some(update(Kind::Blocked, link, strength, "stuck", "says what is in the way"))
}

fn done(view: &View<'_, '_>, named: Link, topic: Link, around: &Around<'_>) -> Option<Update> {
    if finished::is_unfinished(view) {
        return None;
    }
    if let Some(link) = named
        && let Some(strength) = finished::finished(view, |word| around.tasks.is_verb_of(link.0, word))
    {
        return Some(update(Kind::Done, link, strength, "finished", "says that it is finished"));
    }
    let link = topic.filter(|_| finished::finished_here(view))?;
    Some(update(Kind::Done, link, 1.2, "finished_here", "says that what the thread is about is finished"))
}

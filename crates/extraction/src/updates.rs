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

/// A task and how strongly something points at it.
pub(crate) type Link = Option<(usize, f32)>;

/// What the words of a sentence say that could be an update, whatever task it is of.
#[derive(Debug, Clone)]
pub(crate) struct Clues {
    /// How many open tasks there are.
    pub tasks: usize,
    /// One of them is the author's.
    pub own_task: bool,
    /// The task that the sentence points at most, if at any.
    pub named: Link,
    /// The task that the message or the thread is about, when there is only one candidate.
    pub topic: Link,
    /// Whose the task is that everything together points at: nobody's, the author's, another's.
    pub whose: Whose,
    /// How strongly the message and the thread speak of it.
    pub in_message: f32,
    pub in_thread: f32,
    finished: Option<f32>,
    finished_here: bool,
    unfinished: bool,
    stuck: Option<f32>,
    moves: Option<f32>,
    drops: bool,
    moved_by: bool,
    old_date: bool,
    new_owner: Option<usize>,
    points_back: bool,
    hypothetical: bool,
    /// What the rules alone take it for.
    pub by_rule: Option<Kind>,
}

/// Whose a task is, as the author sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// No task is pointed at.
    NoTask,
    /// Nobody owns it.
    Nobody,
    /// The author.
    Author,
    /// Somebody else.
    Other,
}

impl Clues {
    /// As the model sees them; the order is part of the model.
    pub(crate) fn flags(&self) -> [bool; 16] {
        [
            self.finished.is_some(),
            self.finished.is_some_and(|w| w >= 1.3),
            self.finished.is_some_and(|w| w >= 1.55),
            self.finished_here,
            self.unfinished,
            self.stuck.is_some(),
            self.stuck.is_some_and(|w| w >= 1.3),
            self.moves.is_some(),
            self.drops,
            self.moved_by,
            self.old_date,
            self.new_owner.is_some(),
            self.points_back,
            self.hypothetical,
            self.finished.is_some() && self.unfinished,
            self.own_task,
        ]
    }
}

/// Reads a sentence for updates; `None` without open tasks.
pub(crate) fn clues(view: &View<'_, '_>, dates: &[When], around: &Around<'_>) -> Option<Clues> {
    let tasks = around.tasks;
    if tasks.all.is_empty() {
        return None;
    }
    let named = tasks.best(around.sentence, around.author_id);
    let own = |task: &crate::OpenTask| task.assignee.as_deref() == Some(around.author_id);
    let meant = tasks.best(&pointing(around, 2.0), around.author_id).map(|(task, _)| task);
    let pull = |of: &Pull| meant.and_then(|task| of.get(&task)).copied().unwrap_or(0.0);
    let mut clues = Clues {
        whose: match meant.and_then(|task| tasks.all.get(task)) {
            None => Whose::NoTask,
            Some(task) if own(task) => Whose::Author,
            Some(task) if task.assignee.is_none() => Whose::Nobody,
            Some(_) => Whose::Other,
        },
        in_message: pull(around.message),
        in_thread: pull(around.topic),
        tasks: tasks.all.len(),
        own_task: tasks.all.iter().any(own),
        named,
        topic: topic_of(around),
        finished: finished::finished(view, |word| named.is_some_and(|link| tasks.is_verb_of(link.0, word))),
        finished_here: finished::finished_here(view),
        unfinished: finished::is_unfinished(view),
        stuck: stuck::stuck(view),
        moves: moved::moves(view),
        drops: moved::drops_date(view),
        moved_by: moved::moved_by(view).is_some(),
        old_date: dates.iter().any(|when| when.lead == Lead::Old),
        new_owner: handed::new_owner(view, addressee(view, around)),
        points_back: hypothesis::points_back(view),
        hypothetical: hypothesis::is_hypothetical(view),
        by_rule: None,
    };
    clues.by_rule = find(view, dates, around, &clues).map(|update| update.kind);
    Some(clues)
}

fn addressee(view: &View<'_, '_>, around: &Around<'_>) -> Option<usize> {
    match around.addressee {
        Addressee::One(person) => Some(person),
        Addressee::Unknown => view.author.and_then(|author| view.people.other_of_two(author)),
        Addressee::Group => None,
    }
}

/// The update that the rules find in the sentence, if any.
pub(crate) fn find(
    view: &View<'_, '_>,
    dates: &[When],
    around: &Around<'_>,
    clues: &Clues,
) -> Option<Update> {
    if view.sentence.question || clues.hypothetical {
        return None;
    }
    let named = clues.named.filter(|(_, sum)| *sum >= NAMED);
    let topic = named.or(clues.topic);
    topic?;
    reassign(view, named.or(topic.filter(|_| clues.points_back)), around, clues)
        .or_else(|| due_change(view, dates, named, topic, around, clues))
        .or_else(|| blocked(named, topic, around, clues))
        .or_else(|| done(named, topic, clues))
}

/// The update of this kind that the model has found in the sentence: which task, whose, until when. `None` where it cannot be told
/// which task is meant, or who owns it now.
pub(crate) fn detail(
    kind: Kind,
    view: &View<'_, '_>,
    dates: &[When],
    around: &Around<'_>,
    clues: &Clues,
) -> Option<Update> {
    let link =
        clues.named.filter(|(_, sum)| *sum >= NAMED).or(clues.topic).or_else(|| nearest(around, clues))?;
    match kind {
        Kind::Reassign => {
            let ruled = reassign(view, Some(link), around, clues);
            ruled.or_else(|| handed_somehow(view, link, around))
        }
        Kind::DueChange => {
            let ruled = due_change(view, dates, Some(link), Some(link), around, clues);
            Some(ruled.unwrap_or_else(|| {
                let mut found = update(kind, link, 0.6, "new_date", "says that its date has moved");
                found.due_on = new_date(view, dates, link, around);
                found
            }))
        }
        Kind::Blocked => Some(update(kind, link, 0.9, "stuck", "says what is in the way")),
        Kind::Done => Some(update(kind, link, 0.9, "finished", "says that it is finished")),
        Kind::Request | Kind::Commitment | Kind::Proposal => None,
    }
}

/// The only open task there is, or the one that everything taken together points at.
fn nearest(around: &Around<'_>, clues: &Clues) -> Link {
    if clues.tasks == 1 {
        return Some((0, 0.5));
    }
    let all = pointing(around, 2.0);
    let (task, sum) = around.tasks.best(&all, around.author_id)?;
    let second = all.iter().filter(|(other, _)| **other != task).map(|(_, sum)| *sum).fold(0.0, f32::max);
    (sum - second >= 0.2).then_some((task, sum * 0.25))
}

/// How sentence, message, thread and ownership point at each task.
fn pointing(around: &Around<'_>, sentence: f32) -> Pull {
    let mut all = Pull::new();
    for (task, pull) in around.topic {
        *all.entry(*task).or_default() += pull;
    }
    for (task, pull) in around.message {
        *all.entry(*task).or_default() += pull * 1.5;
    }
    for (task, pull) in around.sentence {
        *all.entry(*task).or_default() += pull * sentence;
    }
    for (i, task) in around.tasks.all.iter().enumerate().take(50) {
        if task.assignee.as_deref() == Some(around.author_id) {
            *all.entry(i).or_default() += 0.6;
        }
    }
    all
}

/// The task that this message or the thread is about, when there is only one candidate.
fn topic_of(around: &Around<'_>) -> Link {
    let all = pointing(around, 0.0);
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

fn current_owner(view: &View<'_, '_>, link: (usize, f32), around: &Around<'_>) -> Option<usize> {
    around.tasks.all.get(link.0).and_then(|t| t.assignee.as_deref()).and_then(|id| view.people.index(id))
}

fn reassign(view: &View<'_, '_>, link: Link, around: &Around<'_>, clues: &Clues) -> Option<Update> {
    let link = link?;
    let owner = clues.new_owner?;
    if current_owner(view, link, around) == Some(owner) || view.people.is_machine(owner) {
        return None;
    }
    Some(given_to(owner, link, 1.4))
}

/// Without words that say who hands to whom: whoever is named and does not own it yet, else the author, else the one spoken to.
fn handed_somehow(view: &View<'_, '_>, link: (usize, f32), around: &Around<'_>) -> Option<Update> {
    let current = current_owner(view, link, around);
    let named =
        (0..view.tokens.len()).filter_map(|i| view.people.at(view.tokens, i).map(|(person, _)| person));
    let mut others = named.filter(|person| Some(*person) != current && !view.people.is_machine(*person));
    let says = |words: &[&str]| view.tokens.iter().any(|token| words.contains(&token.word));
    let author = view.author.filter(|author| Some(*author) != current && says(&["i", "me", "mine", "my"]));
    let spoken_to =
        || addressee(view, around).filter(|to| Some(*to) != current && says(&["you", "your", "yours"]));
    let owner = others.find(|person| Some(*person) != view.author).or(author).or_else(spoken_to)?;
    Some(given_to(owner, link, 0.6))
}

fn given_to(owner: usize, link: (usize, f32), strength: f32) -> Update {
    let mut found = update(Kind::Reassign, link, strength, "new_owner", "says who owns it from now on");
    found.assignee = Some(owner);
    found
}

fn due_change(
    view: &View<'_, '_>,
    dates: &[When],
    named: Link,
    topic: Link,
    around: &Around<'_>,
    clues: &Clues,
) -> Option<Update> {
    let strength = clues.moves.or(clues.old_date.then_some(1.0))?;
    let link = named.or(topic.filter(|_| clues.points_back || moved::speaks_of_deadline(view)))?;
    let old = around.tasks.all.get(link.0).and_then(|t| t.due_on);
    let new = new_date(view, dates, link, around);
    if new.is_none() && !clues.drops || new.is_some() && new == old {
        return None;
    }
    let mut found = update(Kind::DueChange, link, strength, "new_date", "says that its date has moved");
    found.due_on = new;
    Some(found)
}

/// The day that holds from now on.
fn new_date(
    view: &View<'_, '_>,
    dates: &[When],
    link: (usize, f32),
    around: &Around<'_>,
) -> Option<NaiveDate> {
    let old = around.tasks.all.get(link.0).and_then(|t| t.due_on);
    let standing = dates.iter().filter(|d| d.lead != Lead::Old && d.lead != Lead::Of);
    let fallen = dates.iter().filter(|d| d.lead == Lead::Old).map(|d| d.date).collect::<Vec<_>>();
    let mut candidates: Vec<&When> =
        standing.filter(|d| !fallen.contains(&d.date) && Some(d.date) != old).collect();
    candidates.sort_by_key(|d| !matches!(d.lead, Lead::To | Lead::Deadline));
    let by_span = || moved::moved_by(view).and_then(|days| old?.checked_add_signed(days));
    candidates.first().map(|d| d.date).or_else(by_span)
}

fn blocked(named: Link, topic: Link, around: &Around<'_>, clues: &Clues) -> Option<Update> {
    let strength = clues.stuck?;
    let own = |task: usize| {
        around.tasks.all.get(task).is_some_and(|t| t.assignee.as_deref() == Some(around.author_id))
    };
    let link = named.or(topic.filter(|(task, _)| own(*task) && strength >= 1.2))?;
    Some(update(Kind::Blocked, link, strength, "stuck", "says what is in the way"))
}

fn done(named: Link, topic: Link, clues: &Clues) -> Option<Update> {
    if clues.unfinished {
        return None;
    }
    if let (Some(link), Some(strength)) = (named, clues.finished) {
        return Some(update(Kind::Done, link, strength, "finished", "says that it is finished"));
    }
    let link = topic.filter(|_| clues.finished_here)?;
    Some(update(Kind::Done, link, 1.2, "finished_here", "says that what the thread is about is finished"))
}

//! From a thread to its findings: reads each message once, carries from message to message what the thread is about and what
//! the group was asked.

use crate::{
    Finding, Kind, Thread,
    course::{Course, Step},
    decide::{self, Judge},
    language,
    link::{Pull, Tasks},
    model,
    people::People,
    reader::{Facts, Reader},
    rules::{Owner, Signal},
    sentences,
    text::Visible,
    tokens::tokenize,
    wording,
};

/// Every finding in the thread, in reading order.
#[must_use]
pub fn extract(thread: &Thread) -> Vec<Finding> {
    extract_from(thread, |_| true)
}

/// The findings of the messages that `wanted` names by their place in the thread; the others are read as their context, which
/// costs a fraction: what a service asks when a message arrives.
pub fn extract_from(thread: &Thread, wanted: impl Fn(usize) -> bool) -> Vec<Finding> {
    let mut out = Vec::new();
    let judge = Judge::Model(model::committed());
    walk(thread, wanted, |reader, facts| out.extend(decide::findings(reader, facts, judge)));
    language::english_only(thread, out)
}

/// Reads the messages in their order and hands those that are wanted to `visit`, with everything that is known of their sentences.
pub(crate) fn walk(
    thread: &Thread,
    wanted: impl Fn(usize) -> bool,
    mut visit: impl FnMut(&Reader<'_>, &[Facts<'_, '_>]),
) {
    let people = People::of(thread);
    let tasks = Tasks::of(thread);
    let mut course = Course::default();
    for (i, message) in thread.messages.iter().enumerate() {
        let author = people.index(&message.author);
        if author.is_some_and(|a| people.is_machine(a)) || wording::is_automatic(&message.text) {
            continue;
        }
        let visible = Visible::read(&message.text, thread.style);
        let tokens = tokenize(&visible.text, &visible.lower);
        let sentences = sentences::split(&visible.text, &tokens, thread.style);
        let pulls: Vec<Pull> = sentences.iter().map(|s| tasks.pull(&tokens[s.tokens.clone()])).collect();
        let pull = strongest(&pulls);
        let reader = Reader {
            message,
            style: thread.style,
            people: &people,
            tasks: &tasks,
            author,
            visible: &visible,
            tokens: &tokens,
            sentences: &sentences,
            pulls: &pulls,
            pull: &pull,
        };
        let facts = if reader.is_command() { Vec::new() } else { reader.facts(&course) };
        if wanted(i) && !facts.is_empty() {
            visit(&reader, &facts);
        }
        course.go_on(&step(&reader, &facts));
    }
}

/// What a message speaks of: of each task as much as its clearest sentence, and a little more for each further one.
fn strongest(pulls: &[Pull]) -> Pull {
    let mut all = Pull::new();
    for (task, sum) in pulls.iter().flatten() {
        let have = all.entry(*task).or_insert(0.0_f32);
        *have = have.max(*sum) + have.min(*sum) * 0.5;
    }
    all
}

/// What a message leaves behind, by what the rules find in it, not the model: what the model learns from must not depend on it.
fn step<'a>(reader: &Reader<'a>, facts: &[Facts<'_, '_>]) -> Step<'a> {
    let mut actions = facts.iter().filter(|facts| !facts.is_ruled_update()).flat_map(|facts| &facts.ruled);
    let asks = |(signal, _): &(Signal, f32)| signal.kind == Kind::Request && signal.owner == Owner::Nobody;
    Step {
        author: reader.author,
        pull: reader.pull,
        asks: actions.clone().any(asks),
        takes: actions.any(|(signal, _)| signal.kind == Kind::Commitment),
    }
}

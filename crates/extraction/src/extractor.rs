//! From a thread to its findings: reads each message once, carries from message to message what the thread is about and what
//! the group was asked.

use crate::{
    Finding, Kind, Message, Reason, Style, Thread,
    dates::{self, When},
    due,
    link::{Pull, Tasks},
    owner::{self, Addressee},
    people::People,
    rules::{self, Owner, Signal, View},
    sentences::{self, Marker, Sentence},
    text::Visible,
    title,
    tokens::{Token, tokenize},
    updates, wording,
};

/// How much of what the thread was about one message later still counts.
const FADE: f32 = 0.75;

/// Every finding in the thread, in reading order.
#[must_use]
pub fn extract(thread: &Thread) -> Vec<Finding> {
    read(thread, 0)
}

/// The findings of the newest message alone, the messages before it being its context: what a service asks when a message arrives.
#[must_use]
pub fn extract_message(thread: &Thread) -> Vec<Finding> {
    read(thread, thread.messages.len().saturating_sub(1))
}

fn read(thread: &Thread, from: usize) -> Vec<Finding> {
    let people = People::of(thread);
    let tasks = Tasks::of(thread);
    let mut course = Course { topic: Pull::new(), asked_group: None, before: None };
    let mut out = Vec::new();
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
        let found = reader.findings(&course);
        course.go_on(author, &found, &pull);
        if i >= from {
            out.extend(found);
        }
    }
    out
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

/// What the messages so far leave behind for the next one.
struct Course {
    topic: Pull,
    /// Who asked the group for something, and how many messages ago.
    asked_group: Option<(Option<usize>, u8)>,
    /// The author of the message before, when a person.
    before: Option<usize>,
}

impl Course {
    fn go_on(&mut self, author: Option<usize>, found: &[Finding], pull: &Pull) {
        self.topic.values_mut().for_each(|sum| *sum *= FADE);
        for (task, sum) in pull {
            *self.topic.entry(*task).or_default() += sum.min(4.0);
        }
        self.topic.retain(|_, sum| *sum > 0.01);
        let asked = found.iter().any(|f| f.kind == Kind::Request && f.assignee.is_none());
        let taken = found.iter().any(|f| f.kind == Kind::Commitment);
        self.asked_group = match self.asked_group {
            _ if asked => Some((author, 0)),
            Some(_) if taken => None,
            Some((who, age)) if age < 8 => Some((who, age + 1)),
            _ => None,
        };
        self.before = author;
    }
}

/// One message with its context.
struct Reader<'a> {
    message: &'a Message,
    style: Style,
    people: &'a People<'a>,
    tasks: &'a Tasks<'a>,
    author: Option<usize>,
    visible: &'a Visible,
    tokens: &'a [Token<'a>],
    sentences: &'a [Sentence],
    /// Which tasks each sentence speaks of.
    pulls: &'a [Pull],
    /// Which tasks the message speaks of.
    pull: &'a Pull,
}

impl Reader<'_> {
    fn findings(&self, course: &Course) -> Vec<Finding> {
        if self.is_command() {
            return Vec::new();
        }
        let today = self.message.at.date_naive();
        let dates: Vec<Vec<When>> =
            self.sentences.iter().map(|s| dates::find(&self.tokens[s.tokens.clone()], today)).collect();
        let listed = self.sentences.iter().filter(|s| s.marker != Marker::None).count();
        let asked_group = course.asked_group.is_some_and(|(who, _)| who != self.author);
        let (mut in_message, mut instructions) = (Addressee::Unknown, None);
        let mut out = Vec::new();
        for (i, sentence) in self.sentences.iter().enumerate() {
            let tokens = &self.tokens[sentence.tokens.clone()];
            if opens_instructions(tokens) {
                instructions = Some(sentence.paragraph);
            }
            let in_steps =
                sentence.marker != Marker::None && instructions.is_some_and(|p| sentence.paragraph <= p + 1);
            let here = owner::addressed(self.people, tokens, sentence, self.author);
            let view = View {
                tokens,
                sentence,
                people: self.people,
                author: self.author,
                style: self.style,
                dated: !dates[i].is_empty(),
                asked_group,
                instructions: in_steps,
                minutes: listed >= 2,
            };
            let addressee = if here == Addressee::Unknown { in_message } else { here };
            if let Some(update) = self.update(&view, &dates[i], &self.pulls[i], course, addressee) {
                out.push(self.update_finding(sentence, update));
            } else {
                for (signal, confidence) in rules::score(&view) {
                    let before = course.before.filter(|b| Some(*b) != self.author);
                    let owner =
                        owner::resolve(signal.owner, self.people, self.author, here, in_message, before);
                    out.push(self.action_finding(&view, &dates, i, &signal, confidence, owner));
                }
            }
            if here != Addressee::Unknown {
                in_message = here;
            }
        }
        out
    }

    /// "/remind me", "@bot rebase": words for a machine.
    fn is_command(&self) -> bool {
        let first = self.people.at(self.tokens, 0).map(|(person, _)| person);
        let slash = self
            .message
            .text
            .trim_start()
            .strip_prefix('/')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        slash
            || first.is_some_and(|person| self.people.is_machine(person))
            || self
                .tokens
                .first()
                .is_some_and(|t| t.shape == crate::tokens::Shape::Mention && t.word.ends_with("bot"))
    }

    fn update(
        &self,
        view: &View<'_, '_>,
        dates: &[When],
        sentence: &Pull,
        course: &Course,
        addressee: Addressee,
    ) -> Option<updates::Update> {
        let around = updates::Around {
            tasks: self.tasks,
            topic: &course.topic,
            sentence,
            message: self.pull,
            author_id: &self.message.author,
            addressee,
        };
        updates::find(view, dates, &around)
    }

    fn update_finding(&self, sentence: &Sentence, update: updates::Update) -> Finding {
        let task = self.tasks.all.get(update.task);
        Finding {
            message_id: self.message.id.clone(),
            kind: update.kind,
            quote: sentence.bytes.clone(),
            assignee: update.assignee.and_then(|person| self.people.id(person)),
            due_on: update.due_on,
            title: task.map(|t| t.title.clone()).unwrap_or_default(),
            task_key: task.map(|t| t.key.clone()),
            confidence: update.confidence,
            reasons: update.reasons,
        }
    }

    fn action_finding(
        &self,
        view: &View<'_, '_>,
        dates: &[Vec<When>],
        i: usize,
        signal: &Signal,
        confidence: f32,
        owner: Option<usize>,
    ) -> Finding {
        let due_on =
            due::of_action(view.tokens, &dates[i], signal.verb).or_else(|| self.neighbour_due(dates, i));
        let mut reasons = vec![signal.reason.clone()];
        if due_on.is_some() {
            reasons.push(Reason { code: "date", text: "names a day to come" });
        }
        if owner.is_some() && signal.owner != Owner::Author {
            reasons.push(Reason { code: "owner", text: "names or addresses who has to act" });
        }
        Finding {
            message_id: self.message.id.clone(),
            kind: signal.kind,
            quote: self.quote(view, signal),
            assignee: owner.and_then(|person| self.people.id(person)),
            due_on,
            title: title::of_action(&self.visible.text, view.tokens, &dates[i], signal),
            task_key: None,
            confidence,
            reasons,
        }
    }

    /// The deadline in the sentence behind or before, within the paragraph.
    fn neighbour_due(&self, dates: &[Vec<When>], i: usize) -> Option<chrono::NaiveDate> {
        if !dates[i].is_empty() {
            return None;
        }
        let beside = |n: usize| {
            let sentence = self
                .sentences
                .get(n)
                .filter(|s| s.paragraph == self.sentences[i].paragraph && s.marker == Marker::None)?;
            due::of_neighbour(&self.tokens[sentence.tokens.clone()], &dates[n])
        };
        beside(i + 1)
    }

    /// The sentence, or its last part when much else stands before the item.
    fn quote(&self, view: &View<'_, '_>, signal: &Signal) -> std::ops::Range<usize> {
        let whole = view.sentence.bytes.clone();
        let head = signal.head.min(signal.verb);
        let cut = (1..head + 1).rev().find(|i| {
            let token = &view.tokens[i - 1];
            matches!(token.word, ";" | "\u{2013}" | "\u{2014}")
                || matches!(token.word, "," | "." | ":") && head > 8
        });
        match cut.and_then(|i| view.tokens.get(i)) {
            Some(token) if token.start < whole.end => token.start..whole.end,
            _ => whole,
        }
    }
}

/// "Steps:", "To reproduce", "How to apply:": the list behind it tells nobody in particular what to do.
fn opens_instructions(tokens: &[Token<'_>]) -> bool {
    let last = tokens.iter().rev().find(|t| !t.is_mark()).map_or("", |t| t.word);
    let colon = tokens.last().is_some_and(|t| t.word == ":");
    let reproduce = tokens.iter().any(|t| matches!(t.word, "reproduce" | "repro" | "reproduction"));
    let steps = tokens.len() <= 8
        && tokens
            .iter()
            .any(|t| matches!(t.word, "steps" | "instructions" | "howto" | "recipe" | "workaround"));
    steps
        || reproduce && tokens.len() <= 10
        || colon && (last == "steps" || tokens.first().is_some_and(|t| t.word == "how"))
}

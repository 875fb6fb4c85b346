//! One message with its context, sentence by sentence: what the rules, the features and the decision look at.

use crate::{
    Message, Style,
    course::Course,
    dates::{self, When},
    features::{self, Before, Known, Place},
    finding::Kind,
    link::{Pull, Tasks},
    owner::{self, Addressee},
    people::People,
    rules::{self, Signal, View},
    sentences::{Marker, Sentence},
    text::Visible,
    tokens::{Shape, Token},
    updates::{self, Around, Clues},
};

/// One message with its context.
pub(crate) struct Reader<'a> {
    pub message: &'a Message,
    pub style: Style,
    pub people: &'a People<'a>,
    pub tasks: &'a Tasks<'a>,
    pub author: Option<usize>,
    pub visible: &'a Visible,
    pub tokens: &'a [Token<'a>],
    pub sentences: &'a [Sentence],
    /// Which tasks each sentence speaks of.
    pub pulls: &'a [Pull],
    /// Which tasks the message speaks of.
    pub pull: &'a Pull,
}

/// What is known of one sentence.
pub(crate) struct Facts<'r, 't> {
    pub view: View<'r, 't>,
    pub dates: Vec<When>,
    pub signals: Vec<Signal>,
    pub silence: f32,
    /// What the rules alone would tell of.
    pub ruled: Vec<(Signal, f32)>,
    /// None without open tasks.
    pub clues: Option<Clues>,
    pub place: Place,
    before: Option<Before>,
    /// What the thread was about before this message, and who wrote then.
    pub topic: Pull,
    pub before_author: Option<usize>,
}

impl Facts<'_, '_> {
    /// Whether the rules take the sentence for an update.
    pub fn is_ruled_update(&self) -> bool {
        self.clues.as_ref().is_some_and(|clues| clues.by_rule.is_some())
    }

    /// The addressee of the sentence, or else of the message so far.
    pub fn addressee(&self) -> Addressee {
        if self.place.here == Addressee::Unknown { self.place.in_message } else { self.place.here }
    }

    /// As the model sees it.
    pub fn features(&self) -> Vec<u64> {
        features::features(&Known {
            view: &self.view,
            signals: &self.signals,
            silence: self.silence,
            dates: &self.dates,
            update: self.clues.as_ref(),
            place: self.place,
            before: self.before.as_ref(),
        })
    }
}

impl<'a> Reader<'a> {
    /// Everything that is known of the message's sentences.
    pub fn facts(&self, course: &Course) -> Vec<Facts<'a, 'a>> {
        let today = self.message.at.date_naive();
        let listed = self.sentences.iter().filter(|s| s.marker != Marker::None).count();
        let (mut in_message, mut instructions) = (Addressee::Unknown, None);
        let mut out: Vec<Facts<'a, 'a>> = Vec::with_capacity(self.sentences.len());
        for (index, sentence) in self.sentences.iter().enumerate() {
            let tokens: &'a [Token<'a>] = &self.tokens[sentence.tokens.clone()];
            if opens_instructions(tokens) {
                instructions = Some(sentence.paragraph);
            }
            let in_steps =
                sentence.marker != Marker::None && instructions.is_some_and(|p| sentence.paragraph <= p + 1);
            let here = owner::addressed(self.people, tokens, sentence, self.author);
            let dates = dates::find(tokens, today);
            let view = View {
                tokens,
                sentence,
                people: self.people,
                author: self.author,
                style: self.style,
                dated: !dates.is_empty(),
                asked_group: course.is_asked(self.author),
                instructions: in_steps,
                minutes: listed >= 2,
            };
            let place = Place {
                index,
                count: self.sentences.len(),
                opens_thread: course.before.is_none(),
                here,
                in_message,
            };
            let (signals, silence) = (rules::signals(&view), rules::silence(&view));
            let mut facts = Facts {
                ruled: rules::weigh(&view, &signals, silence),
                view,
                dates,
                signals,
                silence,
                clues: None,
                place,
                before: out.last().map(before),
                topic: course.topic.clone(),
                before_author: course.before,
            };
            facts.clues = updates::clues(&facts.view, &facts.dates, &self.around(&facts));
            out.push(facts);
            if here != Addressee::Unknown {
                in_message = here;
            }
        }
        out
    }

    /// What an update in the sentence may lean on.
    pub fn around<'f>(&'f self, facts: &'f Facts<'_, '_>) -> Around<'f> {
        Around {
            tasks: self.tasks,
            topic: &facts.topic,
            sentence: &self.pulls[facts.place.index],
            message: self.pull,
            author_id: &self.message.author,
            addressee: facts.addressee(),
        }
    }

    /// "/remind me", "@bot rebase": words for a machine.
    pub fn is_command(&self) -> bool {
        let first = self.people.at(self.tokens, 0).map(|(person, _)| person);
        let slash = self
            .message
            .text
            .trim_start()
            .strip_prefix('/')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()));
        slash
            || first.is_some_and(|person| self.people.is_machine(person))
            || self.tokens.first().is_some_and(|t| t.shape == Shape::Mention && t.word.ends_with("bot"))
    }
}

fn before(facts: &Facts<'_, '_>) -> Before {
    let mut signals: Vec<Kind> = facts.signals.iter().map(|signal| signal.kind).collect();
    signals.sort_unstable();
    signals.dedup();
    Before { question: facts.view.sentence.question, signals }
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

//! What a thread is about and what the group was asked, carried from message to message.

use crate::link::Pull;

/// How much of what the thread was about one message later still counts.
const FADE: f32 = 0.75;
/// For so many messages what the group was asked still waits for somebody.
const PATIENCE: u8 = 8;

/// What the messages so far leave behind for the next one.
#[derive(Default)]
pub(crate) struct Course {
    pub topic: Pull,
    /// Who asked the group for something, and how many messages ago.
    asked_group: Option<(Option<usize>, u8)>,
    /// The author of the message before, when a person.
    pub before: Option<usize>,
}

/// What one message adds.
pub(crate) struct Step<'a> {
    pub author: Option<usize>,
    /// The tasks it speaks of.
    pub pull: &'a Pull,
    /// It asks the group for something.
    pub asks: bool,
    /// Its author takes something over.
    pub takes: bool,
}

impl Course {
    /// Somebody else asked the group for something and nobody has taken it.
    pub fn is_asked(&self, author: Option<usize>) -> bool {
        self.asked_group.is_some_and(|(who, _)| who != author)
    }

    /// Goes on by a message.
    pub fn go_on(&mut self, step: &Step<'_>) {
        self.topic.values_mut().for_each(|sum| *sum *= FADE);
        for (task, sum) in step.pull {
            *self.topic.entry(*task).or_default() += sum.min(4.0);
        }
        self.topic.retain(|_, sum| *sum > 0.01);
        self.asked_group = match self.asked_group {
            _ if step.asks => Some((step.author, 0)),
            Some(_) if step.takes => None,
            Some((who, age)) if age < PATIENCE => Some((who, age + 1)),
            _ => None,
        };
        self.before = step.author;
    }
}

//! Action items, owners and due dates out of conversations, with the words that prove them. Pure: no clock, no network, no files.
//!
//! The rules of [`extract`] are the baseline of this crate; whatever scores sentences later stands behind the same functions.
//! Time is linear in the input, and no input makes it fail: what cannot be read says nothing.

mod dates;
mod due;
mod extractor;
mod finding;
mod lexicon;
mod link;
pub mod output;
mod owner;
mod people;
mod phrases;
mod rules;
mod sentences;
mod text;
mod thread;
mod title;
mod tokens;
mod updates;
mod wording;

pub use dates::{DueDate, due_date};
pub use extractor::{extract, extract_message};
pub use finding::{Finding, Kind, Reason};
pub use thread::{Message, OpenTask, Participant, Style, TaskState, Thread};

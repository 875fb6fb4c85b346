//! Action items, owners and due dates out of conversations, with the words that prove them. Pure: no clock, no network, no files.
//!
//! Rules read each sentence first; a small linear model that has seen several hundred labelled threads decides, with what the
//! rules found among what it looks at. Rules then say who, until when and under which title. Time is linear in the input, and no
//! input makes it fail: what cannot be read says nothing.

mod course;
mod dates;
mod decide;
mod due;
mod extractor;
mod features;
mod finding;
mod language;
pub mod learning;
mod lexicon;
mod link;
mod model;
pub mod output;
mod owner;
mod people;
mod phrases;
mod reader;
mod rules;
mod sentences;
mod text;
mod thread;
mod title;
mod tokens;
mod updates;
mod wording;

pub use due::{DueDate, due_date};
pub use extractor::{extract, extract_from};
pub use finding::{Finding, Kind, Reason};
pub use model::{Thresholds, thresholds};
pub use thread::{Message, OpenTask, Participant, Style, TaskState, Thread};

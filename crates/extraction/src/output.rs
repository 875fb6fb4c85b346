//! The JSON lines of `oz extract`: one object per thread, one per date expression.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::{DueDate, Finding, Kind, Thread, due_date, extract};

/// The answer for one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThreadLine {
    /// As it came in.
    pub thread_id: String,
    /// What was found, in reading order.
    pub labels: Vec<Label>,
}

/// One finding with its words instead of offsets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// The message that says so.
    pub message_id: String,
    /// What it is.
    pub kind: Kind,
    /// The evidence, an exact part of the message.
    pub quote: String,
    /// A participant's id.
    pub assignee: Option<String>,
    /// The day by which, or on which.
    pub due_on: Option<NaiveDate>,
    /// A short imperative.
    pub title: String,
    /// The task that is updated.
    pub task_key: Option<String>,
    /// 0 to 1, two decimals.
    pub confidence: f64,
}

/// One date expression, as `oz extract --dates` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DateQuery {
    /// The words.
    pub text: String,
    /// The moment they are resolved against.
    pub now: DateTime<Utc>,
}

/// The answer for one thread, ready to be printed as a line.
#[must_use]
pub fn thread_line(thread: &Thread) -> ThreadLine {
    let texts: HashMap<&str, &str> =
        thread.messages.iter().map(|m| (m.id.as_str(), m.text.as_str())).collect();
    let labels = extract(thread).into_iter().filter_map(|finding| label(&texts, finding)).collect();
    ThreadLine { thread_id: thread.thread_id.clone(), labels }
}

/// The answer for one date expression, ready to be printed as a line.
#[must_use]
pub fn date_line(query: &DateQuery) -> DueDate {
    due_date(&query.text, query.now)
}

fn label(texts: &HashMap<&str, &str>, finding: Finding) -> Option<Label> {
    let quote = texts.get(finding.message_id.as_str())?.get(finding.quote)?.to_owned();
    Some(Label {
        message_id: finding.message_id,
        kind: finding.kind,
        quote,
        assignee: finding.assignee,
        due_on: finding.due_on,
        title: finding.title,
        task_key: finding.task_key,
        confidence: (f64::from(finding.confidence) * 100.0).round() / 100.0,
    })
}

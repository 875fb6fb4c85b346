//! Whether somebody writes English. What others write is left alone: the rules and the model know English words, and what they
//! would find elsewhere is chance.

use std::collections::HashMap;

use whatlang::Lang;

use crate::{Finding, Thread, text::Visible};

/// With fewer letters nobody can tell.
const LEAST_LETTERS: usize = 20;
/// So much of a person's text says it.
const MOST_READ: usize = 2_000;
/// Of a hundred English words at least so many are among [`COMMON`].
const LEAST_COMMON: usize = 5;

/// The commonest words of English talk.
const COMMON: [&str; 50] = [
    "the", "and", "you", "of", "to", "it", "this", "that", "with", "for", "have", "be", "i", "i'll", "i'm",
    "my", "your", "our", "please", "can", "will", "are", "not", "but", "if", "or", "what", "need", "just",
    "get", "out", "up", "we", "is", "do", "on", "it's", "at", "from", "by", "could", "has", "should",
    "would", "they", "she", "before", "when", "who", "how",
];

/// Leaves out the findings in messages of people who write another language in this thread. A person's language is looked at when
/// the first finding of theirs comes up, so that a thread without findings costs nothing.
pub(crate) fn english_only(thread: &Thread, mut findings: Vec<Finding>) -> Vec<Finding> {
    let authors: HashMap<&str, &str> =
        thread.messages.iter().map(|m| (m.id.as_str(), m.author.as_str())).collect();
    let mut foreign: HashMap<&str, bool> = HashMap::new();
    findings.retain(|finding| {
        let Some(author) = authors.get(finding.message_id.as_str()) else { return true };
        !*foreign.entry(author).or_insert_with(|| is_left_alone(thread, author))
    });
    findings
}

/// Whether somebody writes another language in a thread, as far as can be told.
pub(crate) fn is_left_alone(thread: &Thread, author: &str) -> bool {
    is_foreign(&words_of(thread, author))
}

/// The beginning of all that somebody says in a thread.
fn words_of(thread: &Thread, author: &str) -> String {
    let mut all = String::new();
    for message in thread.messages.iter().filter(|message| message.author == author) {
        all.push_str(Visible::read(&message.text, thread.style).text.trim());
        all.push('\n');
        if all.len() >= MOST_READ {
            break;
        }
    }
    all.truncate(all.floor_char_boundary(MOST_READ));
    all
}

/// Trigrams say which language it looks like. On a line or two they err, and then common English words outvote them.
fn is_foreign(text: &str) -> bool {
    if text.chars().filter(|c| c.is_alphabetic()).count() < LEAST_LETTERS {
        return false;
    }
    let Some(looks) = whatlang::detect(text).filter(|looks| looks.lang() != Lang::Eng) else { return false };
    let lower = text.to_lowercase().replace('’', "'");
    let words = || lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    let common = words().filter(|word| COMMON.contains(word)).count() * 100;
    let least = if looks.is_reliable() { LEAST_COMMON * 3 } else { LEAST_COMMON };
    common < words().count() * least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_are_seen_and_short_english_is_not_taken_for_one() {
        for text in [
            "mach ich, schick mir bitte noch die Bestellnummer",
            "¿alguien puede actualizar la lista de precios antes del jueves?",
            "金曜日までに見積書を確認していただけますか？明日の午前中に確認します。",
            "спасибо, и пожалуйста отправь счёт клиенту сегодня",
        ] {
            assert!(is_foreign(text), "{text}");
        }
        for text in [
            "ok",
            "lgtm",
            "I'll send Jürgen Müller the Angebot für Köln by Friday",
            "pls ping me when the deploy is out",
            "can you review src/main.rs and tests/it.rs before noon",
        ] {
            assert!(!is_foreign(text), "{text}");
        }
    }
}

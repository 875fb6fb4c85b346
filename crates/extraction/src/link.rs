//! Which open task a sentence speaks of: by its key, by words of its title, or by what the thread is about.

use std::collections::{HashMap, HashSet};

use crate::{
    thread::Thread,
    tokens::{Shape, Token},
};

/// A stem that more open tasks share than this says nothing.
const COMMON: usize = 8;

/// The sum from which a sentence names a task by itself.
pub(crate) const NAMED: f32 = 0.9;

/// The open tasks of a thread by key and by the stems of their titles.
#[derive(Debug)]
pub(crate) struct Tasks<'t> {
    pub all: &'t [crate::OpenTask],
    keys: HashMap<String, usize>,
    stems: HashMap<String, Vec<(usize, f32)>>,
    verbs: Vec<String>,
    /// The first bytes that keys and stems begin with: most words need no look-up.
    initials: [bool; 256],
}

/// How strongly words point at each task.
pub(crate) type Pull = HashMap<usize, f32>;

impl<'t> Tasks<'t> {
    pub fn of(thread: &'t Thread) -> Self {
        let all = thread.open_tasks.as_slice();
        let mut tasks = Self {
            all,
            keys: HashMap::new(),
            stems: HashMap::new(),
            verbs: Vec::new(),
            initials: [false; 256],
        };
        for (i, task) in all.iter().enumerate() {
            tasks.keys.insert(task.key.to_lowercase(), i);
            let lower = task.title.to_ascii_lowercase();
            let mut seen = HashSet::new();
            for (n, word) in words_of(&lower).enumerate() {
                let stem = stem(word);
                let verb = n == 0 && crate::lexicon::is_action(word);
                if n == 0 {
                    tasks.verbs.push(if verb { stem.to_owned() } else { String::new() });
                }
                if !is_hollow(word) && seen.insert(stem) {
                    tasks
                        .stems
                        .entry(stem.to_owned())
                        .or_default()
                        .push((i, if verb { 0.5 } else { weight(word) }));
                }
            }
            tasks.verbs.resize(i + 1, String::new());
        }
        tasks.stems.retain(|_, at| at.len() <= COMMON);
        for name in tasks.keys.keys().chain(tasks.stems.keys()) {
            tasks.initials[usize::from(name.bytes().next().unwrap_or(0))] = true;
        }
        tasks
    }

    /// How strongly these words point at each task; a key weighs 3.
    pub fn pull(&self, tokens: &[Token<'_>]) -> Pull {
        let mut pull = Pull::new();
        if self.all.is_empty() {
            return pull;
        }
        let mut seen: HashSet<&str> = HashSet::new();
        for token in tokens.iter().filter(|t| matches!(t.shape, Shape::Word | Shape::Number)) {
            let compound = token.word.contains('-');
            if !compound && !self.begins(token.word) {
                continue;
            }
            if let Some(task) = self.keys.get(token.word) {
                *pull.entry(*task).or_default() += 3.0;
                continue;
            }
            for word in words_of(token.word).filter(|w| !is_hollow(w)) {
                let stem = stem(word);
                let Some(at) = self.stems.get(stem).filter(|_| seen.insert(stem)) else { continue };
                let shared = if at.len() == 1 { 1.0 } else { 0.5 };
                at.iter().for_each(|(task, weight)| *pull.entry(*task).or_default() += weight * shared);
            }
        }
        pull
    }

    /// Whether a key or stem begins like `word`, or like the verb that an irregular form stands for.
    fn begins(&self, word: &str) -> bool {
        word.bytes().next().is_some_and(|b| self.initials[usize::from(b)])
            || matches!(word, "took" | "bought")
    }

    /// Whether `word` is a form of the verb that the task's title begins with.
    pub fn is_verb_of(&self, task: usize, word: &str) -> bool {
        self.verbs.get(task).is_some_and(|verb| !verb.is_empty() && verb == stem(word))
    }

    /// The task that `pull` points at most, the author's own before another's.
    pub fn best(&self, pull: &Pull, author: &str) -> Option<(usize, f32)> {
        let own = |task: usize| self.all.get(task).is_some_and(|t| t.assignee.as_deref() == Some(author));
        let with_own = |(task, pull): (&usize, &f32)| (*task, pull + if own(*task) { 0.25 } else { 0.0 });
        let (task, _) = pull.iter().map(with_own).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
        Some((task, pull.get(&task).copied().unwrap_or(0.0)))
    }
}

/// Parts of hyphenated words count by themselves.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

fn weight(word: &str) -> f32 {
    if word.bytes().all(|b| b.is_ascii_digit()) || is_general(word) { 0.5 } else { 1.0 }
}

/// Words that hardly tell one task from another.
fn is_general(word: &str) -> bool {
    matches!(
        word,
        "page"
            | "list"
            | "week"
            | "weeks"
            | "team"
            | "project"
            | "work"
            | "new"
            | "first"
            | "last"
            | "next"
            | "old"
            | "data"
            | "file"
            | "files"
            | "customer"
            | "people"
            | "time"
            | "mail"
            | "day"
            | "days"
            | "meeting"
            | "issue"
            | "problem"
            | "number"
            | "form"
            | "line"
            | "update"
            | "year"
            | "month"
            | "room"
            | "one"
            | "two"
    )
}

/// Words without any content of their own.
fn is_hollow(word: &str) -> bool {
    word.len() < 2 && !word.as_bytes().iter().all(u8::is_ascii_digit)
        || matches!(
            word,
            "the"
                | "a"
                | "an"
                | "of"
                | "for"
                | "to"
                | "in"
                | "on"
                | "at"
                | "and"
                | "or"
                | "with"
                | "from"
                | "by"
                | "does"
                | "do"
                | "not"
                | "no"
                | "is"
                | "are"
                | "be"
                | "it"
                | "its"
                | "as"
                | "into"
                | "over"
                | "off"
                | "up"
                | "out"
                | "all"
                | "our"
                | "my"
                | "your"
                | "their"
                | "his"
                | "her"
                | "this"
                | "that"
                | "get"
                | "make"
                | "mr"
                | "mrs"
                | "ms"
                | "dr"
                | "us"
                | "we"
                | "you"
                | "he"
                | "she"
                | "has"
                | "have"
                | "was"
                | "will"
                | "can"
                | "about"
                | "per"
                | "via"
                | "than"
                | "then"
        )
}

/// A crude stem, cut to six letters, so that "ordered" meets "order" and "renewal" meets "renew".
pub(crate) fn stem(word: &str) -> &str {
    if let Some(irregular) = irregular(word) {
        return irregular;
    }
    let mut stem = word;
    for suffix in [
        "ations", "ation", "ments", "ment", "ings", "ing", "ions", "ion", "ies", "ied", "als", "al", "es",
        "ed", "s", "e", "y",
    ] {
        if let Some(cut) = word.strip_suffix(suffix).filter(|cut| cut.chars().count() >= 3) {
            stem = cut;
            break;
        }
    }
    let bytes = stem.as_bytes();
    if let [.., a, b] = bytes
        && a == b
        && a.is_ascii_alphabetic()
        && stem.len() > 3
    {
        stem = &stem[..stem.len() - 1];
    }
    &stem[..stem.floor_char_boundary(6)]
}

fn irregular(word: &str) -> Option<&'static str> {
    Some(match word {
        "sent" => "send",
        "written" | "wrote" | "writing" => "writ",
        "bought" => "buy",
        "built" => "build",
        "drawn" | "drew" => "draw",
        "taken" | "took" | "taking" => "tak",
        "made" | "making" => "mak",
        "paid" => "pay",
        "sold" => "sell",
        "found" => "find",
        "chosen" | "chose" => "choos",
        "held" => "hold",
        "hung" => "hang",
        "brought" => "bring",
        "swept" => "sweep",
        "rewritten" | "rewrote" => "rewrit",
        "rebuilt" => "rebuil",
        "got" | "gotten" => "get",
        "sewn" => "sew",
        "lent" => "lend",
        "done" => "do",
        "dug" => "dig",
        "rang" | "rung" => "ring",
        _ => return None,
    })
}

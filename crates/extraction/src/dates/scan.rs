//! A window on the tokens around a date.

use chrono::NaiveDate;

use crate::{
    lexicon,
    tokens::{Shape, Token},
};

/// How a date is introduced; it decides whether the date is a due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lead {
    /// "by", "until", "due", "no later than", "within".
    Deadline,
    /// "on", "at".
    On,
    /// "for": as often the thing's date as the action's.
    For,
    /// "to": where something moves.
    To,
    /// "from", "instead of", "not": what falls.
    Old,
    /// "of": describes a thing.
    Of,
    /// Nothing.
    Bare,
}

/// Tokens taken and the day.
pub(super) type Short = Option<(usize, NaiveDate)>;

pub(crate) struct Scan<'s, 't> {
    pub tokens: &'s [Token<'t>],
    pub today: NaiveDate,
}

impl<'t> Scan<'_, 't> {
    /// The word at `i`, empty beyond the end.
    pub fn word(&self, i: usize) -> &'t str {
        self.tokens.get(i).map_or("", |t| t.word)
    }

    /// The word `n` before `i`.
    pub fn back(&self, i: usize, n: usize) -> &'t str {
        i.checked_sub(n).map_or("", |at| self.word(at))
    }

    pub fn shape(&self, i: usize) -> Option<Shape> {
        self.tokens.get(i).map(|t| t.shape)
    }

    pub fn is_mark(&self, i: usize) -> bool {
        self.tokens.get(i).is_some_and(Token::is_mark)
    }

    pub fn is_end(&self, i: usize) -> bool {
        i >= self.tokens.len()
    }

    pub fn capital(&self, i: usize) -> bool {
        self.tokens.get(i).is_some_and(|t| t.capital)
    }

    /// Whether the tokens from `i` are these words.
    pub fn reads(&self, i: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, w)| self.word(i + n) == *w)
    }

    /// How the date at `i` is introduced.
    pub fn lead(&self, i: usize) -> Lead {
        for n in 1..=5 {
            match self.back(i, n) {
                "the" | "this" | "coming" | "next" | "end" | "a" | "," | "early" | "first" | "thing"
                | "now" | "latest" | "(" | "around" => {}
                "of" if matches!(self.back(i, n + 1), "instead" | "end") => {
                    if self.back(i, n + 1) == "instead" {
                        return Lead::Old;
                    }
                }
                "due" if matches!(self.back(i, n + 1), "was" | "were") => return Lead::Old,
                "by" | "until" | "till" | "til" | "before" | "due" | "deadline" | "within" | "bis" => {
                    return self.unless_denied(i, n);
                }
                "than" => {
                    return if matches!(self.back(i, n + 1), "later") { Lead::Deadline } else { Lead::Old };
                }
                ":" | "is" if matches!(self.back(i, n + 1), "due" | "deadline" | "date") => {
                    return Lead::Deadline;
                }
                "on" | "at" if self.back(i, n + 1) == "due" => {
                    let over = matches!(self.back(i, n + 2), "was" | "were");
                    return if over { Lead::Old } else { Lead::Deadline };
                }
                "on" | "at" => {
                    return if self.back(i, n + 1) == "not" { Lead::Old } else { Lead::On };
                }
                "for" => return Lead::For,
                "to" => return Lead::To,
                "from" | "not" => return Lead::Old,
                "of" => return Lead::Of,
                _ => return Lead::Bare,
            }
        }
        Lead::Bare
    }

    /// "by Friday" but not "not by Friday"; "not before Friday" does name the day, "do not open it before Friday" does not.
    fn unless_denied(&self, i: usize, n: usize) -> Lead {
        let denied = match self.back(i, n) {
            "by" => self.back(i, n + 1) == "not",
            "before" if self.back(i, n + 1) == "not" => self.back(i, n + 2) == "can",
            "before" => (2..=4).any(|m| self.back(i, n + m) == "not" && self.back(i, n + m + 1) == "do"),
            _ => false,
        };
        if denied { Lead::Old } else { Lead::Deadline }
    }

    /// Whether the date at `i` lies in a report about the past: the nearest verb before it says so.
    pub fn reports_past(&self, i: usize) -> bool {
        if (i..i + 4).any(|n| self.word(n) == "ago")
            || self.word(i + 1) == "already"
            || self.word(i + 2) == "already"
        {
            return true;
        }
        for n in 1..=12 {
            let word = self.back(i, n);
            match word {
                "" | "." | "!" | "?" | ";" | ":" | "will" | "shall" | "need" | "needs" | "must"
                | "should" | "can" | "could" | "would" | "please" | "going" | "may" | "let" | "is"
                | "are" | "am" | "be" | "has" | "so" => return false,
                "was" | "were" | "had" | "did" => return true,
                _ => {}
            }
            let subject = self.back(i, n + 1);
            let has_subject = matches!(
                subject,
                "i" | "we" | "he" | "she" | "they" | "you" | "it" | "who" | "and" | "that" | ""
            ) || self.is_mark_back(i, n + 1)
                || i.checked_sub(n + 1).is_some_and(|at| self.capital(at))
                || self.is_subject(i, n + 1);
            let past = lexicon::has(&lexicon::PAST, word)
                || word.len() > 4 && word.ends_with("ed") && !matches!(word, "indeed" | "speed" | "exceed");
            let saturday = word == "sat" && subject.is_empty();
            if past && has_subject && !saturday {
                return true;
            }
        }
        false
    }

    /// "this morning the boiler went out": a day that opens a report, which ends before `end`.
    pub fn opens_report(&self, i: usize, end: usize) -> bool {
        let opens = i <= 1 || self.is_mark(i - 1) || self.back(i, 1) == "at" && i <= 4;
        let ahead = |word: &str| {
            matches!(
                word,
                "." | "!"
                    | "?"
                    | ";"
                    | "will"
                    | "shall"
                    | "need"
                    | "needs"
                    | "must"
                    | "should"
                    | "can"
                    | "could"
                    | "would"
                    | "please"
                    | "going"
                    | "may"
                    | "let"
                    | "is"
                    | "are"
                    | "am"
                    | "be"
                    | "has"
                    | "works"
                    | "when"
                    | "if"
                    | "until"
                    | "by"
                    | ""
                    | "have"
            )
        };
        opens
            && (end..end + 5).map(|n| self.word(n)).take_while(|word| !ahead(word)).any(|word| {
                matches!(word, "was" | "were" | "had" | "did") || lexicon::has(&lexicon::PAST, word)
            })
    }

    /// "my flight landed", but not "get the door fixed".
    fn is_subject(&self, i: usize, n: usize) -> bool {
        matches!(self.back(i, n + 1), "my" | "the" | "our" | "his" | "her" | "their" | "this" | "that")
            && !matches!(
                self.back(i, n + 2),
                "get"
                    | "have"
                    | "want"
                    | "need"
                    | "getting"
                    | "having"
                    | "see"
                    | "with"
                    | "got"
                    | "of"
                    | "for"
            )
    }

    /// "EOD is too late", "Friday does not work": the day that is turned down, which ends before `end`.
    pub fn is_turned_down(&self, end: usize) -> bool {
        self.reads(end, &["is", "too", "late"])
            || self.reads(end, &["is", "too", "early"])
            || self.reads(end, &["is", "too", "soon"])
            || self.reads(end, &["does", "not", "work"])
            || self.reads(end, &["will", "not", "work"])
            || self.reads(end, &["is", "not", "possible"])
    }

    /// "the Friday newsletter", "the 31 July numbers": a day that only tells which thing, which begins at `i` and ends before `end`.
    pub fn is_attribute(&self, i: usize, end: usize) -> bool {
        let next = self.word(end);
        self.back(i, 1) == "the"
            && !matches!(self.back(i, 2), "by" | "until" | "till" | "before" | "on" | "to" | "from")
            && end - i <= 2
            && self.shape(end) == Some(Shape::Word)
            && !self.capital(end)
            && !lexicon::has(&lexicon::AFTER_A_DAY, next)
            && !matches!(
                next,
                "deadline" | "night" | "after" | "before" | "or" | "next" | "was" | "were" | "has"
            )
    }

    fn is_mark_back(&self, i: usize, n: usize) -> bool {
        i.checked_sub(n).is_some_and(|at| self.is_mark(at))
    }
}

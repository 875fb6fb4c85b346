//! Words, numbers, mentions and marks, each with its place in the message. Contractions are opened ("I'll" becomes "i", "will"),
//! so that a rule is written once for chat, mail and careful prose.

/// What a token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Begins with a letter.
    Word,
    /// Begins with a digit: `3rd`, `9:30`, `24.04.2027`.
    Number,
    /// `@handle` or `<@id|handle>`; the word is the id or handle.
    Mention,
    /// Anything else, one character.
    Mark,
}

/// One token; `word` is lower-case, offsets point into the message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'t> {
    pub start: usize,
    pub end: usize,
    pub word: &'t str,
    pub shape: Shape,
    /// Inside quotation marks: somebody else's words.
    pub quoted: bool,
    /// The original began with a capital.
    pub capital: bool,
}

impl Token<'_> {
    pub fn is_mark(&self) -> bool {
        self.shape == Shape::Mark
    }
}

/// Cuts the visible text. `lower` is `visible` in lower-case ASCII, so offsets agree.
pub(crate) fn tokenize<'t>(visible: &str, lower: &'t str) -> Vec<Token<'t>> {
    let mut cutter =
        Cutter { visible, lower, out: Vec::with_capacity(lower.len() / 5), quote_until: 0, open_until: 0 };
    let mut at = 0;
    while let Some(c) = lower.get(at..).and_then(|rest| rest.chars().next()) {
        at = cutter.step(at, c);
    }
    cutter.out
}

struct Cutter<'v, 't> {
    visible: &'v str,
    lower: &'t str,
    out: Vec<Token<'t>>,
    quote_until: usize,
    /// Up to here no `>` closes a mention: an unclosed one is looked for once, not at every `<@`.
    open_until: usize,
}

impl<'t> Cutter<'_, 't> {
    /// Takes the token at `at` and says where the next one may begin.
    fn step(&mut self, at: usize, c: char) -> usize {
        let after = at + c.len_utf8();
        if c.is_whitespace() {
            return after;
        }
        if c == '<' && self.byte(after) == Some(b'@') {
            return self.bracket_mention(at);
        }
        let glued = self.out.last().is_some_and(|last| last.end == at && !last.is_mark());
        if c == '@' && !glued {
            let end = handle_end(self.lower, after);
            if end > after {
                self.push(at, end, &self.lower[after..end], Shape::Mention);
                return end;
            }
        }
        if c == '#' && self.byte(after).is_some_and(|b| b.is_ascii_digit()) {
            let end = word_end(self.lower, after);
            self.push(at, end, &self.lower[at..end], Shape::Word);
            return end;
        }
        if c.is_alphanumeric() {
            let end = word_end(self.lower, at);
            self.word(at, end, if c.is_numeric() { Shape::Number } else { Shape::Word });
            return end;
        }
        self.mark(at, after, c);
        after
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.lower.as_bytes().get(at).copied()
    }

    fn push(&mut self, start: usize, end: usize, word: &'t str, shape: Shape) {
        let capital =
            self.visible.get(start..end).and_then(|w| w.chars().next()).is_some_and(char::is_uppercase);
        self.out.push(Token { start, end, word, shape, quoted: start < self.quote_until, capital });
    }

    fn mark(&mut self, at: usize, after: usize, c: char) {
        let closing = match c {
            '"' => Some('"'),
            '\u{201c}' | '\u{201e}' => Some('\u{201d}'),
            _ => None,
        };
        if let Some(closing) = closing
            && at >= self.quote_until
        {
            let window = &self.lower[after..self.lower.floor_char_boundary(after + 1_000)];
            let line = window.split('\n').next().unwrap_or("");
            if let Some(found) = line.find(closing) {
                self.quote_until = after + found;
            }
        }
        self.push(at, after, &self.lower[at..after], Shape::Mark);
    }

    /// `<@U07DW|dana>`: the handle when there is one beside the id is ignored, the id decides; without a match the handle does.
    fn bracket_mention(&mut self, at: usize) -> usize {
        let rest = &self.lower[at..];
        let window = rest.as_bytes().iter().take(200).take_while(|b| **b != b'\n');
        let close = if at < self.open_until { None } else { window.clone().position(|b| *b == b'>') };
        let Some(close) = close else {
            self.open_until = self.open_until.max(at + window.count().saturating_sub(8));
            self.push(at, at + 1, &self.lower[at..=at], Shape::Mark);
            return at + 1;
        };
        let inner = &rest[2..close];
        self.push(at, at + close + 1, inner, Shape::Mention);
        at + close + 1
    }

    fn word(&mut self, start: usize, end: usize, shape: Shape) {
        let word = &self.lower[start..end];
        let apostrophe = word.char_indices().find(|(_, c)| matches!(c, '\'' | '\u{2019}'));
        if let Some((cut, mark)) = apostrophe {
            let (stem, tail) = (&word[..cut], &word[cut + mark.len_utf8()..]);
            let (first, second) = open_contraction(word, stem, tail);
            self.push(start, end, first, shape);
            if let Some(second) = second {
                self.push(start, end, second, Shape::Word);
            }
            return;
        }
        let sentence_start = self.out.last().is_none_or(|last| last.is_mark());
        match spelled_out(word, sentence_start) {
            Some(words) => words.iter().for_each(|w| self.push(start, end, w, Shape::Word)),
            None => self.push(start, end, word, shape),
        }
    }
}

/// The two words of a contraction; a possessive keeps its mark as second word.
fn open_contraction<'t>(whole: &'t str, stem: &'t str, tail: &str) -> (&'t str, Option<&'t str>) {
    match (stem, tail) {
        ("won", "t") => ("will", Some("not")),
        ("can", "t") => ("can", Some("not")),
        ("shan", "t") => ("shall", Some("not")),
        ("ain", "t") => ("is", Some("not")),
        (_, "t") => (stem.strip_suffix('n').unwrap_or(stem), Some("not")),
        (_, "ll") => (stem, Some("will")),
        (_, "ve") => (stem, Some("have")),
        (_, "re") => (stem, Some("are")),
        (_, "m") => (stem, Some("am")),
        (_, "d") => (stem, Some("would")),
        ("let", "s") => ("let", Some("us")),
        (_, "s") => (stem, Some("'s")),
        _ => (whole, None),
    }
}

/// Words of the chat in the spelling of the rules.
fn spelled_out(word: &str, clause_start: bool) -> Option<&'static [&'static str]> {
    Some(match word {
        "pls" | "plz" | "plse" | "pleaase" | "pleease" => &["please"],
        "u" => &["you"],
        "dont" => &["do", "not"],
        "doesnt" => &["does", "not"],
        "didnt" => &["did", "not"],
        "cant" | "cannot" => &["can", "not"],
        "couldnt" => &["could", "not"],
        "wont" => &["will", "not"],
        "isnt" => &["is", "not"],
        "arent" => &["are", "not"],
        "wasnt" => &["was", "not"],
        "hasnt" => &["has", "not"],
        "havent" => &["have", "not"],
        "shouldnt" => &["should", "not"],
        "wouldnt" => &["would", "not"],
        "im" => &["i", "am"],
        "ive" => &["i", "have"],
        "youre" => &["you", "are"],
        "youll" => &["you", "will"],
        "theyre" => &["they", "are"],
        "ill" if clause_start => &["i", "will"],
        "imma" | "ima" => &["i", "will"],
        "lets" if clause_start => &["let", "us"],
        "gonna" => &["going", "to"],
        "gotta" => &["have", "to"],
        "wanna" => &["want", "to"],
        "somone" | "sb" | "smb" => &["someone"],
        "tmrw" | "tmr" | "tmw" | "tomorow" | "tommorow" | "tommorrow" | "2moro" | "2morrow" | "tmrrw" => {
            &["tomorrow"]
        }
        "nxt" => &["next"],
        "tonite" => &["tonight"],
        "2day" => &["today"],
        "wating" | "waitin" => &["waiting"],
        _ => return None,
    })
}

fn handle_end(text: &str, from: usize) -> usize {
    let mut end = from;
    for (i, c) in text[from..].char_indices() {
        if c.is_alphanumeric() || matches!(c, '_' | '-') {
            end = from + i + c.len_utf8();
        } else if c != '.' {
            break;
        }
    }
    end
}

/// The end of a word or number that begins at `from`; inner marks belong to it only between letters or digits.
fn word_end(text: &str, from: usize) -> usize {
    let mut chars = text[from..].char_indices().peekable();
    let mut previous = ' ';
    let mut letters = 0_usize;
    while let Some((i, c)) = chars.next() {
        let next = chars.peek().map_or(' ', |(_, c)| *c);
        let inside = match c {
            '_' => true,
            '\'' | '\u{2019}' => previous.is_alphabetic() && next.is_alphabetic(),
            '-' => next.is_alphanumeric(),
            ':' | '/' | ',' => previous.is_ascii_digit() && next.is_ascii_digit(),
            '.' => {
                (previous.is_ascii_digit() && next.is_ascii_digit())
                    || (letters == 1 && dotted(previous, next))
            }
            _ => c.is_alphanumeric(),
        };
        if !inside {
            return from + i;
        }
        letters = if c.is_alphanumeric() { letters + 1 } else { 0 };
        previous = c;
    }
    text.len()
}

/// `a.m`, `p.m`, `e.g`, `i.e`, `p.s`: the inner dot of an abbreviation.
fn dotted(previous: char, next: char) -> bool {
    matches!((previous, next), ('a' | 'p', 'm') | ('e', 'g') | ('i', 'e') | ('p', 's'))
}

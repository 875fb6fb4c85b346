//! `tsvector @@ tsquery` for the part of both text forms that is used here.

use std::collections::HashSet;

/// The lexemes of a `tsvector`; panics when PostgreSQL would refuse the text.
pub fn lexemes(tsvector: &str) -> HashSet<&str> {
    let entry = |entry| {
        let (lexeme, positions): (&str, &str) = str::split_once(entry, ':').unwrap_or((entry, "1"));
        assert!(is_lexeme(lexeme), "{lexeme:?}");
        for position in positions.split(',') {
            let number: u16 = position.trim_end_matches('A').parse().expect("a position");
            assert!((1..=16_383).contains(&number));
        }
        lexeme
    };
    tsvector.split(' ').filter(|text| !text.is_empty()).map(entry).collect()
}

/// Whether the vector matches; panics when PostgreSQL would refuse the query.
pub fn matches(tsvector: &str, tsquery: &str) -> bool {
    let known = lexemes(tsvector);
    let mut reader = Reader { rest: tsquery, known: &known };
    let answer = reader.any();
    assert_eq!(reader.rest, "", "left over in {tsquery:?}");
    answer
}

fn is_lexeme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

struct Reader<'a> {
    rest: &'a str,
    known: &'a HashSet<&'a str>,
}

impl Reader<'_> {
    fn eat(&mut self, sign: char) -> bool {
        let rest = self.rest.trim_start();
        let eaten = rest.strip_prefix(sign);
        self.rest = eaten.unwrap_or(rest);
        eaten.is_some()
    }

    fn any(&mut self) -> bool {
        let mut answer = self.all();
        while self.eat('|') {
            answer |= self.all();
        }
        answer
    }

    fn all(&mut self) -> bool {
        let mut answer = self.one();
        while self.eat('&') {
            answer &= self.one();
        }
        answer
    }

    fn one(&mut self) -> bool {
        if self.eat('!') {
            return !self.one();
        }
        if self.eat('(') {
            let answer = self.any();
            assert!(self.eat(')'), "a bracket is open before {:?}", self.rest);
            return answer;
        }
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        let (lexeme, rest) = self.rest.split_at(end);
        assert!(is_lexeme(lexeme), "no lexeme at {:?}", self.rest);
        self.rest = rest;
        self.known.contains(lexeme)
    }
}

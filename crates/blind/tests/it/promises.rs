//! Unit cases of whole searches, and the rules that hold for every text.

use blind::{Document, Has, Query, SearchKey, State, index, parse, phrase_matches, score, snippet};
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use crate::evaluator::{lexemes, matches};

const NOBODY: &[&str] = &[];

fn key() -> SearchKey {
    SearchKey::new(&[9; 32])
}

fn parsed(query: &str) -> Query {
    parse(query, DateTime::<Utc>::UNIX_EPOCH).expect("a query")
}

/// Whether the index answers the query with the document.
fn finds_for(me: &[&str], query: &str, document: &Document<'_>) -> bool {
    let vector = index(&key(), document).tsvector;
    parsed(query).to_tsquery(&key(), me).text.is_none_or(|text| matches(&vector, &text))
}

fn finds(query: &str, text: &str) -> bool {
    finds_for(NOBODY, query, &Document { text, ..Document::default() })
}

#[test]
fn words_are_found_in_every_spelling_people_use() {
    for (query, text) in [
        ("deploy", "We deployed it"),
        ("MULLER", "Herr Müller"),
        ("username", "let userName = 1"),
        ("user_name", "let userName = 1"),
        ("name", "let userName = 1"),
        ("userName", "the user_name column"),
        ("user name", "the user_name column"),
        ("user_name", "the user name column"),
        ("GitHub", "on github today"),
        ("github", "on GitHub today"),
        ("email", "by e-mail"),
        ("e-mail", "by email"),
        ("#123", "fixes acme/api#123."),
        ("123", "fixes #123"),
        ("ABC-123", "see abc-123"),
        ("abc", "see ABC-123"),
        ("anna.lee@example.org", "write <Anna.Lee@example.org>!"),
        ("example.org", "write anna.lee@example.org"),
        ("github.com/acme/api", "https://github.com/acme/api/pull/4"),
        ("https://github.com/acme/api/pull/4", "(https://github.com/acme/api/pull/4)"),
        ("api", "https://github.com/acme/api/pull/4"),
        ("v1.2.3", "released v1.2.3!"),
        ("3f2a91c", "commit 3f2a91c0de45b6778899aabbccddeeff00112233"),
        ("c++", "in C++, not C"),
        ("東京", "昨日東京タワーへ行った"),
        ("東", "昨日東京タワーへ行った"),
        ("회의", "내일 회의는 취소"),
        ("anna", "Anna’s laptop"),
        ("don't", "we don’t know"),
    ] {
        assert!(finds(query, text), "{query} in {text}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    for (query, text) in [
        ("#123", "room 123"),
        ("c++", "plan c"),
        ("@anna", "anna said"),
        ("京東", "東京"),
        ("\"plan release\"", "the release plan"),
        ("release -plan", "the release plan"),
        ("release -\"the release\"", "the release plan"),
        ("foo:bar", "bar foo"),
    ] {
        assert!(!finds(query, text), "{query} in {text}");
    }
}

#[test]
fn operators_select() {
    let document = Document {
        title: "Invoice run",
        text: "see https://example.org",
        authors: &["Anna Lee", "@annalee", "anna.lee@example.org", "0190a1b2-aaaa-7bbb-8ccc-0123456789ab"],
        places: &["acme/api", "#general chat"],
        assignees: &["Bo Chen", "acc_7"],
        state: Some(State::InProgress),
        has: &[Has::File],
    };
    for query in [
        "from:anna",
        "from:@annalee",
        "from:\"Anna Lee\" invoice",
        "from:bo from:anna",
        "in:\"general chat\"",
        "in:#general-chat",
        "in:api",
        "assignee:bo state:in_progress",
        "has:link has:file",
        "-has:code",
        "-from:bo -state:done",
        "kind:task after:7d",
        "-nothing",
    ] {
        assert!(finds_for(NOBODY, query, &document), "{query}");
    }
    for query in ["from:bo", "in:general", "has:link has:code", "-from:anna", "state:open", "anna", "from:me"]
    {
        assert!(!finds_for(NOBODY, query, &document), "{query}");
    }
}

#[test]
fn me_is_the_accounts_of_who_asks() {
    let document = Document { authors: &["acc_7", "Bo"], text: "hello", ..Document::default() };
    assert!(finds_for(&["acc_1", "acc_7"], "from:me", &document));
    assert!(!finds_for(&["acc_1"], "from:me", &document));
    assert!(finds_for(&["acc_1"], "hello -from:me", &document));
    assert!(finds_for(NOBODY, "hello -from:me", &document));
}

#[test]
fn only_filters_need_no_index() {
    assert_eq!(parsed("kind:task before:today").to_tsquery(&key(), NOBODY).text, None);
    assert_eq!(parsed("-\"a long phrase\"").to_tsquery(&key(), NOBODY).text, None);
    assert!(parsed("-\"a long phrase\"").needs_phrase_check());
    assert!(parsed("-word").to_tsquery(&key(), NOBODY).text.is_some_and(|text| text.starts_with('!')));
}

#[test]
fn nothing_in_the_clear_is_stored_or_asked() {
    let vector = index(&key(), &Document { text: "confidential zebra", ..Document::default() }).tsvector;
    let query = parsed("confidential from:zebra").to_tsquery(&key(), NOBODY).text.expect("terms");
    for text in [vector.as_str(), query.as_str(), &format!("{:?}", parsed("zebra"))] {
        assert!(!text.contains("zebra") && !text.contains("confidential"));
    }
}

/// Text as people write it at work: words, identifiers, marks, several scripts.
fn working_text() -> impl Strategy<Value = String> {
    let word = "[a-zA-Zäöüßéñ]{1,9}|[a-z]{2,5}[_.-][a-z]{2,5}|[A-Z]{2,4}-[0-9]{1,4}|#[0-9]{1,5}|@[a-z]{2,6}|v[0-9]\\.[0-9]\
                |[a-z]{2,4}[A-Z][a-z]{2,4}|https://[a-z]{2,5}\\.org/[a-z]{1,4}|[a-z]{2,4}@[a-z]{2,4}\\.org|[東京都庁会議]{1,4}\
                |[а-яё]{2,7}|[a-z]{2,5}'s|[0-9a-f]{40}|회의|c\\+\\+";
    prop::collection::vec((word, "[ ,.!?)\n]{0,1}"), 1..24)
        .prop_map(|words| words.iter().map(|(word, end)| format!("{word}{end} ")).collect())
}

/// A word as a query that is no operator, negation or quote.
fn as_query(chunk: &str) -> Option<String> {
    let query = chunk.trim_start_matches('-');
    parse(query, DateTime::<Utc>::UNIX_EPOCH).ok().map(|_| query.to_owned())
}

/// Marks off, entities back: what a browser would show of a snippet. Panics on anything else that looks
/// like markup.
fn shown(snippet: &str) -> String {
    let mut open = false;
    let mut out = String::new();
    let mut rest = snippet;
    while let Some(c) = rest.chars().next() {
        let markup = [
            ("<mark>", ""),
            ("</mark>", ""),
            ("&amp;", "&"),
            ("&lt;", "<"),
            ("&gt;", ">"),
            ("&quot;", "\""),
            ("&#39;", "'"),
        ];
        if let Some((written, meant)) = markup.into_iter().find(|(written, _)| rest.starts_with(written)) {
            if written.ends_with("mark>") {
                assert_eq!(open, written.starts_with("</"), "marks are not paired in {snippet:?}");
                open = !open;
            }
            out.push_str(meant);
            rest = &rest[written.len()..];
            continue;
        }
        assert!(
            !matches!(c, '<' | '>' | '&' | '"' | '\'') && !c.is_control(),
            "unescaped {c:?} in {snippet:?}"
        );
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    assert!(!open, "a mark is open in {snippet:?}");
    out
}

proptest! {
    #[test]
    fn any_word_of_a_text_finds_it_and_is_marked(text in working_text()) {
        for query in text.split_whitespace().filter_map(as_query) {
            prop_assert!(finds(&query, &text), "{query:?} in {text:?}");
            let cut = snippet(&text, &parsed(&query), 80);
            prop_assert!(cut.contains("<mark>"), "{query:?}: {cut:?}");
            prop_assert!(score(&parsed(&query), "", &text, TimeDelta::zero()) > 0.0);
        }
    }

    #[test]
    fn any_phrase_of_a_text_finds_it(text in working_text(), start in 0_usize..20, length in 1_usize..5) {
        let chunks: Vec<&str> = text.split_whitespace().skip(start).take(length).collect();
        let query = format!("\"{}\"", chunks.join(" "));
        if let Some(query) = as_query(&query) {
            prop_assert!(finds(&query, &text), "{query:?} in {text:?}");
            prop_assert!(phrase_matches("", &text, &parsed(&query)));
            let negated = format!("-{query}");
            prop_assert!(!phrase_matches("", &text, &parsed(&negated)));
        }
    }

    #[test]
    fn a_phrase_that_is_there_is_never_lost_by_its_pairs(text in working_text(), phrase in working_text()) {
        let query = format!("\"{}\"", phrase.replace('"', ""));
        if let Ok(query) = parse(&query, DateTime::<Utc>::UNIX_EPOCH) {
            let document = Document { text: &text, ..Document::default() };
            let vector = index(&key(), &document).tsvector;
            let found = query.to_tsquery(&key(), NOBODY).text.is_none_or(|text| matches(&vector, &text));
            prop_assert!(found || !phrase_matches("", &text, &query));
        }
    }

    #[test]
    fn different_keys_share_no_lexeme(text in working_text()) {
        let document = Document { title: &text, text: &text, authors: &[&text], ..Document::default() };
        let (one, other) = (index(&key(), &document), index(&SearchKey::new(&[8; 32]), &document));
        prop_assert!(lexemes(&one.tsvector).is_disjoint(&lexemes(&other.tsvector)));
    }

    #[test]
    fn no_text_breaks_index_snippet_or_score(text in any::<String>(), query in any::<String>(), max in 0_usize..60) {
        let document = Document { title: &query, text: &text, authors: &[&text], places: &[&text], ..Document::default() };
        lexemes(&index(&key(), &document).tsvector);
        let words: String = text.chars().filter(|c| !c.is_control()).take(20).collect();
        for query in [query, words] {
            let Ok(query) = parse(&query, DateTime::<Utc>::UNIX_EPOCH) else { continue };
            if let Some(asked) = query.to_tsquery(&key(), &["acc_1", "Bo Chen"]).text {
                matches("", &asked);
            }
            shown(&snippet(&text, &query, max));
            prop_assert!(score(&query, &text, &text, TimeDelta::days(3)).is_finite());
            let _ = phrase_matches(&text, &text, &query);
        }
    }

    #[test]
    fn a_snippet_shows_only_what_is_in_the_text(
        text in "[a-e <>&\"'\n]{0,60}(👨‍👩‍👧|e\u{301}|,\u{301}|東京|<script>){0,4}[a-e <>&\"'\n]{0,60}",
        query in "[a-e]{1,2} [a-e東]{1,2}",
        max in 0_usize..50,
    ) {
        let cut = shown(&snippet(&text, &parsed(&query), max));
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let inner = cut.trim_start_matches('…').trim_end_matches('…');
        prop_assert!(flat(&text).contains(flat(inner).as_str()), "{cut:?} of {text:?}");
        let torn = inner.split_whitespace().any(|part| part.starts_with(['\u{301}', '\u{200d}']));
        prop_assert!(!torn, "{:?}", inner);
        prop_assert!(unicode_length(inner) <= max);
    }

    #[test]
    fn a_query_is_read_or_refused_but_never_breaks(query in "((-|)(from|in|kind|has|before|after|assignee|state|x):|-|\"|)[a-z0-9\"“東 :-]{0,12}( (-|)(from|kind|after):[a-z\" 0-9-]{0,9}|){0,3}") {
        if let Ok(query) = parse(&query, DateTime::<Utc>::UNIX_EPOCH)
            && let Some(asked) = query.to_tsquery(&key(), NOBODY).text
        {
            matches("", &asked);
        }
    }
}

/// Graphemes of the alphabet used above.
fn unicode_length(text: &str) -> usize {
    text.replace("👨‍👩‍👧", "x").chars().filter(|c| *c != '\u{301}').count()
}

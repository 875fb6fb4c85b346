//! Every route of the OpenAPI document × every sort of caller (C1).
//!
//! Each question is put to callers in the order of what they may, and reading comes before changing, changing before deleting,
//! so that what the mightier one does cannot hide what the weaker one was told. The ids are real ones of the first
//! organization; to whom they belong not, the answer must be the one that ids get which never were anybody's, to the byte.

pub mod places;
mod questions;

use std::collections::BTreeMap;

use places::Places;
use questions::Question;
use serde_json::Value;

use crate::{
    golden,
    house::{Caller, House},
    http::Answer,
    scene::Scene,
    traces::{Traces, tail},
};

/// Who asks, what they may not read, and with whose things they must not be able to do anything.
struct Asker<'a> {
    name: &'static str,
    caller: &'a Caller<'a>,
    kept_from: Vec<&'a str>,
    foreign: bool,
}

/// An answer without what differs from one request to the next.
fn blank(answer: &Answer, places: &Places) -> (u16, Vec<String>, String) {
    const OF_THE_REQUEST: [&str; 4] = ["date", "x-request-id", "request-id", "traceparent"];
    let passing = |name: &str| OF_THE_REQUEST.contains(&name) || name.starts_with("ratelimit");
    let headers = answer
        .headers
        .iter()
        .filter(|(name, _)| !passing(name))
        .map(|(name, value)| format!("{name}: {value}"));
    let mut text = answer.text();
    if let Some(id) = answer.json()["request_id"].as_str() {
        text = text.replace(id, "");
    }
    (answer.status, headers.collect(), places.blank(&text))
}

/// What is wrong about an answer.
fn faults(asker: &Asker<'_>, question: &Question, answer: &Answer, words: &Traces) -> Vec<String> {
    let mut wrong = Vec::new();
    let row = question.row();
    if answer.status >= 500 {
        wrong.push(format!("{} broke {row}: {}", asker.name, answer.status));
    }
    let told = words.in_bytes(&answer.body);
    let kept = asker.kept_from.iter().map(|word| tail(word));
    // What somebody asked for may be said back to them.
    let told: Vec<&str> = kept.filter(|tail| told.contains(*tail) && !question.asks(tail)).collect();
    if !told.is_empty() {
        wrong.push(format!("{} reads {told:?} at {row}", asker.name));
    }
    wrong
}

/// Asks the same about things that never were, and says so when the answer is another.
fn differs_from_absent(
    asker: &Asker<'_>,
    question: &Question,
    answer: &Answer,
    places: &Places,
    absent: &Places,
) -> Option<String> {
    let of_absent = question.put(asker.caller, absent);
    let (one, other) = (blank(answer, places), blank(&of_absent, absent));
    (one != other).then(|| {
        format!("{} tells at {} what is from what is not:\n{one:?}\n{other:?}", asker.name, question.row())
    })
}

/// Where the answer may tell what is from what is not: an owner knows every team's name, and what a hook's address names
/// cannot be guessed, while its administrator must be told a wrong secret from a wrong address.
fn may_know(asker: &Asker<'_>, row: &str) -> bool {
    row.starts_with("POST /hooks/") || (asker.name == "owner" && row.contains("scope=team:"))
}

/// Puts every question to every asker; the rows of the golden and what is wrong.
fn ask_all(
    questions: &[Question],
    askers: &[Asker<'_>],
    places: &Places,
    absent: &Places,
    words: &Traces,
) -> (Vec<String>, Vec<String>) {
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    for question in questions {
        let mut row = question.row();
        let row_name = row.clone();
        for asker in askers {
            let answer = question.put(asker.caller, places);
            wrong.extend(faults(asker, question, &answer, words));
            if asker.foreign && question.names_differently(places, absent) && !may_know(asker, &row_name) {
                wrong.extend(differs_from_absent(asker, question, &answer, places, absent));
                if answer.is_success() && !question.is_silent() {
                    wrong.push(format!("{} may {}: {}", asker.name, question.row(), answer.text()));
                }
            }
            row.push_str(&format!(" {}={}", asker.name, answer.status));
        }
        rows.push(row);
    }
    rows.sort();
    (rows, wrong)
}

#[test]
fn every_route_tells_each_caller_only_what_is_theirs() {
    let house: &House = &House::shared();
    let scene = Scene::set(house);
    let places = Places::of(&scene);
    let absent = places.absent(|_| true);
    let words = Traces::of(&scene.words.all().into_iter().map(tail).collect::<Vec<_>>());
    let nobody = house.nobody();
    let few = scene.words.of_a_few();
    let of_members: Vec<&str> = scene.words.of_members().into_iter().chain(few.clone()).collect();
    let askers = [
        Asker { name: "nobody", caller: &nobody, kept_from: scene.words.all(), foreign: true },
        Asker { name: "rival", caller: &scene.rival, kept_from: scene.words.all(), foreign: true },
        Asker { name: "guest", caller: &scene.guest, kept_from: of_members, foreign: true },
        Asker { name: "member", caller: &scene.outsider, kept_from: few, foreign: false },
        Asker { name: "owner", caller: &scene.owner, kept_from: Vec::new(), foreign: false },
    ];
    let questions = questions::all(house, &places, &scene.words.open);
    let (rows, wrong) = ask_all(&questions, &askers, &places, &absent, &words);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden::holds("matrix.txt", &rows);
}

#[test]
fn what_is_of_a_few_members_is_absent_for_all_others() {
    let house: &House = &House::shared();
    let scene = Scene::set(house);
    let places = Places::hidden(&scene);
    let absent = places.absent(|place| places::OF_A_FEW.contains(&place));
    let few = scene.words.of_a_few();
    let words = Traces::of(&few.iter().copied().map(tail).collect::<Vec<_>>());
    let asker = |name, caller, foreign| Asker {
        name,
        caller,
        kept_from: if foreign { few.clone() } else { Vec::new() },
        foreign,
    };
    let askers = [
        asker("guest", &scene.guest, true),
        asker("member", &scene.outsider, true),
        // Owners do not see into private channels either.
        asker("owner", &scene.owner, true),
        asker("insider", &scene.insider, false),
    ];
    let mut questions = questions::all(house, &places, &scene.words.hidden);
    questions
        .retain(|question| question.names_differently(&places, &absent) || question.path == "/api/v1/search");
    let (rows, wrong) = ask_all(&questions, &askers, &places, &absent, &words);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden::holds("matrix-private.txt", &rows);
}

#[test]
fn a_search_for_what_is_hidden_counts_nothing() {
    let house: &House = &House::shared();
    let scene = Scene::set(house);
    for word in scene.words.of_a_few() {
        if word == scene.words.team_list {
            continue;
        }
        assert!(!scene.insider.search(word).is_empty(), "who may see it finds it");
        for (who, caller) in [
            ("outsider", &scene.outsider),
            ("owner", &scene.owner),
            ("guest", &scene.guest),
            ("rival", &scene.rival),
        ] {
            let found = caller.get(&format!("/api/v1/search?q={word}")).expect(200);
            assert_eq!(
                (found["total"].as_u64(), found["items"].as_array().map(Vec::len)),
                (Some(0), Some(0)),
                "{who}"
            );
            let mut counts = BTreeMap::new();
            count_numbers(&found["facets"], &mut counts);
            assert!(counts.keys().all(|number| *number == 0), "{who}: {found}");
        }
    }
}

/// Every number that stands in a value.
fn count_numbers(value: &Value, counts: &mut BTreeMap<u64, usize>) {
    match value {
        Value::Number(number) => *counts.entry(number.as_u64().unwrap_or(u64::MAX)).or_default() += 1,
        Value::Array(items) => items.iter().for_each(|item| count_numbers(item, counts)),
        Value::Object(fields) => fields.values().for_each(|field| count_numbers(field, counts)),
        _ => {}
    }
}

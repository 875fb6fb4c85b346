//! Any text at all: no panic, offsets that cut, time that grows with the input and no faster.

use std::time::{Duration, Instant};

use extraction::{
    Message, OpenTask, Participant, Style, TaskState, Thread, due_date, extract, extract_from,
    learning::{Table, by_model},
};
use proptest::prelude::*;

fn thread(style: Style, texts: &[String]) -> Thread {
    let at = "2026-05-06T10:00:00Z".parse().unwrap();
    let person = |id: &str, name: &str, handle: &str| Participant {
        id: id.into(),
        name: name.into(),
        handle: handle.into(),
        bot: None,
    };
    let message = |(i, text): (usize, &String)| Message {
        id: i.to_string(),
        author: "u1".into(),
        at,
        text: text.clone(),
    };
    Thread {
        thread_id: "t".into(),
        style,
        now: at,
        participants: vec![person("u1", "Ömer Kaya", "omer"), person("u2", "Ana de Wit", "ana")],
        open_tasks: vec![OpenTask {
            key: "TW-8".into(),
            title: "Order ﬁlter “cartridges”".into(),
            assignee: None,
            due_on: None,
            state: TaskState::Open,
        }],
        messages: texts.iter().enumerate().map(message).collect(),
    }
}

/// Fragments that touch every rule, between arbitrary characters.
fn fragment() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "can you send ",
        "please ",
        "I’ll do it ",
        "by Friday",
        " 3rd May ",
        "@ana",
        "<@u2|ana>",
        "<https://x|l>",
        "`",
        "```\n",
        "> ",
        "- [ ] ",
        "1. ",
        "\n",
        "TW-8 is done. ",
        "let’s ",
        "“",
        "\"",
        "on 24.04.2027 at 9:30 ",
        "Ana: ",
        "handing TW-8 to ",
        "in 3 weeks ",
        "--\n",
        "<!--",
        "-->",
        "Ömer",
        "…",
        "👻",
        "İ",
        "ß",
        "\u{301}",
        "\u{a0}",
        "the 31st",
        "99999999999",
        "a week from ",
        "is now due ",
        "blocked ",
        "0.0.0",
        "31.12.9999",
        "in 999 months ",
        "cartridges ordered ",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => any::<char>().prop_map(String::from)]
}

proptest! {
    #[test]
    fn quotes_always_cut_the_message(parts in prop::collection::vec(fragment(), 0..40), style in prop::sample::select(vec![Style::Chat, Style::Mail, Style::Issue])) {
        let text = parts.concat();
        let thread = thread(style, &[text.clone(), text]);
        for finding in extract(&thread) {
            let message = thread.messages.iter().find(|m| m.id == finding.message_id).unwrap();
            let quote = message.text.get(finding.quote.clone());
            prop_assert!(quote.is_some_and(|q| !q.is_empty()), "{:?}", finding.quote);
            prop_assert!((0.0..=1.0).contains(&finding.confidence));
            prop_assert_eq!(finding.kind.is_update(), finding.task_key.is_some());
        }
    }

    #[test]
    fn the_newest_message_alone_gives_what_the_thread_gives_for_it(parts in prop::collection::vec(fragment(), 0..40)) {
        let (first, second) = parts.split_at(parts.len() / 2);
        let thread = thread(Style::Chat, &[first.concat(), second.concat()]);
        let of_thread: Vec<_> = extract(&thread).into_iter().filter(|f| f.message_id == "1").collect();
        prop_assert_eq!(extract_from(&thread, |place| place == 1), of_thread);
    }

    #[test]
    fn a_damaged_model_is_refused_or_still_a_model(place in any::<prop::sample::Index>(), byte: u8, end in any::<prop::sample::Index>()) {
        let mut file = include_bytes!("../../data/weights.bin").to_vec();
        let whole = file.len();
        let place = place.index(whole);
        file[place] = byte;
        prop_assert!(Table::read(&file[..end.index(whole)]).is_err(), "cut off");
        if let Ok(table) = Table::read(&file) {
            let found = by_model(&table, &thread(Style::Chat, &["Ana, can you send the list by Friday?".to_owned()]));
            prop_assert!(found.iter().all(|finding| (0.0..=1.0).contains(&finding.confidence)));
        }
    }

    #[test]
    fn any_bytes_are_a_model_or_none(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Table::read(&bytes);
    }

    #[test]
    fn dates_are_read_from_any_text_at_any_time(parts in prop::collection::vec(fragment(), 0..20), seconds in -60_000_000_000_i64..200_000_000_000) {
        let at = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        let _ = due_date(&parts.concat(), at);
    }
}

#[test]
fn a_megabyte_takes_time_in_proportion_whatever_it_holds() {
    let seeds = [
        "can you send it by Friday, Ana? ",
        "\u{201c}",
        "`",
        "<a",
        "<@",
        "<!--",
        "](",
        "1.",
        "please ",
        "@a.",
        "a\n",
        "- [ ] do x\n",
        "TW-8 is done. ",
        "you get from me ",
        "Ana, ",
        "a-",
        "@ana ",
        "<@u2> ",
    ];
    for seed in seeds {
        let text = seed.repeat(1_000_000 / seed.len());
        let began = Instant::now();
        let _ = extract(&thread(Style::Mail, &[text]));
        // Without optimization, beside other tests: quadratic behaviour would take minutes.
        assert!(began.elapsed() < Duration::from_secs(8), "{seed:?} took {:?}", began.elapsed());
    }
}

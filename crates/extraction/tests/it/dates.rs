//! Date expressions: the shared file, and expressions of this crate's own.

use extraction::{
    due_date,
    output::{DateQuery, date_line},
};

fn read(text: &str) -> (Option<String>, Option<String>) {
    // A Wednesday.
    let found = due_date(text, "2026-05-06T10:00:00Z".parse().unwrap());
    (found.due_on.map(|d| d.to_string()), found.time)
}

fn day(text: &str) -> Option<String> {
    read(text).0
}

/// The lines of a file that are not read as they say.
fn misread(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in text.lines() {
        let query: DateQuery = serde_json::from_str(line).unwrap();
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let found = serde_json::to_value(date_line(&query)).unwrap();
        if found["due_on"] != row["due_on"] || found["time"] != row["time"] {
            wrong.push(format!("{} -> {found}", query.text));
        }
    }
    wrong
}

#[test]
fn shared_date_expressions_are_read() {
    let Some(text) = crate::shared("data/extraction/dates-dev.jsonl") else { return };
    let wrong = misread(&text);
    assert!(wrong.len() <= 2, "{wrong:#?}");
}

#[test]
fn days_are_counted_from_the_message() {
    for (text, wanted) in [
        ("in three days", "2026-05-09"),
        ("within the next 10 days", "2026-05-16"),
        ("in a fortnight", "2026-05-20"),
        ("a week from Monday", "2026-05-18"),
        ("Friday in two weeks", "2026-05-22"),
        ("next week on Tuesday", "2026-05-12"),
        ("the day after tomorrow", "2026-05-08"),
        ("by the end of next month", "2026-06-30"),
        ("by EOD", "2026-05-06"),
        ("EOD Friday", "2026-05-08"),
        ("until the 31st", "2026-05-31"),
        ("by 5.6.", "2026-06-05"),
        ("due 30/11/2026", "2026-11-30"),
        ("by the 2nd of June", "2026-06-02"),
        ("on February 29th", "2028-02-29"),
        ("Monday instead of Friday", "2026-05-11"),
        ("in 3 working days", "2026-05-11"),
    ] {
        assert_eq!(day(text).as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn clock_times_are_read_as_written() {
    for (text, wanted) in [
        ("by 6 tonight", "18:00"),
        ("tomorrow at 9:30", "09:30"),
        ("Friday 5 pm", "17:00"),
        ("12am on Monday", "00:00"),
        ("at noon", "12:00"),
        ("at 16.15 on Thursday", "16:15"),
        ("8 o'clock on Friday", "08:00"),
    ] {
        assert_eq!(read(text).1.as_deref(), Some(wanted), "{text}");
    }
}

#[test]
fn look_alikes_name_no_day() {
    for text in [
        "release 12.05 is out",
        "the 3rd floor",
        "we march 4 abreast and may 2 of us fall",
        "every Friday",
        "three days ago",
        "we met last Monday",
        "Black Friday was loud",
        "we sat in the sun",
        "a 2:1 ratio",
        "sometime next week",
        "since Tuesday",
        "I sent it on Monday",
    ] {
        assert_eq!(read(text), (None, None), "{text}");
    }
}

/// Written by others than the rules, but read since: what is left wrong is in the model card.
#[test]
fn own_date_expressions_are_read() {
    for file in ["own.jsonl", "second.jsonl"] {
        let text =
            std::fs::read_to_string(format!("{}/data/dates/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let wrong = misread(&text);
        assert!(wrong.len() * 50 <= text.lines().count(), "{wrong:#?}");
    }
}

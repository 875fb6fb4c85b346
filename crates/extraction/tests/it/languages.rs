//! Talk in other languages than English, which is left alone.

use extraction::{Kind, Thread, extract};

fn threads() -> Vec<Thread> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/languages.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn other_languages_are_left_alone() {
    let threads = threads();
    assert!(threads.len() >= 20);
    for thread in threads {
        let found = extract(&thread);
        assert!(found.is_empty(), "{}: {found:?}", thread.thread_id);
    }
}

#[test]
fn who_writes_english_among_others_is_still_read() {
    let mut thread = threads().remove(0);
    let mut message = thread.messages[0].clone();
    message.id = "english".into();
    message.author = "p9".into();
    message.text = "I'll send the signed offer to Köhler by Friday.".into();
    let mut participant = thread.participants[0].clone();
    participant.id = "p9".into();
    thread.participants.push(participant);
    thread.messages.push(message);
    let found = extract(&thread);
    assert_eq!(
        found.iter().map(|f| (f.message_id.as_str(), f.kind)).collect::<Vec<_>>(),
        [("english", Kind::Commitment)]
    );
}

//! What needs more than one message, or more than words: machines, quotes, answers, titles, evidence.

use extraction::{
    Finding, Kind, Message, OpenTask, Participant, Style, TaskState, Thread, extract, output::thread_line,
};

fn thread(style: Style, tasks: &[(&str, &str, &str)], messages: &[(&str, &str)]) -> Thread {
    let at = "2026-05-06T10:00:00Z".parse().unwrap();
    let person = |id: &str, name: &str, handle: &str| Participant {
        id: id.into(),
        name: name.into(),
        handle: handle.into(),
        bot: None,
    };
    let task = |(key, title, owner): &(&str, &str, &str)| OpenTask {
        key: (*key).into(),
        title: (*title).into(),
        assignee: Some((*owner).into()),
        due_on: None,
        state: TaskState::Open,
    };
    let message = |(i, (author, text)): (usize, &(&str, &str))| Message {
        id: format!("m{i}"),
        author: (*author).into(),
        at,
        text: (*text).into(),
    };
    Thread {
        thread_id: "t".into(),
        style,
        now: at,
        participants: vec![
            person("U1", "Ana Duarte", "ana"),
            person("U2", "Ben Kroll", "bkroll"),
            person("U3", "Cleo Varga", "cleo"),
            person("B1", "Deploy Bot", "deploybot"),
        ],
        open_tasks: tasks.iter().map(task).collect(),
        messages: messages.iter().enumerate().map(message).collect(),
    }
}

fn kinds(found: &[Finding]) -> Vec<(&str, Kind)> {
    found.iter().map(|f| (f.message_id.as_str(), f.kind)).collect()
}

#[test]
fn machines_and_commands_to_them_say_nothing() {
    let talk = [
        ("B1", "@ana please review the deployment by Friday"),
        ("U1", "@deploybot please rebase the branch"),
        ("U1", "/remind me to send the report tomorrow"),
    ];
    assert_eq!(extract(&thread(Style::Chat, &[], &talk)), []);
}

#[test]
fn quoted_lines_code_signatures_and_patches_say_nothing() {
    for text in [
        "> Could you send me the list by Friday?\n\nWhich list?",
        "&gt; please call the vendor\nwhy?",
        "It prints this:\n\n```\nplease fix the build by Friday\n```\n",
        "All good.\n\n-- \nBen Kroll\nPlease call the front desk before you visit",
        "All good.\n\nBest regards\nBen\nPlease send parcels to the back door",
        "Patch:\n\n--- a/x\n+++ b/x\n+Please send the file by Friday",
        "All good.\n\n-----Original Message-----\nCould you send me the list by Friday?",
        "The log says `please restart the server by Friday`.",
    ] {
        assert_eq!(extract(&thread(Style::Mail, &[], &[("U2", text)])), [], "{text}");
    }
}

#[test]
fn a_postscript_behind_the_closing_is_read() {
    let text = "All good.\n\nBest regards\nBen\n\nPS: Ana, could you send me the list by Friday?";
    assert_eq!(kinds(&extract(&thread(Style::Mail, &[], &[("U2", text)]))), [("m0", Kind::Request)]);
}

#[test]
fn the_quote_is_the_sentence_and_not_the_mail() {
    let text = "Dear Ana,\n\nthe hall was cold. Could you ask the caretaker for the\nsecond key by Friday? We will wear coats.\n\nBen";
    let line = thread_line(&thread(Style::Mail, &[], &[("U2", text)]));
    assert_eq!(line.labels.len(), 1);
    assert_eq!(line.labels[0].quote, "Could you ask the caretaker for the\nsecond key by Friday?");
    assert_eq!(line.labels[0].assignee.as_deref(), Some("U1"));
    assert_eq!(line.labels[0].title, "Ask the caretaker for the second key");
}

#[test]
fn where_no_verb_is_sure_the_title_is_what_was_said() {
    for (text, title) in [
        (
            "In order to proceed we require the signed offer from you by 17 November.",
            "In order to proceed we require the signed offer from you",
        ),
        (
            "Could you let me have your inspection report for the boiler by the end of the week?",
            "Could you let me have your inspection report for the boiler",
        ),
    ] {
        let line = thread_line(&thread(Style::Mail, &[], &[("U2", text)]));
        assert_eq!(line.labels[0].title, title);
    }
}

#[test]
fn a_checklist_gives_each_open_line_its_owner() {
    let text = "Where we are:\n\n- [x] find the venue\n- [ ] @bkroll print the badges, until 8 May\n- [ ] sweep the yard";
    let found = extract(&thread(Style::Issue, &[], &[("U1", text)]));
    assert_eq!(kinds(&found), [("m0", Kind::Request), ("m0", Kind::Proposal)]);
    assert_eq!(found[0].assignee.as_deref(), Some("U2"));
    assert_eq!(found[0].due_on.unwrap().to_string(), "2026-05-08");
    assert_eq!(found[1].assignee, None);
}

#[test]
fn whoever_volunteers_for_the_group_commits() {
    let talk = [("U1", "can anyone take the desk on sunday?"), ("U2", "sure, I can do that")];
    let found = extract(&thread(Style::Chat, &[], &talk));
    assert_eq!(kinds(&found), [("m0", Kind::Request), ("m1", Kind::Commitment)]);
    assert_eq!(found[1].assignee.as_deref(), Some("U2"));
}

#[test]
fn an_answer_in_the_thread_of_a_task_is_about_that_task() {
    let tasks = [("OP-7", "Rewire the stage lights", "U2"), ("OP-9", "Order programme booklets", "U3")];
    let talk = [
        ("U1", "The stage lights flicker again, is the rewiring far?"),
        ("U2", "Checked all six. Done here."),
    ];
    let found = extract(&thread(Style::Issue, &tasks, &talk));
    assert_eq!(kinds(&found), [("m1", Kind::Done)]);
    assert_eq!(found[0].task_key.as_deref(), Some("OP-7"));
    assert_eq!(found[0].title, "Rewire the stage lights");
}

#[test]
fn an_update_without_such_a_task_is_no_update() {
    let talk = [("U2", "The invoices are sent, and the lift is blocked.")];
    assert_eq!(extract(&thread(Style::Chat, &[("OP-7", "Rewire the stage lights", "U2")], &talk)), []);
}

#[test]
fn reasons_never_carry_words_of_the_message() {
    let found =
        extract(&thread(Style::Chat, &[], &[("U1", "Ben, could you send the quokka list by Friday?")]));
    assert_eq!(found.len(), 1);
    assert!(!found[0].reasons.is_empty());
    assert!(!format!("{:?}", found[0].reasons).contains("quokka"));
}

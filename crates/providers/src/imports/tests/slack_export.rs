use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

use super::{activity, count, facts, records, split};
use crate::imports::{ImportError, ImportKind, Record, read_record};
use crate::{Fact, Reading, SourceEvent};

const KIND: ImportKind = ImportKind::SlackExport;

pub(super) fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        zip.start_file(*path, SimpleFileOptions::default()).expect("entry");
        zip.write_all(content.as_bytes()).expect("content");
    }
    zip.finish().expect("zip").into_inner()
}

const USERS: &str = r#"[
  {"id":"U1","name":"ada","real_name":"Ada L","profile":{"email":"Ada@Example.org","display_name":"","real_name":"Ada Löwe"}},
  {"id":"B2","name":"robot","is_bot":true,"profile":{}}
]"#;
const DAY: &str = r#"[
  {"type":"message","user":"U1","text":"can you send &lt;it&gt; by Friday? <@U2>","ts":"1700000000.000100","thread_ts":"1700000000.000100"},
  {"type":"message","user":"U2","text":"yes","ts":"1700000060.000200","thread_ts":"1700000000.000100","edited":{"user":"U2","ts":"1700000070.000000"}},
  {"type":"message","subtype":"channel_join","user":"U2","text":"<@U2> has joined","ts":"1700000001.000000"},
  {"type":"message","subtype":"bot_message","bot_id":"B2","username":"robot","text":"","attachments":[{"fallback":"build failed"}],"ts":"1700000100.000000"},
  {"type":"message","user":"U1","text":"","files":[{"id":"F1","name":"a.pdf","mimetype":"application/pdf","size":7}],"ts":"1700000200.000000"},
  {"type":"message","user":"U1","text":"no time"}
]"#;

pub(super) fn export() -> Vec<u8> {
    zip(&[
        ("Acme export/users.json", USERS),
        (
            "Acme export/channels.json",
            r#"[{"id":"C1","name":"general","members":["U1"]},{"id":"C3","name":"board","is_private":true,"members":["U1"]}]"#,
        ),
        ("Acme export/groups.json", r#"[{"id":"G1","name":"secret","members":["U1","U2"]}]"#),
        ("Acme export/dms.json", r#"[{"id":"D1","members":["U1","U2"]}]"#),
        ("Acme export/general/2023-11-14.json", DAY),
        ("Acme export/general/canvas.json", "[]"),
        ("Acme export/secret/2023-11-14.json", r#"[{"user":"U1","text":"hush","ts":"1700000000.000100"}]"#),
        ("Acme export/D1/2023-11-14.json", r#"[{"user":"U1","text":"psst","ts":"1700000000.000100"}]"#),
        ("Acme export/stranger/2023-11-14.json", r#"[{"user":"U1","text":"x","ts":"1700000000.000100"}]"#),
    ])
}

fn messages(records: &[Record]) -> Vec<&Record> {
    records.iter().filter(|record| record.key.starts_with("message:")).collect()
}

#[test]
fn an_export_reads_as_people_audiences_and_threads() {
    let (records, skips) = split(KIND, &export(), 1000).expect("export");
    let Some(Fact::Person(ada)) = facts(KIND, &records[0]).pop() else { panic!("a person first") };
    assert_eq!(
        (ada.key.as_str(), ada.name.as_deref(), ada.handle.as_deref()),
        ("U1", Some("Ada Löwe"), Some("ada"))
    );
    assert_eq!((ada.email.as_deref(), ada.email_verified, ada.bot), (Some("ada@example.org"), true, false));

    let messages = messages(&records);
    let general: Vec<_> = messages.iter().filter(|record| record.source == "C1").collect();
    assert!(general.iter().all(|record| record.title == "general" && !record.private));
    let first = activity(KIND, general[0]);
    assert_eq!(
        (first.thing.as_str(), first.item.as_str()),
        ("thread:1700000000.000100", "message:1700000000.000100")
    );
    assert_eq!(first.text, "can you send <it> by Friday? <@U2>");
    assert_eq!(first.mentions[0].key, "U2");
    assert_eq!(first.occurred_at.timestamp_micros(), 1_700_000_000_000_100);
    let answer = activity(KIND, general[1]);
    assert_eq!((answer.thing, answer.reply_to.as_deref()), (first.thing, Some("message:1700000000.000100")));
    assert!(answer.version > answer.occurred_at, "edited later");
    assert_eq!(read_record(KIND, "C1", &general[2].body), Ok(Reading::Skipped("unsupported_event")));
    let robot = activity(KIND, general[3]);
    assert_eq!((robot.text.as_str(), robot.actor.map(|actor| actor.bot)), ("build failed", Some(true)));
    assert_eq!(activity(KIND, general[4]).files[0].name, "a.pdf");
    let broken_clock = r#"{"message":{"user":"U1","text":"x","ts":"0000000001.000100"}}"#;
    assert_eq!(read_record(KIND, "C1", broken_clock.as_bytes()), Ok(Reading::Skipped("implausible_time")));

    assert_eq!((count(&skips, "message_without_time"), count(&skips, "unknown_channel")), (1, 1));
}

#[test]
fn a_message_is_the_same_item_by_hook_and_by_export() {
    let message = r#""user":"U1","text":"<@U2> see <https://x.org|this>","ts":"1700000060.000200","thread_ts":"1700000000.000100""#;
    let hook = format!(
        r#"{{"team_id":"T1","type":"event_callback","event":{{"type":"message","channel":"C1",{message}}}}}"#
    );
    let export = format!(r#"{{"message":{{{message}}}}}"#);
    assert_eq!(crate::read("slack", "message", hook.as_bytes()), read_record(KIND, "C1", export.as_bytes()));
}

#[test]
fn addresses_are_verified_unless_slack_says_otherwise() {
    for (more, verified) in
        [("", true), (r#","is_email_confirmed":false"#, false), (r#","is_stranger":true"#, false)]
    {
        let user = format!(r#"{{"user":{{"id":"U1","profile":{{"email":"a@b.c"}}{more}}}}}"#);
        let Ok(Reading::Facts(facts)) = read_record(KIND, "s", user.as_bytes()) else { panic!("a person") };
        assert!(matches!(&facts[0], Fact::Person(person) if person.email_verified == verified), "{more}");
    }
}

#[test]
fn private_conversations_tell_their_members_before_their_messages() {
    let records = records(KIND, &export());
    for (source, members) in [("G1", 2), ("D1", 2), ("C3", 1)] {
        let own: Vec<_> = records.iter().filter(|record| record.source == source).collect();
        assert!(own.iter().all(|record| record.private), "{source}");
        let audience = facts(KIND, own[0]);
        assert!(
            matches!(&audience[0], Fact::Source(change) if change.change == SourceEvent::MadePrivate && change.source == source)
        );
        assert_eq!(audience.iter().filter(|fact| matches!(fact, Fact::Membership(_))).count(), members);
    }
    assert_eq!(
        records.iter().filter(|record| record.source == "C1").count(),
        5,
        "a public channel tells no members"
    );
}

#[test]
fn a_folder_that_two_conversations_claim_is_nobodys() {
    let export = zip(&[
        ("channels.json", r#"[{"id":"C1","name":"plans"}]"#),
        ("groups.json", r#"[{"id":"G1","name":"plans","members":["U1"]}]"#),
        ("plans/2023-11-14.json", r#"[{"user":"U1","text":"hush","ts":"1700000000.000100"}]"#),
    ]);
    let (records, skips) = split(KIND, &export, 64).expect("export");
    assert!(messages(&records).is_empty());
    assert_eq!(count(&skips, "unknown_channel"), 1);
}

#[test]
fn an_edited_message_is_another_record_of_the_same_item() {
    let one = |message: &str| {
        let export = zip(&[
            ("channels.json", r#"[{"id":"C1","name":"general"}]"#),
            ("general/2023-11-14.json", message),
        ]);
        records(KIND, &export).remove(0)
    };
    let before = one(r#"[{"user":"U1","text":"a","ts":"1700000000.000100"}]"#);
    let after =
        one(r#"[{"user":"U1","text":"b","ts":"1700000000.000100","edited":{"ts":"1700000009.000000"}}]"#);
    assert_ne!(before.key, after.key);
    assert_eq!(activity(KIND, &before).item, activity(KIND, &after).item);
}

#[test]
fn what_leaves_the_archive_or_bursts_it_is_left_out() {
    let bomb = " ".repeat(8 * 1024 * 1024);
    let export = zip(&[
        ("channels.json", r#"[{"id":"C1","name":"general"},{"id":"C2","name":".."}]"#),
        ("../2023-11-14.json", r#"[{"user":"U1","text":"x","ts":"1700000000.000100"}]"#),
        ("general/2023-11-14.json", &bomb),
        ("general/2023-11-15.json", "{broken"),
        ("general/2023-11-16.json", r#"[{"user":"U1","text":"fine","ts":"1700000000.000100"}]"#),
    ]);
    let (records, skips) = split(KIND, &export, 1 << 20).expect("export");
    assert_eq!(messages(&records).len(), 1);
    for reason in ["entry_path_refused", "entry_too_large", "malformed_day"] {
        assert_eq!(count(&skips, reason), 1, "{reason}");
    }
}

#[test]
fn other_files_are_refused_with_what_is_expected() {
    assert!(matches!(split(KIND, b"From a@b.c\n", 7), Err(ImportError::WrongFormat { .. })));
    assert!(matches!(split(KIND, &zip(&[("readme.txt", "hello")]), 7), Err(ImportError::WrongFormat { .. })));
    let export = export();
    assert!(matches!(split(KIND, &export[..export.len() / 2], 4096), Err(ImportError::Damaged { .. })));
}

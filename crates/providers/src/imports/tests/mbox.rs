use super::{activity, count, facts, records, split};
use crate::imports::{ImportError, ImportKind, read_record};
use crate::{Fact, Reading, ThingKind};

const KIND: ImportKind = ImportKind::Mbox;

/// A mailbox with what mailboxes hold: encodings, replies, HTML alone, an attachment, quoted `From ` lines.
pub(super) const MAILBOX: &str = concat!(
    "From ada@example.org Tue Nov 14 22:13:20 2023\n",
    "Message-ID: <root@x>\nDate: Tue, 14 Nov 2023 22:13:20 +0000\nFrom: =?utf-8?q?Ada_L=C3=B6we?= <Ada@Example.org>\n",
    "To: Bob <bob@example.org>, carol@example.org\nSubject: =?iso-8859-1?q?Gr=FC=DFe?=\n",
    "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\n",
    "Sch=F6n.\n\n>From here on we test.\n>>From deeper.\n\nFrom what I see it works\n\n-- \nAda\n\n",
    "From bob@example.org Wed Nov 15 10:00:00 2023\n",
    "Message-ID: <reply@x>\nIn-Reply-To: <root@x>\nReferences: <root@x>\nDate: Wed, 15 Nov 2023 10:00:00 +0000\n",
    "From: bob@example.org\nSubject: Re: Gruesse\nContent-Type: text/html; charset=utf-8\n\n",
    "<html><body><div>I will send it.</div><div>Bob</div><blockquote>please send</blockquote></body></html>\n\n",
    "From - Wed Nov 15 11:00:00 2023\n",
    "Message-ID: <file@x>\nFrom: noreply@example.org\nSubject: the file\nDate: garbage\n",
    "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\n",
    "--b\nContent-Type: text/plain\n\nattached\n--b\nContent-Type: application/pdf; name=\"a.pdf\"\n",
    "Content-Disposition: attachment; filename=\"a.pdf\"\nContent-Transfer-Encoding: base64\n\nAAECAw==\n",
    "--b\nContent-Type: message/rfc822\n\nSubject: inner\n\nforwarded words\n--b--\n",
);

#[test]
fn a_mailbox_reads_as_its_threads() {
    let records = records(KIND, MAILBOX.as_bytes());
    assert_eq!(
        records.iter().map(|record| record.key.as_str()).collect::<Vec<_>>(),
        ["mail:root@x", "mail:reply@x", "mail:file@x"]
    );
    let [root, reply, file] = [0, 1, 2].map(|at| activity(KIND, &records[at]));

    assert_eq!(
        (root.thing.as_str(), root.thing_kind, root.item.as_str()),
        ("thread:root@x", ThingKind::Conversation, "message:root@x")
    );
    assert_eq!((root.title.as_str(), root.source.as_str()), ("Grüße", "the scope"));
    assert_eq!(root.text, "Schön.\n\nFrom here on we test.\n\nFrom what I see it works");
    assert_eq!(root.occurred_at.timestamp(), 1_700_000_000);
    let actor = root.actor.expect("actor");
    assert_eq!((actor.key.as_str(), actor.name.as_deref()), ("ada@example.org", Some("Ada Löwe")));
    assert!(!actor.bot && !actor.email_verified);
    let people = facts(KIND, &records[0]).into_iter().filter_map(|fact| match fact {
        Fact::Person(person) => Some(person.key),
        _ => None,
    });
    assert_eq!(people.collect::<Vec<_>>(), ["bob@example.org", "carol@example.org"]);
    assert!(root.assignees.is_empty() && root.mentions.is_empty());

    assert_eq!((reply.thing.as_str(), reply.reply_to.as_deref()), ("thread:root@x", Some("message:root@x")));
    assert_eq!(reply.text, "I will send it.\n\nBob");
    assert_eq!(reply.thing_title.as_deref(), Some("Gruesse"));

    assert_eq!(file.occurred_at.timestamp(), 1_700_046_000, "from the postmark");
    assert!(file.actor.expect("actor").bot);
    assert_eq!(file.text, "attached");
    let named: Vec<_> =
        file.files.iter().map(|file| (file.name.as_str(), file.media_type.as_deref(), file.size)).collect();
    assert_eq!(named[0], ("a.pdf", Some("application/pdf"), Some(4)));
    assert_eq!(named[1].1, Some("message/rfc822"));
}

#[test]
fn quoted_from_lines_lose_one_mark() {
    let mailbox = "From a@b Tue Nov 14 22:13:20 2023\nSubject: x\nFrom: a@b.c\n\nkeep\n\n>From the start\n>>From quoted\n";
    let text = activity(KIND, &records(KIND, mailbox.as_bytes())[0]).text;
    assert_eq!(text, "keep\n\nFrom the start");
}

#[test]
fn line_endings_do_not_matter() {
    let crlf = MAILBOX.replace('\n', "\r\n");
    let (unix, windows) = (records(KIND, MAILBOX.as_bytes()), records(KIND, crlf.as_bytes()));
    assert_eq!(unix.len(), windows.len());
    for (unix, windows) in unix.iter().zip(&windows) {
        assert_eq!(unix.key, windows.key);
        assert_eq!(activity(KIND, unix).text, activity(KIND, windows).text);
    }
}

#[test]
fn dates_fall_back_to_transport_and_else_are_refused_with_a_reason() {
    let mail = |header: &str, postmark: &str| {
        format!("From a@b.c{postmark}\n{header}From: a@b.c\nSubject: s\n\nbody\n")
    };
    let received = "Received: from a by b; Tue, 14 Nov 2023 22:13:20 +0000\n";
    let read = |mail: String| read_record(KIND, "s", mail.as_bytes()).expect("mail");
    assert!(matches!(read(mail(received, "")), Reading::Facts(_)));
    assert!(matches!(
        read(mail("Date: Thu, 1 Jan 1970 00:00:00 +0000\n", " Tue Nov 14 22:13:20 2023")),
        Reading::Facts(_)
    ));
    for date in [
        "",
        "Date: yesterday\n",
        "Date: Thu, 1 Jan 1970 00:00:00 +0000\n",
        "Date: Sun, 7 Feb 2106 06:28:15 +0000\n",
        "Date: 99 Foo 99999 99:99:99 +9999\n",
    ] {
        assert_eq!(read(mail(date, "")), Reading::Skipped("no_believable_date"), "{date}");
    }
}

#[test]
fn programs_are_told_from_people_on_lists() {
    let bot = |header: &str| {
        let mail = format!("From a@b.c Tue Nov 14 22:13:20 2023\n{header}From: a@b.c\nSubject: s\n\nbody\n");
        activity(KIND, &records(KIND, mail.as_bytes())[0]).actor.expect("actor").bot
    };
    for automatic in [
        "Auto-Submitted: auto-replied\n",
        "Precedence: bulk\n",
        "Precedence: auto_reply\n",
        "List-Unsubscribe: <https://x.org/u>\n",
        "List-Id: news <n.x.org>\nList-Post: NO\n",
    ] {
        assert!(bot(automatic), "{automatic}");
    }
    for human in [
        "",
        "Auto-Submitted: no\n",
        "Precedence: list\nList-Id: <dev.x.org>\nList-Post: <mailto:dev@x.org>\n",
    ] {
        assert!(!bot(human), "{human}");
    }
}

#[test]
fn a_mail_without_identity_is_known_by_its_bytes() {
    let mail = |postmark: &str, body: &str| format!("From {postmark}\nSubject: s\nFrom: a@b.c\n\n{body}\n\n");
    let key = |mailbox: String| records(KIND, mailbox.as_bytes())[0].key.clone();
    let first = key(mail("a@b.c", "body"));
    assert_eq!(
        first,
        key(mail("MAILER-DAEMON Tue Nov 14 22:13:20 2023", "body")),
        "the postmark is the mailbox's, not the mail's"
    );
    assert_ne!(first, key(mail("a@b.c", "another")));
}

#[test]
fn a_mail_sent_twice_is_one_record() {
    let twice = format!("{MAILBOX}\n{MAILBOX}");
    let keys: Vec<_> = records(KIND, twice.as_bytes()).into_iter().map(|record| record.key).collect();
    assert_eq!(keys[..3], keys[3..]);
}

#[test]
fn a_mail_beyond_the_limit_is_counted_and_the_next_is_read() {
    let mut mailbox = b"From a@b.c\nSubject: big\n\n".to_vec();
    mailbox.resize(51 * 1024 * 1024, b'x');
    mailbox.extend_from_slice(format!("\n\n{MAILBOX}").as_bytes());
    for chunk in [1 << 16, 1 << 30] {
        let (records, skips) = split(KIND, &mailbox, chunk).expect("mailbox");
        assert_eq!((records.len(), count(&skips, "mail_too_large")), (3, 1));
    }
}

#[test]
fn other_files_are_refused_with_what_is_expected() {
    for other in [&b"PK\x03\x04 zip"[..], b"Subject: a single mail\n\nbody\n", &[0; 4096]] {
        assert!(matches!(split(KIND, other, 100), Err(ImportError::WrongFormat { .. })));
    }
    assert_eq!(records(KIND, b"\n\n"), []);
}

#[test]
fn mails_nested_without_end_are_read_as_one() {
    let plain = "Content-Type: message/rfc822\n\n".repeat(300_000);
    let folded = ": : C ontent-type :\n\tmessage (x)\n /rfc822\n\n".repeat(100_000);
    let digest = "Content-Type: multipart/digest; boundary=b\n\n--b\n\n".repeat(1_000);
    let encoded = format!(
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{}",
        data_encoding::BASE64_MIME.encode(plain.as_bytes())
    );
    for nested in [plain, folded, digest, encoded] {
        let mail = format!("From a@b.c Tue Nov 14 22:13:20 2023\nFrom: a@b.c\nSubject: deep\n{nested}end\n");
        assert_eq!(activity(KIND, &records(KIND, mail.as_bytes())[0]).title, "deep");
    }
}

#[test]
fn a_hostile_mail_costs_no_more_than_its_length() {
    let parts = "--a\nContent-Type: multipart/mixed; boundary=missing\n\nx\n".repeat(40_000);
    let multiparts = format!("Content-Type: multipart/mixed; boundary=a\n\n{parts}");
    let parameters: String = (0..200_000).map(|number| format!(" p{number}*0=x;\n")).collect();
    let fields = format!("Content-Type: text/plain;\n{parameters}\nbody\n");
    for costly in [multiparts, fields] {
        let mail = format!("From a@b.c Tue Nov 14 22:13:20 2023\nFrom: a@b.c\nSubject: costly\n{costly}");
        let begun = std::time::Instant::now();
        assert_eq!(activity(KIND, &records(KIND, mail.as_bytes())[0]).title, "costly");
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    }
}

#[test]
fn asian_encodings_are_read() {
    let mut mail = b"From a@b.c Tue Nov 14 22:13:20 2023\nFrom: a@b.c\nSubject: =?gb2312?B?xOO6ww==?=\nContent-Type: text/plain; charset=shift_jis\n\n".to_vec();
    mail.extend_from_slice(b"\x93\xfa\x96\x7b\n");
    let activity = activity(KIND, &records(KIND, &mail)[0]);
    assert_eq!((activity.title.as_str(), activity.text.as_str()), ("你好", "日本"));
}

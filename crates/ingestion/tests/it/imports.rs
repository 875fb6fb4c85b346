//! Archives: brought in, brought in again, cut short, kept private.

use std::{
    io::{Cursor, Write},
    path::Path,
    process::Command,
};

use ids::{MessageId, StoryId, TeamId};
use proto::ingestion::v1::{import_request::Part, *};
use providers::imports::git::LOG_ARGUMENTS;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{Code, Status};
use uuid::Uuid;
use zip::write::SimpleFileOptions;

use crate::{
    house::{House, Person, code, eventually, field},
    post::Hook,
};

/// One archive as somebody sends it.
#[derive(Clone, Copy)]
struct Archive<'a> {
    kind: &'a str,
    scope: &'a str,
    visibility: &'a str,
    bytes: &'a [u8],
}

impl Archive<'_> {
    fn messages(&self) -> Vec<ImportRequest> {
        let Self { kind, scope, visibility, bytes } = *self;
        let header = ImportHeader { kind: kind.into(), scope: scope.into(), visibility: visibility.into() };
        let chunks = bytes.chunks(1_000).map(|chunk| Part::Chunk(chunk.to_vec()));
        std::iter::once(Part::Header(header))
            .chain(chunks)
            .map(|part| ImportRequest { part: Some(part) })
            .collect()
    }
}

async fn import(house: &House, person: Person, archive: Archive<'_>) -> Result<ImportStatus, Status> {
    let request = house.by(person, tokio_stream::iter(archive.messages()));
    let answer = house.imports().import(request).await?;
    house.settled().await;
    status(house, person, &answer.into_inner().status.unwrap().id).await
}

async fn status(house: &House, person: Person, id: &str) -> Result<ImportStatus, Status> {
    let request = house.by(person, GetImportRequest { id: id.into() });
    Ok(house.imports().get_import(request).await?.into_inner().status.unwrap())
}

/// Records, repeated, applied, skipped, failed.
fn counts(status: &ImportStatus) -> [u64; 5] {
    let ImportStatus { records, repeated, applied, skipped, failed, .. } = status;
    [*records, *repeated, *applied, *skipped, *failed]
}

fn git(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
        command.env(format!("GIT_{who}_DATE"), "1770000000 +0000");
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A mailbox with this many mails, ten to a thread.
fn mailbox(mails: usize) -> String {
    (0..mails)
        .map(|n| {
            let thread = n / 10 * 10;
            let reply = if n == thread { String::new() } else { format!("In-Reply-To: <m{thread}@x>\nReferences: <m{thread}@x>\n") };
            format!(
                "From ada@example.org Tue Nov 14 22:13:20 2023\nMessage-ID: <m{n}@x>\n{reply}Date: Tue, 14 Nov 2023 \
                 {:02}:{:02}:00 +0000\nFrom: Ada <ada{}@example.org>\nSubject: number {n}\n\nheron {n}\n\n",
                n / 60 % 24, n % 60, n % 7,
            )
        })
        .collect()
}

fn export(day: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in [
        (
            "users.json",
            r#"[{"id":"U1","name":"ada","real_name":"Ada","profile":{"email":"ada@example.org"}}]"#,
        ),
        ("channels.json", r#"[{"id":"C1","name":"general","members":["U1"]}]"#),
        ("groups.json", r#"[{"id":"G1","name":"board","members":["U1"]}]"#),
        ("general/2023-11-14.json", day),
        (
            "board/2023-11-14.json",
            r#"[{"type":"message","user":"U1","text":"hush","ts":"1700000000.000100"}]"#,
        ),
        (
            "stranger/2023-11-14.json",
            r#"[{"type":"message","user":"U1","text":"x","ts":"1700000000.000100"}]"#,
        ),
    ] {
        zip.start_file(path, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repositorys_log_is_brought_in_once_however_often_it_is_sent() {
    let house = House::open().await;
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    let commit = |message: &str| {
        git(folder.path(), &["commit", "-q", "--allow-empty", "-m", message]);
    };
    ["first", "second", "third"].into_iter().for_each(commit);
    let log = git(folder.path(), LOG_ARGUMENTS);
    let archive = Archive { kind: "git", scope: "web", visibility: "org", bytes: &log };
    let first = import(&house, house.acme.member, archive).await.unwrap();
    assert_eq!((first.kind.as_str(), first.scope.as_str(), first.state.as_str()), ("git", "web", "done"));
    assert_eq!((counts(&first), first.bytes), ([3, 0, 3, 0, 0], log.len() as u64));
    let items = house.count("item");
    assert!(items >= 3);

    let again = import(&house, house.acme.colleague, archive).await.unwrap_err();
    assert_eq!(again.code(), Code::NotFound, "how a colleague's import stands is not for everybody");
    assert_eq!(counts(&status(&house, house.acme.member, &first.id).await.unwrap()), [3, 3, 3, 0, 0]);
    commit("fourth");
    let longer = git(folder.path(), LOG_ARGUMENTS);
    let longer = import(&house, house.acme.member, Archive { bytes: &longer, ..archive }).await.unwrap();
    assert_eq!((longer.id == first.id, counts(&longer)), (true, [4, 6, 4, 0, 0]));
    assert!(house.count("item") > items);
    assert_eq!(
        house.look("select count(*) from delivery where body is not null"),
        "0",
        "the archive has them"
    );

    let theirs = import(&house, house.other.member, archive).await.unwrap();
    assert_eq!(counts(&theirs), [3, 0, 3, 0, 0], "the other organization's has nothing to do with it");
    for (person, expected) in [
        (house.acme.admin, Code::Ok),
        (house.acme.guest, Code::PermissionDenied),
        (house.other.admin, Code::NotFound),
    ] {
        assert_eq!(code(&status(&house, person, &first.id).await), expected, "{:?}", person.role);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_broke_off_and_is_sent_again_ends_as_if_it_had_not() {
    let house = House::open().await;
    let mails = mailbox(1_200);
    let archive = Archive { kind: "mbox", scope: "list", visibility: "org", bytes: mails.as_bytes() };
    let (parts, stream) = tokio::sync::mpsc::channel(8);
    // A body that never ends: the call is dropped while the service waits for more.
    let request = house.by(house.acme.member, ReceiverStream::new(stream));
    let mut client = house.imports();
    let call = client.import(request);
    let sending = async {
        let all = archive.messages();
        for part in all.iter().take(all.len() * 2 / 3) {
            parts.send(part.clone()).await.unwrap();
        }
        eventually("a part is laid down", || async { house.count("delivery") >= 500 }).await;
    };
    tokio::select! {
        answer = call => panic!("answered although not all was sent: {answer:?}"),
        () = sending => {}
    }
    drop(parts);
    let id = house.look("select integration_id from import").parse::<Uuid>().unwrap();
    let id = ids::IntegrationId::from_uuid(id).to_string();
    eventually("the break is known", || async {
        status(&house, house.acme.member, &id).await.unwrap().state == "interrupted"
    })
    .await;
    house.settled().await;
    let kept = house.count("delivery");
    assert!((500..1_200).contains(&kept));

    let whole = import(&house, house.acme.member, archive).await.unwrap();
    assert_eq!((whole.id.as_str(), whole.state.as_str()), (id.as_str(), "done"));
    assert_eq!(counts(&whole), [1_200, kept, 1_200, 0, 0]);
    let at_once = import(&house, house.other.member, archive).await.unwrap();
    assert_eq!(counts(&at_once), [1_200, 0, 1_200, 0, 0]);
    let shape = "select count(*) || ' ' || count(distinct thing_id) || ' ' || count(distinct account_id) || ' ' || \
         sum(extract(epoch from occurred_at)) from item where org_id =";
    let shape = |org: crate::house::Org| house.look(&format!("{shape} '{}'", org.id.uuid()));
    assert_eq!(shape(house.acme), shape(house.other));
    assert!(shape(house.acme).starts_with("1200 120 7 "), "{}", shape(house.acme));
    assert_eq!(house.tables_with("heron"), [""; 0], "nothing of it rests readable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_export_keeps_private_channels_to_their_members() {
    let house = House::open().await;
    let day = r#"[
        {"type":"message","user":"U1","text":"hello","ts":"1700000000.000100"},
        {"type":"message","subtype":"channel_join","user":"U1","text":"joined","ts":"1700000001.000000"},
        {"type":"message","user":"U1","text":"no time"}]"#;
    let zipped = export(day);
    let archive = Archive { kind: "slack-export", scope: "acme", visibility: "org", bytes: &zipped };
    let refused = import(&house, house.acme.member, archive).await.unwrap_err();
    assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "kind"));

    let first = import(&house, house.acme.admin, archive).await.unwrap();
    assert_eq!((first.state.as_str(), first.failed), ("done", 0));
    let again = import(&house, house.acme.admin, archive).await.unwrap();
    let [records, repeated, applied, skipped, failed] = counts(&first);
    assert_eq!(
        counts(&again),
        [records, repeated + records, applied, skipped, failed],
        "left out is left out once"
    );
    let hook =
        Hook { org: house.acme, provider: "slack-export", id: first.id.clone(), secret: String::new() };
    let ledger = house.ledger(&hook).await;
    for line in ["record skipped message_without_time 1", "record skipped unknown_channel 1"] {
        assert!(ledger.iter().any(|l| l == line), "{ledger:?}");
    }
    let request = house.by(house.acme.admin, ListSourcesRequest { integration_id: first.id });
    let sources = house.integrations().list_sources(request).await.unwrap().into_inner().sources;
    let mut seen: Vec<_> = sources.iter().map(|s| (s.key.as_str(), s.visibility.as_str())).collect();
    seen.retain(|(key, _)| ["general", "board"].contains(key));
    seen.sort_unstable();
    assert_eq!(seen, [("board", "source"), ("general", "org")]);

    let of = |key: &str| {
        let source: ids::SourceId = sources.iter().find(|s| s.key == key).unwrap().id.parse().unwrap();
        house
            .look(&format!("select item_id from item where source_id = '{}'", source.uuid()))
            .parse()
            .unwrap()
    };
    let (open, hushed): (Uuid, Uuid) = (of("general"), of("board"));
    for (person, item, expected) in [
        (house.acme.member, open, Code::Ok),
        (house.acme.member, hushed, Code::NotFound),
        (house.acme.admin, hushed, Code::NotFound),
        (house.other.admin, open, Code::NotFound),
    ] {
        assert_eq!(read(&house, person, item).await, expected);
    }
    house.look(&format!("update account set member_id = '{}'", house.acme.member.id.uuid()));
    assert_eq!(read(&house, house.acme.member, hushed).await, Code::Ok, "its member, once linked");
    assert_eq!(read(&house, house.acme.admin, hushed).await, Code::NotFound);
}

async fn read(house: &House, person: Person, item: Uuid) -> Code {
    let request = GetMessageRequest { id: MessageId::from_uuid(item).to_string() };
    code(&house.content().get_message(house.by(person, request)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_archive_is_its_importers_alone_and_nobody_opens_it() {
    let house = House::open().await;
    let mails = mailbox(3);
    let archive = Archive { kind: "mbox", scope: "inbox", visibility: "private", bytes: mails.as_bytes() };
    let mine = import(&house, house.acme.member, archive).await.unwrap();
    let theirs = import(&house, house.acme.colleague, archive).await.unwrap();
    assert_ne!(mine.id, theirs.id, "the same name of another member is another archive");
    let id: ids::IntegrationId = mine.id.parse().unwrap();
    let of_mine = format!(
        "from item i join source s using (org_id, source_id) where s.integration_id = '{}'",
        id.uuid()
    );
    let item: Uuid = house.look(&format!("select item_id {of_mine} limit 1")).parse().unwrap();
    let thing: Uuid = house.look(&format!("select thing_id {of_mine} limit 1")).parse().unwrap();
    for (person, expected) in [
        (house.acme.member, Code::Ok),
        (house.acme.colleague, Code::NotFound),
        (house.acme.admin, Code::NotFound),
        (house.acme.guest, Code::NotFound),
        (house.other.member, Code::NotFound),
    ] {
        assert_eq!(read(&house, person, item).await, expected, "{:?}", person.role);
        let request = GetThreadRequest { id: StoryId::from_uuid(thing).to_string(), ..Default::default() };
        assert_eq!(code(&house.content().get_thread(house.by(person, request)).await), expected);
    }
    let put = |key: &str, visibility: &str| {
        let sources = vec![SourceSetting { key: key.into(), visibility: visibility.into() }];
        let request =
            house.by(house.acme.admin, PutSourcesRequest { integration_id: mine.id.clone(), sources });
        let mut client = house.integrations();
        async move { client.put_sources(request).await.unwrap_err() }
    };
    assert_eq!(field(&put("inbox", "org").await), "sources.visibility", "not even by an admin");
    assert_eq!(field(&put("outbox", "org").await), "sources.key", "an archive brings its own sources");
    assert_eq!(read(&house, house.acme.colleague, item).await, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_process_died_is_interrupted_after_a_minute_and_goes_on_when_sent_again() {
    let house = House::open().await;
    let mails = mailbox(3);
    let archive = Archive { kind: "mbox", scope: "list", visibility: "org", bytes: mails.as_bytes() };
    let (parts, stream) = tokio::sync::mpsc::channel(8);
    let call = tokio::task::JoinSet::from_iter([{
        let request = house.by(house.acme.member, ReceiverStream::new(stream));
        let mut client = house.imports();
        async move { client.import(request).await }
    }]);
    for part in archive.messages().into_iter().take(2) {
        parts.send(part).await.unwrap();
    }
    let state = |expected: &'static str| {
        let house = &house;
        async move {
            let id = house.look("select integration_id from import").parse::<Uuid>().ok()?;
            let id = ids::IntegrationId::from_uuid(id).to_string();
            let told = status(house, house.acme.member, &id).await.unwrap();
            (told.state == expected).then_some(told)
        }
    };
    eventually("it has begun", || async { state("receiving").await.is_some() }).await;
    // Whoever received it says nothing any more, as after a kill.
    house.clock.advance(chrono::TimeDelta::seconds(61));
    assert!(state("interrupted").await.is_some());
    // But a sender that was only slow is heard of again.
    parts.send(archive.messages().remove(1)).await.unwrap();
    eventually("it goes on", || async { state("receiving").await.is_some() }).await;
    house.clock.advance(chrono::TimeDelta::seconds(61));
    assert!(state("interrupted").await.is_some());
    let whole = import(&house, house.acme.member, archive).await.unwrap();
    assert_eq!((whole.state.as_str(), counts(&whole)[0]), ("done", 3));
    drop((parts, call));
    house.settled().await;
    assert!(state("done").await.is_some(), "the older attempt's end changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_imported_is_refused_with_the_field() {
    let house = House::open().await;
    let foreign = format!("team:{}", TeamId::from_uuid(Uuid::from_u128(5)));
    let log = Archive { kind: "git", scope: "web", visibility: "org", bytes: b"not a log\0" };
    let member = house.acme.member;
    let guest = import(&house, house.acme.guest, log).await;
    assert_eq!(code(&guest), Code::PermissionDenied);
    for (archive, expected) in [
        (Archive { kind: "ics", ..log }, "kind"),
        (Archive { scope: "", ..log }, "scope"),
        (Archive { scope: "a\nb", ..log }, "scope"),
        (Archive { visibility: "everyone", ..log }, "visibility"),
        (Archive { visibility: &foreign, ..log }, "visibility"),
        (log, "file"),
    ] {
        let refused = import(&house, member, archive).await.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, expected));
    }
    let headless = tokio_stream::iter(log.messages()).skip(1);
    let refused = house.imports().import(house.by(member, headless)).await.unwrap_err();
    assert_eq!(field(&refused), "header");
    assert_eq!(house.count("delivery"), 0);
    eventually("the one that was begun is marked as broken off", || async {
        house.look("select state from import") == "interrupted"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_sent_again_does_not_change_who_sees_it() {
    let house = House::open().await;
    let team = TeamId::from_uuid(Uuid::from_u128(5));
    let of_team = format!("team:{team}");
    let member = Person { team: Some(team), ..house.acme.member };
    let mails = mailbox(3);
    let archive = Archive { kind: "mbox", scope: "list", visibility: "org", bytes: mails.as_bytes() };
    let first = import(&house, member, archive).await.unwrap();

    let refused = import(&house, member, Archive { visibility: &of_team, ..archive }).await.unwrap_err();
    assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, "visibility"));
    let unchanged = status(&house, member, &first.id).await.unwrap();
    assert_eq!(
        (unchanged.state.as_str(), counts(&unchanged)),
        ("done", [3, 0, 3, 0, 0]),
        "nothing was touched"
    );

    let hook = Hook { org: house.acme, provider: "mbox", id: first.id.clone(), secret: String::new() };
    house.share(&hook, &[("list", &of_team)]).await;
    let refused = import(&house, member, archive).await.unwrap_err();
    assert_eq!(
        field(&refused),
        "visibility",
        "what an admin has narrowed is not widened by sending it again"
    );
    let again = import(&house, member, Archive { visibility: &of_team, ..archive }).await.unwrap();
    assert_eq!((again.id, again.repeated), (first.id, 3));
    let mine = import(&house, member, Archive { visibility: "private", ..archive }).await.unwrap();
    assert_eq!(mine.repeated, 0, "a private copy is another archive");
}

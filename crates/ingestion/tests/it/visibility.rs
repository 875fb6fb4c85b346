//! Who may read what a source brought.

use bus::Bus as _;
use events::{Event, topic};
use ids::{FileId, MessageId, StoryId, TeamId};
use proto::{events::v1::AccountLinked, ingestion::v1::*};
use reqwest::StatusCode;
use serde_json::json;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    house::{House, Org, Person, code, eventually},
    post::{Hook, message, slack_event},
};

const CHANNEL: &str = "C024BE91L";

async fn read(house: &House, person: Person, id: Uuid) -> Result<Message, Status> {
    let request = GetMessageRequest { id: MessageId::from_uuid(id).to_string() };
    Ok(house.content().get_message(house.by(person, request)).await?.into_inner().message.unwrap())
}

async fn thread(
    house: &House,
    person: Person,
    id: Uuid,
    limit: u32,
    cursor: &str,
) -> Result<GetThreadResponse, Status> {
    let request = GetThreadRequest { id: StoryId::from_uuid(id).to_string(), limit, cursor: cursor.into() };
    Ok(house.content().get_thread(house.by(person, request)).await?.into_inner())
}

/// Shares the channel with this visibility and posts one message; its item and thing.
async fn posted(house: &House, org: Org, visibility: &str) -> (Hook, Uuid, Uuid) {
    let hook = house.connect(org, "slack").await;
    house.share(&hook, &[(CHANNEL, visibility)]).await;
    let body = message("Ev1", CHANNEL, "1777600000.000100", "hello there");
    assert_eq!(house.slack(&hook, &body).await, StatusCode::ACCEPTED);
    house.settled().await;
    let row = "select item_id || ' ' || thing_id from item where org_id =";
    let row = house.look(&format!("{row} '{}'", org.id.uuid()));
    let (item, thing) = row.split_once(' ').unwrap();
    (hook, item.parse().unwrap(), thing.parse().unwrap())
}

/// Whether message and thread are seen; both or neither.
async fn sees(house: &House, person: Person, item: Uuid, thing: Uuid) -> bool {
    let (one, all) = (read(house, person, item).await, thread(house, person, thing, 0, "").await);
    let seen = match code(&one) {
        Code::Ok => true,
        Code::NotFound => false,
        other => panic!("{other:?}"),
    };
    assert_eq!(code(&one), code(&all), "message and thread are decided alike");
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn what_everybody_may_see_guests_and_other_organizations_do_not() {
    let house = House::open().await;
    let (_, item, thing) = posted(&house, house.acme, "org").await;
    let shown = read(&house, house.acme.member, item).await.unwrap();
    assert_eq!((shown.text.as_str(), shown.edited_at_us), ("hello there", 0));
    assert_eq!(shown.source.unwrap().key, CHANNEL);
    for (person, expected) in [
        (house.acme.admin, true),
        (house.acme.colleague, true),
        (house.acme.guest, false),
        (house.other.admin, false),
        (house.other.member, false),
    ] {
        assert_eq!(sees(&house, person, item, thing).await, expected, "{:?}", person.role);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_team_may_see_others_do_not_even_admins() {
    let house = House::open().await;
    let team = TeamId::from_uuid(Uuid::from_u128(77));
    let (_, item, thing) = posted(&house, house.acme, &format!("team:{team}")).await;
    let within = |person: Person| Person { team: Some(team), ..person };
    for (person, expected) in [
        (within(house.acme.member), true),
        (within(house.acme.guest), true),
        (house.acme.colleague, false),
        (house.acme.admin, false),
        (within(house.other.member), false),
    ] {
        assert_eq!(sees(&house, person, item, thing).await, expected, "{:?}", person.role);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_members_of_a_channel_may_see_is_seen_by_whoever_is_linked_to_one_of_them() {
    let house = House::open().await;
    let (hook, item, thing) = posted(&house, house.acme, "source").await;
    let joins = |id: &str, kind: &str| {
        slack_event(
            id,
            json!({"type": kind, "user": "U1", "channel": CHANNEL, "channel_type": "G", "team": "T1"}),
        )
    };
    assert_eq!(house.slack(&hook, &joins("Ev2", "member_joined_channel")).await, StatusCode::ACCEPTED);
    house.settled().await;
    assert!(!sees(&house, house.acme.member, item, thing).await, "nobody knows yet whose account it is");

    let account: Uuid = house.look("select account_id from account").parse().unwrap();
    let link = |member: Person| {
        let linked = AccountLinked { account_id: account.as_bytes().to_vec(), member_id: member.id.to_vec() };
        Event::new(topic::ORGANIZATION, member.org.uuid(), house.clock.now_us(), &linked)
    };
    house.publish(house.acme, link(house.acme.member)).await;
    eventually("the link is known", || async { read(&house, house.acme.member, item).await.is_ok() }).await;
    assert!(sees(&house, house.acme.member, item, thing).await);
    let author = read(&house, house.acme.member, item).await.unwrap().author.unwrap();
    assert_eq!(author.member_id, house.acme.member.id.to_string());
    for person in [house.acme.colleague, house.acme.admin, house.acme.guest, house.other.member] {
        assert!(!sees(&house, person, item, thing).await, "{:?}", person.role);
    }

    assert_eq!(house.slack(&hook, &joins("Ev3", "member_left_channel")).await, StatusCode::ACCEPTED);
    house.settled().await;
    assert!(!sees(&house, house.acme.member, item, thing).await, "who left the channel sees it no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_in_another_organization_opens_nothing() {
    let house = House::open().await;
    let (hook, item, thing) = posted(&house, house.acme, "source").await;
    let joined = json!({"type": "member_joined_channel", "user": "U1", "channel": CHANNEL, "channel_type": "G", "team": "T1"});
    assert_eq!(house.slack(&hook, &slack_event("Ev2", joined)).await, StatusCode::ACCEPTED);
    house.settled().await;
    let account: Uuid = house.look("select account_id from account").parse().unwrap();
    let (account_id, member_id) = (account.as_bytes().to_vec(), house.acme.member.id.to_vec());
    let forged = AccountLinked { account_id, member_id };
    house.publish(house.other, Event::new(topic::ORGANIZATION, house.other.id.uuid(), 0, &forged)).await;
    let consumed = || async {
        house.bus.lag("ingestion").await.is_ok_and(|lags| lags.iter().all(|lag| lag.records == 0))
    };
    eventually("the event is consumed", consumed).await;
    assert!(!sees(&house, house.acme.member, item, thing).await);
    assert_eq!(house.look("select count(*) from account where member_id is not null"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_paged_without_loss_and_a_file_is_read_like_its_message() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "slack", CHANNEL).await;
    let root = "1777600000.000100";
    for n in 0..5 {
        let mut event =
            message(&format!("Ev{n}"), CHANNEL, &format!("177760000{n}.000100"), &format!("part {n}"));
        event["event"]["thread_ts"] = root.into();
        assert_eq!(house.slack(&hook, &event).await, StatusCode::ACCEPTED);
    }
    let mut with_file = message("Ev9", CHANNEL, "1777600099.000100", "see this");
    with_file["event"]["subtype"] = "file_share".into();
    with_file["event"]["files"] = json!([{"id": "F1", "name": "plan.pdf", "mimetype": "application/pdf", "size": 7, "created": 1777600099}]);
    assert_eq!(house.slack(&hook, &with_file).await, StatusCode::ACCEPTED);
    house.settled().await;

    let thing: Uuid =
        house.look("select thing_id from item group by 1 order by count(*) desc limit 1").parse().unwrap();
    let (mut texts, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = thread(&house, house.acme.member, thing, 2, &cursor).await.unwrap();
        assert!(page.messages.len() <= 2);
        texts.extend(page.messages.into_iter().map(|message| message.text));
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(texts, ["part 0", "part 1", "part 2", "part 3", "part 4"]);
    let wrong = thread(&house, house.acme.member, thing, 2, "%%%").await;
    assert_eq!(crate::house::field(&wrong.unwrap_err()), "cursor");

    let file: Uuid = house.look("select item_id from item where kind = 2").parse().unwrap();
    let get = |person: Person| {
        let request = house.by(person, GetFileRequest { id: FileId::from_uuid(file).to_string() });
        let mut client = house.content();
        async move { client.get_file(request).await.map(tonic::Response::into_inner) }
    };
    assert_eq!(get(house.acme.member).await.unwrap().file.unwrap().name, "plan.pdf");
    for person in [house.acme.guest, house.other.member] {
        assert_eq!(code(&get(person).await), Code::NotFound, "{:?}", person.role);
    }
    assert_eq!(code(&read(&house, house.acme.member, file).await), Code::NotFound, "a file is no message");
}

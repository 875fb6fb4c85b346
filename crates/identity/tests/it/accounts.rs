//! Provider accounts and the members they belong to, through the bus.

use chrono::TimeDelta;
use events::{Event, topic};
use ids::{AccountId, OrgId};
use prost::Message;
use proto::{
    events::v1::{AccountLinked, AccountSeen, AuditEntry, Profile},
    identity::v1::*,
};
use tonic::Code;
use uuid::Uuid;

use crate::house::{House, asking, code, eventually};

async fn see(house: &House, org: OrgId, account: u128, email: &str, verified: bool, bot: bool) {
    let id = Uuid::from_u128(account);
    let profile = Profile {
        name: format!("name {account}"),
        handle: format!("handle{account}"),
        email: email.into(),
        email_verified: verified,
    };
    let sealed = house.keyring().seal(org, "account", id, &profile.encode_to_vec()).await.unwrap();
    let seen =
        AccountSeen { account_id: id.as_bytes().to_vec(), provider: "github".into(), profile: sealed, bot };
    house.publish(org, Event::new(topic::ACCOUNT, id, house.clock.now_us(), &seen)).await;
}

async fn identities(house: &House, owner: &str) -> Vec<Identity> {
    let request = asking(owner, ListIdentitiesRequest::default());
    house.org().list_identities(request).await.unwrap().into_inner().identities
}

async fn wait_for(house: &House, owner: &str, count: usize) -> Vec<Identity> {
    eventually("the accounts are known", || async { identities(house, owner).await.len() == count }).await;
    identities(house, owner).await
}

async fn links(house: &House, org: OrgId) -> Vec<(Uuid, bool)> {
    let said = house.said(org).await;
    let linked = said.iter().filter_map(|event| event.decode::<AccountLinked>().unwrap());
    linked.map(|link| (Uuid::from_slice(&link.account_id).unwrap(), !link.member_id.is_empty())).collect()
}

#[tokio::test]
async fn an_account_becomes_a_member_only_by_an_address_the_provider_vouches_for() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let other = house.bootstrap("Beta", "bob@beta.example").await;
    let owner = house.as_owner(&org).await;
    see(&house, org.id, 1, "Ada@Alpha.example", true, false).await;
    see(&house, org.id, 2, "ada@alpha.example", false, false).await;
    see(&house, org.id, 3, "ada@alpha.example", true, true).await;
    see(&house, org.id, 4, "bob@beta.example", true, false).await;
    see(&house, org.id, 5, "", true, false).await;

    let seen = wait_for(&house, &owner, 5).await;
    let linked: Vec<_> = seen.iter().map(|identity| identity.linked_by.as_str()).collect();
    assert_eq!(linked, ["verified_address", "", "", "", ""]);
    assert_eq!((seen[0].member_id.as_str(), seen[0].handle.as_str()), (org.owner.as_str(), "handle1"));
    assert_eq!((seen[0].provider.as_str(), seen[2].bot), ("github", true));
    let audit = house.audit(&owner).await;
    let entry = audit.iter().find(|entry| entry.action == "identity.linked").unwrap();
    assert!(entry.subject.contains(&org.owner) && entry.subject.ends_with("verified_address"));
    assert_eq!((entry.actor.as_str(), entry.purpose.as_str()), ("identity", "operate"));
    eventually("the link is on the bus", || async { links(&house, org.id).await.len() == 1 }).await;
    assert_eq!(links(&house, org.id).await, [(Uuid::from_u128(1), true)]);
    assert_eq!(identities(&house, &house.as_owner(&other).await).await.len(), 0);
}

#[tokio::test]
async fn a_waiting_account_is_linked_when_its_member_joins_and_not_when_invited() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    see(&house, org.id, 1, "mia@alpha.example", true, false).await;
    wait_for(&house, &owner, 1).await;
    let invited = house.invite(&owner, "mia@alpha.example", "member").await;
    see(&house, org.id, 2, "mia@alpha.example", true, false).await;
    assert!(wait_for(&house, &owner, 2).await.iter().all(|identity| identity.member_id.is_empty()));
    house.redeem(&invited.link_token).await.unwrap();
    let now = identities(&house, &owner).await;
    assert_eq!(
        (now[0].member_id.as_str(), now[0].linked_by.as_str()),
        (invited.invitation.unwrap().member_id.as_str(), "verified_address")
    );
    eventually("the link is on the bus", || async { links(&house, org.id).await.len() == 2 }).await;
}

#[tokio::test]
async fn an_admins_word_stands_against_what_providers_say_later() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let mia = house.join(&owner, "mia@alpha.example", "member").await;
    see(&house, org.id, 1, "", false, false).await;
    let account_id = wait_for(&house, &owner, 1).await[0].account_id.clone();
    let map = |member: &str| MapIdentityRequest { account_id: account_id.clone(), member_id: member.into() };
    let mapped =
        house.org().map_identity(asking(&owner, map(&mia.id))).await.unwrap().into_inner().identity.unwrap();
    assert_eq!((mapped.member_id.as_str(), mapped.linked_by.as_str()), (mia.id.as_str(), "admin"));
    house.org().map_identity(asking(&owner, map(""))).await.unwrap();

    house.clock.advance(TimeDelta::seconds(1));
    see(&house, org.id, 1, "mia@alpha.example", true, false).await;
    see(&house, org.id, 2, "", false, false).await;
    let now = wait_for(&house, &owner, 2).await;
    assert_eq!((now[0].member_id.as_str(), now[0].linked_by.as_str()), ("", "admin"));
    let as_mia = house.as_person(&mia).await;
    assert_eq!(code(house.org().map_identity(asking(&as_mia, map(&mia.id))).await), Code::PermissionDenied);
    eventually("both words are on the bus", || async { links(&house, org.id).await.len() == 2 }).await;
    assert_eq!(links(&house, org.id).await, [(Uuid::from_u128(1), true), (Uuid::from_u128(1), false)]);
    let actions: Vec<_> = house.audit(&owner).await.into_iter().map(|entry| entry.action).collect();
    assert!(actions.contains(&"identity.unlinked".to_owned()));
}

#[tokio::test]
async fn other_services_audit_entries_are_kept_once_and_malformed_ones_become_dead_letters() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let entry = |action: &str, purpose: &str| AuditEntry {
        action: action.into(),
        subject: AccountId::from_uuid(Uuid::from_u128(1)).to_string(),
        actor: "ingestion".into(),
        purpose: purpose.into(),
        at_us: 1_700_000_000_000_000,
    };
    let event = |entry: &AuditEntry| Event::new(topic::AUDIT, org.id.uuid(), 1, entry);
    let record = house.publish(org.id, event(&entry("source.shared", "serve_team"))).await;
    bus::Bus::publish(&*house.bus, topic::AUDIT, vec![record]).await.unwrap();
    house.publish(org.id, event(&entry("source.spied", "curiosity"))).await;
    house.publish(org.id, event(&entry(&"x".repeat(300), "operate"))).await;
    house.publish(org.id, event(&entry("last", "operate"))).await;
    let find =
        async |action: &str| house.audit(&owner).await.iter().filter(|entry| entry.action == action).count();
    eventually("all are applied", || async { find("last").await == 1 }).await;
    assert_eq!((find("source.shared").await, find("source.spied").await), (1, 0));
    assert_eq!(house.look("select count(*) from dead_letter"), "2");
}

//! Data keys, signing keys, and the key that wraps them.

use access::VerifyingKeys;
use chrono::TimeDelta;
use clock::Entropy;
use ids::OrgId;
use keyring::KeyError;
use pg::QueuePool;
use proto::identity::v1::*;
use testkit::Postgres;
use tonic::Code;
use uuid::Uuid;

use crate::house::{House, asking, code, kek};

#[tokio::test]
async fn c14_data_keys_go_only_to_services_that_hold_content() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let request = GetKeysRequest { org_id: org.id.to_string() };
    for (peer, expected) in [
        ("ingestion", Code::Ok),
        ("task", Code::Ok),
        ("feed", Code::Ok),
        ("identity", Code::Ok),
        ("aggregation", Code::PermissionDenied),
        ("gateway", Code::PermissionDenied),
        ("operator", Code::PermissionDenied),
    ] {
        assert_eq!(code(house.keys(peer).get_keys(request.clone()).await), expected, "{peer}");
    }
    for peer in ["ingestion", "task", "feed", "aggregation", "gateway", "identity"] {
        assert!(house.keys(peer).get_verifying_keys(GetVerifyingKeysRequest {}).await.is_ok(), "{peer}");
    }
    for absent in [OrgId::from_uuid(Uuid::from_u128(9)).to_string(), "org_x".into(), String::new()] {
        assert_eq!(
            code(house.keys("feed").get_keys(GetKeysRequest { org_id: absent }).await),
            Code::NotFound
        );
    }
    let owner = house.as_owner(&org).await;
    let mut plain = KeysOverCaller::new(&house);
    assert_eq!(code(plain.0.get_keys(asking(&owner, request)).await), Code::Unauthenticated);
}

/// A member's caller token, presented where a service's credential belongs.
struct KeysOverCaller(key_service_client::KeyServiceClient<tonic::transport::Channel>);

impl KeysOverCaller {
    fn new(house: &House) -> Self {
        Self(key_service_client::KeyServiceClient::new(house.channel()))
    }
}

#[tokio::test]
async fn an_erased_organization_has_no_keys_and_no_doors() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let sealed = house.keyring().seal(org.id, "item", Uuid::nil(), b"x").await.unwrap();
    house.look("update organization set erased_at = now()");
    let outcome = house.keyring().open(org.id, "item", Uuid::nil(), &sealed).await;
    assert!(matches!(outcome, Err(KeyError::Gone)));
    assert_eq!(code(house.exchange("", &org.api_token).await), Code::Unauthenticated);
    assert_eq!(code(house.redeem(&org.link).await), Code::Unauthenticated);
}

#[tokio::test]
async fn after_a_rotation_the_old_is_readable_and_the_new_is_under_the_new_key() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let other = house.bootstrap("Beta", "bob@beta.example").await;
    let owner = house.as_owner(&org).await;
    let keyring = house.keyring();
    let old = keyring.seal(org.id, "item", Uuid::nil(), b"old").await.unwrap();
    let version =
        house.org().rotate_keys(asking(&owner, RotateKeysRequest {})).await.unwrap().into_inner().version;
    assert_eq!(version, 2);

    let fresh = house.keyring();
    assert_eq!(fresh.keys(org.id).await.unwrap().newest(), 2);
    let new = fresh.seal(org.id, "item", Uuid::nil(), b"new").await.unwrap();
    assert_eq!(fresh.open(org.id, "item", Uuid::nil(), &old).await.unwrap(), b"old");
    assert_eq!(
        keyring.open(org.id, "item", Uuid::nil(), &new).await.unwrap(),
        b"new",
        "an old cache asks again"
    );
    assert_eq!(fresh.keys(other.id).await.unwrap().newest(), 1);
    assert!(fresh.open(other.id, "item", Uuid::nil(), &old).await.is_err());
    let me = house.me().get_me(asking(&owner, GetMeRequest {})).await.unwrap().into_inner();
    assert_eq!(me.member.unwrap().email, "ada@alpha.example");
    let renamed = UpdateOrganizationRequest { name: "Alpha 2".into(), cohort_floor: 0 };
    house.org().update_organization(asking(&owner, renamed)).await.unwrap();
    let sealed = house.look(&format!(
        "select encode(substr(name, 2, 4), 'hex') from organization where org_id = '{}'",
        org.id.uuid()
    ));
    assert_eq!(sealed, "00000002");
}

#[tokio::test]
async fn a_new_key_encryption_key_takes_over_everything_and_the_old_opens_nothing() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let sealed = house.keyring().seal(org.id, "item", Uuid::nil(), b"kept").await.unwrap();
    assert!(house.restarted(kek(2)).await.is_err(), "the wrong key is noticed at the start");

    let queue = QueuePool::connect(&Postgres::shared().url("oz_identity_queue", &house.database), 1).unwrap();
    let entropy = Entropy::new(house.clock.clone());
    assert!(identity::rewrap(&queue, &kek(3), &kek(2), &entropy).await.is_err());
    assert_eq!(identity::rewrap(&queue, &kek(1), &kek(2), &entropy).await.unwrap(), 3);
    assert_eq!(identity::rewrap(&queue, &kek(1), &kek(2), &entropy).await.unwrap(), 0, "it may be repeated");
    assert!(house.restarted(kek(1)).await.is_err());
    let after = house.restarted(kek(2)).await.unwrap();
    assert_eq!(after.keyring().open(org.id, "item", Uuid::nil(), &sealed).await.unwrap(), b"kept");
    assert!(after.exchange("", &org.api_token).await.is_ok());
}

#[tokio::test]
async fn a_signing_key_is_followed_by_another_and_old_tokens_live_out_their_time() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    house.clock.advance(TimeDelta::hours(24));
    let rotated = house.restarted(kek(1)).await.unwrap();
    let shown = shown(&rotated).await;
    assert_eq!(shown.len(), 2, "the new key is shown before it signs");
    let old = rotated.exchange("", &org.api_token).await.unwrap().tokens["feed"].clone();
    assert_eq!(
        house.exchange("", &org.api_token).await.unwrap().tokens.len(),
        5,
        "the process that did not rotate"
    );

    house.clock.advance(TimeDelta::minutes(3));
    let later = house.restarted(kek(1)).await.unwrap();
    let new = later.exchange("", &org.api_token).await.unwrap().tokens["feed"].clone();
    assert_ne!(old.split('.').next(), new.split('.').next(), "another key signs");
    let verifier = VerifyingKeys::new("feed", shown);
    for token in [&old, &new] {
        assert!(verifier.verify(token, house.clock.now_us()).is_ok());
    }
    house.clock.advance(TimeDelta::minutes(20));
    let last = house.restarted(kek(1)).await.unwrap();
    assert_eq!(self::shown(&last).await.len(), 1);
    let plain = house.look("select count(*) from signing_key where octet_length(wrapped) <= 32");
    assert_eq!(plain, "0");
}

async fn shown(house: &House) -> Vec<(String, [u8; 32])> {
    let answer =
        house.keys("feed").get_verifying_keys(GetVerifyingKeysRequest {}).await.unwrap().into_inner();
    answer.keys.into_iter().map(|key| (key.kid, key.key.try_into().unwrap())).collect()
}

#[tokio::test]
async fn other_services_learn_the_verifying_keys_by_themselves() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let verifier = rpc::Verifier::new(VerifyingKeys::new("task", []));
    let token = house.exchange("", &org.api_token).await.unwrap().tokens["task"].clone();
    assert!(verifier.verify(&token, house.clock.now_us()).is_err());
    let mut supervisor = lifecycle::Supervisor::new();
    let shutdown = supervisor.shutdown();
    let task =
        rpc::keys::refresh(verifier.clone(), house.channel(), house.credential("task"), "task", shutdown);
    supervisor.spawn("keys", task);
    crate::house::eventually("the verifier knows the key", || async {
        verifier.verify(&token, house.clock.now_us()).is_ok()
    })
    .await;
}

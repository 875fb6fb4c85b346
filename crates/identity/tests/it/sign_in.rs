//! Links, sessions, API tokens, caller tokens.

use access::{Role, VerifyingKeys};
use chrono::TimeDelta;
use proto::identity::v1::*;
use tonic::Code;

use crate::house::{House, asking, code, field};

#[tokio::test]
async fn a_link_opens_one_session_and_a_session_opens_every_service() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let opened = house.redeem(&org.link).await.unwrap();
    assert_eq!(code(house.redeem(&org.link).await), Code::Unauthenticated);

    let issued = house.exchange(&opened.session, "").await.unwrap();
    assert_eq!((issued.org_id.as_str(), &issued.member_id), (org.id.to_string().as_str(), &org.owner));
    assert_eq!(issued.scopes, ["read", "write", "admin"]);
    let shown = house.keys("feed").get_verifying_keys(GetVerifyingKeysRequest {}).await.unwrap().into_inner();
    let keys: Vec<_> = shown.keys.into_iter().map(|key| (key.kid, key.key.try_into().unwrap())).collect();
    for callee in ["identity", "ingestion", "task", "feed", "aggregation"] {
        let verifier = VerifyingKeys::new(callee, keys.clone());
        let caller = verifier.verify(&issued.tokens[callee], house.clock.now_us()).unwrap();
        assert_eq!((caller.role(), caller.member().to_string()), (Role::Owner, org.owner.clone()));
        assert!(!caller.mfa());
        assert!(verifier.verify(&issued.tokens[callee], issued.expires_at_us).is_err());
    }
    assert_eq!(issued.tokens.len(), 5);

    let token = issued.tokens["identity"].clone();
    let me = house.me().get_me(asking(&token, GetMeRequest {})).await.unwrap().into_inner();
    let (member, organization) = (me.member.unwrap(), me.org.unwrap());
    assert_eq!((member.email.as_str(), member.name.as_str()), ("ada@alpha.example", "ada"));
    assert_eq!((member.role.as_str(), member.status.as_str()), ("owner", "active"));
    assert_eq!((organization.name.as_str(), organization.cohort_floor), ("Alpha", 5));
    assert_eq!((me.method.as_str(), me.mfa), ("link", false));

    let token = house.exchange("", &org.api_token).await.unwrap().tokens["identity"].clone();
    let me = house.me().get_me(asking(&token, GetMeRequest {})).await.unwrap().into_inner();
    assert_eq!((me.method.as_str(), me.mfa), ("api_token", false), "a program, not a person who signed in");
}

#[tokio::test]
async fn of_two_who_redeem_a_link_at_once_exactly_one_gets_a_session() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    for _ in 0..10 {
        let request = CreateOwnerLinkRequest { org_id: org.id.to_string() };
        let link =
            house.sign_in("operator").create_owner_link(request).await.unwrap().into_inner().link_token;
        let (a, b, c) = tokio::join!(house.redeem(&link), house.redeem(&link), house.redeem(&link));
        let won = [&a, &b, &c].into_iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(won, 1);
    }
    assert_eq!(house.look("select count(*) from session"), "10");
}

#[tokio::test]
async fn links_sessions_and_tokens_end_when_their_time_is_over() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let soon = house.clock.now_us() + 60_000_000;
    let request =
        CreateTokenRequest { name: "short".into(), scopes: vec!["read".into()], expires_at_us: soon };
    let short = house.me().create_token(asking(&owner, request)).await.unwrap().into_inner().secret;
    let request = IssueLinkRequest { org_id: org.id.to_string(), email: "ADA@alpha.example".into() };
    let second = house.sign_in("operator").issue_link(request).await.unwrap().into_inner().link_token;
    let session = house.redeem(&second).await.unwrap();
    assert_eq!(house.exchange("", &short).await.unwrap().scopes, ["read"]);

    house.clock.advance(TimeDelta::minutes(1));
    assert_eq!(code(house.exchange("", &short).await), Code::Unauthenticated);
    house.clock.advance(TimeDelta::minutes(14));
    assert_eq!(code(house.redeem(&org.link).await), Code::Unauthenticated, "links wait 15 minutes");
    assert!(house.exchange(&session.session, "").await.is_ok());
    house.clock.advance(TimeDelta::days(30));
    assert!(house.clock.now_us() >= session.expires_at_us);
    assert_eq!(code(house.exchange(&session.session, "").await), Code::Unauthenticated);
    assert!(house.exchange("", &org.api_token).await.is_ok());
}

#[tokio::test]
async fn what_was_revoked_or_ended_is_refused_at_the_next_call() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let ben = house.join(&owner, "ben@alpha.example", "admin").await;
    let as_ben = house.as_person(&ben).await;
    let request = CreateTokenRequest { name: "mine".into(), scopes: vec!["write".into()], expires_at_us: 0 };
    let made = house.me().create_token(asking(&as_ben, request)).await.unwrap().into_inner();
    let listed =
        house.me().list_tokens(asking(&as_ben, ListTokensRequest {})).await.unwrap().into_inner().tokens;
    assert_eq!((listed.len(), listed[0].name.as_str()), (1, "mine"));
    assert!(made.secret.starts_with(&listed[0].prefix) && made.secret.len() > 80);

    let id = made.token.unwrap().id;
    let revoke = |token: &str| asking(token, RevokeTokenRequest { id: id.clone() });
    assert_eq!(code(house.me().revoke_token(revoke(&owner)).await), Code::NotFound, "another member's token");
    house.me().revoke_token(revoke(&as_ben)).await.unwrap();
    assert_eq!(code(house.exchange("", &made.secret).await), Code::Unauthenticated);
    assert_eq!(code(house.me().revoke_token(revoke(&as_ben)).await), Code::NotFound);

    let end = EndSessionRequest { session: ben.session.clone() };
    house.sign_in("gateway").end_session(end.clone()).await.unwrap();
    house.sign_in("gateway").end_session(end).await.unwrap();
    assert_eq!(code(house.exchange(&ben.session, "").await), Code::Unauthenticated);
}

#[tokio::test]
async fn a_removed_member_is_out_at_once_with_every_credential() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let owner = house.as_owner(&org).await;
    let ben = house.join(&owner, "ben@alpha.example", "admin").await;
    let as_ben = house.as_person(&ben).await;
    let request = CreateTokenRequest { name: "mine".into(), scopes: vec!["admin".into()], expires_at_us: 0 };
    let secret = house.me().create_token(asking(&as_ben, request)).await.unwrap().into_inner().secret;

    house.org().remove_member(asking(&owner, RemoveMemberRequest { id: ben.id.clone() })).await.unwrap();
    assert_eq!(code(house.exchange(&ben.session, "").await), Code::Unauthenticated);
    assert_eq!(code(house.exchange("", &secret).await), Code::Unauthenticated);
    // The caller token lives for minutes more, but identity itself believes only members.
    let again = CreateInvitationRequest {
        email: "ben@alpha.example".into(),
        role: "admin".into(),
        ..Default::default()
    };
    assert_eq!(code(house.org().create_invitation(asking(&as_ben, again)).await), Code::Unauthenticated);
    assert_eq!(code(house.me().get_me(asking(&as_ben, GetMeRequest {})).await), Code::Unauthenticated);
    assert_eq!(
        code(house.org().list_members(asking(&as_ben, ListMembersRequest::default())).await),
        Code::Unauthenticated
    );
}

#[tokio::test]
async fn credentials_of_another_kind_or_made_up_open_nothing() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let session = house.redeem(&org.link).await.unwrap().session;
    for (as_session, as_token) in [
        (org.api_token.as_str(), ""),
        ("", session.as_str()),
        (org.link.as_str(), ""),
        ("", ""),
        ("oz_", ""),
        ("", "oz_AAAA"),
    ] {
        assert_eq!(code(house.exchange(as_session, as_token).await), Code::Unauthenticated);
    }
    let both = house.exchange(&session, &org.api_token).await.unwrap_err();
    assert_eq!((both.code(), field(&both)), (Code::InvalidArgument, "session"));
    // Another organization's id in an otherwise right token.
    let other = house.bootstrap("Beta", "bob@beta.example").await;
    let mixed = format!("{}{}", &org.api_token[..20], &other.api_token[20..]);
    assert_eq!(code(house.exchange("", &mixed).await), Code::Unauthenticated);
    assert_eq!(code(house.redeem(&session).await), Code::Unauthenticated);
}

#[tokio::test]
async fn only_the_operator_makes_organizations_and_only_doors_exchange() {
    let house = House::open().await;
    let org = house.bootstrap("Alpha", "ada@alpha.example").await;
    let same = house.bootstrap("Alpha", "ada@alpha.example").await;
    assert_ne!(org.id, same.id, "the same name is another organization");
    for peer in ["gateway", "feed", "aggregation"] {
        let request =
            BootstrapRequest { organization: "X".into(), email: "x@x.example".into(), name: String::new() };
        assert_eq!(code(house.sign_in(peer).bootstrap(request).await), Code::PermissionDenied, "{peer}");
        let request = CreateOwnerLinkRequest { org_id: org.id.to_string() };
        assert_eq!(code(house.sign_in(peer).create_owner_link(request).await), Code::PermissionDenied);
        let request = IssueLinkRequest { org_id: org.id.to_string(), email: "ada@alpha.example".into() };
        assert_eq!(code(house.sign_in(peer).issue_link(request).await), Code::PermissionDenied);
    }
    let request = ExchangeRequest { session: String::new(), api_token: org.api_token.clone() };
    assert_eq!(code(house.sign_in("feed").exchange(request).await), Code::PermissionDenied);
    let owner = house.as_owner(&org).await;
    let request = BootstrapRequest { organization: "X".into(), email: "nobody".into(), name: String::new() };
    let wrong = house.sign_in("operator").bootstrap(request).await.unwrap_err();
    assert_eq!((wrong.code(), field(&wrong)), (Code::InvalidArgument, "email"));
    // A caller token is no service's credential, and a service's credential no caller token.
    assert_eq!(code(house.me().get_me(GetMeRequest {}).await), Code::Unauthenticated);
    assert!(house.me().get_me(asking(&owner, GetMeRequest {})).await.is_ok());
}

//! Cookies, tokens, and what other sites may not do.

use std::time::Duration;

use chrono::TimeDelta;
use proto::identity::v1 as identity;
use reqwest::Method;
use tonic::Status;

use crate::house::{EXCHANGE, House, header, problem};

const ME: &str = "oz.identity.v1.MeService/GetMe";

fn knows_me(house: &House) {
    house.fake.unary(ME, |_: identity::GetMeRequest| Ok(identity::GetMeResponse::default()));
}

#[tokio::test]
async fn each_service_gets_its_own_token_and_the_trace() {
    let house = House::start().await;
    knows_me(&house);
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    house.request(Method::GET, "/api/v1/me").header("traceparent", trace).send().await.unwrap();
    let sent = house.fake.metadata(ME);
    assert_eq!(sent["authorization"], format!("Bearer identity:{}", house.token()).as_str());
    let passed = sent["traceparent"].to_str().unwrap();
    assert!(passed.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && passed != trace, "{passed}");
    assert_eq!(house.fake.metadata(EXCHANGE)["authorization"], "Service gateway secret");
}

#[tokio::test]
async fn a_credential_is_remembered_for_three_seconds_and_a_refusal_not_at_all() {
    let house = House::start().await;
    knows_me(&house);
    for _ in 0..3 {
        assert_eq!(house.get("/api/v1/me").await.status(), 200);
    }
    assert_eq!(house.fake.count(EXCHANGE), 1);
    house.clock.advance(TimeDelta::milliseconds(2_999));
    house.get("/api/v1/me").await;
    assert_eq!(house.fake.count(EXCHANGE), 1);
    house.clock.advance(TimeDelta::milliseconds(1));
    house.fake.unary(EXCHANGE, |_: identity::ExchangeRequest| {
        Err::<identity::ExchangeResponse, _>(Status::unauthenticated("sign in again"))
    });
    for _ in 0..2 {
        let answer = house.get("/api/v1/me").await;
        assert_eq!(header(&answer, "www-authenticate"), "Bearer realm=\"oz\"");
        assert_eq!(problem(answer).await.0, 401);
    }
    assert_eq!(house.fake.count(EXCHANGE), 3);
}

#[tokio::test]
async fn a_link_opens_a_session_and_signing_out_ends_it() {
    let house = House::start().await;
    knows_me(&house);
    let expires_at_us = house.clock.now_us() + 3_600_000_000;
    let session = format!("s-{}", house.token());
    let opened = session.clone();
    house.fake.unary(
        "oz.identity.v1.SignInService/RedeemLink",
        move |request: identity::RedeemLinkRequest| match request.token.as_str() {
            "good" => Ok(identity::RedeemLinkResponse { session: opened.clone(), expires_at_us }),
            _ => Err(Status::not_found("no such link")),
        },
    );
    house.fake.unary("oz.identity.v1.SignInService/EndSession", |_: identity::EndSessionRequest| {
        Ok(identity::EndSessionResponse {})
    });
    let answer = house.bare(Method::GET, "/signin/link?token=good").send().await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "location")), (303, "/"));
    let expected = format!("__Host-oz={session}; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax");
    assert_eq!(header(&answer, "set-cookie"), expected);
    assert_eq!(house.bare(Method::GET, "/signin/link?token=bad").send().await.unwrap().status(), 401);

    let cookie = format!("__Host-oz={session}");
    let with = |method: Method, path: &str| house.bare(method, path).header("cookie", &cookie);
    assert_eq!(with(Method::GET, "/api/v1/me").send().await.unwrap().status(), 200);
    assert_eq!(with(Method::GET, "/").send().await.unwrap().status(), 200);
    let bare = house.bare(Method::GET, "/").send().await.unwrap();
    assert_eq!((bare.status().as_u16(), header(&bare, "location")), (303, "/signin"));
    let out =
        with(Method::DELETE, "/api/v1/session").header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert!(header(&out, "set-cookie").starts_with("__Host-oz=; Path=/; Max-Age=0"));
    let before = house.fake.count(EXCHANGE);
    with(Method::GET, "/api/v1/me").send().await.unwrap();
    assert_eq!(house.fake.count(EXCHANGE), before + 1, "the session is not remembered");
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie() {
    let house = House::start().await;
    let post = || {
        let cookie = format!("__Host-oz=c-{}", house.token());
        house
            .bare(Method::POST, "/api/v1/teams")
            .header("cookie", cookie)
            .json(&serde_json::json!({"name": "x"}))
    };
    house.fake.unary("oz.identity.v1.OrganizationService/CreateTeam", |_: identity::CreateTeamRequest| {
        Ok(identity::CreateTeamResponse { team: Some(identity::Team::default()) })
    });
    for request in [
        post(),
        post().header("origin", "https://evil.example"),
        post().header("sec-fetch-site", "cross-site").header("origin", "https://oz.example"),
    ] {
        let (status, body) = problem(request.send().await.unwrap()).await;
        assert_eq!((status, body["type"].as_str()), (403, Some("/problems/cross-site")));
    }
    assert_eq!(house.fake.count("oz.identity.v1.OrganizationService/CreateTeam"), 0);
    assert_eq!(post().header("origin", "https://oz.example").send().await.unwrap().status(), 201);
    assert_eq!(post().header("sec-fetch-site", "same-origin").send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn a_slow_identity_does_not_let_anybody_in() {
    let house = House::start().await;
    house.fake.slow(EXCHANGE, Duration::from_millis(50), identity::ExchangeResponse::default());
    assert_eq!(problem(house.get("/api/v1/me").await).await.0, 503, "no token for the service, no call");
}

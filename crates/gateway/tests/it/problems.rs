//! What goes wrong is said the same way everywhere.

use proto::{identity::v1 as identity, task::v1 as task};
use reqwest::Method;
use serde_json::json;
use tonic::Status;

use crate::house::{House, header, problem};

const GET_TASK: &str = "oz.task.v1.TaskService/GetTask";

#[tokio::test]
async fn an_unknown_address_and_a_wrong_method_are_problems() {
    let house = House::start().await;
    let (status, body) = problem(house.get("/api/v1/nothing").await).await;
    assert_eq!((status, body["type"].as_str()), (404, Some("/problems/not-found")));
    let answer = house.request(Method::PUT, "/api/v1/me").send().await.unwrap();
    assert!(header(&answer, "allow").contains("GET"));
    assert_eq!(problem(answer).await.0, 405);
}

#[tokio::test]
async fn the_field_at_fault_is_named() {
    let house = House::start().await;
    let put = |body: &'static str| {
        let request = house.request(Method::PUT, "/api/v1/integrations/int_1/sources");
        request.header("content-type", "application/json").body(body).send()
    };
    let (status, body) = problem(put(r#"{"sources":[{"key":"a","visibility":7}]}"#).await.unwrap()).await;
    assert_eq!((status, body["errors"][0]["field"].as_str()), (422, Some("sources[0].visibility")));
    let (status, body) = problem(put(r#"{"sources":[],"extra":1}"#).await.unwrap()).await;
    assert_eq!((status, body["errors"][0]["field"].as_str()), (422, Some("extra")));
    assert_eq!(problem(put("{").await.unwrap()).await.0, 400);
    let answer = house
        .request(Method::POST, "/api/v1/tasks")
        .header("content-type", "text/plain")
        .body("{}")
        .send()
        .await;
    assert_eq!(problem(answer.unwrap()).await.0, 415);
    let (status, body) = problem(house.get("/api/v1/tasks?limit=x").await).await;
    assert_eq!((status, body["errors"][0]["field"].as_str()), (422, Some("limit")));
    let (status, body) = problem(house.get("/api/v1/search").await).await;
    assert_eq!((status, body["errors"][0]["field"].as_str()), (422, Some("q")));
    let past = json!({"name": "x", "scopes": [], "expires_at": "2001-01-01T00:00:00Z"});
    let (status, body) = problem(house.post("/api/v1/tokens", past).await).await;
    assert_eq!((status, body["errors"][0]["field"].as_str()), (422, Some("expires_at")));
}

#[tokio::test]
async fn what_a_service_says_becomes_its_problem() {
    let house = House::start().await;
    for (said, expected) in [
        (rpc::not_found(), 404),
        (rpc::invalid("id", "expected an id that starts with task_"), 422),
        (rpc::unauthenticated(), 401),
        (Status::permission_denied("members only"), 403),
        (rpc::conflict("exists", "exists already"), 409),
        (rpc::stale(), 412),
        (Status::resource_exhausted("x"), 429),
        (Status::unavailable("x"), 503),
        (Status::deadline_exceeded("x"), 503),
        (Status::internal("select * from secret"), 500),
    ] {
        let answer = said.clone();
        house
            .fake
            .unary(GET_TASK, move |_: task::GetTaskRequest| Err::<task::GetTaskResponse, _>(answer.clone()));
        let answer = house.get("/api/v1/tasks/task_1").await;
        assert_eq!(header(&answer, "retry-after").is_empty(), !matches!(expected, 429 | 503));
        assert_eq!(header(&answer, "www-authenticate").is_empty(), expected != 401);
        let (status, body) = problem(answer).await;
        assert_eq!(status, expected);
        assert!(!body.to_string().contains("secret"));
        if expected == 422 {
            assert_eq!(
                body["errors"][0],
                json!({"field": "id", "message": "expected an id that starts with task_"})
            );
        }
    }
}

#[tokio::test]
async fn a_team_that_is_not_listed_is_not_there() {
    let house = House::start().await;
    house.fake.unary("oz.identity.v1.OrganizationService/ListTeams", |_: identity::ListTeamsRequest| {
        let team =
            identity::Team { id: "team_1".into(), member_ids: vec!["mbr_1".into()], ..Default::default() };
        Ok(identity::ListTeamsResponse { teams: vec![team] })
    });
    assert_eq!(house.read("/api/v1/teams/team_1/members").await["items"], json!([{"id": "mbr_1"}]));
    assert_eq!(problem(house.get("/api/v1/teams/team_2/members").await).await.0, 404);
}

//! The same POST twice is done once.

use std::time::Duration;

use proto::task::v1 as task;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tonic::Status;

use crate::house::{House, Wish, header, problem};

const CREATE: &str = "oz.task.v1.TaskService/CreateTask";

fn create(house: &House, key: &str, title: &str) -> RequestBuilder {
    house
        .request(Method::POST, "/api/v1/tasks")
        .header("idempotency-key", key)
        .json(&json!({ "title": title }))
}

fn takes_tasks(house: &House) {
    let fake = house.fake.clone();
    house.fake.unary(CREATE, move |request: task::CreateTaskRequest| {
        let version = fake.count(CREATE) as u64;
        Ok(task::CreateTaskResponse {
            task: Some(task::Task { title: request.title, version, ..Default::default() }),
        })
    });
}

#[tokio::test]
async fn a_repeat_gets_the_first_answer() {
    let house = House::start().await;
    takes_tasks(&house);
    let first = create(&house, "k1", "a").send().await.unwrap();
    assert_eq!((first.status().as_u16(), header(&first, "idempotency-replayed")), (201, ""));
    let again = create(&house, "k1", "a").send().await.unwrap();
    assert_eq!((again.status().as_u16(), header(&again, "idempotency-replayed")), (201, "true"));
    assert_eq!((header(&again, "etag"), header(&again, "content-type")), ("\"1\"", "application/json"));
    assert_eq!(first.json::<Value>().await.unwrap(), again.json::<Value>().await.unwrap());
    assert_eq!(house.fake.count(CREATE), 1);

    let other = create(&house, "k1", "b").send().await.unwrap();
    let (status, body) = problem(other).await;
    assert_eq!((status, body["type"].as_str()), (422, Some("/problems/idempotency-key-reused")));
    create(&house, "k2", "a").send().await.unwrap();
    let stranger = house.bare(Method::POST, "/api/v1/tasks").bearer_auth(format!("{}-2", house.token()));
    stranger.header("idempotency-key", "k1").json(&json!({"title": "a"})).send().await.unwrap();
    assert_eq!(house.fake.count(CREATE), 3, "another key and another caller are other requests");
}

#[tokio::test]
async fn what_failed_by_our_fault_may_be_tried_again() {
    let house = House::start().await;
    house.fake.unary(CREATE, |_: task::CreateTaskRequest| {
        Err::<task::CreateTaskResponse, _>(Status::unavailable("x"))
    });
    assert_eq!(problem(create(&house, "k", "a").send().await.unwrap()).await.0, 503);
    takes_tasks(&house);
    assert_eq!(create(&house, "k", "a").send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn the_second_of_two_at_once_is_told_to_wait() {
    let house = House::start().await;
    let made = task::CreateTaskResponse { task: Some(task::Task::default()) };
    house.fake.slow(CREATE, Duration::from_millis(400), made);
    let late = async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        create(&house, "k", "a").send().await.unwrap()
    };
    let (first, second) = tokio::join!(create(&house, "k", "a").send(), late);
    assert_eq!(first.unwrap().status(), 201);
    let (status, body) = problem(second).await;
    assert_eq!((status, body["type"].as_str()), (409, Some("/problems/in-progress")));
}

#[tokio::test]
async fn without_redis_a_key_is_refused_and_all_else_goes_on() {
    let house = House::with(Wish { redis_url: Some("redis://127.0.0.1:1".into()), ..Wish::default() }).await;
    takes_tasks(&house);
    assert_eq!(problem(create(&house, "k", "a").send().await.unwrap()).await.0, 503);
    assert_eq!(house.post("/api/v1/tasks", json!({"title": "a"})).await.status(), 201);
    let ready = house.bare(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(ready.status(), 503);
    let report: Value = ready.json().await.unwrap();
    assert_eq!(report["dependencies"][0], json!({"name": "redis", "state": "down"}));
    assert_eq!(report["dependencies"][1], json!({"name": "identity", "state": "ok"}));
}

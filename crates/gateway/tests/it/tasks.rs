//! Versions of tasks.

use proto::task::v1 as task;
use reqwest::Method;
use serde_json::json;

use crate::house::{House, header, problem};

fn house_with_version_three(house: &House) {
    house.fake.unary("oz.task.v1.TaskService/GetTask", |_: task::GetTaskRequest| {
        Ok(task::GetTaskResponse { task: Some(task::Task { version: 3, ..Default::default() }) })
    });
    house.fake.unary("oz.task.v1.TaskService/UpdateTask", |request: task::UpdateTaskRequest| {
        match request.expected_version {
            0 | 3 => Ok(task::UpdateTaskResponse {
                task: Some(task::Task { version: 4, title: request.fields.join(","), ..Default::default() }),
            }),
            _ => Err(rpc::stale()),
        }
    });
    house.fake.unary("oz.task.v1.TaskService/DeleteTask", |request: task::DeleteTaskRequest| {
        if request.expected_version == 2 { Err(rpc::stale()) } else { Ok(task::DeleteTaskResponse {}) }
    });
}

#[tokio::test]
async fn a_change_that_knows_an_old_version_is_refused() {
    let house = House::start().await;
    house_with_version_three(&house);
    let patch = |etag: &str| {
        let request = house.request(Method::PATCH, "/api/v1/tasks/task_1").header("if-match", etag);
        request.json(&json!({"title": "x", "due_on": null})).send()
    };
    assert_eq!(header(&house.get("/api/v1/tasks/task_1").await, "etag"), "\"3\"");
    let done = patch("\"3\"").await.unwrap();
    assert_eq!((done.status().as_u16(), header(&done, "etag")), (200, "\"4\""));
    assert_eq!(done.json::<serde_json::Value>().await.unwrap()["title"], "title,due_on");
    assert_eq!(patch("*").await.unwrap().status(), 200);
    for stale in ["\"2\"", "W/\"3\"", "3"] {
        assert_eq!(problem(patch(stale).await.unwrap()).await.0, 412, "{stale}");
    }
    let delete = house.request(Method::DELETE, "/api/v1/tasks/task_1");
    assert_eq!(problem(delete.header("if-match", "\"2\"").send().await.unwrap()).await.0, 412);
}

#[tokio::test]
async fn what_is_known_already_is_not_sent_again() {
    let house = House::start().await;
    house_with_version_three(&house);
    let get =
        |etag: &str| house.request(Method::GET, "/api/v1/tasks/task_1").header("if-none-match", etag).send();
    let same = get("\"3\"").await.unwrap();
    assert_eq!(same.status(), 304);
    assert_eq!(same.bytes().await.unwrap().len(), 0);
    assert_eq!(get("\"2\"").await.unwrap().status(), 200);
}

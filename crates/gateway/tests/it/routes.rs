//! The document and the router are the same, and what is for members is closed to others.

use std::fmt::Write;

use reqwest::Method;
use serde_json::Value;

use crate::house::House;

/// (method, path, whether for members).
fn operations() -> Vec<(Method, String, bool)> {
    let document = gateway::openapi().unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array().expect("every operation says who may");
            let expected = serde_json::json!([{"session": []}, {"token": []}]);
            assert!(security.is_empty() || Value::from(security.clone()) == expected, "{path}");
            all.push((method.to_uppercase().parse().unwrap(), path.clone(), !security.is_empty()));
        }
    }
    all
}

/// New routes show up here, and in the isolation matrix, before they ship.
#[test]
fn all_routes() {
    let mut list = String::new();
    for (method, path, members) in operations() {
        writeln!(list, "{:7}{} {path}", method.as_str(), if members { "member" } else { "open  " }).unwrap();
    }
    insta::assert_snapshot!("routes", list);
}

#[tokio::test]
async fn every_documented_route_is_served_and_closed_to_strangers() {
    let house = House::start().await;
    for (method, template, members) in operations() {
        let path = template
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect::<Vec<_>>();
        let path = path.join("/");
        let answer = house.bare(method.clone(), &path).send().await.unwrap();
        let status = answer.status().as_u16();
        if members {
            assert_eq!(status, 401, "{method} {template}");
            let revoked = house.bare(method.clone(), &path).bearer_auth("revoked").send().await.unwrap();
            assert_eq!(revoked.status(), 401, "{method} {template}");
        } else {
            assert_ne!(status, 405, "{method} {template}");
            assert!(status != 404 || template.contains('{'), "{method} {template}");
        }
    }
    assert_eq!(house.fake.count("oz.task.v1.TaskService/ListTasks"), 0);
}

#[tokio::test]
async fn an_undocumented_method_is_not_served() {
    let house = House::start().await;
    let known = operations();
    for (_, template, _) in &known {
        for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            if known.iter().any(|(m, t, _)| *m == method && t == template) {
                continue;
            }
            let path = template.replace(['{', '}'], "");
            let answer = house.bare(method.clone(), &path).send().await.unwrap();
            assert_eq!(answer.status(), 405, "{method} {template}");
        }
    }
}

#[tokio::test]
async fn references_in_the_document_lead_somewhere() {
    let document = gateway::openapi().unwrap();
    let text = document.to_string();
    let references: Vec<_> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.len() > 50);
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    let house = House::start().await;
    let served: Value =
        house.bare(Method::GET, "/api/openapi.json").send().await.unwrap().json().await.unwrap();
    assert_eq!(served, document);
}

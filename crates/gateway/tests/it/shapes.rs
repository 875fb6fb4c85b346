//! The wire shapes that outside checks rely on.

use insta::assert_json_snapshot;
use proto::{
    aggregation::v1 as aggregation, events::v1 as events, feed::v1 as feed, identity::v1 as identity,
    ingestion::v1 as ingestion, task::v1 as task,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::House;

const AT: i64 = 1_700_000_000_123_000;

fn person() -> events::Person {
    events::Person {
        account_id: "0190a5d0-0000-7000-8000-000000000001".into(),
        member_id: "mbr_1".into(),
        name: "Ann".into(),
        bot: false,
    }
}

fn stranger() -> events::Person {
    events::Person { account_id: "a2".into(), name: "build[bot]".into(), bot: true, ..Default::default() }
}

fn source() -> events::SourceRef {
    events::SourceRef { id: "src_1".into(), provider: "github".into(), key: "octo-org/octo-repo".into() }
}

#[tokio::test]
async fn me_and_token() {
    let house = House::start().await;
    house.fake.unary("oz.identity.v1.MeService/GetMe", |_: identity::GetMeRequest| {
        Ok(identity::GetMeResponse {
            member: Some(identity::Member {
                id: "mbr_1".into(),
                name: "Ann".into(),
                email: "ann@acme.example".into(),
                role: "owner".into(),
                ..Default::default()
            }),
            org: Some(identity::Organization {
                id: "org_1".into(),
                name: "Acme".into(),
                ..Default::default()
            }),
            mfa: true,
            method: "link".into(),
            authenticated_at_us: AT,
        })
    });
    assert_json_snapshot!("me", house.read("/api/v1/me").await);

    house.fake.unary("oz.identity.v1.MeService/CreateToken", |request: identity::CreateTokenRequest| {
        Ok(identity::CreateTokenResponse {
            token: Some(identity::ApiToken {
                id: "tok_1".into(),
                name: request.name,
                prefix: "oz_ab".into(),
                scopes: request.scopes,
                created_at_us: AT,
                expires_at_us: request.expires_at_us,
                last_used_at_us: 0,
            }),
            secret: "oz_abcdef".into(),
        })
    });
    let input = json!({"name": "ci", "scopes": ["read", "write"], "expires_at": "2099-01-01T00:00:00Z"});
    let made = house.post("/api/v1/tokens", input).await;
    assert_eq!(made.status(), 201);
    assert_json_snapshot!("token", made.json::<Value>().await.unwrap());
}

#[tokio::test]
async fn integration_and_sources() {
    let house = House::start().await;
    house.fake.unary(
        "oz.ingestion.v1.IntegrationService/CreateIntegration",
        |request: ingestion::CreateIntegrationRequest| {
            assert_eq!(request.secret, "");
            let integration = ingestion::Integration {
                id: "int_1".into(),
                provider: request.provider,
                name: request.name,
                status: "active".into(),
                created_at_us: AT,
                created_by: "mbr_1".into(),
                sources: 0,
            };
            Ok(ingestion::CreateIntegrationResponse { integration: Some(integration), secret: "made".into() })
        },
    );
    let made = house.post("/api/v1/integrations", json!({"provider": "github", "name": "GitHub"})).await;
    assert_eq!(made.status(), 201);
    assert_json_snapshot!("integration", made.json::<Value>().await.unwrap());

    house.fake.unary(
        "oz.ingestion.v1.IntegrationService/PutSources",
        |request: ingestion::PutSourcesRequest| {
            assert_eq!(request.integration_id, "int_1");
            let shared = |setting: ingestion::SourceSetting| ingestion::Source {
                id: "src_1".into(),
                key: setting.key,
                visibility: setting.visibility,
                shared_at_us: AT,
                items: 3,
            };
            Ok(ingestion::PutSourcesResponse { sources: request.sources.into_iter().map(shared).collect() })
        },
    );
    let input = json!({"sources": [{"key": "octo-org/octo-repo", "visibility": "org"}]});
    let put =
        house.request(Method::PUT, "/api/v1/integrations/int_1/sources").json(&input).send().await.unwrap();
    assert_eq!(put.status(), 200);
    assert_json_snapshot!("sources", put.json::<Value>().await.unwrap());

    house.fake.unary("oz.ingestion.v1.IntegrationService/GetCoverage", |_: ingestion::GetCoverageRequest| {
        let line = ingestion::CoverageLine {
            event: "issues".into(),
            outcome: "applied".into(),
            count: 2,
            first_at_us: AT,
            last_at_us: AT,
            source: "octo-org/octo-repo".into(),
            ..Default::default()
        };
        Ok(ingestion::GetCoverageResponse {
            lines: vec![line],
            received: 6,
            applied: 2,
            repeated: 1,
            refused: 3,
            ..Default::default()
        })
    });
    assert_json_snapshot!("coverage", house.read("/api/v1/integrations/int_1/coverage").await);
}

#[tokio::test]
async fn story() {
    let house = House::start().await;
    house.fake.unary("oz.feed.v1.FeedService/ListStories", |request: feed::ListStoriesRequest| {
        assert_eq!((request.scope.as_str(), request.order.as_str(), request.limit), ("org", "time", 50));
        let activity = feed::Activity {
            verb: "opened".into(),
            kind: "change".into(),
            item_id: "item_1".into(),
            title: "Fix it".into(),
            url: "https://github.example/1".into(),
            occurred_at_us: AT,
            actor: Some(person()),
        };
        let story = feed::Story {
            id: "story_1".into(),
            kind: "change".into(),
            title: "Fix it".into(),
            summary: "opened by Ann".into(),
            actors: vec![person(), stranger()],
            source: Some(source()),
            occurred_at_us: AT,
            updated_at_us: AT,
            activities: vec![activity],
            activity_count: 1,
            why: vec![feed::Why { code: "author".into(), text: "you opened it".into() }],
            seen: false,
            url: "https://github.example/1".into(),
            position: 7,
        };
        Ok(feed::ListStoriesResponse { stories: vec![story], next_cursor: "next".into(), position: 7 })
    });
    assert_json_snapshot!("story", house.read("/api/v1/feed?scope=org").await);
}

#[tokio::test]
async fn hit_and_message() {
    let house = House::start().await;
    house.fake.unary("oz.feed.v1.FeedService/Search", |request: feed::SearchRequest| {
        assert_eq!((request.q.as_str(), request.order.as_str()), ("\"a b\" -c", "relevance"));
        let hit = feed::Hit {
            id: "msg_1".into(),
            kind: "message".into(),
            snippet: "<mark>a b</mark> &lt;i&gt;".into(),
            source: Some(source()),
            author: Some(person()),
            occurred_at_us: AT,
            score: 1.5,
            ..Default::default()
        };
        let value = feed::FacetValue { value: "message".into(), label: "Messages".into(), count: 1 };
        let facet = feed::Facet { name: "kind".into(), values: vec![value] };
        Ok(feed::SearchResponse { hits: vec![hit], total: 1, facets: vec![facet], ..Default::default() })
    });
    assert_json_snapshot!("hit", house.read("/api/v1/search?q=%22a%20b%22+-c").await);

    house.fake.unary("oz.ingestion.v1.ContentService/GetMessage", |request: ingestion::GetMessageRequest| {
        let message = ingestion::Message {
            id: request.id,
            text: "hello".into(),
            author: Some(person()),
            source: Some(source()),
            occurred_at_us: AT,
            ..Default::default()
        };
        Ok(ingestion::GetMessageResponse { message: Some(message) })
    });
    assert_json_snapshot!("message", house.read("/api/v1/messages/msg_1").await);
}

#[tokio::test]
async fn task_and_suggestion() {
    let house = House::start().await;
    house.fake.unary("oz.task.v1.TaskService/GetTask", |request: task::GetTaskRequest| {
        let task = task::Task {
            id: request.id,
            list_id: "list_1".into(),
            title: "Send the forecast".into(),
            state: "open".into(),
            priority: "none".into(),
            labels: vec!["finance".into()],
            evidence: vec![task::Evidence { message_id: "msg_1".into(), quote: "can you send".into() }],
            links: vec![task::Link {
                provider: "github".into(),
                key: "o/r#1".into(),
                sync: "in_sync".into(),
                ..Default::default()
            }],
            created_at_us: AT,
            updated_at_us: AT,
            version: 3,
            ..Default::default()
        };
        Ok(task::GetTaskResponse { task: Some(task) })
    });
    assert_json_snapshot!("task", house.read("/api/v1/tasks/task_1").await);

    house.fake.unary("oz.task.v1.TaskService/ListSuggestions", |_: task::ListSuggestionsRequest| {
        let suggestion = task::Suggestion {
            id: "sug_1".into(),
            change: "create".into(),
            title: "Send the forecast".into(),
            quote: "can you send me the forecast by Friday?".into(),
            message_id: "msg_1".into(),
            quote_end: 39,
            assignee: Some(person()),
            due_on: "2026-11-27".into(),
            confidence: 0.9,
            status: "open".into(),
            created_at_us: AT,
            source: Some(source()),
            ..Default::default()
        };
        Ok(task::ListSuggestionsResponse { suggestions: vec![suggestion], next_cursor: String::new() })
    });
    assert_json_snapshot!("suggestion", house.read("/api/v1/suggestions").await);

    house.fake.unary("oz.task.v1.TaskService/GetThresholds", |_: task::GetThresholdsRequest| {
        let thresholds = Some(task::Thresholds { suggest: Some(0.3), auto: None });
        let recommended = Some(task::Thresholds { suggest: Some(0.27), auto: Some(0.64) });
        Ok(task::GetThresholdsResponse { thresholds, recommended })
    });
    assert_json_snapshot!("thresholds", house.read("/api/v1/org/suggestions").await);
}

#[tokio::test]
async fn insight_hides_numbers_of_few() {
    let house = House::start().await;
    house.fake.unary(
        "oz.aggregation.v1.InsightService/GetInsight",
        |request: aggregation::GetInsightRequest| {
            let cell = |value, suppressed: &str| aggregation::Cell {
                from: "2026-01-01".into(),
                to: "2026-01-02".into(),
                value,
                has_value: true,
                cohort: 6,
                has_cohort: true,
                suppressed: suppressed.into(),
            };
            Ok(aggregation::GetInsightResponse {
                metric: request.metric,
                unit: "count".into(),
                scope: request.scope,
                bucket: request.bucket,
                cells: vec![cell(12.0, ""), cell(3.0, "cohort_below_floor")],
            })
        },
    );
    assert_json_snapshot!("insight", house.read("/api/v1/insights/messages").await);
}

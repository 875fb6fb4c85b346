//! The gRPC contract: foreign equals absent, roles, pages, previews, fields at fault.

use access::Role;
use proto::ingestion::v1::*;
use reqwest::StatusCode;
use tonic::{Code, Status};

use crate::{
    house::{House, Person, code, field},
    post::{Hook, issue},
};

/// Calls every method that takes an integration's id, with this id; the method's name and the answer.
async fn with_integration(
    house: &House,
    person: Person,
    id: &str,
) -> Vec<(&'static str, Result<(), Status>)> {
    let (id, delivery_id) = (id.to_owned(), "dlv_01h45ytscbebyvny4gc8cr8ma2".to_owned());
    let integration_id = id.clone();
    let mut client = house.integrations();
    let mut answers = Vec::new();
    macro_rules! call {
        ($method:ident, $request:expr) => {
            answers.push((stringify!($method), client.$method(house.by(person, $request)).await.map(drop)))
        };
    }
    call!(get_integration, GetIntegrationRequest { id: id.clone() });
    call!(rotate_secret, RotateSecretRequest { id: id.clone(), secret: String::new() });
    call!(list_sources, ListSourcesRequest { integration_id: id.clone() });
    call!(put_sources, PutSourcesRequest { integration_id: id.clone(), sources: Vec::new() });
    call!(preview_sources, PreviewSourcesRequest { integration_id: id.clone(), sources: Vec::new() });
    call!(get_coverage, GetCoverageRequest { integration_id: id.clone() });
    call!(list_deliveries, ListDeliveriesRequest { integration_id: id.clone(), ..Default::default() });
    call!(replay_delivery, ReplayDeliveryRequest { integration_id, delivery_id });
    call!(delete_integration, DeleteIntegrationRequest { id });
    answers
}

fn said(answer: &Result<(), Status>) -> String {
    answer.as_ref().err().map_or_else(String::new, |status| {
        format!("{:?} {} {:?}", status.code(), status.message(), field(status))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_integration_equals_an_absent_one_for_every_method() {
    let house = House::open().await;
    let theirs = house.connected(house.other, "github", "oz/web").await;
    let absent = "int_01h45ytscbebyvny4gc8cr8ma2";
    let expected = "NotFound not found \"\"";
    for id in [theirs.id.as_str(), absent, "int_x", "", "src_01h45ytscbebyvny4gc8cr8ma2"] {
        for (method, answer) in with_integration(&house, house.acme.admin, id).await {
            assert_eq!(said(&answer), expected, "{method} of {id:?}");
        }
        let request = house.by(house.acme.admin, GetImportRequest { id: id.into() });
        assert_eq!(said(&house.imports().get_import(request).await.map(drop)), expected);
    }
    for id in ["msg_01h45ytscbebyvny4gc8cr8ma2", ""] {
        let mut content = house.content();
        let request = house.by(house.acme.member, GetMessageRequest { id: id.into() });
        assert_eq!(said(&content.get_message(request).await.map(drop)), expected);
        let request = house
            .by(house.acme.member, GetThreadRequest { id: id.replace("msg", "story"), ..Default::default() });
        assert_eq!(said(&content.get_thread(request).await.map(drop)), expected);
        let request = house.by(house.acme.member, GetFileRequest { id: id.replace("msg", "file") });
        assert_eq!(said(&content.get_file(request).await.map(drop)), expected);
    }
    let still = house.by(house.other.admin, GetIntegrationRequest { id: theirs.id.clone() });
    let still = house.integrations().get_integration(still).await.unwrap().into_inner().integration.unwrap();
    assert_eq!((still.status.as_str(), still.sources), ("active", 1), "and nothing was done to it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_an_admins_is_refused_to_members_guests_and_strangers() {
    let house = House::open().await;
    let hook = house.connected(house.acme, "github", "oz/web").await;
    for person in [house.acme.member, house.acme.guest] {
        for (method, answer) in with_integration(&house, person, &hook.id).await {
            assert_eq!(code(&answer), Code::PermissionDenied, "{method} by {:?}", person.role);
        }
        let create = CreateIntegrationRequest { provider: "github".into(), ..Default::default() };
        let created = house.integrations().create_integration(house.by(person, create)).await;
        assert_eq!(code(&created), Code::PermissionDenied);
        let listed = house
            .integrations()
            .list_integrations(house.by(person, ListIntegrationsRequest::default()))
            .await;
        assert_eq!(code(&listed), Code::PermissionDenied);
        let providers = house.integrations().list_providers(house.by(person, ListProvidersRequest {})).await;
        assert!(providers.is_ok(), "which tools there are is no secret");
    }
    let nobody = house.integrations().list_providers(ListProvidersRequest {}).await;
    assert_eq!(code(&nobody), Code::Unauthenticated);
    let nobody = house.content().get_message(GetMessageRequest::default()).await;
    assert_eq!(code(&nobody), Code::Unauthenticated);
    let nobody = house.imports().get_import(GetImportRequest::default()).await;
    assert_eq!(code(&nobody), Code::Unauthenticated);
    let owner = Person { role: Role::Owner, ..house.acme.admin };
    let seen =
        house.integrations().get_integration(house.by(owner, GetIntegrationRequest { id: hook.id })).await;
    assert!(seen.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_paged_without_loss_newest_first_and_hold_ones_own_alone() {
    let house = House::open().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(house.connect(house.acme, "github").await.id);
        house.clock.advance(chrono::TimeDelta::milliseconds(2));
    }
    let theirs = house.connect(house.other, "github").await;
    made.reverse();
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let request = house.by(house.acme.admin, ListIntegrationsRequest { limit: 2, cursor });
        let page = house.integrations().list_integrations(request).await.unwrap().into_inner();
        seen.extend(page.integrations.into_iter().map(|integration| integration.id));
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen, made);
    assert!(!seen.contains(&theirs.id));

    let hook = house.connected(house.acme, "github", "oz/web").await;
    for n in 0..5 {
        house.clock.advance(chrono::TimeDelta::milliseconds(2));
        let body = issue("oz/web", "edited", n, "Title", "Text");
        assert_eq!(house.github(&hook, "issues", &format!("d-{n}"), &body).await, StatusCode::ACCEPTED);
    }
    house.settled().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let (integration_id, state) = (hook.id.clone(), String::new());
        let request = ListDeliveriesRequest { integration_id, limit: 2, cursor, state };
        let page = house.integrations().list_deliveries(house.by(house.acme.admin, request)).await.unwrap();
        let page = page.into_inner();
        seen.extend(page.deliveries.into_iter().map(|delivery| delivery.received_at_us));
        cursor = page.next_cursor;
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
}

async fn preview(house: &House, hook: &Hook, list: &[(&str, &str)]) -> Result<Vec<SourcePreview>, Status> {
    let sources =
        list.iter().map(|(key, v)| SourceSetting { key: (*key).into(), visibility: (*v).into() }).collect();
    let request = PreviewSourcesRequest { integration_id: hook.id.clone(), sources };
    let answer = house.integrations().preview_sources(house.by(hook.org.admin, request)).await?;
    Ok(answer.into_inner().sources)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_tells_what_would_happen_and_does_nothing() {
    let house = House::open().await;
    let hook = house.connect(house.acme, "github").await;
    house
        .share(&hook, &[("oz/kept", "org"), ("oz/narrow", "org"), ("oz/wide", "source"), ("oz/gone", "org")])
        .await;
    let body = issue("oz/gone", "opened", 0, "Title", "Text");
    assert_eq!(house.github(&hook, "issues", "d-1", &body).await, StatusCode::ACCEPTED);
    house.settled().await;
    let before = house.look(
        "select string_agg(source_id || ' ' || revision || shared, ';' order by source_id) from source",
    );
    let list = [
        ("OZ/kept", "org"),
        ("oz/narrow", "source"),
        ("oz/wide", "org"),
        ("https://github.com/oz/new", "org"),
    ];
    let seen = preview(&house, &hook, &list).await.unwrap();
    let seen: Vec<_> = seen.iter().map(|p| (p.key.as_str(), p.change.as_str(), p.items_purged)).collect();
    assert_eq!(
        seen,
        [
            ("oz/kept", "kept", 0),
            ("oz/narrow", "narrowed", 0),
            ("oz/wide", "widened", 0),
            ("oz/new", "added", 0),
            ("oz/gone", "removed", 1),
        ]
    );
    let after = house.look(
        "select string_agg(source_id || ' ' || revision || shared, ';' order by source_id) from source",
    );
    assert_eq!((before, house.count("item")), (after, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_a_request_is_named_by_its_field() {
    let house = House::open().await;
    let hook = house.connect(house.acme, "github").await;
    let create = |provider: &str, name: &str, secret: &str| {
        let request =
            CreateIntegrationRequest { provider: provider.into(), name: name.into(), secret: secret.into() };
        let request = house.by(house.acme.admin, request);
        let mut client = house.integrations();
        async move { client.create_integration(request).await.map(drop) }
    };
    let long = "x".repeat(201);
    for (answer, expected) in [
        (create("jira", "", "").await, "provider"),
        (create("mbox", "", "").await, "provider"),
        (create("github", &long, "").await, "name"),
        (create("github", "a\u{7}", "").await, "name"),
        (create("github", "", "short").await, "secret"),
        (create("github", "", "with blanks in the secret").await, "secret"),
        (preview(&house, &hook, &[("no slash", "org")]).await.map(drop), "sources.key"),
        (preview(&house, &hook, &[("oz/web", "everyone")]).await.map(drop), "sources.visibility"),
        (preview(&house, &hook, &[("oz/web", "org"), ("OZ/web", "source")]).await.map(drop), "sources.key"),
    ] {
        let refused = answer.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, expected));
    }
    let integration_id = hook.id.clone();
    for (request, expected) in [
        (
            ListDeliveriesRequest {
                integration_id: integration_id.clone(),
                state: "lost".into(),
                ..Default::default()
            },
            "state",
        ),
        (ListDeliveriesRequest { integration_id, cursor: "*".into(), ..Default::default() }, "cursor"),
    ] {
        let refused =
            house.integrations().list_deliveries(house.by(house.acme.admin, request)).await.unwrap_err();
        assert_eq!((refused.code(), field(&refused)), (Code::InvalidArgument, expected));
    }
    assert_eq!(house.count("integration"), 1, "none of them was made");
}

//! Who may ask what, and how a wrong question is answered.

use access::Role;
use events::{Event, topic};
use proto::aggregation::v1::GetInsightRequest;
use proto::events::v1::OrganizationChanged;
use tonic::Code;

use crate::stage::{Stage, TODAY, messages, org, team, team_scope};

fn request(metric: &str, scope: &str, from: &str, to: &str, bucket: &str) -> GetInsightRequest {
    let [metric, scope, from, to, bucket] = [metric, scope, from, to, bucket].map(str::to_owned);
    GetInsightRequest { metric, scope, from, to, bucket }
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_and_strangers_get_no_figures() {
    let stage = Stage::set().await;
    assert_eq!(stage.ask_without_token().await.code(), Code::Unauthenticated);
    let asked = request("messages", "org", "", "", "");
    let refused = stage.ask_as(org(1), Role::Guest, &[], asked.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(stage.catalogue(org(1), Role::Guest).await.unwrap_err().code(), Code::PermissionDenied);
    let answer = stage.ask_as(org(1), Role::Member, &[], asked).await.unwrap();
    assert_eq!(
        (answer.unit.as_str(), answer.scope.as_str(), answer.bucket.as_str()),
        ("count", "org", "day")
    );
    assert_eq!((answer.cells.len(), answer.cells[29].from.as_str()), (30, TODAY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_for_its_members_and_for_admins() {
    let stage = Stage::set().await;
    stage.tell(org(1), [team(org(1), 70, 1..6)]).await;
    let ask = |organization, role, teams: &'static [u128]| {
        let asked = request("messages", &team_scope(70), "", "", "week");
        let stage = &stage;
        async move {
            stage
                .ask_as(org(organization), role, teams, asked)
                .await
                .map(|_| ())
                .map_err(|status| status.code())
        }
    };
    assert_eq!(ask(1, Role::Member, &[70]).await, Ok(()));
    assert_eq!(ask(1, Role::Admin, &[]).await, Ok(()));
    assert_eq!(ask(1, Role::Member, &[71]).await, Err(Code::NotFound));
    assert_eq!(
        ask(2, Role::Owner, &[70]).await,
        Err(Code::NotFound),
        "another organization's team is no team"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_question_names_its_field() {
    let stage = Stage::set().await;
    let cases = [
        (request("tears", "", "", "", ""), "metric"),
        (request("messages", "team:me", "", "", ""), "scope"),
        (request("messages", "", "soon", "", ""), "from"),
        (request("messages", "", "", "2026-02-30", ""), "to"),
        (request("messages", "", "2026-03-02", "2026-03-01", ""), "to"),
        (request("messages", "", "2000-01-01", "2026-03-01", "day"), "to"),
        (request("messages", "", "", "", "hour"), "bucket"),
    ];
    for (asked, field) in cases {
        let refused = stage.ask_as(org(1), Role::Member, &[], asked).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(refused.metadata().get(rpc::FIELD).unwrap(), field);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_can_raise_the_floor_and_not_lower_it() {
    let stage = Stage::set().await;
    let floor = |n| {
        let payload = OrganizationChanged { name: Vec::new(), erased: false, cohort_floor: n };
        Event::new(topic::ORGANIZATION, org(1).uuid(), 1, &payload)
    };
    stage.tell(org(1), messages(100, 1..7, TODAY)).await;
    let cell = || stage.cell(org(1), "messages", "org", TODAY, "day");
    assert_eq!(stage.catalogue(org(1), Role::Member).await.unwrap().cohort_floor, 5);
    assert_eq!(cell().await, "6 of 6");
    stage.tell(org(1), [floor(7)]).await;
    assert_eq!(cell().await, "cohort_below_floor");
    stage.tell(org(1), [floor(0)]).await;
    assert_eq!(cell().await, "cohort_below_floor", "nothing said changes nothing");
    stage.tell(org(1), [floor(2)]).await;
    let catalogue = stage.catalogue(org(1), Role::Member).await.unwrap();
    assert_eq!((catalogue.cohort_floor, catalogue.metrics.len()), (5, 7));
    assert_eq!(stage.catalogue(org(2), Role::Member).await.unwrap().cohort_floor, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_lock_is_whole() {
    let stage = Stage::set().await;
    let admin = testkit::Postgres::shared().url(testkit::SUPERUSER, &stage.name);
    let pool = pg::TenantPool::connect(&admin, 1).unwrap();
    let mut connection = pool.without_scope().acquire().await.unwrap();
    let violations = pg::catalogue::violations(&mut connection, "aggregation").await.unwrap();
    assert!(violations.is_empty(), "{violations:#?}");
}

//! Teams against the organization, and against themselves at another time.

use access::Role;
use chrono::TimeDelta;
use events::{Event, topic};
use proto::aggregation::v1::GetInsightRequest;
use proto::events::v1::TeamChanged;
use tonic::Code;

use crate::stage::{Stage, TODAY, id, messages, org, team, team_scope};

#[tokio::test(flavor = "multi_thread")]
async fn a_team_is_not_shown_where_the_organization_less_the_team_would_be_a_few() {
    let stage = Stage::set().await;
    stage.tell(org(1), [team(org(1), 70, 1..7)]).await;
    let cell = |scope: String| {
        let stage = &stage;
        async move { stage.cell(org(1), "messages", &scope, TODAY, "day").await }
    };
    stage.tell(org(1), messages(100, 1..7, TODAY)).await;
    assert_eq!(cell(team_scope(70)).await, "6 of 6", "nobody else did anything");
    stage.tell(org(1), messages(200, 7..11, TODAY)).await;
    assert_eq!(cell(team_scope(70)).await, "differencing");
    assert_eq!(cell("org".to_owned()).await, "10 of 10");
    stage.tell(org(1), messages(300, 11..12, TODAY)).await;
    assert_eq!(cell(team_scope(70)).await, "6 of 6", "five others hide each other");
    assert_eq!(stage.cell(org(1), "messages", &team_scope(70), "2026-03-17", "day").await, "0 of 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_team_is_never_shown() {
    let stage = Stage::set().await;
    stage.tell(org(1), [team(org(1), 70, 1..5)]).await;
    stage.tell(org(1), messages(100, 1..20, TODAY)).await;
    for bucket in ["day", "week", "month"] {
        assert_eq!(
            stage.cell(org(1), "messages", &team_scope(70), TODAY, bucket).await,
            "cohort_below_floor"
        );
        assert_eq!(
            stage.cell(org(1), "messages", &team_scope(70), "2026-01-05", bucket).await,
            "cohort_below_floor"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_older_of_two_teams_that_differ_by_one_stays_shown() {
    let stage = Stage::set().await;
    stage.tell(org(1), [team(org(1), 70, 1..8)]).await;
    stage.clock.advance(TimeDelta::seconds(1));
    stage.tell(org(1), [team(org(1), 69, 1..7)]).await;
    stage.tell(org(1), messages(100, 1..20, TODAY)).await;
    assert_eq!(stage.cell(org(1), "messages", &team_scope(70), TODAY, "day").await, "7 of 7");
    assert_eq!(stage.cell(org(1), "messages", &team_scope(69), TODAY, "day").await, "differencing");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_before_and_after_a_change_of_a_team_learns_nothing_of_the_one_who_left() {
    let stage = Stage::set().await;
    stage.tell(org(1), messages(100, 1..20, TODAY)).await;
    stage.tell(org(1), [team(org(1), 70, 1..3)]).await;
    assert_eq!(stage.cell(org(1), "messages", &team_scope(70), TODAY, "day").await, "cohort_below_floor");
    stage.tell(org(1), [team(org(1), 70, 1..8)]).await;
    let before = stage.cell(org(1), "messages", &team_scope(70), TODAY, "day").await;
    assert_eq!(before, "7 of 7", "as long as nothing was shown, the team is being put together");

    stage.tell(org(1), [team(org(1), 70, 1..7)]).await;
    assert_eq!(stage.cell(org(1), "messages", &team_scope(70), TODAY, "day").await, before);
    // The change counts from the next month on.
    stage.clock.advance(TimeDelta::days(20));
    stage.tell(org(1), messages(200, 1..20, "2026-04-02")).await;
    assert_eq!(stage.cell(org(1), "messages", &team_scope(70), "2026-04-02", "day").await, "6 of 6");
    assert_eq!(stage.cell(org(1), "messages", &team_scope(70), TODAY, "day").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_team_is_not_found_and_its_almost_equal_successor_is_not_shown() {
    let stage = Stage::set().await;
    stage.tell(org(1), messages(100, 1..20, TODAY)).await;
    stage.tell(org(1), [team(org(1), 70, 1..8)]).await;
    assert_eq!(stage.cell(org(1), "messages", &team_scope(70), TODAY, "day").await, "7 of 7");
    let gone = TeamChanged { team_id: id(70), name: Vec::new(), member_ids: Vec::new(), deleted: true };
    stage.tell(org(1), [Event::new(topic::ORGANIZATION, org(1).uuid(), 1, &gone)]).await;
    stage.clock.advance(TimeDelta::seconds(1));
    stage.tell(org(1), [team(org(1), 71, 1..7)]).await;

    let asked = GetInsightRequest {
        metric: "messages".to_owned(),
        scope: team_scope(70),
        ..GetInsightRequest::default()
    };
    assert_eq!(stage.ask_as(org(1), Role::Owner, &[70], asked).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(stage.cell(org(1), "messages", &team_scope(71), TODAY, "day").await, "differencing");
}

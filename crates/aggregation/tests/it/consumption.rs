//! What counts, once.

use std::time::Duration;

use events::{Event, topic};
use outbox::HandleError;
use proto::events::v1::{
    AccountLinked, ItemKind, Measure, OrganizationChanged, SourceRemoved, SourceShared, State, TaskChanged,
    ThingKind, Verb,
};
use uuid::Uuid;

use crate::stage::{HOUR, Stage, TODAY, id, measured, message, messages, midnight, org};

fn verb(measure: Measure, verb: Verb, at_us: i64) -> Event {
    measured(&Measure { verb: verb.into(), occurred_at_us: at_us, version_us: at_us, ..measure })
}

fn issue(n: u128, person: u128, at_us: i64) -> Measure {
    Measure { kind: ItemKind::Task.into(), thing_kind: ThingKind::Task.into(), ..message(n, person, at_us) }
}

fn pull(n: u128, person: u128, at_us: i64) -> Measure {
    Measure {
        kind: ItemKind::Change.into(),
        thing_kind: ThingKind::ChangeRequest.into(),
        ..message(n, person, at_us)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_over_the_bus_is_counted_once_and_for_its_organization_alone() {
    let stage = Stage::set().await;
    for event in messages(100, 1..6, TODAY) {
        stage.publish(org(1), event.clone()).await;
        stage.publish(org(1), event).await;
    }
    for _ in 0..100 {
        if stage.cell(org(1), "messages", "org", TODAY, "day").await == "5 of 5" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for bucket in ["day", "week", "month"] {
        assert_eq!(stage.cell(org(1), "messages", "org", TODAY, bucket).await, "5 of 5", "{bucket}");
        assert_eq!(stage.cell(org(2), "messages", "org", TODAY, bucket).await, "cohort_below_floor");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_message_is_gone_from_the_figures_even_when_its_deletion_came_first() {
    let stage = Stage::set().await;
    let noon = midnight(TODAY) + 12 * HOUR;
    stage.tell(org(1), [verb(message(106, 6, noon), Verb::Deleted, noon + HOUR)]).await;
    stage.tell(org(1), messages(100, 1..7, TODAY)).await;
    stage.tell(org(1), [measured(&message(106, 6, noon))]).await;
    assert_eq!(stage.cell(org(1), "messages", "org", TODAY, "day").await, "6 of 6");
    stage.tell(org(1), [verb(message(100, 1, noon), Verb::Edited, noon + HOUR)]).await;
    assert_eq!(
        stage.cell(org(1), "messages", "org", TODAY, "day").await,
        "6 of 6",
        "an edit is no second message"
    );
    stage.tell(org(1), [verb(message(100, 1, noon), Verb::Deleted, noon + 2 * HOUR)]).await;
    assert_eq!(stage.cell(org(1), "messages", "org", TODAY, "day").await, "5 of 5");
    assert_eq!(stage.cell(org(1), "active_members", "org", TODAY, "day").await, "5 of 5");
    stage.sums(org(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_counts_as_closed_while_it_is() {
    let stage = Stage::set().await;
    let at = |hour: i64| midnight(TODAY) + hour * HOUR;
    for n in 0..5 {
        stage
            .tell(
                org(1),
                [
                    measured(&issue(n + 1, n + 11, at(1))),
                    verb(issue(n + 1, n + 11, 0), Verb::Completed, at(2)),
                ],
            )
            .await;
        let relabelled = Measure { state: State::Done.into(), ..issue(n + 1, 20, 0) };
        stage.tell(org(1), [verb(relabelled, Verb::Updated, at(30))]).await;
    }
    assert_eq!(stage.cell(org(1), "tasks_opened", "org", TODAY, "day").await, "5 of 5");
    assert_eq!(
        stage.cell(org(1), "tasks_closed", "org", TODAY, "day").await,
        "5 of 5",
        "a later label moves no closing"
    );
    stage.tell(org(1), [verb(issue(1, 11, 0), Verb::Reopened, at(40))]).await;
    assert_eq!(stage.cell(org(1), "tasks_closed", "org", TODAY, "day").await, "cohort_below_floor");
    stage.tell(org(1), [verb(issue(1, 11, 0), Verb::Closed, at(41))]).await;
    assert_eq!(stage.cell(org(1), "tasks_closed", "org", TODAY, "month").await, "5 of 5");
    assert_eq!(stage.sums(org(1)).values().sum::<i64>(), 15, "made, opened and closed, five times");
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_of_oz_count_and_mirrors_do_not_count_twice() {
    let stage = Stage::set().await;
    let created = midnight(TODAY) + HOUR;
    let task = |n: u128, version: i64, state: State| TaskChanged {
        task_id: id(n),
        list_id: id(60),
        state: state.into(),
        actor_member_id: id(n + 100),
        version,
        created_at_us: created,
        updated_at_us: created + version * HOUR,
        ..TaskChanged::default()
    };
    let told = |task: TaskChanged| Event::new(topic::TASK, Uuid::from_u128(60), 1, &task);
    for n in 1..6 {
        let mirror = TaskChanged { item_id: id(7), ..task(n + 50, 1, State::Open) };
        stage
            .tell(org(1), [told(task(n, 1, State::Open)), told(task(n, 2, State::Done)), told(mirror)])
            .await;
    }
    assert_eq!(stage.cell(org(1), "tasks_opened", "org", TODAY, "day").await, "5 of 5");
    assert_eq!(stage.cell(org(1), "tasks_closed", "org", TODAY, "day").await, "5 of 5");
    stage.tell(org(1), [told(TaskChanged { deleted: true, ..task(1, 3, State::Done) })]).await;
    assert_eq!(stage.cell(org(1), "tasks_opened", "org", TODAY, "day").await, "cohort_below_floor");
}

#[tokio::test(flavor = "multi_thread")]
async fn durations_run_from_the_opening_to_another_person_and_to_the_merge() {
    let stage = Stage::set().await;
    let at = |hour: i64| midnight(TODAY) + hour * HOUR;
    for n in 0..5u128 {
        let (opener, other) = (n + 1, (n + 1) % 5 + 1);
        let comment = |id_of: u128, person: u128, at_us: i64, bot: bool| {
            let comment = Measure {
                thing_id: id(100 + n),
                thing_kind: ThingKind::ChangeRequest.into(),
                bot,
                ..message(id_of, person, at_us)
            };
            measured(&comment)
        };
        stage
            .tell(
                org(1),
                [
                    comment(200 + n, opener, at(2), false),
                    comment(300 + n, 99, at(3), true),
                    comment(400 + n, other, at(4), false),
                    verb(pull(100 + n, other, 0), Verb::Merged, at(5) + n as i64 * HOUR),
                    measured(&pull(100 + n, opener, at(1))),
                ],
            )
            .await;
    }
    assert_eq!(stage.cell(org(1), "time_to_first_reply", "org", TODAY, "day").await, "10800 of 5");
    assert_eq!(stage.cell(org(1), "time_to_merge", "org", TODAY, "week").await, "21600 of 5");
    assert_eq!(stage.cell(org(1), "changes_merged", "org", TODAY, "day").await, "5 of 5");
    assert_eq!(
        stage.cell(org(1), "messages", "org", TODAY, "day").await,
        "10 of 5",
        "a bot's are not counted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_one_member_are_one_person() {
    let stage = Stage::set().await;
    stage.tell(org(1), messages(100, 1..6, TODAY)).await;
    let link = |account: u128, member: Vec<u8>| {
        Event::new(
            topic::ORGANIZATION,
            org(1).uuid(),
            1,
            &AccountLinked { account_id: id(account), member_id: member },
        )
    };
    stage.tell(org(1), [link(1, id(31)), link(2, id(31))]).await;
    assert_eq!(stage.cell(org(1), "messages", "org", TODAY, "day").await, "cohort_below_floor");
    stage.tell(org(1), [link(2, Vec::new())]).await;
    assert_eq!(stage.cell(org(1), "messages", "org", TODAY, "day").await, "5 of 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_shared_no_longer_leaves_nothing_and_brings_nothing() {
    let stage = Stage::set().await;
    for organization in [1, 2] {
        stage.tell(org(organization), messages(100, 1..7, TODAY)).await;
    }
    let kept = Measure { source_id: id(51), ..message(200, 1, midnight(TODAY)) };
    stage.tell(org(1), [measured(&kept)]).await;
    let removed = Event::new(
        topic::AUDIENCE,
        Uuid::from_u128(50),
        1,
        &SourceRemoved { source_id: id(50), revision: 4 },
    );
    stage.tell(org(1), [removed]).await;
    stage.tell(org(1), messages(100, 1..7, TODAY)).await;
    assert_eq!(stage.sums(org(1)).values().sum::<i64>(), 2, "what the other source brought");
    assert_eq!(stage.sql(&format!("select count(*) from item where org_id = '{}'", org(1).uuid())), "1");
    assert_eq!(stage.cell(org(2), "messages", "org", TODAY, "day").await, "6 of 6");

    let shared = SourceShared { source_id: id(50), revision: 5, ..SourceShared::default() };
    stage.tell(org(1), [Event::new(topic::AUDIENCE, Uuid::from_u128(50), 1, &shared)]).await;
    stage.tell(org(1), messages(100, 1..7, TODAY)).await;
    assert_eq!(stage.cell(org(1), "messages", "org", TODAY, "day").await, "7 of 6");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_organization_leaves_no_row_but_the_word() {
    let stage = Stage::set().await;
    for organization in [1, 2] {
        stage.tell(org(organization), messages(100, 1..7, TODAY)).await;
    }
    let erased = OrganizationChanged { name: Vec::new(), erased: true, cohort_floor: 0 };
    stage.tell(org(1), [Event::new(topic::ORGANIZATION, org(1).uuid(), 1, &erased)]).await;
    stage.tell(org(1), messages(100, 1..7, TODAY)).await;
    for table in ["item", "turn", "point", "daily", "removed_source", "member", "account", "team", "roster"] {
        let left = stage.sql(&format!("select count(*) from {table} where org_id = '{}'", org(1).uuid()));
        assert_eq!(left, "0", "{table}");
    }
    assert_eq!(stage.cell(org(2), "messages", "org", TODAY, "day").await, "6 of 6");
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_measures_are_poison_and_say_why_without_content() {
    let stage = Stage::set().await;
    let broken = Measure { item_id: vec![1; 3], ..message(1, 1, midnight(TODAY)) };
    let event = stage.received(org(1), measured(&broken));
    match stage.try_apply(&[event]).await {
        Err(HandleError::Poison(reason)) => assert_eq!(reason, "item_id is not an id"),
        other => panic!("{other:?}"),
    }
}

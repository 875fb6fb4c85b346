//! Search: what is found, how it is narrowed, counted and paged.

use access::Role;
use events::{Event, topic};
use ids::TaskId;
use prost::Message;
use proto::{
    events::v1::{self as wire, ItemKind, State, Verb},
    feed::v1 as api,
};
use tonic::Code;
use uuid::Uuid;

use crate::ground::{Ground, Org, Say};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_phrases_and_operators_find_what_they_say() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (me, source, other) = (org.id(), org.id(), org.id());
    let (mine, hers) = (org.account("Mine", Some(me)).await, org.account("Hannah Arendt", None).await);
    org.share(source, "acme/api", org.id.uuid(), 1).await;
    org.share(other, "#general", org.id.uuid(), 1).await;
    let now = ground.now_us() - 1_000_000;
    let task = Say {
        kind: ItemKind::Task,
        title: "Rotate the keys",
        assignees: vec![mine],
        ..Say::message(source, org.id(), org.id(), hers, now + 3, "rotate all of them, keys first")
    };
    org.say([
        Say::message(other, org.id(), org.id(), mine, now, "The quick brown fox jumps"),
        Say::message(
            other,
            org.id(),
            org.id(),
            hers,
            now + 1,
            "quick thinking about a brown bear, fox and <script>",
        ),
        Say::message(source, org.id(), org.id(), hers, now + 2, "see https://example.org for invoices?"),
        task,
    ])
    .await;
    let asker = org.asker(me, Role::Member, &[]);
    let found = |q: &'static str| {
        let asker = asker.clone();
        async move { asker.search(q).await.hits.len() }
    };
    for (q, hits) in [
        ("quick fox", 2),
        ("jumping", 1),
        ("\"quick brown\"", 1),
        ("\"quick brown fox jumps\"", 1),
        ("\"brown quick fox\"", 0),
        ("quick -bear", 1),
        ("-quick", 2),
        ("from:me", 1),
        ("from:hannah", 3),
        ("assignee:me", 1),
        ("in:acme/api", 2),
        ("in:general quick", 2),
        ("kind:task", 1),
        ("-kind:task", 3),
        ("has:link", 1),
        ("kind:message from:hannah invoice", 1),
        ("before:2020-01-01", 0),
        ("nosuchword", 0),
    ] {
        assert_eq!(found(q).await, hits, "{q}");
    }
    let response = asker.search("script").await;
    assert!(response.hits[0].snippet.contains("&lt;<mark>script</mark>&gt;"), "{}", response.hits[0].snippet);
    let response = asker.search("from:hannah").await;
    assert_eq!((response.total, response.total_is_lower_bound), (3, false));
    let facet = |name: &str| {
        let facet = response.facets.iter().find(|facet| facet.name == name).unwrap();
        facet.values.iter().map(|value| (value.label.clone(), value.count)).collect::<Vec<_>>()
    };
    assert_eq!(facet("kind"), [("message".to_owned(), 2), ("task".to_owned(), 1)]);
    assert_eq!(facet("source"), [("acme/api".to_owned(), 2), ("#general".to_owned(), 1)]);
    assert_eq!(facet("author"), [("Hannah Arendt".to_owned(), 3)]);
    let hit = &response.hits[0];
    assert_eq!((hit.kind.as_str(), hit.title.as_str()), ("task", "Rotate the keys"));
    assert!(hit.id.starts_with("task_"));
    assert_eq!(hit.author.as_ref().unwrap().name, "Hannah Arendt");
    let refused = asker.client().search(asker.with(api::SearchRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn documents_told_before_their_source_are_found_by_its_name_afterwards() {
    let ground = Ground::start().await;
    let org = ground.org();
    let source = org.id();
    org.say([Say::message(source, org.id(), org.id(), org.id(), ground.now_us(), "early bird")]).await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    assert_eq!(asker.search("bird").await.total, 0, "an unknown audience is hidden");
    org.share(source, "acme/early", org.id.uuid(), 1).await;
    assert_eq!(asker.search("bird in:acme/early").await.total, 1);
    org.share(source, "acme/renamed", org.id.uuid(), 2).await;
    assert_eq!(asker.search("bird in:acme/renamed").await.total, 1);
    assert_eq!(asker.search("bird in:acme/early").await.total, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_pages_through_all_hits_once() {
    let ground = Ground::start().await;
    let org = ground.org();
    let source = org.id();
    org.share(source, "#many", org.id.uuid(), 1).await;
    let start = ground.now_us() - 3_600_000_000;
    let says = (0..23).map(|n| {
        let text =
            if n % 5 == 0 { "plan the release in the plan" } else { "the plan of a release and release" };
        Say::message(source, org.id(), org.id(), org.id(), start + n * 1_000, text)
    });
    org.say(says.collect::<Vec<_>>()).await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    for (q, order, all) in [
        ("release plan", "time", 23),
        ("release plan", "relevance", 23),
        ("\"plan the release\"", "time", 5),
        ("\"plan the release\"", "relevance", 5),
    ] {
        let mut request =
            api::SearchRequest { q: q.into(), order: order.into(), limit: 4, ..Default::default() };
        let mut ids = Vec::new();
        loop {
            let page = asker.client().search(asker.with(request.clone())).await.unwrap().into_inner();
            assert_eq!(page.total, all, "{q} {order}");
            ids.extend(page.hits.into_iter().map(|hit| hit.id));
            if page.next_cursor.is_empty() {
                break;
            }
            request.cursor = page.next_cursor;
        }
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        assert_eq!((ids.len() as u64, distinct.len() as u64), (all, all), "{q} {order}");
    }
}

async fn task(
    org: &Org<'_>,
    task: Uuid,
    list: Uuid,
    title: &str,
    with: impl FnOnce(&mut wire::TaskChanged),
) -> Event {
    let content = wire::Content { title: title.into(), ..Default::default() };
    let mut changed = wire::TaskChanged {
        task_id: task.as_bytes().to_vec(),
        list_id: list.as_bytes().to_vec(),
        state: State::Open.into(),
        content: org.seal("task", task, &content.encode_to_vec()).await,
        version: 1,
        created_at_us: org.ground.now_us(),
        ..Default::default()
    };
    with(&mut changed);
    Event::new(topic::TASK, list, 0, &changed)
}

async fn list(org: &Org<'_>, list: Uuid, audience: Uuid) {
    let changed = wire::ListChanged {
        list_id: list.as_bytes().to_vec(),
        name: org.seal("list", list, b"todo").await,
        audience: audience.as_bytes().to_vec(),
        deleted: false,
    };
    org.tell(topic::TASK, list, &changed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_made_in_oz_are_found_by_who_sees_their_list_and_their_source() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (me, team, all_list, team_list, hidden) = (org.id(), org.id(), org.id(), org.id(), org.id());
    org.member(me, "Kim", "member", true).await;
    list(&org, all_list, org.id.uuid()).await;
    list(&org, team_list, team).await;
    org.share(hidden, "#hidden", team, 1).await;
    let (plain, team_only, derived, mirrored) = (org.id(), org.id(), org.id(), org.id());
    let assigned = |changed: &mut wire::TaskChanged| changed.assignee_member_id = me.as_bytes().to_vec();
    let from_hidden = |changed: &mut wire::TaskChanged| changed.source_id = hidden.as_bytes().to_vec();
    let mirrors = |changed: &mut wire::TaskChanged| changed.item_id = changed.task_id.clone();
    org.publish(vec![
        task(&org, plain, all_list, "errand plain", assigned).await,
        task(&org, team_only, team_list, "errand team", |_| {}).await,
        task(&org, derived, all_list, "errand derived", from_hidden).await,
        task(&org, mirrored, all_list, "errand mirrored", mirrors).await,
    ])
    .await;
    let (mine, insider) = (org.asker(me, Role::Member, &[]), org.asker(org.id(), Role::Member, &[team]));
    assert_eq!(mine.titles("errand").await, ["errand plain"]);
    assert_eq!(insider.search("errand").await.total, 3);
    let hit = mine.search("assignee:me kind:task state:open").await.hits.remove(0);
    assert_eq!(hit.id, TaskId::from_uuid(plain).to_string());
    assert_eq!(mine.search("assignee:kim").await.total, 1);
    let done = |changed: &mut wire::TaskChanged| (changed.version, changed.state) = (2, State::Done.into());
    org.publish(vec![task(&org, plain, all_list, "errand done", done).await]).await;
    org.publish(vec![task(&org, plain, all_list, "errand stale", |_| {}).await]).await;
    assert_eq!(mine.titles("errand state:done").await, ["errand done"]);
    let deleted = |changed: &mut wire::TaskChanged| (changed.version, changed.deleted) = (3, true);
    org.publish(vec![task(&org, plain, all_list, "", deleted).await]).await;
    assert_eq!(mine.search("errand").await.total, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_function_reaches_words_by_the_index_of_terms() {
    let ground = Ground::start().await;
    let org = ground.org();
    let source = org.id();
    org.share(source, "#words", org.id.uuid(), 1).await;
    // A crowd of documents without the word, so that walking them all would be the dearer plan.
    crate::ground::sql(&format!(
        "insert into search_doc select '{}', gen_random_uuid(), '{source}', null, 1, '{}', n, ('w' || n)::tsvector \
         from generate_series(1, 20000) n; analyze search_doc",
        org.id.uuid(),
        Uuid::nil()
    ));
    org.say([Say::message(source, org.id(), org.id(), org.id(), ground.now_us(), "needle")]).await;
    let scans = || {
        let text = "select coalesce(sum(idx_scan), 0) from pg_stat_user_indexes where indexrelname like 'search_doc_p%terms%'";
        crate::ground::sql(text).trim().parse::<i64>().unwrap()
    };
    let asker = org.asker(org.id(), Role::Member, &[]);
    let before = scans();
    assert_eq!(asker.search("needle").await.total, 1);
    // Statistics are told when the session has been idle for a moment.
    for _ in 0..60 {
        if scans() > before {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        asker.search("needle").await;
    }
    panic!("the index of terms was not used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_word_is_gone_and_a_deleted_one_too() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, item, thing) = (org.id(), org.id(), org.id());
    org.share(source, "#words", org.id.uuid(), 1).await;
    let now = ground.now_us();
    let say = Say::message(source, thing, item, org.id(), now, "apple");
    org.say([say.clone()]).await;
    org.say([Say { verb: Verb::Edited, at: now + 1, text: "pear".into(), ..say.clone() }]).await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    assert_eq!((asker.search("apple").await.total, asker.search("pear").await.total), (0, 1));
    org.say([Say { verb: Verb::Deleted, at: now + 2, ..say }]).await;
    assert_eq!(asker.search("pear").await.total, 0);
}

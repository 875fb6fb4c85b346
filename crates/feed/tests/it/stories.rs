//! Folding, why, seen, mutes.

use access::Role;
use events::topic;
use ids::{SourceId, StoryId, TeamId};
use proto::{
    events::v1::{ItemKind, ThingKind, Verb},
    feed::v1 as api,
};
use tonic::Code;

use crate::ground::{Ground, Say};

fn codes(story: &api::Story) -> Vec<&str> {
    story.why.iter().map(|why| why.code.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pull_request_with_reviews_checks_and_comments_is_one_story() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (anna, bob, source, pull) = (org.id(), org.id(), org.id(), org.id());
    org.member(anna, "Anna Lee", "member", true).await;
    let (anna_at, bob_at) = (org.account("anna-gh", Some(anna)).await, org.account("Bob", Some(bob)).await);
    org.share(source, "acme/api", org.id.uuid(), 1).await;
    let now = ground.now_us() - 1_000_000;
    let change = Say {
        thing_kind: ThingKind::ChangeRequest,
        kind: ItemKind::Change,
        title: "Speed up the parser",
        thing_title: "Speed up the parser",
        assignees: vec![bob_at],
        ..Say::message(source, pull, org.id(), anna_at, now, "it was slow")
    };
    let review =
        Say { verb: Verb::Approved, ..Say::message(source, pull, org.id(), bob_at, now + 1, "fine with me") };
    let check = Say {
        verb: Verb::Succeeded,
        kind: ItemKind::Event,
        title: "ci",
        ..Say::message(source, pull, org.id(), uuid::Uuid::nil(), now + 2, "")
    };
    let merged = Say { verb: Verb::Merged, at: now + 3, by: bob_at, ..change.clone() };
    let events = [change.clone(), review, check, merged.clone()];
    org.say(events.clone()).await;
    // A second import tells the same again.
    org.say(events).await;
    let stories = org.asker(anna, Role::Member, &[]).list("org").await;
    assert_eq!(stories.len(), 1);
    let story = &stories[0];
    assert_eq!(story.id, StoryId::from_uuid(pull).to_string());
    assert_eq!((story.kind.as_str(), story.title.as_str()), ("change_request", "Speed up the parser"));
    assert_eq!((story.activity_count, story.seen), (4, false));
    let verbs: Vec<&str> = story.activities.iter().map(|activity| activity.verb.as_str()).collect();
    assert_eq!(verbs, ["created", "approved", "succeeded", "merged"]);
    let names: Vec<&str> = story.actors.iter().map(|actor| actor.name.as_str()).collect();
    // By the member's name where linked, else the account's, else what the content says.
    assert_eq!(names, ["Bob", "Said Name", "Anna Lee"], "newest first");
    assert_eq!(codes(story), ["author", "shared_source"]);
    assert_eq!(story.source.as_ref().unwrap().key, "acme/api");
    let bobs = org.asker(bob, Role::Member, &[]).list("me").await;
    assert_eq!(codes(&bobs[0]), ["assigned", "participant", "shared_source"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_replace_and_deletions_remove_even_when_a_stale_replay_follows() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (member, source, thread, item) = (org.id(), org.id(), org.id(), org.id());
    let by = org.account("Cleo", None).await;
    org.share(source, "#general", org.id.uuid(), 1).await;
    let now = ground.now_us() - 1_000_000;
    let first = Say::message(source, thread, item, by, now, "first words\nmore");
    org.say([first.clone()]).await;
    let asker = org.asker(member, Role::Member, &[]);
    assert_eq!(asker.list("org").await[0].title, "first words");
    assert_eq!(asker.titles("first").await, ["first words"]);

    let edit = Say { verb: Verb::Edited, at: now + 5, text: "second thoughts".into(), ..first.clone() };
    org.say([edit.clone(), first.clone()]).await;
    let story = &asker.list("org").await[0];
    assert_eq!((story.title.as_str(), story.activity_count), ("second thoughts", 1));
    assert_eq!(asker.search("first").await.total, 0);
    assert_eq!(asker.titles("thoughts").await, ["second thoughts"]);

    let gone = Say { verb: Verb::Deleted, at: now + 6, ..first.clone() };
    org.say([gone]).await;
    org.say([edit, first]).await;
    assert!(asker.list("org").await.is_empty());
    assert_eq!(asker.search("thoughts").await.total, 0);
    let org_id = org.id.uuid();
    for table in ["story", "activity", "search_doc", "story_person", "story_past"] {
        let rows = crate::ground::sql(&format!("select count(*) from {table} where org_id = '{org_id}'"));
        assert_eq!(rows.trim(), "0", "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_that_comes_first_is_told_until_the_beginning_is_known() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, thread, item) = (org.id(), org.id(), org.id());
    org.share(source, "#general", org.id.uuid(), 1).await;
    let now = ground.now_us() - 1_000_000;
    let first = Say::message(source, thread, item, org.id(), now, "old");
    let edit = Say { verb: Verb::Edited, at: now + 5, text: "new".into(), ..first.clone() };
    let asker = org.asker(org.id(), Role::Member, &[]);
    org.say([edit]).await;
    assert_eq!(asker.list("org").await[0].activities[0].verb, "edited");
    org.say([first]).await;
    let story = asker.list("org").await.remove(0);
    assert_eq!(
        (story.activities.len(), story.activities[0].verb.as_str(), story.title.as_str()),
        (1, "created", "new")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lying_clock_does_not_stick_to_the_top() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, now) = (org.id(), ground.now_us());
    org.share(source, "#general", org.id.uuid(), 1).await;
    let year = 365 * 86_400_000_000;
    org.say([Say::message(source, org.id(), org.id(), org.id(), now + year, "from the future")]).await;
    let place = crate::ground::sql(&format!("select sort_us from story where org_id = '{}'", org.id.uuid()));
    assert!(place.trim().parse::<i64>().unwrap() <= ground.now_us() + 300_000_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seen_is_what_was_seen_and_a_story_that_moved_on_is_unseen_again() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (source, one, two) = (org.id(), org.id(), org.id());
    org.share(source, "#general", org.id.uuid(), 1).await;
    let now = ground.now_us() - 1_000_000;
    org.say([
        Say::message(source, one, org.id(), org.id(), now, "one"),
        Say::message(source, two, org.id(), org.id(), now + 1, "two"),
    ])
    .await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    let other = org.asker(org.id(), Role::Member, &[]);
    let unseen = |asker: crate::ground::Asker| async move {
        let request =
            api::ListStoriesRequest { scope: "org".into(), unseen_only: true, ..Default::default() };
        asker.page(request).await.unwrap().stories.into_iter().map(|story| story.title).collect::<Vec<_>>()
    };
    let mark = |ids: Vec<String>, upto| {
        let (mut client, asker) = (asker.client(), asker.clone());
        async move {
            let request = api::MarkSeenRequest { story_ids: ids, up_to_position: upto };
            client.mark_seen(asker.with(request)).await.unwrap();
        }
    };
    mark(vec![StoryId::from_uuid(one).to_string()], 0).await;
    assert_eq!(unseen(asker.clone()).await, ["two"]);
    org.say([Say::message(source, one, org.id(), org.id(), now + 2, "news")]).await;
    assert_eq!(unseen(asker.clone()).await, ["one", "two"]);
    mark(vec![], i64::MAX).await;
    assert!(unseen(asker.clone()).await.is_empty());
    assert_eq!(unseen(other).await.len(), 2);
    org.say([Say::message(source, two, org.id(), org.id(), now + 3, "more")]).await;
    assert_eq!(unseen(asker).await, ["two"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mutes_hide_from_lists_and_not_from_search() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (noisy, calm, robot) = (org.id(), org.id(), org.id());
    org.share(noisy, "#noise", org.id.uuid(), 1).await;
    org.share(calm, "#calm", org.id.uuid(), 1).await;
    let (now, loud, muted_story) = (ground.now_us() - 1_000_000, org.account("Loud", None).await, org.id());
    org.say([
        Say::message(noisy, org.id(), org.id(), loud, now, "alarm noise"),
        Say::message(calm, muted_story, org.id(), loud, now + 1, "alarm story"),
        Say::message(calm, org.id(), org.id(), robot, now + 2, "alarm robot"),
        Say::message(calm, org.id(), org.id(), loud, now + 3, "alarm kept"),
    ])
    .await;
    let asker = org.asker(org.id(), Role::Member, &[]);
    for (kind, id) in [
        ("source", SourceId::from_uuid(noisy).to_string()),
        ("story", StoryId::from_uuid(muted_story).to_string()),
        ("actor", robot.to_string()),
    ] {
        let request = api::PutMuteRequest { kind: kind.into(), id };
        asker.client().put_mute(asker.with(request)).await.unwrap();
    }
    let titles: Vec<String> = asker.list("org").await.into_iter().map(|story| story.title).collect();
    assert_eq!(titles, ["alarm kept"]);
    assert_eq!(asker.search("alarm").await.total, 4);
    let mutes =
        asker.client().list_mutes(asker.with(api::ListMutesRequest {})).await.unwrap().into_inner().mutes;
    assert_eq!(mutes.len(), 3);
    for mute in mutes {
        let request = api::DeleteMuteRequest { kind: mute.kind, id: mute.id };
        asker.client().delete_mute(asker.with(request)).await.unwrap();
    }
    assert_eq!(asker.list("org").await.len(), 4);
    let foreign =
        api::PutMuteRequest { kind: "source".into(), id: SourceId::from_uuid(org.id()).to_string() };
    assert_eq!(asker.client().put_mute(asker.with(foreign)).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes_are_mine_my_teams_and_everything_visible() {
    let ground = Ground::start().await;
    let org = ground.org();
    let (anna, bob, team, other) = (org.id(), org.id(), org.id(), org.id());
    let (open, closed) = (org.id(), org.id());
    let (anna_at, bob_at) = (org.account("Anna", Some(anna)).await, org.account("Bob", Some(bob)).await);
    org.team(team, "Core", &[bob]).await;
    org.team(other, "Other", &[]).await;
    org.share(open, "#open", org.id.uuid(), 1).await;
    org.share(closed, "#core", team, 1).await;
    let now = ground.now_us() - 1_000_000;
    let mentioned =
        Say { mentions: vec![anna_at], ..Say::message(open, org.id(), org.id(), org.id(), now, "hey anna") };
    org.say([
        mentioned,
        Say::message(open, org.id(), org.id(), bob_at, now + 1, "from bob"),
        Say::message(closed, org.id(), org.id(), org.id(), now + 2, "core only"),
    ])
    .await;
    let titles = |stories: Vec<api::Story>| stories.into_iter().map(|story| story.title).collect::<Vec<_>>();
    let annas = org.asker(anna, Role::Member, &[]);
    assert_eq!(titles(annas.list("me").await), ["hey anna"]);
    assert_eq!(codes(&annas.list("me").await[0]), ["mentioned", "shared_source"]);
    assert_eq!(titles(annas.list("org").await), ["from bob", "hey anna"]);
    let bobs = org.asker(bob, Role::Member, &[team]);
    let scope = format!("team:{}", TeamId::from_uuid(team));
    assert_eq!(titles(bobs.list(&scope).await), ["core only", "from bob"]);
    let core = &bobs.list(&scope).await[0];
    assert_eq!((core.why[0].code.as_str(), core.why[0].text.as_str()), ("team", "shared with team Core"));
    let ask = |scope: String| api::ListStoriesRequest { scope, ..Default::default() };
    assert_eq!(annas.page(ask(scope.clone())).await.unwrap_err().code(), Code::NotFound);
    // An admin may ask about any team, and still sees only what they may see.
    let admin = org.asker(org.id(), Role::Admin, &[]);
    assert_eq!(titles(admin.list(&scope).await), ["from bob"]);
    let unknown = format!("team:{}", TeamId::from_uuid(org.id()));
    assert_eq!(admin.page(ask(unknown)).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(admin.page(ask("everything".into())).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_organization_leaves_no_row_and_takes_nothing_more() {
    let ground = Ground::start().await;
    let org = ground.org();
    let source = org.id();
    org.share(source, "#general", org.id.uuid(), 1).await;
    let say =
        Say::message(source, org.id(), org.id(), org.account("A", None).await, ground.now_us(), "soon gone");
    org.say([say.clone()]).await;
    let erased = proto::events::v1::OrganizationChanged { erased: true, ..Default::default() };
    org.tell(topic::ORGANIZATION, org.id.uuid(), &erased).await;
    org.say([say]).await;
    let tables = "source source_member account member team team_member task_list item activity story story_past story_gone \
                  story_person seen seen_upto mute search_doc";
    for table in tables.split_whitespace() {
        let rows =
            crate::ground::sql(&format!("select count(*) from {table} where org_id = '{}'", org.id.uuid()));
        assert_eq!(rows.trim(), "0", "{table}");
    }
}

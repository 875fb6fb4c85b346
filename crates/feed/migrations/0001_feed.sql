-- Feed: stories folded from activities, who may see them, what was seen and muted, and the blind search index.
-- Times that end in _us are microseconds since the Unix epoch; uuid zero stands for "nobody".

call oz.create_event_tables('oz_feed', 'oz_feed_queue');

-- The order in which an organization's feed changes. Whoever writes stories holds this row until the commit, so positions
-- appear in the order of commits and a reader that has seen position n has seen everything up to n.
create table feed_clock (
    org_id uuid not null,
    pos bigint not null,
    -- The organization is gone: whatever still arrives is passed over.
    erased boolean not null default false,
    primary key (org_id)
) partition by hash (org_id);
call oz.protect('feed_clock', 'oz_feed', 'select, insert, update');
call oz.open_queue('feed_clock', 'oz_feed_queue', 'select');

create table source (
    org_id uuid not null,
    source_id uuid not null,
    provider text not null,
    -- Sealed with kind "source"; empty when removed.
    key bytea not null,
    -- The organization's id, a team's id, or source_id itself: the members of the source.
    audience uuid not null,
    revision bigint not null,
    -- Tombstone: activities that still arrive are passed over.
    removed boolean not null,
    primary key (org_id, source_id)
) partition by hash (org_id);
call oz.protect('source', 'oz_feed');

-- account_id is a provider account, or a member for archives that one member keeps private.
create table source_member (
    org_id uuid not null,
    source_id uuid not null,
    account_id uuid not null,
    present boolean not null,
    version_us bigint not null,
    primary key (org_id, source_id, account_id)
) partition by hash (org_id);
create index source_member_of_account on source_member (org_id, account_id) where present;
call oz.protect('source_member', 'oz_feed');

create table account (
    org_id uuid not null,
    account_id uuid not null,
    -- Sealed with kind "account"; null until the account was seen.
    profile bytea,
    bot boolean not null default false,
    member_id uuid,
    primary key (org_id, account_id)
) partition by hash (org_id);
create index account_of_member on account (org_id, member_id) where member_id is not null;
call oz.protect('account', 'oz_feed');

create table member (
    org_id uuid not null,
    member_id uuid not null,
    -- Sealed with kind "member".
    profile bytea not null,
    role text not null,
    active boolean not null,
    primary key (org_id, member_id)
) partition by hash (org_id);
call oz.protect('member', 'oz_feed');

create table team (
    org_id uuid not null,
    team_id uuid not null,
    -- Sealed with kind "team".
    name bytea not null,
    primary key (org_id, team_id)
) partition by hash (org_id);
call oz.protect('team', 'oz_feed');

create table team_member (
    org_id uuid not null,
    team_id uuid not null,
    member_id uuid not null,
    primary key (org_id, team_id, member_id)
) partition by hash (org_id);
create index team_of_member on team_member (org_id, member_id);
call oz.protect('team_member', 'oz_feed');

create table task_list (
    org_id uuid not null,
    list_id uuid not null,
    audience uuid not null,
    deleted boolean not null,
    primary key (org_id, list_id)
) partition by hash (org_id);
call oz.protect('task_list', 'oz_feed');

-- The newest version of everything that has content: provider items (sealed with kind "item") and tasks made in Oz (those
-- with a list; sealed with kind "task").
create table item (
    org_id uuid not null,
    item_id uuid not null,
    source_id uuid,
    list_id uuid,
    story_id uuid,
    kind smallint not null,
    version bigint not null,
    -- Tombstone: an older version that still arrives does not bring it back.
    deleted boolean not null,
    occurred_us bigint not null,
    author_id uuid not null,
    -- Whose name the content carries.
    actor_id uuid not null,
    -- Whether the content names the thing.
    titled boolean not null,
    mentioned uuid[] not null,
    assignees uuid[] not null,
    state smallint not null,
    -- Keyed hash of the content: tells a change from a repeat.
    digest bytea not null,
    content bytea not null,
    primary key (org_id, item_id),
    check (source_id is not null or list_id is not null)
) partition by hash (org_id);
create index item_of_story on item (org_id, story_id);
create index item_of_source on item (org_id, source_id);
create index item_of_list on item (org_id, list_id) where list_id is not null;
call oz.protect('item', 'oz_feed');

create table activity (
    org_id uuid not null,
    item_id uuid not null,
    verb smallint not null,
    occurred_us bigint not null,
    account_id uuid not null,
    story_id uuid not null,
    source_id uuid not null,
    kind smallint not null,
    bot boolean not null,
    -- The same activity told twice is one row.
    primary key (org_id, item_id, verb, occurred_us, account_id)
) partition by hash (org_id);
create index activity_of_story on activity (org_id, story_id, occurred_us desc);
create index activity_of_source on activity (org_id, source_id);
call oz.protect('activity', 'oz_feed');

create table story (
    org_id uuid not null,
    story_id uuid not null,
    source_id uuid not null,
    kind smallint not null,
    -- When it changed last, in the organization's order of changes.
    pos bigint not null,
    -- Its place in lists: the newest activity, kept from pointing into the future.
    sort_us bigint not null,
    first_us bigint not null,
    newest_us bigint not null,
    activities int not null,
    -- All that acted are bots.
    bots boolean not null,
    -- The item that gives it its title.
    head_item uuid not null,
    primary key (org_id, story_id)
) partition by hash (org_id);
create index story_newest on story (org_id, sort_us desc, story_id desc);
create index story_of_source on story (org_id, source_id, sort_us desc, story_id desc);
create index story_changed on story (org_id, pos);
call oz.protect('story', 'oz_feed');

-- Places that stories have left, for pages cut before they moved. Kept for a day.
create table story_past (
    org_id uuid not null,
    story_id uuid not null,
    pos bigint not null,
    source_id uuid not null,
    sort_us bigint not null,
    superseded_pos bigint not null,
    at timestamptz not null default now(),
    primary key (org_id, story_id, pos)
) partition by hash (org_id);
create index story_past_window on story_past (org_id, superseded_pos);
call oz.protect('story_past', 'oz_feed');
call oz.open_queue('story_past', 'oz_feed_queue', 'select, delete');

-- Stories that are gone for those who could see them by this audience, for streams. Kept for a day.
create table story_gone (
    org_id uuid not null,
    pos bigint not null,
    story_id uuid not null,
    source_id uuid not null,
    audience uuid not null,
    at timestamptz not null default now(),
    primary key (org_id, pos)
) partition by hash (org_id);
call oz.protect('story_gone', 'oz_feed');
call oz.open_queue('story_gone', 'oz_feed_queue', 'select, delete');

-- Who takes part in a story, with the story's place, so that one person's feed is one walk along an index.
create table story_person (
    org_id uuid not null,
    person_id uuid not null,
    story_id uuid not null,
    -- 1 mentioned, 2 assigned, 3 author, 4 participant.
    reason smallint not null,
    source_id uuid not null,
    pos bigint not null,
    sort_us bigint not null,
    primary key (org_id, story_id, person_id, reason)
) partition by hash (org_id);
create index story_person_newest on story_person (org_id, person_id, sort_us desc, story_id desc);
call oz.protect('story_person', 'oz_feed');

create table seen (
    org_id uuid not null,
    member_id uuid not null,
    story_id uuid not null,
    pos bigint not null,
    at_us bigint not null,
    primary key (org_id, member_id, story_id)
) partition by hash (org_id);
create index seen_of_story on seen (org_id, story_id);
call oz.protect('seen', 'oz_feed');

-- Everything up to pos is seen. previous_pos is what held before at_us, for ranked pages begun earlier.
create table seen_upto (
    org_id uuid not null,
    member_id uuid not null,
    pos bigint not null,
    previous_pos bigint not null,
    at_us bigint not null,
    primary key (org_id, member_id)
) partition by hash (org_id);
call oz.protect('seen_upto', 'oz_feed');

create table mute (
    org_id uuid not null,
    member_id uuid not null,
    -- 1 source, 2 story, 3 actor.
    kind smallint not null,
    id uuid not null,
    created_us bigint not null,
    primary key (org_id, member_id, kind, id)
) partition by hash (org_id);
call oz.protect('mute', 'oz_feed');

-- The blind index. The serving role may write documents and find them by id; their terms it reaches only through the
-- functions below, because @@ is not leakproof and would not use its index under row-level security.
create table search_doc (
    org_id uuid not null,
    doc_id uuid not null,
    source_id uuid,
    list_id uuid,
    kind smallint not null,
    author_id uuid not null,
    occurred_us bigint not null,
    terms tsvector not null,
    primary key (org_id, doc_id),
    check (source_id is not null or list_id is not null)
) partition by hash (org_id);
create index search_doc_terms on search_doc using gin (terms) with (fastupdate = on, gin_pending_list_limit = 1024);
create index search_doc_newest on search_doc (org_id, occurred_us desc, doc_id desc);
create index search_doc_of_source on search_doc (org_id, source_id);
create index search_doc_of_list on search_doc (org_id, list_id) where list_id is not null;
call oz.protect('search_doc', 'oz_feed', 'insert, delete');
grant select (org_id, doc_id, source_id, list_id) on search_doc to oz_feed;
-- Selectivity of a term and the most common terms decide between the index of terms and the walk from the newest.
alter table search_doc alter column terms set statistics 1000;

-- Sources that the member of this transaction may see. No row, no sight.
-- In plpgsql because its plan is kept; a function in SQL that is not inlined is planned anew by every statement.
create function visible_sources() returns uuid[] language plpgsql stable set search_path = pg_catalog, public as $$
begin
    return array(
        select s.source_id from source s
        where s.org_id = oz.org() and not s.removed and s.audience = any(oz.standing())
        union
        select s.source_id
        from source_member m join source s on s.org_id = m.org_id and s.source_id = m.source_id
        where m.org_id = oz.org() and m.present and s.audience = s.source_id and not s.removed
          and m.account_id in (
              select oz.member()
              union all
              select a.account_id from account a where a.org_id = oz.org() and a.member_id = oz.member()));
end $$;
revoke all on function visible_sources() from public;
grant execute on function visible_sources() to oz_feed, oz_feed_definer;

create policy definer on search_doc for select to oz_feed_definer using (true);
create policy definer on source for select to oz_feed_definer using (true);
create policy definer on source_member for select to oz_feed_definer using (true);
create policy definer on account for select to oz_feed_definer using (true);
create policy definer on task_list for select to oz_feed_definer using (true);
grant select on search_doc, source, task_list to oz_feed_definer;
grant select (org_id, source_id, account_id, present) on source_member to oz_feed_definer;
grant select (org_id, account_id, member_id) on account to oz_feed_definer;

-- The one statement that reads terms, as text, so that it is planned for the words at hand. Parameters: $1 organization,
-- $2 query, $3 sources, $4 lists, $5 kinds, $6 kinds not wanted, $7 and $8 from and until, $9 and $10 the key before which
-- to go on.
create function search_statement(query text, kinds smallint[], not_kinds smallint[], after_us bigint, before_us bigint,
    key_us bigint) returns text language sql immutable
    return 'select d.doc_id, d.kind, d.source_id, d.author_id, d.occurred_us from public.search_doc d where d.org_id = $1'
        || ' and (d.source_id is null or d.source_id = any($3)) and (d.list_id is null or d.list_id = any($4))'
        || case when query is null then '' else ' and d.terms @@ $2::tsquery' end
        || case when cardinality(kinds) > 0 then ' and d.kind = any($5)' else '' end
        || case when cardinality(not_kinds) > 0 then ' and d.kind <> all($6)' else '' end
        || case when after_us is null then '' else ' and d.occurred_us >= $7' end
        || case when before_us is null then '' else ' and d.occurred_us < $8' end
        || case when key_us is null then '' else ' and (d.occurred_us, d.doc_id) < ($9, $10)' end;
revoke all on function search_statement(text, smallint[], smallint[], bigint, bigint, bigint) from public;
grant execute on function search_statement(text, smallint[], smallint[], bigint, bigint, bigint) to oz_feed_definer;

create function visible_lists() returns uuid[] language plpgsql stable set search_path = pg_catalog, public as $$
begin
    return array(
        select l.list_id from task_list l
        where l.org_id = oz.org() and not l.deleted and l.audience = any(oz.standing()));
end $$;
revoke all on function visible_lists() from public;
grant execute on function visible_lists() to oz_feed, oz_feed_definer;

-- The newest documents that match and that the member of this transaction may see, before the key if there is one.
create function search_docs(query text, kinds smallint[], not_kinds smallint[], after_us bigint, before_us bigint,
    key_us bigint, key_id uuid, lim int)
returns table (doc_id uuid, kind smallint, source_id uuid, author_id uuid, occurred_us bigint)
language plpgsql stable security definer set search_path = pg_catalog, public rows 100 as $$
begin
    return query execute search_statement(query, kinds, not_kinds, after_us, before_us, key_us)
        || format(' order by d.occurred_us desc, d.doc_id desc limit %s', lim)
        using oz.org(), query, visible_sources(), visible_lists(), kinds, not_kinds, after_us, before_us, key_us, key_id;
end $$;
call oz.give_to_definer('search_docs(text, smallint[], smallint[], bigint, bigint, bigint, uuid, int)', 'oz_feed');

-- How many there are, counted up to cap.
create function count_docs(query text, kinds smallint[], not_kinds smallint[], after_us bigint, before_us bigint, cap int)
returns bigint language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    found bigint;
begin
    execute 'select count(*) from (' || search_statement(query, kinds, not_kinds, after_us, before_us, null)
        || format(' limit %s) d', cap)
        into found
        using oz.org(), query, visible_sources(), visible_lists(), kinds, not_kinds, after_us, before_us;
    return found;
end $$;
call oz.give_to_definer('count_docs(text, smallint[], smallint[], bigint, bigint, int)', 'oz_feed');

-- Lists, tasks with their history, suggestions with their evidence, and what decides who may see them.
-- In the clear: ids, states, dates, priorities, times. Everything that a person wrote or is called is sealed.
call oz.create_event_tables('oz_task', 'oz_task_queue');

-- Who is in the organization, as identity last said.
create table member (
    org_id uuid not null,
    member_id uuid not null,
    profile bytea not null,
    role text not null check (role in ('guest', 'member', 'admin', 'owner')),
    active boolean not null,
    primary key (org_id, member_id)
) partition by hash (org_id);
call oz.protect('member', 'oz_task');

create table team (
    org_id uuid not null,
    team_id uuid not null,
    member_ids uuid[] not null,
    primary key (org_id, team_id)
) partition by hash (org_id);
call oz.protect('team', 'oz_task');

-- Provider accounts. What was seen and who it is linked to come on different topics, in any order.
create table account (
    org_id uuid not null,
    account_id uuid not null,
    profile bytea,
    bot boolean not null default false,
    member_id uuid,
    primary key (org_id, account_id)
) partition by hash (org_id);
call oz.protect('account', 'oz_task');
create index account_member on account (org_id, member_id) where member_id is not null;

-- A source outlives its sharing as a row of ids: tasks that members made from it keep its audience. `removed_at_us` tells
-- what it brought before its removal from what it brings when it is shared again.
create table source (
    org_id uuid not null,
    source_id uuid not null,
    provider text not null,
    key bytea,
    audience uuid not null,
    revision bigint not null,
    removed boolean not null default false,
    removed_at_us bigint not null default 0,
    primary key (org_id, source_id)
) partition by hash (org_id);
call oz.protect('source', 'oz_task');

-- `account_id` is a provider account or, for archives that a member brought in, a member.
create table source_member (
    org_id uuid not null,
    source_id uuid not null,
    account_id uuid not null,
    present boolean not null,
    version_us bigint not null,
    primary key (org_id, source_id, account_id)
) partition by hash (org_id);
call oz.protect('source_member', 'oz_task');

create table list (
    org_id uuid not null,
    list_id uuid not null,
    name bytea not null,
    audience uuid not null,
    is_default boolean not null,
    created_at_us bigint not null,
    primary key (org_id, list_id)
) partition by hash (org_id);
call oz.protect('list', 'oz_task', 'select, insert, delete');

-- `item_id` is set for tasks that mirror a provider's item; `version_us` is then the provider's version. A deleted mirror is
-- a tombstone without a body.
create table task (
    org_id uuid not null,
    task_id uuid not null,
    list_id uuid not null,
    source_id uuid,
    thing_id uuid,
    item_id uuid,
    provider text not null default '',
    state text not null check (state in ('open', 'in_progress', 'done', 'canceled')),
    assignee_member uuid,
    assignee_account uuid,
    due_on date,
    priority text not null check (priority in ('none', 'low', 'medium', 'high', 'urgent')),
    body bytea not null,
    version bigint not null,
    version_us bigint not null default 0,
    created_at_us bigint not null,
    updated_at_us bigint not null,
    deleted boolean not null default false,
    primary key (org_id, task_id),
    foreign key (org_id, list_id) references list (org_id, list_id),
    check (assignee_member is null or assignee_account is null)
) partition by hash (org_id);
call oz.protect('task', 'oz_task');
create index task_newest on task (org_id, created_at_us desc, task_id desc) where not deleted;
create index task_source on task (org_id, source_id) where source_id is not null;
create index task_thing on task (org_id, thing_id) where thing_id is not null;

create table task_change (
    org_id uuid not null,
    task_id uuid not null,
    version bigint not null,
    at_us bigint not null,
    actor_member uuid,
    actor_account uuid,
    verb text not null check (verb in ('created', 'updated', 'undone', 'deleted', 'provider')),
    undone boolean not null default false,
    fields bytea not null,
    primary key (org_id, task_id, version),
    foreign key (org_id, task_id) references task (org_id, task_id) on delete cascade
) partition by hash (org_id);
call oz.protect('task_change', 'oz_task');

-- The words in a message that a task was made or changed from.
create table evidence (
    org_id uuid not null,
    task_id uuid not null,
    item_id uuid not null,
    source_id uuid not null,
    thing_id uuid not null,
    quote bytea not null,
    primary key (org_id, task_id, item_id),
    foreign key (org_id, task_id) references task (org_id, task_id) on delete cascade
) partition by hash (org_id);
call oz.protect('evidence', 'oz_task');
create index evidence_source on evidence (org_id, source_id);
create index evidence_thing on evidence (org_id, thing_id);
create index evidence_item on evidence (org_id, item_id);

-- The newest messages of each thread, so that a new one is read in its context. Without content: deleted at the source.
-- `heard` counts the versions taken in.
create table thread_message (
    org_id uuid not null,
    item_id uuid not null,
    thing_id uuid not null,
    source_id uuid not null,
    account_id uuid,
    occurred_at_us bigint not null,
    version_us bigint not null,
    mentioned uuid[] not null,
    content bytea,
    heard integer not null default 1,
    primary key (org_id, item_id)
) partition by hash (org_id);
call oz.protect('thread_message', 'oz_task');
create index thread_message_order on thread_message (org_id, thing_id, occurred_at_us, item_id);
create index thread_message_source on thread_message (org_id, source_id);

-- `effect`: what accepting does. `fold`: blind hash of what is asked of whom, so that one ask made twice is one suggestion.
-- `body` is null when the message of an accepted suggestion is gone.
create table suggestion (
    org_id uuid not null,
    suggestion_id uuid not null,
    source_id uuid not null,
    thing_id uuid not null,
    item_id uuid not null,
    effect text not null check (effect in ('create', 'state', 'assignee', 'due_on')),
    task_id uuid,
    new_state text check (new_state in ('open', 'in_progress', 'done', 'canceled')),
    assignee_member uuid,
    assignee_account uuid,
    due_on date,
    confidence real not null,
    quote_start integer not null,
    quote_end integer not null,
    fold bytea not null,
    body bytea,
    status text not null check (status in ('open', 'accepted', 'rejected')),
    patched boolean not null default false,
    created_at_us bigint not null,
    decided_by uuid,
    decided_at_us bigint,
    primary key (org_id, suggestion_id)
) partition by hash (org_id);
call oz.protect('suggestion', 'oz_task');
create unique index suggestion_one_open on suggestion (org_id, thing_id, fold) where status = 'open';
create index suggestion_newest on suggestion (org_id, status, created_at_us desc, suggestion_id desc);
create index suggestion_item on suggestion (org_id, item_id);
create index suggestion_source on suggestion (org_id, source_id);

-- The sources that the member of this transaction may see; `live` unless they are no longer shared.
create function visible_sources(org uuid) returns table (source_id uuid, live boolean) language sql stable as $$
    select s.source_id, not s.removed from source s
    where s.org_id = org and (
        s.audience = any(oz.standing())
        or s.audience = s.source_id and exists (
            select from source_member m
            where m.org_id = org and m.source_id = s.source_id and m.present and m.account_id = any(
                array(select a.account_id from account a where a.org_id = org and a.member_id = oz.member()) || oz.member())))
$$;

-- The intersection of the list's audience and the source's, deleted tasks included. Unknown is hidden.
create function visible_tasks(org uuid) returns setof task language sql stable as $$
    select t.* from task t join list l on l.org_id = t.org_id and l.list_id = t.list_id
    where t.org_id = org and l.org_id = org and l.audience = any(oz.standing())
        and (t.source_id is null or exists (
            select from visible_sources(org) s where s.source_id = t.source_id and (s.live or t.item_id is null)))
$$;

-- Those whose source the member sees; one that changes a task says its title, so the task must be visible too.
create function visible_suggestions(org uuid) returns setof suggestion language sql stable as $$
    select g.* from suggestion g
    where g.org_id = org
        and exists (select from visible_sources(org) s where s.source_id = g.source_id and s.live)
        and (g.effect = 'create' or exists (
            select from visible_tasks(org) t where t.task_id = g.task_id and not t.deleted))
$$;

call oz.create_event_tables('oz_aggregation', 'oz_aggregation_queue');

-- What may be known of an item: when it came into being, by whom, and whether it is still there. No content, no name.
create table item (
    org_id uuid not null,
    item_id uuid not null,
    source_id uuid not null,
    thing_id uuid not null,
    -- message, task, change, other
    kind smallint not null,
    -- Null until its beginning was seen. The person is null for bots and where nobody is named.
    created_us bigint,
    creator uuid,
    -- When its thing began, by the provider's word.
    opened_us bigint,
    -- The newest word on whether it is there.
    seen_version bigint not null,
    gone boolean not null,
    primary key (org_id, item_id)
) partition by hash (org_id);
call oz.protect('item', 'oz_aggregation');
create index item_thing on item (org_id, thing_id, created_us, item_id);
create index item_source on item (org_id, source_id);

-- A task was closed or opened again, a change was merged. All are kept: which one counts depends on those that may come late.
create table turn (
    org_id uuid not null,
    item_id uuid not null,
    -- open, closed, merged
    turn smallint not null,
    -- Order among the turns of an item.
    ord bigint not null,
    at_us bigint not null,
    person uuid,
    primary key (org_id, item_id, turn, ord, at_us),
    foreign key (org_id, item_id) references item on delete cascade
) partition by hash (org_id);
call oz.protect('turn', 'oz_aggregation');

-- One row for each thing counted: its one effect on the figures.
create table point (
    org_id uuid not null,
    metric smallint not null,
    key uuid not null,
    source_id uuid not null,
    day date not null,
    -- Who did it; for durations who opened (person) and who answered or merged (other).
    person uuid not null,
    other uuid not null,
    -- Seconds; 0 for counts.
    value bigint not null,
    primary key (org_id, metric, key)
) partition by hash (org_id);
call oz.protect('point', 'oz_aggregation');
create index point_source on point (org_id, source_id);

-- The points summed, kept in the same transaction: reading costs people and days, not events.
create table daily (
    org_id uuid not null,
    metric smallint not null,
    day date not null,
    person uuid not null,
    other uuid not null,
    value bigint not null,
    n bigint not null,
    primary key (org_id, metric, day, person, other, value)
) partition by hash (org_id);
call oz.protect('daily', 'oz_aggregation');

-- Sources that are no longer shared: what still comes from them is passed over.
create table removed_source (
    org_id uuid not null,
    source_id uuid not null,
    revision bigint not null,
    primary key (org_id, source_id)
) partition by hash (org_id);
call oz.protect('removed_source', 'oz_aggregation');

create table organization (
    org_id uuid not null,
    cohort_floor integer not null,
    erased boolean not null,
    primary key (org_id)
) partition by hash (org_id);
call oz.protect('organization', 'oz_aggregation');

create table member (
    org_id uuid not null,
    member_id uuid not null,
    active boolean not null,
    primary key (org_id, member_id)
) partition by hash (org_id);
call oz.protect('member', 'oz_aggregation');

create table account (
    org_id uuid not null,
    account_id uuid not null,
    member_id uuid,
    primary key (org_id, account_id)
) partition by hash (org_id);
call oz.protect('account', 'oz_aggregation');

-- A deleted team of which a figure was shown stays, so that its figures cannot be subtracted from those of its successor.
create table team (
    org_id uuid not null,
    team_id uuid not null,
    founded_us bigint not null,
    -- A figure of it was shown: its roster for the past is final.
    sealed boolean not null default false,
    deleted boolean not null default false,
    primary key (org_id, team_id)
) partition by hash (org_id);
call oz.protect('team', 'oz_aggregation');

-- Who is in a team from a month on. The first roster holds for all the time before, too.
create table roster (
    org_id uuid not null,
    team_id uuid not null,
    from_month date not null,
    member_ids uuid[] not null,
    primary key (org_id, team_id, from_month),
    foreign key (org_id, team_id) references team on delete cascade
) partition by hash (org_id);
call oz.protect('roster', 'oz_aggregation');

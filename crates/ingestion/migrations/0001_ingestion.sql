-- Ingestion: what is connected and shared, what arrived, and what it means.

call oz.create_event_tables('oz_ingestion', 'oz_ingestion_queue');

create table integration (
    org_id uuid not null,
    integration_id uuid not null,
    provider text not null,
    name bytea not null,
    status text not null check (status in ('active', 'disconnected', 'deleted')),
    -- Sealed signing secrets: the current one, and the one before it while it is still valid. Null for imports.
    secret bytea,
    previous_secret bytea,
    previous_until timestamptz,
    created_by uuid not null,
    created_at timestamptz not null,
    primary key (org_id, integration_id)
) partition by hash (org_id);
call oz.protect('integration', 'oz_ingestion', 'select, insert, update');

create table source (
    org_id uuid not null,
    source_id uuid not null,
    integration_id uuid not null,
    -- Blind hash of the canonical key, for look-up; the key itself is sealed.
    key_hash bytea not null,
    key bytea not null,
    -- The organization's id, a team's id, or source_id itself: the members of the source.
    audience uuid not null,
    shared boolean not null,
    revision bigint not null,
    shared_at timestamptz not null,
    primary key (org_id, source_id),
    foreign key (org_id, integration_id) references integration
) partition by hash (org_id);
create index source_of_integration on source (org_id, integration_id);
create unique index source_shared_once on source (org_id, integration_id, key_hash) where shared;
call oz.protect('source', 'oz_ingestion', 'select, insert, update');

create table account (
    org_id uuid not null,
    account_id uuid not null,
    provider text not null,
    profile bytea not null,
    -- Blind hash of what the profile says: tells a change from a repeat.
    profile_hash bytea not null,
    bot boolean not null,
    -- Whose account it is; told by identity.
    member_id uuid,
    primary key (org_id, account_id)
) partition by hash (org_id);
create index account_of_member on account (org_id, member_id) where member_id is not null;
call oz.protect('account', 'oz_ingestion', 'select, insert, update');

-- Who can see a source at the provider. account_id is a provider account, or a member for archives that one member keeps private.
create table source_member (
    org_id uuid not null,
    source_id uuid not null,
    account_id uuid not null,
    present boolean not null,
    version timestamptz not null,
    primary key (org_id, source_id, account_id),
    foreign key (org_id, source_id) references source
) partition by hash (org_id);
call oz.protect('source_member', 'oz_ingestion');

create table delivery (
    org_id uuid not null,
    delivery_id uuid not null,
    integration_id uuid not null,
    -- Null for deliveries about the connection itself.
    source_id uuid,
    -- Blind hash of what makes two deliveries the same.
    dedupe bytea not null,
    event text not null,
    -- Sealed; null once an archive's record is normalised.
    body bytea,
    state text not null default 'pending' check (state in ('pending', 'applied', 'skipped', 'failed')),
    reason text not null default '',
    attempts int not null default 0,
    received_at timestamptz not null,
    primary key (org_id, delivery_id),
    unique (org_id, integration_id, dedupe)
) partition by hash (org_id);
create index delivery_of_integration on delivery (org_id, integration_id, delivery_id desc);
create index delivery_of_source on delivery (org_id, source_id);
call oz.protect('delivery', 'oz_ingestion');

-- Deliveries that wait to be normalised: identifiers and a proof, no content.
create table work (
    org_id uuid not null,
    seq bigint generated always as identity,
    shard smallint not null,
    delivery_id uuid not null,
    ticket bytea not null,
    primary key (org_id, seq)
) partition by hash (org_id);
create index work_order on work (shard, seq);
call oz.protect('work', 'oz_ingestion', 'select, insert, delete', 1);
call oz.open_queue('work', 'oz_ingestion_queue', 'select');

-- What arrived and was not stored: counted by event and reason, so that nothing is silent.
create table coverage (
    org_id uuid not null,
    integration_id uuid not null,
    event text not null,
    outcome text not null,
    reason text not null,
    count bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (org_id, integration_id, event, outcome, reason)
) partition by hash (org_id);
call oz.protect('coverage', 'oz_ingestion', 'select, insert, update');

create table item (
    org_id uuid not null,
    item_id uuid not null,
    source_id uuid not null,
    thing_id uuid not null,
    kind smallint not null,
    account_id uuid,
    occurred_at timestamptz not null,
    edited_at timestamptz,
    version timestamptz not null,
    -- Sealed events.v1.Content; null when the item is gone at the source.
    content bytea,
    primary key (org_id, item_id)
) partition by hash (org_id);
create index item_of_source on item (org_id, source_id);
create index item_of_thing on item (org_id, thing_id, occurred_at, item_id);
call oz.protect('item', 'oz_ingestion');

create table import (
    org_id uuid not null,
    integration_id uuid not null,
    scope bytea not null,
    state text not null check (state in ('receiving', 'received', 'interrupted')),
    bytes bigint not null,
    started_at timestamptz not null,
    primary key (org_id, integration_id),
    foreign key (org_id, integration_id) references integration
) partition by hash (org_id);
call oz.protect('import', 'oz_ingestion', 'select, insert, update');

-- The sources that the scope's member may see, for every query that gives content back.
create function visible_source() returns setof uuid language sql stable parallel safe
begin atomic
    select s.source_id from public.source s
    where s.org_id = oz.org() and s.shared and (
        s.audience = any (oz.standing())
        or (s.audience = s.source_id and exists (
            select from public.source_member m left join public.account a on a.org_id = m.org_id and a.account_id = m.account_id
            where m.org_id = s.org_id and m.source_id = s.source_id and m.present
              and (m.account_id = oz.member() or a.member_id = oz.member()))));
end;
revoke all on function visible_source() from public;
grant execute on function visible_source() to oz_ingestion;

-- The hook door knows an integration's id and nothing else yet. It may ask for this one integration, and put deliveries down for
-- many organizations in one commit; both only through these functions.
create policy definer on integration for select to oz_ingestion_definer using (true);
create policy definer on source for select to oz_ingestion_definer using (true);
create policy definer on delivery to oz_ingestion_definer using (true) with check (true);
create policy definer on work for insert to oz_ingestion_definer with check (true);
create policy definer on coverage to oz_ingestion_definer using (true) with check (true);
grant select on integration, source to oz_ingestion_definer;
grant select, insert on delivery to oz_ingestion_definer;
grant insert on work to oz_ingestion_definer;
grant select, insert, update on coverage to oz_ingestion_definer;

create function door_integration(id uuid)
returns table (org_id uuid, provider text, status text, secret bytea, previous_secret bytea, previous_until timestamptz,
    key_hashes bytea[], source_ids uuid[])
language sql stable security definer set search_path = pg_catalog, public
begin atomic
    select i.org_id, i.provider, i.status, i.secret, i.previous_secret, i.previous_until,
        coalesce(array_agg(s.key_hash order by s.source_id) filter (where s.source_id is not null), '{}'),
        coalesce(array_agg(s.source_id order by s.source_id) filter (where s.source_id is not null), '{}')
    from public.integration i
    left join public.source s on s.org_id = i.org_id and s.integration_id = i.integration_id and s.shared
    where i.integration_id = id
    group by i.org_id, i.integration_id;
end;
create index integration_by_id on integration (integration_id);

-- Puts deliveries down durably: the delivery and its place in the queue together. Answers for each, by its place in the arrays,
-- whether it was accepted, repeated, or came from a source that is not shared (any more).
create function door_accept(orgs uuid[], integrations uuid[], sources uuid[], ids uuid[], dedupes bytea[], events text[],
    bodies bytea[], shards smallint[], tickets bytea[], at timestamptz)
returns table (place bigint, outcome text)
language sql volatile security definer set search_path = pg_catalog, public
begin atomic
    with given as (
        select * from unnest(orgs, integrations, sources, ids, dedupes, events, bodies, shards, tickets) with ordinality
            as g (org_id, integration_id, source_id, delivery_id, dedupe, event, body, shard, ticket, place)
    ), allowed as (
        select g.* from given g
        where g.source_id is null or exists (
            select from public.source s where s.org_id = g.org_id and s.source_id = g.source_id and s.shared)
    ), stored as (
        insert into public.delivery (org_id, delivery_id, integration_id, source_id, dedupe, event, body, received_at)
        select a.org_id, a.delivery_id, a.integration_id, a.source_id, a.dedupe, a.event, a.body, at from allowed a
        on conflict (org_id, integration_id, dedupe) do nothing
        returning delivery.org_id, delivery.delivery_id
    ), queued as (
        insert into public.work (org_id, shard, delivery_id, ticket)
        select a.org_id, a.shard, a.delivery_id, a.ticket
        from allowed a join stored s on s.org_id = a.org_id and s.delivery_id = a.delivery_id
        order by a.place
    )
    select g.place,
        case when s.delivery_id is not null then 'accepted' when a.delivery_id is not null then 'repeated' else 'source_not_shared' end
    from given g
    left join allowed a on a.place = g.place
    left join stored s on s.org_id = g.org_id and s.delivery_id = g.delivery_id;
end;

-- Counts what the door did not store. The keys are distinct and sorted, so that two doors never wait for each other in a circle.
create function door_count(orgs uuid[], integrations uuid[], events text[], outcomes text[], reasons text[], counts bigint[], at timestamptz)
returns void
language sql volatile security definer set search_path = pg_catalog, public
begin atomic
    insert into public.coverage as c (org_id, integration_id, event, outcome, reason, count, first_at, last_at)
    select g.org_id, g.integration_id, g.event, g.outcome, g.reason, g.count, at, at
    from unnest(orgs, integrations, events, outcomes, reasons, counts) as g (org_id, integration_id, event, outcome, reason, count)
    order by 1, 2, 3, 4, 5
    on conflict (org_id, integration_id, event, outcome, reason)
    do update set count = c.count + excluded.count, last_at = excluded.last_at;
end;

call oz.give_to_definer('door_integration'::regproc::regprocedure, 'oz_ingestion');
call oz.give_to_definer('door_accept'::regproc::regprocedure, 'oz_ingestion');
call oz.give_to_definer('door_count'::regproc::regprocedure, 'oz_ingestion');

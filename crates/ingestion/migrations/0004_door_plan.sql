-- The same as before in a language that keeps its plan: a function in SQL is planned anew by every call, which was most of what an
-- accepted delivery cost.
create or replace function door_accept(orgs uuid[], integrations uuid[], sources uuid[], ids uuid[], dedupes bytea[], events text[],
    bodies bytea[], shards smallint[], tickets bytea[], at timestamptz)
returns table (place bigint, outcome text)
language plpgsql volatile security definer set search_path = pg_catalog, public rows 100 as $$
#variable_conflict use_column
begin
    return query
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
end $$;

-- Sealed bytes do not compress: trying costs more than it finds.
alter table delivery alter column body set storage external;
alter table item alter column content set storage external;

-- A delivery is written once and settled once, soon after: the settled version finds room beside it and needs no new index entries.
do $$
declare
    part regclass;
begin
    for part in select inhrelid::regclass from pg_inherits where inhparent = 'delivery'::regclass loop
        execute format('alter table %s set (fillfactor = 70)', part);
        execute format('alter table %s alter column body set storage external', part);
    end loop;
    for part in select inhrelid::regclass from pg_inherits where inhparent = 'item'::regclass loop
        execute format('alter table %s alter column content set storage external', part);
    end loop;
end $$;

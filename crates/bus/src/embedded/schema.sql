-- The embedded log. Every statement may run again on a database that has it already.

create table if not exists bus_topic (
    topic_id   integer generated always as identity primary key,
    name       text    not null unique,
    partitions integer not null check (partitions between 1 and 1024)
);

-- The row of a partition is the lock under which it grows: offsets have no gaps, and a higher offset never
-- becomes visible before a lower one. A reader may therefore remember the highest offset it has seen.
create table if not exists bus_partition (
    topic_id    integer not null references bus_topic,
    partition   integer not null,
    next_offset bigint  not null default 0,
    primary key (topic_id, partition)
) with (fillfactor = 50);

create table if not exists bus_log (
    topic_id    integer not null,
    partition   integer not null,
    log_offset  bigint  not null,
    key         bytea   not null,
    payload     bytea   not null,
    event_id    uuid,
    traceparent text,
    appended_at timestamptz not null default now(),
    primary key (topic_id, partition, log_offset),
    foreign key (topic_id, partition) references bus_partition
);
-- Payloads are sealed, and what is encrypted does not compress.
alter table bus_log alter column payload set storage external;

-- `lock_id` names the advisory lock that a partition's consumer holds; `owner` is the member that took it last.
create table if not exists bus_group (
    group_name text    not null,
    topic_id   integer not null,
    partition  integer not null,
    lock_id    integer generated always as identity unique,
    committed  bigint  not null,
    owner      integer,
    primary key (group_name, topic_id, partition),
    foreign key (topic_id, partition) references bus_partition
) with (fillfactor = 50);

-- A member is alive as long as its session holds the advisory lock of its id.
create table if not exists bus_member (
    member_id  integer generated always as identity primary key,
    group_name text      not null,
    topic_ids  integer[] not null
);
create index if not exists bus_member_of_group on bus_member (group_name);

-- The log's own function makes the records, so nothing else needs to look whether their partition exists.
alter table bus_log drop constraint if exists bus_log_topic_id_partition_fkey;

drop function if exists bus_append(integer, integer[], bytea[], bytea[], uuid[], text[]);

create or replace function bus_append(
    p_topics integer[], p_partitions integer[], p_keys bytea[], p_payloads bytea[], p_event_ids uuid[], p_traceparents text[]
) returns void language plpgsql as $$
declare
    target record;
    first  bigint;
begin
    -- Rows are locked in ascending order, so two appends cannot wait for each other.
    for target in
        select r.topic, r.partition, array_agg(r.place order by r.place) as places
          from unnest(p_topics, p_partitions) with ordinality as r(topic, partition, place)
         group by r.topic, r.partition order by r.topic, r.partition
    loop
        update bus_partition set next_offset = next_offset + cardinality(target.places)
         where topic_id = target.topic and partition = target.partition
        returning next_offset - cardinality(target.places) into strict first;
        insert into bus_log (topic_id, partition, log_offset, key, payload, event_id, traceparent)
        select target.topic, target.partition, first + n - 1, p_keys[place], p_payloads[place], p_event_ids[place],
               p_traceparents[place]
          from unnest(target.places) with ordinality as t(place, n);
        perform pg_notify('oz_bus_topic_' || target.topic, target.partition::text);
    end loop;
end
$$;

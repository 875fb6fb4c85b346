-- The ground on which every service's schema stands. Idempotent; run by the owner before its migrations.
create schema if not exists oz;

-- What a transaction's scope says. Set by TenantTx and by nothing else.
create or replace function oz.org() returns uuid language sql stable parallel safe
    return nullif(current_setting('oz.org', true), '')::uuid;
create or replace function oz.member() returns uuid language sql stable parallel safe
    return nullif(current_setting('oz.member', true), '')::uuid;
-- Audiences the member belongs to without asking any source: the organization (not for guests) and the teams.
create or replace function oz.standing() returns uuid[] language sql stable parallel safe
    return coalesce(nullif(current_setting('oz.standing', true), '')::uuid[], '{}');

-- Puts a tenant table under the second lock: forced row-level security for the service's role, hash partitions that nobody
-- may touch directly, and no more rights than asked for.
create or replace procedure oz.protect(tbl text, service_role text,
    rights text default 'select, insert, update, delete', parts int default 4)
language plpgsql as $$
begin
    execute format('alter table public.%I enable row level security', tbl);
    execute format('alter table public.%I force row level security', tbl);
    execute format('create policy tenant on public.%I to %I using (org_id = nullif(current_setting(''oz.org'', true), '''')::uuid) '
        || 'with check (org_id = nullif(current_setting(''oz.org'', true), '''')::uuid)', tbl, service_role);
    for part in 0 .. parts - 1 loop
        execute format('create table public.%I partition of public.%I for values with (modulus %s, remainder %s)',
            tbl || '_p' || part, tbl, parts, part);
        execute format('alter table public.%I enable row level security', tbl || '_p' || part);
        execute format('alter table public.%I force row level security', tbl || '_p' || part);
    end loop;
    execute format('grant %s on public.%I to %I', rights, tbl, service_role);
end $$;

-- Lets the queue role of the service walk over all organizations of a table that holds waiting work and no content in the clear.
create or replace procedure oz.open_queue(tbl text, queue_role text, rights text default 'select, update, delete')
language plpgsql as $$
begin
    execute format('create policy queue on public.%I to %I using (true) with check (true)', tbl, queue_role);
    execute format('grant %s on public.%I to %I', rights, tbl, queue_role);
end $$;

-- Makes a function the definer role's: it looks past the tenant policy by a policy of its own, and only the service may call it.
create or replace procedure oz.give_to_definer(fn regprocedure, service_role text)
language plpgsql as $$
begin
    -- The new owner needs the right to create in the schema, for this one moment.
    execute format('grant create on schema public to %I', service_role || '_definer');
    execute format('alter function %s owner to %I', fn, service_role || '_definer');
    execute format('revoke create on schema public from %I', service_role || '_definer');
    execute format('revoke all on function %s from public', fn);
    execute format('grant execute on function %s to %I', fn, service_role);
end $$;

-- The transactional outbox, what was consumed already, and what could not be.
create or replace procedure oz.create_event_tables(service_role text, queue_role text)
language plpgsql as $$
begin
    create table public.outbox (
        org_id uuid not null, seq bigint generated always as identity, topic text not null,
        key bytea not null, event_id uuid not null, envelope bytea not null,
        primary key (org_id, seq)
    ) partition by hash (org_id);
    call oz.protect('outbox', service_role, 'insert', 1);
    call oz.open_queue('outbox', queue_role, 'select, insert, delete');
    create index outbox_order on public.outbox (seq);

    create table public.consumed (
        org_id uuid not null, event_id uuid not null, at timestamptz not null default now(),
        primary key (org_id, event_id)
    ) partition by hash (org_id);
    call oz.protect('consumed', service_role, 'select, insert', 4);
    call oz.open_queue('consumed', queue_role, 'select, delete');
    create index consumed_age on public.consumed using brin (at);

    create table public.dead_letter (
        org_id uuid not null, event_id uuid not null, topic text not null, type text not null,
        envelope bytea not null, reason text not null, at timestamptz not null default now(),
        primary key (org_id, event_id)
    ) partition by hash (org_id);
    call oz.protect('dead_letter', service_role, 'select, insert, delete', 1);
    call oz.open_queue('dead_letter', queue_role, 'select, insert, delete');
end $$;

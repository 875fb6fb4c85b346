-- A service of these tests: what it applied, counted.
call oz.create_event_tables('oz_probe', 'oz_probe_queue');
create table effect (
    org_id uuid not null,
    source_id uuid not null,
    applied bigint not null,
    primary key (org_id, source_id)
) partition by hash (org_id);
call oz.protect('effect', 'oz_probe');

-- A service of these tests, as a service should be.
create table kept (
    org_id uuid not null,
    id uuid not null,
    word text not null check (word <> ''),
    primary key (org_id, id)
) partition by hash (org_id);
call oz.protect('kept', 'oz_probe');

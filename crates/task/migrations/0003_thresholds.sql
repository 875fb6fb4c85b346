-- What an organization wants suggested, and what done unasked. Without a row, or null: Oz's own threshold, and nothing unasked.
create table threshold (
    org_id uuid not null,
    suggest real check (suggest between 0 and 1),
    auto real check (auto between 0 and 1),
    primary key (org_id)
) partition by hash (org_id);
call oz.protect('threshold', 'oz_task');

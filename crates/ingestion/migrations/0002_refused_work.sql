-- Places in the queue whose ticket is not the installation's: nobody here laid them down, or the key was another when they were.
-- They are taken out of the queue, so that they hold nobody up, and kept for whoever looks into it: after a mistake with the key
-- `insert into work (org_id, shard, delivery_id, ticket) select org_id, shard, delivery_id, ticket from refused_work` brings them back.
create table refused_work (
    org_id uuid not null,
    seq bigint not null,
    shard smallint not null,
    delivery_id uuid not null,
    ticket bytea not null,
    at timestamptz not null,
    primary key (org_id, seq)
) partition by hash (org_id);
call oz.protect('refused_work', 'oz_ingestion', 'select, delete', 1);
call oz.open_queue('refused_work', 'oz_ingestion_queue', 'select, insert');
grant delete on work to oz_ingestion_queue;

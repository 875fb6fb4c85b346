-- When the process that receives an archive last said so: one that was killed says nothing any more. Whatever was being received
-- by an earlier version has been silent since then.
alter table import add column heard_at timestamptz not null default 'epoch';
alter table import alter column heard_at drop default;

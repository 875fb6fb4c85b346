-- The open tasks of somebody, newest first: asked whenever they speak.
create index task_of_account on task (org_id, assignee_account, created_at_us desc, task_id)
    where assignee_account is not null and not deleted and state in ('open', 'in_progress');
create index task_of_member on task (org_id, assignee_member, created_at_us desc, task_id)
    where assignee_member is not null and not deleted and state in ('open', 'in_progress');

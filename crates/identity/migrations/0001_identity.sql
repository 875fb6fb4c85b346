call oz.create_event_tables('oz_identity', 'oz_identity_queue');

create table organization (
    org_id uuid not null,
    name bytea not null,
    cohort_floor int not null default 5 check (cohort_floor >= 5),
    created_at timestamptz not null,
    erased_at timestamptz,
    primary key (org_id)
) partition by hash (org_id);
call oz.protect('organization', 'oz_identity', 'select, insert, update');

-- Data keys, wrapped by the key-encryption key; a destroyed one keeps its row and loses its bytes.
create table org_key (
    org_id uuid not null,
    purpose text not null check (purpose in ('content', 'search')),
    version int not null check (version > 0),
    wrapped bytea,
    created_at timestamptz not null,
    destroyed_at timestamptz,
    primary key (org_id, purpose, version),
    foreign key (org_id) references organization (org_id),
    check ((wrapped is null) = (destroyed_at is not null))
) partition by hash (org_id);
call oz.protect('org_key', 'oz_identity', 'select, insert, update');
-- The operator wraps all of them anew when the key-encryption key changes; there is nothing in the clear to see.
call oz.open_queue('org_key', 'oz_identity_queue', 'select, update');

-- Seeds of the keys that sign caller tokens, wrapped. They are the installation's: org_id is all zeros.
create table signing_key (
    org_id uuid not null check (org_id = '00000000-0000-0000-0000-000000000000'),
    key_id uuid not null,
    wrapped bytea not null,
    created_at timestamptz not null,
    primary key (org_id, key_id)
) partition by hash (org_id);
call oz.protect('signing_key', 'oz_identity', 'select, insert, delete', 1);
call oz.open_queue('signing_key', 'oz_identity_queue', 'select, update');

create table member (
    org_id uuid not null,
    member_id uuid not null,
    role text not null check (role in ('guest', 'member', 'admin', 'owner')),
    status text not null check (status in ('invited', 'active', 'removed')),
    profile bytea not null,
    -- HMAC of the address under the organization's search key.
    email_blind bytea not null,
    created_at timestamptz not null,
    primary key (org_id, member_id),
    unique (org_id, email_blind),
    foreign key (org_id) references organization (org_id)
) partition by hash (org_id);
call oz.protect('member', 'oz_identity', 'select, insert, update');

create table team (
    org_id uuid not null,
    team_id uuid not null,
    name bytea not null,
    created_at timestamptz not null,
    primary key (org_id, team_id),
    foreign key (org_id) references organization (org_id)
) partition by hash (org_id);
call oz.protect('team', 'oz_identity');

create table team_member (
    org_id uuid not null,
    team_id uuid not null,
    member_id uuid not null,
    primary key (org_id, team_id, member_id),
    foreign key (org_id, team_id) references team (org_id, team_id) on delete cascade,
    foreign key (org_id, member_id) references member (org_id, member_id)
) partition by hash (org_id);
call oz.protect('team_member', 'oz_identity', 'select, insert, delete');
create index team_member_of on team_member (org_id, member_id);

-- Open invitations; accepted and revoked ones are in the audit.
create table invitation (
    org_id uuid not null,
    invitation_id uuid not null,
    member_id uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (org_id, invitation_id),
    unique (org_id, member_id),
    foreign key (org_id, member_id) references member (org_id, member_id)
) partition by hash (org_id);
call oz.protect('invitation', 'oz_identity');

create table sign_in_link (
    org_id uuid not null,
    link_id uuid not null,
    member_id uuid not null,
    hash bytea not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    primary key (org_id, link_id),
    foreign key (org_id, member_id) references member (org_id, member_id)
) partition by hash (org_id);
call oz.protect('sign_in_link', 'oz_identity');
create index sign_in_link_of on sign_in_link (org_id, member_id);

create table session (
    org_id uuid not null,
    session_id uuid not null,
    member_id uuid not null,
    hash bytea not null,
    authenticated_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (org_id, session_id),
    foreign key (org_id, member_id) references member (org_id, member_id)
) partition by hash (org_id);
call oz.protect('session', 'oz_identity');
create index session_of on session (org_id, member_id);

create table api_token (
    org_id uuid not null,
    token_id uuid not null,
    member_id uuid not null,
    hash bytea not null,
    prefix text not null,
    name bytea not null,
    scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['read', 'write', 'admin']),
    created_at timestamptz not null,
    expires_at timestamptz,
    -- To the hour: when somebody worked is nobody's business.
    last_used_at timestamptz,
    revoked_at timestamptz,
    primary key (org_id, token_id),
    foreign key (org_id, member_id) references member (org_id, member_id)
) partition by hash (org_id);
call oz.protect('api_token', 'oz_identity', 'select, insert, update');
create index api_token_of on api_token (org_id, member_id);

-- Provider accounts. linked_by without a member: an admin said that it is nobody.
create table account (
    org_id uuid not null,
    account_id uuid not null,
    provider text not null,
    profile bytea not null,
    email_blind bytea,
    email_verified boolean not null,
    bot boolean not null,
    member_id uuid,
    linked_by text check (linked_by in ('verified_address', 'admin')),
    primary key (org_id, account_id),
    foreign key (org_id) references organization (org_id),
    foreign key (org_id, member_id) references member (org_id, member_id),
    check (member_id is null or linked_by is not null)
) partition by hash (org_id);
call oz.protect('account', 'oz_identity', 'select, insert, update');
create index account_waiting on account (org_id, email_blind) where linked_by is null and email_verified and not bot;

create table audit (
    org_id uuid not null,
    audit_id uuid not null,
    action text not null,
    subject text not null,
    actor text not null,
    purpose text not null check (purpose in ('serve_team', 'operate')),
    at timestamptz not null,
    primary key (org_id, audit_id)
) partition by hash (org_id);
call oz.protect('audit', 'oz_identity', 'select, insert');

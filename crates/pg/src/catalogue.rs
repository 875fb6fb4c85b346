//! What the database's own catalogue says about the second lock.
//!
//! A service's integration tests call [`violations`] on its migrated database: every table, view and function is looked at,
//! so that a new one that forgets a rule fails the build and not the tenant.

use sqlx::{PgConnection, Row};

use crate::PgError;

/// Everything that breaks a rule, one line each, sorted; empty when the lock is whole.
///
/// # Errors
/// When the catalogue cannot be read.
pub async fn violations(conn: &mut PgConnection, service: &str) -> Result<Vec<String>, PgError> {
    let mut found = Vec::new();
    for (rule, sql) in RULES {
        for row in sqlx::query(*sql).bind(format!("oz_{service}")).fetch_all(&mut *conn).await? {
            let (table, detail): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if table != "_sqlx_migrations" {
                found.push(format!("{table} {detail}: {rule}"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Rule and the query for what breaks it: (table or other object, detail). `$1` is the service's role.
const RULES: &[(&str, &str)] = &[
    (
        "stands where the lock does not reach",
        "select c.relname::text, n.nspname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where $1::text is not null and (c.relkind = 'f' or c.relkind in ('r', 'p', 'v', 'm') and n.nspname <> 'public')
         and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')",
    ),
    (
        "row-level security is not forced",
        "select c.relname::text, '' from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         and not (c.relrowsecurity and c.relforcerowsecurity) and $1::text is not null",
    ),
    (
        "is not partitioned by hash of org_id",
        "select c.relname::text, '' from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         and not c.relispartition and $1::text is not null and not exists (
             select from pg_partitioned_table p join pg_attribute a on a.attrelid = c.oid and a.attnum = p.partattrs[0]
             where p.partrelid = c.oid and p.partstrat = 'h' and p.partnatts = 1 and a.attname = 'org_id')",
    ),
    (
        "org_id is missing, nullable or not a uuid",
        "select c.relname::text, '' from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
         and $1::text is not null and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id'
             and a.attnotnull and a.atttypid = 'uuid'::regtype)",
    ),
    (
        "unique key does not start with org_id",
        "select t.relname::text, i.relname::text from pg_index x join pg_class i on i.oid = x.indexrelid
         join pg_class t on t.oid = x.indrelid
         where t.relnamespace = 'public'::regnamespace and x.indisunique and $1::text is not null and not exists (
             select from pg_attribute a where a.attrelid = t.oid and a.attnum = x.indkey[0] and a.attname = 'org_id')",
    ),
    (
        "foreign key does not carry org_id on both sides",
        "select k.conrelid::regclass::text, k.conname::text from pg_constraint k
         where k.contype = 'f' and k.connamespace = 'public'::regnamespace and $1::text is not null and not (
             exists (select from pg_attribute a where a.attrelid = k.conrelid and a.attnum = k.conkey[1] and a.attname = 'org_id')
             and exists (select from pg_attribute a where a.attrelid = k.confrelid and a.attnum = k.confkey[1] and a.attname = 'org_id'))",
    ),
    (
        "is owned by a role that serves",
        "select c.relname::text, pg_get_userbyid(c.relowner)::text from pg_class c
         where c.relnamespace in ('public'::regnamespace, 'oz'::regnamespace)
         and pg_get_userbyid(c.relowner) in ($1, $1 || '_queue', $1 || '_definer')",
    ),
    (
        "role may bypass, create or inherit",
        "select r.rolname::text, '' from pg_roles r where r.rolname in ($1, $1 || '_queue', $1 || '_owner', $1 || '_definer')
         and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
             or (r.rolinherit and r.rolname <> $1 || '_owner'))",
    ),
    (
        "role is a member of another",
        "select pg_get_userbyid(m.member)::text, pg_get_userbyid(m.roleid)::text from pg_auth_members m
         where pg_get_userbyid(m.member) in ($1, $1 || '_queue', $1 || '_definer')",
    ),
    (
        "grants more than reading and writing rows, or grants to everybody or on a partition",
        "select c.relname::text, coalesce(nullif(g.grantee, 0)::regrole::text, 'public') || ' ' || g.privilege_type
         from pg_class c, lateral aclexplode(c.relacl) g
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
         and g.grantee <> c.relowner and $1::text is not null
         and (g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') or c.relispartition or g.grantee = 0)",
    ),
    (
        "policy of the serving role is not the tenant's",
        "select c.relname::text, p.polname::text from pg_policy p join pg_class c on c.oid = p.polrelid
         where (0 = any(p.polroles) or (select oid from pg_roles where rolname = $1) = any(p.polroles)) and (
             pg_get_expr(p.polqual, p.polrelid) is distinct from
                 '(org_id = (NULLIF(current_setting(''oz.org''::text, true), ''''::text))::uuid)'
             or pg_get_expr(p.polwithcheck, p.polrelid) is distinct from
                 '(org_id = (NULLIF(current_setting(''oz.org''::text, true), ''''::text))::uuid)'
             or not p.polpermissive)",
    ),
    (
        "queue or definer role sees a table that is not listed for it",
        "select c.relname::text, p.polname::text from pg_policy p join pg_class c on c.oid = p.polrelid
         where p.polname not in ('tenant', 'queue', 'definer') and $1::text is not null",
    ),
    (
        "view does not ask with the caller's rights",
        "select c.relname::text, '' from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
         and $1::text is not null and not coalesce(c.reloptions @> array['security_invoker=true'], false)",
    ),
    (
        "materialized views escape the policies",
        "select c.relname::text, '' from pg_class c where c.relkind = 'm' and $1::text is not null
         and c.relnamespace = 'public'::regnamespace",
    ),
    (
        "security definer function is not the definer role's, has no fixed search_path, or everybody may call it",
        "select p.proname::text, '' from pg_proc p where p.pronamespace in ('public'::regnamespace, 'oz'::regnamespace)
         and p.prosecdef and (pg_get_userbyid(p.proowner) <> $1 || '_definer'
             or not coalesce(array_to_string(p.proconfig, ',') like '%search_path=%', false)
             or p.proacl is null or exists (select from aclexplode(p.proacl) g where g.grantee = 0))",
    ),
];

//! What figures are made of: daily sums by person, and who belongs where.

use std::collections::BTreeMap;

use pg::{PgError, TenantTx};
use uuid::Uuid;

use crate::domain::{
    calendar::Span,
    figure::{LOWEST_FLOOR, Row, World},
    metric::Metric,
    roster::Team,
};

/// The smallest group that the organization's figures are shown for.
pub(crate) async fn floor(tx: &mut TenantTx) -> Result<usize, PgError> {
    let org = tx.org().uuid();
    let said = sqlx::query_scalar!("select cohort_floor from organization where org_id = $1", org);
    let said = said.fetch_optional(tx.conn()).await?.and_then(|floor| usize::try_from(floor).ok());
    Ok(said.unwrap_or(0).max(LOWEST_FLOOR))
}

/// All that decides about a metric's cells over whole months. Accounts count as their member where they have one.
pub(crate) async fn world(
    tx: &mut TenantTx,
    metric: Metric,
    months: Span,
    with_teams: bool,
) -> Result<World, PgError> {
    let floor = floor(tx).await?;
    let org = tx.org().uuid();
    let lines: Vec<i16> = metric.lines().iter().map(|line| line.code()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"select d.day, coalesce(p.member_id, d.person) as "person!", coalesce(o.member_id, d.other) as "other!", d.value,
               sum(d.n)::bigint as "n!"
           from daily d
           left join account p on p.org_id = d.org_id and p.account_id = d.person
           left join account o on o.org_id = d.org_id and o.account_id = d.other
           where d.org_id = $1 and d.metric = any ($2) and d.day >= $3 and d.day < $4
           group by 1, 2, 3, 4"#,
        org,
        &lines,
        months.from,
        months.to
    )
    .fetch_all(tx.conn())
    .await?;
    let members = sqlx::query_scalar!("select member_id from member where org_id = $1 and active", org);
    let members = members.fetch_all(tx.conn()).await?.into_iter().collect();
    let teams = if with_teams { teams(tx).await? } else { Vec::new() };
    Ok(World { floor, members, teams, rows })
}

async fn teams(tx: &mut TenantTx) -> Result<Vec<Team>, PgError> {
    let org = tx.org().uuid();
    let rows = sqlx::query!(
        "select t.team_id, t.founded_us, t.deleted, r.from_month, r.member_ids
         from team t join roster r on r.org_id = t.org_id and r.team_id = t.team_id
         where t.org_id = $1 order by t.team_id, r.from_month",
        org
    )
    .fetch_all(tx.conn())
    .await?;
    let mut teams: BTreeMap<Uuid, Team> = BTreeMap::new();
    for row in rows {
        let team = teams.entry(row.team_id).or_insert_with(|| Team {
            id: row.team_id,
            founded_us: row.founded_us,
            deleted: row.deleted,
            rosters: Vec::new(),
        });
        team.rosters.push((row.from_month, row.member_ids.into_iter().collect()));
    }
    Ok(teams.into_values().collect())
}

//! One metric by day, week or month, for the organization or a team.

use access::{Permit, Role, action::ReadInsights};
use chrono::NaiveDate;
use ids::TeamId;
use pg::{PgError, TenantPool, TenantTx};

use crate::{
    domain::{
        calendar::{Bucket, Span, SpanError},
        figure::{self, Cell, Scope},
        metric::Metric,
    },
    store::{figures, people},
};

/// What is asked for, as it was written.
pub(crate) struct Input<'a> {
    pub(crate) metric: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) bucket: &'a str,
}

/// The cells, and how the question was understood.
pub(crate) struct Output {
    pub(crate) metric: Metric,
    pub(crate) bucket: Bucket,
    pub(crate) cells: Vec<Cell>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GetInsightError {
    #[error("not a metric of the catalogue")]
    Metric,
    #[error("expected org or team: and the id of a team")]
    Scope,
    #[error(transparent)]
    Span(#[from] SpanError),
    /// No such team, or not one of the caller's: the answer is the same.
    #[error("no such team")]
    NoSuchTeam,
    #[error(transparent)]
    Pg(#[from] PgError),
    /// The computation ended with the process, or panicked.
    #[error("computation ended early: {0}")]
    Ended(#[from] tokio::task::JoinError),
}

/// Reads the figures. The first figure shown of a team makes its roster final for the past.
pub(crate) async fn run(
    pool: &TenantPool,
    permit: &Permit<ReadInsights>,
    input: Input<'_>,
    today: NaiveDate,
) -> Result<Output, GetInsightError> {
    let metric = Metric::by_name(input.metric).ok_or(GetInsightError::Metric)?;
    let bucket = Bucket::parse(input.bucket)?;
    let span = Span::asked(input.from, input.to, bucket, today)?;
    let scope = scope(input.scope)?;
    if let Scope::Team(team) = scope {
        let own = permit.caller().teams().contains(&TeamId::from_uuid(team));
        if !own && permit.caller().role() < Role::Admin {
            return Err(GetInsightError::NoSuchTeam);
        }
    }
    let mut tx = TenantTx::begin(pool, &permit.scope()).await?;
    if let Scope::Team(team) = scope {
        people::hold_team(&mut tx, team).await?;
    }
    let mut world = figures::world(&mut tx, metric, figure::months(span), scope != Scope::Org).await?;
    if let Scope::Team(team) = scope
        && !world.teams.iter().any(|known| known.id == team && !known.deleted)
    {
        return Err(GetInsightError::NoSuchTeam);
    }
    // With many teams the decision takes a while of computing, in which others are to be served.
    let cells =
        tokio::task::spawn_blocking(move || figure::cells(metric, scope, bucket, span, &mut world)).await?;
    if let Scope::Team(team) = scope
        && cells.iter().any(|cell| cell.figure.is_ok())
    {
        people::seal_team(&mut tx, team).await?;
        tx.commit().await?;
    }
    Ok(Output { metric, bucket, cells })
}

fn scope(text: &str) -> Result<Scope, GetInsightError> {
    match text.strip_prefix("team:") {
        None if text.is_empty() || text == "org" => Ok(Scope::Org),
        None => Err(GetInsightError::Scope),
        Some(team) => {
            team.parse::<TeamId>().map(|team| Scope::Team(team.uuid())).map_err(|_| GetInsightError::Scope)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_the_organization_or_a_team() {
        let id = TeamId::from_uuid(uuid::Uuid::from_u128(7));
        assert_eq!(scope("").unwrap(), Scope::Org);
        assert_eq!(scope("org").unwrap(), Scope::Org);
        assert_eq!(scope(&format!("team:{id}")).unwrap(), Scope::Team(id.uuid()));
        for wrong in ["team:", "team:7", "member:x", "ORG", &id.to_string()] {
            assert!(matches!(scope(wrong), Err(GetInsightError::Scope)), "{wrong}");
        }
    }
}

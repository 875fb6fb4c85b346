//! What can be asked for, and the smallest group it is shown for.

use access::{Permit, action::ReadInsights};
use pg::{PgError, TenantPool, TenantTx};

use crate::{domain::metric::Metric, store::figures};

/// The catalogue.
pub(crate) struct Output {
    pub(crate) metrics: [Metric; 7],
    pub(crate) floor: usize,
}

/// Lists the metrics.
pub(crate) async fn run(pool: &TenantPool, permit: &Permit<ReadInsights>) -> Result<Output, PgError> {
    let mut tx = TenantTx::begin(pool, &permit.scope()).await?;
    Ok(Output { metrics: Metric::ALL, floor: figures::floor(&mut tx).await? })
}

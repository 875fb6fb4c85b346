//! Figures.

use proto::aggregation::v1 as pb;
use serde::Serialize;
use utoipa::ToSchema;

use super::some;

/// A figure that can be asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Metric {
    name: String,
    title: String,
    /// `count`, `members` or `seconds`.
    unit: String,
    description: String,
}

/// All figures.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Catalogue {
    items: Vec<Metric>,
    next_cursor: Option<String>,
    /// The smallest group a figure is shown for.
    cohort_floor: u32,
}

impl From<pb::ListMetricsResponse> for Catalogue {
    fn from(catalogue: pb::ListMetricsResponse) -> Self {
        let metric = |metric: pb::Metric| {
            let pb::Metric { name, title, unit, description } = metric;
            Metric { name, title, unit, description }
        };
        let items = catalogue.metrics.into_iter().map(metric).collect();
        Self { items, next_cursor: None, cohort_floor: catalogue.cohort_floor }
    }
}

/// One figure over time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Insight {
    metric: String,
    unit: String,
    scope: String,
    bucket: String,
    cells: Vec<Cell>,
}

/// One figure for one span of days.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cell {
    /// First day.
    from: String,
    /// The day after the last.
    to: String,
    /// Null when suppressed or when there is nothing to measure.
    value: Option<f64>,
    /// How many people it is about; null when suppressed.
    cohort: Option<u32>,
    /// `cohort_below_floor` or `differencing`; null when shown.
    suppressed: Option<String>,
}

impl From<pb::Cell> for Cell {
    fn from(cell: pb::Cell) -> Self {
        let suppressed = some(cell.suppressed);
        // Whatever else it says: a suppressed cell shows no number.
        let shown = suppressed.is_none();
        Self {
            from: cell.from,
            to: cell.to,
            value: (shown && cell.has_value).then_some(cell.value).filter(|value| value.is_finite()),
            cohort: (shown && cell.has_cohort).then_some(cell.cohort),
            suppressed,
        }
    }
}

impl From<pb::GetInsightResponse> for Insight {
    fn from(insight: pb::GetInsightResponse) -> Self {
        let pb::GetInsightResponse { metric, unit, scope, bucket, cells } = insight;
        Self { metric, unit, scope, bucket, cells: cells.into_iter().map(Into::into).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suppressed_cell_shows_no_number_even_if_the_service_slips() {
        let slip = pb::Cell {
            value: 3.0,
            has_value: true,
            cohort: 2,
            has_cohort: true,
            suppressed: "differencing".into(),
            ..Default::default()
        };
        let cell = Cell::from(slip);
        assert_eq!((cell.value, cell.cohort), (None, None));
    }
}

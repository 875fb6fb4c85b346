//! The linear model: how likely a sentence holds each kind of finding.
//!
//! The weights are made by `make train` from the threads in `data/` (see `data/MODEL.md`) and are part of the binary. A sentence
//! is a bag of hashed features ([`crate::features`]); each kind is a sum of their weights, turned into a probability that was
//! calibrated on threads the weights had not seen (Platt 1999).

mod table;

use std::sync::LazyLock;

pub use table::{Calibration, KINDS, Table, TableError, Thresholds};

static WEIGHTS: &[u8] = include_bytes!("../data/weights.bin");

static MODEL: LazyLock<Table> = LazyLock::new(|| Table::read(WEIGHTS).unwrap_or_default());

/// From which confidence on the model suggests, and from which it may be believed unasked.
#[must_use]
pub fn thresholds() -> Thresholds {
    committed().thresholds
}

/// The model that the binary carries. A damaged file would have failed the tests; here it would say nothing.
pub(crate) fn committed() -> &'static Table {
    &MODEL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_in_the_binary_are_whole_and_small() {
        assert!(Table::read(WEIGHTS).is_ok());
        assert!(WEIGHTS.len() < 1_000_000, "{} bytes", WEIGHTS.len());
    }
}

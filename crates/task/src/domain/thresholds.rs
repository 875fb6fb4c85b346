//! From which confidence on something found is suggested, and from which it becomes a task unasked.

use super::Invalid;

/// Only what was said so recently becomes a task unasked: an archive that is brought in is no news.
pub(crate) const RECENT_US: i64 = 7 * 24 * 3_600 * 1_000_000;

/// An organization's choice.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Thresholds {
    /// Nothing below is suggested; `None`: everything that is found.
    pub suggest: Option<f32>,
    /// From here on a member need not accept; `None`: members always do.
    pub auto: Option<f32>,
}

impl Thresholds {
    /// Checked values.
    pub(crate) fn checked(self) -> Result<Self, Invalid> {
        let within = |value: Option<f32>| value.is_none_or(|v| (0.0..=1.0).contains(&v));
        if !within(self.suggest) {
            return Err(Invalid::new("suggest", "is not between 0 and 1"));
        }
        if !within(self.auto) {
            return Err(Invalid::new("auto", "is not between 0 and 1"));
        }
        let least = self.suggest.unwrap_or_else(|| recommended().suggest.unwrap_or(0.0));
        if self.auto.is_some_and(|auto| auto < least) {
            return Err(Invalid::new("auto", "is below what is suggested"));
        }
        Ok(self)
    }

    /// Whether something so sure is shown to members.
    pub(crate) fn suggests(self, confidence: f32) -> bool {
        confidence >= self.suggest.unwrap_or(0.0)
    }

    /// Whether something so sure need not be accepted.
    pub(crate) fn takes(self, confidence: f32) -> bool {
        self.auto.is_some_and(|auto| confidence >= auto)
    }
}

/// What measuring recommends for new tasks: below the first the extractor says nothing.
pub(crate) fn recommended() -> Thresholds {
    let measured = extraction::thresholds();
    Thresholds { suggest: Some(measured.suggest_action), auto: Some(measured.auto_action) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_shares_and_nothing_is_taken_that_is_not_suggested() {
        let of = |suggest, auto| Thresholds { suggest, auto }.checked().map_err(|invalid| invalid.field);
        assert!(of(None, None).is_ok() && of(Some(0.5), Some(0.5)).is_ok() && of(Some(1.0), None).is_ok());
        assert_eq!(of(Some(1.1), None), Err("suggest"));
        assert_eq!(of(Some(f32::NAN), None), Err("suggest"));
        assert_eq!(of(None, Some(-0.1)), Err("auto"));
        assert_eq!(of(Some(0.8), Some(0.7)), Err("auto"));
        assert_eq!(of(None, Some(0.0)), Err("auto"));
        assert!(recommended().checked().is_ok());
    }

    #[test]
    fn without_a_choice_everything_found_is_suggested_and_nothing_taken() {
        let none = Thresholds::default();
        assert!(none.suggests(0.01) && !none.takes(1.0));
        let some = Thresholds { suggest: Some(0.5), auto: Some(0.9) };
        assert!(!some.suggests(0.49) && some.suggests(0.5) && !some.takes(0.89) && some.takes(0.9));
    }
}

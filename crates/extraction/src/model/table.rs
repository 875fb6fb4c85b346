//! The weights' file: what training writes and the model reads.
//!
//! Lines of eight slots, one cache line each; a slot is a fingerprint and one signed byte a kind. A feature lies in the line and
//! has the fingerprint that its hash says, so looking it up touches one line, and a feature that training never saw is taken for
//! another in one of a few dozen cases.

use crate::Kind;

/// The kinds, in the order in which everything about the model lists them.
pub const KINDS: [Kind; 7] = [
    Kind::Request,
    Kind::Commitment,
    Kind::Proposal,
    Kind::Done,
    Kind::Blocked,
    Kind::Reassign,
    Kind::DueChange,
];

const SLOTS: usize = 8;
const SLOT: usize = 1 + KINDS.len();
const LINE: usize = SLOTS * SLOT;
const MAGIC: &[u8; 4] = b"OZX1";
/// Floats before the lines: per kind scale, bias, two of the calibration; then the thresholds.
const HEAD: usize = 4 + 4 + 4 * (KINDS.len() * 4 + 4);

/// How a sum of weights becomes a probability: `1 / (1 + exp(-(slope * sum + offset)))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// Factor of the sum.
    pub slope: f32,
    /// What is added.
    pub offset: f32,
}

impl Default for Calibration {
    fn default() -> Self {
        Self { slope: 1.0, offset: 0.0 }
    }
}

/// From which probability on something is said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// An action item is suggested.
    pub suggest_action: f32,
    /// An update of a task is suggested.
    pub suggest_update: f32,
    /// An action item may be taken over without asking.
    pub auto_action: f32,
    /// An update may be taken over without asking.
    pub auto_update: f32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { suggest_action: 0.5, suggest_update: 0.5, auto_action: 0.9, auto_update: 0.9 }
    }
}

/// A model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    lines: Vec<u8>,
    scales: [f32; KINDS.len()],
    biases: [f32; KINDS.len()],
    /// How sums become probabilities.
    pub calibrations: [Calibration; KINDS.len()],
    /// When to speak.
    pub thresholds: Thresholds,
}

/// Not a weights' file of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableError;

impl std::fmt::Display for TableError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not the weights of this version")
    }
}

impl std::error::Error for TableError {}

impl Table {
    /// Packs weights by feature into so many lines. The features are taken in order; one whose line is full is left out.
    #[must_use]
    pub fn pack(
        lines: usize,
        weights: &[(u64, [f32; KINDS.len()])],
        biases: [f32; KINDS.len()],
        calibrations: [Calibration; KINDS.len()],
        thresholds: Thresholds,
    ) -> Self {
        let mut scales = [0.0_f32; KINDS.len()];
        for (_, weight) in weights {
            scales.iter_mut().zip(weight).for_each(|(scale, w)| *scale = scale.max(w.abs() / 127.0));
        }
        let mut packed = vec![0; lines * LINE];
        for (hash, weight) in weights {
            let (line, fingerprint) = place(*hash, lines);
            let slots = &mut packed[line * LINE..(line + 1) * LINE];
            let taken = |slot: usize| slots[slot * SLOT] == fingerprint;
            if (0..SLOTS).any(taken) {
                continue;
            }
            let Some(free) = (0..SLOTS).find(|slot| slots[slot * SLOT] == 0) else { continue };
            slots[free * SLOT] = fingerprint;
            for (k, (w, scale)) in weight.iter().zip(scales).enumerate() {
                let steps = if scale > 0.0 { (w / scale).round() } else { 0.0 };
                #[expect(clippy::cast_possible_truncation, reason = "at most 127 by the scale")]
                let steps = steps as i8;
                slots[free * SLOT + 1 + k] = steps.to_le_bytes()[0];
            }
        }
        Self { lines: packed, scales, biases, calibrations, thresholds }
    }

    /// The file.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let count = u32::try_from(self.lines.len() / LINE).unwrap_or(u32::MAX);
        out.extend(count.to_le_bytes());
        for k in 0..KINDS.len() {
            let Calibration { slope, offset } = self.calibrations[k];
            [self.scales[k], self.biases[k], slope, offset].iter().for_each(|f| out.extend(f.to_le_bytes()));
        }
        let Thresholds { suggest_action, suggest_update, auto_action, auto_update } = self.thresholds;
        let thresholds = [suggest_action, suggest_update, auto_action, auto_update];
        thresholds.iter().for_each(|f| out.extend(f.to_le_bytes()));
        out.extend(&self.lines);
        out
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it is none, or cut off.
    pub fn read(file: &[u8]) -> Result<Self, TableError> {
        let float = |n: usize| -> Result<f32, TableError> {
            let at = 8 + n * 4;
            let bytes: [u8; 4] = file.get(at..at + 4).and_then(|b| b.try_into().ok()).ok_or(TableError)?;
            Ok(f32::from_le_bytes(bytes)).and_then(|f| if f.is_finite() { Ok(f) } else { Err(TableError) })
        };
        let count: [u8; 4] = file.get(4..8).and_then(|b| b.try_into().ok()).ok_or(TableError)?;
        let count = usize::try_from(u32::from_le_bytes(count)).map_err(|_| TableError)?;
        if !file.starts_with(MAGIC) || file.len() != HEAD + count * LINE {
            return Err(TableError);
        }
        let mut table = Self { lines: file[HEAD..].to_vec(), ..Self::default() };
        for k in 0..KINDS.len() {
            table.scales[k] = float(k * 4)?;
            table.biases[k] = float(k * 4 + 1)?;
            table.calibrations[k] = Calibration { slope: float(k * 4 + 2)?, offset: float(k * 4 + 3)? };
        }
        let last = KINDS.len() * 4;
        table.thresholds = Thresholds {
            suggest_action: float(last)?,
            suggest_update: float(last + 1)?,
            auto_action: float(last + 2)?,
            auto_update: float(last + 3)?,
        };
        Ok(table)
    }

    /// The sum of weights for each kind.
    #[must_use]
    pub fn sums(&self, features: &[u64]) -> [f32; KINDS.len()] {
        let mut steps = [0_i32; KINDS.len()];
        let count = self.lines.len() / LINE;
        for hash in features.iter().filter(|_| count > 0) {
            let (line, fingerprint) = place(*hash, count);
            let Some(slots) = self.lines.get(line * LINE..(line + 1) * LINE) else { continue };
            let Some(slot) = slots.chunks_exact(SLOT).find(|slot| slot[0] == fingerprint) else { continue };
            for (sum, byte) in steps.iter_mut().zip(&slot[1..]) {
                *sum += i32::from(i8::from_le_bytes([*byte]));
            }
        }
        let mut sums = self.biases;
        for ((sum, steps), scale) in sums.iter_mut().zip(steps).zip(self.scales) {
            #[expect(clippy::cast_precision_loss, reason = "a few hundred weights of at most 127")]
            let steps = steps as f32;
            *sum += steps * scale;
        }
        sums
    }

    /// The probability of each kind.
    #[must_use]
    pub fn probabilities(&self, features: &[u64]) -> [f32; KINDS.len()] {
        let mut out = self.sums(features);
        for (sum, calibration) in out.iter_mut().zip(self.calibrations) {
            *sum = 1.0 / (1.0 + (-(calibration.slope * *sum + calibration.offset)).exp());
        }
        out
    }
}

/// Line and fingerprint of a feature. No fingerprint is zero: that marks a free slot.
fn place(hash: u64, lines: usize) -> (usize, u8) {
    let spread = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let line = (u128::from(spread) * lines as u128) >> 64;
    let fingerprint = (hash.rotate_left(23).wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 56) as u8;
    (usize::try_from(line).unwrap_or(0), fingerprint.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let weights: Vec<(u64, [f32; 7])> = (0..3_000_u64)
            .map(|n| {
                (n.wrapping_mul(0x1234_5678_9ABC_DEF1), [n as f32 / 3_000.0, -1.0, 0.5, 0.0, 0.0, 0.0, 0.25])
            })
            .collect();
        Table::pack(
            1_000,
            &weights,
            [0.1; 7],
            [Calibration { slope: 2.0, offset: 0.5 }; 7],
            Thresholds::default(),
        )
    }

    #[test]
    fn what_is_written_is_read() {
        let file = table().write();
        assert_eq!(Table::read(&file), Ok(table()));
        assert_eq!(Table::read(&file[..file.len() - 1]), Err(TableError));
        assert_eq!(Table::read(b"OZX1"), Err(TableError));
    }

    #[test]
    fn a_feature_has_its_weight_and_an_unknown_one_hardly_ever_has_any() {
        let table = table();
        let known = table.sums(&[1_500_u64.wrapping_mul(0x1234_5678_9ABC_DEF1)]);
        assert!((known[0] - 0.6).abs() < 0.01 && (known[1] + 0.9).abs() < 0.01, "{known:?}");
        let strangers =
            (1..10_000_u64).filter(|n| table.sums(&[n.wrapping_mul(0xDEAD_BEEF_CAFE_F00D)])[1] < 0.0);
        assert!(strangers.count() < 200);
    }

    #[test]
    fn an_empty_model_says_what_its_biases_say() {
        assert!((Table::default().probabilities(&[1, 2, 3])[0] - 0.5).abs() < 1e-6);
    }
}

//! From sentences to a model, and what it says of sentences it has not seen.

use std::collections::HashMap;

use extraction::{
    Thresholds,
    learning::{Calibration, KINDS, Table},
};

use crate::{
    data::Sentence,
    logistic::{self, Dice, Row},
};

/// How much an error weighs against the penalty.
const COST: f64 = 5.0;
/// A feature counts from so many threads on: what one thread says once is no rule.
const LEAST_THREADS: u32 = 2;
/// Lines of the table.
const LINES: usize = 14_000;
/// Weights below this in every kind are left out.
const LEAST_WEIGHT: f64 = 0.01;
/// Everything that chance decides.
pub const SEED: u64 = 20_261_129;
/// Parts into which threads are dealt for cross-validation.
pub const FOLDS: usize = 10;

/// Sums of weights, one a kind.
pub type Sums = [f64; KINDS.len()];

/// Weights by feature, and the biases.
pub struct Fitted {
    columns: HashMap<u64, u32>,
    weights: Vec<Vec<f64>>,
}

impl Fitted {
    /// Learns from these sentences.
    #[must_use]
    pub fn learn(sentences: &[&Sentence]) -> Self {
        let columns = columns(sentences);
        let rows: Vec<Row> = sentences.iter().map(|sentence| row(&columns, &sentence.features)).collect();
        let refs: Vec<&Row> = rows.iter().collect();
        let fit = |kind| {
            let positive: Vec<bool> = sentences.iter().map(|s| s.kinds.contains(kind)).collect();
            logistic::fit(&refs, &positive, columns.len() + 1, COST, SEED)
        };
        let weights = KINDS.iter().map(fit).collect();
        Self { columns, weights }
    }

    /// What it says of a sentence.
    #[must_use]
    pub fn sums(&self, sentence: &Sentence) -> Sums {
        let row = row(&self.columns, &sentence.features);
        std::array::from_fn(|kind| logistic::dot(&self.weights[kind], &row))
    }

    /// The same as a file can hold it.
    #[must_use]
    pub fn table(&self, calibrations: [Calibration; KINDS.len()], thresholds: Thresholds) -> Table {
        let mut weights: Vec<(u64, [f64; KINDS.len()])> = self
            .columns
            .iter()
            .map(|(hash, column)| (*hash, std::array::from_fn(|kind| self.weights[kind][*column as usize])))
            .filter(|(_, weights)| largest(weights) >= LEAST_WEIGHT)
            .collect();
        // Where a line is full, the weightiest are in it.
        weights.sort_by(|a, b| largest(&b.1).total_cmp(&largest(&a.1)).then(a.0.cmp(&b.0)));
        #[expect(clippy::cast_possible_truncation, reason = "the file holds steps of a hundredth")]
        let weights: Vec<_> = weights.iter().map(|(hash, w)| (*hash, w.map(|w| w as f32))).collect();
        #[expect(clippy::cast_possible_truncation, reason = "as above")]
        let biases = std::array::from_fn(|kind| self.weights[kind][0] as f32);
        Table::pack(LINES, &weights, biases, calibrations, thresholds)
    }

    /// How many features have a weight.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.len()
    }
}

fn largest(weights: &[f64; KINDS.len()]) -> f64 {
    weights.iter().fold(0.0, |most, w| most.max(w.abs()))
}

/// Columns from 1 on, in the order in which the features first occur; 0 is the bias.
fn columns(sentences: &[&Sentence]) -> HashMap<u64, u32> {
    let mut seen: HashMap<u64, (u32, usize)> = HashMap::new();
    for sentence in sentences {
        for hash in &sentence.features {
            let (threads, last) = seen.entry(*hash).or_insert((0, usize::MAX));
            if *last != sentence.thread {
                (*threads, *last) = (*threads + 1, sentence.thread);
            }
        }
    }
    let mut columns = HashMap::new();
    for hash in sentences.iter().flat_map(|sentence| &sentence.features) {
        if seen[hash].0 >= LEAST_THREADS && !columns.contains_key(hash) {
            columns.insert(*hash, u32::try_from(columns.len() + 1).unwrap_or(u32::MAX));
        }
    }
    columns
}

fn row(columns: &HashMap<u64, u32>, features: &[u64]) -> Row {
    let mut row: Row = vec![(0, 1.0)];
    let mut known: Vec<u32> = features.iter().filter_map(|hash| columns.get(hash)).copied().collect();
    known.sort_unstable();
    for column in known {
        match row.last_mut() {
            Some((last, count)) if *last == column => *count += 1.0,
            _ => row.push((column, 1.0)),
        }
    }
    row
}

/// Which part each of so many threads is dealt to.
#[must_use]
pub fn folds(threads: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..threads).collect();
    Dice::new(SEED).shuffle(&mut order);
    let mut folds = vec![0; threads];
    order.into_iter().enumerate().for_each(|(n, thread)| folds[thread] = n % FOLDS);
    folds
}

/// What is said of each sentence by a model that has not seen its thread.
#[must_use]
pub fn cross_validate(sentences: &[Sentence]) -> Vec<Sums> {
    let threads = sentences.iter().map(|sentence| sentence.thread + 1).max().unwrap_or(0);
    let folds = folds(threads);
    let mut out = vec![[0.0; KINDS.len()]; sentences.len()];
    for held in 0..FOLDS {
        let rest: Vec<&Sentence> = sentences.iter().filter(|s| folds[s.thread] != held).collect();
        let fitted = Fitted::learn(&rest);
        for (sums, sentence) in out.iter_mut().zip(sentences).filter(|(_, s)| folds[s.thread] == held) {
            *sums = fitted.sums(sentence);
        }
    }
    out
}

/// Slope and offset that make probabilities of sums (Platt 1999), by Newton's method with steps halved until they help, and with the
/// targets of Lin, Lin and Weng 2007: whole steps run away where the two sides hardly overlap.
#[must_use]
pub fn calibrate(sums: &[f64], positive: &[bool]) -> Calibration {
    let yes = positive.iter().filter(|p| **p).count() as f64;
    let no = positive.len() as f64 - yes;
    let (high, low) = ((yes + 1.0) / (yes + 2.0), 1.0 / (no + 2.0));
    let targets: Vec<f64> = positive.iter().map(|p| if *p { high } else { low }).collect();
    let mut line = [0.0, ((yes + 1.0) / (no + 1.0)).ln()];
    let mut loss = surprise(sums, &targets, line);
    for _ in 0..100 {
        let step = newton_step(sums, &targets, line);
        let halved = (0..30).map(|n| 0.5_f64.powi(n)).find_map(|part| {
            let next = [line[0] - part * step[0], line[1] - part * step[1]];
            let then = surprise(sums, &targets, next);
            (then < loss).then_some((next, then))
        });
        let Some((next, then)) = halved else { break };
        let gain = loss - then;
        (line, loss) = (next, then);
        if gain < 1e-9 {
            break;
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "two numbers near one")]
    let calibration = Calibration { slope: line[0] as f32, offset: line[1] as f32 };
    calibration
}

/// The cross entropy of the targets under a slope and an offset.
fn surprise(sums: &[f64], targets: &[f64], [slope, offset]: [f64; 2]) -> f64 {
    let of = |sum: &f64, target: &f64| {
        let z = slope * sum + offset;
        // ln(1 + exp(z)) - target * z, without overflow.
        z.max(0.0) + (-z.abs()).exp().ln_1p() - target * z
    };
    sums.iter().zip(targets).map(|(sum, target)| of(sum, target)).sum()
}

fn newton_step(sums: &[f64], targets: &[f64], [slope, offset]: [f64; 2]) -> [f64; 2] {
    let (mut g, mut h) = ([0.0; 2], [[1e-9, 0.0], [0.0, 1e-9]]);
    for (sum, target) in sums.iter().zip(targets) {
        let p = 1.0 / (1.0 + (-(slope * sum + offset)).exp());
        let (off, w) = (p - target, p * (1.0 - p));
        g = [g[0] + off * sum, g[1] + off];
        h[0] = [h[0][0] + w * sum * sum, h[0][1] + w * sum];
        h[1] = [h[0][1], h[1][1] + w];
    }
    let determinant = h[0][0] * h[1][1] - h[0][1] * h[1][0];
    [(h[1][1] * g[0] - h[0][1] * g[1]) / determinant, (h[0][0] * g[1] - h[1][0] * g[0]) / determinant]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibrated_probabilities_are_as_often_right_as_they_say() {
        let mut dice = Dice::new(3);
        let sums: Vec<f64> = (0..4_000).map(|_| dice.below(8_000) as f64 / 1_000.0 - 4.0).collect();
        // True with probability 1 / (1 + exp(-(0.7 s - 1))).
        let positive: Vec<bool> = sums
            .iter()
            .map(|s| (dice.below(1_000_000) as f64) < 1e6 / (1.0 + (-(0.7 * s - 1.0)).exp()))
            .collect();
        let found = calibrate(&sums, &positive);
        assert!((found.slope - 0.7).abs() < 0.1 && (found.offset + 1.0).abs() < 0.15, "{found:?}");
    }

    #[test]
    fn the_same_threads_give_the_same_bytes() {
        let threads = crate::data::threads(&crate::data::own().join("heldout")).unwrap();
        let sentences = crate::data::sentences(&threads);
        let made = || {
            let all: Vec<&Sentence> = sentences.iter().collect();
            let calibrations = [Calibration { slope: 1.0, offset: 0.0 }; KINDS.len()];
            Fitted::learn(&all).table(calibrations, extraction::thresholds()).write()
        };
        let file = made();
        assert!(file.len() < 1_000_000, "{} bytes", file.len());
        assert!(file == made(), "training depends on chance");
    }

    #[test]
    fn sides_that_hardly_overlap_are_calibrated_too() {
        // 9 of 10 below zero and none above are false: Newton's whole steps run away here.
        let mut sums: Vec<f64> = (0..12_000).map(|n| -4.0 - f64::from(n % 50) / 10.0).collect();
        let mut positive = vec![false; sums.len()];
        for n in 0..300 {
            sums.push(if n % 3 == 0 { -1.0 } else { 1.5 });
            positive.push(n % 10 != 0);
        }
        let found = calibrate(&sums, &positive);
        assert!(found.slope > 0.2 && found.slope < 5.0 && found.offset.abs() < 10.0, "{found:?}");
    }
}

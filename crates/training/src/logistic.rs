//! Logistic regression with an L2 penalty by dual coordinate descent: Yu, Huang and Lin, "Dual coordinate descent methods for
//! logistic regression and maximum entropy models", Machine Learning 85 (2011). The same data and seed give the same weights,
//! bit for bit.

/// A row: columns and how often each occurs.
pub type Row = Vec<(u32, f64)>;

/// Until no coordinate would move by more.
const PRECISION: f64 = 0.01;
/// Passes over the data at most.
const PASSES: usize = 300;
/// Newton steps within one coordinate at most.
const STEPS: usize = 100;

/// Weights by column that separate the rows where `positive` holds; `cost` is how much an error weighs against the penalty.
#[must_use]
pub fn fit(rows: &[&Row], positive: &[bool], columns: usize, cost: f64, seed: u64) -> Vec<f64> {
    let mut weights = vec![0.0; columns];
    let signs: Vec<f64> = positive.iter().map(|positive| if *positive { 1.0 } else { -1.0 }).collect();
    let squares: Vec<f64> = rows.iter().map(|row| row.iter().map(|(_, x)| x * x).sum()).collect();
    let least = (0.001 * cost).min(1e-8);
    let mut alphas: Vec<[f64; 2]> = vec![[least, cost - least]; rows.len()];
    for (row, sign) in rows.iter().zip(&signs) {
        add(&mut weights, row, sign * least);
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut dice = Dice::new(seed);
    let mut inner = 1e-2_f64;
    for _ in 0..PASSES {
        dice.shuffle(&mut order);
        let (mut worst, mut moved) = (0.0_f64, 0);
        for &i in &order {
            let margin = signs[i] * dot(&weights, rows[i]);
            let step = coordinate(&mut alphas[i], squares[i], margin, cost, inner);
            worst = worst.max(step.slope.abs());
            if step.by != 0.0 {
                moved += step.steps;
                add(&mut weights, rows[i], signs[i] * step.by);
            }
        }
        if worst < PRECISION {
            break;
        }
        if moved <= rows.len() / 10 {
            inner = (0.1 * inner).max(1e-8);
        }
    }
    weights
}

struct Step {
    slope: f64,
    by: f64,
    steps: usize,
}

/// Minimizes along one dual variable, from the nearer of its two ends.
fn coordinate(alpha: &mut [f64; 2], square: f64, margin: f64, cost: f64, precision: f64) -> Step {
    let flipped = 0.5 * square * (alpha[1] - alpha[0]) + margin < 0.0;
    let (near, far, sign) = if flipped { (1, 0, -1.0) } else { (0, 1, 1.0) };
    let old = alpha[near];
    let mut z = if cost - old < 0.5 * cost { 0.1 * old } else { old };
    let slope_at = |z: f64| square * (z - old) + sign * margin + (z / (cost - z)).ln();
    let mut slope = slope_at(z);
    let first = slope;
    let mut steps = 0;
    while steps < STEPS && slope.abs() >= precision {
        let curvature = square + cost / (cost - z) / z;
        let next = z - slope / curvature;
        z = if next <= 0.0 { 0.1 * z } else { next };
        slope = slope_at(z);
        steps += 1;
    }
    if steps == 0 {
        return Step { slope: first, by: 0.0, steps };
    }
    alpha[near] = z;
    alpha[far] = cost - z;
    Step { slope: first, by: sign * (z - old), steps }
}

/// The sum of a row's weights.
#[must_use]
pub fn dot(weights: &[f64], row: &Row) -> f64 {
    row.iter().map(|(column, x)| weights[*column as usize] * x).sum()
}

fn add(weights: &mut [f64], row: &Row, by: f64) {
    for (column, x) in row {
        weights[*column as usize] += by * x;
    }
}

/// Chance that is the same each time: SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from((u128::from(self.roll()) * n as u128) >> 64).unwrap_or(0)
    }

    /// Fisher and Yates.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At the optimum the gradient of `0.5 w·w + cost Σ log(1 + exp(-y w·x))` is zero.
    #[test]
    fn the_gradient_vanishes() {
        let mut dice = Dice::new(7);
        let rows: Vec<Row> = (0..200)
            .map(|_| (0..5).map(|_| (u32::try_from(dice.below(30)).unwrap(), 1.0)).collect())
            .collect();
        let positive: Vec<bool> = rows.iter().map(|row| row.iter().any(|(column, _)| *column < 6)).collect();
        let refs: Vec<&Row> = rows.iter().collect();
        let cost = 2.0;
        let weights = fit(&refs, &positive, 30, cost, 1);
        let mut gradient = weights.clone();
        for (row, positive) in rows.iter().zip(&positive) {
            let y = if *positive { 1.0 } else { -1.0 };
            add(&mut gradient, row, -cost * y / (1.0 + (y * dot(&weights, row)).exp()));
        }
        let worst = gradient.iter().fold(0.0_f64, |worst, g| worst.max(g.abs()));
        assert!(worst < 0.5, "{worst}");
        let right =
            rows.iter().zip(&positive).filter(|(row, positive)| (dot(&weights, row) > 0.0) == **positive);
        assert!(right.count() > 180);
    }

    #[test]
    fn the_same_seed_gives_the_same_weights() {
        let rows: Vec<Row> = (0..50_u32).map(|n| vec![(n % 7, 1.0), (n % 5, 1.0)]).collect();
        let refs: Vec<&Row> = rows.iter().collect();
        let positive: Vec<bool> = (0..50).map(|n| n % 3 == 0).collect();
        assert_eq!(fit(&refs, &positive, 7, 1.0, 9), fit(&refs, &positive, 7, 1.0, 9));
    }
}

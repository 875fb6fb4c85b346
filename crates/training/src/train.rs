//! `train`: from the threads in `crates/extraction/data` to the weights in the binary.

use std::fs;

use anyhow::Context;
use extraction::{
    Kind, Thresholds,
    learning::{self, Calibration, KINDS, Table},
};

use crate::{
    data::{self, Labelled, Sentence},
    fit::{self, Fitted, Sums},
    score::{self, ACTIONS, Judged, UPDATES},
};

/// How much more recall is worth than precision where a person decides.
const MISSED: f64 = 1.25;
/// Differences below this say nothing.
const AS_GOOD: f64 = 0.005;
/// What may be taken over without asking is right so often.
const AUTO_PRECISION: f64 = 0.92;

/// Learns, chooses thresholds on unseen threads, and writes the file.
pub fn run() -> anyhow::Result<()> {
    let threads = data::threads(&data::own().join("threads"))?;
    let sentences = data::sentences(&threads);
    let unseen = fit::cross_validate(&sentences);
    let calibrations = calibrations(&sentences, &unseen);
    let everything: Vec<&Sentence> = sentences.iter().collect();
    let fitted = Fitted::learn(&everything);
    let thresholds = thresholds(&threads, calibrations)?;
    let file = fitted.table(calibrations, thresholds).write();
    let path = data::own().join("weights.bin");
    fs::write(&path, &file).with_context(|| path.display().to_string())?;
    crate::say(&format!(
        "{} threads, {} sentences, {} features; {} bytes in {}\n{thresholds:?}",
        threads.len(),
        sentences.len(),
        fitted.len(),
        file.len(),
        path.display()
    ));
    Ok(())
}

fn calibrations(sentences: &[Sentence], unseen: &[Sums]) -> [Calibration; KINDS.len()] {
    std::array::from_fn(|kind| {
        let sums: Vec<f64> = unseen.iter().map(|sums| sums[kind]).collect();
        let positive: Vec<bool> = sentences.iter().map(|s| s.kinds.contains(&KINDS[kind])).collect();
        fit::calibrate(&sums, &positive)
    })
}

/// Chosen on what models said of threads that they had not seen.
fn thresholds(threads: &[Labelled], calibrations: [Calibration; KINDS.len()]) -> anyhow::Result<Thresholds> {
    let everything =
        Thresholds { suggest_action: 0.02, suggest_update: 0.02, auto_action: 1.0, auto_update: 1.0 };
    let judged = unseen(threads, |fitted| fitted.table(calibrations, everything));
    let sure = || (2..100_u8).map(|n| f32::from(n) / 100.0);
    let least = |kinds: &[Kind], precision: f64| {
        sure().find(|least| score::of_kinds(&judged, kinds, *least).precision >= precision)
    };
    // Somebody looks at each suggestion, so one that is missed costs more than one too many. Around the best the curve is flat:
    // the middle of what is as good changes least when a few threads come in.
    let balanced = |kinds: &[Kind]| {
        let worth: Vec<(f32, f64)> =
            sure().map(|least| (least, score::of_kinds(&judged, kinds, least).f(MISSED))).collect();
        let best = worth.iter().map(|(_, worth)| *worth).fold(0.0, f64::max);
        let good: Vec<f32> =
            worth.iter().filter(|(_, worth)| *worth >= best - AS_GOOD).map(|(least, _)| *least).collect();
        good.get(good.len() / 2).copied().unwrap_or(0.5)
    };
    Ok(Thresholds {
        suggest_action: balanced(&ACTIONS),
        suggest_update: balanced(&UPDATES),
        auto_action: least(&ACTIONS, AUTO_PRECISION).context("no action item is sure enough")?,
        auto_update: least(&UPDATES, AUTO_PRECISION).context("no update is sure enough")?,
    })
}

/// Findings in threads by models that have not seen them.
pub fn unseen(threads: &[Labelled], table: impl Fn(&Fitted) -> Table) -> Vec<Judged> {
    let sentences = data::sentences(threads);
    let folds = fit::folds(threads.len());
    let mut out: Vec<Option<Judged>> = vec![None; threads.len()];
    for held in 0..fit::FOLDS {
        let rest: Vec<&Sentence> = sentences.iter().filter(|s| folds[s.thread] != held).collect();
        let table = table(&Fitted::learn(&rest));
        for (n, labelled) in threads.iter().enumerate().filter(|(n, _)| folds[*n] == held) {
            out[n] = Some(score::judge(labelled, &learning::by_model(&table, &labelled.thread)));
        }
    }
    out.into_iter().flatten().collect()
}

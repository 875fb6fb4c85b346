//! Relevance of a candidate, from its own text alone.

use chrono::TimeDelta;

use crate::document::{MAX_TEXT_WORDS, MAX_TITLE_WORDS};
use crate::matching::{Match, find};
use crate::query::Query;
use crate::words::{Word, Words};

/// Saturation and length normalisation of BM25 (Robertson and Zaragoza, 2009), with the usual values.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Words of a usual text here: chat messages and short issues.
const USUAL_WORDS: f32 = 60.0;
/// A match in the title counts as so many in the text.
const TITLE_WEIGHT: f32 = 3.0;
/// A phrase says more than a word.
const PHRASE_WEIGHT: f32 = 1.5;
/// Most that words close together add.
const PROXIMITY: f32 = 0.5;
/// Age at which the part of the score that is recency has halved.
const HALF_LIFE_DAYS: f32 = 30.0;
/// How much of the score is recency.
const RECENCY: f32 = 0.4;

/// How well a candidate answers the query: BM25 without the statistics of a corpus (every word is as rare as
/// the other), more for the title, for phrases, for words that stand close together, and for what is recent.
/// Not negative, finite; comparable only within one query. A query without words ranks by age alone.
#[must_use]
pub fn score(query: &Query, title: &str, text: &str, age: TimeDelta) -> f32 {
    let recency = recency(age);
    if !query.has_words() {
        return recency;
    }
    let title: Vec<Word> = Words::new(title).take(MAX_TITLE_WORDS).collect();
    let text: Vec<Word> = Words::new(text).take(MAX_TEXT_WORDS).collect();
    let (in_title, in_text) = (find(&title, query), find(&text, query));
    let length = 1.0 - B + B * float(title.len() + text.len()) / USUAL_WORDS;
    let count =
        |matches: &[Match], needle| float(matches.iter().filter(|found| found.needle == needle).count());
    let words: f32 = query
        .needles
        .iter()
        .enumerate()
        .map(|(number, needle)| {
            let frequency = TITLE_WEIGHT * count(&in_title, number) + count(&in_text, number);
            let weight = if needle.run.len() > 1 { PHRASE_WEIGHT } else { 1.0 };
            weight * frequency * (K1 + 1.0) / (frequency + K1 * length)
        })
        .sum();
    let close = proximity(&in_title).max(proximity(&in_text));
    words * (1.0 + PROXIMITY * close) * recency
}

fn recency(age: TimeDelta) -> f32 {
    let days = float(usize::try_from(age.num_hours().max(0)).unwrap_or(usize::MAX)) / 24.0;
    1.0 - RECENCY + RECENCY * (-days / HALF_LIFE_DAYS).exp2()
}

/// Needles that match, over the fewest words that hold all of them; 0 when there are not two.
fn proximity(matches: &[Match]) -> f32 {
    let needles = 1 + matches.iter().map(|found| found.needle).max().unwrap_or(0);
    let mut seen = vec![0_usize; needles];
    for found in matches {
        if let Some(seen) = seen.get_mut(found.needle) {
            *seen = 1;
        }
    }
    let distinct: usize = seen.iter().sum();
    if distinct < 2 {
        return 0.0;
    }
    let mut last: Vec<Option<usize>> = vec![None; needles];
    let mut shortest = usize::MAX;
    for found in matches {
        if let Some(place) = last.get_mut(found.needle) {
            *place = Some(found.word);
        }
        let places = last.iter().flatten();
        if places.clone().count() == distinct {
            let oldest = places.min().copied().unwrap_or(found.word);
            shortest = shortest.min(found.word - oldest + 1);
        }
    }
    float(distinct) / float(shortest.max(distinct))
}

#[expect(clippy::cast_precision_loss, reason = "counts of words: far below 2^24")]
fn float(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(query: &str, title: &str, text: &str, days: i64) -> f32 {
        let query = crate::parse(query, chrono::DateTime::UNIX_EPOCH).unwrap();
        score(&query, title, text, TimeDelta::days(days))
    }

    #[test]
    fn what_answers_better_scores_higher() {
        let filler = "and then some more words about other things ".repeat(20);
        let rambling = format!("release {filler} plan");
        assert!(
            scored("release plan", "Release plan", "x", 1) > scored("release plan", "x", "release plan", 1)
        );
        assert!(
            scored("release plan", "", "the release plan", 1)
                > scored("release plan", "", "plan of a big release", 1)
        );
        assert!(scored("release plan", "", "release plan", 1) > scored("release plan", "", &rambling, 1));
        assert!(scored("release plan", "", "release plan", 1) > scored("release plan", "", "release", 1));
        assert!(scored("plan", "", "a plan", 1) > scored("plan", "", "a plan", 90));
        assert!(scored("kind:task", "", "", 1) > scored("kind:task", "", "", 2));
    }

    #[test]
    fn what_does_not_match_scores_nothing() {
        assert!(scored("release", "other", "words", 0).abs() < f32::EPSILON);
        assert!(scored("release", "release", "", i64::from(i32::MAX)).is_finite());
        assert!(scored("release", "release", "", -5) <= scored("release", "release", "", 0));
    }
}

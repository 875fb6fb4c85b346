//! The part of a text that shows why it is a hit.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::document::MAX_TEXT_WORDS;
use crate::matching::{Match, find};
use crate::query::Query;
use crate::words::{Word, Words, head};

/// Longest part of a text that is searched for a window, in bytes.
const MAX_SCAN: usize = 1 << 18;
/// Bytes of one grapheme that count as one character of the snippet: piles of combining marks fill it up.
const GRAPHEME_BYTES: usize = 32;
/// How far a cut is moved to fall between words, in graphemes.
const SNAP: usize = 16;

struct Grapheme {
    range: Range<usize>,
    /// Width of all graphemes before this one.
    before: usize,
    blank: bool,
}

/// The window of at most `max_chars` characters (graphemes as they are read; markup and the `…` at a cut end
/// not counted) with the most of the query's words, HTML-escaped, its matches in `<mark>`. White space and
/// control characters become single spaces. Words match as in the index. Without a match: the beginning.
#[must_use]
pub fn snippet(text: &str, query: &Query, max_chars: usize) -> String {
    let text = head(text, MAX_SCAN);
    let words: Vec<Word> = Words::new(text).take(MAX_TEXT_WORDS).collect();
    let matches = find(&words, query);
    let graphemes = graphemes(text);
    let window = window(&graphemes, &matches, max_chars);
    render(text, &graphemes, window, &matches)
}

fn graphemes(text: &str) -> Vec<Grapheme> {
    let mut before = 0;
    let mut graphemes = Vec::new();
    for (start, written) in text.grapheme_indices(true) {
        let blank = written.chars().next().is_none_or(|c| c.is_whitespace() || c.is_control());
        graphemes.push(Grapheme { range: start..start + written.len(), before, blank });
        before += 1 + written.len() / GRAPHEME_BYTES;
    }
    graphemes
}

/// Graphemes that are shown.
fn window(graphemes: &[Grapheme], matches: &[Match], max: usize) -> Range<usize> {
    let anchor = best_anchor(graphemes, matches, max);
    let end_of = |start: usize| {
        let limit = graphemes.get(start).map_or(0, |first| first.before) + max;
        let fits = |g: &Grapheme| g.before + 1 + g.range.len() / GRAPHEME_BYTES <= limit;
        start + graphemes.get(start..).unwrap_or_default().iter().take_while(|g| fits(g)).count()
    };
    let mut start = anchor.start;
    if end_of(0) >= anchor.end {
        start = 0;
    } else {
        // As much before the matches as after them, but not more than the end of the text leaves free.
        let used = end_of(anchor.start) - anchor.start;
        let free = (anchor.start + used).saturating_sub(anchor.end) / 2;
        let wanted = anchor.start.saturating_sub(free);
        start = (wanted..=start).find(|from| end_of(*from) >= anchor.end).unwrap_or(start);
        let blank = |at: &usize| graphemes.get(*at).is_some_and(|g| g.blank);
        start = (start..anchor.start.min(start + SNAP)).find(blank).map_or(start, |at| at + 1);
    }
    let end = end_of(start);
    if end >= graphemes.len() {
        return start..graphemes.len();
    }
    let snapped =
        (end.saturating_sub(SNAP)..=end).rev().find(|at| graphemes.get(*at).is_some_and(|g| g.blank));
    let keeps_matches = |at: &usize| *at >= anchor.end.min(end) && *at > start;
    start..snapped.filter(keeps_matches).unwrap_or(end)
}

/// The graphemes from the first to the last match of the best group that fits: most different words of the
/// query, then most matches, then earliest.
fn best_anchor(graphemes: &[Grapheme], matches: &[Match], max: usize) -> Range<usize> {
    let at = |byte: usize| graphemes.partition_point(|g| g.range.end <= byte);
    let places: Vec<(Range<usize>, usize)> = matches
        .iter()
        .map(|found| (at(found.range.start)..at(found.range.end - 1) + 1, found.needle))
        .collect();
    let width = |range: &Range<usize>| {
        let offset = |n: usize| graphemes.get(n).or(graphemes.last()).map_or(0, |g| g.before);
        offset(range.end) - offset(range.start)
    };
    let mut best = (0, 0, 0..0);
    let mut counts = vec![0_usize; 1 + places.iter().map(|(_, needle)| *needle).max().unwrap_or(0)];
    let mut first = 0;
    for (number, (place, needle)) in places.iter().enumerate() {
        add(&mut counts, *needle, true);
        while let Some((start, leaving)) = places.get(first).filter(|_| first < number) {
            if width(&(start.start..place.end.max(start.end))) <= max {
                break;
            }
            add(&mut counts, *leaving, false);
            first += 1;
        }
        let distinct = counts.iter().filter(|count| **count > 0).count();
        let total = number - first + 1;
        if (distinct, total) > (best.0, best.1) {
            let start = places.get(first).map_or(place.start, |(start, _)| start.start);
            best = (distinct, total, start..place.end.max(start));
        }
    }
    best.2
}

fn add(counts: &mut [usize], needle: usize, more: bool) {
    if let Some(count) = counts.get_mut(needle) {
        *count = if more { *count + 1 } else { count.saturating_sub(1) };
    }
}

fn render(text: &str, graphemes: &[Grapheme], window: Range<usize>, matches: &[Match]) -> String {
    let mut out = String::new();
    if window.start > 0 {
        out.push('…');
    }
    let (mut marked, mut gap, mut begun, mut next) = (false, false, false, 0);
    for grapheme in graphemes.get(window.clone()).unwrap_or_default() {
        // Matches are in the order of their beginnings, but may overlap.
        while matches.get(next).is_some_and(|found| found.range.end <= grapheme.range.start) {
            next += 1;
        }
        let inside =
            |found: &Match| found.range.start < grapheme.range.end && found.range.end > grapheme.range.start;
        let rest = matches.get(next..).unwrap_or_default();
        let hit = rest.iter().take_while(|found| found.range.start < grapheme.range.end).any(inside);
        if marked && !hit {
            out.push_str("</mark>");
        }
        gap |= grapheme.blank;
        if !grapheme.blank {
            if gap && begun {
                out.push(' ');
            }
            if hit && !marked {
                out.push_str("<mark>");
            }
            escape(text.get(grapheme.range.clone()).unwrap_or_default(), &mut out);
            (gap, begun) = (false, true);
            marked = hit;
        } else {
            marked = marked && hit;
        }
    }
    if marked {
        out.push_str("</mark>");
    }
    if window.end < graphemes.len() {
        out.push('…');
    }
    out
}

fn escape(written: &str, out: &mut String) {
    for c in written.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // An orphaned control character inside a grapheme cannot be; one more lock costs nothing.
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, query: &str, max: usize) -> String {
        snippet(text, &crate::parse(query, chrono::DateTime::UNIX_EPOCH).unwrap(), max)
    }

    #[test]
    fn matches_are_marked_by_stem_and_everything_else_is_escaped() {
        assert_eq!(
            cut("<b>Deployed</b> \"A & B\" by GitHub", "deploying hub", 100),
            "&lt;b&gt;<mark>Deployed</mark>&lt;/b&gt; &quot;A &amp; B&quot; by Git<mark>Hub</mark>"
        );
        assert_eq!(cut("ask <mark>me</mark>", "nothing", 100), "ask &lt;mark&gt;me&lt;/mark&gt;");
    }

    #[test]
    fn a_phrase_is_one_mark() {
        assert_eq!(
            cut("the release\n\n plan: now, plan", "\"release plan\"", 100),
            "the <mark>release plan</mark>: now, plan"
        );
    }

    #[test]
    fn the_window_holds_the_most_words_of_the_query() {
        let text =
            format!("release {} the release plan is here {}", "filler ".repeat(60), "filler ".repeat(60));
        let shown = cut(&text, "release plan", 60);
        assert!(shown.contains("<mark>release</mark> <mark>plan</mark>"), "{shown}");
        assert!(shown.starts_with('…') && shown.ends_with('…'), "{shown}");
        assert!(shown.replace("<mark>", "").replace("</mark>", "").chars().count() <= 62, "{shown}");
    }

    #[test]
    fn without_a_match_the_beginning_is_shown() {
        assert_eq!(cut("one two three four", "kind:task", 9), "one two…");
        assert_eq!(cut("", "word", 9), "");
        assert_eq!(cut("word", "word", 0), "…");
    }

    #[test]
    fn no_grapheme_is_cut() {
        let family = "👨‍👩‍👧‍👦";
        let text = family.repeat(5);
        assert_eq!(cut(&text, "word", 2), format!("{}…", family.repeat(2)));
        assert_eq!(cut("a,\u{301}b c", "b", 100), "a,\u{301}<mark>b</mark> c");
        let pile = format!("x{} y", "\u{301}".repeat(10_000));
        assert_eq!(cut(&pile, "y", 20), "…<mark>y</mark>");
    }
}

//! One spelling for what people take for the same word: compatibility forms, case, accents, inflection.

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;

/// Longest term in characters; what is longer is cut, the same way in documents and in queries.
pub(crate) const MAX_TERM: usize = 64;

/// NFKC, case folded, diacritics of alphabetic scripts removed, invisible characters dropped.
/// Marks that carry the vowel (Indic scripts, kana voicing) stay.
pub(crate) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut lowered = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_diacritic(*c) && !is_invisible(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => lowered.push_str("ss"),
            'ς' => lowered.push('σ'),
            'ı' => lowered.push('i'),
            'ø' => lowered.push('o'),
            'ł' => lowered.push('l'),
            'đ' | 'ð' => lowered.push('d'),
            'ħ' => lowered.push('h'),
            'ŧ' => lowered.push('t'),
            'þ' => lowered.push_str("th"),
            'æ' => lowered.push_str("ae"),
            'œ' => lowered.push_str("oe"),
            '\u{2018}' | '\u{2019}' | '\u{02bc}' => lowered.push('\''),
            c if is_diacritic(c) => {}
            c => lowered.push(c),
        }
    }
    lowered.nfc().collect()
}

/// [`fold`], at most [`MAX_TERM`] characters long.
pub(crate) fn term(text: &str) -> String {
    clip(fold(text))
}

/// The first [`MAX_TERM`] characters.
pub(crate) fn clip(mut term: String) -> String {
    if let Some((cut, _)) = term.char_indices().nth(MAX_TERM) {
        term.truncate(cut);
    }
    term
}

/// The English stem of a folded word; other words are their own stem.
pub(crate) fn stem(folded: &str) -> String {
    let english = folded.len() > 2 && folded.bytes().all(|b| b.is_ascii_alphabetic() || b == b'\'');
    if !english {
        return folded.to_owned();
    }
    let stemmed = Stemmer::create(Algorithm::English).stem(folded);
    if stemmed.is_empty() { folded.to_owned() } else { stemmed.into_owned() }
}

/// Whether a script puts no spaces between words (or, as Hangul, glues endings to them), so that its
/// characters are indexed one by one and in pairs.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}'       // Thai, Lao
        | '\u{1000}'..='\u{109f}'     // Myanmar
        | '\u{1100}'..='\u{11ff}'     // Hangul Jamo
        | '\u{1780}'..='\u{17ff}'     // Khmer
        | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{318f}'     // kana, bopomofo, Hangul compatibility
        | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'                           // Hangul
        | '\u{ff66}'..='\u{ffdc}'     // half-width kana and Hangul
        | '\u{20000}'..='\u{3ffff}')
}

fn is_diacritic(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{0591}'..='\u{05bd}' | '\u{05bf}' | '\u{05c1}' | '\u{05c2}' | '\u{05c4}' | '\u{05c5}' | '\u{05c7}'
        | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{0640}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_the_same_word_fold_together() {
        for (written, folded) in [
            ("Müller", "muller"),
            ("Mu\u{308}ller", "muller"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("ＡＢＣ", "abc"),
            ("ﬁnal", "final"),
            ("İstanbul", "istanbul"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
            ("σίσυφος", "σισυφοσ"),
            ("co\u{ad}operate", "cooperate"),
            ("Smørrebrød", "smorrebrod"),
            ("Ёлка", "елка"),
            ("ｶﾞ", "ガ"),
            ("हिन्दी", "हिन्दी"),
        ] {
            assert_eq!(fold(written), folded, "{written}");
        }
    }

    #[test]
    fn only_english_looking_words_are_stemmed() {
        assert_eq!(stem("running"), "run");
        assert_eq!(stem("anna's"), "anna");
        assert_eq!(stem("v2ing"), "v2ing");
        assert_eq!(stem("работает"), "работает");
    }
}

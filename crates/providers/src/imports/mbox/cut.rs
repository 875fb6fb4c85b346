//! Cuts quotations and signatures, so that only what the author wrote is kept.
//!
//! Whoever is quoted did not say it again: a promise found in a quotation would be found once for each reply, under the
//! wrong name. The rules are those mail programs follow when they quote; what no program marks is kept.

/// Beginnings of the line that introduces a quotation, and how it ends, by language.
const ATTRIBUTIONS: [(&str, &[&str]); 9] = [
    ("On ", &["wrote:"]),
    ("Am ", &["schrieb:", "schrieb"]),
    ("Le ", &["a écrit :", "a écrit:"]),
    ("El ", &["escribió:"]),
    ("Il ", &["ha scritto:"]),
    ("Op ", &["schreef:", "het volgende geschreven:"]),
    ("Em ", &["escreveu:"]),
    ("Den ", &["skrev:"]),
    ("W dniu ", &["napisał:", "napisał(a):", "pisze:"]),
];
/// An attribution is broken over no more lines than this.
const LONGEST_ATTRIBUTION: usize = 4;
/// Lines after which everything is another mail.
const SEPARATORS: [&str; 9] = [
    "original message",
    "original appointment",
    "forwarded message",
    "ursprüngliche nachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "message transféré",
    "mensaje original",
    "begin forwarded message:",
];
/// Field names in the header block that Outlook puts before a quotation: sender first, then the others.
const SENDER_FIELDS: [&str; 5] = ["from", "von", "de", "da", "van"];
const OTHER_FIELDS: [&str; 24] = [
    "sent",
    "date",
    "to",
    "cc",
    "subject",
    "gesendet",
    "datum",
    "an",
    "betreff",
    "envoyé",
    "à",
    "objet",
    "enviado",
    "fecha",
    "para",
    "asunto",
    "inviato",
    "data",
    "a",
    "oggetto",
    "verzonden",
    "aan",
    "onderwerp",
    "assunto",
];
/// What mobile programs put under a mail by themselves.
const MOBILE: [&str; 9] = [
    "sent from my ",
    "sent from outlook",
    "sent from mail for ",
    "sent from yahoo mail",
    "get outlook for ",
    "von meinem ",
    "envoyé de mon ",
    "enviado desde mi ",
    "inviato da ",
];

/// What the author wrote.
pub(super) fn own_words(text: &str) -> String {
    let lines: Vec<&str> =
        text.lines().map(|line| line.trim_end_matches(['\r', ' ', '\t', '\u{a0}'])).collect();
    let mut kept: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        let rest = lines.get(at..).unwrap_or_default();
        if ends_own_words(line, rest) {
            break;
        }
        if let Some(length) = attribution(rest) {
            let quotation = rest.iter().skip(length).find(|line| !line.is_empty());
            if quotation.is_some_and(|line| !is_quoted(line)) {
                break;
            }
            at += length;
            continue;
        }
        let blank_run = line.is_empty() && kept.last().is_none_or(|last| last.is_empty());
        if !blank_run && !is_quoted(line) && !is_mobile_signature(line) {
            kept.push(line);
        }
        at += 1;
    }
    kept.join("\n").trim().to_owned()
}

fn ends_own_words(line: &str, rest: &[&str]) -> bool {
    // RFC 3676, 4.3: "-- "; the space is often lost on the way
    line == "--" || is_separator(line) || is_list_footer(rest) || is_header_block(rest)
}

fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

fn is_separator(line: &str) -> bool {
    let bare = line.trim();
    let words = bare.trim_matches(|edge: char| matches!(edge, '-' | '_' | ' ')).to_lowercase();
    let ruled = bare.starts_with("--") || words == "begin forwarded message:";
    ruled && bare.len() < 120 && SEPARATORS.contains(&words.as_str())
}

/// The rule and the line that Mailman puts under every mail of a list.
fn is_list_footer(rest: &[&str]) -> bool {
    let ruled = rest.first().is_some_and(|line| line.len() > 20 && line.chars().all(|letter| letter == '_'));
    ruled && rest.get(1).is_some_and(|next| next.to_lowercase().contains("mailing list"))
}

/// `From:` and at least two of the other fields in the five lines after it.
fn is_header_block(rest: &[&str]) -> bool {
    let field = |line: &&str| {
        let bare = line.trim_start_matches(['*', ' ']);
        bare.split_once(':').map(|(name, _)| name.trim_end_matches(['*', ' ']).to_lowercase())
    };
    let begins = rest.first().and_then(field).is_some_and(|name| SENDER_FIELDS.contains(&name.as_str()));
    begins
        && rest
            .iter()
            .skip(1)
            .take(6)
            .filter_map(field)
            .filter(|name| OTHER_FIELDS.contains(&name.as_str()))
            .count()
            >= 2
}

/// How many lines the introduction of a quotation takes, if one begins here.
fn attribution(rest: &[&str]) -> Option<usize> {
    let first = rest.first()?.trim_start();
    let (opening, endings) = ATTRIBUTIONS.iter().find(|(opening, _)| first.starts_with(opening))?;
    let mut joined = String::new();
    for (at, line) in rest.iter().take(LONGEST_ATTRIBUTION).enumerate() {
        if line.is_empty() || is_quoted(line) {
            return None;
        }
        joined.push_str(line.trim());
        joined.push(' ');
        let whole = joined.trim_end();
        // German names the writer after the verb: "Am … schrieb Anna:"
        let german = *opening == "Am " && whole.ends_with(':') && whole.contains(" schrieb ");
        let dated = whole.chars().any(|letter| letter.is_ascii_digit());
        if dated && (german || endings.iter().any(|ending| whole.ends_with(ending))) {
            return Some(at + 1);
        }
    }
    None
}

fn is_mobile_signature(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    line.len() < 80
        && MOBILE.iter().any(|opening| line.starts_with(opening))
        && (!line.starts_with("von meinem ") || line.ends_with(" gesendet"))
}

#[cfg(test)]
mod tests {
    use super::own_words;

    #[test]
    fn quotations_and_signatures_are_cut() {
        let cases = [
            ("Yes.\n\nOn Mon, 3 Jan 2022 at 10:00, Bob <b@x.org> wrote:\n> Can you?\n> Bob", "Yes."),
            ("Yes.\n\nOn Mon, 3 Jan 2022 at 10:00,\nBob Long <b@x.org>\nwrote:\n\n> Can you?", "Yes."),
            ("On Mon, 3 Jan 2022, Bob wrote:\n> Can you?\nI can.\n> When?\nFriday.", "I can.\nFriday."),
            ("Yes.\nOn Mon, 3 Jan 2022, Bob wrote:\n\nCan you?", "Yes."),
            ("Done.\n\n-----Original Message-----\nFrom: Bob\nplease do it", "Done."),
            ("FYI\n\n---------- Forwarded message ---------\nFrom: Bob", "FYI"),
            ("Gut.\n\nAm 3. Januar 2022 schrieb Anna Ö <a@x.de>:\n> Geht das?", "Gut."),
            ("Oui.\r\n\r\nLe 3 janv. 2022 à 10:00, Zoé <z@x.fr> a écrit :\r\n> ça va ?\r\n", "Oui."),
            ("Fine.\n\nFrom: Bob <b@x.org>\nSent: Monday\nTo: Alice\nSubject: it\n\nold words", "Fine."),
            ("*From:* Bob\n*Date:* Monday\n*To:* Alice\nold", ""),
            ("See you.\n-- \nAlice\nCEO", "See you."),
            ("See you.\n\nSent from my iPhone\n", "See you."),
            (
                "Hi all\n_______________________________________________\ndev mailing list\ndev@x.org",
                "Hi all",
            ),
        ];
        for (whole, own) in cases {
            assert_eq!(own_words(whole), own, "{whole}");
        }
    }

    #[test]
    fn what_only_resembles_a_quotation_is_kept() {
        let kept = [
            "On Monday I wrote the plan.\nIt is good.",
            "From: here\nwe go on",
            "Two options -- one good, one bad --\nchoose.",
            "Let me\n\nexplain",
            "The original message was lost",
        ];
        for text in kept {
            assert_eq!(own_words(text), text);
        }
    }
}

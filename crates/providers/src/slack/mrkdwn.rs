//! Slack's mark-up, turned into the text that people saw.
//!
//! Source: <https://docs.slack.dev/messaging/formatting-message-text>. Angle brackets hold links and mentions; `&`,
//! `<` and `>` that a person typed come escaped, so nothing typed can pass for a mention.

use crate::model::Person;

/// A text mentions at most this many people.
const MOST_MENTIONS: usize = 256;

/// The text as it was shown, and the people whom it mentions.
pub(super) fn resolve(text: &str) -> (String, Vec<Person>) {
    let mut shown = String::with_capacity(text.len());
    let mut mentions: Vec<Person> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, from_bracket) = rest.split_at(start);
        unescape(before, &mut shown);
        let Some(end) = from_bracket.find('>') else {
            rest = from_bracket;
            break;
        };
        let token = from_bracket.get(1..end).unwrap_or_default();
        show(token, &mut shown, &mut mentions);
        rest = from_bracket.get(end + 1..).unwrap_or_default();
    }
    unescape(rest, &mut shown);
    (shown, mentions)
}

fn show(token: &str, shown: &mut String, mentions: &mut Vec<Person>) {
    let (target, label) = match token.split_once('|') {
        Some((target, label)) => (target, Some(label).filter(|label| !label.is_empty())),
        None => (token, None),
    };
    if let Some(id) = target.strip_prefix('@') {
        mention(id, label, shown, mentions);
    } else if let Some(id) = target.strip_prefix('#') {
        match label {
            Some(name) => sigil('#', name, shown),
            None => bracketed('#', id, shown),
        }
    } else if let Some(command) = target.strip_prefix('!') {
        let word = command.split('^').next().unwrap_or(command);
        match label {
            Some(label) if word == "date" => unescape(label, shown),
            _ => sigil('@', label.unwrap_or(word).trim_start_matches('@'), shown),
        }
    } else {
        link(target, label, shown);
    }
}

fn mention(id: &str, name: Option<&str>, shown: &mut String, mentions: &mut Vec<Person>) {
    match name {
        Some(name) => sigil('@', name, shown),
        None => bracketed('@', id, shown),
    }
    let is_new = !id.is_empty() && !mentions.iter().any(|person| person.key == id);
    if is_new && mentions.len() < MOST_MENTIONS {
        let name = name.map(str::to_owned);
        mentions.push(Person { key: id.to_owned(), name, ..Person::default() });
    }
}

fn sigil(sigil: char, name: &str, shown: &mut String) {
    shown.push(sigil);
    unescape(name, shown);
}

fn bracketed(sigil: char, id: &str, shown: &mut String) {
    shown.push('<');
    shown.push(sigil);
    shown.push_str(id);
    shown.push('>');
}

/// A Markdown link, unless its label says no more than its address.
fn link(target: &str, label: Option<&str>, shown: &mut String) {
    let address = target.strip_prefix("mailto:").unwrap_or(target);
    let bare = |text: &str| text.trim_start_matches("https://").trim_start_matches("http://").to_owned();
    match label {
        Some(label) if bare(label) != bare(address) => {
            shown.push('[');
            unescape(label, shown);
            shown.push_str("](");
            unescape(address, shown);
            shown.push(')');
        }
        _ => unescape(address, shown),
    }
}

/// Each escape once, from left to right: `&amp;lt;` is the typed text `&lt;`.
fn unescape(text: &str, shown: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, escape) = rest.split_at(start);
        shown.push_str(before);
        let known = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>')];
        match known.iter().find(|(written, _)| escape.starts_with(written)) {
            Some((written, character)) => {
                shown.push(*character);
                rest = escape.get(written.len()..).unwrap_or_default();
            }
            None => {
                shown.push('&');
                rest = escape.get(1..).unwrap_or_default();
            }
        }
    }
    shown.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn links_channels_and_commands_read_as_they_were_shown() {
        let cases = [
            ("see <https://a.example/x|the plan>", "see [the plan](https://a.example/x)"),
            (
                "<http://a.example|a.example> <https://b.example?x=1&amp;y=2>",
                "http://a.example https://b.example?x=1&y=2",
            ),
            ("<mailto:a@b.example|a@b.example>", "a@b.example"),
            ("in <#C1|general> and <#C2>", "in #general and <#C2>"),
            ("<!here> <!subteam^S1|@ops> <!date^1700000000^{date}|14 Nov>", "@here @ops 14 Nov"),
            ("a &lt; b &amp;&amp; &amp;lt; & c", "a < b && &lt; & c"),
            ("unclosed <https://a.example", "unclosed <https://a.example"),
            ("<> <|> <@>", "  <@>"),
        ];
        for (written, shown) in cases {
            assert_eq!(resolve(written).0, shown, "{written}");
        }
    }

    #[test]
    fn only_real_mentions_count() {
        let (shown, mentions) = resolve("<@U1> asks <@U2|ada> and <@U1>, not &lt;@U3&gt;");
        assert_eq!(shown, "<@U1> asks @ada and <@U1>, not <@U3>");
        let keys: Vec<_> =
            mentions.iter().map(|person| (person.key.as_str(), person.name.as_deref())).collect();
        assert_eq!(keys, [("U1", None), ("U2", Some("ada"))]);
    }
}

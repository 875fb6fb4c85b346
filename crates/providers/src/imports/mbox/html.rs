//! Makes the HTML of a mail fit for the converter to text.
//!
//! The converter breaks lines at `<br>` and `</p>` alone and forgets what was quoted. So block elements are given a
//! break here, and a quotation is replaced by a `>` line, which [`super::cut`] knows as one.

use mail_parser::decoders::html::html_to_text;

/// Elements that stand on lines of their own.
const BLOCKS: [&str; 16] = [
    "div", "li", "tr", "table", "ul", "ol", "hr", "section", "article", "h1", "h2", "h3", "h4", "h5", "h6",
    "pre",
];
const BREAK: &str = "<br>";
const QUOTATION: &str = "<br>&gt; <br>";

/// The text of an HTML body, a line where a reader sees one, quotations as `>`.
pub(super) fn to_text(html: &str) -> String {
    html_to_text(&with_breaks(html))
}

fn with_breaks(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    let mut quoted: u32 = 0;
    while let Some((before, after)) = rest.split_once('<') {
        if quoted == 0 {
            out.push_str(before);
        }
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
            continue;
        }
        let Some((tag, behind)) = after.split_once('>') else {
            return out;
        };
        rest = behind;
        let closes = tag.starts_with('/');
        let name = tag
            .trim_start_matches('/')
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if name == "blockquote" {
            let depth = if closes { quoted.saturating_sub(1) } else { quoted.saturating_add(1) };
            if quoted == 0 && depth == 1 {
                out.push_str(QUOTATION);
            }
            quoted = depth;
        } else if quoted == 0 {
            out.push('<');
            out.push_str(tag);
            out.push('>');
            if BLOCKS.contains(&name.as_str()) {
                out.push_str(BREAK);
            }
        }
    }
    if quoted == 0 {
        out.push_str(rest);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::to_text;

    #[test]
    fn blocks_become_lines_and_quotations_become_marks() {
        let html = "<div>Hello <b>you</b></div><div>see &amp; hear</div><!-- <p>no --><blockquote>old <blockquote>older</blockquote></blockquote>new";
        let lines: Vec<String> =
            to_text(html).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        assert_eq!(lines, ["Hello you", "see & hear", ">", "new"]);
    }
}

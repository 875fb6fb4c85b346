//! Which parts of a message are its author's own words. Quoted lines, code, patches, signatures, forwarded mail and link targets
//! are blanked with spaces, so every offset into the visible text is an offset into the message.

use crate::{thread::Style, wording};

/// Bytes of one message that are read, as many as the longest comment of any provider has letters: what stands behind is no
/// conversation.
const MOST_READ: usize = 64 * 1024;

/// The author's own words, byte for byte at their places.
#[derive(Debug)]
pub(crate) struct Visible {
    /// The message with everything else blanked.
    pub text: String,
    /// The same in lower-case ASCII.
    pub lower: String,
}

impl Visible {
    /// Reads a message. A mail has a closing and a signature, a chat has not.
    pub fn read(text: &str, style: Style) -> Self {
        let text = &text[..text.floor_char_boundary(MOST_READ)];
        let mut bytes = text.as_bytes().to_vec();
        let body = without_comments(text, &mut bytes);
        hide_lines(&body, style, &mut bytes);
        let own = String::from_utf8(bytes).unwrap_or_default();
        let mut bytes = own.as_bytes().to_vec();
        hide_inline(&own, &mut bytes);
        let text = String::from_utf8(bytes).unwrap_or_default();
        let lower = text.to_ascii_lowercase();
        Self { text, lower }
    }
}

fn blank(bytes: &mut [u8], from: usize, to: usize) {
    let to = to.min(bytes.len());
    if let Some(part) = bytes.get_mut(from..to) {
        part.iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    }
}

/// Hides `<!-- … -->` of issue templates.
fn without_comments(text: &str, bytes: &mut [u8]) -> String {
    let mut at = 0;
    while let Some(open) = text[at..].find("<!--").map(|i| at + i) {
        let close = text[open..].find("-->").map_or(text.len(), |i| open + i + 3);
        blank(bytes, open, close);
        at = close;
    }
    String::from_utf8_lossy(bytes).into_owned()
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Inside {
    Own,
    Fence(u8),
    Patch,
    /// Signature or forwarded mail: nothing more to read, except a postscript.
    Tail,
}

fn hide_lines(text: &str, style: Style, bytes: &mut [u8]) {
    let mut inside = Inside::Own;
    let mut seen_words = false;
    let mut previous_blank = true;
    let mut at = 0;
    for raw in text.split_inclusive('\n') {
        let line = raw.trim();
        let (next, hide) = classify(inside, raw, line, style, seen_words, previous_blank);
        if hide {
            blank(bytes, at, at + raw.len());
        }
        inside = next;
        previous_blank = line.is_empty();
        seen_words |= !hide && !line.is_empty();
        at += raw.len();
    }
}

fn classify(
    inside: Inside,
    raw: &str,
    line: &str,
    style: Style,
    seen: bool,
    after_blank: bool,
) -> (Inside, bool) {
    match inside {
        Inside::Fence(mark) => {
            let closes = line.len() >= 3 && line.bytes().all(|b| b == mark);
            return (if closes { Inside::Own } else { inside }, true);
        }
        Inside::Patch if !line.is_empty() => return (Inside::Patch, true),
        Inside::Tail => {
            let postscript = line.starts_with("PS") || line.starts_with("P.S.") || line.starts_with("P.S");
            return if postscript { (Inside::Own, false) } else { (Inside::Tail, true) };
        }
        Inside::Own | Inside::Patch => {}
    }
    for fence in ["```", "~~~"] {
        if let Some(rest) = line.strip_prefix(fence) {
            let one_line = rest.len() > 3 && rest.ends_with(fence);
            return (if one_line { Inside::Own } else { Inside::Fence(fence.as_bytes()[0]) }, true);
        }
    }
    if line.starts_with('>') || line.starts_with("&gt;") {
        return (Inside::Own, true);
    }
    if is_patch(line) {
        return (Inside::Patch, true);
    }
    if wording::opens_forward(line) || wording::opens_signature(line) {
        return (Inside::Tail, true);
    }
    if style != Style::Chat && seen && wording::closes_letter(line) {
        return (Inside::Tail, true);
    }
    let indented = style == Style::Issue && after_blank && (raw.starts_with("    ") || raw.starts_with('\t'));
    let hide =
        indented || wording::is_attribution(line) || wording::is_disclaimer(line) || wording::is_header(line);
    (Inside::Own, hide)
}

fn is_patch(line: &str) -> bool {
    ["--- a/", "+++ b/", "diff --git ", "@@ -", "Index: "].iter().any(|start| line.starts_with(start))
}

/// Code spans, link targets, tags and emoji codes within lines.
fn hide_inline(text: &str, bytes: &mut [u8]) {
    let mut source = Inline { bytes: text.as_bytes(), none_before: [0; 3] };
    let mut at = 0;
    while let Some(byte) = source.bytes.get(at) {
        at = match byte {
            b'`' => hide_code(&mut source, at, bytes),
            b'<' => hide_tag(&mut source, at, bytes),
            b']' if source.bytes.get(at + 1) == Some(&b'(') => match source.close(at + 2, b')') {
                Some(end) => {
                    blank(bytes, at + 1, end + 1);
                    end + 1
                }
                None => at + 1,
            },
            b'h' | b'w' if starts_url(source.bytes, at) => {
                let end = url_end(source.bytes, at);
                blank(bytes, at, end);
                end
            }
            _ => at + 1,
        };
    }
}

fn starts_url(source: &[u8], at: usize) -> bool {
    let rest = &source[at..];
    let fresh = at == 0 || !source[at - 1].is_ascii_alphanumeric();
    fresh && (rest.starts_with(b"https://") || rest.starts_with(b"http://") || rest.starts_with(b"www."))
}

/// A link ends at white space or at a bracket; the full stop after it belongs to the sentence.
fn url_end(source: &[u8], at: usize) -> usize {
    let mut end = at;
    while end < source.len()
        && !source[end].is_ascii_whitespace()
        && !matches!(source[end], b'>' | b')' | b'"' | b'|')
    {
        end += 1;
    }
    while end > at && matches!(source[end - 1], b'.' | b',' | b'!' | b'?' | b';' | b':') {
        end -= 1;
    }
    end.max(at + 1)
}

/// The bytes of a message, and what is known not to close.
struct Inline<'a> {
    bytes: &'a [u8],
    /// Per closing byte: nowhere before this place. An unclosed bracket is looked for once.
    none_before: [usize; 3],
}

impl Inline<'_> {
    /// The closing byte on the same line, at most 2,000 bytes away.
    fn close(&mut self, from: usize, wanted: u8) -> Option<usize> {
        let slot = match wanted {
            b'>' => 0,
            b')' => 1,
            _ => 2,
        };
        let begin = from.max(self.none_before[slot]);
        let window = self.bytes.get(begin..self.bytes.len().min(from + 2_000))?;
        for (i, byte) in window.iter().enumerate() {
            if *byte == wanted {
                return Some(begin + i);
            }
            if *byte == b'\n' {
                // The line break itself stays to be found: what stands behind it is another line.
                self.none_before[slot] = begin + i;
                return None;
            }
        }
        self.none_before[slot] = begin + window.len();
        None
    }
}

/// Blanks a code span but leaves its first byte as a mark: "`x` is done" keeps its subject.
fn hide_code(source: &mut Inline<'_>, at: usize, bytes: &mut [u8]) -> usize {
    let ticks = source.bytes[at..].iter().take_while(|b| **b == b'`').count();
    let mut from = at + ticks;
    let limit = source.bytes.len().min(at + 2_000);
    while from < limit {
        let Some(end) = source.close(from, b'`') else { break };
        let closing = source.bytes[end..].iter().take_while(|b| **b == b'`').take(ticks + 1).count();
        if closing == ticks {
            blank(bytes, at, end + ticks);
            return end + ticks;
        }
        from = end + closing.max(1);
    }
    at + ticks
}

/// `<https://…|label>` keeps the label, `<@U1|name>` stays for the tokenizer, every other tag goes.
fn hide_tag(source: &mut Inline<'_>, at: usize, bytes: &mut [u8]) -> usize {
    let next = source.bytes.get(at + 1).copied().unwrap_or(b' ');
    let tag = next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'#' | b'@');
    if !tag {
        return at + 1;
    }
    let Some(end) = source.close(at + 1, b'>') else { return at + 1 };
    if next == b'@' {
        return end + 1;
    }
    let label = source.bytes[at..end]
        .iter()
        .position(|b| *b == b'|')
        .map(|i| at + i)
        .filter(|_| next.is_ascii_alphabetic());
    match label {
        Some(bar) => {
            blank(bytes, at, bar + 1);
            blank(bytes, end, end + 1);
        }
        None => blank(bytes, at, end + 1),
    }
    end + 1
}

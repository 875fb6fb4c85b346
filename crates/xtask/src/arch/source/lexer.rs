//! Tells code, comments and literals apart.

/// The text as code alone and as comments alone; what belongs elsewhere is blanked, newlines stay.
pub(super) fn split(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let mut code = blank(bytes);
    let mut comments = code.clone();
    let mut at = 0;
    while at < bytes.len() {
        let (kind, end) = token(bytes, at);
        match kind {
            Kind::Code => code[at..end].copy_from_slice(&bytes[at..end]),
            Kind::Comment => comments[at..end].copy_from_slice(&bytes[at..end]),
            Kind::Literal => {}
        }
        at = end;
    }
    // Tokens end at character boundaries, so nothing is lost here.
    (String::from_utf8_lossy(&code).into_owned(), String::from_utf8_lossy(&comments).into_owned())
}

enum Kind {
    Code,
    Comment,
    Literal,
}

fn blank(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }).collect()
}

/// The token at `at` and where it ends.
fn token(bytes: &[u8], at: usize) -> (Kind, usize) {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => (Kind::Comment, at + length_until(rest, b'\n')),
        [b'/', b'*', ..] => (Kind::Comment, at + block_comment(rest)),
        [b'"', ..] => (Kind::Literal, at + string(rest)),
        [b'\'', ..] => match character(rest) {
            Some(length) => (Kind::Literal, at + length),
            None => (Kind::Code, at + 1),
        },
        [first, ..] if is_word(*first) => {
            let word = rest.iter().take_while(|byte| is_word(**byte)).count();
            match raw_string(&rest[..word], &rest[word..]) {
                Some(length) => (Kind::Literal, at + word + length),
                None => (Kind::Code, at + word),
            }
        }
        _ => (Kind::Code, at + 1),
    }
}

/// Bytes beyond ASCII count as parts of words, so that characters stay whole.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn length_until(rest: &[u8], end: u8) -> usize {
    rest.iter().position(|byte| *byte == end).unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

fn string(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `'a'`, `'\n'`, `'€'`; a lifetime is none.
fn character(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        return rest.iter().skip(3).position(|byte| *byte == b'\'').map(|at| at + 4);
    }
    let width = match rest.get(1)? {
        0x00..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

/// What follows the prefix `r`, `br` or `cr`, when it opens a raw string.
fn raw_string(prefix: &[u8], rest: &[u8]) -> Option<usize> {
    if !matches!(prefix, b"r" | b"br" | b"cr") {
        return None;
    }
    let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
    if rest.get(hashes) != Some(&b'"') {
        return None;
    }
    let closing: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[hashes + 1..];
    let end = body.windows(closing.len()).position(|window| window == closing);
    Some(end.map_or(rest.len(), |at| hashes + 1 + at + closing.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        split(text).0.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn literals_and_comments_leave_the_code() {
        assert_eq!(code(r#"a("{ // \" }", 'x', '\'', '{') // b"#), "a( , , , )");
        assert_eq!(code("a /* b /* c */ d */ e"), "a e");
        assert_eq!(code("x(b\"}\", b'}', c\"}\")"), "x(b , b , c )");
    }

    #[test]
    fn raw_strings_end_at_their_own_mark() {
        assert_eq!(code("r#\"a \"quoted\" } \"# + br\"}\" + r#type"), "+ + r#type");
    }

    #[test]
    fn lifetimes_are_code() {
        assert_eq!(
            code("fn f<'a>(x: &'a str, c: char) { c == 'é' }"),
            "fn f<'a>(x: &'a str, c: char) { c == }"
        );
        assert_eq!(code("'outer: loop { break 'outer; }"), "'outer: loop { break 'outer; }");
    }

    #[test]
    fn offsets_and_lines_stay() {
        let text = "let a = \"x\ny\"; // ünï\nlet b = 'ß';\n";
        let (code, comments) = split(text);
        assert_eq!((code.len(), comments.len()), (text.len(), text.len()));
        assert_eq!(code.matches('\n').count(), 3);
        assert_eq!(comments.trim(), "// ünï");
    }

    #[test]
    fn an_unfinished_literal_ends_with_the_text() {
        for text in ["\"abc", "r#\"abc", "/* abc", "'", "'\\", "\"\\"] {
            assert_eq!(split(text).0.len(), text.len());
        }
    }
}

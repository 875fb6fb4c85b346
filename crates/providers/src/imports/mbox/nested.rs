//! Keeps a mail from costing more to open than it is long.
//!
//! The parser opens attached mails to any depth, and one 50 MB mail can nest a million of them, deeper than any stack
//! that copies or frees the result. It also searches the rest of the mail for each boundary and compares the
//! parameters of a field with one another. Oz reads what the author wrote and names attachments: so before parsing, the
//! types of attached mails, of multiparts past any sensible number and fields past any sensible length are overwritten
//! in place.

use std::borrow::Cow;

use mail_parser::parsers::MessageStream;

/// Stands for an attached mail while parsing; shorter than the types it replaces.
pub(super) const OPAQUE: &[u8] = b"message/x";
/// A multipart whose parts are not mails by default.
const PLAIN_MULTIPART: &[u8] = b"multipart/x";

/// The most multiparts that are opened in one mail.
const MOST_MULTIPARTS: usize = 100;
/// The longest value of a field with parameters, in bytes.
const LONGEST_FIELD: usize = 8 * 1024;

/// The mail with every attached mail made an opaque part. Offsets stay as they were.
pub(super) fn closed(mail: &[u8]) -> Cow<'_, [u8]> {
    let mut closed = Cow::Borrowed(mail);
    let mut multiparts = 0;
    let mut start = 0;
    while let Some(line) = mail.get(start..).filter(|rest| !rest.is_empty()) {
        let end = line.iter().position(|byte| *byte == b'\n').map_or(line.len(), |at| at + 1);
        if let Some((is_type, colon)) = field_with_parameters(line.get(..end).unwrap_or_default()) {
            let place = start + colon + 1;
            let value = field_value(mail.get(place..).unwrap_or_default());
            if value.len() > LONGEST_FIELD {
                overwrite(closed.to_mut().get_mut(place..place + value.len()).unwrap_or_default(), b"");
            } else if let Some(replacement) = replacement(value, &mut multiparts).filter(|_| is_type) {
                let type_end = place + type_length(value);
                overwrite(closed.to_mut().get_mut(place..type_end).unwrap_or_default(), replacement);
            }
        }
        start += end;
    }
    closed
}

/// Whether the line begins a content type or disposition as the parser reads field names (any case, spaces anywhere,
/// colons before the first letter): which of them, and where its colon is.
fn field_with_parameters(line: &[u8]) -> Option<(bool, usize)> {
    let begins = line.iter().position(|byte| *byte != b':' && !byte.is_ascii_whitespace())?;
    let colon = begins + line.get(begins..)?.iter().position(|byte| *byte == b':')?;
    let name = line.get(begins..colon)?.iter().filter(|byte| !byte.is_ascii_whitespace());
    let name: Vec<u8> = name.map(u8::to_ascii_lowercase).take(b"content-disposition".len() + 1).collect();
    match name.as_slice() {
        b"content-type" => Some((true, colon)),
        b"content-disposition" => Some((false, colon)),
        _ => None,
    }
}

/// The bytes of the value over its folded lines, the last line break included.
fn field_value(rest: &[u8]) -> &[u8] {
    let mut length = 0;
    for line in rest.split_inclusive(|byte| *byte == b'\n') {
        if length > 0 && !line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            break;
        }
        length += line.len();
    }
    rest.get(..length).unwrap_or_default()
}

/// Asks the parser itself what it takes the value for.
fn replacement(value: &[u8], multiparts: &mut usize) -> Option<&'static [u8]> {
    let value = MessageStream::new(value).parse_content_type();
    let content_type = value.as_content_type()?;
    match (content_type.ctype(), content_type.subtype()) {
        ("message", Some("rfc822" | "global")) => Some(OPAQUE),
        ("multipart", subtype) => {
            *multiparts += 1;
            let past_limit = *multiparts > MOST_MULTIPARTS;
            let digest = (subtype == Some("digest")).then_some(PLAIN_MULTIPART);
            if past_limit { Some(b"") } else { digest }
        }
        _ => None,
    }
}

/// The bytes of the type itself: up to the first parameter; the line break that ends the field stays.
fn type_length(value: &[u8]) -> usize {
    value.iter().position(|byte| *byte == b';').unwrap_or_else(|| value.trim_ascii_end().len())
}

/// Writes the type into the first line with room for it and blanks the others; line breaks stay where they are.
fn overwrite(place: &mut [u8], replacement: &[u8]) {
    let mut written = false;
    for line in place.split_inclusive_mut(|byte| *byte == b'\n') {
        let room = line.trim_ascii_end().len();
        let blank = line.get_mut(..room).unwrap_or_default();
        blank.fill(b' ');
        if let Some(letters) = blank.get_mut(1..=replacement.len()).filter(|_| !written) {
            letters.copy_from_slice(replacement);
            written = true;
        }
    }
}

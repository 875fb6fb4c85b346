//! What one mail says.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use mail_parser::{
    Address, HeaderName, HeaderValue, Message, MessageParser, MessagePart, MimeHeaders, PartType,
};

use super::{cut, html, nested, postmark_date, split, without_postmark};
use crate::imports::{LONGEST_TEXT, LONGEST_TITLE, bounded_key, clipped, instant, mail_address};
use crate::{Activity, Fact, FileRef, ItemKind, Person, ReadError, Reading, ThingKind, Verb};

/// People described from the recipients of one mail.
const MOST_PEOPLE: usize = 100;
/// Attachments named from one mail.
const MOST_FILES: usize = 100;

pub(in crate::imports) fn read(source: &str, body: &[u8]) -> Result<Reading, ReadError> {
    let (postmark, quoted) = without_postmark(body);
    let identity = split::identity(quoted);
    let mail = unquoted(quoted);
    let mail = nested::closed(&mail);
    let message =
        MessageParser::default().parse(mail.as_ref()).ok_or(ReadError::Malformed { field: "mail" })?;
    if message.headers().is_empty() {
        return Err(ReadError::Malformed { field: "mail.header" });
    }
    let Some(occurred_at) = date(&message, postmark) else {
        return Ok(Reading::Skipped("no_believable_date"));
    };
    let subject = message.subject().unwrap_or_default().trim();
    let answers = parent(&message);
    let thread = root(&message).unwrap_or_else(|| identity.clone());
    let thing = (ThingKind::Conversation, format!("thread:{thread}"));
    let item = (ItemKind::Message, format!("message:{identity}"));
    let mut activity = Activity::bare(source, thing, item, Verb::Created, occurred_at);
    let base = message.thread_name().or(Some(subject)).filter(|name| !name.is_empty());
    activity.thing_title = base.map(|name| clipped(name, LONGEST_TITLE));
    activity.thing_opened_at = answers.is_none().then_some(occurred_at);
    activity.title = clipped(subject, LONGEST_TITLE);
    activity.text = clipped(&cut::own_words(&text(&message)), LONGEST_TEXT);
    activity.actor = author(&message);
    activity.reply_to = answers.map(|parent| format!("message:{parent}"));
    activity.files = files(&message, &identity);
    let mut facts: Vec<Fact> = recipients(&message).into_iter().map(Fact::Person).collect();
    facts.push(Fact::Activity(Box::new(activity)));
    Ok(Reading::Facts(facts))
}

/// Takes one `>` off the lines that the mailbox quoted: `>From `, `>>From `, ….
fn unquoted(mail: &[u8]) -> Cow<'_, [u8]> {
    let is_marked = |line: &[u8]| {
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        marks > 0 && line.get(marks..).is_some_and(|rest| rest.starts_with(b"From "))
    };
    if !mail.split(|byte| *byte == b'\n').any(is_marked) {
        return Cow::Borrowed(mail);
    }
    let lines = mail.split_inclusive(|byte| *byte == b'\n');
    let unmarked =
        lines.flat_map(|line| if is_marked(line) { line.get(1..).unwrap_or_default() } else { line });
    Cow::Owned(unmarked.copied().collect())
}

/// The mail's own date, else that of its last transport, else that of the mailbox.
fn date(message: &Message<'_>, postmark: Option<&[u8]>) -> Option<DateTime<Utc>> {
    let believed = |date: &mail_parser::DateTime| {
        if date.is_valid() { instant::plausible(date.to_timestamp(), 0) } else { None }
    };
    let own = message.date().and_then(believed);
    let received =
        || message.received_all().filter_map(mail_parser::Received::date).find_map(|date| believed(&date));
    own.or_else(received).or_else(|| postmark.and_then(postmark_date))
}

/// The first mail of the thread, as far as this one knows it.
fn root(message: &Message<'_>) -> Option<String> {
    ids(message.references())
        .next()
        .or_else(|| ids(message.in_reply_to()).next())
        .map(|id| bounded_key("", id))
}

/// The mail this one answers.
fn parent(message: &Message<'_>) -> Option<String> {
    ids(message.in_reply_to())
        .next()
        .or_else(|| ids(message.references()).last())
        .map(|id| bounded_key("", id))
}

fn ids<'message>(value: &'message HeaderValue<'_>) -> impl Iterator<Item = &'message str> {
    let one = value.as_text().filter(|_| value.as_text_list().is_none());
    let many = value.as_text_list().unwrap_or_default().iter().map(AsRef::as_ref);
    one.into_iter().chain(many).map(str::trim).filter(|id| !id.is_empty())
}

fn text(message: &Message<'_>) -> String {
    let parts = message.text_bodies().filter_map(|part| match &part.body {
        PartType::Text(text) => Some(text.to_string()),
        PartType::Html(markup) => Some(html::to_text(markup)),
        _ => None,
    });
    parts.collect::<Vec<_>>().join("\n\n")
}

fn author(message: &Message<'_>) -> Option<Person> {
    let from = message.from().and_then(|from| people(from).next());
    let mut author = from.or_else(|| message.sender().and_then(|sender| people(sender).next()))?;
    author.bot = is_automatic(message) || is_robot_address(&author.key);
    Some(author)
}

fn recipients(message: &Message<'_>) -> Vec<Person> {
    let mut known: Vec<Person> = Vec::new();
    for person in message.all_to().chain(message.all_cc()).flat_map(people) {
        if known.len() == MOST_PEOPLE {
            break;
        }
        if !known.iter().any(|other| other.key == person.key) {
            known.push(person);
        }
    }
    known
}

fn people(address: &Address<'_>) -> impl Iterator<Item = Person> {
    address.iter().filter_map(|one| {
        let email = mail_address(one.address()?)?;
        let name = one.name().map(|name| clipped(name.trim(), 200)).filter(|name| !name.is_empty());
        let bot = is_robot_address(&email);
        Some(Person {
            key: email.clone(),
            name,
            handle: None,
            email: Some(email),
            email_verified: false,
            bot,
        })
    })
}

fn is_robot_address(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().replace(['-', '_', '.'], "");
    ["noreply", "donotreply", "mailerdaemon"].iter().any(|robot| local.starts_with(robot))
}

/// Whether a program sent it: an automatic reply (RFC 3834), a bulk mail, a newsletter. A person's mail to a discussion
/// list stays a person's, although the list sets the same `Precedence`: its replies go to the list (`List-Post`).
fn is_automatic(message: &Message<'_>) -> bool {
    let word = |name: &'static str| message.header_raw(name).map(|value| value.trim().to_lowercase());
    let submitted = word("Auto-Submitted").is_some_and(|value| !value.starts_with("no"));
    let suppressed = word("X-Autoreply").is_some() || word("X-Autorespond").is_some();
    let list_post = message.header_raw(HeaderName::ListPost).map(|value| value.trim().to_lowercase());
    let discussion = list_post.is_some_and(|value| value.contains("mailto:"));
    let bulk = match word("Precedence").as_deref() {
        Some("auto_reply" | "junk") => return true,
        Some("bulk" | "list") => true,
        _ => {
            message.header_raw(HeaderName::ListUnsubscribe).is_some()
                || message.header_raw(HeaderName::ListId).is_some()
        }
    };
    submitted || suppressed || (bulk && !discussion)
}

fn files(message: &Message<'_>, identity: &str) -> Vec<FileRef> {
    let named = message.attachments().take(MOST_FILES).enumerate();
    named.map(|(position, part)| file(part, &format!("{identity}#{position}"))).collect()
}

fn file(part: &MessagePart<'_>, key: &str) -> FileRef {
    let media_type = part.content_type().map(|media| match (media.ctype(), media.subtype()) {
        (main, Some(sub)) if format!("{main}/{sub}").as_bytes() == nested::OPAQUE => {
            "message/rfc822".to_owned()
        }
        (main, Some(sub)) => clipped(&format!("{main}/{sub}"), 200),
        (main, None) => clipped(main, 200),
    });
    let name = part
        .attachment_name()
        .map(|name| clipped(name.trim(), LONGEST_TITLE))
        .filter(|name| !name.is_empty());
    let size = u64::try_from(part.contents().len()).ok();
    FileRef {
        key: key.to_owned(),
        name: name.unwrap_or_else(|| "attachment".to_owned()),
        media_type,
        size,
        url: None,
    }
}

//! The set phrases of mail programs and letters: openings, closings, attributions, automatic replies.

/// Starts with `prefix`, ASCII case ignored.
fn starts(line: &str, prefix: &str) -> bool {
    line.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

/// The line after which a signature or a phone's advertisement stands.
pub(crate) fn opens_signature(line: &str) -> bool {
    matches!(line, "--" | "\u{2014}" | "__" | "___" | "____")
        || ["sent from my ", "sent from mail for", "get outlook for"].iter().any(|p| starts(line, p))
}

/// The line after which somebody else's mail stands.
pub(crate) fn opens_forward(line: &str) -> bool {
    let inner = line.trim_matches(|c: char| c == '-' || c == '_' || c.is_whitespace());
    let framed = line.starts_with("---");
    (framed
        && (starts(inner, "original message")
            || starts(inner, "forwarded message")
            || starts(inner, "weitergeleitete")))
        || starts(line, "begin forwarded message")
}

/// "Best regards", "Thanks", "Ciao" alone on a line.
pub(crate) fn closes_letter(line: &str) -> bool {
    if line.len() > 40 {
        return false;
    }
    let bare = line.trim_end_matches([',', '.', '!', ' ']).to_ascii_lowercase();
    let closings = [
        "best",
        "best regards",
        "best wishes",
        "kind regards",
        "warm regards",
        "with kind regards",
        "with best regards",
        "regards",
        "cheers",
        "ciao",
        "thanks",
        "many thanks",
        "thank you",
        "thx",
        "sincerely",
        "sincerely yours",
        "yours sincerely",
        "yours faithfully",
        "yours truly",
        "yours",
        "br",
        "kr",
        "greetings",
        "all the best",
        "take care",
        "warmly",
        "respectfully",
        "thanks in advance",
        "thank you in advance",
        "with thanks",
        "love",
        "thanks again",
        "thanks and regards",
        "thanks and best regards",
        "lg",
        "vg",
        "mfg",
        "kindest regards",
        "warmest regards",
        "so long",
        "bye",
        "have a nice day",
        "have a nice weekend",
        "have a good weekend",
        "see you",
        "talk soon",
        "speak soon",
    ];
    closings.contains(&bare.as_str())
}

/// "On Wed, 14 Oct 2026, Helena Brandt wrote:".
pub(crate) fn is_attribution(line: &str) -> bool {
    line.len() < 300 && (line.ends_with("wrote:") || line.ends_with("schrieb:") || line.ends_with("writes:"))
}

/// Header lines of an unquoted reply.
pub(crate) fn is_header(line: &str) -> bool {
    ["From: ", "Sent: ", "To: ", "Cc: ", "CC: ", "Bcc: ", "Subject: ", "Date: ", "Reply-To: "]
        .iter()
        .any(|h| line.starts_with(h))
}

/// The legal paragraph under a company's mail.
pub(crate) fn is_disclaimer(line: &str) -> bool {
    if line.len() < 40 {
        return false;
    }
    let lower = line.get(..line.floor_char_boundary(600)).unwrap_or("").to_ascii_lowercase();
    [
        "intended recipient",
        "confidential",
        "before you print",
        "before printing",
        "think twice before",
        "unsubscribe",
        "virus-free",
        "registered office",
        "privileged information",
        "do not reply to this",
        "automatically generated",
        "auto-generated",
    ]
    .iter()
    .any(|phrase| lower.contains(phrase))
}

/// A message that no person wrote, whoever its author is.
pub(crate) fn is_automatic(text: &str) -> bool {
    let head = text.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '[' && c != '/');
    let machine_tag = head.strip_prefix('[').and_then(|rest| rest.split(']').next());
    if machine_tag.is_some_and(|tag| tag.len() < 30 && tag.to_ascii_lowercase().ends_with("bot")) {
        return true;
    }
    [
        "automatic reply",
        "auto-reply",
        "auto reply",
        "autoreply",
        "out of office",
        "out-of-office",
        "this is an automat",
        "this is an auto-generated",
        "this message was sent automatically",
        "automated message",
        "i am out of the office",
        "i am currently out of",
        "i'm out of the office",
        "thank you for your message. i am",
        "delivery has failed",
        "undeliverable",
        "mail delivery failed",
        "autosvar",
        "abwesenheitsnotiz",
    ]
    .iter()
    .any(|phrase| starts(head, phrase))
}

/// Whether a name is a machine's.
pub(crate) fn is_machine(name: &str, handle: &str) -> bool {
    let ends = |s: &str| {
        let s = s.trim_end_matches("[bot]").to_ascii_lowercase();
        s.ends_with("bot") && !matches!(s.as_str(), "abbot" | "talbot" | "cabot")
    };
    if name.ends_with("[bot]")
        || handle.ends_with("[bot]")
        || ends(handle) && !handle.eq_ignore_ascii_case("abbot")
    {
        return true;
    }
    let machine_words = [
        "bot",
        "ci",
        "cd",
        "runner",
        "farm",
        "robot",
        "automation",
        "autograder",
        "noreply",
        "no-reply",
        "donotreply",
        "daemon",
        "cron",
        "monitor",
        "monitoring",
        "alerts",
        "alert",
        "pipeline",
        "jenkins",
        "dependabot",
        "renovate",
        "codecov",
        "statuspage",
        "reminder",
        "reminders",
        "notifications",
        "notifier",
        "webhook",
        "system",
        "mailer",
        "mailer-daemon",
        "scheduler",
        "assistant",
        "integration",
        "integrations",
        "server",
        "builder",
        "tracker",
        "postmaster",
        "helpdesk-system",
        "feed",
        "watcher",
    ];
    let both = [name, handle];
    both.iter()
        .flat_map(|s| s.split([' ', '-', '_', '.']))
        .any(|w| machine_words.contains(&w.to_ascii_lowercase().as_str()))
}

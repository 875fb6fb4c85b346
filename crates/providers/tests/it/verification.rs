//! The verification table: provider × what is wrong with the delivery.

use providers::Refusal;

use crate::deliveries::{Delivery, NOW, SECRET};

const SLACK_BODY: &str = r#"{"type": "event_callback", "event_id": "Ev1", "team_id": "T1",
  "event": {"type": "message", "channel": "C024BE91L", "ts": "1700000000.000100", "text": "hello"}}"#;

fn both() -> [Delivery; 2] {
    [
        Delivery::github("issues", r#"{"action": "opened", "issue": {"number": 1}}"#),
        Delivery::slack(SLACK_BODY),
    ]
}

#[test]
fn a_rightly_signed_delivery_is_identified() {
    let github = both()[0].verify(&[SECRET]).expect("valid");
    assert_eq!(github.delivery_key, "72d3162e-cc78-11e3-81ab-4c9367dc0958");
    assert_eq!(github.event, "issues");
    let slack = both()[1].clone().with("x-slack-retry-num", "2").verify(&[SECRET]).expect("valid");
    assert_eq!((slack.delivery_key.as_str(), slack.event.as_str(), slack.retry), ("Ev1", "message", Some(2)));
    assert_eq!(slack.challenge, None);
}

#[test]
fn without_a_secret_nothing_is_believed() {
    for delivery in both() {
        assert_eq!(delivery.verify(&[]), Err(Refusal::NoSecret));
        assert_eq!(delivery.verify(&[b""]), Err(Refusal::NoSecret));
        // Not even what an empty secret signed.
        assert_eq!(delivery.clone().signed_with(b"").verify(&[b"", b""]), Err(Refusal::NoSecret));
        assert_eq!(delivery.signed_with(b"").verify(&[b"", SECRET]), Err(Refusal::WrongSignature));
    }
}

#[test]
fn only_the_organizations_own_secret_counts() {
    for delivery in both() {
        let foreign = delivery.clone().signed_with(b"the secret of another organization");
        assert_eq!(foreign.verify(&[SECRET]), Err(Refusal::WrongSignature));
        assert_eq!(delivery.verify(&[b"something else"]), Err(Refusal::WrongSignature));
    }
}

#[test]
fn while_rotating_either_secret_is_valid() {
    for delivery in both() {
        let second: &[u8] = b"the next secret";
        assert!(delivery.verify(&[SECRET, second]).is_ok());
        assert!(delivery.clone().signed_with(second).verify(&[SECRET, second]).is_ok());
        assert_eq!(delivery.signed_with(second).verify(&[SECRET]), Err(Refusal::WrongSignature));
    }
}

#[test]
fn every_flipped_bit_of_body_or_signature_is_noticed() {
    for delivery in both() {
        for at in 0..delivery.body.len() {
            let mut flipped = delivery.clone();
            flipped.body[at] ^= 1;
            assert_eq!(flipped.verify(&[SECRET]), Err(Refusal::WrongSignature), "body byte {at}");
        }
        let name = delivery.signature_header();
        for at in 0..delivery.headers[name].len() {
            let mut flipped = delivery.clone();
            flipped.headers.get_mut(name).expect("signed")[at] ^= 1;
            assert!(flipped.verify(&[SECRET]).is_err(), "signature byte {at}");
        }
    }
}

#[test]
fn a_reserialised_body_is_another_body() {
    for delivery in both() {
        let value: serde_json::Value = serde_json::from_slice(&delivery.body).expect("json");
        let again = delivery.with_body(serde_json::to_vec(&value).expect("json"));
        assert_eq!(again.verify(&[SECRET]), Err(Refusal::WrongSignature));
    }
}

#[test]
fn malformed_signatures_are_refused() {
    for delivery in both() {
        let name = delivery.signature_header();
        let prefix = if delivery.provider == "github" { "sha256=" } else { "v0=" };
        let right = String::from_utf8(delivery.headers[name].clone()).expect("ascii");
        let hex = right.strip_prefix(prefix).expect("prefix");
        for wrong in [
            String::new(),
            prefix.to_owned(),
            hex.to_owned(),
            format!("{prefix}zz{}", &hex[2..]),
            format!("{right}00"),
            format!("{prefix}{}", &hex[..40]),
            format!("{prefix} {hex}"),
            format!("{prefix}é"),
        ] {
            let refusal = delivery.clone().with(name, &wrong).verify(&[SECRET]).expect_err("refused");
            assert_eq!(refusal.code(), "malformed_header", "{wrong}");
        }
        assert!(
            delivery.clone().with(name, &format!("{prefix}{}", hex.to_uppercase())).verify(&[SECRET]).is_ok()
        );
    }
}

#[test]
fn every_required_header_is_named_when_it_is_missing() {
    let [github, slack] = both();
    let cases = [
        (&github, "x-hub-signature-256", "X-Hub-Signature-256"),
        (&github, "x-github-delivery", "X-GitHub-Delivery"),
        (&github, "x-github-event", "X-GitHub-Event"),
        (&slack, "x-slack-signature", "X-Slack-Signature"),
        (&slack, "x-slack-request-timestamp", "X-Slack-Request-Timestamp"),
    ];
    for (delivery, header, named) in cases {
        assert_eq!(delivery.clone().without(header).verify(&[SECRET]), Err(Refusal::MissingHeader(named)));
    }
}

#[test]
fn github_with_sha1_alone_is_refused() {
    let old = both()[0].clone().without("x-hub-signature-256").with("x-hub-signature", "sha1=00");
    assert_eq!(old.verify(&[SECRET]), Err(Refusal::WeakSignature));
}

#[test]
fn github_event_names_and_ids_are_plain_tokens() {
    let delivery = both()[0].clone();
    for (header, value) in
        [("x-github-event", "issues\n"), ("x-github-delivery", ""), ("x-github-event", "../x")]
    {
        let refusal = delivery.clone().with(header, value).verify(&[SECRET]).expect_err("refused");
        assert_eq!(refusal.code(), "malformed_header");
    }
}

#[test]
fn a_form_is_refused_with_its_remedy() {
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    for delivery in both() {
        let delivery = delivery.with_body("payload=%7B%7D").signed_with(SECRET).with("content-type", form);
        let refusal = delivery.verify(&[SECRET]).expect_err("refused");
        assert_eq!(refusal, Refusal::FormEncoded);
        assert!(refusal.to_string().contains("application/json"));
    }
}

#[test]
fn slack_is_fresh_for_five_minutes_either_way() {
    let sent = |seconds: i64| both()[1].clone().with("x-slack-request-timestamp", &seconds.to_string());
    for fresh in [NOW - 300, NOW, NOW + 300] {
        assert!(sent(fresh).signed_with(SECRET).verify(&[SECRET]).is_ok());
    }
    for stale in [0, NOW - 301, NOW + 301, 999_999_999_999] {
        assert_eq!(sent(stale).signed_with(SECRET).verify(&[SECRET]), Err(Refusal::Stale));
    }
    // An old delivery under a new time is not what was signed.
    assert_eq!(sent(NOW - 1).verify(&[SECRET]), Err(Refusal::WrongSignature));
    for malformed in
        ["", "now", "-1700000000", "+1700000000", "1700000000.0", " 1700000000", "99999999999999999999"]
    {
        let delivery = both()[1].clone().with("x-slack-request-timestamp", malformed).signed_with(SECRET);
        assert_eq!(
            delivery.verify(&[SECRET]).expect_err("refused").code(),
            "malformed_header",
            "{malformed}"
        );
    }
}

#[test]
fn slack_challenge_is_answered_only_when_signed() {
    let delivery = Delivery::slack(r#"{"token": "t", "challenge": "3eZbrw1a", "type": "url_verification"}"#);
    let verified = delivery.verify(&[SECRET]).expect("valid");
    assert_eq!(verified.challenge.as_deref(), Some("3eZbrw1a"));
    assert_eq!(delivery.signed_with(b"unknown").verify(&[SECRET]), Err(Refusal::WrongSignature));
}

#[test]
fn slack_without_its_identity_is_refused() {
    let cases = [
        ("{}", "body"),
        ("[]", "body"),
        (r#"{"type": "block_actions"}"#, "type"),
        (r#"{"type": "url_verification"}"#, "challenge"),
        (r#"{"type": "event_callback", "event": {"type": "message"}}"#, "event_id"),
        (r#"{"type": "event_callback", "event_id": "", "event": {"type": "message"}}"#, "event_id"),
        (r#"{"type": "event_callback", "event_id": "Ev1"}"#, "event.type"),
    ];
    for (body, field) in cases {
        assert_eq!(Delivery::slack(body).verify(&[SECRET]), Err(Refusal::MalformedBody(field)), "{body}");
    }
}

#[test]
fn slack_rate_limiting_is_known_by_team_and_minute() {
    let body = r#"{"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1518467820, "api_app_id": "A1"}"#;
    let verified = Delivery::slack(body).verify(&[SECRET]).expect("valid");
    assert_eq!(verified.delivery_key, "app_rate_limited:T1:1518467820");
    assert_eq!(crate::deliveries::skipped("slack", &verified.event, body), "rate_limited");
}

#[test]
fn bodies_over_the_cap_and_providers_without_a_hook_are_refused() {
    let huge = both()[1].clone().with_body(vec![b' '; 1024 * 1024 + 1]).signed_with(SECRET);
    assert_eq!(huge.verify(&[SECRET]), Err(Refusal::TooLarge));
    for provider in ["git", "mbox", "slack-export", "gitlab", "", "GitHub"] {
        let mut delivery = both()[0].clone();
        delivery.provider = provider;
        assert_eq!(delivery.verify(&[SECRET]), Err(Refusal::NoHook));
    }
}

#[test]
fn every_row_of_the_table_says_what_a_person_must_know() {
    for row in providers::table() {
        assert!(
            !row.reads.is_empty() && !row.verification.is_empty() && !row.sameness.is_empty(),
            "{}",
            row.name
        );
        assert!(
            !row.source_keys.is_empty() && !row.history.is_empty() && !row.renewal.is_empty(),
            "{}",
            row.name
        );
        assert_eq!(providers::provider(row.name).map(|found| found.title), Some(row.title));
    }
}

//! The table of providers: what is offered, and what each row takes.

use providers::{Refusal, provider, table};

use crate::deliveries::{Delivery, SECRET};

#[test]
fn every_provider_is_offered_and_found_by_its_name() {
    let names: Vec<_> = table().iter().map(|row| row.name).collect();
    assert_eq!(names, ["github", "slack", "git", "mbox", "slack-export"]);
    for row in table() {
        assert_eq!(provider(row.name).map(|found| found.title), Some(row.title));
    }
    assert!(provider("GitHub").is_none() && provider("").is_none(), "names are exact");
}

/// GitHub caps payloads at 25 MB; an event of Slack is far below 1 MiB.
#[test]
fn a_body_is_taken_up_to_what_its_provider_sends_and_not_beyond() {
    let caps = [(Delivery::github("issues", "{}"), 25 << 20), (Delivery::slack("{}"), 1 << 20)];
    for (delivery, cap) in caps {
        let at_the_cap = delivery.clone().with_body(vec![b' '; cap]);
        assert_eq!(at_the_cap.verify(&[SECRET]), Err(Refusal::WrongSignature), "looked at");
        let beyond = delivery.with_body(vec![b' '; cap + 1]);
        assert_eq!(beyond.verify(&[SECRET]), Err(Refusal::TooLarge));
    }
}

#[test]
fn an_imports_source_keeps_the_name_it_was_given() {
    for name in ["git", "mbox"] {
        let canonical = provider(name).expect("in the table").canonical_source;
        let longest = "n".repeat(256);
        for typed in ["Our Repository", "sales/2024", longest.as_str()] {
            assert_eq!(canonical(typed).as_deref(), Some(typed));
        }
        for refused in ["", "two\nlines", "nul\0", &"n".repeat(257)] {
            assert_eq!(canonical(refused), None, "{} bytes", refused.len());
        }
    }
}

//! Names and addresses as people give them.

use super::Invalid;

/// A name: trimmed, 1 to 100 characters, nothing that hides or reorders text.
pub(crate) fn name(field: &'static str, text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    let misleading = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    match text.chars().count() {
        0 => Err(Invalid::new(field, "expected a name")),
        1..=100 if !text.chars().any(misleading) => Ok(text.to_owned()),
        1..=100 => Err(Invalid::new(field, "expected no control characters")),
        _ => Err(Invalid::new(field, "expected at most 100 characters")),
    }
}

/// A mail address in the shape `local@domain`, lower case: what is the same mailbox to people is one address here.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// Checks the shape, not whether anybody reads it: at most 254 bytes, 64 of them before the `@` (RFC 5321, 4.5.3.1).
    pub(crate) fn parse(field: &'static str, text: &str) -> Result<Self, Invalid> {
        let wrong = Invalid::new(field, "expected a mail address");
        let text = text.trim().to_lowercase();
        let (local, domain) = text.split_once('@').ok_or_else(|| wrong.clone())?;
        let odd = |c: char| c.is_control() || c.is_whitespace() || "\"(),:;<>[\\]@".contains(c);
        let local_fits = (1..=64).contains(&local.len()) && !local.chars().any(odd);
        let label =
            |l: &str| !l.is_empty() && l.len() <= 63 && l.chars().all(|c| c.is_alphanumeric() || c == '-');
        if text.len() > 254 || !local_fits || !domain.split('.').all(label) {
            return Err(wrong);
        }
        Ok(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`: a name for who gave none.
    pub(crate) fn local(&self) -> &str {
        self.0.split_once('@').map_or(&self.0, |(local, _)| local)
    }
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded_and_cannot_mislead() {
        assert_eq!(name("name", "  Ada Lovelace ").unwrap(), "Ada Lovelace");
        assert_eq!(name("name", &"é".repeat(100)).unwrap().chars().count(), 100);
        for bad in ["", "  ", "a\nb", "a\u{0}", "a\u{202e}b", &"x".repeat(101)] {
            assert_eq!(name("name", bad).unwrap_err().field, "name", "{bad:?}");
        }
    }

    #[test]
    fn the_same_mailbox_is_the_same_address() {
        let email = Email::parse("email", " Ada@Example.ORG ").unwrap();
        assert_eq!((email.as_str(), email.local()), ("ada@example.org", "ada"));
        assert_eq!(format!("{email:?}"), "Email(…)");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "x".repeat(65));
        for bad in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@example.org",
            "ada@exa mple.org",
            "ada@@example.org",
            "ada@.org",
            "<ada@example.org>",
            "ada@example.org\n.evil",
            "ada@example..org",
            &long,
        ] {
            assert_eq!(Email::parse("email", bad).unwrap_err().field, "email", "{bad:?}");
        }
    }
}

//! W3C trace context (<https://www.w3.org/TR/trace-context/>), carried across HTTP, gRPC and the bus.

use std::fmt;

use clock::Entropy;

/// Trace and span of one piece of work. Random numbers: they identify no person and no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    sampled: bool,
}

impl TraceContext {
    /// A new trace.
    #[must_use]
    pub fn fresh(entropy: &Entropy) -> Self {
        Self { trace: entropy.uuid().as_u128().rotate_left(64) | 1, span: span(entropy), sampled: true }
    }

    /// The same trace with a new span, for work that this work asks for.
    #[must_use]
    pub fn child(self, entropy: &Entropy) -> Self {
        Self { span: span(entropy), ..self }
    }

    /// Reads a `traceparent` header; `None` when it is not version 00 and well formed. A foreign header is never an error.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let mut parts = header.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let lengths_fit = version == "00" && trace.len() == 32 && span.len() == 16 && flags.len() == 2;
        let lower_hex = header.bytes().all(|b| b == b'-' || b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !lengths_fit || !lower_hex || parts.next().is_some() {
            return None;
        }
        let trace = u128::from_str_radix(trace, 16).ok().filter(|t| *t != 0)?;
        let span = u64::from_str_radix(span, 16).ok().filter(|s| *s != 0)?;
        let flags = u8::from_str_radix(flags, 16).ok()?;
        Some(Self { trace, span, sampled: flags & 1 == 1 })
    }

    /// The trace's id in hexadecimal, as logs show it.
    #[must_use]
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

fn span(entropy: &Entropy) -> u64 {
    // The low half of a fresh id is random.
    (entropy.uuid().as_u128() as u64) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example_round_trips() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(TraceContext::parse(header).unwrap().to_string(), header);
    }

    #[test]
    fn foreign_headers_are_ignored() {
        for bad in [
            "",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            assert_eq!(TraceContext::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_child_keeps_the_trace_and_has_a_span_of_its_own() {
        let entropy = Entropy::new(clock::Clock::system());
        let parent = TraceContext::fresh(&entropy);
        let child = parent.child(&entropy);
        assert_eq!(child.trace_id(), parent.trace_id());
        assert_ne!(child, parent);
    }
}

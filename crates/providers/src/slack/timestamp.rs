//! Slack's timestamps: `1700000000.000100`, which are the keys of messages as well as times.

use chrono::{DateTime, Utc};

use crate::model::ReadError;

/// A timestamp that is well formed: seconds, a point, six digits. Read exactly, never as a floating number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timestamp {
    written: String,
    time: DateTime<Utc>,
}

impl Timestamp {
    /// `field` names it in the error.
    pub fn parse(written: &str, field: &'static str) -> Result<Self, ReadError> {
        let malformed = ReadError::Malformed { field };
        let time = Self::time_of(written).ok_or(malformed)?;
        Ok(Self { written: written.to_owned(), time })
    }

    fn time_of(written: &str) -> Option<DateTime<Utc>> {
        let (seconds, micros) = written.split_once('.')?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if seconds.is_empty()
            || seconds.len() > 12
            || micros.len() != 6
            || !digits(seconds)
            || !digits(micros)
        {
            return None;
        }
        let nanos = micros.parse::<u32>().ok()?.checked_mul(1_000)?;
        DateTime::from_timestamp(seconds.parse().ok()?, nanos)
    }

    /// As a message's key.
    pub fn written(&self) -> &str {
        &self.written
    }

    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn microseconds_are_exact() {
        let parsed = Timestamp::parse("1700000000.000109", "ts").expect("well formed");
        assert_eq!(parsed.time().timestamp_micros(), 1_700_000_000_000_109);
        assert_eq!(parsed.written(), "1700000000.000109");
    }

    #[test]
    fn anything_else_is_malformed() {
        for written in
            ["", "1700000000", "1700000000.1", ".000100", "-1.000000", "1e9.000000", "1.0000000", "１.000000"]
        {
            assert!(Timestamp::parse(written, "ts").is_err(), "{written}");
        }
    }
}

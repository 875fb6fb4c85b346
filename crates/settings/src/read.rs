//! Reading: a file, then variables, then validation.

use std::{collections::BTreeMap, fs, path::Path};

use toml::{Table, Value};

use crate::Settings;

/// Why the configuration is not usable. Names the field, never a secret's value.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// A field is unknown, missing or wrong.
    #[error("{field}: {message}")]
    Field {
        /// Path of the field, `section.field`.
        field: String,
        /// What is expected.
        message: String,
    },
}

impl SettingsError {
    /// An error about one field.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), message: message.into() }
    }
}

/// Reads `file` (if given) and the `OZ__…` variables among `vars`.
///
/// # Errors
/// When the file cannot be read or a field is wrong.
pub fn load(
    file: Option<&Path>,
    vars: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, SettingsError> {
    let text = match file {
        Some(path) => fs::read_to_string(path)
            .map_err(|source| SettingsError::File { path: path.display().to_string(), source })?,
        None => String::new(),
    };
    parse(&text, vars)
}

/// As [`load`], with the file's text.
///
/// # Errors
/// When the text is not TOML or a field is wrong.
pub fn parse(
    text: &str,
    vars: impl IntoIterator<Item = (String, String)>,
) -> Result<Settings, SettingsError> {
    let mut table: Table =
        text.parse().map_err(|e: toml::de::Error| SettingsError::Syntax(e.message().to_owned()))?;
    let ours: BTreeMap<_, _> = vars
        .into_iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("OZ__")?.to_lowercase(), value)))
        .collect();
    for (name, value) in ours {
        let path: Vec<&str> = name.split("__").collect();
        set(&mut table, &path, &value)
            .ok_or_else(|| SettingsError::field(path.join("."), "a section, not a field"))?;
    }
    let settings: Settings = serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let path = error.path().to_string();
        let message = error.into_inner().message().to_owned();
        // serde names an unknown field in the message only.
        let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
        match unknown {
            Some(name) if path.ends_with(name) => SettingsError::field(path, "unknown field"),
            Some(name) if path == "." => SettingsError::field(name, "unknown field"),
            Some(name) => SettingsError::field(format!("{path}.{name}"), "unknown field"),
            None => SettingsError::field(path, message),
        }
    })?;
    Ok(settings)
}

/// Puts a variable's text where it belongs: as a number or truth value where it reads as one, else as text.
fn set(table: &mut Table, path: &[&str], text: &str) -> Option<()> {
    let (last, sections) = path.split_last()?;
    let mut at = table;
    for section in sections {
        at = at.entry(*section).or_insert_with(|| Value::Table(Table::new())).as_table_mut()?;
    }
    let value = match (text.parse::<bool>(), text.parse::<i64>()) {
        (Ok(truth), _) => Value::Boolean(truth),
        (_, Ok(number)) if number.to_string() == text => Value::Integer(number),
        _ => Value::String(text.to_owned()),
    };
    at.insert((*last).to_owned(), value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn var(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn variables_win_over_the_file_and_defaults_fill_the_rest() {
        let text = "[http]\naddr = '0.0.0.0:80'\n[database.feed]\nurl = 'postgres://a'";
        let settings = parse(
            text,
            [
                var("OZ__HTTP__ADDR", "127.0.0.1:9"),
                var("OZ__DATABASE__FEED__MAX_CONNECTIONS", "3"),
                var("PATH", "x"),
            ],
        )
        .unwrap();
        assert_eq!(settings.http.addr.to_string(), "127.0.0.1:9");
        assert_eq!(settings.database["feed"].max_connections, 3);
        assert_eq!(settings.rpc.url_of("ingestion"), "http://127.0.0.1:7102");
        assert_eq!(settings.http.public_url(), "http://127.0.0.1:9");
    }

    #[test]
    fn an_unknown_field_is_named() {
        for (text, field) in [
            ("[http]\nport = 1", "http.port"),
            ("[htpp]\nx = 1", "htpp"),
            ("[database.feed]\nurl=''\nuser=''", "database.feed.user"),
        ] {
            let error = parse(text, []).unwrap_err().to_string();
            assert_eq!(error, format!("{field}: unknown field"));
        }
        let error = parse("[http]\naddr = 'nonsense'", []).unwrap_err().to_string();
        assert!(error.starts_with("http.addr: "), "{error}");
        let error = parse("", [var("OZ__HTTP__PORT", "1")]).unwrap_err().to_string();
        assert_eq!(error, "http.port: unknown field");
    }

    #[test]
    fn secrets_do_not_print_and_keys_are_checked() {
        let settings = parse("[secrets]\nticket_key = 'canary'", []).unwrap();
        assert!(!format!("{settings:?}").contains("canary"));
        assert!(!serde_json::to_string(&settings).unwrap().contains("canary"));
        let error = crate::Secrets::key32(&settings.secrets.ticket_key, "secrets.ticket_key").unwrap_err();
        assert_eq!(error.to_string(), "secrets.ticket_key: expected 64 hexadecimal digits");
        let good = crate::Secret::new("0f".repeat(32));
        assert_eq!(crate::Secrets::key32(&good, "x").unwrap(), [15; 32]);
    }
}

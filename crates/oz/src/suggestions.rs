//! `oz suggestions`: what was found in conversations, with the words that prove it, and what becomes of it.

use std::process::ExitCode;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::{
    args::{Correction, Suggestions, SuggestionsWhat},
    door::Door,
    terminal::say,
};

const ROUTE: &str = "/api/v1/suggestions";

pub async fn run(suggestions: &Suggestions) -> anyhow::Result<ExitCode> {
    let door = Door::new(&suggestions.door)?;
    let json = suggestions.json;
    match &suggestions.what {
        None => list(&door, json).await?,
        Some(SuggestionsWhat::Edit(correction)) => {
            let path = format!("{ROUTE}/{}", plain(&correction.id)?);
            let corrected = door.ask(Method::PATCH, &path, Some(&change(correction)?)).await?;
            show(&corrected, json, suggestion);
        }
        Some(SuggestionsWhat::Accept { id }) => {
            let path = format!("{ROUTE}/{}/accept", plain(id)?);
            let task = door.ask(Method::POST, &path, Some(&json!({}))).await?;
            show(&task, json, |task| format!("{}  {}", text(task, "id"), text(task, "title")));
        }
        Some(SuggestionsWhat::Reject { id }) => {
            let path = format!("{ROUTE}/{}/reject", plain(id)?);
            let aside = door.ask(Method::POST, &path, None).await?;
            show(&aside, json, |aside| format!("{} is put aside", text(aside, "id")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// All that are open, page by page.
async fn list(door: &Door<'_>, json: bool) -> anyhow::Result<()> {
    let mut cursor = String::new();
    loop {
        let page = door.ask(Method::GET, &format!("{ROUTE}?limit=200&cursor={cursor}"), None).await?;
        page["items"].as_array().into_iter().flatten().for_each(|found| show(found, json, suggestion));
        match page["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return Ok(()),
        }
    }
}

/// An id is a part of a path: nothing else may come in with it.
fn plain(id: &str) -> anyhow::Result<&str> {
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    anyhow::ensure!(is_id, "{id:?} is no id of a suggestion: `oz suggestions` lists them");
    Ok(id)
}

fn change(correction: &Correction) -> anyhow::Result<Value> {
    let given = |value: &str| if value == "none" { Value::Null } else { Value::from(value) };
    let mut change = Map::new();
    if let Some(title) = &correction.title {
        change.insert("title".into(), title.as_str().into());
    }
    if let Some(due) = &correction.due {
        change.insert("due_on".into(), given(due));
    }
    if let Some(member) = &correction.assignee {
        let assignee = if member == "none" { Value::Null } else { json!({ "member_id": member }) };
        change.insert("assignee".into(), assignee);
    }
    anyhow::ensure!(!change.is_empty(), "nothing to correct: give --title, --due or --assignee");
    Ok(change.into())
}

fn show(value: &Value, json: bool, words: impl Fn(&Value) -> String) {
    say(&if json { value.to_string() } else { words(value) });
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

/// Four lines: which, what, the words, and why.
fn suggestion(found: &Value) -> String {
    let who = found["assignee"]["name"].as_str().filter(|name| !name.is_empty()).unwrap_or("nobody yet");
    let due = found["due_on"].as_str().map_or("no date".to_owned(), |day| format!("due {day}"));
    let sure = found["confidence"].as_f64().unwrap_or_default();
    let reasons: Vec<&str> =
        found["reasons"].as_array().into_iter().flatten().map(|reason| text(reason, "text")).collect();
    let quote = text(found, "quote").split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "{}  {}\n  {who}, {due}, {sure:.2} sure\n  “{quote}”\n  {}",
        text(found, "id"),
        text(found, "title"),
        reasons.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn correction(title: Option<&str>, due: Option<&str>, assignee: Option<&str>) -> Correction {
        let owned = |text: Option<&str>| text.map(ToOwned::to_owned);
        Correction { id: "sug_1".into(), title: owned(title), due: owned(due), assignee: owned(assignee) }
    }

    #[test]
    fn only_what_is_given_is_corrected_and_none_takes_away() {
        let body = change(&correction(None, Some("none"), Some("mbr_1"))).unwrap();
        assert_eq!(body, json!({"due_on": null, "assignee": {"member_id": "mbr_1"}}));
        assert!(change(&correction(None, None, None)).is_err());
    }

    #[test]
    fn an_id_brings_no_path_along() {
        assert!(plain("sug_01h455vb4pex5vsknk084sn02q").is_ok());
        for id in ["", "../tasks", "sug_1/accept", "sug_1?x=1"] {
            assert!(plain(id).is_err(), "{id}");
        }
    }
}

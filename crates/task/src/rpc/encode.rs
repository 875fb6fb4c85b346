//! What the use cases answer, on the wire.

use proto::{events::v1 as person_wire, task::v1 as wire};

use crate::{
    domain::{
        mirror,
        person::Person,
        suggestion::{Effect, Status},
        thresholds::Thresholds,
    },
    present::{Shown, ShownSuggestion},
    usecase::{get_history::Change, list_lists::List},
};

pub(super) fn list(list: List) -> wire::List {
    wire::List {
        id: list.id.to_string(),
        name: list.name,
        visibility: list.visibility.to_string(),
        created_at_us: list.created_at_us,
        is_default: list.is_default,
    }
}

fn person(person: Person) -> person_wire::Person {
    person_wire::Person {
        account_id: person.account.map(|id| id.uuid().to_string()).unwrap_or_default(),
        member_id: person.member.map(|id| id.to_string()).unwrap_or_default(),
        name: person.name,
        bot: person.bot,
    }
}

pub(super) fn task(shown: Shown) -> wire::Task {
    let Shown { task, assignee, evidence } = shown;
    let link = task.is_mirrored().then(|| wire::Link {
        provider: task.provider.clone(),
        key: mirror::key(&task.provider, &task.body.url),
        url: task.body.url.clone(),
        sync: "in_sync".to_owned(),
    });
    wire::Task {
        id: task.id.to_string(),
        list_id: task.list.to_string(),
        title: task.body.title,
        description: task.body.description,
        state: task.state.as_str().to_owned(),
        provider_state: task.body.provider_state,
        assignee: assignee.map(person),
        due_on: task.due_on.map(|day| day.to_string()).unwrap_or_default(),
        priority: task.priority.as_str().to_owned(),
        labels: task.body.labels,
        evidence: evidence
            .into_iter()
            .map(|(message, quote)| wire::Evidence { message_id: message.to_string(), quote })
            .collect(),
        links: link.into_iter().collect(),
        created_at_us: task.created_at_us,
        updated_at_us: task.updated_at_us,
        version: task.version.unsigned_abs(),
    }
}

pub(super) fn change(change: Change) -> wire::Change {
    let fields = change.fields.into_iter().map(|field| wire::FieldChange {
        field: field.field.as_str().to_owned(),
        before: field.before,
        after: field.after,
    });
    wire::Change {
        version: change.version.unsigned_abs(),
        at_us: change.at_us,
        actor: change.actor.map(person),
        verb: change.verb,
        fields: fields.collect(),
    }
}

pub(super) fn suggestion(shown: ShownSuggestion) -> wire::Suggestion {
    let ShownSuggestion { suggestion: s, assignee, origin } = shown;
    // A new task has no id to show until it is accepted.
    let task = s.task.filter(|_| s.effect != Effect::Create || s.status == Status::Accepted);
    let reasons = s.words.reasons.into_iter().map(|(code, text)| wire::Reason { code, text });
    wire::Suggestion {
        id: s.id.to_string(),
        change: if s.effect == Effect::Create { "create" } else { "update" }.to_owned(),
        task_id: task.map(|id| id.to_string()).unwrap_or_default(),
        title: s.words.title,
        quote: s.words.quote,
        message_id: s.message.to_string(),
        quote_start: s.quote.0.unsigned_abs(),
        quote_end: s.quote.1.unsigned_abs(),
        assignee: assignee.map(person),
        due_on: s.due_on.map(|day| day.to_string()).unwrap_or_default(),
        state: s.effect.state().map(|state| state.as_str().to_owned()).unwrap_or_default(),
        confidence: s.confidence,
        status: s.status.as_str().to_owned(),
        reasons: reasons.collect(),
        source: Some(person_wire::SourceRef {
            id: s.source.to_string(),
            provider: origin.provider,
            key: origin.key,
        }),
        created_at_us: s.created_at_us,
    }
}

pub(super) fn thresholds(chosen: Thresholds) -> wire::Thresholds {
    wire::Thresholds { suggest: chosen.suggest, auto: chosen.auto }
}

//! From what is known of a message's sentences to its findings.

use chrono::NaiveDate;

use crate::{
    Finding, Kind, due,
    finding::Reason,
    model::{KINDS, Table},
    owner,
    reader::{Facts, Reader},
    rules::{self, Owner, Signal},
    sentences::Marker,
    title, updates,
    updates::Update,
};

/// Who decides.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Judge<'m> {
    /// A model, with the rules among what it looks at.
    Model(&'m Table),
    /// The rules alone: what the model is measured against.
    Rules,
}

/// The findings of one message.
pub(crate) fn findings(reader: &Reader<'_>, all: &[Facts<'_, '_>], judge: Judge<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    for facts in all {
        match judge {
            Judge::Model(model) => by_model(model, reader, all, facts, &mut out),
            Judge::Rules => by_rules(reader, all, facts, &mut out),
        }
    }
    out
}

fn by_rules(reader: &Reader<'_>, all: &[Facts<'_, '_>], facts: &Facts<'_, '_>, out: &mut Vec<Finding>) {
    let around = reader.around(facts);
    let update =
        facts.clues.as_ref().and_then(|clues| updates::find(&facts.view, &facts.dates, &around, clues));
    match update {
        Some(update) => out.push(update_finding(reader, facts, update)),
        None => out.extend(
            facts.ruled.iter().map(|(signal, sure)| action_finding(reader, all, facts, signal, *sure)),
        ),
    }
}

fn by_model(
    model: &Table,
    reader: &Reader<'_>,
    all: &[Facts<'_, '_>],
    facts: &Facts<'_, '_>,
    out: &mut Vec<Finding>,
) {
    let sure = model.probabilities(&facts.features());
    let of = |kind: Kind| KINDS.iter().position(|k| *k == kind).map_or(0.0, |k| sure[k]);
    let thresholds = model.thresholds;
    let update = best_update(reader, facts, &of, thresholds.suggest_update);
    let told = update.as_ref().map_or(0.0, |update| update.confidence);
    out.extend(update.map(|update| update_finding(reader, facts, update)));
    for kind in [Kind::Request, Kind::Commitment, Kind::Proposal] {
        let confidence = of(kind);
        // The words of an update are not an action item as well.
        if confidence < thresholds.suggest_action || confidence <= told {
            continue;
        }
        let signals = facts.signals.iter().filter(|signal| signal.kind == kind);
        let ruled = signals.max_by(|a, b| a.weight.total_cmp(&b.weight)).cloned();
        let signal = ruled.unwrap_or_else(|| rules::guess(&facts.view, kind));
        out.push(action_finding(reader, all, facts, &signal, confidence));
    }
}

/// The likeliest update of which it can be told what it is.
fn best_update(
    reader: &Reader<'_>,
    facts: &Facts<'_, '_>,
    of: &impl Fn(Kind) -> f32,
    threshold: f32,
) -> Option<Update> {
    let clues = facts.clues.as_ref()?;
    let mut kinds = [Kind::Done, Kind::Blocked, Kind::Reassign, Kind::DueChange];
    kinds.sort_by(|a, b| of(*b).total_cmp(&of(*a)));
    kinds.into_iter().filter(|kind| of(*kind) >= threshold).find_map(|kind| {
        let around = reader.around(facts);
        let mut update = updates::detail(kind, &facts.view, &facts.dates, &around, clues)?;
        update.confidence = of(kind);
        Some(update)
    })
}

fn update_finding(reader: &Reader<'_>, facts: &Facts<'_, '_>, update: Update) -> Finding {
    let task = reader.tasks.all.get(update.task);
    Finding {
        message_id: reader.message.id.clone(),
        kind: update.kind,
        quote: facts.view.sentence.bytes.clone(),
        assignee: update.assignee.and_then(|person| reader.people.id(person)),
        due_on: update.due_on,
        title: task.map(|t| t.title.clone()).unwrap_or_default(),
        task_key: task.map(|t| t.key.clone()),
        confidence: update.confidence,
        reasons: update.reasons,
    }
}

fn action_finding(
    reader: &Reader<'_>,
    all: &[Facts<'_, '_>],
    facts: &Facts<'_, '_>,
    signal: &Signal,
    confidence: f32,
) -> Finding {
    let view = &facts.view;
    let due_on = due::of_action(view.tokens, &facts.dates, signal.verb).or_else(|| neighbour_due(all, facts));
    let before = facts.before_author.filter(|before| Some(*before) != reader.author);
    let owner = owner::resolve(
        signal.owner,
        reader.people,
        reader.author,
        facts.place.here,
        facts.place.in_message,
        before,
    );
    // Minutes that name their own author.
    let own = signal.kind == Kind::Request && owner.is_some() && owner == reader.author;
    let kind = if own { Kind::Commitment } else { signal.kind };
    let mut reasons = vec![signal.reason.clone()];
    if due_on.is_some() {
        reasons.push(Reason { code: "date", text: "names a day to come" });
    }
    if owner.is_some() && signal.owner != Owner::Author {
        reasons.push(Reason { code: "owner", text: "names or addresses who has to act" });
    }
    Finding {
        message_id: reader.message.id.clone(),
        kind,
        quote: quote(facts, signal),
        assignee: owner.and_then(|person| reader.people.id(person)),
        due_on,
        title: title::of_action(&reader.visible.text, view.tokens, &facts.dates, signal),
        task_key: None,
        confidence,
        reasons,
    }
}

/// The deadline in the sentence behind, within the paragraph.
fn neighbour_due(all: &[Facts<'_, '_>], facts: &Facts<'_, '_>) -> Option<NaiveDate> {
    if !facts.dates.is_empty() {
        return None;
    }
    let next = all.get(facts.place.index + 1)?;
    let sentence = next.view.sentence;
    let beside = sentence.paragraph == facts.view.sentence.paragraph && sentence.marker == Marker::None;
    if beside { due::of_neighbour(next.view.tokens, &next.dates) } else { None }
}

/// The sentence, or its last part when much else stands before the item.
fn quote(facts: &Facts<'_, '_>, signal: &Signal) -> std::ops::Range<usize> {
    let view = &facts.view;
    let whole = view.sentence.bytes.clone();
    let head = signal.head.min(signal.verb);
    let cut = (1..head + 1).rev().find(|i| {
        let token = &view.tokens[i - 1];
        matches!(token.word, ";" | "\u{2013}" | "\u{2014}")
            || matches!(token.word, "," | "." | ":") && head > 8
    });
    match cut.and_then(|i| view.tokens.get(i)) {
        Some(token) if token.start < whole.end => token.start..whole.end,
        _ => whole,
    }
}

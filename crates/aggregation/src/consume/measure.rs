//! From the wire to what can be counted.

use proto::events::v1::{ItemKind, Measure, State, TaskChanged, ThingKind, Verb};
use uuid::Uuid;

use crate::domain::{
    calendar::day_of,
    fact::{Birth, Kind, Sighting, Step, Turn},
};

/// A measure that cannot be counted, now or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotCountable {
    #[error("{0} is not an id")]
    Id(&'static str),
    #[error("{0} is out of range")]
    Time(&'static str),
}

/// What a measure says; nothing where it cannot change a figure.
pub(super) fn of_measure(measure: &Measure) -> Result<Option<Sighting>, NotCountable> {
    let item = id(&measure.item_id, "item_id")?;
    let thing = id(&measure.thing_id, "thing_id")?;
    let source = id(&measure.source_id, "source_id")?;
    let named =
        if measure.account_id.is_empty() { None } else { Some(id(&measure.account_id, "account_id")?) };
    let person = named.filter(|_| !measure.bot);
    let at_us = time(measure.occurred_at_us, "occurred_at_us")?;
    let version = time(measure.version_us, "version_us")?;
    let kind = kind(measure);
    let verb = measure.verb();
    let born = matches!(verb, Verb::Created | Verb::Approved | Verb::ChangesRequested);
    let turn = step(kind, verb, measure.state()).map(|(step, explicit)| Turn {
        step,
        // At the same version the provider's own word for the step goes before what follows from a state.
        ord: version * 2 + i64::from(explicit),
        at_us,
        person,
    });
    let opened = measure.thing_opened_at_us;
    Ok(Some(Sighting {
        item,
        source,
        thing,
        kind,
        birth: born.then_some(Birth { at_us, person, thing }),
        opened_us: (opened != 0).then(|| time(opened, "thing_opened_at_us")).transpose()?,
        version,
        gone: verb == Verb::Deleted,
        turn,
    })
    .filter(|seen| seen.gone || seen.birth.is_some() || seen.turn.is_some()))
}

/// What a task made in Oz says. Tasks that mirror a provider's item are counted by the item's measures.
pub(super) fn of_task(task: &TaskChanged) -> Result<Option<Sighting>, NotCountable> {
    if !task.item_id.is_empty() {
        return Ok(None);
    }
    let item = id(&task.task_id, "task_id")?;
    let list = id(&task.list_id, "list_id")?;
    let person = if task.actor_member_id.is_empty() {
        None
    } else {
        Some(id(&task.actor_member_id, "actor_member_id")?)
    };
    let created_us = time(task.created_at_us, "created_at_us")?;
    let at_us = time(task.updated_at_us, "updated_at_us")?;
    let first = task.version <= 1 || task.created_at_us == task.updated_at_us;
    let step = match task.state() {
        State::Done | State::Canceled => Some(Step::Closed),
        State::Open | State::InProgress => Some(Step::Open),
        State::Unspecified => None,
    };
    Ok(Some(Sighting {
        item,
        source: list,
        thing: item,
        kind: Kind::Task,
        birth: first.then_some(Birth { at_us: created_us, person, thing: item }),
        opened_us: None,
        version: task.version,
        gone: task.deleted,
        turn: step.map(|step| Turn { step, ord: task.version, at_us, person }),
    }))
}

fn kind(measure: &Measure) -> Kind {
    match (measure.kind(), measure.thing_kind()) {
        (ItemKind::Message, _) => Kind::Message,
        (ItemKind::Task, _) => Kind::Task,
        (ItemKind::Change, ThingKind::ChangeRequest) => Kind::Change,
        _ => Kind::Other,
    }
}

/// The step that a measure means, and whether it is the provider's own word for it.
fn step(kind: Kind, verb: Verb, state: State) -> Option<(Step, bool)> {
    match (kind, verb, state) {
        (Kind::Change, Verb::Merged, _) => Some((Step::Merged, true)),
        (Kind::Task, Verb::Closed | Verb::Completed, _) => Some((Step::Closed, true)),
        (Kind::Task, Verb::Reopened, _) => Some((Step::Open, true)),
        // The state at the beginning does not say when it came to be.
        (Kind::Task, Verb::Created | Verb::Deleted, _) => None,
        (Kind::Task, _, State::Done | State::Canceled) => Some((Step::Closed, false)),
        (Kind::Task, _, State::Open | State::InProgress) => Some((Step::Open, false)),
        _ => None,
    }
}

fn id(bytes: &[u8], field: &'static str) -> Result<Uuid, NotCountable> {
    Uuid::from_slice(bytes).map_err(|_| NotCountable::Id(field))
}

/// A moment on a day that can be counted.
fn time(micros: i64, field: &'static str) -> Result<i64, NotCountable> {
    day_of(micros).map(|_| micros).ok_or(NotCountable::Time(field))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Measure {
        Measure {
            source_id: vec![1; 16],
            thing_id: vec![2; 16],
            thing_kind: ThingKind::Conversation.into(),
            item_id: vec![3; 16],
            kind: ItemKind::Message.into(),
            verb: Verb::Created.into(),
            account_id: vec![4; 16],
            occurred_at_us: 1_700_000_000_000_000,
            version_us: 1_700_000_000_000_000,
            ..Measure::default()
        }
    }

    #[test]
    fn bots_and_the_unnamed_are_nobody() {
        let person = |measure: Measure| of_measure(&measure).unwrap().unwrap().birth.unwrap().person;
        assert!(person(message()).is_some());
        assert_eq!(person(Measure { bot: true, ..message() }), None);
        assert_eq!(person(Measure { account_id: Vec::new(), ..message() }), None);
    }

    #[test]
    fn what_changes_no_figure_is_passed_over() {
        for verb in [Verb::Edited, Verb::Reacted, Verb::Updated, Verb::Unspecified] {
            assert!(of_measure(&Measure { verb: verb.into(), ..message() }).unwrap().is_none());
        }
    }

    #[test]
    fn hostile_ids_and_times_are_refused_by_name() {
        let refused = |measure: Measure| of_measure(&measure).unwrap_err();
        assert_eq!(refused(Measure { item_id: vec![1; 15], ..message() }), NotCountable::Id("item_id"));
        for time in [0, -1, i64::MIN, i64::MAX] {
            assert_eq!(
                refused(Measure { occurred_at_us: time, ..message() }),
                NotCountable::Time("occurred_at_us")
            );
            assert_eq!(refused(Measure { version_us: time, ..message() }), NotCountable::Time("version_us"));
        }
        assert_eq!(
            refused(Measure { thing_opened_at_us: -5, ..message() }),
            NotCountable::Time("thing_opened_at_us")
        );
    }
}

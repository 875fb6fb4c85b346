//! What metadata tells of an item, in a form whose parts can come in any order and any number of times.
//!
//! An item's knowledge is joined from its measures by minimum (its beginning), maximum (the newest word on whether it is
//! there) and set union (its turns), so the result does not depend on order or repetition.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::{calendar::day_of, metric::Line};

/// What an item counts as. The numbers are those of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i16)]
pub(crate) enum Kind {
    Message = 0,
    Task = 1,
    /// A change request or a review of one.
    Change = 2,
    Other = 3,
}

impl Kind {
    /// By the number in the database.
    pub(crate) const fn by_code(code: i16) -> Self {
        match code {
            0 => Self::Message,
            1 => Self::Task,
            2 => Self::Change,
            _ => Self::Other,
        }
    }
}

/// A change of state. The numbers are those of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub(crate) enum Step {
    Open = 0,
    Closed = 1,
    Merged = 2,
}

/// A step of an item, by whom and when. The person is missing for bots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub(crate) step: Step,
    /// Order among the item's turns.
    pub(crate) ord: i64,
    pub(crate) at_us: i64,
    pub(crate) person: Option<Uuid>,
}

/// The beginning of an item. The earliest counts; of equals one with a person, and the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Birth {
    pub(crate) at_us: i64,
    pub(crate) person: Option<Uuid>,
    pub(crate) thing: Uuid,
}

impl Birth {
    fn rank(self) -> (i64, bool, Option<Uuid>, Uuid) {
        (self.at_us, self.person.is_none(), self.person, self.thing)
    }
}

/// One measure's word on an item.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub(crate) item: Uuid,
    pub(crate) source: Uuid,
    pub(crate) thing: Uuid,
    pub(crate) kind: Kind,
    pub(crate) birth: Option<Birth>,
    pub(crate) opened_us: Option<i64>,
    pub(crate) version: i64,
    pub(crate) gone: bool,
    pub(crate) turn: Option<Turn>,
}

/// All that one batch says of an item.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) source: Uuid,
    pub(crate) thing: Uuid,
    pub(crate) kind: Kind,
    pub(crate) birth: Option<Birth>,
    pub(crate) opened_us: Option<i64>,
    pub(crate) version: i64,
    pub(crate) gone: bool,
    pub(crate) turns: BTreeSet<Turn>,
}

/// What an item comes to, from all that is known of it.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) item: Uuid,
    pub(crate) source: Uuid,
    pub(crate) kind: Kind,
    /// When it came into being, and by whom.
    pub(crate) created: (Option<i64>, Option<Uuid>),
    /// When its thing began, by the provider's word.
    pub(crate) opened_us: Option<i64>,
    /// When it was closed, if it is.
    pub(crate) closed: (Option<i64>, Option<Uuid>),
    /// When it was merged, if it is.
    pub(crate) merged: (Option<i64>, Option<Uuid>),
}

/// A thing's opening and the first answer by somebody else.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) thing: Uuid,
    pub(crate) source: Uuid,
    pub(crate) opened: (i64, Uuid),
    pub(crate) answered: (i64, Uuid),
}

/// The one effect of a thing on one line of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Point {
    pub(crate) source: Uuid,
    pub(crate) day: NaiveDate,
    pub(crate) person: Uuid,
    pub(crate) other: Uuid,
    pub(crate) value: i64,
}

/// By line and the id of the thing counted.
pub(crate) type Points = BTreeMap<(i16, Uuid), Point>;

/// What an item counts for. Bots and the unnamed count for nothing.
pub(crate) fn points_of(item: &Item) -> Vec<((i16, Uuid), Point)> {
    let point = |line: Line, (at_us, person): (Option<i64>, Option<Uuid>)| {
        let (day, person) = (day_of(at_us?)?, person?);
        Some(((line.code(), item.item), Point { source: item.source, day, person, other: person, value: 0 }))
    };
    let mut points = vec![point(Line::Made, item.created)];
    match item.kind {
        Kind::Message => points.push(point(Line::Message, item.created)),
        Kind::Task => {
            points.push(point(Line::TaskOpened, item.created));
            points.push(point(Line::TaskClosed, item.closed));
        }
        Kind::Change => {
            points.push(point(Line::Merged, item.merged));
            let opened = [item.opened_us, item.created.0].into_iter().flatten().min();
            let merge_time =
                point(Line::MergeTime, item.merged).zip(opened).map(|((key, merged), opened_us)| {
                    let value = seconds(opened_us, item.merged.0.unwrap_or(opened_us));
                    (key, Point { person: item.created.1.unwrap_or(merged.person), value, ..merged })
                });
            points.push(merge_time);
        }
        Kind::Other => {}
    }
    points.into_iter().flatten().collect()
}

/// The time to the first reply of a thing.
pub(crate) fn point_of_reply(thing: &Answered) -> Option<((i16, Uuid), Point)> {
    let day = day_of(thing.opened.0)?;
    let value = seconds(thing.opened.0, thing.answered.0);
    let point = Point { source: thing.source, day, person: thing.opened.1, other: thing.answered.1, value };
    Some(((Line::FirstReply.code(), thing.thing), point))
}

/// How the sums change when these points take the place of those: by line, day, person, other and value.
pub(crate) fn change(old: &Points, new: &Points) -> BTreeMap<(i16, NaiveDate, Uuid, Uuid, i64), i64> {
    let mut sums = BTreeMap::new();
    for (points, by) in [(old, -1), (new, 1)] {
        for ((line, _), point) in points {
            *sums.entry((*line, point.day, point.person, point.other, point.value)).or_insert(0) += by;
        }
    }
    sums.retain(|_, by| *by != 0);
    sums
}

fn seconds(from_us: i64, to_us: i64) -> i64 {
    (to_us.saturating_sub(from_us) / 1_000_000).max(0)
}

/// Joins the sightings of a batch by item, in the order of the ids, which is the order in which rows are locked.
pub(crate) fn join(sightings: impl IntoIterator<Item = Sighting>) -> BTreeMap<Uuid, Known> {
    let mut items: BTreeMap<Uuid, Known> = BTreeMap::new();
    for seen in sightings {
        let known = items.entry(seen.item).or_insert_with(|| Known {
            source: seen.source,
            thing: seen.thing,
            kind: seen.kind,
            birth: None,
            opened_us: None,
            version: seen.version,
            gone: seen.gone,
            turns: BTreeSet::new(),
        });
        known.birth = [known.birth, seen.birth].into_iter().flatten().min_by_key(|birth| birth.rank());
        known.opened_us = [known.opened_us, seen.opened_us].into_iter().flatten().min();
        // At the same version gone wins: what may be gone is not counted.
        (known.version, known.gone) = (known.version, known.gone).max((seen.version, seen.gone));
        known.turns.extend(seen.turn);
    }
    items
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sighting() -> impl Strategy<Value = Sighting> {
        (0u128..3, prop::option::of((1i64..5, prop::option::of(1u128..4))), 0i64..5, any::<bool>()).prop_map(
            |(item, birth, version, gone)| Sighting {
                item: Uuid::from_u128(item),
                source: Uuid::nil(),
                thing: Uuid::nil(),
                kind: Kind::Message,
                birth: birth.map(|(at_us, who)| Birth {
                    at_us,
                    person: who.map(Uuid::from_u128),
                    thing: Uuid::nil(),
                }),
                opened_us: None,
                version,
                gone,
                turn: None,
            },
        )
    }

    proptest! {
        #[test]
        fn order_and_repetition_change_nothing(seen in prop::collection::vec(sighting(), 0..12), turn in 0usize..12) {
            let once = format!("{:?}", join(seen.clone()));
            let mut again = seen.clone();
            again.rotate_left(turn.min(seen.len()));
            again.extend(seen);
            again.reverse();
            prop_assert_eq!(format!("{:?}", join(again)), once);
        }
    }
}

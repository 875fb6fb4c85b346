//! Whatever comes twice, late or shuffled: the figures are those of the story told once in order.

use std::collections::BTreeMap;

use events::Received;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use proto::events::v1::{ItemKind, Measure, ThingKind, Verb};
use uuid::Uuid;

use crate::stage::{HOUR, Stage, TODAY, id, measured, message, midnight, org};

/// One thing that happened to one of nine items (three messages, three tasks, three change requests; three things), by one of three
/// people or a bot (0).
#[derive(Debug, Clone, Copy)]
struct Op {
    item: u128,
    verb: Verb,
    person: u128,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let verb = prop::sample::select(vec![
        Verb::Created,
        Verb::Created,
        Verb::Deleted,
        Verb::Closed,
        Verb::Reopened,
        Verb::Merged,
        Verb::Edited,
    ]);
    prop::collection::vec(
        (0u128..9, verb, 0u128..4).prop_map(|(item, verb, person)| Op { item, verb, person }),
        1..40,
    )
}

fn at(place: usize) -> i64 {
    midnight(TODAY) + place as i64 * 5 * HOUR
}

fn measure(place: usize, op: Op) -> Measure {
    let (kind, thing_kind) = match op.item / 3 {
        0 => (ItemKind::Message, ThingKind::Conversation),
        1 => (ItemKind::Task, ThingKind::Task),
        _ => (ItemKind::Change, ThingKind::ChangeRequest),
    };
    Measure {
        thing_id: id(20 + op.item % 3),
        kind: kind.into(),
        thing_kind: thing_kind.into(),
        verb: op.verb.into(),
        bot: op.person == 0,
        ..message(op.item + 1, op.person + 10, at(place))
    }
}

type When = Option<(i64, Option<u128>)>;

#[derive(Default, Clone, Copy)]
struct Told {
    created: When,
    closed: When,
    merged: When,
    gone: bool,
}

/// The story told once, in order, by the plainest means.
fn expected(ops: &[Op]) -> BTreeMap<String, i64> {
    let mut items: BTreeMap<u128, Told> = BTreeMap::new();
    for (place, op) in ops.iter().enumerate() {
        let now = Some((at(place), (op.person != 0).then_some(op.person + 10)));
        let mut told = items.get(&op.item).copied().unwrap_or_default();
        let (task, change) = (op.item / 3 == 1, op.item / 3 == 2);
        match op.verb {
            Verb::Created => told = Told { created: told.created.or(now), gone: false, ..told },
            Verb::Deleted => told.gone = true,
            Verb::Closed if task => told = Told { closed: told.closed.or(now), gone: false, ..told },
            Verb::Reopened if task => told = Told { closed: None, gone: false, ..told },
            Verb::Merged if change => told = Told { merged: told.merged.or(now), gone: false, ..told },
            _ => {}
        }
        items.insert(op.item, told);
    }
    items.retain(|_, told| !told.gone);
    let mut sums = BTreeMap::new();
    let mut add = |line: u8, at: i64, person: u128, other: u128, seconds: i64| {
        let day = clock::from_micros(at).date_naive();
        let (person, other) = (Uuid::from_u128(person), Uuid::from_u128(other));
        *sums.entry(format!("{line} {day} {person} {other} {seconds}")).or_insert(0) += 1;
    };
    for (item, told) in &items {
        let lines: &[(u8, When)] = match item / 3 {
            0 => &[(0, told.created), (1, told.created)],
            1 => &[(0, told.created), (2, told.created), (3, told.closed)],
            _ => &[(0, told.created), (4, told.merged)],
        };
        for (line, when) in lines {
            if let Some((at, Some(person))) = when {
                add(*line, *at, *person, *person, 0);
            }
        }
        if let (Some((opened, opener)), Some((merged, Some(merger)))) = (told.created, told.merged) {
            add(6, merged, opener.unwrap_or(merger), merger, ((merged - opened) / 1_000_000).max(0));
        }
    }
    for thing in 0..3 {
        let mut born: Vec<_> = items
            .iter()
            .filter(|(item, _)| *item % 3 == thing)
            .filter_map(|(item, told)| Some((told.created?, item)))
            .collect();
        born.sort();
        let Some(((opened, Some(opener)), _)) = born.first().copied() else { continue };
        let reply = born.iter().find_map(|((at, person), item)| {
            let person = (*person)?;
            (person != opener && *item / 3 != 1).then_some((*at, person))
        });
        if let Some((answered, answerer)) = reply {
            add(5, opened, opener, answerer, (answered - opened) / 1_000_000);
        }
    }
    sums
}

#[test]
fn repeats_shuffles_and_batches_change_nothing() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let stage = runtime.block_on(Stage::set());
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let next = std::cell::Cell::new(1000u128);
    let story = ops().prop_flat_map(|ops| {
        let places: Vec<usize> = (0..ops.len()).chain(0..ops.len()).collect();
        (Just(ops), Just(places).prop_shuffle(), 1usize..9)
    });
    runner
        .run(&story, |(ops, order, batch)| {
            let organization = org(next.replace(next.get() + 1));
            let events: Vec<Received> = order
                .iter()
                .map(|place| stage.received(organization, measured(&measure(*place, ops[*place]))))
                .collect();
            for events in events.chunks(batch) {
                runtime.block_on(stage.apply(events));
            }
            prop_assert_eq!(stage.sums(organization), expected(&ops));
            Ok(())
        })
        .unwrap();
}

#[test]
fn figures_made_anew_are_the_figures_kept() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stage = Stage::set().await;
        let verbs = [
            Verb::Created,
            Verb::Created,
            Verb::Closed,
            Verb::Deleted,
            Verb::Created,
            Verb::Merged,
            Verb::Reopened,
        ];
        let ops: Vec<Op> = (0..60usize)
            .map(|i| Op { item: (i * 7 % 9) as u128, verb: verbs[i * 5 % 7], person: (i % 4) as u128 })
            .collect();
        let events: Vec<Received> = ops
            .iter()
            .enumerate()
            .map(|(place, op)| stage.received(org(1), measured(&measure(place, *op))))
            .collect();
        for event in &events {
            stage.apply(std::slice::from_ref(event)).await;
        }
        let kept = stage.sums(org(1));
        assert!(!kept.is_empty());
        stage.sql("delete from point; delete from daily; delete from item");
        stage.apply(&events).await;
        assert_eq!(stage.sums(org(1)), kept);
    });
}

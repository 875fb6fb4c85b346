//! Kill -9 while deliveries flow: whatever was answered 202 has exactly one effect, everywhere.
//!
//! Once with `oz up` as a whole, and, on each bus, with every service in a process of its own: processes, databases and
//! broker are killed in an order that a seed decides, at moments that it decides too. What ends by itself meanwhile is
//! started again, as containers are.

mod cluster;
mod effects;
mod flow;

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use cluster::{Bus, Cluster, Victim};
use effects::settle;
use flow::Flow;

use crate::house::{House, now_us};

/// Deliveries sent at the same time.
const SENDERS: u64 = 3;
/// Deliveries after which every figure has enough people behind it.
const ENOUGH: usize = 120;
/// Longest time between two kills, milliseconds.
const LONGEST_PAUSE_MS: u64 = 1_200;
/// Longest time that something stays away, milliseconds.
const LONGEST_OUTAGE_MS: u64 = 400;

/// Numbers that look random and follow from the seed alone (splitmix64, Steele et al. 2014).
struct Random(u64);

impl Random {
    /// From `OZ_CRASH_SEED`, or fresh; told, so that it can be repeated.
    fn new(what: &str, rounds: u64) -> Self {
        let named = std::env::var("OZ_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = named.unwrap_or_else(|| now_us().unsigned_abs());
        println!("{what}: {rounds} rounds, OZ_CRASH_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn millis(&mut self, bound: u64) -> Duration {
        Duration::from_millis(self.below(bound))
    }
}

/// Every victim once, in any order, then again.
struct Deck {
    all: Vec<Victim>,
    left: Vec<Victim>,
}

impl Deck {
    fn draw(&mut self, random: &mut Random) -> Victim {
        if self.left.is_empty() {
            self.left.clone_from(&self.all);
        }
        let place = random.below(self.left.len() as u64);
        self.left.swap_remove(usize::try_from(place).unwrap())
    }
}

fn processes(bus: Bus, rounds: u64) {
    let begun = Instant::now();
    let mut random = Random::new(&format!("{bus:?}"), rounds);
    let (house, mut cluster) = Cluster::open(bus);
    let owner = house.organization("Acme", "owner@crash.example");
    let flow = Flow::open(&house, &owner);
    println!("{bus:?}: open after {:?}", begun.elapsed());
    flowing(&flow, || {
        let broker = if bus == Bus::Kafka { Victim::Kafka } else { Victim::Postgres };
        // However short the run is, the broker is hit.
        let mut deck = Deck { all: cluster.victims(), left: vec![broker] };
        for round in 1..=rounds {
            let victim = deck.draw(&mut random);
            strike(&mut cluster, &flow, victim, &mut random);
            let (at, name) = (begun.elapsed().as_secs(), cluster.name(victim));
            println!("{bus:?}: round {round} at {at} s: {name}, {} accepted", flow.count());
        }
        cluster.wait_ready();
    });
    let stopped = Instant::now();
    effects::nothing_waits(&cluster);
    let quiet = stopped.elapsed();
    effects::each_once(&owner, &flow);
    println!(
        "{bus:?}: {rounds} rounds, {} accepted of {} attempts, not accepted {:?}, quiet after {quiet:?}, all checked after {:?}; \
         ended by themselves: {:?}",
        flow.count(),
        flow.sent(),
        flow.refused(),
        begun.elapsed(),
        cluster.ended
    );
    for (name, log) in cluster.logs() {
        assert!(!log.contains("panicked at"), "{name} panicked:\n{log}");
    }
}

/// Deliveries flow while something is done, and until enough of them have come.
fn flowing(flow: &Flow<'_>, disturb: impl FnOnce()) {
    /// Stops the senders also when a check fails, so that the failure is told.
    struct Stop<'a>(&'a Flow<'a>);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.failed.store(std::thread::panicking(), Ordering::Relaxed);
            self.0.stop.store(true, Ordering::Relaxed);
        }
    }
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            scope.spawn(move || flow.run(sender));
        }
        let stop = Stop(flow);
        disturb();
        settle("deliveries flow", || (flow.count() < ENOUGH).then(|| flow.count().to_string()));
        drop(stop);
    });
}

/// One round: a pause, the kill, an outage, the start; three times of four until deliveries are accepted again.
fn strike(cluster: &mut Cluster, flow: &Flow<'_>, victim: Victim, random: &mut Random) {
    cluster.pause(random.millis(LONGEST_PAUSE_MS));
    cluster.kill(victim);
    cluster.pause(random.millis(LONGEST_OUTAGE_MS));
    cluster.start(victim);
    if random.below(4) > 0 {
        cluster.wait_ready();
        let before = flow.count();
        settle("deliveries are accepted again", || {
            cluster.pause(Duration::ZERO);
            (flow.count() == before).then(|| before.to_string())
        });
    }
}

/// Rounds of the long runs.
fn rounds() -> u64 {
    std::env::var("OZ_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200)
}

#[test]
fn what_was_accepted_has_one_effect_after_everything_crashed_at_once() {
    let house = House::open();
    let owner = house.organization("Acme", "owner@crash.example");
    let flow = Flow::open(&house, &owner);
    let mut random = Random::new("oz up", 3);
    flowing(&flow, || {
        for _ in 0..3 {
            std::thread::sleep(random.millis(LONGEST_PAUSE_MS));
            house.kill();
            house.start();
        }
    });
    effects::each_once(&owner, &flow);
}

#[test]
fn what_was_accepted_has_one_effect_after_a_few_crashes_on_the_embedded_log() {
    processes(Bus::Embedded, 5);
}

#[test]
fn what_was_accepted_has_one_effect_after_a_few_crashes_on_kafka() {
    processes(Bus::Kafka, 4);
}

#[test]
#[ignore = "takes many minutes; `make crash` runs it"]
fn crash_long_embedded() {
    processes(Bus::Embedded, rounds());
}

#[test]
#[ignore = "takes many minutes; `make crash` runs it"]
fn crash_long_kafka() {
    processes(Bus::Kafka, rounds());
}

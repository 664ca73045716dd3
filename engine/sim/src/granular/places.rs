//! Where each grain is, and the books: how many there are and what they weigh, in whole nanograms. What has come in is in the batch,
//! in parts, out by a bin or spilt, to the last grain and the last nanogram.

use super::plan::Plan;
use crate::port::{BulkSeen, BulkWay, NANOGRAMS_PER_KG};
use linetwin_compute::kernels::particles::Particle;
use linetwin_model::Time;
use linetwin_model::geometry::{Pose, dot, sub};
use linetwin_model::scene::ElementId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Grains leave so far inside the bounds at the latest: in a step none flies further [m].
const LEAVES_M: f64 = 0.3;
/// A hopper pours as long as something came out of it within this time.
const QUIET: Time = Time(250_000_000);
/// Grains on a belt or chute lie no higher above it than its sides and this [m].
const HEAP_M: f64 = 0.2;
/// Below a sheet by less than this, a grain is still on it [m].
const UNDER_M: f64 = 0.01;

/// So many grains of this mass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    pub grains: u64,
    pub mass_ng: u64,
}

impl Amount {
    fn add(&mut self, mass_ng: u64) {
        self.grains += 1;
        self.mass_ng += mass_ng;
    }

    pub fn kg(&self) -> f64 {
        self.mass_ng as f64 / NANOGRAMS_PER_KG
    }
}

/// Since time zero. `came = inside + in_parts + out + spilt`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Books {
    /// There at time zero, or fed.
    pub came: Amount,
    pub in_parts: Amount,
    /// Left by bins.
    pub out: Amount,
    /// On the floor, or flown away.
    pub spilt: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Grain {
    id: u64,
    mass_ng: u64,
    came_at: Time,
    /// The element that it is in, or was in last.
    at: ElementId,
    /// It has gone on from there.
    passed: bool,
    /// It is on a belt, beyond the middle of its scale.
    weighed: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct News {
    amount: Amount,
    stay_ng_ns: u128,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Places {
    /// By number: those in the batch.
    grains: Vec<Grain>,
    books: Books,
    news: BTreeMap<(ElementId, BulkWay), News>,
    /// When something last came out of each hopper.
    poured_at: BTreeMap<ElementId, Time>,
}

impl Places {
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// A grain comes in; numbers ascend.
    pub fn enter(&mut self, id: u64, element: ElementId, mass_ng: u64, way: BulkWay, at: Time) {
        self.grains.push(Grain { id, mass_ng, came_at: at, at: element, passed: false, weighed: false });
        self.books.came.add(mass_ng);
        self.news.entry((element, way)).or_default().amount.add(mass_ng);
    }

    /// Where all grains are now, and what lies on the scale of each belt; returns those that leave the batch: in a bin, on the
    /// floor, too far away.
    pub fn update(&mut self, plan: &Plan, seen: &[(u64, Particle)], now: Time, on_scales_ng: &mut [u64]) -> Vec<u64> {
        assert_eq!(self.grains.len(), seen.len(), "the books and the batch hold the same grains");
        let Places { grains, books, news, poured_at } = self;
        let (mut leaving, mut seen) = (Vec::new(), seen.iter());
        grains.retain_mut(|grain| {
            let (id, particle) = seen.next().expect("there are as many");
            assert_eq!(*id, grain.id, "a grain of the books is in the batch");
            let at = particle.position_m;
            let mut count = |element, way, stay: bool| {
                let news = news.entry((element, way)).or_default();
                news.amount.add(grain.mass_ng);
                if stay {
                    news.stay_ng_ns += u128::from(grain.mass_ng) * u128::from(now.since(grain.came_at).0);
                }
            };
            let found = element_at(plan, at);
            // What has come to another element has gone on, however it came there.
            let elsewhere = found.is_some_and(|element| element != grain.at);
            if !grain.passed && found != Some(grain.at) && (elsewhere || has_passed(plan, grain.at, at)) {
                grain.passed = true;
                count(grain.at, BulkWay::Poured, false);
                poured_at.insert(grain.at, now);
            }
            if let Some(element) = found.filter(|element| *element != grain.at) {
                (grain.at, grain.passed, grain.weighed) = (element, false, false);
            }
            for (belt, on_it_ng) in plan.belts.iter().zip(&mut *on_scales_ng).filter(|(belt, _)| Some(belt.element) == found) {
                let Some(scale) = &belt.spec.scale else { continue };
                let along_m = dot(sub(at, belt.spec.start.position), belt.spec.start.forward);
                if (scale.from_m..scale.to_m()).contains(&along_m) {
                    *on_it_ng += grain.mass_ng;
                }
                if !grain.weighed && along_m >= scale.from_m + scale.length_m / 2.0 {
                    grain.weighed = true;
                    count(belt.element, BulkWay::Passed, false);
                }
            }
            if plan.bins.iter().any(|bin| Some(bin.element) == found) {
                count(grain.at, BulkWay::Out, true);
                books.out.add(grain.mass_ng);
                leaving.push(grain.id);
                return false;
            }
            let [low, high] = plan.bounds_m;
            let away = (0..3).any(|axis| at[axis] > high[axis] - LEAVES_M || (axis < 2 && at[axis] < low[axis] + LEAVES_M));
            if away || at[2] < plan.floor_z_m + plan.reach_m(particle) {
                count(grain.at, BulkWay::Spilt, false);
                books.spilt.add(grain.mass_ng);
                leaving.push(grain.id);
                return false;
            }
            true
        });
        leaving
    }

    /// Where a grain is, or was last.
    pub fn element_of(&self, id: u64) -> Option<ElementId> {
        let index = self.grains.binary_search_by_key(&id, |grain| grain.id).ok()?;
        Some(self.grains[index].at)
    }

    /// These are in a part from now on.
    pub fn put_into_part(&mut self, element: ElementId, ids: &[u64], now: Time) -> Amount {
        let mut sum = Amount::default();
        let news = self.news.entry((element, BulkWay::IntoPart)).or_default();
        let books = &mut self.books;
        self.grains.retain(|grain| {
            let goes = ids.binary_search(&grain.id).is_ok();
            if goes {
                sum.add(grain.mass_ng);
                books.in_parts.add(grain.mass_ng);
                news.amount.add(grain.mass_ng);
                news.stay_ng_ns += u128::from(grain.mass_ng) * u128::from(now.since(grain.came_at).0);
            }
            !goes
        });
        sum
    }

    /// A belt's scale has added that up.
    pub fn weigh(&mut self, element: ElementId, mass_ng: u64) {
        self.news.entry((element, BulkWay::Weighed)).or_default().amount.mass_ng += mass_ng;
    }

    /// What hoppers and belts look like: `seen` of gates, belts and feeders, each in scene order, with what they hold.
    pub fn views(&self, plan: &Plan, seen: impl Iterator<Item = BulkSeen>, now: Time) -> Vec<(ElementId, BulkSeen)> {
        let mut held: BTreeMap<ElementId, u64> = BTreeMap::new();
        for grain in self.grains.iter().filter(|grain| !grain.passed) {
            *held.entry(grain.at).or_insert(0) += grain.mass_ng;
        }
        let pours = |element: ElementId| self.poured_at.get(&element).is_some_and(|at| now.since(*at) < QUIET);
        let hoppers = plan.hoppers.iter().map(|hopper| (hopper.element, true));
        let belts = plan.belts.iter().map(|belt| (belt.element, false));
        let all = hoppers.chain(belts).chain(plan.feeders.iter().map(|feeder| (feeder.element, false)));
        let view = |((element, hopper), seen): ((ElementId, bool), BulkSeen)| {
            let content_ng = held.get(&element).copied().unwrap_or(0);
            (element, BulkSeen { content_ng, flows: if hopper { pours(element) } else { content_ng > 0 }, ..seen })
        };
        all.zip(seen).map(view).collect()
    }

    pub fn take_news(&mut self, mut tell: impl FnMut(ElementId, BulkWay, Amount, u128)) {
        for ((element, way), news) in std::mem::take(&mut self.news) {
            if news.amount.mass_ng > 0 {
                tell(element, way, news.amount, news.stay_ng_ns);
            }
        }
    }

    /// Panics where a grain was lost, doubled or counted twice: such a KPI would lie.
    pub fn assert_conserved(&self, in_batch: usize) {
        let Books { came, in_parts, out, spilt } = self.books;
        assert_eq!(self.grains.len(), in_batch, "the books and the batch hold the same grains");
        assert_eq!(
            came.grains,
            in_batch as u64 + in_parts.grains + out.grains + spilt.grains,
            "grains in = inside + in parts + out + spilt"
        );
        let inside_ng: u64 = self.grains.iter().map(|grain| grain.mass_ng).sum();
        assert_eq!(came.mass_ng, inside_ng + in_parts.mass_ng + out.mass_ng + spilt.mass_ng, "and no nanogram is lost");
    }
}

/// The element that a point is in or on.
fn element_at(plan: &Plan, at: [f64; 3]) -> Option<ElementId> {
    for hopper in &plan.hoppers {
        let spec = &hopper.spec;
        if at[2] >= hopper.bottom_m && at[2] < spec.top_m() {
            let (x, y, r) = (at[0] - spec.outlet_m[0], at[1] - spec.outlet_m[1], spec.radius_at(at[2]));
            if x * x + y * y < r * r {
                return Some(hopper.element);
            }
        }
    }
    for bin in &plan.bins {
        let inside = |axis: usize| (at[axis] - bin.spec.at_m[axis]).abs() < bin.spec.size_m[axis] / 2.0;
        if inside(0) && inside(1) && at[2] > bin.spec.at_m[2] && at[2] < bin.spec.at_m[2] + bin.spec.size_m[2] {
            return Some(bin.element);
        }
    }
    let on = |start: &Pose, length_m: f64, half_m: f64, up_m: f64| {
        let away = sub(at, start.position);
        let (along, left, up) = (dot(away, start.forward), dot(away, start.left), dot(away, start.up()));
        (0.0..length_m).contains(&along) && left.abs() < half_m && (-UNDER_M..up_m + HEAP_M).contains(&up)
    };
    for belt in &plan.belts {
        let [half_m, up_m] = belt.spec.edge_m();
        if on(&belt.spec.start, belt.spec.length_m, half_m, up_m + belt.spec.skirt_m) {
            return Some(belt.element);
        }
    }
    for feeder in &plan.feeders {
        let [low_m, high_m] = feeder.spec.heights_m();
        let start = feeder.spec.start.shifted(0.0, 0.0, low_m);
        if on(&start, feeder.spec.length_m, feeder.spec.half_m(), high_m - low_m) {
            return Some(feeder.element);
        }
    }
    for chute in &plan.chutes {
        if on(&chute.spec.start, chute.spec.length_m, chute.spec.width_m / 2.0, chute.spec.wall_m) {
            return Some(chute.element);
        }
    }
    None
}

/// Whether what was in an element and is no more has gone on as it should: below its outlet, or beyond its end.
fn has_passed(plan: &Plan, element: ElementId, at: [f64; 3]) -> bool {
    if let Some(hopper) = plan.hoppers.iter().find(|hopper| hopper.element == element) {
        return at[2] < hopper.bottom_m;
    }
    let beyond = |start: &Pose, length_m: f64, half_m: f64| {
        let away = sub(at, start.position);
        dot(away, start.forward) >= length_m && dot(away, start.left).abs() < half_m
    };
    plan.belts.iter().any(|belt| belt.element == element && beyond(&belt.spec.start, belt.spec.length_m, belt.spec.edge_m()[0]))
        || plan
            .feeders
            .iter()
            .any(|feeder| feeder.element == element && beyond(&feeder.spec.start, feeder.spec.length_m, feeder.spec.half_m()))
        || plan
            .chutes
            .iter()
            .any(|chute| chute.element == element && beyond(&chute.spec.start, chute.spec.length_m, chute.spec.width_m / 2.0))
}

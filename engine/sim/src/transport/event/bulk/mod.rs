//! Bulk material as flow: rates that hold until something happens, levels that follow from them in closed form, and what is on its
//! way as fronts that travel. It is what exact events have instead of grains: told which gates are open, which belts run and which
//! box is to be filled, it reports as facts what a line of grains reports. Knows no line logic, and no grain.
//!
//! | file | what |
//! |---|---|
//! | `plan` | the scene's bulk elements and what pours into what, with rates by the textbook |
//! | `stock` | mass in a place; mass on its way along a belt or through the air |
//! | `hopper` | level, feed, slide gate |
//! | `carrier` | belts with their scales, screws, troughs, chutes |
//! | `filler` | boxes on scales |
//!
//! Masses are whole nanograms: what came is inside, in parts, out or spilt. It goes on at its own instants only, so that its numbers
//! do not depend on who looks, and when.

mod carrier;
mod filler;
mod hopper;
mod plan;
mod stock;

use crate::parts::Parts;
use crate::port::{BulkSeen, BulkWay, FactKind, NANOGRAMS_PER_KG, Wish};
use carrier::Carrier;
use filler::Filler;
use hopper::Hopper;
use linetwin_model::scene::ElementId;
use linetwin_model::{Scene, Time};
use plan::{Kind, Plan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use stock::{Stock, Track, moved_ng};

/// How often what has moved is told.
const TOLD_EVERY: Time = Time(Time::NANOS_PER_SECOND);
/// So often something may happen at one instant: more is a circle that never ends.
const TURNS_MAX: u32 = 100_000;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Node {
    Hopper(Hopper),
    Carrier(Carrier),
    Bin,
    Filler(Filler),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct News {
    mass_ng: u64,
    stay_ng_ns: u128,
}

/// The bulk material of one scene.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BulkFlow {
    #[serde(skip)]
    plan: Plan,
    /// When it last went on.
    now: Time,
    nodes: Vec<Node>,
    /// What is in the air, by edge.
    falls: Vec<Track>,
    /// Since time zero: came, and went [ng].
    came_ng: u64,
    gone_ng: u64,
    news: BTreeMap<(ElementId, BulkWay), News>,
    told: BTreeMap<ElementId, BulkSeen>,
    /// Not told yet.
    facts: Vec<(Time, FactKind)>,
}

impl BulkFlow {
    /// At time zero; `None` for a scene without bulk material.
    pub fn new(scene: &Scene) -> Option<Self> {
        let plan = Plan::new(scene)?;
        let node = |index: usize| match &plan.nodes[index].kind {
            Kind::Hopper(planned) => Node::Hopper(Hopper::new(planned)),
            Kind::Carrier(planned) => Node::Carrier(Carrier::new(planned, plan.nodes[index].ins.iter().map(|edge| &plan.edges[*edge]))),
            Kind::Bin => Node::Bin,
            Kind::Filler(planned) => Node::Filler(Filler::new(&planned.spec)),
        };
        let mut flow = BulkFlow {
            now: Time::ZERO,
            nodes: (0..plan.nodes.len()).map(node).collect(),
            falls: plan.edges.iter().map(|edge| Track::new(edge.fall_s, 1.0)).collect(),
            came_ng: 0,
            gone_ng: 0,
            news: BTreeMap::new(),
            told: BTreeMap::new(),
            facts: Vec::new(),
            plan,
        };
        for index in 0..flow.nodes.len() {
            if let Node::Hopper(hopper) = &flow.nodes[index] {
                let stock = hopper.stock;
                flow.came_ng += stock.mass_ng;
                flow.note(flow.plan.nodes[index].element, BulkWay::AtStart, stock);
            }
        }
        flow.tell_news();
        flow.decide();
        Some(flow)
    }

    /// Makes again what a snapshot does not hold.
    pub fn resume(&mut self, scene: &Scene) {
        self.plan = Plan::new(scene).expect("the scene has bulk material");
    }

    /// What the line wants of gates, belts and boxes.
    pub fn accept(&mut self, parts: &Parts, wish: &Wish, now: Time) {
        match *wish {
            Wish::RunBulk { element, runs } => {
                self.go_to(now);
                match self.plan.node_of(element).map(|index| &mut self.nodes[index]) {
                    Some(Node::Hopper(hopper)) => hopper.enabled = runs,
                    Some(Node::Carrier(carrier)) => carrier.runs = runs,
                    _ => {}
                }
            }
            Wish::Fill { element, part, pours } => {
                self.go_to(now);
                let Some(index) = self.plan.node_of(element) else { return };
                let Node::Filler(filler) = &mut self.nodes[index] else { return };
                let (left, height_m) = filler.fill(parts, part, pours);
                let element = self.plan.nodes[index].element;
                self.go(element, BulkWay::Spilt, left);
                if let Some(height_m) = height_m {
                    self.aim_at_box(index, height_m);
                }
            }
            _ => return,
        }
        self.decide();
    }

    /// Of a box that is half full. What is still in the air for the last one keeps its time.
    fn aim_at_box(&mut self, index: usize, height_m: f64) {
        let (Node::Filler(filler), Kind::Filler(planned)) = (&mut self.nodes[index], &self.plan.nodes[index].kind) else { return };
        let fall_s = planned.fall_s(height_m / 2.0);
        for &edge in &self.plan.nodes[index].ins {
            if self.falls[edge].is_clear() {
                self.falls[edge].set_length(fall_s);
                filler.falls_for(fall_s);
            }
        }
    }

    /// When something happens by itself next; [`Time::MAX`]: never.
    pub fn next_at(&self) -> Time {
        let tracks = self.falls.iter().map(Track::next_s);
        let nodes = self.nodes.iter().zip(&self.plan.nodes).map(|(node, planned)| match (node, &planned.kind) {
            (Node::Hopper(hopper), Kind::Hopper(planned)) => hopper.next_s(planned, self.now),
            (Node::Carrier(carrier), _) => carrier.next_s(),
            (Node::Filler(filler), Kind::Filler(planned)) => filler.next_s(&planned.spec, self.now),
            _ => f64::INFINITY,
        });
        let next_s = tracks.chain(nodes).fold(f64::INFINITY, f64::min);
        let happens = if next_s.is_finite() { self.now + Time::from_seconds(next_s) } else { Time::MAX };
        happens.min(self.tell_at())
    }

    /// Whoever measures hears of what moves once a second.
    fn tell_at(&self) -> Time {
        let moves = self.falls.iter().any(|fall| fall.entering_kgps() > 0.0 || !fall.is_clear())
            || self.nodes.iter().any(|node| match node {
                Node::Hopper(hopper) => hopper.fed_kgps > 0.0,
                Node::Carrier(carrier) => carrier.moves(),
                _ => false,
            });
        match () {
            () if moves || !self.news.is_empty() => Time((self.now.0 / TOLD_EVERY.0 + 1) * TOLD_EVERY.0),
            () => Time::MAX,
        }
    }

    /// Everything up to `until`. Stands where it last had something to do.
    pub fn happen_until(&mut self, until: Time) {
        let mut turns = 0;
        loop {
            let next = self.next_at();
            if next > until {
                return;
            }
            turns = if next > self.now { 0 } else { turns + 1 };
            assert!(turns < TURNS_MAX, "bulk material goes round in a circle at {} s", next.as_seconds());
            self.go_to(next);
            self.decide();
        }
    }

    /// Everything flows on at its rate, up to an instant before which nothing happens.
    fn go_to(&mut self, at: Time) {
        let dt_s = at.since(self.now).as_seconds();
        let told = self.now.0 / TOLD_EVERY.0;
        self.now = at;
        if dt_s > 0.0 {
            self.flow(dt_s);
        }
        self.settle();
        if at.0 / TOLD_EVERY.0 != told {
            self.tell_news();
        }
    }

    fn flow(&mut self, dt_s: f64) {
        for place in 0..self.plan.downstream.len() {
            let index = self.plan.downstream[place];
            let (element, out) = (self.plan.nodes[index].element, self.plan.nodes[index].out);
            let came: Vec<Stock> = self.plan.nodes[index].ins.iter().map(|edge| self.falls[*edge].advance(dt_s)).collect();
            let (mut spilt, mut poured) = (Stock::default(), Stock::default());
            match &mut self.nodes[index] {
                Node::Hopper(hopper) => {
                    let fed = Stock::new(moved_ng(hopper.fed_kgps, dt_s), self.now);
                    self.came_ng += fed.mass_ng;
                    (poured, spilt) = hopper.flow(came, fed, dt_s);
                    self.note(element, BulkWay::Fed, fed);
                }
                Node::Carrier(carrier) => {
                    let passed;
                    (poured, passed, spilt) = carrier.flow(came, dt_s);
                    self.note(element, BulkWay::Passed, passed);
                    self.note(element, BulkWay::Weighed, passed);
                }
                Node::Filler(filler) => spilt = filler.flow(came),
                Node::Bin => came.into_iter().for_each(|stock| self.go(element, BulkWay::Out, stock)),
            }
            self.go(element, BulkWay::Spilt, spilt);
            self.note(element, BulkWay::Poured, poured);
            let Some(edge) = out else { continue };
            // Enters before anything leaves: a span may be longer than a fall.
            self.falls[edge].stock.put(poured);
            if self.plan.edges[edge].to.is_none() {
                let lost = self.falls[edge].advance(dt_s);
                self.go(element, BulkWay::Spilt, lost);
            }
        }
    }

    /// Fronts that have come to the ends of their tracks, and what rounding left behind them.
    fn settle(&mut self) {
        let rests: Vec<Stock> = self.falls.iter_mut().map(Track::settle).collect();
        for index in 0..self.nodes.len() {
            let came: Vec<Stock> = self.plan.nodes[index].ins.iter().map(|edge| rests[*edge]).collect();
            let (element, out) = (self.plan.nodes[index].element, self.plan.nodes[index].out);
            match &mut self.nodes[index] {
                Node::Hopper(hopper) => came.into_iter().for_each(|stock| hopper.stock.put(stock)),
                Node::Carrier(carrier) => {
                    let poured = carrier.settle(came);
                    if let Some(edge) = out {
                        self.falls[edge].stock.put(poured);
                    }
                    self.note(element, BulkWay::Poured, poured);
                }
                Node::Filler(filler) => {
                    let spilt = filler.flow(came);
                    self.go(element, BulkWay::Spilt, spilt);
                }
                Node::Bin => came.into_iter().for_each(|stock| self.go(element, BulkWay::Out, stock)),
            }
        }
        for (edge, rest) in rests.into_iter().enumerate() {
            if self.plan.edges[edge].to.is_none() {
                let from = self.plan.edges[edge].from;
                self.go(self.plan.nodes[from].element, BulkWay::Spilt, rest);
            }
        }
    }

    /// Which rates hold from now on, and what is to be told of it.
    fn decide(&mut self) {
        let BulkFlow { plan, nodes, falls, now, .. } = self;
        let arriving = |falls: &[Track], ins: &[usize]| ins.iter().map(|edge| falls[*edge].leaving_kgps()).collect::<Vec<f64>>();
        let mut filled = Vec::new();
        for (node, planned) in nodes.iter_mut().zip(&plan.nodes) {
            match (node, &planned.kind) {
                (Node::Filler(filler), Kind::Filler(of)) => {
                    filler.decide(&of.spec, arriving(falls, &planned.ins).iter().sum());
                    filled.extend(filler.take_full(&of.spec, *now).map(|full| (planned.element, full)));
                }
                (Node::Carrier(carrier), Kind::Carrier(of)) => {
                    carrier.decide(of, &arriving(falls, &planned.ins));
                    planned.out.into_iter().for_each(|edge| falls[edge].set(carrier.leaving_kgps(), 1.0));
                }
                _ => {}
            }
        }
        for (index, planned) in plan.nodes.iter().enumerate() {
            let Kind::Hopper(of) = &planned.kind else { continue };
            let below = planned.out.and_then(|edge| plan.edges[edge].to);
            let speed = below.map_or(0.0, |below| if let Node::Carrier(carrier) = &nodes[below] { carrier.speed } else { 0.0 });
            let opening = match of.filler.map(|filler| (&nodes[filler], &plan.nodes[filler].kind)) {
                Some((Node::Filler(filler), Kind::Filler(of))) => filler.opening(&of.spec),
                _ => 1.0,
            };
            let Node::Hopper(hopper) = &mut nodes[index] else { unreachable!("a hopper") };
            hopper.decide(of, opening, arriving(falls, &planned.ins).iter().sum(), of.choke_kgpm.map(|kgpm| kgpm * speed), *now);
            let is_closed = hopper.is_closed();
            planned.out.into_iter().for_each(|edge| falls[edge].set(hopper.out_kgps, 1.0));
            if let Some(filler) = of.filler.filter(|_| is_closed)
                && let (Node::Filler(filler), Kind::Filler(of)) = (&mut nodes[filler], &plan.nodes[filler].kind)
            {
                filler.gate_closed(&of.spec, *now);
            }
        }
        for (element, full) in filled {
            self.go(element, BulkWay::IntoPart, full.stock);
            self.tell_news();
            let kind = FactKind::BulkFilled { element, part: full.part, mass_ng: full.stock.mass_ng, shown_kg: full.stock.kg() };
            self.facts.push((self.now, kind));
        }
        self.tell_views();
        debug_assert_eq!(self.came_ng, self.inside_ng() + self.gone_ng, "no nanogram is lost");
    }

    fn inside_ng(&self) -> u64 {
        let falling: u64 = self.falls.iter().map(|fall| fall.stock.mass_ng).sum();
        let in_nodes: u64 = self
            .nodes
            .iter()
            .map(|node| match node {
                Node::Hopper(hopper) => hopper.stock.mass_ng,
                Node::Carrier(carrier) => carrier.content_ng(),
                Node::Filler(filler) => filler.content_ng(),
                Node::Bin => 0,
            })
            .sum();
        falling + in_nodes
    }

    fn note(&mut self, element: ElementId, way: BulkWay, stock: Stock) {
        if stock.mass_ng == 0 {
            return;
        }
        let news = self.news.entry((element, way)).or_default();
        news.mass_ng += stock.mass_ng;
        if matches!(way, BulkWay::IntoPart | BulkWay::Out) {
            news.stay_ng_ns += stock.stay_ng_ns(self.now);
        }
    }

    /// It leaves the line.
    fn go(&mut self, element: ElementId, way: BulkWay, stock: Stock) {
        self.gone_ng += stock.mass_ng;
        self.note(element, way, stock);
    }

    fn tell_news(&mut self) {
        // What came comes first: nothing goes that did not.
        let (came, went): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.news).into_iter().partition(|((_, way), _)| matches!(way, BulkWay::AtStart | BulkWay::Fed));
        for ((element, way), News { mass_ng, stay_ng_ns }) in came.into_iter().chain(went) {
            let grain_kg = self.plan.node_of(element).map_or(1.0, |node| self.plan.nodes[node].grain_kg);
            // What a scale adds up is a mass without grains.
            let grains = if way == BulkWay::Weighed { 0.0 } else { (mass_ng as f64 / NANOGRAMS_PER_KG / grain_kg).round() };
            // Before now: a window that begins now has nothing of it.
            let before = Time(self.now.0.saturating_sub(1));
            self.facts.push((before, FactKind::BulkMoved { element, way, grains: grains as u64, mass_ng, stay_ng_ns }));
        }
    }

    /// Of hoppers, belts and feeders, where more has changed than what follows from the rates.
    fn tell_views(&mut self) {
        for (node, planned) in self.nodes.iter().zip(&self.plan.nodes) {
            let seen = match (node, &planned.kind) {
                (Node::Hopper(hopper), _) => hopper.seen(),
                (Node::Carrier(carrier), Kind::Carrier(of)) if of.driven => carrier.seen(),
                _ => continue,
            };
            let known = self.told.get(&planned.element);
            let follows =
                known.is_some_and(|known| BulkSeen { content_ng: known.content_ng, weighed_ng: known.weighed_ng, ..seen } == *known);
            if !follows {
                self.told.insert(planned.element, seen);
                self.facts.push((self.now, FactKind::BulkSeen { element: planned.element, seen }));
            }
        }
    }

    /// What has happened since it was last asked.
    pub fn take_facts(&mut self) -> impl Iterator<Item = (Time, FactKind)> + '_ {
        self.facts.drain(..)
    }

    /// How far the gate of each hopper is open [-].
    pub fn gates(&self) -> Vec<(ElementId, f64)> {
        let rows = self.nodes.iter().zip(&self.plan.nodes);
        rows.filter_map(|(node, planned)| if let Node::Hopper(hopper) = node { Some((planned.element, hopper.open())) } else { None })
            .collect()
    }

    pub fn hash_state(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.came_ng.to_le_bytes()).update(&self.gone_ng.to_le_bytes());
        self.falls.iter().for_each(|fall| fall.hash(hasher));
        for node in &self.nodes {
            match node {
                Node::Hopper(hopper) => hopper.hash(hasher),
                Node::Carrier(carrier) => carrier.hash(hasher),
                Node::Filler(filler) => filler.hash(hasher),
                Node::Bin => {}
            }
        }
    }
}

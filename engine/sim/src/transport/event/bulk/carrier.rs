//! Belts, screws and troughs that carry what lands on them to their end at their speed, and chutes, down which it slides. What comes
//! onto one that stands waits where it lands; what is more than one carries falls off.

use super::plan::{PlannedCarrier, PlannedEdge};
use super::stock::{Stock, Track, moved_ng};
use crate::port::{BulkSeen, NANOGRAMS_PER_KG};
use serde::{Deserialize, Serialize};

/// A microgram: what rounding leaves.
const NOTHING_NG: u64 = 1000;
const AT_ONCE_S: f64 = 1e-9;
/// A chute takes whatever comes: more than this never does.
const MOST_KGPS: f64 = 1e4;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carrier {
    /// The line lets it run.
    pub runs: bool,
    pub speed: f64,
    /// By edge that ends here.
    rides: Vec<Ride>,
    scaled: bool,
    /// Added up by its scale.
    weighed_ng: u64,
}

/// What has come down one edge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Ride {
    /// It waits where it landed.
    heap: Stock,
    waits: bool,
    /// What is too much waits as well.
    stands: bool,
    entering_kgps: f64,
    spilt_kgps: f64,
    arriving_kgps: f64,
    /// To the middle of the scale, and on.
    to_scale: Option<Track>,
    to_end: Track,
}

impl Ride {
    fn first(&mut self) -> &mut Track {
        self.to_scale.as_mut().unwrap_or(&mut self.to_end)
    }
}

impl Carrier {
    pub fn new<'a>(planned: &PlannedCarrier, edges: impl Iterator<Item = &'a PlannedEdge>) -> Self {
        let ride = |&PlannedEdge { stands, ride: [to_scale, to_end], .. }: &PlannedEdge| Ride {
            stands,
            heap: Stock::default(),
            waits: false,
            entering_kgps: 0.0,
            spilt_kgps: 0.0,
            arriving_kgps: 0.0,
            to_scale: to_scale.map(|length| Track::new(length, 0.0)),
            to_end: Track::new(to_end.unwrap_or(0.0), 0.0),
        };
        Carrier { runs: !planned.driven, speed: 0.0, rides: edges.map(ride).collect(), scaled: planned.scaled, weighed_ng: 0 }
    }

    /// What pours off its end, what passes its scale, and what falls beside it.
    pub fn flow(&mut self, came: Vec<Stock>, dt_s: f64) -> (Stock, Stock, Stock) {
        let (mut poured, mut passed, mut spilt) = (Stock::default(), Stock::default(), Stock::default());
        for (ride, came) in self.rides.iter_mut().zip(came) {
            ride.heap.put(came);
            spilt.put(ride.heap.take(moved_ng(ride.spilt_kgps, dt_s)));
            // Where nothing waits, all that comes goes on.
            let all = !ride.waits && ride.arriving_kgps <= ride.entering_kgps + ride.spilt_kgps;
            let entering_ng = if !all { moved_ng(ride.entering_kgps, dt_s) } else { u64::MAX };
            let entered = ride.heap.take(if self.speed > 0.0 { entering_ng } else { 0 });
            ride.first().stock.put(entered);
            if let Some(track) = &mut ride.to_scale {
                let over = track.advance(dt_s);
                passed.put(over);
                ride.to_end.stock.put(over);
            }
            poured.put(ride.to_end.advance(dt_s));
        }
        self.weighed_ng += passed.mass_ng;
        (poured, passed, spilt)
    }

    /// Fronts at the ends of tracks; returns what rounding left of what has poured off.
    pub fn settle(&mut self, came: Vec<Stock>) -> Stock {
        let mut poured = Stock::default();
        for (ride, came) in self.rides.iter_mut().zip(came) {
            ride.first().stock.put(came);
            if let Some(track) = &mut ride.to_scale {
                let rest = track.settle();
                ride.to_end.stock.put(rest);
            }
            poured.put(ride.to_end.settle());
        }
        poured
    }

    /// Which rates hold from now on.
    pub fn decide(&mut self, planned: &PlannedCarrier, arriving: &[f64]) {
        // A belt that doses runs as fast as what its scale feels asks for.
        let on_scale: f64 = self.rides.iter().filter_map(|ride| ride.to_scale.as_ref()).map(Track::density).sum();
        self.speed = match planned.doses_kgps {
            _ if !self.runs => 0.0,
            Some(doses_kgps) if doses_kgps < planned.speed * on_scale => doses_kgps / on_scale,
            _ => planned.speed,
        };
        let most_kgps = planned.most * self.speed / self.rides.len().max(1) as f64;
        for (ride, arriving_kgps) in self.rides.iter_mut().zip(arriving) {
            ride.arriving_kgps = *arriving_kgps;
            // What is gone within a nanosecond is gone.
            let waits = ride.heap.mass_ng > NOTHING_NG + moved_ng(most_kgps.min(MOST_KGPS), AT_ONCE_S);
            ride.waits = waits;
            ride.entering_kgps = match () {
                () if self.speed == 0.0 => 0.0,
                () if waits => most_kgps,
                () => arriving_kgps.min(most_kgps),
            };
            ride.spilt_kgps = if self.speed > 0.0 && !waits && !ride.stands { arriving_kgps - ride.entering_kgps } else { 0.0 };
            let (entering_kgps, speed) = (ride.entering_kgps, self.speed);
            match &mut ride.to_scale {
                Some(track) => {
                    track.set(entering_kgps, speed);
                    ride.to_end.set(track.leaving_kgps(), speed);
                }
                None => ride.to_end.set(entering_kgps, speed),
            }
        }
    }

    pub fn leaving_kgps(&self) -> f64 {
        self.rides.iter().map(|ride| ride.to_end.leaving_kgps()).sum()
    }

    /// Until a front comes to the end of a track, or what waits is gone [s].
    pub fn next_s(&self) -> f64 {
        let of = |ride: &Ride| {
            let falls_kgps = ride.entering_kgps + ride.spilt_kgps - ride.arriving_kgps;
            let heap_s = if ride.waits && falls_kgps > 0.0 { ride.heap.kg() / falls_kgps } else { f64::INFINITY };
            heap_s.min(ride.to_end.next_s()).min(ride.to_scale.as_ref().map_or(f64::INFINITY, Track::next_s))
        };
        self.rides.iter().map(of).fold(f64::INFINITY, f64::min)
    }

    pub fn moves(&self) -> bool {
        self.speed > 0.0 && self.content_ng() > 0
    }

    pub fn content_ng(&self) -> u64 {
        let of =
            |ride: &Ride| ride.heap.mass_ng + ride.to_scale.as_ref().map_or(0, |track| track.stock.mass_ng) + ride.to_end.stock.mass_ng;
        self.rides.iter().map(of).sum()
    }

    pub fn seen(&self) -> BulkSeen {
        let over_scale_kgps: f64 = self.rides.iter().filter_map(|ride| ride.to_scale.as_ref()).map(Track::leaving_kgps).sum();
        let flow_ngps = (over_scale_kgps * NANOGRAMS_PER_KG).round() as u64;
        let content_ng = self.content_ng();
        BulkSeen {
            content_ng,
            flows: content_ng > 0,
            open: self.runs,
            flow_ngps: if self.scaled { flow_ngps } else { 0 },
            weighed_ng: self.weighed_ng,
            weighed_ngps: if self.scaled { flow_ngps } else { 0 },
            ..BulkSeen::default()
        }
    }

    pub fn hash(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&self.speed.to_bits().to_le_bytes()).update(&self.weighed_ng.to_le_bytes());
        for ride in &self.rides {
            hasher.update(&ride.heap.mass_ng.to_le_bytes());
            ride.to_scale.iter().for_each(|track| track.hash(hasher));
            ride.to_end.hash(hasher);
        }
    }
}

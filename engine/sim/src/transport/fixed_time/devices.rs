//! Devices on lanes: holds that keep tokens, pushers and diverters that take them off at once. Knows nothing about how tokens
//! move along.

use super::token::{HoldState, Move, Stroke, Token, watches};
use super::{EQUAL_M, FixedTimeTransport};
use crate::parts::PartId;
use crate::port::FactKind;
use linetwin_model::scene::{ConveyorId, PortId, PusherId, SpotId};
use linetwin_model::{Scene, Time};

impl FixedTimeTransport {
    pub(super) fn engage(&mut self, scene: &Scene, spot: SpotId) {
        let row = scene.spot(spot);
        let hold = &mut self.holds[spot.index()];
        if !std::mem::replace(&mut hold.engaged, true) {
            let lane = &self.lanes[row.host.index()];
            let last = hold.last.take().and_then(|last| lane.iter().find(|token| token.part == last));
            let from_m = last.map_or(row.at_m + EQUAL_M, |last| last.along_m - EQUAL_M);
            let beyond = |token: &&Token| token.along_m > from_m && token.tail_m() < row.end_m;
            hold.passing = lane.iter().filter(beyond).map(|token| token.part).collect();
        }
    }

    pub(super) fn release(&mut self, scene: &Scene, spot: SpotId) {
        self.holds[spot.index()] = HoldState::default();
        for token in &mut self.lanes[scene.spot(spot).host.index()] {
            token.held = token.held.filter(|&held| held != spot);
        }
    }

    pub(super) fn push(&mut self, scene: &Scene, pusher: PusherId, at: Time) {
        if self.strokes[pusher.index()].is_some() {
            return;
        }
        let row = &scene.pushers[pusher.index()];
        let (low_m, high_m) = (row.at_m - row.length_m / 2.0, row.at_m + row.length_m / 2.0);
        let lane = &mut self.lanes[row.host.index()];
        let met = lane.iter_mut().filter(|token| token.outside.is_none() && token.lead_m() > low_m && token.tail_m() < high_m);
        let nearest = met.min_by(|a, b| (a.along_m - row.at_m).abs().total_cmp(&(b.along_m - row.at_m).abs()));
        let part = nearest.map(|token| {
            token.pushed = true;
            token.part
        });
        self.strokes[pusher.index()] = Some(Stroke { started_at: at, part });
    }

    pub(super) fn advance_strokes(&mut self, scene: &Scene, until: Time) {
        for index in 0..self.strokes.len() {
            let Some(mut stroke) = self.strokes[index] else { continue };
            let row = &scene.pushers[index];
            let span = Time::from_seconds(row.stroke_s);
            let out_at = stroke.started_at + span;
            if out_at <= until
                && let Some(part) = stroke.part.take()
            {
                self.push_off(scene, row.host, row.out_port, part, out_at);
            }
            let back_at = out_at + span;
            self.strokes[index] = (back_at > until).then_some(stroke);
            if back_at <= until {
                self.report(back_at, FactKind::StrokeEnded { pusher: PusherId::from_index(index), reached: true });
            }
        }
    }

    /// What has come to the middle of a diverter that is out goes off at once, at the end of the step.
    pub(super) fn divert(&mut self, scene: &Scene, now: Time, until: Time) {
        for (diverter, _) in scene.diverters.iter().zip(self.diverting.clone()).filter(|(_, out)| *out) {
            let middle_m = (diverter.start_m + diverter.end_m) / 2.0;
            let step_s = until.since(now).as_seconds();
            let met = |token: &&Token| token.along_m >= middle_m && token.along_m - token.speed_mps * step_s <= middle_m + EQUAL_M;
            let kept = |token: &&Token| diverter.stop.is_some() && token.held == diverter.stop;
            let found = self.lanes[diverter.host.index()]
                .iter()
                .find(|token| if diverter.stop.is_some() { kept(token) } else { met(token) })
                .filter(|token| token.outside.is_none());
            if let Some(part) = found.map(|token| token.part) {
                self.push_off(scene, diverter.host, diverter.out_port, part, until);
            }
        }
    }

    pub(super) fn push_off(&mut self, scene: &Scene, host: ConveyorId, out_port: PortId, part: PartId, at: Time) {
        let lane = &mut self.lanes[host.index()];
        let Some(index) = lane.iter().position(|token| token.part == part) else { return };
        let mut token = lane.remove(index);
        let from = scene.conveyor(host).element;
        match scene.successor(out_port) {
            Some(port) => {
                self.report(at, FactKind::Crossed { part, from, port });
                if let Some((lane, entry_m)) = Self::entry(scene, port) {
                    token.along_m = entry_m + token.half_m;
                    token.pushed = false;
                    let old = std::mem::replace(&mut token.watches, watches(scene, lane));
                    self.leave_marks(part, &old, at);
                    let (from_m, speed_mps) = (token.along_m, self.speed_at(scene, lane, token.along_m));
                    let index = self.insert(lane, token);
                    self.observe(scene, lane, index, Move { from_m, to_m: from_m, speed_mps, from_at: at });
                } else {
                    self.leave_marks(part, &token.watches, at);
                }
                self.report(at, FactKind::Cleared { part, element: from });
            }
            None => {
                self.leave_marks(part, &token.watches, at);
                self.report(at, FactKind::Dropped { part, from });
            }
        }
    }
}

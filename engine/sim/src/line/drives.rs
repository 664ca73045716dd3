//! What stops drives, turns them and sets their speed: interlocks along the flow, and belts that run both ways. Decides nothing
//! about parts.

use super::context::Context;
use crate::parts::PartId;
use linetwin_model::scene::{Conveyor, DriveId, Edge, ElementId, ElementKind};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What stops a drive; of a belt that runs both ways, in one direction alone where that leads to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Stop {
    by: ElementId,
    going: Option<Going>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Going {
    Ahead,
    Back,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct DriveBoard {
    /// By drive: what stops it (its own failure, a device that is down).
    stops: Vec<BTreeSet<Stop>>,
    /// By drive: whether its own controller wants it to turn.
    wanted: Vec<bool>,
    /// Belts that are to turn as soon as nothing is on them, and the speed that they get [m/s]; `None`: their own.
    turns: BTreeMap<ElementId, Option<f64>>,
    /// Parts whose middle has left a belt that runs both ways, and whose end has not.
    leaving: BTreeSet<(PartId, ElementId)>,
}

impl DriveBoard {
    pub fn new(scene: &Scene) -> Self {
        let count = scene.drives.len();
        DriveBoard { stops: vec![BTreeSet::new(); count], wanted: vec![true; count], turns: BTreeMap::new(), leaving: BTreeSet::new() }
    }

    /// Whether nothing may be let onto a belt, since it is to turn.
    pub fn is_to_turn(&self, element: ElementId) -> bool {
        self.turns.contains_key(&element)
    }

    pub fn cleared(&mut self, part: PartId, element: ElementId) {
        self.leaving.remove(&(part, element));
    }

    pub fn gone(&mut self, part: PartId) {
        self.leaving.retain(|(leaving, _)| *leaving != part);
    }
}

impl Context<'_> {
    /// The wish of the drive's own controller; it turns where nobody stops it.
    pub fn want_drive(&mut self, drive: DriveId, on: bool) {
        if std::mem::replace(&mut self.board.drives.wanted[drive.index()], on) != on {
            self.apply_drive(drive);
        }
    }

    /// `element` stops the drive, or lets go of it; and with it the drives that feed it, as interlocks do: a belt that
    /// ran on would press its parts against those that stand.
    pub fn stop_drive(&mut self, drive: DriveId, element: ElementId, stopped: bool, at: Time) {
        self.stop_going(drive, Stop { by: element, going: None }, stopped, at);
    }

    fn stop_going(&mut self, drive: DriveId, stop: Stop, stopped: bool, at: Time) {
        if !self.insert_stop(drive, stop, stopped, at) {
            return;
        }
        let scene = self.scene;
        let conveyor = scene.conveyor(scene.drives[drive.index()].conveyor);
        if conveyor.drives.first() == Some(&drive) {
            let feeding = scene.edges.iter().filter(|edge| edge.to == conveyor.in_port);
            // A divider that cannot go to this lane may go to another.
            let feeds = |edge: &Edge, feeder: &Conveyor| match feeder.back_port {
                Some(back) if back == edge.from => feeder.drives.first().map(|first| (*first, Some(Going::Back))),
                _ if feeder.out_port != edge.from || scene.divides(feeder) => None,
                back => feeder.drives.last().map(|last| (*last, back.map(|_| Going::Ahead))),
            };
            for (drive, going) in feeding.filter_map(|edge| scene.conveyors.iter().find_map(|feeder| feeds(edge, feeder))) {
                self.stop_going(drive, Stop { by: stop.by, going }, stopped, at);
            }
        }
    }

    /// The same without those that feed it. Returns whether anything changed.
    pub fn stop_drive_alone(&mut self, drive: DriveId, element: ElementId, stopped: bool, at: Time) -> bool {
        self.insert_stop(drive, Stop { by: element, going: None }, stopped, at)
    }

    fn insert_stop(&mut self, drive: DriveId, stop: Stop, stopped: bool, at: Time) -> bool {
        let conveyor = self.scene.conveyor(self.scene.drives[drive.index()].conveyor);
        // Where nothing drives, nothing can be stopped, and what comes may still queue there.
        if conveyor.rolls_freely() {
            return false;
        }
        let stops = &mut self.board.drives.stops[drive.index()];
        let changed = if stopped { stops.insert(stop) } else { stops.remove(&stop) };
        if changed {
            self.apply_drive(drive);
            self.touch(conveyor.element, at);
        }
        changed
    }

    /// All drives of an element turn against the flow, or with it again.
    pub fn reverse_drives(&mut self, element: ElementId, reversed: bool) {
        let conveyors = self.scene.conveyors.iter().filter(|conveyor| conveyor.element == element);
        for &drive in conveyors.flat_map(|conveyor| &conveyor.drives) {
            self.io.set_reversed(drive, reversed, self.wishes);
        }
    }

    fn apply_drive(&mut self, drive: DriveId) {
        let on = self.board.drives.wanted[drive.index()] && self.stops(drive).next().is_none();
        self.io.set_run(drive, on, self.wishes);
    }

    /// Who stops the drive in the direction in which it goes.
    fn stops(&self, drive: DriveId) -> impl Iterator<Item = ElementId> + '_ {
        let goes = if self.io.heads_back(drive) { Going::Back } else { Going::Ahead };
        let stops = self.board.drives.stops[drive.index()].iter();
        stops.filter(move |stop| stop.going.is_none_or(|going| going == goes)).map(|stop| stop.by)
    }

    /// Whether someone else than `element` stops the drive.
    pub fn stopped_by_another(&self, drive: DriveId, element: ElementId) -> bool {
        self.stops(drive).any(|other| other != element)
    }

    /// The set speed of a conveyor from now on [m/s]; `None`: what the scene says of each drive. A belt that is to run the other
    /// way turns when nothing is on it, and its merges let nothing onto it until then.
    pub fn set_speed(&mut self, conveyor: &Conveyor, speed_mps: Option<f64>) {
        let element = conveyor.element;
        self.board.drives.turns.remove(&element);
        let scene = self.scene;
        let of = |drive: DriveId| speed_mps.unwrap_or(scene.drives[drive.index()].speed_mps);
        let first = conveyor.drives[0];
        let turns = self.io.heads_back(first) != (of(first) < 0.0);
        if turns && !self.is_empty(element) {
            self.board.drives.turns.insert(element, speed_mps);
            return;
        }
        for &drive in &conveyor.drives {
            self.io.set_speed(drive, of(drive), self.wishes);
            if turns {
                self.apply_drive(drive);
            }
        }
        if turns {
            self.touch(element, self.now);
        }
    }

    fn is_empty(&self, element: ElementId) -> bool {
        self.board.load(element).parts == 0 && self.board.drives.leaving.iter().all(|(_, left)| *left != element)
    }

    /// The middle of a part has left a conveyor.
    pub fn leaves(&mut self, part: PartId, element: ElementId) {
        if matches!(self.scene.element(element).kind, ElementKind::Conveyor(id) if self.scene.conveyor(id).back_port.is_some()) {
            self.board.drives.leaving.insert((part, element));
        }
    }

    pub fn turn_what_is_empty(&mut self) {
        let turns = self.board.drives.turns.iter().map(|(element, speed_mps)| (*element, *speed_mps));
        let ready: Vec<(ElementId, Option<f64>)> = turns.filter(|(element, _)| self.is_empty(*element)).collect();
        for (element, speed_mps) in ready {
            if let ElementKind::Conveyor(id) = self.scene.element(element).kind {
                self.set_speed(self.scene.conveyor(id), speed_mps);
            }
        }
    }
}

//! Recognises parts that lie across a transfer where they are in the way of something else: at rest half on a conveyor and
//! half on what a diverter leads to, or where a side conveyor joins; at the edge of a platform that travels, or under one.
//! (A queue that reaches over the end of a conveyor onto the next is in nobody's way.) Reads motion and contacts; decides
//! nothing.

use super::ContactTransport;
use super::body::{Axes, Body};
use super::layout::{Layout, Plane};
use linetwin_model::scene::{CarriageId, ElementId, ElementKind, LiftId, PortId};
use linetwin_model::{Scene, Time};

/// A part that rests for so long does not just turn on its way through [s].
const AT_REST_S: f64 = 1.0;
/// A part lies across a port where it reaches so far to both sides of it [m].
const REACHES_M: f64 = 0.03;
/// Surface speed below which a conveyor stands, so that nothing there is in the way [m/s].
const RUNNING_MPS: f64 = 0.01;

/// A port at which a part that stands is in the way of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The diverter, the merge or the platform.
    pub element: ElementId,
    pub kind: TransferKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferKind {
    /// Off the side of this lane.
    Off(u32),
    /// Onto a host, from its side.
    Onto,
    Platform(CarriageId),
    /// Where a continuous lift takes parts.
    IntoLift(LiftId),
}

/// By port, which of them are transfers.
pub fn transfers(scene: &Scene, layout: &Layout) -> Vec<Option<Transfer>> {
    let mut transfers = vec![None; scene.ports.len()];
    for (index, lane) in layout.lanes.iter().enumerate() {
        if let Some(id) = lane.carriage {
            let platform = Some(Transfer { element: lane.element, kind: TransferKind::Platform(id) });
            transfers[lane.in_port.index()] = platform;
            lane.exits.iter().for_each(|exit| transfers[exit.port.index()] = platform);
        }
        if let Some(id) = lane.lift {
            transfers[lane.in_port.index()] = Some(Transfer { element: lane.element, kind: TransferKind::IntoLift(id) });
            let onto = Some(Transfer { element: lane.element, kind: TransferKind::Onto });
            lane.exits.iter().for_each(|exit| transfers[exit.port.index()] = onto);
        }
        for exit in &lane.exits {
            if let Some(sender) = exit.by {
                let kind = TransferKind::Off(super::entry::index_u32(index));
                transfers[exit.port.index()] = Some(Transfer { element: sender.element(scene), kind });
            }
        }
    }
    for (index, port) in scene.ports.iter().enumerate() {
        if matches!(scene.element(port.element).kind, ElementKind::Merge(_)) {
            transfers[index] = Some(Transfer { element: port.element, kind: TransferKind::Onto });
        }
    }
    transfers
}

impl ContactTransport {
    /// What the part lies across, where that is an incident.
    pub(super) fn obstructed(&self, scene: &Scene, index: usize, axes: &Axes, until: Time) -> Option<ElementId> {
        let body = &self.bodies[index];
        if !body.standing() && self.lifts.is_empty() && !self.carriages.iter().any(|carriage| carriage.travels() || carriage.stalled) {
            return None;
        }
        let rests = |since: Option<Time>| since.is_some_and(|since| until.since(since).as_seconds() >= AT_REST_S);
        let across = self.lies_across(scene, body, axes).and_then(|(transfer, plane)| {
            let obstructs = match transfer.kind {
                TransferKind::Platform(id) if self.carriages[id.index()].travels() => true,
                TransferKind::IntoLift(id) => self.lifts[id.index()].is_closed(scene),
                // What keeps it there on purpose keeps the others too.
                TransferKind::Platform(_) | TransferKind::Onto => rests(body.standing_since) && rests(body.loose_since),
                // The conveyor goes on, and takes others against it, whatever the part waits for.
                TransferKind::Off(host) => rests(body.standing_since) && self.runs_at(scene, host as usize, &plane),
            };
            obstructs.then_some(transfer.element)
        });
        across.or_else(|| self.is_under_a_platform(body))
    }

    /// Whether the part still lies across the transfer that was reported.
    pub(super) fn still_across(&self, scene: &Scene, index: usize, axes: &Axes, transfer: ElementId) -> bool {
        let body = &self.bodies[index];
        let across = self.lies_across(scene, body, axes).map(|(found, _)| found.element);
        across == Some(transfer) || self.is_under_a_platform(body) == Some(transfer)
    }

    fn lies_across(&self, scene: &Scene, body: &Body, axes: &Axes) -> Option<(Transfer, Plane)> {
        let ahead = self.layout.lanes[body.lane as usize].exits.iter().map(|exit| (exit.port, exit.plane));
        let behind = body.clearing.iter().map(|clearing| {
            let port = scene.port(clearing.port);
            (clearing.port, Plane::new(port.pose, port.width_m))
        });
        let transfer_at = |port: PortId| self.transfers[port.index()];
        ahead.chain(behind).find_map(|(port, plane)| {
            let transfer = transfer_at(port)?;
            let reach_m = body.extent.along(axes, plane.pose.forward) - REACHES_M;
            let through = plane.beyond(body.position).abs() < reach_m && plane.frames(body.position, 2.0 * body.extent.radius_m());
            through.then_some((transfer, plane))
        })
    }

    fn runs_at(&self, scene: &Scene, lane: usize, plane: &Plane) -> bool {
        let path = &self.layout.lanes[lane].path;
        self.surface_speed(scene, lane, path.nearest_along(plane.pose.position)).abs() > RUNNING_MPS
    }

    /// The platform that the part keeps from going down.
    fn is_under_a_platform(&self, body: &Body) -> Option<ElementId> {
        let on_it = self.layout.lanes[body.lane as usize].element;
        let mut stalled = self.carriages.iter().filter(|carriage| carriage.stalled && carriage.element != on_it);
        let mut stalled_lifts = self.lifts.iter().filter(|lift| lift.stalled && lift.element != on_it);
        let carriage = stalled.find(|carriage| carriage.touches(&self.world, body.collider)).map(|carriage| carriage.element);
        carriage.or_else(|| stalled_lifts.find(|lift| lift.touches(&self.world, body.collider)).map(|lift| lift.element))
    }
}

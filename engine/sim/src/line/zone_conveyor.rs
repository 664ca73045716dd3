//! Zero-pressure accumulation, singulated: one part per zone. A zone runs while its eye is clear, or once it may hand its
//! part on; it hands on when the next zone expects nothing and holds nothing.
//!
//! An eye sees only the end of its zone, so each zone remembers that it was promised a part from the moment the zone
//! before lets one go until its own eye has seen that part leave. A promise that is not kept within twice the passing
//! time (the part was taken out on the way) lapses, as in real zone controllers.
//!
//! The last zone hands on always: what stands behind its end is either free, or a hold that closes there and lets the
//! belt slip under this one part; parts behind it feel no pressure. The first zone cannot keep out what the element
//! before it pushes in: whoever wants singulation there, puts a stop before it.
//!
//! On a loop the last zone hands on to the first like any other. As long as one zone is free, the part before it can move:
//! the free zone goes round against the flow, and nothing can lock.

use super::context::Context;
use super::{EntryKind, Timer};
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind, EyeId, ZoneConveyor};
use serde::{Deserialize, Serialize};

/// A promise lapses after this many passing times ...
const LAPSE_FACTOR: f64 = 2.0;
/// ... and this long for starting up [s].
const LAPSE_ALLOWANCE_S: f64 = 2.0;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ZoneConveyorLogic {
    zones: Vec<ZoneState>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ZoneState {
    /// Its eye sees a part.
    blocked: bool,
    /// The zone before let a part go to it, which its eye has not yet seen leave.
    expecting: bool,
    /// Its part may go on.
    releasing: bool,
    lapse: Timer,
}

impl ZoneConveyorLogic {
    pub fn new(spec: &ZoneConveyor) -> Self {
        ZoneConveyorLogic { zones: vec![ZoneState::default(); spec.zones.len()] }
    }

    pub fn timers(&mut self) -> impl Iterator<Item = (&mut Timer, EntryKind)> {
        self.zones.iter_mut().zip(0u32..).map(|(zone, index)| (&mut zone.lapse, EntryKind::PromiseLapses(index)))
    }

    pub fn on_eye(&mut self, context: &mut Context<'_>, element: ElementId, eye: EyeId, blocked: bool) {
        let Some(index) = spec(context, element).zones.iter().position(|zone| zone.eye == eye) else { return };
        self.zones[index].blocked = blocked;
        if !blocked {
            let zone = &mut self.zones[index];
            zone.releasing = false;
            zone.expecting = false;
            zone.lapse.cancel(context.calendar);
        }
        self.control_drives(context, element);
    }

    pub fn on_promise_lapsed(&mut self, context: &mut Context<'_>, element: ElementId, index: usize) {
        self.zones[index].lapse = Timer::Off;
        if !self.zones[index].blocked {
            self.zones[index].expecting = false;
        }
        self.control_drives(context, element);
    }

    /// The end of a Control phase: parts that come from beside are expected like those from the zone before.
    pub fn settle(&mut self, context: &mut Context<'_>, element: ElementId) {
        if !context.board.zones.has_promises() {
            return;
        }
        for (index, zone) in spec(context, element).zones.iter().enumerate() {
            if context.board.zones.take_promise(zone.drive) {
                self.promise(context, element, index);
                self.control_drives(context, element);
            }
        }
    }

    /// From the last zone to the first, so that a whole train starts in one Control phase where it may.
    fn control_drives(&mut self, context: &mut Context<'_>, element: ElementId) {
        let spec = spec(context, element);
        for index in (0..self.zones.len()).rev() {
            let next = next_zone(spec, index);
            let next_accepts = next.is_none_or(|next| !self.zones[next].expecting && !self.zones[next].blocked);
            if self.zones[index].blocked && !self.zones[index].releasing && next_accepts {
                self.zones[index].releasing = true;
                if let Some(next) = next {
                    self.promise(context, element, next);
                }
            }
            let zone = &self.zones[index];
            context.board.zones.tell(spec.zones[index].drive, zone.blocked || zone.expecting);
            context.want_drive(spec.zones[index].drive, !zone.blocked || zone.releasing);
        }
    }

    fn promise(&mut self, context: &mut Context<'_>, element: ElementId, index: usize) {
        let zone = &mut self.zones[index];
        zone.expecting = true;
        let drive = &context.scene.drives[spec(context, element).zones[index].drive.index()];
        let passing_s = (drive.end_m - drive.start_m) / drive.speed_mps + drive.speed_mps / drive.acceleration_mps2;
        let span = Time::from_seconds(LAPSE_FACTOR * passing_s + LAPSE_ALLOWANCE_S);
        let kind = EntryKind::PromiseLapses(u32::try_from(index).expect("few zones"));
        context.start_work_timer(&mut zone.lapse, context.now, span, element, kind);
    }
}

/// The zone that a zone hands on to; `None` at the end of a line.
fn next_zone(spec: &ZoneConveyor, index: usize) -> Option<usize> {
    match index + 1 {
        next if next < spec.zones.len() => Some(next),
        _ => spec.ring.then_some(0),
    }
}

fn spec<'a>(context: &Context<'a>, element: ElementId) -> &'a ZoneConveyor {
    match &context.scene.element(element).kind {
        ElementKind::ZoneConveyor(conveyor) => conveyor,
        _ => unreachable!("zone logic belongs to a zone conveyor"),
    }
}

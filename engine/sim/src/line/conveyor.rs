//! Conveyors: what state a carrying element is in, from what it carries. A belt or curve has no other logic: it runs.
//!
//! | state | when |
//! |---|---|
//! | held | another device (a weigher that is down) or a hand stops its drive |
//! | starved | empty |
//! | blocked | it runs, and every part on it stands: something downstream keeps the first, the rest queue |
//! | processing | at least one part moves |
//!
//! Down and jammed go before all of these.

use super::context::Context;
use crate::event::ElementState;
use linetwin_model::Time;
use linetwin_model::scene::{ConveyorId, ElementId, ElementKind};

pub(super) fn carrying_state(context: &Context<'_>, element: ElementId, conveyor: ConveyorId) -> (ElementState, Option<u8>) {
    let load = context.board.load(element);
    let drives = &context.scene.conveyor(conveyor).drives;
    let stopped = |drive| context.stopped_by_another(drive, element) || context.io.is_forced_off(drive);
    let state = match () {
        () if drives.iter().any(|&drive| stopped(drive)) => ElementState::Held,
        () if load.parts == 0 => ElementState::Starved,
        () if load.standing == load.parts => ElementState::Blocked,
        () => ElementState::Processing,
    };
    (state, None)
}

/// The conveyor that the element is; devices are none.
fn own(context: &Context<'_>, element: ElementId) -> Option<ConveyorId> {
    match &context.scene.element(element).kind {
        ElementKind::Conveyor(conveyor) => Some(*conveyor),
        ElementKind::ZoneConveyor(zones) => Some(zones.conveyor),
        ElementKind::Carriage(id) => Some(context.scene.carriage(*id).conveyor),
        ElementKind::Lift(id) => Some(context.scene.lift(*id).conveyor),
        _ => None,
    }
}

/// A failed conveyor stands, and with it what feeds it. One that is being cleared stands alone (`alone`): behind a jam the
/// parts press already, and what backs up shows how far. Returns whether the element is a conveyor.
pub(super) fn stop_all(context: &mut Context<'_>, element: ElementId, alone: bool, at: Time) -> bool {
    let Some(conveyor) = own(context, element) else { return false };
    if alone {
        for &drive in &context.scene.conveyor(conveyor).drives {
            context.stop_drive_alone(drive, element, true, at);
        }
    } else {
        stop(context, element, conveyor, at);
    }
    true
}

/// `element` stops a conveyor, perhaps not its own, and with it what feeds it.
pub(super) fn stop(context: &mut Context<'_>, element: ElementId, conveyor: ConveyorId, at: Time) {
    for &drive in &context.scene.conveyor(conveyor).drives {
        context.stop_drive(drive, element, true, at);
    }
}

/// What `element` has stopped runs again.
pub(super) fn start(context: &mut Context<'_>, element: ElementId, conveyor: ConveyorId, at: Time) {
    for &drive in &context.scene.conveyor(conveyor).drives {
        context.stop_drive(drive, element, false, at);
    }
}

/// It runs again, and what feeds it where that was stopped with it. Returns whether the element is a conveyor.
pub(super) fn start_all(context: &mut Context<'_>, element: ElementId, at: Time) -> bool {
    let Some(conveyor) = own(context, element) else { return false };
    start(context, element, conveyor, at);
    true
}

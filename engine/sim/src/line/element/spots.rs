//! What a part does at an element's spot, handed to the family that it concerns, with what the element's sensor makes of it.

use super::{ElementLogic, Family};
use crate::event::EventKind;
use crate::line::context::Context;
use crate::line::operands::holds;
use crate::line::sensor::{Reading, Sensor};
use crate::parts::PartId;
use crate::port::{Fact, FactKind};
use linetwin_model::Time;
use linetwin_model::scene::{ElementId, ElementKind};

impl ElementLogic {
    pub fn on_spot(&mut self, context: &mut Context<'_>, element: ElementId, fact: Fact) {
        let at = fact.crossed_at;
        let mut cycle_ended = false;
        let seen = match fact.kind {
            FactKind::Centred { part, .. } => self.sensor.hides(context, element, Some(part)).is_none(),
            _ => true,
        };
        let sensor = &mut self.sensor;
        match (&mut self.family, fact.kind) {
            (Family::Station(station), FactKind::Arrived { part, .. }) => station.on_arrived(context, element, part, at),
            (Family::Station(station), FactKind::Centred { part, .. }) => station.on_centred(context, element, part),
            (Family::Station(station), FactKind::Held { part, .. }) => station.on_held(context, element, part),
            (Family::Station(station), FactKind::Left { part, .. }) => station.on_left(context, element, part, at),
            (Family::Checkweigher(weigher), FactKind::Arrived { part, .. }) => weigher.on_arrived(context, element, part, at),
            (Family::Checkweigher(weigher), FactKind::Centred { part, .. }) => {
                weigher.on_centred(context, element, part, seen.then_some(sensor), at)
            }
            (Family::Checkweigher(weigher), FactKind::Left { part, .. }) => cycle_ended = weigher.on_left(context, element, part, at),
            (Family::Diverter(diverter), FactKind::Centred { part, spot }) => diverter.on_centred(context, element, part, spot),
            (Family::Diverter(diverter), FactKind::Held { part, .. }) => diverter.on_held(context, element, part),
            (Family::Diverter(diverter), FactKind::Left { part, .. }) => cycle_ended = diverter.on_left(context, element, part, at),
            (Family::Scanner(scanner), FactKind::Arrived { part, .. }) => scanner.on_arrived(context, element, part, at),
            (Family::Scanner(scanner), FactKind::Centred { part, .. }) => scanner.on_centred(context, element, part, (sensor, seen), at),
            (Family::Scanner(scanner), FactKind::Left { part, .. }) => cycle_ended = scanner.on_left(context, element, part, at),
            (Family::TagReader(reader), FactKind::Arrived { part, .. }) => reader.on_arrived(context, element, part, at),
            (Family::TagReader(reader), FactKind::Left { part, .. }) => cycle_ended = reader.on_left(context, element, part, sensor, at),
            (Family::LightGrid(grid), FactKind::Arrived { part, .. }) => grid.on_arrived(context, element, part, at),
            (Family::LightGrid(grid), FactKind::Measured { part, size_m, .. }) => grid.on_measured(part, size_m),
            (Family::LightGrid(grid), FactKind::Left { part, .. }) => cycle_ended = grid.on_left(context, element, part, sensor, at),
            (Family::Router(router), FactKind::Centred { part, .. }) => router.on_centred(context, element, part),
            (Family::Pusher(pusher), FactKind::Centred { part, .. }) => pusher.on_centred(context, element, part),
            (Family::Induction(induction), FactKind::Arrived { part, .. }) => induction.on_arrived(context, element, part, at),
            (Family::Induction(induction), FactKind::Centred { part, .. }) => induction.on_centred(context, part),
            (Family::Induction(induction), FactKind::Held { part, .. }) => induction.on_held(part),
            (Family::Induction(induction), FactKind::Left { part, .. }) => induction.on_left(context, element, part, at),
            (Family::Loader(loader), FactKind::Arrived { part, spot }) => loader.on_arrived(context, element, part, spot),
            (Family::Loader(loader), FactKind::Left { part, spot }) => loader.on_left(context, element, part, spot),
            (Family::Merge(merge), FactKind::Arrived { part, spot }) => merge.on_arrived(context, element, part, spot, at),
            (Family::Merge(merge), FactKind::Centred { part, spot }) => merge.on_centred(context, part, spot),
            (Family::Merge(merge), FactKind::Held { part, spot }) => merge.on_held(part, spot, at),
            (Family::Merge(merge), FactKind::Left { part, spot }) => merge.on_left(context, element, part, spot, at),
            (Family::Carriage(carriage), FactKind::Arrived { part, spot }) => carriage.on_arrived(context, element, part, spot, at),
            (Family::Carriage(carriage), FactKind::Centred { part, spot }) => carriage.on_centred(context, element, part, spot),
            (Family::Carriage(carriage), FactKind::Held { part, spot }) => carriage.on_held(part, spot),
            (Family::Carriage(carriage), FactKind::Left { part, spot }) => carriage.on_left(context, part, spot),
            (Family::Lift(lift), FactKind::Arrived { part, spot }) => lift.on_arrived(context, element, part, spot, at),
            (Family::Lift(lift), FactKind::Centred { part, spot }) => lift.on_centred(context, part, spot),
            (Family::Lift(lift), FactKind::Held { part, spot }) => lift.on_held(part, spot),
            (Family::Lift(lift), FactKind::Left { part, spot }) => lift.on_left(context, element, part, spot),
            (Family::Buffer(buffer), FactKind::Centred { part, .. }) => buffer.on_promised(context, element, part),
            (Family::Packer(packer), FactKind::Arrived { part, spot }) => packer.on_arrived(context, element, part, spot, at),
            (Family::Packer(packer), FactKind::Left { part, .. }) => packer.on_left(context, element, part, at),
            (Family::Unpacker(unpacker), FactKind::Arrived { part, .. }) => unpacker.on_arrived(context, element, part, at),
            (Family::Unpacker(unpacker), FactKind::Left { part, .. }) => unpacker.on_left(context, element, part, at),
            (Family::Parallel(parallel), FactKind::Arrived { part, .. }) => parallel.on_arrived(context, element, part, at),
            (Family::Parallel(parallel), FactKind::Left { part, .. }) => parallel.on_left(context, element, part, at),
            (Family::Counter, FactKind::Centred { part, .. }) => count(context, element, part, seen.then_some(sensor), at),
            _ => {}
        }
        self.count_cycle_if(cycle_ended, context, element, at);
    }
}

/// `sensor`: where it sees the part; the books count it all the same.
fn count(context: &mut Context<'_>, element: ElementId, part: PartId, sensor: Option<&mut Sensor>, at: Time) {
    if let ElementKind::Counter(counter) = &context.scene.element(element).kind
        && context.parts.get(part).is_some()
        && holds(counter.when.as_ref(), context, part)
    {
        if let Some(sensor) = sensor {
            sensor.tell(context, element, Reading::Count, counter.delay, at);
        }
        context.emit(at, EventKind::Counted { element, part });
    }
}

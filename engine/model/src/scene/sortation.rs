//! What sorts parts, checked: readers and diverters. Ids instead of names, nothing that can be wrong.

use super::*;

/// Reads an attribute of a part in motion while its centre passes the spot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scanner {
    pub spot: SpotId,
    pub reads: AttributeId,
    /// Set to what was read; unset where nothing was.
    pub sets: AttributeId,
    /// Probability of a read at each pass [-].
    pub read_rate: f64,
}

/// A stretch of a straight host that carries parts off to one side while it is up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diverter {
    pub element: ElementId,
    pub host: ConveyorId,
    /// The stretch, in arc length along the host [m].
    pub start_m: f64,
    pub end_m: f64,
    /// Carries towards this side of the flow.
    pub side: Side,
    /// From the flow to the direction in which it carries [rad].
    pub angle: f64,
    /// Of its surface while the host runs at its set speed [m/s]; it turns with the host.
    pub speed_mps: f64,
    /// Time to rise, and to sink [s].
    pub rise_s: f64,
    pub material: MaterialId,
    pub out_port: PortId,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiverterLogic {
    /// Its middle lies where a part is when it is decided; its end at the stretch's end.
    pub spot: SpotId,
    pub diverter: DiverterId,
    /// Which parts to divert.
    pub when: Condition,
}

impl Scene {
    /// What leads off a conveyor's side: its port, where it works, and which parts it means.
    pub fn side_exits(&self) -> impl Iterator<Item = SideExit<'_>> {
        self.elements.iter().filter_map(|element| match &element.kind {
            ElementKind::Pusher(logic) => {
                let pusher = &self.pushers[logic.pusher.index()];
                Some(SideExit { host: pusher.host, at_m: pusher.at_m, out_port: pusher.out_port, when: &logic.when })
            }
            ElementKind::Diverter(logic) => {
                let diverter = &self.diverters[logic.diverter.index()];
                let at_m = (diverter.start_m + diverter.end_m) / 2.0;
                Some(SideExit { host: diverter.host, at_m, out_port: diverter.out_port, when: &logic.when })
            }
            _ => None,
        })
    }
}

/// A way off the side of a conveyor.
#[derive(Clone, Copy, Debug)]
pub struct SideExit<'a> {
    pub host: ConveyorId,
    pub at_m: f64,
    pub out_port: PortId,
    pub when: &'a Condition,
}

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
    /// Until the line knows what was read.
    pub delay: Time,
}

/// A blade that sets parts out with gaps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Induction {
    pub spot: SpotId,
    /// Clear way from a part to the next, at the host's speed [m].
    pub gap_m: f64,
}

/// A device on a straight stretch of a host that takes parts off to one side while it is out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diverter {
    pub element: ElementId,
    pub host: ConveyorId,
    /// The stretch, in arc length along the host [m].
    pub start_m: f64,
    pub end_m: f64,
    /// Takes towards this side of the flow.
    pub side: Side,
    /// From the flow to the direction in which it carries, or to its face [rad].
    pub angle: f64,
    /// Time to come out, and to go back [s].
    pub stroke_s: f64,
    pub material: MaterialId,
    pub device: DiverterDevice,
    /// A blade at the stretch's end that keeps each part until it is carried off.
    pub stop: Option<SpotId>,
    pub out_port: PortId,
}

/// How a diverter takes parts along.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum DiverterDevice {
    /// The stretch itself, which is a surface that moves at the angle.
    PopUp {
        /// Of its surface while the host runs at its set speed [m/s]; it turns with the host.
        speed_mps: f64,
    },
    /// Belts or wheels in every gap between the strands of the host, that rise above these.
    Lifter {
        /// Of their surface while the host runs at its set speed [m/s]; it turns with the host.
        speed_mps: f64,
        lift_m: f64,
    },
    /// A paddle over the stretch, on a pivot at its start, opposite the side to which it leads.
    SwingArm {
        height_m: f64,
        /// Largest, of its tip [N].
        force_n: f64,
    },
    /// Shoes that travel with the host and cross it at the angle, from the stretch's start to its end.
    Shoes {
        /// From one to the next along the host [m].
        pitch_m: f64,
        height_m: f64,
        /// Largest of one, across the host [N].
        force_n: f64,
    },
    /// The carriers of a sorter themselves, from the start of the stretch to its end.
    Carriers,
}

/// A chain of carriers that goes round on a closed loop: the loop's only surface.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Train {
    pub conveyor: ConveyorId,
    pub count: u32,
    /// Of a carrier, along the loop [m]; it is as wide as that.
    pub length_m: f64,
    pub carriers: SorterCarriers,
}

/// How a sorter's carriers give off their parts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum SorterCarriers {
    CrossBelts { speed_mps: f64, acceleration_mps2: f64 },
    TiltTrays { tilt: f64, tilt_s: f64 },
}

/// Sets parts from the end of a feeder onto carriers that come by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loader {
    /// The hold at the feeder's end.
    pub pickup: SpotId,
    /// Where it sets parts on: as long as from carrier to carrier. Occupied while a part is in it.
    pub window: SpotId,
    pub cycle: Time,
}

/// Between a strand and what rises beside it [m].
pub const LIFTER_CLEARANCE_M: f64 = 0.01;
/// Between a host's edge and the middle of an arm that rests beside it [m].
pub const ARM_BESIDE_M: f64 = 0.05;
/// Thickness of a shoe across its guide [m]. It starts as far beside its host as it is thick, and ends in the other edge.
pub const SHOE_THICKNESS_M: f64 = 0.05;

/// From where a shoe starts to where it ends, across a host so wide [m].
pub fn shoe_way_m(host_width_m: f64) -> f64 {
    host_width_m + SHOE_THICKNESS_M
}

impl Diverter {
    /// Length of its arm, from pivot to tip [m].
    pub fn arm_m(&self) -> f64 {
        (self.end_m - self.start_m) / libm::cos(self.angle)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiverterLogic {
    /// Its middle lies where a part is when it is decided; its end at the stretch's end.
    pub spot: SpotId,
    pub diverter: DiverterId,
    /// Which parts to divert.
    pub when: Condition,
    /// Holds while the way behind it is full.
    pub full: Option<Condition>,
    pub track: Option<Track>,
}

/// How parts are followed from where they were seen to a diverter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Where they are seen.
    pub from: SpotId,
    /// The drive of both, whose encoder counts.
    pub drive: DriveId,
    /// The encoder; `None`: one that counts every bit of the way.
    pub encoder: Option<ElementId>,
    /// How far from where it is expected a part may be [m].
    pub window_m: f64,
}

impl Scene {
    /// The carriers of a conveyor that is a sorter.
    pub fn train_of(&self, conveyor: ConveyorId) -> Option<&Train> {
        self.trains.iter().find(|train| train.conveyor == conveyor)
    }
    /// From carrier to carrier [m].
    pub fn train_pitch_m(&self, train: &Train) -> f64 {
        self.conveyor(train.conveyor).path.length() / f64::from(train.count)
    }
    /// Whose surface a part is on when it has come in by this port: a merge's or a loader's host.
    pub fn carrier_behind(&self, port: PortId) -> ElementId {
        let element = self.port(port).element;
        self.joins(element).map_or(element, |spot| self.conveyor(self.spot(spot).host).element)
    }
    /// Where parts come onto a host from beside, at an element that does that.
    pub fn joins(&self, element: ElementId) -> Option<SpotId> {
        match &self.element(element).kind {
            ElementKind::Merge(merge) => Some(merge.window),
            ElementKind::Loader(loader) => Some(loader.window),
            _ => None,
        }
    }
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

//! Named I/O points: the wires between the line's controllers and its devices. Every wish to a device and every sensed
//! fact crosses one, and any of them can be forced: fault injection, the viewer's hand, later a real PLC. Knows nothing
//! about what the controllers do with the values.
//!
//! Points follow from the scene in a fixed order: drives, spots, eyes, pushers, diverters, carriages, elements.
//!
//! | point | direction | value | forced |
//! |---|---|---|---|
//! | `belt 1.run`, `zones.zone 2.run` | output | on: the drive turns | replaces the wish |
//! | `belt 1.speed` | output | set speed [m/s] | replaces the wish |
//! | `sealer.hold`, `merge.side.hold`, `lift.entry.hold` | output | on: the hold is engaged | replaces the wish |
//! | `reject.push` | output | on: one stroke | off: no stroke; on: one stroke at once |
//! | `sorter.divert` | output | on: the diverter is out | replaces the wish |
//! | `eye 3.blocked`, `zones.zone 2.blocked` | input | on: something breaks the beam | replaces what the eye says, faulty or not |
//! | `sealer.arrived`, `.centred`, `.held`, `.left` | input | a pulse per part | off: the pulse is lost |
//! | `reject.home` | input | a pulse per stroke | off: the pulse is lost |
//! | `lift.away` | output | on: at its stop, or on its way there | replaces the wish |
//! | `lift.rests` | input | a pulse per travel | off: the pulse is lost |
//! | `filler.enable` | output | off: the element is held; a hopper's gate closes, a bulk belt stands | replaces what the line's rules say |
//!
//! What makes or unmakes parts (`Offer`, `Place`, `Remove`) and the true whereabouts of parts (`Crossed`, `Cleared`,
//! `Dropped`, ...) have no wire: no device does or senses them.

use crate::port::{Fact, FactKind, Wish};
use linetwin_model::scene::{CarriageId, DiverterId, DriveId, ElementId, ElementKind, Empties, EyeId, Packer, PusherId, SpotId};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum IoValue {
    Bool(bool),
    Number(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IoDirection {
    /// From the controller to the device.
    Output,
    /// From the device to the controller.
    Input,
}

/// What a point is wired to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Signal {
    Run(DriveId),
    Speed(DriveId),
    Hold(SpotId),
    Push(PusherId),
    Divert(DiverterId),
    Away(CarriageId),
    Blocked(EyeId),
    Arrived(SpotId),
    Centred(SpotId),
    Held(SpotId),
    Left(SpotId),
    Home(PusherId),
    Rests(CarriageId),
    /// Of whatever has work or motion to interrupt.
    Enable(ElementId),
}

impl Signal {
    pub fn direction(self) -> IoDirection {
        match self {
            Signal::Run(_)
            | Signal::Speed(_)
            | Signal::Hold(_)
            | Signal::Push(_)
            | Signal::Divert(_)
            | Signal::Away(_)
            | Signal::Enable(_) => IoDirection::Output,
            _ => IoDirection::Input,
        }
    }
    /// It happens, instead of being on or off: it can only be forced off.
    pub fn is_pulse(self) -> bool {
        matches!(self, Signal::Arrived(_) | Signal::Centred(_) | Signal::Held(_) | Signal::Left(_) | Signal::Home(_) | Signal::Rests(_))
    }

    /// Whose device or controller it is.
    pub fn element(self, scene: &Scene) -> ElementId {
        match self {
            Signal::Run(drive) | Signal::Speed(drive) => scene.conveyor(scene.drives[drive.index()].conveyor).element,
            Signal::Hold(spot) | Signal::Arrived(spot) | Signal::Centred(spot) | Signal::Held(spot) | Signal::Left(spot) => {
                scene.spot(spot).element
            }
            Signal::Push(pusher) | Signal::Home(pusher) => scene.pushers[pusher.index()].element,
            Signal::Divert(diverter) => scene.diverters[diverter.index()].element,
            Signal::Away(carriage) | Signal::Rests(carriage) => scene.carriage(carriage).element,
            Signal::Blocked(eye) => scene.eyes[eye.index()].element,
            Signal::Enable(element) => element,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IoPoint {
    pub name: String,
    pub signal: Signal,
    /// What the controller wishes, or what the device senses.
    pub own: IoValue,
    pub force: Option<IoValue>,
}

impl IoPoint {
    /// What the other end of the wire sees.
    pub fn value(&self) -> IoValue {
        self.force.unwrap_or(self.own)
    }
    fn is_on(&self) -> bool {
        self.value() == IoValue::Bool(true)
    }
}

/// An input from outside, logged and replayed: force a point, or let go of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Command {
    /// Taken before the Control phase of this step.
    pub step: u64,
    /// Order within the step.
    pub sequence: u32,
    /// Name of the point.
    pub point: String,
    /// `None`: let go.
    pub force: Option<IoValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error("there is no I/O point `{0}`")]
    UnknownPoint(String),
    #[error("`{point}` takes {allowed}")]
    WrongValue { point: String, allowed: &'static str },
}

/// All points of a scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Io {
    points: Vec<IoPoint>,
    spots_at: usize,
    eyes_at: usize,
    pushers_at: usize,
    diverters_at: usize,
    carriages_at: usize,
    /// By element: its enable point, where it can be held.
    enables: Vec<Option<usize>>,
    /// Last speed told to each drive [m/s]; `None`: not yet.
    told_speed_mps: Vec<Option<f64>>,
    /// By drive: runs against the flow.
    reversed: Vec<bool>,
    /// Last state told to each hold; holds start open.
    told_hold: Vec<bool>,
    /// Last state told to each diverter; they start at rest.
    told_divert: Vec<bool>,
    /// Last state of each eye told to the controllers; eyes start clear.
    told_blocked: Vec<bool>,
    told_away: Vec<Option<u32>>,
    /// By carriage: which of its stops is meant.
    stops: Vec<u32>,
    /// Pushers that a command strokes at the next Control.
    strokes: Vec<PusherId>,
    /// Whether a command came since the last refresh.
    commanded: bool,
}

const POINTS_PER_DRIVE: usize = 2;
const POINTS_PER_SPOT: usize = 5;
const POINTS_PER_PUSHER: usize = 2;
const POINTS_PER_CARRIAGE: usize = 2;

impl Io {
    pub fn new(scene: &Scene) -> Self {
        let mut points = Vec::new();
        let mut add = |name: String, signal, own| points.push(IoPoint { name, signal, own, force: None });
        let off = IoValue::Bool(false);
        for (index, drive) in scene.drives.iter().enumerate() {
            let (id, name) = (DriveId::from_index(index), drive_name(scene, DriveId::from_index(index)));
            add(format!("{name}.run"), Signal::Run(id), IoValue::Bool(true));
            add(format!("{name}.speed"), Signal::Speed(id), IoValue::Number(drive.speed_mps));
        }
        for index in 0..scene.spots.len() {
            let (id, name) = (SpotId::from_index(index), spot_name(scene, SpotId::from_index(index)));
            add(format!("{name}.hold"), Signal::Hold(id), off);
            add(format!("{name}.arrived"), Signal::Arrived(id), off);
            add(format!("{name}.centred"), Signal::Centred(id), off);
            add(format!("{name}.held"), Signal::Held(id), off);
            add(format!("{name}.left"), Signal::Left(id), off);
        }
        for index in 0..scene.eyes.len() {
            let id = EyeId::from_index(index);
            add(format!("{}.blocked", eye_name(scene, id)), Signal::Blocked(id), off);
        }
        for (index, pusher) in scene.pushers.iter().enumerate() {
            let (id, name) = (PusherId::from_index(index), &scene.element(pusher.element).name);
            add(format!("{name}.push"), Signal::Push(id), off);
            add(format!("{name}.home"), Signal::Home(id), off);
        }
        for (index, diverter) in scene.diverters.iter().enumerate() {
            let name = &scene.element(diverter.element).name;
            add(format!("{name}.divert"), Signal::Divert(DiverterId::from_index(index)), off);
        }
        for (index, carriage) in scene.carriages.iter().enumerate() {
            let (id, name) = (CarriageId::from_index(index), &scene.element(carriage.element).name);
            add(format!("{name}.away"), Signal::Away(id), off);
            add(format!("{name}.rests"), Signal::Rests(id), off);
        }
        let mut enables = Vec::new();
        for element in scene.element_ids() {
            enables.push(can_be_held(scene, element).then(|| {
                points.push(IoPoint {
                    name: format!("{}.enable", scene.element(element).name),
                    signal: Signal::Enable(element),
                    own: IoValue::Bool(true),
                    force: None,
                });
                points.len() - 1
            }));
        }
        let spots_at = scene.drives.len() * POINTS_PER_DRIVE;
        let eyes_at = spots_at + scene.spots.len() * POINTS_PER_SPOT;
        Io {
            points,
            spots_at,
            eyes_at,
            pushers_at: eyes_at + scene.eyes.len(),
            diverters_at: eyes_at + scene.eyes.len() + scene.pushers.len() * POINTS_PER_PUSHER,
            carriages_at: eyes_at + scene.eyes.len() + scene.pushers.len() * POINTS_PER_PUSHER + scene.diverters.len(),
            enables,
            told_speed_mps: vec![None; scene.drives.len()],
            reversed: vec![false; scene.drives.len()],
            told_hold: vec![false; scene.spots.len()],
            told_divert: vec![false; scene.diverters.len()],
            told_blocked: vec![false; scene.eyes.len()],
            told_away: vec![None; scene.carriages.len()],
            stops: vec![0; scene.carriages.len()],
            strokes: Vec::new(),
            commanded: false,
        }
    }

    /// In their fixed order.
    pub fn points(&self) -> &[IoPoint] {
        &self.points
    }

    /// Forces a point or lets go of it; it takes effect at the next [`refresh`](Self::refresh).
    pub fn command(&mut self, command: &Command) -> Result<(), CommandError> {
        let unknown = || CommandError::UnknownPoint(command.point.clone());
        let point = self.points.iter_mut().find(|point| point.name == command.point).ok_or_else(unknown)?;
        let wrong = |allowed| Err(CommandError::WrongValue { point: command.point.clone(), allowed });
        match (point.signal, command.force) {
            (_, None) => {}
            // A chute has no drive that could be told to turn.
            (Signal::Speed(_), Some(IoValue::Number(speed))) if speed.is_finite() && point.own != IoValue::Number(0.0) => {}
            (Signal::Speed(_), _) => return wrong("a finite number [m/s]"),
            (signal, Some(value)) if signal.is_pulse() && value != IoValue::Bool(false) => {
                return wrong("off only: a pulse names a part, which nobody outside can make up");
            }
            (_, Some(IoValue::Bool(_))) => {}
            _ => return wrong("on or off"),
        }
        if let (Signal::Push(pusher), Some(IoValue::Bool(true))) = (point.signal, command.force) {
            self.strokes.push(pusher);
        }
        point.force = command.force;
        self.commanded = true;
        Ok(())
    }

    /// Whether a command has come since the last look.
    pub fn is_commanded(&self) -> bool {
        self.commanded
    }

    /// Brings what commands changed to both ends: wishes to the devices, facts to the controllers. Returns whether there
    /// was a command.
    pub fn refresh(&mut self, now: Time, wishes: &mut Vec<Wish>, facts: &mut Vec<Fact>) -> bool {
        if !std::mem::take(&mut self.commanded) {
            return false;
        }
        for index in 0..self.told_speed_mps.len() {
            self.tell_speed(DriveId::from_index(index), wishes);
        }
        for index in 0..self.told_hold.len() {
            self.tell_hold(SpotId::from_index(index), wishes);
        }
        for index in 0..self.told_divert.len() {
            self.tell_divert(DiverterId::from_index(index), wishes);
        }
        for index in 0..self.told_blocked.len() {
            let eye = EyeId::from_index(index);
            facts.extend(self.tell_blocked(eye).map(|kind| Fact { crossed_at: now, seen_at: now, kind }));
        }
        for index in 0..self.told_away.len() {
            self.tell_away(CarriageId::from_index(index), wishes);
        }
        wishes.extend(self.strokes.drain(..).map(|pusher| Wish::Push { pusher }));
        true
    }

    /// Tells the devices every drive's speed once, so that no transport need guess it.
    pub fn start(&mut self, wishes: &mut Vec<Wish>) {
        for index in 0..self.told_speed_mps.len() {
            self.tell_speed(DriveId::from_index(index), wishes);
        }
    }

    pub fn set_run(&mut self, drive: DriveId, on: bool, wishes: &mut Vec<Wish>) {
        self.points[run_at(drive)].own = IoValue::Bool(on);
        self.tell_speed(drive, wishes);
    }

    /// Whether the drive is told to turn.
    pub fn runs(&self, drive: DriveId) -> bool {
        self.points[run_at(drive)].is_on()
    }

    /// What the drive is told [m/s]; 0 while it is told to stand.
    pub fn speed_mps(&self, drive: DriveId) -> f64 {
        match self.points[run_at(drive) + 1].value() {
            IoValue::Number(speed) if self.runs(drive) => speed,
            _ => 0.0,
        }
    }

    /// Whether its set speed is against the flow, also while it stands.
    pub fn heads_back(&self, drive: DriveId) -> bool {
        matches!(self.points[run_at(drive) + 1].value(), IoValue::Number(speed) if speed < 0.0)
    }

    /// Whether an eye is blocked, as the controllers are told.
    pub fn is_blocked(&self, eye: EyeId) -> bool {
        self.told_blocked[eye.index()]
    }

    /// Whether the drive's run point is forced off.
    pub fn is_forced_off(&self, drive: DriveId) -> bool {
        self.points[run_at(drive)].force == Some(IoValue::Bool(false))
    }

    /// The line's rules let the element work, or hold it.
    pub fn set_enabled(&mut self, element: ElementId, enabled: bool) {
        if let Some(at) = self.enables[element.index()] {
            self.points[at].own = IoValue::Bool(enabled);
        }
    }

    /// Whether the element may work; `None` for what cannot be held.
    pub fn enabled(&self, element: ElementId) -> Option<bool> {
        self.enables[element.index()].map(|at| self.points[at].is_on())
    }

    /// The set speed from now on [m/s].
    pub fn set_speed(&mut self, drive: DriveId, speed_mps: f64, wishes: &mut Vec<Wish>) {
        self.points[run_at(drive) + 1].own = IoValue::Number(speed_mps);
        self.tell_speed(drive, wishes);
    }

    /// From now on it turns at its set speed against the flow, or with it again.
    pub fn set_reversed(&mut self, drive: DriveId, reversed: bool, wishes: &mut Vec<Wish>) {
        self.reversed[drive.index()] = reversed;
        self.tell_speed(drive, wishes);
    }

    pub fn set_hold(&mut self, spot: SpotId, engaged: bool, wishes: &mut Vec<Wish>) {
        let at = self.spot_at(spot, 0);
        self.points[at].own = IoValue::Bool(engaged);
        self.tell_hold(spot, wishes);
    }

    /// One stroke, unless the point is forced off.
    pub fn push(&mut self, pusher: PusherId, wishes: &mut Vec<Wish>) {
        let point = &self.points[self.pushers_at + pusher.index() * POINTS_PER_PUSHER];
        if point.force != Some(IoValue::Bool(false)) {
            wishes.push(Wish::Push { pusher });
        }
    }

    /// Where a carriage should be: at this stop, or at home.
    pub fn set_away(&mut self, carriage: CarriageId, stop: Option<u32>, wishes: &mut Vec<Wish>) {
        let away = stop.is_some();
        if let Some(stop) = stop {
            self.stops[carriage.index()] = stop;
        }
        self.points[self.carriages_at + carriage.index() * POINTS_PER_CARRIAGE].own = IoValue::Bool(away);
        self.tell_away(carriage, wishes);
    }

    fn tell_away(&mut self, carriage: CarriageId, wishes: &mut Vec<Wish>) {
        let away = self.points[self.carriages_at + carriage.index() * POINTS_PER_CARRIAGE].is_on();
        let told = away.then_some(self.stops[carriage.index()]);
        if std::mem::replace(&mut self.told_away[carriage.index()], told) != told {
            wishes.push(Wish::Travel { carriage, away, stop: self.stops[carriage.index()] });
        }
    }

    /// What the controllers see of a fact: `None` where its wire is cut.
    pub fn sense(&mut self, fact: Fact) -> Option<Fact> {
        let pulse = |offset, spot| self.spot_at(spot, offset);
        let at = match fact.kind {
            FactKind::EyeBlocked { eye } => return self.sense_eye(fact, eye, true),
            FactKind::EyeCleared { eye } => return self.sense_eye(fact, eye, false),
            FactKind::Arrived { spot, .. } => pulse(1, spot),
            FactKind::Centred { spot, .. } => pulse(2, spot),
            FactKind::Held { spot, .. } => pulse(3, spot),
            FactKind::Left { spot, .. } => pulse(4, spot),
            FactKind::StrokeEnded { pusher, .. } => self.pushers_at + pusher.index() * POINTS_PER_PUSHER + 1,
            FactKind::TravelEnded { carriage, .. } => self.carriages_at + carriage.index() * POINTS_PER_CARRIAGE + 1,
            _ => return Some(fact),
        };
        self.points[at].force.is_none().then_some(fact)
    }

    fn sense_eye(&mut self, fact: Fact, eye: EyeId, blocked: bool) -> Option<Fact> {
        self.points[self.eyes_at + eye.index()].own = IoValue::Bool(blocked);
        self.tell_blocked(eye).map(|kind| Fact { kind, ..fact })
    }

    /// A photo-eye says something. Returns what its controllers are told, where that changes.
    pub fn say_blocked(&mut self, eye: EyeId, blocked: bool) -> Option<bool> {
        self.points[self.eyes_at + eye.index()].own = IoValue::Bool(blocked);
        self.tell_blocked(eye).map(|kind| matches!(kind, FactKind::EyeBlocked { .. }))
    }

    fn tell_blocked(&mut self, eye: EyeId) -> Option<FactKind> {
        let blocked = self.points[self.eyes_at + eye.index()].is_on();
        let changed = std::mem::replace(&mut self.told_blocked[eye.index()], blocked) != blocked;
        changed.then_some(if blocked { FactKind::EyeBlocked { eye } } else { FactKind::EyeCleared { eye } })
    }

    fn tell_speed(&mut self, drive: DriveId, wishes: &mut Vec<Wish>) {
        let forward_mps = self.speed_mps(drive);
        let speed_mps = if self.reversed[drive.index()] && forward_mps != 0.0 { -forward_mps } else { forward_mps };
        if self.told_speed_mps[drive.index()] != Some(speed_mps) {
            self.told_speed_mps[drive.index()] = Some(speed_mps);
            wishes.push(Wish::SetSpeed { drive, speed_mps });
        }
    }

    fn tell_hold(&mut self, spot: SpotId, wishes: &mut Vec<Wish>) {
        let engaged = self.points[self.spot_at(spot, 0)].is_on();
        if std::mem::replace(&mut self.told_hold[spot.index()], engaged) != engaged {
            wishes.push(if engaged { Wish::Hold { spot } } else { Wish::Release { spot } });
        }
    }

    pub fn set_divert(&mut self, diverter: DiverterId, out: bool, wishes: &mut Vec<Wish>) {
        self.points[self.diverters_at + diverter.index()].own = IoValue::Bool(out);
        self.tell_divert(diverter, wishes);
    }

    fn tell_divert(&mut self, diverter: DiverterId, wishes: &mut Vec<Wish>) {
        let out = self.points[self.diverters_at + diverter.index()].is_on();
        if std::mem::replace(&mut self.told_divert[diverter.index()], out) != out {
            wishes.push(Wish::Divert { diverter, out });
        }
    }

    fn spot_at(&self, spot: SpotId, offset: usize) -> usize {
        self.spots_at + spot.index() * POINTS_PER_SPOT + offset
    }
}

fn run_at(drive: DriveId) -> usize {
    drive.index() * POINTS_PER_DRIVE
}

fn can_be_held(scene: &Scene, element: ElementId) -> bool {
    let element = scene.element(element);
    let stands = match &element.kind {
        ElementKind::Sink(_) => true,
        // Nothing drives a chute, or rollers that turn freely.
        ElementKind::Conveyor(conveyor) => {
            scene.conveyor(*conveyor).drives.iter().all(|drive| scene.drives[drive.index()].speed_mps == 0.0)
        }
        _ => false,
    };
    linetwin_model::report::has_states(&element.family) && !stands
}

fn drive_name(scene: &Scene, drive: DriveId) -> String {
    let conveyor = scene.conveyor(scene.drives[drive.index()].conveyor);
    let element = scene.element(conveyor.element);
    match conveyor.drives.iter().position(|&other| other == drive) {
        Some(zone) if matches!(element.kind, ElementKind::ZoneConveyor(_)) => format!("{}.zone {}", element.name, zone + 1),
        Some(section) if conveyor.drives.len() > 1 => format!("{}.drive {}", element.name, section + 1),
        _ => element.name.clone(),
    }
}

fn spot_name(scene: &Scene, spot: SpotId) -> String {
    let element = scene.element(scene.spot(spot).element);
    match &element.kind {
        ElementKind::Merge(merge) if merge.host_hold == spot => format!("{}.host", element.name),
        ElementKind::Merge(merge) if merge.side_hold == spot => format!("{}.side", element.name),
        ElementKind::Carriage(id) if scene.carriage(*id).entry_hold == spot => format!("{}.entry", element.name),
        ElementKind::Lift(id) if scene.lift(*id).entry_hold == spot => format!("{}.entry", element.name),
        ElementKind::Lift(id) if scene.lift(*id).curtain == spot => format!("{}.curtain", element.name),
        ElementKind::Lift(id) if scene.lift(*id).exit == spot => format!("{}.exit", element.name),
        ElementKind::Lift(_) => format!("{}.room", element.name),
        ElementKind::Merge(merge) if merge.window == spot => format!("{}.window", element.name),
        ElementKind::Loader(loader) if loader.window == spot => format!("{}.window", element.name),
        ElementKind::Packer(Packer { empties: Empties::Taken(empties), .. }) if *empties == spot => format!("{}.containers", element.name),
        _ => element.name.clone(),
    }
}

fn eye_name(scene: &Scene, eye: EyeId) -> String {
    let element = scene.element(scene.eyes[eye.index()].element);
    match &element.kind {
        ElementKind::ZoneConveyor(conveyor) => {
            let zone = conveyor.zones.iter().position(|zone| zone.eye == eye).map_or(0, |zone| zone + 1);
            format!("{}.zone {zone}", element.name)
        }
        _ => element.name.clone(),
    }
}

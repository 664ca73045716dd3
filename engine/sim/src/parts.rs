//! Identity: a part is always in exactly one place. Owns who exists and where; must not know how a part moves.
//! Places change and parts are never forgotten while inside; what has left stays as a count.

use crate::incident::Traits;
use crate::load::{self, Loaded};
use crate::part_map::PartMap;
use linetwin_model::Time;
use linetwin_model::scene::{AttributeId, ElementId, Outcome, PartTypeId, Seat};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// (source, serial). Ordered by source, then birth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartId {
    pub source: ElementId,
    pub serial: u32,
}

/// Where a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Offered by its source, not yet in the line.
    Pending,
    /// Its centre is on this element (or it lies on the floor beside it: see [`Part::on_floor`]).
    On(ElementId),
    /// Kept by a station's or stop's hold, on this element's host.
    Held(ElementId),
    /// Within another part (packed, joined).
    Inside(PartId),
}

/// The shape as drawn for this part, in part space, centred [m].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DrawnShape {
    Box {
        size_m: [f64; 3],
    },
    /// A bottom and four walls.
    OpenBox {
        size_m: [f64; 3],
        wall_m: f64,
    },
    /// A container with content that stands above it.
    Loaded(Box<Loaded>),
    Cylinder {
        diameter_m: f64,
        height_m: f64,
    },
    Capsule {
        diameter_m: f64,
        height_m: f64,
    },
    ConvexHull {
        points_m: Vec<[f64; 3]>,
    },
}

impl DrawnShape {
    /// Longer, wider and higher by a factor; walls and content stay.
    pub fn scaled(&self, factor: f64) -> DrawnShape {
        let scaled = |size_m: &[f64; 3]| size_m.map(|length_m| length_m * factor);
        match self {
            DrawnShape::Box { size_m } => DrawnShape::Box { size_m: scaled(size_m) },
            DrawnShape::OpenBox { size_m, wall_m } => DrawnShape::OpenBox { size_m: scaled(size_m), wall_m: *wall_m },
            DrawnShape::Loaded(_) => self.clone(),
            DrawnShape::Cylinder { diameter_m, height_m } => {
                DrawnShape::Cylinder { diameter_m: diameter_m * factor, height_m: height_m * factor }
            }
            DrawnShape::Capsule { diameter_m, height_m } => {
                DrawnShape::Capsule { diameter_m: diameter_m * factor, height_m: height_m * factor }
            }
            DrawnShape::ConvexHull { points_m } => DrawnShape::ConvexHull { points_m: points_m.iter().map(scaled).collect() },
        }
    }

    /// Bounding box in part space [m]: length, width, height.
    pub fn size_m(&self) -> [f64; 3] {
        match self {
            DrawnShape::Box { size_m } | DrawnShape::OpenBox { size_m, .. } => *size_m,
            DrawnShape::Loaded(loaded) => {
                let (own, load) = (loaded.own.size_m(), loaded.load_m);
                // The centre of both is in the middle between the container's bottom and the content's top.
                [own[0].max(load[0]), own[1].max(load[1]), own[2] - 2.0 * loaded.own_z_m]
            }
            DrawnShape::Cylinder { diameter_m, height_m } | DrawnShape::Capsule { diameter_m, height_m } => {
                [*diameter_m, *diameter_m, *height_m]
            }
            DrawnShape::ConvexHull { points_m } => std::array::from_fn(|axis| {
                let values = points_m.iter().map(|point| point[axis]);
                values.clone().fold(f64::NEG_INFINITY, f64::max) - values.fold(f64::INFINITY, f64::min)
            }),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub part_type: PartTypeId,
    /// Index into the type's variants (the article of a mix).
    pub variant: u32,
    pub place: Place,
    pub shape: DrawnShape,
    /// With what it holds and what fills it.
    pub mass_kg: f64,
    /// With what it holds and what fills it; from the shape's centre, in part space [m].
    pub centre_of_mass_m: [f64; 3],
    /// Attribute values, by id; absent: not set.
    pub attributes: BTreeMap<AttributeId, f64>,
    /// Works that stations have ended on it.
    pub works: BTreeMap<ElementId, u32>,
    /// About its centre of mass, along its axes, with what it holds [kg m^2]; `None`: that of its shape.
    pub inertia_kgm2: Option<[f64; 3]>,
    /// What stands in it or is joined to it, in the order in which it came.
    pub content: Vec<PartId>,
    /// Where its centre is in its container, from the centre of that when it is empty; else it stands in the middle on top.
    pub seat: Option<Seat>,
    pub created_at: Time,
    /// When it entered the line; `None` while pending.
    pub entered_at: Option<Time>,
    pub on_floor: bool,
    /// Mass and centre of mass without what it holds and what fills it, as drawn [kg], [m].
    pub own: (f64, [f64; 3]),
    /// What stations have filled in, spread evenly over its inside [kg].
    pub filling_kg: f64,
}

impl Part {
    pub fn traits(&self) -> Traits {
        Traits { size_m: self.shape.size_m(), mass_kg: self.mass_kg }
    }
}

/// Every part that is pending or inside, and the count of those that have gone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    live: PartMap<Box<Part>>,
    /// Next serial, by source.
    next_serial: BTreeMap<ElementId, u32>,
    balance: Balance,
    /// Parts that are inside others.
    held: u64,
}

/// Running totals since time zero. `entered = good + rejected + scrapped + inside`, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub created: u64,
    pub entered: u64,
    pub turned_away: u64,
    pub good: u64,
    pub rejected: u64,
    pub scrapped: u64,
}

impl Balance {
    /// Parts in the line.
    pub fn inside(&self) -> u64 {
        self.entered - self.good - self.rejected - self.scrapped
    }
}

impl Parts {
    /// A new pending part of `source`; `draw` gets its id, from which its random draws are indexed.
    pub fn create(&mut self, source: ElementId, draw: impl FnOnce(PartId) -> Part) -> PartId {
        let serial = self.next_serial.entry(source).or_insert(0);
        let id = PartId { source, serial: *serial };
        *serial = serial.checked_add(1).expect("a source makes fewer than 2^32 parts in a run");
        let part = draw(id);
        assert_eq!(part.place, Place::Pending, "a part is born pending");
        self.live.insert(id, Box::new(part));
        self.balance.created += 1;
        id
    }

    pub fn get(&self, id: PartId) -> Option<&Part> {
        self.live.get(&id).map(Box::as_ref)
    }

    pub fn get_mut(&mut self, id: PartId) -> Option<&mut Part> {
        self.live.get_mut(&id).map(Box::as_mut)
    }

    /// In order of id.
    pub fn iter(&self) -> impl Iterator<Item = (PartId, &Part)> {
        self.live.iter().map(|(id, part)| (id, part.as_ref()))
    }

    pub fn balance(&self) -> Balance {
        self.balance
    }

    /// How many parts are in the line (entered, not gone).
    pub fn inside(&self) -> u64 {
        self.live.values().filter(|part| part.place != Place::Pending).count() as u64
    }

    /// A pending part enters the line on `element`.
    pub fn enter(&mut self, id: PartId, element: ElementId, at: Time) {
        let part = self.live.get_mut(&id).expect("a part that enters exists");
        assert_eq!(part.place, Place::Pending, "only a pending part enters");
        part.place = Place::On(element);
        part.entered_at = Some(at);
        self.balance.entered += 1;
    }

    /// A part inside the line changes its place.
    pub fn move_to(&mut self, id: PartId, place: Place) {
        let part = self.live.get_mut(&id).expect("a part that moves exists");
        assert!(part.place != Place::Pending && place != Place::Pending, "a part enters once");
        part.place = place;
    }

    /// A pending part is turned away: it never was in the line.
    pub fn turn_away(&mut self, id: PartId) {
        let part = self.live.remove(&id).expect("a part that is turned away exists");
        assert_eq!(part.place, Place::Pending, "only a pending part is turned away");
        self.balance.turned_away += 1;
    }

    /// A part of the line goes into another, or is joined to it: on top of it, as its centre of mass tells.
    pub fn put_inside(&mut self, id: PartId, into: PartId) {
        self.put(id, into, None);
    }

    /// A part of the line goes to a place in a container, whose shape grows where the part stands above it. The container
    /// must have no body meanwhile.
    pub fn pack(&mut self, id: PartId, into: PartId, seat: Seat) {
        self.put(id, into, Some(seat));
    }

    fn put(&mut self, id: PartId, into: PartId, seat: Option<Seat>) {
        let part = self.live.get_mut(&id).expect("a part that is put into another exists");
        assert!(!matches!(part.place, Place::Pending | Place::Inside(_)), "only a part that stands by itself is put into another");
        (part.place, part.seat) = (Place::Inside(into), seat);
        self.live.get_mut(&into).expect("what holds a part exists").content.push(id);
        self.held += 1;
        self.weigh(into);
    }

    /// So much more is in a part, which stays one body.
    pub fn fill(&mut self, id: PartId, added_kg: f64) {
        self.live.get_mut(&id).expect("a part that is filled exists").filling_kg += added_kg;
        self.weigh(id);
    }

    /// A part that is inside another stands by itself again, on `element`; returns what held it.
    pub fn take_out(&mut self, id: PartId, element: ElementId) -> PartId {
        let part = self.live.get_mut(&id).expect("a part that is taken out exists");
        let Place::Inside(holder) = std::mem::replace(&mut part.place, Place::On(element)) else {
            panic!("only a part inside another is taken out");
        };
        part.seat = None;
        self.let_out(id, holder);
        holder
    }

    /// What holds the part, if it is inside another.
    pub fn holder(&self, id: PartId) -> Option<PartId> {
        match self.live.get(&id)?.place {
            Place::Inside(holder) => Some(holder),
            _ => None,
        }
    }

    /// The part and everything in it, outermost first.
    pub fn tree(&self, id: PartId) -> Vec<PartId> {
        let mut found = vec![id];
        let mut next = 0;
        while let Some(&id) = found.get(next) {
            next += 1;
            found.extend(self.live.get(&id).into_iter().flat_map(|part| &part.content));
        }
        found
    }

    fn let_out(&mut self, id: PartId, holder: PartId) {
        self.live.get_mut(&holder).expect("what holds a part exists").content.retain(|inside| *inside != id);
        self.held -= 1;
        self.weigh(holder);
    }

    /// Mass, inertia and shape anew, of a part and of whatever holds it.
    fn weigh(&mut self, id: PartId) {
        let gross = load::gross(&self.live, self.live.get(&id).expect("a part that is weighed exists"));
        let part = self.live.get_mut(&id).expect("just read");
        (part.mass_kg, part.centre_of_mass_m) = (gross.mass_kg, gross.centre_of_mass_m);
        (part.inertia_kgm2, part.shape) = (gross.inertia_kgm2, gross.shape);
        if let Place::Inside(holder) = part.place {
            self.weigh(holder);
        }
    }

    /// A part leaves the line for good, with everything in it; returned outermost first, each with its id.
    pub fn leave(&mut self, id: PartId, outcome: Outcome) -> Vec<(PartId, Part)> {
        if let Some(holder) = self.holder(id) {
            self.let_out(id, holder);
        }
        let mut left = Vec::new();
        for id in self.tree(id) {
            let part = self.live.remove(&id).expect("a part that leaves exists");
            assert!(part.place != Place::Pending, "only a part that entered leaves");
            self.held -= part.content.len() as u64;
            match outcome {
                Outcome::Good => self.balance.good += 1,
                Outcome::Reject => self.balance.rejected += 1,
                Outcome::Scrap => self.balance.scrapped += 1,
            }
            left.push((id, *part));
        }
        left
    }

    /// Panics where a part was lost, doubled or counted twice: such a KPI would lie. Called at the end of every step.
    pub fn assert_conserved(&self) {
        let Balance { created, entered, turned_away, good, rejected, scrapped } = self.balance;
        let inside = entered - (good + rejected + scrapped);
        let pending = created - entered - turned_away;
        assert_eq!(self.live.count() as u64, pending + inside, "parts in = parts out + inside + rejected + scrapped");
        assert!(self.held <= inside, "a part that is inside another is in the line");
    }

    /// The same, counted from each part's own place. Called once a second: it walks through all parts.
    pub fn assert_places(&self) {
        let Balance { entered, good, rejected, scrapped, .. } = self.balance;
        for (id, part) in self.live.iter() {
            let inside = |holder: PartId| self.live.get(&holder).is_some_and(|holder| holder.content.contains(&id));
            assert!(!matches!(part.place, Place::Inside(holder) if !inside(holder)), "a part inside another is among what that holds");
            let held = |inside: &PartId| self.holder(*inside) == Some(id);
            assert!(part.content.iter().all(held), "what a part holds is inside it");
        }
        let held: usize = self.live.values().map(|part| part.content.len()).sum();
        assert_eq!(held as u64, self.held, "what is inside others is inside once");
        assert_eq!(entered, good + rejected + scrapped + self.inside(), "every part that entered and has not gone has a place");
    }
}

//! A run as messages for Foxglove and Rerun: the line and its parts in 3D (`foxglove.SceneUpdate`, which follow frames,
//! `foxglove.FrameTransforms`), and what there is to plot, each on a topic of its own. Times are simulated.
//!
//! | topic | message | when |
//! |---|---|---|
//! | `/line` | `foxglove.SceneUpdate` | the elements, at the beginning |
//! | `/parts` | `foxglove.SceneUpdate` | a part, or a platform, comes or goes |
//! | `/tf` | `foxglove.FrameTransforms` | every moment at which there is a part, or something that moves |
//! | `/counts` | `linetwin.Counts` | every moment |
//! | `/elements/NAME` | `linetwin.Element` | its state has changed |
//! | `/eyes/NAME` | `linetwin.Eye` | it is blocked, or clear again |
//! | `/drives/NAME` | `linetwin.Drive` | every moment |

use super::mcap::{ChannelId, McapWriter};
use super::protobuf::{Field, File, Kind, Message, Type, descriptors};
use linetwin_model::Time;
use linetwin_model::scene::Shape;
use linetwin_sim::Simulation;
use linetwin_sim::io::Signal;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::Seen;
use linetwin_sim::view::{Colour, Item, Mesh, Moment, Place, Role, Scenery, ShownPart};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// What everything is told in.
const ROOT: &str = "line";

const STAMP: &str = ".google.protobuf.Timestamp";
const TIME_FIELDS: &[Field] = &[("seconds", 1, Kind::Int64), ("nanos", 2, Kind::Int32)];
const XYZ: &[Field] = &[("x", 1, Kind::Double), ("y", 2, Kind::Double), ("z", 3, Kind::Double)];

const TIMESTAMP: File = File {
    name: "google/protobuf/timestamp.proto",
    package: "google.protobuf",
    needs: &[],
    types: &[Type { name: "Timestamp", fields: TIME_FIELDS, values: None }],
};
const DURATION: File = File {
    name: "google/protobuf/duration.proto",
    package: "google.protobuf",
    needs: &[],
    types: &[Type { name: "Duration", fields: TIME_FIELDS, values: None }],
};
/// Those of Foxglove's schemas that are written here, with the fields that are; others keep their default.
const FOXGLOVE: File = File {
    name: "foxglove/linetwin.proto",
    package: "foxglove",
    needs: &["google/protobuf/timestamp.proto", "google/protobuf/duration.proto"],
    types: &[
        Type { name: "Vector3", fields: XYZ, values: None },
        Type { name: "Point3", fields: XYZ, values: None },
        Type {
            name: "Quaternion",
            fields: &[("x", 1, Kind::Double), ("y", 2, Kind::Double), ("z", 3, Kind::Double), ("w", 4, Kind::Double)],
            values: None,
        },
        Type {
            name: "Color",
            fields: &[("r", 1, Kind::Double), ("g", 2, Kind::Double), ("b", 3, Kind::Double), ("a", 4, Kind::Double)],
            values: None,
        },
        Type {
            name: "Pose",
            fields: &[("position", 1, Kind::Of(".foxglove.Vector3")), ("orientation", 2, Kind::Of(".foxglove.Quaternion"))],
            values: None,
        },
        Type { name: "KeyValuePair", fields: &[("key", 1, Kind::Text), ("value", 2, Kind::Text)], values: None },
        Type {
            name: "CubePrimitive",
            fields: &[
                ("pose", 1, Kind::Of(".foxglove.Pose")),
                ("size", 2, Kind::Of(".foxglove.Vector3")),
                ("color", 3, Kind::Of(".foxglove.Color")),
            ],
            values: None,
        },
        Type {
            name: "TriangleListPrimitive",
            fields: &[
                ("pose", 1, Kind::Of(".foxglove.Pose")),
                ("points", 2, Kind::ListOf(".foxglove.Point3")),
                ("color", 3, Kind::Of(".foxglove.Color")),
                ("colors", 4, Kind::ListOf(".foxglove.Color")),
                ("indices", 5, Kind::Fixed32s),
            ],
            values: None,
        },
        Type {
            name: "SceneEntityDeletion",
            fields: &[
                ("timestamp", 1, Kind::Of(STAMP)),
                ("type", 2, Kind::Enum(".foxglove.SceneEntityDeletion.Type")),
                ("id", 3, Kind::Text),
            ],
            values: Some(("Type", &["MATCHING_ID", "ALL"])),
        },
        Type {
            name: "SceneEntity",
            fields: &[
                ("timestamp", 1, Kind::Of(STAMP)),
                ("frame_id", 2, Kind::Text),
                ("id", 3, Kind::Text),
                ("lifetime", 4, Kind::Of(".google.protobuf.Duration")),
                ("frame_locked", 5, Kind::Bool),
                ("metadata", 6, Kind::ListOf(".foxglove.KeyValuePair")),
                ("cubes", 8, Kind::ListOf(".foxglove.CubePrimitive")),
                ("triangles", 12, Kind::ListOf(".foxglove.TriangleListPrimitive")),
            ],
            values: None,
        },
        Type {
            name: "SceneUpdate",
            fields: &[
                ("deletions", 1, Kind::ListOf(".foxglove.SceneEntityDeletion")),
                ("entities", 2, Kind::ListOf(".foxglove.SceneEntity")),
            ],
            values: None,
        },
        Type {
            name: "FrameTransform",
            fields: &[
                ("timestamp", 1, Kind::Of(STAMP)),
                ("parent_frame_id", 2, Kind::Text),
                ("child_frame_id", 3, Kind::Text),
                ("translation", 4, Kind::Of(".foxglove.Vector3")),
                ("rotation", 5, Kind::Of(".foxglove.Quaternion")),
            ],
            values: None,
        },
        Type { name: "FrameTransforms", fields: &[("transforms", 1, Kind::ListOf(".foxglove.FrameTransform"))], values: None },
    ],
};
const OWN: File = File {
    name: "linetwin/trace.proto",
    package: "linetwin",
    needs: &["google/protobuf/timestamp.proto"],
    types: &[
        Type {
            name: "Counts",
            fields: &[
                ("timestamp", 1, Kind::Of(STAMP)),
                ("entered", 2, Kind::Uint64),
                ("inside", 3, Kind::Uint64),
                ("good", 4, Kind::Uint64),
                ("rejected", 5, Kind::Uint64),
                ("scrapped", 6, Kind::Uint64),
                ("turned_away", 7, Kind::Uint64),
            ],
            values: None,
        },
        // `code`: index into the states of the time model, for plots.
        Type {
            name: "Element",
            fields: &[("timestamp", 1, Kind::Of(STAMP)), ("state", 2, Kind::Text), ("code", 3, Kind::Uint32)],
            values: None,
        },
        Type { name: "Eye", fields: &[("timestamp", 1, Kind::Of(STAMP)), ("blocked", 2, Kind::Bool)], values: None },
        Type {
            name: "Drive",
            fields: &[("timestamp", 1, Kind::Of(STAMP)), ("speed_mps", 2, Kind::Double), ("way_m", 3, Kind::Double)],
            values: None,
        },
    ],
};

/// A trace that is being written.
pub struct Trace {
    writer: McapWriter,
    scenery: Scenery,
    parts_at: ChannelId,
    frames_at: ChannelId,
    counts_at: ChannelId,
    elements_at: Vec<ChannelId>,
    eyes_at: Vec<ChannelId>,
    drives_at: Vec<ChannelId>,
    /// What was last said.
    before: Option<Moment>,
    pub moments: usize,
    pub parts: usize,
}

impl Trace {
    pub fn new(simulation: &Simulation) -> Self {
        let mut writer = McapWriter::new(&format!("linetwin {}", env!("CARGO_PKG_VERSION")));
        let foxglove = descriptors(&[&TIMESTAMP, &DURATION, &FOXGLOVE]);
        let own = descriptors(&[&TIMESTAMP, &OWN]);
        let update = writer.add_schema("foxglove.SceneUpdate", &foxglove);
        let transforms = writer.add_schema("foxglove.FrameTransforms", &foxglove);
        let [counts, element, eye, drive] =
            ["Counts", "Element", "Eye", "Drive"].map(|name| writer.add_schema(&format!("linetwin.{name}"), &own));
        let line_at = writer.add_channel("/line", update);
        let parts_at = writer.add_channel("/parts", update);
        let frames_at = writer.add_channel("/tf", transforms);
        let counts_at = writer.add_channel("/counts", counts);
        let scene = simulation.scene();
        let elements_at = scene.elements.iter().map(|row| writer.add_channel(&format!("/elements/{}", row.name), element)).collect();
        // Their names are those of their I/O points.
        let (mut eyes_at, mut drives_at) = (Vec::new(), Vec::new());
        for point in simulation.io().points() {
            let (name, _) = point.name.rsplit_once('.').unwrap_or((&point.name, ""));
            match point.signal {
                Signal::Blocked(_) => eyes_at.push(writer.add_channel(&format!("/eyes/{name}"), eye)),
                Signal::Run(_) => drives_at.push(writer.add_channel(&format!("/drives/{name}"), drive)),
                _ => {}
            }
        }
        let scenery = simulation.scenery();
        let now = simulation.now();
        writer.write(line_at, now.0, &line_of(simulation, &scenery).0);
        Trace { writer, scenery, parts_at, frames_at, counts_at, elements_at, eyes_at, drives_at, before: None, moments: 0, parts: 0 }
    }

    pub fn take(&mut self, simulation: &Simulation) {
        let moment = simulation.moment();
        let (at, stamp) = (moment.now.0, stamp(moment.now));
        self.tell_what_comes_and_goes(simulation, &moment);
        let mut frames = Message::default();
        for part in &moment.parts {
            frames = frames.message(1, &transform(&stamp, &part_name(simulation, part.id), &part.place));
        }
        for (index, mover) in moment.movers.iter().enumerate().filter(|(_, mover)| mover.scale != [0.0; 3]) {
            frames = frames.message(1, &transform(&stamp, &mover_name(index), &mover.place));
        }
        // Where nothing moves there is nothing to tell: Rerun 0.36.3 gives up at a message without transforms.
        if !frames.0.is_empty() {
            self.writer.write(self.frames_at, at, &frames.0);
        }
        let balance = simulation.parts().balance();
        let counts = [balance.entered, balance.inside(), balance.good, balance.rejected, balance.scrapped, balance.turned_away];
        let counts =
            counts.iter().zip(2..).fold(Message::default().message(1, &stamp), |message, (count, field)| message.varint(field, *count));
        self.writer.write(self.counts_at, at, &counts.0);
        for (drive, channel) in moment.drives.iter().zip(&self.drives_at) {
            let message = Message::default().message(1, &stamp).double(2, f64::from(drive.speed_mps)).double(3, drive.way_m);
            self.writer.write(*channel, at, &message.0);
        }
        let before = self.before.as_ref();
        for (index, (state, channel)) in moment.states.iter().zip(&self.elements_at).enumerate() {
            if before.is_none_or(|before| before.states[index] != *state) {
                let message = Message::default().message(1, &stamp).text(2, state.name()).varint(3, *state as u64);
                self.writer.write(*channel, at, &message.0);
            }
        }
        for (index, (blocked, channel)) in moment.eyes.iter().zip(&self.eyes_at).enumerate() {
            if before.is_none_or(|before| before.eyes[index] != *blocked) {
                self.writer.write(*channel, at, &Message::default().message(1, &stamp).varint(2, u64::from(*blocked)).0);
            }
        }
        self.moments += 1;
        self.before = Some(moment);
    }

    fn tell_what_comes_and_goes(&mut self, simulation: &Simulation, moment: &Moment) {
        let stamp = stamp(moment.now);
        let none = Moment::default();
        let before = self.before.as_ref().unwrap_or(&none);
        let (mut update, mut came, mut news) = (Message::default(), 0, false);
        for gone in before.parts.iter().filter(|part| moment.part(part.id).is_none()) {
            update = update.message(1, &Message::default().message(1, &stamp).text(3, &part_name(simulation, gone.id)));
            news = true;
        }
        for part in moment.parts.iter().filter(|part| before.part(part.id).is_none()) {
            update = update.message(2, &part_entity(simulation, &self.scenery, part, &stamp));
            (came, news) = (came + 1, true);
        }
        for (index, mover) in moment.movers.iter().enumerate() {
            let was = before.movers.get(index).map_or([0.0; 3], |before| before.scale);
            // A platform that comes out of its nose grows.
            if was != mover.scale {
                update = match mover.scale {
                    [0.0, ..] => update.message(1, &Message::default().message(1, &stamp).text(3, &mover_name(index))),
                    scale => update.message(2, &mover_entity(&self.scenery, index, scale, &stamp)),
                };
                news = true;
            }
        }
        self.parts += came;
        if news {
            self.writer.write(self.parts_at, moment.now.0, &update.0);
        }
    }

    /// What is known leaves the memory.
    pub fn drain(&mut self, into: &mut dyn Write) -> io::Result<()> {
        self.writer.drain(into)
    }

    pub fn finish(self, into: &mut dyn Write) -> io::Result<()> {
        self.writer.finish(into)
    }
}

fn stamp(at: Time) -> Message {
    Message::default().varint(1, at.0 / Time::NANOS_PER_SECOND).varint(2, at.0 % Time::NANOS_PER_SECOND)
}

fn part_name(simulation: &Simulation, id: PartId) -> String {
    format!("{}#{}", simulation.scene().element(id.source).name, id.serial)
}

fn mover_name(index: usize) -> String {
    format!("mover {index}")
}

fn vector(values: [f32; 3]) -> Message {
    values.iter().zip(1..).fold(Message::default(), |message, (value, field)| message.double(field, f64::from(*value)))
}

fn quaternion(values: [f32; 4]) -> Message {
    values.iter().zip(1..).fold(Message::default(), |message, (value, field)| message.double(field, f64::from(*value)))
}

fn pose(place: &Place) -> Message {
    Message::default().message(1, &vector(place.position_m)).message(2, &quaternion(place.rotation))
}

fn colour_of(colour: Colour) -> Message {
    let parts = colour.0.iter().zip(1..);
    parts.fold(Message::default(), |message, (value, field)| message.double(field, f64::from(*value) / 255.0)).double(4, 1.0)
}

fn transform(stamp: &Message, child: &str, place: &Place) -> Message {
    let frame = Message::default().message(1, stamp).text(2, ROOT).text(3, child);
    frame.message(4, &vector(place.position_m)).message(5, &quaternion(place.rotation))
}

fn entity(stamp: &Message, frame: &str, id: &str) -> Message {
    // Locked: it follows its frame.
    Message::default().message(1, stamp).text(2, frame).text(3, id).varint(5, 1)
}

/// Meshes of one colour, each at its place and size.
fn triangles<'a>(meshes: impl Iterator<Item = (&'a Mesh, Place, [f32; 3])>, colour: Colour) -> Message {
    let mut list = Message::default().message(1, &pose(&Place::default()));
    let (mut indices, mut first) = (Vec::new(), 0);
    for (mesh, place, scale) in meshes {
        for point in &mesh.points_m {
            list = list.message(2, &vector(place.point(std::array::from_fn(|axis| point[axis] * scale[axis]))));
        }
        indices.extend(mesh.triangles.iter().flatten().map(|index| index + first));
        first += mesh.points_m.len() as u32;
    }
    list.message(3, &colour_of(colour)).packed_fixed32(5, indices.into_iter())
}

/// By colour: what is seen of one colour together.
fn add_items<'a>(mut entity: Message, scenery: &Scenery, items: impl Iterator<Item = &'a Item>, scale: [f32; 3]) -> Message {
    let mut by_colour: BTreeMap<[u8; 3], Vec<&Item>> = BTreeMap::new();
    for item in items.filter(|item| item.role != Role::Collider) {
        by_colour.entry(item.role.colour().0).or_default().push(item);
    }
    for (colour, items) in by_colour {
        let meshes = items.into_iter().map(|item| (&scenery.meshes[item.mesh], item.place, scale));
        entity = entity.message(12, &triangles(meshes, Colour(colour)));
    }
    entity
}

/// Every element with all of it that stands.
fn line_of(simulation: &Simulation, scenery: &Scenery) -> Message {
    let (scene, stamp) = (simulation.scene(), stamp(simulation.now()));
    let mut update = Message::default();
    for id in scene.element_ids() {
        let own = scenery.items.iter().filter(|item| item.owner == Seen::Element(id) && item.mover.is_none());
        let row = scene.element(id);
        let family = Message::default().text(1, "family").text(2, &row.family);
        let entity = entity(&stamp, ROOT, &row.name).message(6, &family);
        update = update.message(2, &add_items(entity, scenery, own, [1.0; 3]));
    }
    update
}

fn mover_entity(scenery: &Scenery, index: usize, scale: [f32; 3], stamp: &Message) -> Message {
    let name = mover_name(index);
    add_items(entity(stamp, &name, &name), scenery, scenery.items.iter().filter(|item| item.mover == Some(index)), scale)
}

fn part_entity(simulation: &Simulation, scenery: &Scenery, part: &ShownPart, stamp: &Message) -> Message {
    let name = part_name(simulation, part.id);
    let row = &simulation.scene().part_types[part.part_type.index()];
    let look = scenery.look(part.part_type, part.variant);
    let mesh = &scenery.meshes[look.mesh];
    let kind = Message::default().text(1, "part").text(2, &row.name);
    let entity = entity(stamp, &name, &name).message(6, &kind);
    if matches!(row.variants[part.variant as usize].shape, Shape::Box { .. }) {
        let [low, high] = mesh.bounds();
        let size = vector(std::array::from_fn(|axis| (high[axis] - low[axis]) * part.scale[axis]));
        let cube = Message::default().message(1, &pose(&Place::default())).message(2, &size).message(3, &colour_of(look.colour));
        return entity.message(8, &cube);
    }
    entity.message(12, &triangles(std::iter::once((mesh, Place::default(), part.scale)), look.colour))
}

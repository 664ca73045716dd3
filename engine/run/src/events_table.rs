//! `events.parquet`: the journal's events as one table, a row per event in order. Owns the columns; names are spelled
//! out (dictionary-encoded), so that the file is readable without the scene.
//!
//! | column | type | meaning |
//! |---|---|---|
//! | `t_ns` | int64 | simulated time in nanoseconds |
//! | `kind` | dictionary | `part_created`, `state_changed`, ... |
//! | `element` | dictionary | where it happened; for `part_moved` the element that was left |
//! | `to_element` | dictionary | `part_moved`: the element that was entered |
//! | `source`, `serial` | dictionary, uint32 | the part: who made it, and its number there |
//! | `part` | dictionary | the part's type, where the event tells it |
//! | `variant` | uint32 | `part_created`: the article within the type |
//! | `state`, `port` | dictionary | `state_changed`: the state from now on, and the in-port that starves |
//! | `mode` | dictionary | failure mode; for `fault_...` and `part_unseen` the sensor's fault; for `invalid` the condition, for `rule_...` the rule, for `crew_...` the crew |
//! | `outcome` | dictionary | `part_left`: `good`, `reject`, `scrap` |
//! | `attribute`, `value` | dictionary, float64 | `attribute_set`; `work_judged`: 1 where the part passed; `part_filled`: what was added [kg]; `clearing_ended`: time since the call [s] |
//! | `mode` of `clearing_...` | dictionary | `remove`, `straighten`, `reverse` |
//! | `mode` of `incident` | dictionary | `jam`, `drop`, `tip-over`, `skew`, `overlap` |
//! | `touched` | dictionary | `incident`: what held, pushed or turned the part; `missed_divert`: the sensor at fault, and its fault |
//! | `speed_mps`, `yaw_deg`, `tilt_deg`, `friction` | float64 | `incident`: how the part was, and the pair that held it |
//! | `length_m`, `width_m`, `height_m`, `mass_kg` | float64 | `part_drawn`, `incident` |
//! | `eye` | uint32 | `eye_blocked`, `eye_cleared`: the photo-eye's number |

use crate::journal::Block;
use crate::journal_table;
use crate::manifest::Manifest;
use arrow_array::builder::{Float64Builder, Int64Builder, StringDictionaryBuilder, UInt32Builder};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use linetwin_model::Scene;
use linetwin_model::scene::{ClearBy, ElementId, ElementKind, Outcome, PartTypeId};
use linetwin_sim::event::{DivertMiss, Event, EventKind};
use linetwin_sim::incident::{Circumstances, Traits};
use linetwin_sim::metrics::touched_name;
use linetwin_sim::parts::PartId;
use linetwin_sim::port::NANOGRAMS_PER_KG;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Columns whose values are names.
const NAME_COLUMNS: [&str; 11] =
    ["kind", "element", "to_element", "source", "part", "state", "port", "mode", "outcome", "attribute", "touched"];
/// Columns of numbers.
const NUMBER_COLUMNS: [&str; 9] = ["value", "speed_mps", "yaw_deg", "tilt_deg", "friction", "length_m", "width_m", "height_m", "mass_kg"];

pub fn write(scene: &Scene, manifest: &Manifest, journal: &Path, file: &mut (dyn Write + Send)) -> io::Result<()> {
    journal_table::write::<Rows>(scene, manifest, journal, file)
}

/// One event as cells; what an event does not tell stays empty.
#[derive(Default)]
struct Row<'a> {
    kind: &'static str,
    element: Option<ElementId>,
    to_element: Option<ElementId>,
    part: Option<PartId>,
    part_type: Option<PartTypeId>,
    variant: Option<u32>,
    state: Option<&'static str>,
    port: Option<&'a str>,
    mode: Option<&'a str>,
    outcome: Option<&'static str>,
    attribute: Option<&'a str>,
    value: Option<f64>,
    touched: Option<String>,
    circumstances: Option<Circumstances>,
    traits: Option<Traits>,
    eye: Option<u32>,
}

impl<'a> Row<'a> {
    fn of(scene: &'a Scene, kind: &EventKind) -> Row<'a> {
        let at = |kind, element| Row { kind, element: Some(element), ..Row::default() };
        let part_at = |kind, part, element| Row { part: Some(part), ..at(kind, element) };
        let of_part = |kind, part| Row { kind, part: Some(part), ..Row::default() };
        let failure = |kind, element: ElementId, mode: u32| Row {
            mode: scene.element(element).failures.get(mode as usize).map(|failure| failure.mode.as_str()),
            ..at(kind, element)
        };
        match *kind {
            EventKind::PartCreated { part, part_type, variant } => {
                Row { part_type: Some(part_type), variant: Some(variant), ..of_part("part_created", part) }
            }
            EventKind::PartTurnedAway { part } => of_part("part_turned_away", part),
            EventKind::PartEntered { part, element } => part_at("part_entered", part, element),
            EventKind::PartMoved { part, from, to } => Row { to_element: Some(to), ..part_at("part_moved", part, from) },
            EventKind::PartPutIn { part, element, .. } => part_at("part_put_in", part, element),
            EventKind::PartFilled { part, element, added_kg, .. } => Row { value: Some(added_kg), ..part_at("part_filled", part, element) },
            EventKind::FillEnded { element, part, filled_kg, .. } => Row { value: Some(filled_kg), ..part_at("fill_ended", part, element) },
            EventKind::BulkMoved { element, way, mass_ng, .. } => {
                Row { mode: Some(way.name()), value: Some(mass_ng as f64 / NANOGRAMS_PER_KG), ..at("bulk_moved", element) }
            }
            EventKind::PartTakenOut { part, element, .. } => part_at("part_taken_out", part, element),
            EventKind::PartCompleted { part, element, part_type } => {
                Row { part_type: Some(part_type), ..part_at("part_completed", part, element) }
            }
            EventKind::PartSeparated { part, element, part_type } => {
                Row { part_type: Some(part_type), ..part_at("part_separated", part, element) }
            }
            EventKind::PartLeft { part, element, outcome, part_type } => Row {
                part_type: Some(part_type),
                outcome: Some(match outcome {
                    Outcome::Good => "good",
                    Outcome::Reject => "reject",
                    Outcome::Scrap => "scrap",
                }),
                ..part_at("part_left", part, element)
            },
            EventKind::CycleStarted { element, part } => part_at("cycle_started", part, element),
            EventKind::CycleEnded { element, part } => part_at("cycle_ended", part, element),
            EventKind::WorkMissed { element, part } => part_at("work_missed", part, element),
            EventKind::WorkJudged { element, part, passed, .. } => {
                Row { value: Some(f64::from(u8::from(passed))), ..part_at("work_judged", part, element) }
            }
            EventKind::NoRead { element, part } => part_at("no_read", part, element),
            EventKind::DivertMissed { element, part, why } => {
                Row { mode: Some(why.name()), touched: sensor_fault(scene, why), ..part_at("missed_divert", part, element) }
            }
            EventKind::Routed { element, part, way } => Row { mode: way_name(scene, element, way), ..part_at("routed", part, element) },
            EventKind::LaneFull { element, part } => part_at("lane_full", part, element),
            EventKind::Missorted { element, part } => part_at("missorted", part, element),
            EventKind::AttributeSet { element, part, attribute, value } => Row {
                attribute: scene.attributes.get(attribute.index()).map(String::as_str),
                value: Some(value),
                ..part_at("attribute_set", part, element)
            },
            EventKind::StateChanged { element, state, port } => Row {
                state: Some(state.name()),
                port: port.and_then(|port| port_name(scene, element, port)),
                ..at("state_changed", element)
            },
            EventKind::FailureBegan { element, mode } => failure("failure_began", element, mode),
            EventKind::FailureEnded { element, mode } => failure("failure_ended", element, mode),
            EventKind::RepairBegan { element, mode } => failure("repair_began", element, mode),
            EventKind::FaultBegan { element, fault } => fault_row(scene, "fault_began", fault, element),
            EventKind::FaultEnded { element, fault } => fault_row(scene, "fault_ended", fault, element),
            EventKind::FaultRepairBegan { element, fault } => fault_row(scene, "fault_repair_began", fault, element),
            EventKind::PartUnseen { element, part, fault } => Row { part, ..fault_row(scene, "part_unseen", fault, element) },
            EventKind::CrewCalled { crew, element } => crew_row(scene, "crew_called", crew, element),
            EventKind::CrewCame { crew, element } => crew_row(scene, "crew_came", crew, element),
            EventKind::CrewLeft { crew, element } => crew_row(scene, "crew_left", crew, element),
            EventKind::CrewDismissed { crew, element } => crew_row(scene, "crew_dismissed", crew, element),
            EventKind::RuleBegan { rule } => rule_row(scene, "rule_began", rule),
            EventKind::RuleEnded { rule } => rule_row(scene, "rule_ended", rule),
            EventKind::Counted { element, part } => part_at("counted", part, element),
            EventKind::EyeBlocked { element, eye } => Row { eye: Some(eye), ..at("eye_blocked", element) },
            EventKind::EyeCleared { element, eye } => Row { eye: Some(eye), ..at("eye_cleared", element) },
            EventKind::PartMoving { part } => of_part("part_moving", part),
            EventKind::PartStanding { part } => of_part("part_standing", part),
            EventKind::Dropped { part, element } => part_at("dropped", part, element),
            EventKind::Misrouted { part, element } => part_at("misrouted", part, element),
            EventKind::JamBegan { element, part } => part_at("jam_began", part, element),
            EventKind::JamEnded { element, part } => part_at("jam_ended", part, element),
            EventKind::ClearingCalled { element, clearing, part } => {
                Row { part: Some(part), ..clearing_row(scene, "clearing_called", clearing, element) }
            }
            EventKind::ClearingBegan { element, clearing } => clearing_row(scene, "clearing_began", clearing, element),
            EventKind::ClearingEnded { element, clearing, took, .. } => {
                Row { value: Some(took.as_seconds()), ..clearing_row(scene, "clearing_ended", clearing, element) }
            }
            EventKind::Incident(ref incident) => Row {
                mode: Some(incident.kind.name()),
                touched: touched_name(scene, incident.circumstances.touched),
                circumstances: Some(incident.circumstances),
                traits: Some(incident.traits),
                ..part_at("incident", incident.part, incident.element)
            },
            EventKind::PartDrawn { part, traits } => Row { traits: Some(traits), ..of_part("part_drawn", part) },
            EventKind::Stalled { element } => at("stalled", element),
            EventKind::Freed { element } => at("freed", element),
            EventKind::Invalid { kind, part, element } => Row { kind: "invalid", element, part, mode: Some(kind.name()), ..Row::default() },
        }
    }
}

fn fault_row<'a>(scene: &'a Scene, kind: &'static str, fault: u32, element: ElementId) -> Row<'a> {
    let mode = scene.element(element).faults.get(fault as usize).map(|fault| fault.mode.as_str());
    Row { kind, element: Some(element), mode, ..Row::default() }
}

/// The fault that hid a part from a diverter, and whose it is.
fn sensor_fault(scene: &Scene, why: DivertMiss) -> Option<String> {
    let DivertMiss::Unseen { sensor, fault } = why else { return None };
    let sensor = scene.element(sensor);
    Some(format!("{}: {}", sensor.name, sensor.faults.get(fault as usize)?.mode))
}

fn crew_row<'a>(scene: &'a Scene, kind: &'static str, crew: u32, element: ElementId) -> Row<'a> {
    Row { kind, element: Some(element), mode: scene.crews.get(crew as usize).map(|crew| crew.name.as_str()), ..Row::default() }
}

fn clearing_row<'a>(scene: &Scene, kind: &'static str, clearing: u32, element: ElementId) -> Row<'a> {
    let by = scene.clearings.get(clearing as usize).map(|clearing| match clearing.by {
        ClearBy::Remove => "remove",
        ClearBy::Straighten => "straighten",
        ClearBy::Reverse { .. } => "reverse",
    });
    Row { kind, element: Some(element), mode: by, ..Row::default() }
}

fn way_name(scene: &Scene, element: ElementId, way: u32) -> Option<&str> {
    match &scene.element(element).kind {
        ElementKind::Router(router) => router.ways.get(way as usize).map(|way| way.name.as_str()),
        ElementKind::Carriage(carriage) => {
            scene.carriage(*carriage).out_ports.get(way as usize).map(|port| scene.port(*port).name.as_str())
        }
        _ => None,
    }
}

fn rule_row<'a>(scene: &'a Scene, kind: &'static str, rule: u32) -> Row<'a> {
    Row { kind, mode: scene.controls.get(rule as usize).map(|rule| rule.name.as_str()), ..Row::default() }
}

fn port_name(scene: &Scene, element: ElementId, port: u8) -> Option<&str> {
    let port = scene.element(element).ports.get(usize::from(port))?;
    Some(scene.port(*port).name.as_str())
}

/// Rows that are being gathered, column by column.
#[derive(Default)]
struct Rows {
    count: usize,
    t_ns: Int64Builder,
    names: [StringDictionaryBuilder<Int32Type>; NAME_COLUMNS.len()],
    serial: UInt32Builder,
    variant: UInt32Builder,
    numbers: [Float64Builder; NUMBER_COLUMNS.len()],
    eye: UInt32Builder,
}

impl journal_table::Rows for Rows {
    type Entry = Event;

    fn schema() -> SchemaRef {
        let name = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        Arc::new(Schema::new(vec![
            Field::new("t_ns", DataType::Int64, false),
            Field::new("kind", name(), false),
            Field::new("element", name(), true),
            Field::new("to_element", name(), true),
            Field::new("source", name(), true),
            Field::new("serial", DataType::UInt32, true),
            Field::new("part", name(), true),
            Field::new("variant", DataType::UInt32, true),
            Field::new("state", name(), true),
            Field::new("port", name(), true),
            Field::new("mode", name(), true),
            Field::new("outcome", name(), true),
            Field::new("attribute", name(), true),
            Field::new("value", DataType::Float64, true),
            Field::new("touched", name(), true),
            Field::new("speed_mps", DataType::Float64, true),
            Field::new("yaw_deg", DataType::Float64, true),
            Field::new("tilt_deg", DataType::Float64, true),
            Field::new("friction", DataType::Float64, true),
            Field::new("length_m", DataType::Float64, true),
            Field::new("width_m", DataType::Float64, true),
            Field::new("height_m", DataType::Float64, true),
            Field::new("mass_kg", DataType::Float64, true),
            Field::new("eye", DataType::UInt32, true),
        ]))
    }

    fn entries(block: &Block) -> &[Event] {
        &block.events
    }

    fn count(&self) -> usize {
        self.count
    }

    fn push(&mut self, scene: &Scene, event: &Event) {
        let row = Row::of(scene, &event.kind);
        let element_name = |id: ElementId| scene.element(id).name.as_str();
        let names = [
            Some(row.kind),
            row.element.map(element_name),
            row.to_element.map(element_name),
            row.part.map(|part| element_name(part.source)),
            row.part_type.map(|id| scene.part_types[id.index()].name.as_str()),
            row.state,
            row.port,
            row.mode,
            row.outcome,
            row.attribute,
            row.touched.as_deref(),
        ];
        for (column, name) in self.names.iter_mut().zip(names) {
            column.append_option(name);
        }
        self.t_ns.append_value(i64::try_from(event.at.0).expect("simulated time fits 292 years"));
        self.serial.append_option(row.part.map(|part| part.serial));
        self.variant.append_option(row.variant);
        let seen = |pick: fn(&Circumstances) -> f64| row.circumstances.as_ref().map(pick);
        let drawn = |pick: fn(&Traits) -> f64| row.traits.as_ref().map(pick);
        let numbers = [
            row.value,
            seen(|found| found.speed_mps),
            seen(|found| found.yaw_rad.to_degrees()),
            seen(|found| found.tilt_rad.to_degrees()),
            seen(|found| found.friction),
            drawn(|traits| traits.size_m[0]),
            drawn(|traits| traits.size_m[1]),
            drawn(|traits| traits.size_m[2]),
            drawn(|traits| traits.mass_kg),
        ];
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.append_option(number);
        }
        self.eye.append_option(row.eye);
        self.count += 1;
    }

    fn take(&mut self, schema: &SchemaRef) -> io::Result<RecordBatch> {
        self.count = 0;
        let columns = schema.fields().iter().map(|field| -> ArrayRef {
            match field.name().as_str() {
                "t_ns" => Arc::new(self.t_ns.finish()),
                "serial" => Arc::new(self.serial.finish()),
                "variant" => Arc::new(self.variant.finish()),
                "eye" => Arc::new(self.eye.finish()),
                name if NUMBER_COLUMNS.contains(&name) => {
                    let column = NUMBER_COLUMNS.iter().position(|column| *column == name);
                    Arc::new(self.numbers[column.expect("it is one of them")].finish())
                }
                name => {
                    let column = NAME_COLUMNS.iter().position(|column| *column == name);
                    Arc::new(self.names[column.expect("every other column holds names")].finish())
                }
            }
        });
        RecordBatch::try_new(schema.clone(), columns.collect()).map_err(io::Error::other)
    }
}

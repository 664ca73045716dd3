//! The accumulation table: where it lies beside the lanes that it joins, its chains, its rails; and the bin. Knows
//! nothing about what parts do there.

use super::Checker;
use super::place::{DraftPort, Placed};
use super::tables::{Draft, Tables};
use super::values::{self, Sign};
use crate::geometry::{Path, Pose, Segment, add, length, scale, sub};
use crate::scene::{Bin, Carrying, ElementId, ElementKind, Fixture, Outcome, PortDirection, Sink};
use crate::spec::{AccumulationTableSpec, BinFullSpec, BinSpec, ElementSpec, OutcomeSpec};

/// Tangent of the slant of the rail that leads parts back, where the table is long enough and the scene does not say its
/// length [-]: 15 degrees.
const SLANT: f64 = 0.268;
/// The most of a table that the slanting rail takes by itself [-].
const FUNNEL_SHARE: f64 = 0.9;
/// The tangent above which a table is warned of [-]: 24 degrees. Round parts passed freely at 22; at 30 they formed arches.
const STEEP: f64 = 0.445;
const RAIL_THICKNESS_M: f64 = 0.03;

/// What the table narrows by, from its width to that of the lane [m].
fn narrows_m(table: &AccumulationTableSpec, placed: &Placed) -> f64 {
    let lane_m = placed.port("in", PortDirection::In).map_or(table.width_m, |port| port.width_m);
    (table.width_m - lane_m).max(0.0)
}

fn funnel_m(table: &AccumulationTableSpec, narrows_m: f64) -> f64 {
    table.funnel_m.unwrap_or((narrows_m / SLANT).min(FUNNEL_SHARE * table.length_m))
}

/// Speed of the chain along the straight rail [m/s].
fn exit_mps(table: &AccumulationTableSpec, speed_mps: f64) -> f64 {
    table.exit_speed_mps.unwrap_or(2.0 * speed_mps)
}

impl Checker<'_, '_> {
    pub(super) fn table_values(&mut self, index: usize, element: &ElementSpec) {
        if let ElementSpec::Bin(bin) = element {
            self.quantity(&self.field(index, "emptying_s"), &bin.emptying_s, Sign::NotNegative, Some(values::CYCLE_TIME));
            if bin.capacity == 0 {
                self.push(self.error("out-of-range", &self.field(index, "capacity"), "`capacity` is 0").allowed("1 or more"));
            }
        }
        let ElementSpec::AccumulationTable(table) = element else { return };
        self.option(&self.field(index, "exit_speed_mps"), table.exit_speed_mps, Sign::Positive, Some(values::SPEED));
        self.option(&self.field(index, "funnel_m"), table.funnel_m, Sign::Positive, Some(values::CONVEYOR_LENGTH));
    }

    /// The straight rail goes on as the right rail of the lanes before and behind, so the table lies to their left.
    pub(super) fn place_table(&mut self, element: usize, table: &AccumulationTableSpec, from: &DraftPort) -> Option<Placed> {
        if !(table.length_m > 0.0 && table.width_m > 0.0) {
            return None;
        }
        let narrows_m = table.width_m - from.width_m;
        if narrows_m <= 0.0 {
            let message = format!("`{}` is {} m wide, and what feeds it {} m", self.name(element), table.width_m, from.width_m);
            let problem = self.error("out-of-range", &self.field(element, "width_m"), message);
            self.push(problem.allowed(format!("above {} m", from.width_m)).help("a table is wider than its lanes: parts spread on it"));
            return None;
        }
        let funnel_m = funnel_m(table, narrows_m);
        if funnel_m >= table.length_m {
            let field = if table.funnel_m.is_some() { "funnel_m" } else { "length_m" };
            let message = format!("the slanting rail of `{}` takes {funnel_m:.3} m of its {} m", self.name(element), table.length_m);
            let problem = self.error("out-of-range", &self.field(element, field), message);
            self.push(problem.allowed(format!("a table of more than {funnel_m:.3} m")).help("lengthen it, or make it narrower"));
            return None;
        }
        if narrows_m > STEEP * funnel_m {
            let degrees = libm::atan2(narrows_m, funnel_m) * 180.0 / std::f64::consts::PI;
            let message = format!("the slanting rail of `{}` stands at {degrees:.0} degrees", self.name(element));
            let problem = self.warning("steep-funnel", &self.field(element, "funnel_m"), message);
            self.push(
                problem
                    .allowed("up to 24 degrees: at 30 round parts were seen to form arches")
                    .help(format!("write funnel_m: {:.1}", (narrows_m / SLANT * 10.0).ceil() / 10.0)),
            );
        }
        let level = Pose::new(from.pose.position, from.pose.heading(), 0.0);
        let start = level.shifted(0.0, narrows_m / 2.0, 0.0);
        let speed_mps = table.speed_mps.unwrap_or(from.speed_mps);
        let exit_mps = exit_mps(table, speed_mps);
        let port = |name, direction, pose, speed_mps| DraftPort { name, direction, pose, width_m: from.width_m, speed_mps };
        Some(Placed {
            path: Some(Path { segments: vec![Segment::Straight { start, length_m: table.length_m }] }),
            width_m: table.width_m,
            speed_mps,
            at_m: 0.0,
            ports: vec![
                port("in", PortDirection::In, level, speed_mps),
                port("out", PortDirection::Out, level.shifted(table.length_m, 0.0, 0.0), exit_mps),
            ],
        })
    }

    /// The chains across the table: what waits beside the fast one moves on more slowly, so that gaps open beside it.
    pub(super) fn chains(&mut self, element: usize, table: &AccumulationTableSpec, placed: &Placed) -> Option<Carrying> {
        if table.chains < 2 {
            let message = format!("a table of {} chains", table.chains);
            let problem = self.error("out-of-range", &self.field(element, "chains"), message).allowed("2 or more");
            self.push(problem.help("it takes a slow and a fast one to lead parts into single file"));
            return None;
        }
        let fast_m = placed.width_m - narrows_m(table, placed);
        Some(Carrying::Chains { count: table.chains, fast_m, share: exit_mps(table, placed.speed_mps) / placed.speed_mps })
    }

    /// The straight rail, the other one with its slant, and a plate that closes the table's back beside the lane.
    pub(super) fn table_rails(
        &mut self,
        element: usize,
        table: &AccumulationTableSpec,
        tables: &mut Tables,
        draft: &Draft<'_>,
    ) -> Option<()> {
        let material = self.material(&self.field(element, "material"), "rail", draft.materials);
        let placed = draft.layout.get(element)?;
        let start = placed.path.as_ref()?.start();
        let (half_m, narrows_m) = (table.width_m / 2.0, narrows_m(table, placed));
        let bend_m = table.length_m - funnel_m(table, narrows_m);
        // From, to: along the table and to its left, of the faces; the box stands behind its face.
        let faces = [
            ([0.0, -half_m], [table.length_m, -half_m], -1.0),
            ([0.0, half_m], [bend_m, half_m], 1.0),
            ([bend_m, half_m], [table.length_m, half_m - narrows_m], 1.0),
            ([0.0, half_m - narrows_m], [0.0, half_m], 1.0),
        ];
        for (from, to, behind) in faces {
            let [from, to] = [from, to].map(|[along, left]| start.shifted(along, left, table.rail_height_m / 2.0).position);
            let span = sub(to, from);
            let middle = scale(add(from, to), 0.5);
            let pose = Pose::new(middle, libm::atan2(span[1], span[0]), 0.0).shifted(0.0, behind * RAIL_THICKNESS_M / 2.0, 0.0);
            let size_m = [length(span), RAIL_THICKNESS_M, table.rail_height_m];
            tables.fixtures.push(Fixture { element: ElementId::from_index(element), pose, size_m, material, mesh: None });
        }
        Some(())
    }

    pub(super) fn bin(&mut self, element: usize, bin: &BinSpec, tables: &Tables) -> Option<ElementKind> {
        let emptying_s = self.distribution(&self.field(element, "emptying_s"), &bin.emptying_s);
        let BinFullSpec::Hold(name) = &bin.when_full;
        let path = self.field(element, "when_full");
        let held = self.element_named(&path, name)?;
        let spec = &self.spec.line[held];
        if super::views::conveyor(spec).is_none() || matches!(spec, ElementSpec::Chute(_)) {
            let message = format!("`{name}` is no conveyor, and a full bin can hold only one");
            let problem = self.error("cannot-hold", &path, message);
            self.push(problem.allowed("a Belt, a Curve, a ZoneConveyor or an AccumulationTable"));
            return None;
        }
        let outcome = match bin.outcome {
            OutcomeSpec::Good => Outcome::Good,
            OutcomeSpec::Reject => Outcome::Reject,
            OutcomeSpec::Scrap => Outcome::Scrap,
        };
        let holds = tables.conveyor_of[held]?;
        Some(ElementKind::Sink(Sink { outcome, receives: None, bin: Some(Bin { capacity: bin.capacity, emptying_s, holds }) }))
    }
}

//! What of a conveyor carries: strands, rollers, stretches with speeds of their own. Are their numbers sensible, does
//! anything fall between them, and does it roll where nothing drives? Knows nothing about who feeds whom.

use super::Checker;
use super::circuit::{is_loop, zone_ends};
use super::goods::{mean_size, smallest_size};
use super::place::Placed;
use super::tables::{Draft, Tables};
use super::values::{self, Sign, Usual};
use super::views::{ConveyorView, SurfaceView, Way};
use crate::diagnostic::Severity;
use crate::geometry::Segment;
use crate::scene::{Carrying, Conveyor, ConveyorId, ElementId, FreeRollers, PartVariant, Passing, Scene};

/// So many pitches a part must be long, to lie on two rollers at least wherever it is [-].
const PITCHES_UNDER_A_PART: f64 = 3.0;
/// On free rollers parts run into each other; above this speed cartons and their goods suffer [m/s].
const FASTEST_ROLLING_MPS: f64 = 1.5;
/// A part lies on a strand by this much at least, or its edge slips off [m].
const LEAST_SUPPORT_M: f64 = 0.01;

/// A length of a conveyor with one drive [m], [m/s].
pub(super) struct Stretch {
    pub start_m: f64,
    pub end_m: f64,
    pub speed_mps: f64,
}

impl Checker<'_, '_> {
    /// Signs and units of what carries.
    pub(super) fn surface_values(&mut self, element: usize, view: &ConveyorView<'_>) {
        self.option(&self.field(element, "deceleration_mps2"), view.deceleration_mps2, Sign::Positive, Some(values::ACCELERATION));
        for (index, region) in view.speeds.iter().enumerate() {
            let path = self.field(element, "speeds").index(index);
            self.number(&path.name("from_m"), region.from_m, Sign::NotNegative, Some(values::COORDINATE));
            self.number(&path.name("to_m"), region.to_m, Sign::Positive, Some(values::COORDINATE));
            self.number(&path.name("speed_mps"), region.speed_mps, Sign::Positive, Some(values::SPEED));
        }
        let pitch = Usual { low: 0.01, high: 1.0, ..values::HEIGHT };
        match view.surface {
            SurfaceView::Belt | SurfaceView::Table(_) => {}
            SurfaceView::Rollers { pitch_m } => self.number(&self.field(element, "pitch_m"), pitch_m, Sign::Positive, Some(pitch)),
            SurfaceView::FreeRollers(spec) => {
                self.number(&self.field(element, "pitch_m"), spec.pitch_m, Sign::Positive, Some(pitch));
                self.number(&self.field(element, "diameter_m"), spec.diameter_m, Sign::Positive, Some(pitch));
                self.number(&self.field(element, "roller_inertia_kg"), spec.roller_inertia_kg, Sign::Positive, Some(values::MASS));
                self.number(&self.field(element, "resistance_per_mps"), spec.resistance_per_mps, Sign::NotNegative, None);
                self.number(&self.field(element, "bearing_drag_nspm"), spec.bearing_drag_nspm, Sign::NotNegative, None);
                self.fraction(&self.field(element, "rolling_resistance"), spec.rolling_resistance);
                if spec.diameter_m > spec.pitch_m {
                    let message = format!("rollers of {} m every {} m overlap", spec.diameter_m, spec.pitch_m);
                    let problem = self.error("out-of-range", &self.field(element, "diameter_m"), message);
                    self.push(problem.allowed(format!("up to the pitch, {} m", spec.pitch_m)));
                }
            }
            SurfaceView::Strands { count, width_m } => {
                self.number(&self.field(element, "strand_width_m"), width_m, Sign::Positive, Some(Usual { high: 1.0, ..values::HEIGHT }));
                if !(2..=100).contains(&count) {
                    let problem = self.error("out-of-range", &self.field(element, "strands"), format!("`strands` is {count}"));
                    self.push(problem.allowed("2 to 100").help("one strand is a Belt"));
                }
            }
        }
    }

    pub(super) fn carrying(&mut self, element: usize, view: &ConveyorView<'_>, placed: &Placed) -> Option<Carrying> {
        let width_m = placed.width_m;
        Some(match view.surface {
            SurfaceView::Belt | SurfaceView::Rollers { .. } => Carrying::Closed,
            SurfaceView::Table(table) => self.chains(element, table, placed)?,
            SurfaceView::FreeRollers(spec) => Carrying::FreeRollers(FreeRollers {
                pitch_m: spec.pitch_m,
                diameter_m: spec.diameter_m,
                inertia_kg: spec.roller_inertia_kg,
                resistance: spec.rolling_resistance,
                resistance_per_mps: spec.resistance_per_mps,
                drag_nspm: spec.bearing_drag_nspm,
            }),
            SurfaceView::Strands { count, width_m: strand_m } => {
                if f64::from(count) * strand_m >= width_m {
                    let message = format!("{count} strands of {strand_m} m leave no free space in a width of {width_m} m");
                    let problem = self.error("no-space", &self.field(element, "strand_width_m"), message);
                    self.push(
                        problem.allowed(format!("less than {:.3} m", width_m / f64::from(count.max(1)))).help("a closed surface is a Belt"),
                    );
                    return None;
                }
                Carrying::Strands { count, width_m: strand_m }
            }
        })
    }

    /// Who drives what length, in flow order, covering the conveyor.
    pub(super) fn stretches(
        &mut self,
        element: usize,
        view: &ConveyorView<'_>,
        placed: &Placed,
        length_m: f64,
        draft: &Draft<'_>,
    ) -> Option<Vec<Stretch>> {
        let speed_mps = placed.speed_mps;
        if let Way::Zones { zone_m, .. } = view.way {
            // Zones cover the conveyor exactly.
            let stops = is_loop(&self.spec.line[element]).then(|| self.stops_on(element, draft.layout));
            let ends = if zone_m > 0.0 { zone_ends(length_m, zone_m, stops.as_deref()) } else { vec![length_m] };
            let starts = std::iter::once(0.0).chain(ends.iter().copied());
            return Some(starts.zip(&ends).map(|(start_m, &end_m)| Stretch { start_m, end_m, speed_mps }).collect());
        }
        let speed_mps = if matches!(view.surface, SurfaceView::FreeRollers(_)) { 0.0 } else { speed_mps };
        let mut regions: Vec<(usize, &crate::spec::SpeedRegionSpec)> = view.speeds.iter().enumerate().collect();
        regions.sort_by(|a, b| a.1.from_m.total_cmp(&b.1.from_m));
        let (mut stretches, mut at_m) = (Vec::new(), 0.0);
        for (index, region) in regions {
            let path = self.field(element, "speeds").index(index);
            let inside = region.from_m < region.to_m && region.to_m <= length_m + 1e-9;
            if !inside || region.from_m < at_m - 1e-9 {
                let message = format!("a speed region from {} m to {} m of a belt of {length_m:.3} m", region.from_m, region.to_m);
                let allowed =
                    if inside { format!("from {at_m} m, where the one before it ends") } else { format!("0 to {length_m:.3} m, forwards") };
                let problem = self.error("speed-region", &path, message).allowed(allowed);
                self.push(problem.help("each stretch of a belt has one speed"));
                return None;
            }
            if region.from_m > at_m + 1e-9 {
                stretches.push(Stretch { start_m: at_m, end_m: region.from_m, speed_mps });
            }
            at_m = region.to_m.min(length_m);
            stretches.push(Stretch { start_m: region.from_m, end_m: at_m, speed_mps: region.speed_mps });
        }
        if at_m < length_m - 1e-9 || stretches.is_empty() {
            stretches.push(Stretch { start_m: at_m, end_m: length_m, speed_mps });
        }
        if let Some(last) = stretches.last_mut() {
            last.end_m = length_m;
        }
        Some(stretches)
    }

    /// Only a closed surface can be cut along another conveyor's edge.
    pub(super) fn only_closed_is_cut(&mut self, element: usize, conveyor: &Conveyor) -> Option<()> {
        if conveyor.carrying == Carrying::Closed {
            return Some(());
        }
        let name = self.name(conveyor.element.index()).to_owned();
        let message = format!("`{name}` has strands, chains or rollers, and they end squarely");
        let problem = self.error("cut-end", &self.field(element, "angle_deg"), message);
        let other = self.at.name_span(&self.element_path(conveyor.element.index()));
        self.push(problem.related(other, "this one").allowed("90").help("put a straight Belt between it and the merge"));
        None
    }

    /// Whether all that passes is borne, and whether it rolls where it should.
    pub(super) fn bearing(&mut self, scene: &Scene) {
        for conveyor in &scene.conveyors {
            let id = conveyor.element;
            let passing = &scene.element(id).passing;
            let Some(view) = super::views::conveyor(&self.spec.line[id.index()]) else { continue };
            match view.surface {
                SurfaceView::Belt | SurfaceView::Table(_) => {}
                SurfaceView::Rollers { pitch_m } => self.three_pitches(scene, id, pitch_m, passing),
                SurfaceView::FreeRollers(spec) => {
                    self.three_pitches(scene, id, spec.pitch_m, passing);
                    self.rolls_down(scene, conveyor, passing);
                }
                SurfaceView::Strands { .. } => {
                    let least = conveyor.strand_gap_m() + 2.0 * LEAST_SUPPORT_M;
                    let what =
                        format!("the free space between the strands of `{}` is {:.3} m", self.name(id.index()), conveyor.strand_gap_m());
                    let help = "more strands (`strands`), wider ones, or a Belt";
                    self.at_least(
                        scene,
                        id,
                        passing,
                        Least { size_m: least, along: false, field: "strands", code: "part-too-narrow", what, help },
                    );
                }
            }
        }
    }

    fn three_pitches(&mut self, scene: &Scene, id: ElementId, pitch_m: f64, passing: &[Passing]) {
        let what = format!("the rollers of `{}` are {pitch_m} m apart", self.name(id.index()));
        let size_m = PITCHES_UNDER_A_PART * pitch_m;
        let least = Least {
            size_m,
            along: true,
            field: "pitch_m",
            code: "part-too-short",
            what,
            help: "a part needs three rollers under it: lower `pitch_m`",
        };
        self.at_least(scene, id, passing, least);
    }

    /// Whether every part that passes is large enough; parts that are too small on average are an error, rare ones a warning.
    fn at_least(&mut self, scene: &Scene, id: ElementId, passing: &[Passing], least: Least) {
        let mut worst: Option<(Severity, f64, String)> = None;
        for passing in passing {
            let part_type = &scene.part_types[passing.part_type.index()];
            for variant in &part_type.variants {
                let axis = usize::from(passing.turned == least.along);
                let (mean, smallest) = (mean_size(&variant.shape)[axis], smallest_size(&variant.shape)[axis]);
                let (severity, size) = if mean < least.size_m - 1e-9 { (Severity::Error, mean) } else { (Severity::Warning, smallest) };
                let worse = worst.as_ref().is_none_or(|(known, known_size, _)| (severity, size) < (*known, *known_size));
                if size < least.size_m - 1e-9 && worse {
                    let across = if passing.turned { ", lying across," } else { "" };
                    worst = Some((severity, size, format!("`{}`{across}", named(variant, &part_type.name))));
                }
            }
        }
        let Some((severity, size, part)) = worst else { return };
        let way = if least.along { "long" } else { "wide" };
        let message = format!("{part} is down to {size:.3} m {way}, and {}: it falls through", least.what);
        let mut problem = self.error(least.code, &self.field(id.index(), least.field), message);
        problem.severity = severity;
        self.push(problem.allowed(format!("parts of at least {:.3} m", least.size_m)).help(least.help));
    }

    /// Without a drive only gravity moves a part: against the resistance of the rollers, up to the speed at which
    /// that, and spinning them up one by one, take as much as gravity gives.
    fn rolls_down(&mut self, scene: &Scene, conveyor: &Conveyor, passing: &[Passing]) {
        let Carrying::FreeRollers(rollers) = conveyor.carrying else { return };
        let id = conveyor.element.index();
        let Some(Segment::Straight { start, .. }) = conveyor.path.segments.first() else { return };
        let (down, level) = (-start.forward[2], libm::hypot(start.forward[0], start.forward[1]));
        let name_span = self.at.name_span(&self.element_path(id));
        if down <= rollers.resistance * level {
            let degrees = libm::asin(down) * 180.0 / std::f64::consts::PI;
            let least = libm::atan(rollers.resistance) * 180.0 / std::f64::consts::PI;
            let message = format!(
                "nothing rolls down `{}`: it falls by {degrees:.1} degrees, and its rollers hold back up to {least:.1}",
                self.name(id)
            );
            let problem = crate::diagnostic::Diagnostic::error("no-slope", name_span, message);
            self.push(problem.allowed(format!("`slope_deg` below -{least:.1}")).help("rollers on the level are driven: a RollerConveyor"));
            return;
        }
        let net_mps2 = scene.physics.gravity_mps2 * (down - rollers.resistance * level);
        let variants = passing.iter().flat_map(|passing| &scene.part_types[passing.part_type.index()].variants);
        let fastest = variants
            .map(|variant| {
                // m g' = inertia v^2 / pitch + m g c' v, and no faster than a fall over this length.
                let mass_kg = variant.mass_kg.mean();
                let a = rollers.inertia_kg / rollers.pitch_m;
                let b = mass_kg * scene.physics.gravity_mps2 * level * rollers.resistance_per_mps;
                let terminal = (libm::sqrt(b * b + 4.0 * a * mass_kg * net_mps2) - b) / (2.0 * a);
                (terminal.min(libm::sqrt(2.0 * net_mps2 * conveyor.path.length())), variant)
            })
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((speed, variant)) = fastest.filter(|(speed, _)| *speed > FASTEST_ROLLING_MPS) {
            let message = format!("`{}` reaches {speed:.1} m/s on `{}`", variant.name, self.name(id));
            let problem = crate::diagnostic::Diagnostic::warning("rolls-fast", name_span, message);
            self.push(
                problem
                    .allowed(format!("{FASTEST_ROLLING_MPS} m/s at most"))
                    .help("less slope, or rollers that brake (`resistance_per_mps`)"),
            );
        }
    }

    /// Some devices need a host that is driven; `lacks`: what for.
    pub(super) fn host_is_driven(&mut self, element: usize, host: ConveyorId, lacks: &Lacks<'_>, tables: &Tables) -> Option<()> {
        let conveyor = &tables.conveyors[host.index()];
        if conveyor.drives.iter().any(|drive| tables.drives[drive.index()].speed_mps != 0.0) {
            return Some(());
        }
        let message = format!("`{}` has no drive {}", self.name(conveyor.element.index()), lacks.what);
        self.push(self.error("no-drive", &self.field(element, lacks.field), message).allowed(lacks.allowed));
        None
    }
}

/// What a host without a drive lacks.
pub(super) struct Lacks<'a> {
    pub field: &'a str,
    pub what: &'a str,
    pub allowed: &'a str,
}

/// A size below which parts fall through.
struct Least {
    size_m: f64,
    /// Compare what lies along the flow; else across.
    along: bool,
    field: &'static str,
    code: &'static str,
    what: String,
    help: &'static str,
}

fn named(variant: &PartVariant, part_type: &str) -> String {
    if variant.name == part_type { part_type.to_owned() } else { format!("{} ({part_type})", variant.name) }
}

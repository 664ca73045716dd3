//! Closed loops: whether they close, where their zones end, and whether carriers find room on them. Knows nothing about
//! what carriers carry.

use super::Checker;
use super::goods::largest_size;
use super::place::Layout;
use super::ports::{Link, meets, tidy_number, turn_between};
use super::references::PortRef;
use super::values::Sign;
use super::views::{conveyor, device, family, hold_of, host};
use crate::diagnostic::Diagnostic;
use crate::geometry::{dot, length, sub};
use crate::scene::{ElementKind, PortDirection, Scene};
use crate::spec::{ElementSpec, FillSpec, HoldSpec};
use std::f64::consts::PI;

/// Two stops closer together than this are one end of a zone [m].
const SAME_END_M: f64 = 1e-6;

impl Checker<'_, '_> {
    /// A loop goes on as itself, where its end meets its beginning.
    pub(super) fn close_loops(&mut self, links: &mut Vec<Link>, layout: &Layout) {
        for (element, spec) in self.spec.line.values().enumerate() {
            let ElementSpec::Loop(_) = spec else { continue };
            let (from, to) = (PortRef { element, port: "out" }, PortRef { element, port: "in" });
            let ports = (layout.port(from, PortDirection::Out), layout.port(to, PortDirection::In));
            let (Some(out), Some(into)) = ports else { continue };
            if meets(&out.pose, &into.pose) {
                links.push(Link { from, to });
                continue;
            }
            self.broken_ports.extend([from, to]);
            let gap = sub(into.pose.position, out.pose.position);
            let turn = turn_between(&out.pose, &into.pose) * 180.0 / PI;
            let (ahead, left) = (dot(gap, out.pose.forward), dot(gap, out.pose.left));
            let message = if length(gap) > 0.001 {
                format!("`{}` does not close: its end is {:.0} mm from its beginning", self.name(element), length(gap) * 1000.0)
            } else {
                format!("`{}` does not close: its end is turned by {turn:.1} degrees from its beginning", self.name(element))
            };
            let mut problem = self.error("loop-open", &self.field(element, "path"), message);
            problem = problem.allowed("an end within 20 mm of `start_m`, in the same direction within 5 degrees");
            self.push(problem.help(format!(
                "from its end, the beginning lies {} m ahead and {} m to the left, turned by {turn:.1} degrees",
                tidy_number(ahead),
                tidy_number(left)
            )));
        }
    }

    /// The values of a loop that no other conveyor has.
    pub(super) fn loop_values(&mut self, index: usize, element: &ElementSpec) {
        let ElementSpec::Loop(spec) = element else { return };
        if spec.path.is_empty() {
            let problem = self.error("no-length", &self.field(index, "path"), "the path is empty");
            self.push(problem.allowed("pieces that lead back to the beginning: [Ahead(12), Left(1, 180), Ahead(12), Left(1, 180)]"));
        }
        match (&spec.carriers, spec.zone_m) {
            (None, None) => {
                let message = format!("`{}` does not say its `zone_m`", self.name(index));
                let problem = Diagnostic::error("missing-field", self.at.name_span(&self.element_path(index)), message);
                self.push(problem.help("zone_m: 0.6, a zone holds one carrier; a sorter has `carriers` instead"));
            }
            (Some(carriers), _) => self.sorter_values(index, spec, carriers),
            (None, Some(_)) => {}
        }
        if let Some(fill) = &spec.fill {
            self.number(&self.field(index, "fill").name("count"), f64::from(fill.count), Sign::Positive, None);
        }
    }

    /// Where blades stop what is on a loop, in order [m]: its zones end there, so that the zone's photo-eye sees what is held.
    pub(super) fn stops_on(&self, element: usize, layout: &Layout) -> Vec<f64> {
        let line = &self.spec.line;
        let mut stops = Vec::new();
        for (index, spec) in line.values().enumerate() {
            let on = host(spec).and_then(|host| line.get_index_of(host));
            let (Some(view), Some(placed)) = (device(spec), layout.get(index)) else { continue };
            let stops_parts = hold_of(spec, line.get_index(element).map(|(_, host)| host)) == Some(HoldSpec::Blade);
            if on == Some(element) && stops_parts {
                stops.push(placed.at_m + view.length_m.unwrap_or(0.0) / 2.0);
            }
        }
        stops.sort_by(f64::total_cmp);
        stops.dedup_by(|later, earlier| *later - *earlier < SAME_END_M);
        stops
    }

    /// Fills of the scene and of its loops, each with the path it is written at.
    pub(super) fn all_fills(&self) -> Vec<(crate::syntax::FieldPath, FillSpec)> {
        let written = self.spec.initial.iter().enumerate().map(|(index, fill)| (super::top("initial").index(index), fill.clone()));
        let loops = self.spec.line.iter().enumerate().filter_map(|(index, (name, spec))| match spec {
            ElementSpec::Loop(spec) => {
                let fill = spec.fill.as_ref()?;
                Some((self.field(index, "fill"), FillSpec { on: name.clone(), part: fill.part.clone(), count: fill.count }))
            }
            _ => None,
        });
        written.chain(loops).collect()
    }

    /// A zone of a loop must hold a carrier, and not every zone may have one: then none could move.
    pub(super) fn loop_room(&mut self, scene: &Scene) {
        for id in scene.element_ids() {
            let ElementKind::ZoneConveyor(zones) = &scene.element(id).kind else { continue };
            if !zones.ring {
                continue;
            }
            let fills: Vec<_> = scene.initial.iter().filter(|fill| fill.element == id).collect();
            let count: u32 = fills.iter().map(|fill| fill.count).sum();
            if count as usize >= zones.zones.len() {
                let message =
                    format!("{count} carriers on `{}`, which has {} zones: none could move", self.name(id.index()), zones.zones.len());
                let problem = self.error("loop-full", &self.field(id.index(), "fill").name("count"), message);
                self.push(problem.allowed(format!("{} at most", zones.zones.len() - 1)).help("shorten `zone_m`, or lengthen the loop"));
            }
            let variants = fills.iter().flat_map(|fill| &scene.part_types[fill.part_type.index()].variants);
            let carrier_m = variants.map(|variant| largest_size(&variant.shape)[0]).fold(0.0, f64::max);
            let rows = zones.zones.iter().map(|zone| &scene.drives[zone.drive.index()]);
            let short = rows.min_by(|a, b| (a.end_m - a.start_m).total_cmp(&(b.end_m - b.start_m)));
            if let Some(zone) = short.filter(|zone| zone.end_m - zone.start_m < carrier_m) {
                let message = format!(
                    "the zone of `{}` from {:.3} m to {:.3} m is shorter than a carrier of {carrier_m:.3} m",
                    self.name(id.index()),
                    zone.start_m,
                    zone.end_m
                );
                let problem = self.error("part-too-long", &self.field(id.index(), "zone_m"), message);
                self.push(problem.help("a zone ends where a station stops carriers: move stations apart, and away from the beginning"));
            }
        }
    }

    /// Parts enter and leave a loop at devices alone.
    pub(super) fn refuse_loop_end(&self, element: usize, path: &crate::syntax::FieldPath) -> Option<Diagnostic> {
        let ElementSpec::Loop(_) = &self.spec.line[element] else { return None };
        let message = format!("`{}` ({}) has no end to meet", self.name(element), family(&self.spec.line[element]));
        Some(
            self.error("unknown-port", path, message)
                .help("a side conveyor comes in by a Merge on the loop, and parts leave by a device on it"),
        )
    }
}

/// Where the zones of a conveyor end: all of one length, as many as fit best; on a loop also at every stop.
pub(super) fn zone_ends(length_m: f64, zone_m: f64, stops: Option<&[f64]>) -> Vec<f64> {
    /// Zones are counted in thousands at most.
    const MOST_ZONES: usize = 10_000;
    let Some(stops) = stops else {
        let zones = ((length_m / zone_m).round().max(1.0) as usize).min(MOST_ZONES);
        return (1..=zones).map(|zone| if zone == zones { length_m } else { length_m * zone as f64 / zones as f64 }).collect();
    };
    let mut ends = Vec::new();
    let mut start = 0.0;
    for end in stops.iter().copied().filter(|stop| SAME_END_M < *stop && *stop < length_m - SAME_END_M).chain([length_m]) {
        // Never shorter than said, but where two stops leave no more.
        let zones = (((end - start) / zone_m + SAME_END_M).floor().max(1.0) as usize).min(MOST_ZONES);
        ends.extend((1..=zones).map(|zone| if zone == zones { end } else { start + (end - start) * zone as f64 / zones as f64 }));
        start = end;
    }
    ends
}

/// Whether an element is a conveyor that closes on itself.
pub(super) fn is_loop(spec: &ElementSpec) -> bool {
    conveyor(spec).is_some() && matches!(spec, ElementSpec::Loop(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_end_at_stops_and_are_no_shorter_than_said_between_them() {
        let ends = zone_ends(10.0, 1.0, Some(&[2.5, 6.0]));
        assert_eq!(ends, [1.25, 2.5, 3.666666666666667, 4.833333333333334, 6.0, 7.0, 8.0, 9.0, 10.0]);
        assert_eq!(zone_ends(3.4, 1.0, None).len(), 3);
        assert_eq!(zone_ends(3.0, 1.0, Some(&[3.0])), [1.0, 2.0, 3.0]);
    }
}

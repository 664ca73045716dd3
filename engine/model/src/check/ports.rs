//! Which ports meet: what is said by `after` and `before` must be true within 20 mm, and ports that meet without a word
//! are joined too. Knows nothing about parts.

use super::Checker;
use super::place::{DraftPort, Layout};
use super::references::{ElementReferences, PortRef, ports_of};
use super::views::{conveyor, family, hands, host, through, travels};
use crate::diagnostic::Diagnostic;
use crate::geometry::{Pose, dot, length, sub};
use crate::scene::PortDirection;
use crate::spec::{ElementSpec, SideSpec};
use crate::syntax::FieldPath;

/// Ports that lie further apart do not meet [m]: a carton bridges 10 mm without noticing and stumbles over 20 mm.
const MEETING_TOLERANCE_M: f64 = 0.02;

/// Flow directions that differ by more do not meet [rad] (5 degrees).
const MEETING_ANGLE: f64 = 5.0 * std::f64::consts::PI / 180.0;

/// Parts flow from an out-port into an in-port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub from: PortRef,
    pub to: PortRef,
}

impl Checker<'_, '_> {
    pub(super) fn links(&mut self, references: &[ElementReferences], layout: &Layout) -> Vec<Link> {
        let mut links: Vec<Link> = Vec::new();
        for (element, said) in references.iter().enumerate() {
            for reference in &said.after {
                if let Some(from) = reference.target {
                    let link = Link { from, to: PortRef { element, port: "in" } };
                    self.say(&mut links, link, &reference.path, element, layout);
                }
            }
            for reference in &said.before {
                if let Some(to) = reference.target {
                    let link = Link { from: PortRef { element, port: "out" }, to };
                    self.say(&mut links, link, &reference.path, element, layout);
                }
            }
        }
        self.close_loops(&mut links, layout);
        if !layout.complete() {
            return links;
        }
        let out_ports = self.all_ports(PortDirection::Out);
        let in_ports = self.all_ports(PortDirection::In);
        for from in out_ports {
            if links.iter().any(|link| link.from == from) {
                continue;
            }
            let met = in_ports.iter().copied().find(|to| {
                let ports = (layout.port(from, PortDirection::Out), layout.port(*to, PortDirection::In));
                self.can_feed(from, *to) && matches!(ports, (Some(out), Some(into)) if meets(&out.pose, &into.pose))
            });
            match met {
                Some(to) => links.push(Link { from, to }),
                None => self.nothing_catches(from, &in_ports, layout),
            }
        }
        links
    }

    /// A flow that the scene states: checked, and taken once.
    fn say(&mut self, links: &mut Vec<Link>, link: Link, path: &FieldPath, speaker: usize, layout: &Layout) {
        if links.contains(&link) {
            return;
        }
        if !self.can_feed(link.from, link.to) {
            let (from, to) = (family(&self.spec.line[link.from.element]), family(&self.spec.line[link.to.element]));
            let message = format!("a {from} cannot feed a {to}: `{}` and `{}`", self.port_name(link.from), self.port_name(link.to));
            let problem = self.error("cannot-feed", path, message).allowed(feeds(&self.spec.line[link.from.element]));
            self.push(problem.help("put a Belt between them"));
            self.broken_ports.extend([link.from, link.to]);
            return;
        }
        let ports = (layout.port(link.from, PortDirection::Out), layout.port(link.to, PortDirection::In));
        let by_hand = hands(&self.spec.line[link.from.element], &self.spec.line[link.to.element]);
        if let (Some(out), Some(into)) = ports
            && !by_hand
            && !meets(&out.pose, &into.pose)
        {
            let problem = self.does_not_meet(link, path, speaker, out, into);
            self.push(problem);
            self.broken_ports.extend([link.from, link.to]);
            return;
        }
        if let Some(other) = links.iter().find(|known| known.from == link.from) {
            let message =
                format!("`{}` leads to `{}` and to `{}`", self.port_name(link.from), self.port_name(other.to), self.port_name(link.to));
            let first = self.at.name_span(&self.element_path(other.to.element));
            let problem = self.error("two-successors", path, message).related(first, "the other one");
            self.push(problem.help("an out-port leads to one place; a Pusher on the conveyor makes a second way out"));
            self.broken_ports.extend([link.from, link.to]);
            return;
        }
        links.push(link);
    }

    fn does_not_meet(&self, link: Link, path: &FieldPath, speaker: usize, out: &DraftPort, into: &DraftPort) -> Diagnostic {
        let (from, to) = (self.port_name(link.from), self.port_name(link.to));
        let gap = sub(into.pose.position, out.pose.position);
        let level = Pose::new(out.pose.position, out.pose.heading(), 0.0);
        let (ahead, left, up) = (dot(gap, level.forward), dot(gap, level.left), gap[2]);
        let problem = |message| {
            self.error("ports-do-not-meet", path, message).allowed("20 mm apart at most, and the same direction within 5 degrees")
        };
        if length(gap) <= MEETING_TOLERANCE_M {
            let turn = turn_between(&out.pose, &into.pose) * 180.0 / std::f64::consts::PI;
            let name = self.name(link.to.element);
            let help = match &self.spec.line[link.to.element] {
                ElementSpec::Merge(merge) => {
                    let needed = merge.angle_deg + if merge.side == SideSpec::Left { turn } else { -turn };
                    format!("write angle_deg: {needed:.0} at `{name}`, or turn what feeds it by {turn:.1} degrees")
                }
                _ => format!("turn `{name}` by {:.1} degrees", -turn),
            };
            return problem(format!("`{from}` and `{to}` meet at an angle of {turn:.1} degrees")).help(help);
        }
        let moves: Vec<String> = [(ahead, "ahead", "back"), (left, "left", "right"), (up, "up", "down")]
            .into_iter()
            .filter(|(distance, _, _)| distance.abs() >= 0.0005)
            .map(|(distance, yes, no)| format!("{:.0} mm {}", distance.abs() * 1000.0, if distance > 0.0 { yes } else { no }))
            .collect();
        let mover = if speaker == link.to.element { link.to.element } else { link.from.element };
        let (moved, sign) = if mover == link.to.element { ("beginning", -1.0) } else { ("end", 1.0) };
        let field = match (conveyor(&self.spec.line[mover]), moved) {
            (Some(view), "beginning") if view.from_m.is_some() => Some(("from_m", view.from_m)),
            (Some(view), "end") if view.to_m.is_some() => Some(("to_m", view.to_m)),
            _ => None,
        };
        let help = match field {
            Some((field, Some(point))) => {
                let target: Vec<String> = (0..3).map(|axis| tidy_number(point[axis] + sign * gap[axis])).collect();
                format!("write {field}: ({})", target.join(", "))
            }
            _ => format!(
                "move the {moved} of `{}` by ({})",
                self.name(mover),
                (0..3).map(|axis| tidy_number(sign * gap[axis])).collect::<Vec<_>>().join(", ")
            ),
        };
        problem(format!("`{from}` and `{to}` are {:.0} mm apart: the in-port lies {}", length(gap) * 1000.0, moves.join(", ")))
            .help(help)
            .related(
                self.at.name_span(&self.element_path(if speaker == link.to.element { link.from.element } else { link.to.element })),
                "the other one",
            )
    }

    /// Every out-port must lead somewhere: parts would fall there.
    fn nothing_catches(&mut self, from: PortRef, in_ports: &[PortRef], layout: &Layout) {
        if self.broken_ports.contains(&from) {
            return;
        }
        self.broken_ports.push(from);
        let Some(out) = layout.port(from, PortDirection::Out) else { return };
        let name = self.port_name(from);
        let span = self.at.name_span(&self.element_path(from.element));
        let mut problem = Diagnostic::error("nothing-catches", span, format!("nothing catches what leaves `{name}`"));
        let near = in_ports
            .iter()
            .filter(|to| to.element != from.element && self.can_feed(from, **to))
            .filter_map(|to| layout.port(*to, PortDirection::In).map(|into| (length(sub(into.pose.position, out.pose.position)), *to)))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        problem = match near {
            Some((distance, to)) if distance < 0.5 => problem.allowed(format!(
                "an in-port within 20 mm; the nearest is `{}`, {:.0} mm away",
                self.port_name(to),
                distance * 1000.0
            )),
            _ => problem.allowed("an element with an in-port there"),
        };
        self.push(problem.help(format!("add one: \"end\": Sink(after: \"{name}\")")));
    }

    /// `belt 1`, `reject.side`.
    pub(super) fn port_name(&self, port: PortRef) -> String {
        let name = self.name(port.element);
        if matches!(port.port, "in" | "out") { name.to_owned() } else { format!("{name}.{}", port.port) }
    }

    fn all_ports(&self, direction: PortDirection) -> Vec<PortRef> {
        let elements = self.spec.line.values().enumerate();
        elements.flat_map(|(element, spec)| ports_of(spec, direction).iter().map(move |port| PortRef { element, port })).collect()
    }

    fn can_feed(&self, from: PortRef, to: PortRef) -> bool {
        let (goes_back, from, into) = (from.port == "back", &self.spec.line[from.element], &self.spec.line[to.element]);
        let (to_conveyor, to_travelling) = (conveyor(into).is_some(), travels(into));
        let to_packing = super::packing::packing(into).is_some();
        match from {
            // Nothing keeps parts back where a belt begins.
            _ if goes_back => (to_conveyor && !to_travelling) || matches!(into, ElementSpec::Sink(_) | ElementSpec::Bin(_)),
            // What feeds a platform that travels must keep parts back, and such a platform itself cannot.
            from if to_travelling => conveyor(from).is_some() && !travels(from),
            from if travels(from) => to_conveyor || matches!(into, ElementSpec::Sink(_)),
            from if hands(from, into) => true,
            ElementSpec::Source(_) => to_conveyor || (to_packing && to.port != "in"),
            ElementSpec::Buffer(_) | ElementSpec::ParallelStation(_) => {
                to_conveyor || matches!(into, ElementSpec::Sink(_) | ElementSpec::Bin(_))
            }
            ElementSpec::Pusher(_)
            | ElementSpec::Transfer(_)
            | ElementSpec::PopUp(_)
            | ElementSpec::SwingArm(_)
            | ElementSpec::ShoeSorter(_)
            | ElementSpec::Discharge(_)
            | ElementSpec::Unload(_) => to_conveyor || matches!(into, ElementSpec::Sink(_) | ElementSpec::Bin(_)),
            _ if super::packing::packing(from).is_some() => to_conveyor || matches!(into, ElementSpec::Sink(_) | ElementSpec::Bin(_)),
            _ => {
                let ends = matches!(into, ElementSpec::Sink(_) | ElementSpec::Bin(_) | ElementSpec::Merge(_) | ElementSpec::Loader(_));
                to_conveyor || to_packing || ends || through(into).is_some()
            }
        }
    }
}

fn feeds(from: &ElementSpec) -> &'static str {
    match from {
        from if travels(from) => "a conveyor that does not travel itself, or a Sink",
        ElementSpec::Source(_) => {
            "a Belt, a Curve or another conveyor, a Buffer, a ParallelStation, or where a Packer or Palletiser takes empty containers"
        }
        ElementSpec::Buffer(_) | ElementSpec::ParallelStation(_) => {
            "a Belt, a Curve or another conveyor, a Buffer, a ParallelStation, a Sink or a Bin"
        }
        from if !ports_of(from, PortDirection::Out).is_empty() && host(from).is_some() => {
            "a Belt, a Curve or another conveyor, a Sink or a Bin"
        }
        _ if super::packing::packing(from).is_some() => "a Belt, a Curve or another conveyor, a Sink or a Bin",
        _ => "a conveyor, a Sink, a Bin, a Buffer, a ParallelStation, a Merge's side, a Loader, or what packs and unpacks",
    }
}

pub(super) fn meets(out: &Pose, into: &Pose) -> bool {
    length(sub(into.position, out.position)) <= MEETING_TOLERANCE_M && turn_between(out, into).abs() <= MEETING_ANGLE
}

/// How far `into` is turned from `out`, seen from above [rad], positive to the left.
pub(super) fn turn_between(out: &Pose, into: &Pose) -> f64 {
    let turn = into.heading() - out.heading();
    libm::atan2(libm::sin(turn), libm::cos(turn))
}

/// Millimetres are all that a remedy needs.
pub(super) fn tidy_number(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

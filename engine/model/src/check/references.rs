//! What the names in a scene refer to: ports (`after`, `before`) and hosts (`on`). Knows nothing about where things are.

use super::Checker;
use super::views::{LANES, conveyor, family, host, reverses, through};
use crate::scene::PortDirection;
use crate::spec::ElementSpec;
use crate::syntax::FieldPath;
use crate::words::nearest;

/// A port by its element's index and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRef {
    pub element: usize,
    pub port: &'static str,
}

/// A reference as written and what it means; `None` where it means nothing (and an error says so).
pub struct Reference {
    pub path: FieldPath,
    pub target: Option<PortRef>,
}

/// All references of one element.
#[derive(Default)]
pub struct ElementReferences {
    pub after: Vec<Reference>,
    pub before: Vec<Reference>,
    /// The host conveyor.
    pub on: Option<usize>,
}

/// The ports of a family.
pub fn ports_of(element: &ElementSpec, direction: PortDirection) -> &'static [&'static str] {
    match (element, direction) {
        (element, PortDirection::In) if through(element).is_some() => &["in"],
        (element, PortDirection::Out) if through(element).is_some() => &["out"],
        (ElementSpec::LaneDivider(spec), PortDirection::Out) => &LANES[..(spec.lanes as usize).min(LANES.len())],
        // What comes from before it would meet what it carries back.
        (element, PortDirection::In) if reverses(element) => &[],
        (element, PortDirection::Out) if reverses(element) => &["out", "back"],
        (element, PortDirection::In) if conveyor(element).is_some() => &["in"],
        (element, PortDirection::Out) if conveyor(element).is_some() => &["out"],
        (element, _) if super::packing::packing(element).is_some() => super::packing::packing_ports(element, direction),
        (ElementSpec::AccumulationTable(_), PortDirection::In) => &["in"],
        (ElementSpec::AccumulationTable(_), PortDirection::Out) => &["out"],
        (ElementSpec::Sink(_) | ElementSpec::Bin(_), PortDirection::In) => &["in"],
        (ElementSpec::Source(_) | ElementSpec::Unload(_), PortDirection::Out) => &["out"],
        (ElementSpec::Loader(_), PortDirection::In) => &["in"],
        (ElementSpec::Merge(_), PortDirection::In)
        | (
            ElementSpec::Pusher(_)
            | ElementSpec::Transfer(_)
            | ElementSpec::PopUp(_)
            | ElementSpec::SwingArm(_)
            | ElementSpec::ShoeSorter(_)
            | ElementSpec::Discharge(_),
            PortDirection::Out,
        ) => &["side"],
        _ => &[],
    }
}

impl Checker<'_, '_> {
    pub(super) fn references(&mut self) -> Vec<ElementReferences> {
        let spec = self.spec;
        let mut all = Vec::new();
        for (index, element) in spec.line.values().enumerate() {
            let mut found = ElementReferences::default();
            let (after, before): (Option<&crate::spec::Names>, Option<&crate::spec::Names>) = match element {
                ElementSpec::Sink(spec) => (Some(&spec.after), None),
                ElementSpec::Bin(spec) => (Some(&spec.after), None),
                ElementSpec::AccumulationTable(spec) => (Some(&spec.after), None),
                element if through(element).is_some() => (through(element).map(|view| view.after), None),
                _ => match (conveyor(element), super::packing::packing(element)) {
                    (Some(view), _) => (Some(view.after), Some(view.before)),
                    (None, packing) => (packing.map(|view| view.after), None),
                },
            };
            if let Some(after) = after {
                found.after = self.named_ports(&self.field(index, "after"), after, PortDirection::Out);
            }
            if let Some(before) = before {
                found.before = self.named_ports(&self.field(index, "before"), before, PortDirection::In);
            }
            if let ElementSpec::Source(source) = element {
                let path = self.field(index, "before");
                let target = self.named_port(&path, &source.before, PortDirection::In);
                found.before = vec![Reference { path, target }];
            }
            found.on = host(element).and_then(|host| self.host(&self.field(index, "on"), host));
            all.push(found);
        }
        all
    }

    fn named_ports(&mut self, path: &FieldPath, names: &crate::spec::Names, direction: PortDirection) -> Vec<Reference> {
        let mut references = Vec::new();
        for (index, name) in names.names.iter().enumerate() {
            let path = if names.list { path.index(index) } else { path.clone() };
            let target = self.named_port(&path, name, direction);
            references.push(Reference { path, target });
        }
        references
    }

    /// `belt 1`, `reject.side`: an element's name may hold dots itself, so the whole word is tried first.
    pub(super) fn named_port(&mut self, path: &FieldPath, word: &str, direction: PortDirection) -> Option<PortRef> {
        let line = &self.spec.line;
        let (name, port) = match word.rsplit_once('.') {
            _ if line.contains_key(word) => (word, None),
            Some((name, port)) => (name, Some(port)),
            None => (word, None),
        };
        let Some((element, _, spec)) = line.get_full(name) else {
            let known: Vec<&str> = line.keys().map(String::as_str).collect();
            self.unknown(path, "element", name, &known);
            return None;
        };
        if let Some(problem) = self.refuse_loop_end(element, path) {
            self.push(problem);
            return None;
        }
        let ports = ports_of(spec, direction);
        let wanted = port.unwrap_or(if direction == PortDirection::In { "in" } else { "out" });
        if let Some(port) = ports.iter().copied().find(|port| *port == wanted) {
            return Some(PortRef { element, port });
        }
        let way = if direction == PortDirection::In { "in" } else { "out" };
        let family = family(spec);
        let message = match port {
            Some(port) => format!("`{name}` ({family}) has no {way}-port `{port}`"),
            None => format!("`{name}` ({family}) has no port `{wanted}`"),
        };
        let mut problem = self.error("unknown-port", path, message);
        if ports.is_empty() {
            let hosted = host(spec).map(|host| format!("it stands at `{host}`: name that conveyor"));
            problem = problem.allowed(format!("elements with an {way}-port")).help(hosted.unwrap_or_else(|| {
                if direction == PortDirection::In {
                    "parts do not enter it".to_owned()
                } else {
                    "parts do not leave it into the line".to_owned()
                }
            }));
        } else {
            let near = nearest(wanted, ports.iter().copied()).unwrap_or(ports[0]);
            problem = problem.allowed(ports.iter().map(|port| format!("`{name}.{port}`")).collect::<Vec<_>>().join(", "));
            problem = problem.help(format!("did you mean `{name}.{near}`?"));
        }
        self.push(problem);
        None
    }

    fn host(&mut self, path: &FieldPath, name: &str) -> Option<usize> {
        let element = self.element_named(path, name)?;
        let spec = &self.spec.line[element];
        if super::views::conveyor(spec).is_some() && !super::views::travels(spec) {
            return Some(element);
        }
        let message = format!("`{name}` is a {}, and nothing can stand at it", family(spec));
        let mut problem =
            self.error("not-a-host", path, message).allowed("a Belt, a Curve or another conveyor that does not travel itself");
        if let Some(host) = host(spec) {
            problem = problem.help(format!("`{name}` stands at `{host}`: say `on: \"{host}\"`"));
        }
        self.push(problem);
        None
    }
}

//! Routers: are their ways ports that parts can come to from there, and how far does each way reach. Knows nothing about how
//! a way is chosen.

use super::Checker;
use super::tables::{Draft, Tables};
use crate::diagnostic::Diagnostic;
use crate::scene::*;
use crate::spec::{ElementSpec, RouterSpec, RoutingSpec};

impl Checker<'_, '_> {
    pub(super) fn router_values(&mut self, index: usize, spec: &RouterSpec) {
        let over = self.field(index, "over");
        if spec.over.len() < 2 {
            let problem = self.error("too-few-ways", &over, format!("a router chooses, and there are {} ways", spec.over.len()));
            self.push(problem.allowed("two ways or more").help("write over: [\"arm 1.side\", \"arm 2.side\", \"belt\"]"));
        }
        for (number, name) in spec.over.iter().enumerate() {
            if spec.over[..number].contains(name) {
                let problem = self.error("duplicate-way", &over.index(number), format!("the way `{name}` is given twice"));
                self.push(problem.help("a way that shall get more has a larger share: by: Ratio([2, 1])"));
            }
        }
        if let RoutingSpec::Ratio { shares } = &spec.by {
            let path = self.field(index, "by").name("shares");
            self.one_for_each_way(&path, shares.len(), spec.over.len(), "share");
            for (number, _) in shares.iter().enumerate().filter(|(_, share)| **share == 0) {
                let problem = self.error("out-of-range", &path.index(number), "this way would never get a part");
                self.push(problem.allowed("1 or more").help("take the way out of `over`"));
            }
        }
        let path = self.field(index, "room");
        if !spec.room.is_empty() {
            self.one_for_each_way(&path, spec.room.len(), spec.over.len(), "number");
        }
        for (number, _) in spec.room.iter().enumerate().filter(|(_, room)| **room == 0) {
            let problem = self.error("out-of-range", &path.index(number), "this way would always be full");
            self.push(problem.allowed("1 or more"));
        }
        if !spec.room.is_empty() && !spec.skip_full {
            let problem = self.warning("without-effect", &path, "`room` says when a way is full, and full ways are not passed over");
            self.push(problem.help("write `skip_full: true`"));
        }
    }

    fn one_for_each_way(&mut self, path: &crate::syntax::FieldPath, found: usize, ways: usize, what: &str) {
        if found != ways {
            let problem = self.error("wrong-length", path, format!("{found} for {ways} ways"));
            self.push(problem.allowed(format!("one {what} for each way of `over`")));
        }
    }

    /// Without where its ways lead, which is known once everything stands: see `lead_ways`.
    pub(super) fn router(&mut self, element: usize, router: &RouterSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let when = self.option_when(element, router.when.as_deref(), tables, draft);
        let path = self.field(element, "over");
        let numbered = super::condition::ways_of(self.spec.line.values(), &router.sets);
        let mut ways = Vec::new();
        for (number, name) in router.over.iter().enumerate() {
            let path = path.index(number);
            // A port whose element has no place has an error of its own.
            let Some(port) = self.named_port(&path, name, PortDirection::Out) else { continue };
            let out_port = tables.port_id(port.element, port.port, PortDirection::Out);
            let room = router.room.get(number).copied();
            let number = numbered.iter().position(|way| way == name).map_or(1, |way| way as u32 + 1);
            ways.extend(out_port.map(|out_port| Way { name: name.clone(), number, out_port, lane: Vec::new(), end: None, room }));
        }
        let spot = self.spot_of_length(element, 0.0, None, tables, draft)?;
        if ways.len() != router.over.len() || ways.len() < 2 {
            return None;
        }
        let by = match &router.by {
            RoutingSpec::Ratio { shares } => Routing::Ratio(shares.clone()),
            RoutingSpec::RoundRobin => Routing::RoundRobin,
            RoutingSpec::ShortestQueue => Routing::ShortestQueue,
        };
        let sets = tables.attribute(&router.sets)?;
        Some(ElementKind::Router(Router { spot, sets, by, when, skip_full: router.skip_full, ways, approach: Vec::new() }))
    }

    /// Where the ways of all routers lead, and whether parts come to them.
    pub(super) fn lead_ways(&mut self, tables: &mut Tables) {
        for index in 0..tables.elements.len() {
            let ElementKind::Router(mut router) = tables.elements[index].kind.clone() else { continue };
            for way in &mut router.ways {
                lead(way, tables);
            }
            router.approach = approach(&router, tables);
            let path = self.field(index, "over");
            for (number, way) in router.ways.iter().enumerate() {
                if tables.unbuilt.is_empty() && !comes_to(&router, way, tables) {
                    let message = format!("no part comes from `{}` to `{}`", self.name(index), way.name);
                    let problem = self.error("way-not-reached", &path.index(number), message);
                    let help = "a diverter must decide downstream of the router, by its stroke and half the longest part before it";
                    self.push(problem.allowed("an out-port downstream of the router").help(help));
                }
            }
            tables.elements[index].kind = ElementKind::Router(router);
        }
        self.routers_nobody_reads();
    }

    /// A way off a host's side is taken where its diverter asks for it.
    fn routers_nobody_reads(&mut self) {
        for (index, element) in self.spec.line.values().enumerate() {
            let ElementSpec::Router(router) = element else { continue };
            let asks = |when: &str| when.contains(&router.sets);
            let read = self.spec.line.values().any(|element| match element {
                ElementSpec::Pusher(spec) => asks(&spec.when),
                ElementSpec::Transfer(spec) => asks(&spec.when),
                ElementSpec::PopUp(spec) => asks(&spec.when),
                ElementSpec::SwingArm(spec) => asks(&spec.when),
                ElementSpec::ShoeSorter(spec) => asks(&spec.when),
                ElementSpec::Discharge(spec) => asks(&spec.when),
                _ => false,
            });
            let diverts = router.over.iter().any(|name| name.ends_with(".side"));
            if diverts && !read {
                let path = self.field(index, "sets");
                let problem = Diagnostic::warning("unread-way", self.at.value_span(&path), format!("no diverter reads `{}`", router.sets));
                let first = router.over.iter().find(|name| name.ends_with(".side")).expect("there is one");
                self.push(problem.help(format!("write when: \"{} == '{first}'\" at that diverter", router.sets)));
            }
        }
    }
}

/// Follows a way downstream to its end.
fn lead(way: &mut Way, tables: &Tables) {
    let mut next = tables.edges.iter().find(|edge| edge.from == way.out_port).map(|edge| edge.to);
    // What it holds, as long as each piece says how much.
    let mut room = Some(0);
    while let Some(into) = next.take() {
        let element = tables.ports[into.index()].element;
        let (held, out_port) = match &tables.elements[element.index()].kind {
            _ if way.lane.contains(&element) => break,
            ElementKind::Conveyor(id) => (None, Some(tables.conveyors[id.index()].out_port)),
            ElementKind::ZoneConveyor(zones) => {
                let count = u32::try_from(zones.zones.len()).ok();
                (count.filter(|_| !zones.ring), Some(tables.conveyors[zones.conveyor.index()].out_port))
            }
            ElementKind::Buffer(buffer) => {
                let out =
                    tables.elements[element.index()].ports.iter().find(|port| tables.ports[port.index()].direction == PortDirection::Out);
                (Some(buffer.capacity), out.copied())
            }
            _ => break,
        };
        way.lane.push(element);
        room = room.zip(held).map(|(room, held)| room + held);
        way.end = first_station(element, tables);
        if way.end.is_some() {
            break;
        }
        next = out_port.and_then(|out| tables.edges.iter().find(|edge| edge.from == out)).map(|edge| edge.to);
    }
    way.room = way.room.or(room.filter(|room| *room > 0));
}

/// The first station along a conveyor.
fn first_station(element: ElementId, tables: &Tables) -> Option<SpotId> {
    let works = |spot: &Spot| {
        tables.elements[spot.element.index()].kind.station().is_some() && tables.conveyors[spot.host.index()].element == element
    };
    let stations = tables.spots.iter().enumerate().filter(|(_, spot)| works(spot));
    stations.min_by(|a, b| a.1.at_m.total_cmp(&b.1.at_m)).map(|(index, _)| SpotId::from_index(index))
}

/// Everything downstream of the router that is not behind one of its ways.
fn approach(router: &Router, tables: &Tables) -> Vec<ElementId> {
    let host = tables.conveyors[tables.spots[router.spot.index()].host.index()].element;
    let mut found = vec![host];
    let mut at = 0;
    while let Some(&element) = found.get(at) {
        at += 1;
        for (index, port) in tables.ports.iter().enumerate() {
            let id = PortId::from_index(index);
            if port.direction != PortDirection::Out || router.ways.iter().any(|way| way.out_port == id) {
                continue;
            }
            let comes_off = match side_exit(port.element, tables) {
                Some((host, decides_m)) => host == element && (element != found[0] || decides_m >= router_m(router, tables)),
                None => port.element == element,
            };
            let into = tables.edges.iter().find(|edge| edge.from == id).map(|edge| tables.ports[edge.to.index()].element);
            let behind = into.map(|into| match &tables.elements[into.index()].kind {
                ElementKind::Merge(Merge { window, .. }) | ElementKind::Loader(Loader { window, .. }) => {
                    tables.conveyors[tables.spots[window.index()].host.index()].element
                }
                _ => into,
            });
            if let Some(behind) = behind.filter(|behind| comes_off && !found.contains(behind)) {
                found.push(behind);
            }
        }
    }
    found
}

fn comes_to(router: &Router, way: &Way, tables: &Tables) -> bool {
    let element = tables.ports[way.out_port.index()].element;
    match side_exit(element, tables) {
        Some((host, decides_m)) => router.approach.contains(&host) && (host != router.approach[0] || decides_m >= router_m(router, tables)),
        None => router.approach.contains(&element),
    }
}

fn router_m(router: &Router, tables: &Tables) -> f64 {
    tables.spots[router.spot.index()].at_m
}

/// The host of a diverter, and where along it parts are decided [m].
fn side_exit(element: ElementId, tables: &Tables) -> Option<(ElementId, f64)> {
    let spot = match &tables.elements[element.index()].kind {
        ElementKind::Pusher(logic) => logic.spot,
        ElementKind::Diverter(logic) => logic.spot,
        _ => return None,
    };
    let spot = &tables.spots[spot.index()];
    Some((tables.conveyors[spot.host.index()].element, spot.at_m))
}

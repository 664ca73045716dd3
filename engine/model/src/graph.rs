//! The line's graph as text: the tree of elements in flow order, and the list of edges. Reads the checked scene alone.

use crate::scene::{ConveyorId, Element, ElementId, ElementKind, PortDirection, PortId, Scene, SpotId};
use std::fmt::Write;

/// The line from its sources and hoppers downstream, one element a line, devices below their host in flow order. An element that is
/// reached again is named and not repeated.
pub fn tree(scene: &Scene) -> String {
    let mut text = format!("{}\n", scene.name);
    let mut shown = vec![false; scene.elements.len()];
    let sources = scene.element_ids().filter(|id| matches!(scene.element(*id).kind, ElementKind::Source(_)));
    let poured = |id: &ElementId| scene.bulk.iter().flat_map(|bulk| &bulk.edges).any(|edge| edge.to == *id);
    let sources = sources.chain(scene.element_ids().filter(|id| matches!(scene.element(*id).kind, ElementKind::Bulk(_)) && !poured(id)));
    let others = scene.element_ids().filter(|id| host_of(scene, *id).is_none());
    // Sources first; what no source reaches begins trees of its own.
    for id in sources.chain(others) {
        if !shown[id.index()] {
            branch(scene, id, "", &mut shown, &mut text);
        }
    }
    text
}

/// One edge a line, in the scene's order: `belt 1 -> curve`, with ports other than `in` and `out` named; then what bulk material
/// does: `silo pours into bulk belt`.
pub fn edges(scene: &Scene) -> String {
    let mut text = String::new();
    for edge in &scene.edges {
        writeln!(text, "{} -> {}", port_name(scene, edge.from), port_name(scene, edge.to)).expect("writing to a string");
    }
    for edge in scene.bulk.iter().flat_map(|bulk| &bulk.edges) {
        writeln!(text, "{} pours into {}", scene.element(edge.from).name, scene.element(edge.to).name).expect("writing to a string");
    }
    text
}

fn branch(scene: &Scene, id: ElementId, indent: &str, shown: &mut [bool], text: &mut String) {
    // A line of thousands of conveyors is a list, not a staircase: what follows stands below, at the same depth.
    let mut next = Some(id);
    while let Some(id) = next.take() {
        let repeated = std::mem::replace(&mut shown[id.index()], true);
        let again = if repeated { " (see above)" } else { "" };
        writeln!(text, "{indent}{}{again}", label(scene, id)).expect("writing to a string");
        if repeated {
            return;
        }
        let deeper = format!("{indent}    ");
        for device in devices(scene, id) {
            branch(scene, device, &deeper, shown, text);
        }
        if let Some(edge) = scene.bulk.iter().flat_map(|bulk| &bulk.edges).find(|edge| edge.from == id) {
            next = Some(edge.to);
        }
        for port in &scene.element(id).ports {
            if scene.port(*port).direction != PortDirection::Out {
                continue;
            }
            let Some(into) = scene.successor(*port) else { continue };
            let follower = scene.port(into).element;
            if follower == id {
                continue;
            }
            if scene.port(*port).name == "out" && scene.joins(follower).is_none() {
                next = Some(follower);
            } else {
                write!(text, "{deeper}{} -> ", scene.port(*port).name).expect("writing to a string");
                if scene.joins(follower).is_some() {
                    writeln!(text, "{}", port_name(scene, into)).expect("writing to a string");
                } else {
                    writeln!(text, "{}", scene.element(follower).name).expect("writing to a string");
                    if !shown[follower.index()] {
                        branch(scene, follower, &format!("{deeper}    "), shown, text);
                    }
                }
            }
        }
    }
}

/// `belt 1  Belt, 6.000 m, 0.5 m/s`.
fn label(scene: &Scene, id: ElementId) -> String {
    let element = scene.element(id);
    let mut text = format!("{}  {}", element.name, element.family);
    let conveyor = match &element.kind {
        ElementKind::Conveyor(conveyor) => Some(*conveyor),
        ElementKind::ZoneConveyor(zones) => Some(zones.conveyor),
        ElementKind::Carriage(carriage) => Some(scene.carriage(*carriage).conveyor),
        ElementKind::Lift(lift) => Some(scene.lift(*lift).conveyor),
        _ => None,
    };
    if let Some(conveyor) = conveyor.map(|id| scene.conveyor(id)) {
        let drive = &scene.drives[conveyor.drives[0].index()];
        write!(text, ", {:.3} m", conveyor.path.length()).expect("writing to a string");
        if !conveyor.rolls_freely() {
            write!(text, ", {} m/s", drive.speed_mps).expect("writing to a string");
        }
        if conveyor.drives.len() > 1 {
            let what = if matches!(element.kind, ElementKind::ZoneConveyor(_)) { "zones" } else { "drives" };
            write!(text, ", {} {what}", conveyor.drives.len()).expect("writing to a string");
        }
    } else if let Some((_, at_m)) = host_of(scene, id) {
        write!(text, ", at {at_m:.3} m").expect("writing to a string");
    }
    text
}

/// Devices of an element's conveyor, in flow order.
fn devices(scene: &Scene, id: ElementId) -> Vec<ElementId> {
    let mut found: Vec<(f64, ElementId)> = scene
        .element_ids()
        .filter_map(|device| {
            let (host, at_m) = host_of(scene, device)?;
            (scene.conveyor(host).element == id).then_some((at_m, device))
        })
        .collect();
    found.sort_by(|a, b| a.0.total_cmp(&b.0));
    found.into_iter().map(|(_, device)| device).collect()
}

/// The host of a device and its centre there.
fn host_of(scene: &Scene, id: ElementId) -> Option<(ConveyorId, f64)> {
    let at = |spot: SpotId| Some((scene.spot(spot).host, scene.spot(spot).at_m));
    let Element { kind, .. } = scene.element(id);
    match kind {
        ElementKind::Router(router) => at(router.spot),
        ElementKind::Pusher(logic) => {
            let pusher = &scene.pushers[logic.pusher.index()];
            Some((pusher.host, pusher.at_m))
        }
        ElementKind::Diverter(logic) => {
            let diverter = &scene.diverters[logic.diverter.index()];
            Some((diverter.host, (diverter.start_m + diverter.end_m) / 2.0))
        }
        ElementKind::Stop(stop) => at(stop.spot),
        ElementKind::Induction(induction) => at(induction.spot),
        ElementKind::Merge(merge) => at(merge.window),
        ElementKind::Loader(loader) => at(loader.window),
        ElementKind::Counter(counter) => at(counter.spot),
        ElementKind::Encoder(encoder) => Some((encoder.host, encoder.at_m)),
        ElementKind::Eye(eye) => scene.eyes[eye.index()].beam.map(|beam| (beam.host, beam.at_m)),
        kind => at(kind.sense().or_else(|| kind.station().map(|station| station.spot))?),
    }
}

fn port_name(scene: &Scene, id: PortId) -> String {
    let port = scene.port(id);
    let element = &scene.element(port.element).name;
    if port.name == "in" || port.name == "out" { element.clone() } else { format!("{element}.{}", port.name) }
}

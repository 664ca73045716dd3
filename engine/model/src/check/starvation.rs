//! What will never work because nothing that it waits for ever comes: a condition about what nobody has written yet, a
//! product of which a part is never added, a packer that waits for more parts than may be in the line, a merge of one way
//! alone. From the graph and what each device writes, whatever the run does. Works on the checked tables alone.

use super::Checker;
use super::outcomes::{Asked, Written, attributes_in, outcomes};
use crate::condition::Condition;
use crate::diagnostic::Diagnostic;
use crate::distribution::Distribution;
use crate::parametric::Parametric;
use crate::scene::*;
use crate::words::either;

/// What a device writes, where.
struct Writing {
    host: ElementId,
    at_m: f64,
    attribute: AttributeId,
    what: Written,
    by: ElementId,
}

impl Checker<'_, '_> {
    pub(super) fn starvation(&mut self, scene: &Scene) {
        self.never_hold(scene);
        self.never_joined(scene);
        self.too_few_let_in(scene);
        self.one_legged_merges(scene);
    }

    /// Conditions that no part that comes can meet.
    fn never_hold(&mut self, scene: &Scene) {
        let writings = writings(scene);
        let entering = entering(scene, &writings);
        for id in scene.element_ids() {
            let Some((condition, field, place, at_m)) = asks(scene, id) else { continue };
            let mut known = entering[place.index()].clone();
            for writing in writings.iter().filter(|writing| writing.host == place && writing.at_m <= at_m && writing.by != id) {
                known[writing.attribute.index()].join(&writing.what);
            }
            let coming = &scene.element(place).passing;
            let holds = |part: &Passing| outcomes(condition, Asked { scene, part_type: part.part_type, attributes: Some(&known) }).hold;
            if coming.is_empty() || coming.iter().any(holds) {
                continue;
            }
            self.report_never(scene, id, field, condition, &known, &writings, coming);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of one condition in its place")]
    fn report_never(
        &mut self,
        scene: &Scene,
        id: ElementId,
        field: &'static str,
        condition: &Condition,
        known: &[Written],
        writings: &[Writing],
        coming: &[Passing],
    ) {
        let mut reasons = Vec::new();
        let mut elsewhere = None;
        for attribute in attributes_in(condition) {
            let name = &scene.attributes[attribute];
            match &known[attribute] {
                Written::Never => {
                    reasons.push(format!("nothing sets `{name}` before it"));
                    elsewhere = elsewhere.or(writings.iter().find(|writing| writing.attribute.index() == attribute));
                }
                Written::Some(values) => {
                    let values: Vec<String> = values.iter().map(|value| value.to_string()).collect();
                    reasons.push(format!("`{name}` is {} there", either(&values)));
                }
                Written::Anything => {}
            }
        }
        if reasons.is_empty() {
            let mut types: Vec<String> = coming.iter().map(|part| format!("`{}`", scene.part_types[part.part_type.index()].name)).collect();
            types.sort();
            types.dedup();
            reasons.push(format!("only {} comes there", either(&types)));
        }
        let name = self.name(id.index()).to_owned();
        let consequence = if field == "receives" { "every part that comes is missorted" } else { "it works on no part" };
        let message = format!("`{field}` of `{name}` never holds: {}", reasons.join(", and "));
        let mut problem = self.warning("never-holds", &self.field(id.index(), field), message);
        if let Some(writing) = elsewhere {
            problem = problem
                .related(self.at.name_span(&self.element_path(writing.by.index())), "it is set here, where they come later or never");
        }
        self.push(problem.help(format!("{consequence}: set it upstream, or ask for what is there")));
    }

    /// A product that somebody takes out of its carrier, and that nobody completes.
    fn never_joined(&mut self, scene: &Scene) {
        let host = |station: &Station| scene.conveyor(scene.spot(station.spot).host).element;
        for id in scene.element_ids() {
            let ElementKind::Unload(unload) = &scene.element(id).kind else { continue };
            for carrier in scene.element(host(&unload.station)).passing.iter().map(|part| part.part_type) {
                let Some(product) = scene.part_types[carrier.index()].nest else { continue };
                let bill = &scene.part_types[product.index()].bill;
                let needed: Vec<PartTypeId> = if bill.is_empty() { vec![product] } else { bill.iter().map(|row| row.part_type).collect() };
                let added = |part: &PartTypeId| {
                    scene.elements.iter().any(|element| match &element.kind {
                        ElementKind::Assembly(assembly) => {
                            let here = &scene.element(host(&assembly.station)).passing;
                            assembly.adds == *part && here.iter().any(|passing| passing.part_type == carrier)
                        }
                        _ => false,
                    })
                };
                let Some(missing) = needed.iter().find(|part| !added(part)) else { continue };
                let [missing, product, carrier] = [*missing, product, carrier].map(|part| &scene.part_types[part.index()].name);
                let message = format!(
                    "`{}` waits for `{product}` for ever: no Assembly adds `{missing}` on the way of `{carrier}`",
                    self.name(id.index())
                );
                let problem = Diagnostic::warning("starved", self.at.name_span(&self.element_path(id.index())), message);
                self.push(problem.help(format!("add one: Assembly(on: \"NAME\", at_m: 1, adds: \"{missing}\", processing_s: 5)")));
            }
        }
    }

    /// A packer that takes more parts at once than a limit lets into the line.
    fn too_few_let_in(&mut self, scene: &Scene) {
        for id in scene.element_ids() {
            let ElementKind::Packer(packer) = &scene.element(id).kind else { continue };
            let Some(content) = scene.part_types[packer.container.index()].holds.as_ref().map(|holds| holds.part_type) else { continue };
            let makers: Vec<ElementId> = scene
                .element_ids()
                .filter(
                    |source| matches!(&scene.element(*source).kind, ElementKind::Source(source) if source.part_types().contains(&content)),
                )
                .collect();
            let there_before = scene.initial.iter().any(|fill| fill.part_type == content);
            let limits = |conwip: &&Conwip| {
                conwip.limit < packer.takes && conwip.until.is_empty() && makers.iter().all(|maker| conwip.sources.contains(maker))
            };
            if makers.is_empty() || packer.layerwise || there_before {
                continue;
            }
            if let Some((index, conwip)) = scene.conwips.iter().enumerate().find(|(_, conwip)| limits(conwip)) {
                let content = &scene.part_types[content.index()].name;
                let message = format!(
                    "`{}` waits for {} of `{content}` for ever: no more than {} are let into the line",
                    self.name(id.index()),
                    packer.takes,
                    conwip.limit
                );
                let problem = self.warning("starved", &super::top("conwip").index(index).name("limit"), message);
                let other = self.at.name_span(&self.element_path(id.index()));
                self.push(problem.related(other, "it takes them at once").allowed(format!("{} or more", packer.takes)));
            }
        }
    }

    /// A merge whose host brings nothing has nothing to merge.
    fn one_legged_merges(&mut self, scene: &Scene) {
        for id in scene.element_ids() {
            let ElementKind::Merge(merge) = &scene.element(id).kind else { continue };
            let window = scene.spot(merge.window);
            let host = scene.conveyor(window.host);
            let brought = |edge: &Edge| {
                let from = scene.port(edge.from).element;
                matches!(scene.element(from).kind, ElementKind::Source(_))
                    || !scene.element(scene.carrier_behind(edge.from)).passing.is_empty()
            };
            // A belt that runs both ways is fed by merges alone.
            let along = host.back_port.is_some() || scene.edges.iter().filter(|edge| edge.to == host.in_port).any(brought);
            let joins = |other: &Element| match &other.kind {
                ElementKind::Merge(other) => {
                    let other = scene.spot(other.window);
                    other.host == window.host && other.at_m < window.at_m
                }
                _ => false,
            };
            let filled = scene.initial.iter().any(|fill| fill.element == host.element && fill.count > 0);
            if along || filled || scene.elements.iter().any(joins) {
                continue;
            }
            let message = format!(
                "nothing comes along `{}` to `{}`: there is nothing to merge with",
                self.name(host.element.index()),
                self.name(id.index())
            );
            let problem = Diagnostic::warning("starved", self.at.name_span(&self.element_path(id.index())), message);
            let other = self.at.name_span(&self.element_path(host.element.index()));
            let help = format!(
                "feed it: a Source with before: \"{}\"; or let the side conveyor lead on without a Merge",
                self.name(host.element.index())
            );
            self.push(problem.related(other, "nothing feeds this one").help(help));
        }
    }
}

/// A condition that an element asks of the parts that come to it: its field, where they are, and how far along that.
fn asks(scene: &Scene, id: ElementId) -> Option<(&Condition, &'static str, ElementId, f64)> {
    let at = |spot: SpotId| (scene.conveyor(scene.spot(spot).host).element, scene.spot(spot).at_m);
    let (condition, field, (place, at_m)) = match &scene.element(id).kind {
        ElementKind::Sink(sink) => (sink.receives.as_ref(), "receives", (id, f64::INFINITY)),
        ElementKind::Stop(stop) => (stop.when.as_ref(), "when", at(stop.spot)),
        ElementKind::Counter(counter) => (counter.when.as_ref(), "when", at(counter.spot)),
        ElementKind::Router(router) => (router.when.as_ref(), "when", at(router.spot)),
        ElementKind::Pusher(pusher) => (Some(&pusher.when), "when", at(pusher.spot)),
        ElementKind::Diverter(diverter) => (Some(&diverter.when), "when", at(diverter.spot)),
        kind => {
            let station = kind.station()?;
            (station.when.as_ref(), "when", at(station.spot))
        }
    };
    Some((condition?, field, place, at_m))
}

/// The values that a draw can have.
fn drawn(distribution: &Distribution) -> Written {
    match distribution {
        Distribution::Constant(value) => Written::Some(vec![*value]),
        Distribution::Parametric(Parametric::Bernoulli { .. }) => Written::Some(vec![0.0, 1.0]),
        Distribution::Parametric(Parametric::Discrete { values, .. }) => {
            let mut values = values.clone();
            values.sort_by(f64::total_cmp);
            values.dedup();
            Written::Some(values)
        }
        _ => Written::Anything,
    }
}

/// What devices write on the parts that pass; readers write what may be there to read.
fn writings(scene: &Scene) -> Vec<Writing> {
    let truth = || Written::Some(vec![0.0, 1.0]);
    let mut all = Vec::new();
    for by in scene.element_ids() {
        let kind = &scene.element(by).kind;
        let mut add = |spot: SpotId, attribute: AttributeId, what: Written| {
            let spot = scene.spot(spot);
            all.push(Writing { host: scene.conveyor(spot.host).element, at_m: spot.at_m, attribute, what, by });
        };
        match kind {
            ElementKind::Checkweigher(weigher) => add(weigher.spot, weigher.sets, truth()),
            ElementKind::Scanner(scanner) => add(scanner.spot, scanner.sets, Written::Anything),
            ElementKind::TagReader(reader) => {
                add(reader.spot, reader.sets, Written::Anything);
                reader.counts.into_iter().for_each(|counts| add(reader.spot, counts, Written::Anything));
            }
            ElementKind::LightGrid(grid) => {
                grid.sets.into_iter().flatten().for_each(|attribute| add(grid.spot, attribute, Written::Anything));
            }
            ElementKind::Scale(scale) => {
                let spot = scale.station.spot;
                scale.weight.into_iter().for_each(|attribute| add(spot, attribute, Written::Anything));
                let truths = scale.within.map(|within| within.0).into_iter().chain(scale.disturbed);
                truths.for_each(|attribute| add(spot, attribute, truth()));
            }
            ElementKind::Router(router) => {
                let mut ways: Vec<f64> = router.ways.iter().map(|way| f64::from(way.number)).collect();
                ways.sort_by(f64::total_cmp);
                add(router.spot, router.sets, Written::Some(ways));
            }
            kind => {
                for (station, set) in kind.station().into_iter().flat_map(|station| station.sets.iter().map(move |set| (station, set))) {
                    add(station.spot, set.attribute, drawn(&set.value));
                }
            }
        }
    }
    // What a reader writes is what some element has written, anywhere.
    let origins: Vec<Written> = (0..scene.attributes.len())
        .map(|attribute| {
            let mut origin = Written::Never;
            for element in &scene.elements {
                if let ElementKind::Source(source) = &element.kind {
                    source.sets.iter().filter(|set| set.attribute.index() == attribute).for_each(|set| _ = origin.join(&drawn(&set.value)));
                }
            }
            all.iter().filter(|writing| writing.attribute.index() == attribute).for_each(|writing| _ = origin.join(&writing.what));
            origin
        })
        .collect();
    for writing in &mut all {
        match &scene.element(writing.by).kind {
            ElementKind::Scanner(reader) => writing.what = origins[reader.reads.index()].clone(),
            ElementKind::TagReader(reader) if reader.sets == writing.attribute => writing.what = origins[reader.reads.index()].clone(),
            _ => {}
        }
    }
    all
}

/// By element and attribute: what may be written on a part when it comes there, followed from sources and devices along
/// the flow. Containers pass on what their content carries.
fn entering(scene: &Scene, writings: &[Writing]) -> Vec<Vec<Written>> {
    let mut entering = vec![vec![Written::Never; scene.attributes.len()]; scene.elements.len()];
    for element in &scene.elements {
        if let ElementKind::Source(source) = &element.kind {
            let into = scene.carrier_behind(source.into);
            for set in &source.sets {
                entering[into.index()][set.attribute.index()].join(&drawn(&set.value));
            }
        }
    }
    loop {
        let mut more = false;
        for edge in &scene.edges {
            let from = host_of(scene, scene.port(edge.from).element);
            let mut leaving = entering[from.index()].clone();
            for writing in writings.iter().filter(|writing| writing.host == from) {
                leaving[writing.attribute.index()].join(&writing.what);
            }
            let into = scene.carrier_behind(edge.to);
            for (known, new) in entering[into.index()].iter_mut().zip(&leaving) {
                more |= known.join(new);
            }
        }
        if !more {
            return entering;
        }
    }
}

/// What carries the parts that leave by a device's port.
fn host_of(scene: &Scene, id: ElementId) -> ElementId {
    let host = |conveyor: ConveyorId| scene.conveyor(conveyor).element;
    match &scene.element(id).kind {
        ElementKind::Pusher(pusher) => host(scene.pushers[pusher.pusher.index()].host),
        ElementKind::Diverter(diverter) => host(scene.diverters[diverter.diverter.index()].host),
        ElementKind::Unload(unload) => host(scene.spot(unload.station.spot).host),
        _ => id,
    }
}

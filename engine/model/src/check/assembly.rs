//! Where parts are joined and taken out of carriers. Knows nothing about how long that takes.

use super::Checker;
use super::devices::hold_kind;
use super::references::PortRef;
use super::tables::{Draft, Tables};
use super::values::{self, Sign};
use super::views::hold_of;
use crate::scene::*;
use crate::spec::{AssemblySpec, ElementSpec, HoldSpec, Quantity, SupplySpec, UnloadSpec};
use crate::time::Time;
use crate::words::listed;

/// What an assembly and an unloader say alike.
struct CarrierWork<'a> {
    when: Option<&'a str>,
    processing_s: &'a Quantity,
    ideal_cycle_s: Option<f64>,
}

impl Checker<'_, '_> {
    pub(super) fn carrier_work_values(&mut self, index: usize, element: &ElementSpec) {
        let (processing_s, ideal_cycle_s) = match element {
            ElementSpec::Assembly(spec) => (&spec.processing_s, spec.ideal_cycle_s),
            ElementSpec::Unload(spec) => (&spec.processing_s, spec.ideal_cycle_s),
            _ => return,
        };
        self.quantity(&self.field(index, "processing_s"), processing_s, Sign::NotNegative, Some(values::CYCLE_TIME));
        self.option(&self.field(index, "ideal_cycle_s"), ideal_cycle_s, Sign::Positive, Some(values::CYCLE_TIME));
        if matches!(hold_of(element, None), Some(HoldSpec::Usual | HoldSpec::None)) {
            let problem = self.error("needs-a-hold", &self.field(index, "hold"), "nothing can be added or taken in motion");
            self.push(problem.allowed("`Blade`, `Clamp` or `BeltStop`"));
        }
        let ElementSpec::Assembly(AssemblySpec { supply: SupplySpec::Kanban { bins, size, refill_s }, .. }) = element else { return };
        let path = self.field(index, "supply");
        self.number(&path.name("bins"), f64::from(*bins), Sign::Positive, None);
        self.number(&path.name("size"), f64::from(*size), Sign::Positive, None);
        self.quantity(&path.name("refill_s"), refill_s, Sign::NotNegative, None);
    }

    pub(super) fn assembly(&mut self, element: usize, spec: &AssemblySpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let work = CarrierWork { when: spec.when.as_deref(), processing_s: &spec.processing_s, ideal_cycle_s: spec.ideal_cycle_s };
        let station = self.carrier_station(element, &work, tables, draft);
        let adds = self.part_named(&self.field(element, "adds"), &spec.adds, draft.part_types);
        if let Some(adds) = adds {
            self.wanted_somewhere(element, adds, draft.part_types);
        }
        let supply = match &spec.supply {
            SupplySpec::Unlimited => Supply::Unlimited,
            SupplySpec::Kanban { bins, size, refill_s } => Supply::Kanban {
                bins: *bins,
                size: *size,
                refill_s: self.distribution(&self.field(element, "supply").name("refill_s"), refill_s),
            },
        };
        Some(ElementKind::Assembly(Assembly { station: station?, adds: adds?, supply }))
    }

    pub(super) fn unload(&mut self, element: usize, spec: &UnloadSpec, tables: &mut Tables, draft: &Draft<'_>) -> Option<ElementKind> {
        let work = CarrierWork { when: spec.when.as_deref(), processing_s: &spec.processing_s, ideal_cycle_s: spec.ideal_cycle_s };
        let station = self.carrier_station(element, &work, tables, draft);
        if !draft.part_types.iter().any(|part_type| part_type.nest.is_some()) {
            let problem =
                self.error("no-carriers", &self.element_path(element), "no part of the scene has a nest: there is nothing to take out");
            self.push(problem.help("say what a carrier holds: holds: Nest(\"motor\")"));
        }
        let into = draft.links.iter().find(|link| link.from == PortRef { element, port: "out" })?.to;
        Some(ElementKind::Unload(Unload { station: station?, into: tables.port_id(into.element, into.port, PortDirection::In)? }))
    }

    /// A part that is added goes into a nest, or is on the bill of a product that does.
    fn wanted_somewhere(&mut self, element: usize, adds: PartTypeId, part_types: &[PartType]) {
        let products = || part_types.iter().filter_map(|carrier| carrier.nest);
        let wanted = |product: PartTypeId| {
            let bill = &part_types[product.index()].bill;
            if bill.is_empty() { vec![product] } else { bill.iter().map(|row| row.part_type).collect() }
        };
        if products().any(|product| wanted(product).contains(&adds)) {
            return;
        }
        let name = &part_types[adds.index()].name;
        let message = format!("no carrier has a nest for `{name}` or for a product with `{name}` in its bill");
        let known: Vec<&str> = products().flat_map(wanted).map(|wanted| part_types[wanted.index()].name.as_str()).collect();
        let mut problem = self.error("nothing-to-join", &self.field(element, "adds"), message);
        if !known.is_empty() {
            problem = problem.allowed(listed(known));
        }
        self.push(
            problem.help("give a carrier a nest (holds: Nest(\"motor\")) and the product a bill (bill: {\"housing\": 1, \"rotor\": 1})"),
        );
    }

    fn carrier_station(&mut self, element: usize, work: &CarrierWork<'_>, tables: &mut Tables, draft: &Draft<'_>) -> Option<Station> {
        let spec = &self.spec.line[element];
        let when = self.option_when(element, work.when, tables, draft);
        let hold = hold_of(spec, None).and_then(hold_kind);
        let processing_s = self.distribution(&self.field(element, "processing_s"), work.processing_s);
        Some(Station {
            spot: self.device_spot(element, spec, hold, tables, draft)?,
            processing_s,
            scrap_probability: 0.0,
            when,
            sets: Vec::new(),
            fills_kg: None,
            // What it asks of a carrier is what the carrier holds.
            again: true,
            tries: 1,
            scraps_failed: false,
            batch: 1,
            wait_s: None,
            setups: Vec::new(),
            crew: None,
            ideal_cycle: work.ideal_cycle_s.map(Time::from_seconds),
        })
    }
}

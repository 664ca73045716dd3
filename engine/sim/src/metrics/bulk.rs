//! Bulk material: what was fed, poured, filled, let out and spilt, in whole nanograms over the window; fill errors; residence.
//! Must not know how grains move.

use super::window::Window;
use crate::port::{BulkWay, NANOGRAMS_PER_KG};
use linetwin_model::report::{BulkReport, LineBulkReport};
use linetwin_model::scene::{BulkElement, ElementId, ElementKind};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BulkTally {
    /// Within the window [ng].
    moved_ng: BTreeMap<(ElementId, BulkWay), u64>,
    /// Of what went into parts and bins within the window: stay by mass [ng ns], and mass [ng].
    stay_ng_ns: u128,
    stayed_ng: u64,
    /// Since time zero [ng]: what came in less what has gone.
    inside_ng: u64,
    /// By station, within the window: what was filled in less the target [kg].
    errors_kg: BTreeMap<ElementId, Vec<f64>>,
}

impl BulkTally {
    pub fn count(&mut self, window: Window, at: Time, (element, way): (ElementId, BulkWay), mass_ng: u64, stay_ng_ns: u128) {
        match way {
            BulkWay::AtStart | BulkWay::Fed => self.inside_ng += mass_ng,
            BulkWay::IntoPart | BulkWay::Out | BulkWay::Spilt => {
                self.inside_ng = self.inside_ng.checked_sub(mass_ng).expect("only what came in goes");
            }
            BulkWay::Poured | BulkWay::Passed | BulkWay::Weighed => {}
        }
        if window.contains(at) {
            *self.moved_ng.entry((element, way)).or_insert(0) += mass_ng;
            if matches!(way, BulkWay::IntoPart | BulkWay::Out) {
                self.stay_ng_ns += stay_ng_ns;
                self.stayed_ng += mass_ng;
            }
        }
    }

    pub fn fill(&mut self, window: Window, at: Time, element: ElementId, error_kg: f64) {
        if window.contains(at) {
            self.errors_kg.entry(element).or_default().push(error_kg);
        }
    }

    fn kg(&self, element: ElementId, way: BulkWay) -> f64 {
        kilograms(self.moved_ng.get(&(element, way)).copied().unwrap_or(0))
    }

    /// Of what has to do with bulk material; `processing_s`: how long something was on a belt that ran.
    pub fn report(&self, scene: &Scene, element: ElementId, processing_s: f64) -> Option<BulkReport> {
        let moved = match &scene.element(element).kind {
            ElementKind::Bulk(_) => self.kg(element, BulkWay::Poured) + self.kg(element, BulkWay::Out),
            ElementKind::FillAndWeigh(_) => self.kg(element, BulkWay::IntoPart),
            _ => return None,
        };
        let (weighed_kg, passed_kg) = (self.kg(element, BulkWay::Weighed), self.kg(element, BulkWay::Passed));
        let belt = if let ElementKind::Bulk(BulkElement::Belt(belt)) = &scene.element(element).kind { Some(belt) } else { None };
        let scaled = belt.is_some_and(|belt| belt.scale.is_some());
        let due_kg = belt.and_then(|belt| belt.doses_kgps).map(|doses_kgps| doses_kgps * processing_s);
        let errors = self.errors_kg.get(&element).map_or(&[][..], Vec::as_slice);
        let count = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / count;
        let squares: f64 = errors.iter().map(|error| (error - mean) * (error - mean)).sum();
        Some(BulkReport {
            fed_kg: self.kg(element, BulkWay::Fed),
            moved_kg: moved,
            spilt_kg: self.kg(element, BulkWay::Spilt),
            fill_error_mean_kg: (!errors.is_empty()).then_some(mean),
            fill_error_sd_kg: (errors.len() > 1).then(|| (squares / (count - 1.0)).sqrt()),
            weighed_kg: scaled.then_some(weighed_kg),
            weighing_error: (scaled && passed_kg > 0.0).then(|| weighed_kg / passed_kg - 1.0),
            dosing_error: due_kg.filter(|due_kg| *due_kg > 0.0).map(|due_kg| moved / due_kg - 1.0),
        })
    }

    /// Residence = sum of mass times stay / sum of mass, of what went into parts and bins.
    pub fn line(&self, scene: &Scene) -> Option<LineBulkReport> {
        scene.bulk.as_ref()?;
        let sum = |way: BulkWay| kilograms(self.moved_ng.iter().filter(|((_, of), _)| *of == way).map(|(_, mass_ng)| mass_ng).sum());
        Some(LineBulkReport {
            fed_kg: sum(BulkWay::Fed),
            filled_kg: sum(BulkWay::IntoPart),
            out_kg: sum(BulkWay::Out),
            spilt_kg: sum(BulkWay::Spilt),
            inside_kg: kilograms(self.inside_ng),
            residence_mean_s: (self.stayed_ng > 0).then(|| self.stay_ng_ns as f64 / self.stayed_ng as f64 / 1e9),
        })
    }
}

fn kilograms(mass_ng: u64) -> f64 {
    mass_ng as f64 / NANOGRAMS_PER_KG
}

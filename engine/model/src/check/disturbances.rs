//! What can disturb a run: whom each disturbance is about, and what of it happens. Knows nothing about how it is felt.

use super::values::Sign;
use super::{Checker, top};
use crate::scene::{Disturbance, DisturbanceKind, ElementId, Happening, MaterialId, Materials, Scene};
use crate::spec::{DisturbanceSpec, ElementSpec, Quantity};
use crate::syntax::FieldPath;
use crate::time::Time;

impl Checker<'_, '_> {
    pub(super) fn disturbances(&mut self, materials: &Materials) -> Vec<Disturbance> {
        let spec = self.spec;
        let all = spec.disturbances.iter().enumerate();
        all.filter_map(|(index, disturbance)| self.disturbance(&top("disturbances").index(index), disturbance, materials)).collect()
    }

    fn disturbance(&mut self, path: &FieldPath, spec: &DisturbanceSpec, materials: &Materials) -> Option<Disturbance> {
        let of = |found: &mut Self, field: &str, quantity: &Quantity| {
            found.quantity(&path.name(field), quantity, Sign::Positive, None);
            Some(found.distribution(&path.name(field), quantity))
        };
        Some(match spec {
            DisturbanceSpec::StuckEye { eye, blocked, for_s } => {
                let for_s = of(self, "for_s", for_s);
                let eye = self.of_family(&path.name("eye"), eye, |element| matches!(element, ElementSpec::Eye(_)), "an Eye")?;
                Disturbance { kind: DisturbanceKind::StuckEye { eye, blocked: *blocked }, for_s, factor: None }
            }
            DisturbanceSpec::Late { source, by_s } => {
                let for_s = of(self, "by_s", by_s);
                let source = self.source_named(&path.name("source"), source)?;
                Disturbance { kind: DisturbanceKind::Late { source }, for_s, factor: None }
            }
            DisturbanceSpec::PowerDip { on, for_s } => {
                let for_s = of(self, "for_s", for_s);
                let named = on.iter().enumerate().map(|(number, name)| self.element_named(&path.name("on").index(number), name));
                let on = named.collect::<Option<Vec<usize>>>()?.into_iter().map(ElementId::from_index).collect();
                Disturbance { kind: DisturbanceKind::PowerDip { on }, for_s, factor: None }
            }
            DisturbanceSpec::Friction { pair, factor } => {
                let factor = of(self, "factor", factor);
                let path = path.name("pair");
                let Some((a, b)) = pair.split_once(" on ") else {
                    let problem = self.error("bad-pair", &path, format!("`{pair}` is no pair of materials"));
                    self.push(problem.allowed("`\"MATERIAL on MATERIAL\"`").help("write it like \"card on belt\""));
                    return None;
                };
                let pair = [a, b].map(|name| self.material(&path, name.trim(), materials));
                Disturbance { kind: DisturbanceKind::Friction { pair }, for_s: None, factor }
            }
            DisturbanceSpec::OffSize { source, factor, for_s } => {
                let (for_s, factor) = (of(self, "for_s", for_s), of(self, "factor", factor));
                let source = self.source_named(&path.name("source"), source)?;
                Disturbance { kind: DisturbanceKind::OffSize { source }, for_s, factor }
            }
        })
    }

    fn source_named(&mut self, path: &FieldPath, name: &str) -> Option<ElementId> {
        self.of_family(path, name, |element| matches!(element, ElementSpec::Source(_)), "a Source")
    }

    fn of_family(&mut self, path: &FieldPath, name: &str, is: impl Fn(&ElementSpec) -> bool, allowed: &str) -> Option<ElementId> {
        let element = self.element_named(path, name)?;
        let spec = &self.spec.line[element];
        if !is(spec) {
            let problem = self.error("wrong-family", path, format!("`{name}` is a {}", super::views::family(spec)));
            self.push(problem.allowed(allowed));
            return None;
        }
        Some(ElementId::from_index(element))
    }

    /// What of `disturbances` happens; friction is another from the beginning.
    pub(super) fn happenings(&mut self, scene: &mut Scene) {
        let spec = self.spec;
        for (index, happens) in spec.happens.iter().enumerate() {
            let path = top("happens").index(index);
            self.number(&path.name("at_s"), happens.at_s, Sign::NotNegative, None);
            self.number(&path.name("for_s"), happens.for_s, Sign::NotNegative, None);
            self.number(&path.name("factor"), happens.factor, Sign::Positive, None);
            if happens.disturbance as usize >= spec.disturbances.len() {
                let message = format!("there is no disturbance {}", happens.disturbance);
                let allowed = match spec.disturbances.len() {
                    0 => "the scene has no `disturbances`".to_owned(),
                    count => format!("0 to {}", count - 1),
                };
                self.push(self.error("out-of-range", &path.name("disturbance"), message).allowed(allowed));
                continue;
            }
            // One that is refused shifts those behind it: the scene is refused with it.
            let Some(disturbance) = scene.disturbances.get(happens.disturbance as usize) else { continue };
            let kind = disturbance.kind.clone();
            if let DisturbanceKind::Friction { pair } = kind {
                grip(&mut scene.materials, pair, happens.factor.max(0.0));
            }
            let at = Time::from_seconds(happens.at_s.max(0.0));
            let until = at + Time::from_seconds(happens.for_s.max(0.0));
            scene.happenings.push(Happening { kind, at, until, factor: happens.factor });
        }
    }
}

fn grip(materials: &mut Materials, [a, b]: [MaterialId; 2], factor: f64) {
    let count = materials.names.len();
    let (there, back) = (a.index() * count + b.index(), b.index() * count + a.index());
    materials.pairs[there].friction *= factor;
    if there != back {
        materials.pairs[back].friction *= factor;
    }
}

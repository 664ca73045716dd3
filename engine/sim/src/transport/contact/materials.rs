//! Friction and restitution of each pair of materials, in the form the solver wants. Rapier combines two numbers by a
//! rule; a table of pairs is richer. Where a rule says exactly what the table says for every pair of part materials,
//! parts use the rule and their contacts can be recycled; else they get the hook, like everything static has anyway.

use linetwin_model::Scene;
use linetwin_model::scene::{MaterialId, Materials};
use rapier3d::prelude::CoefficientCombineRule;

/// Two coefficients nearer than this are the same [-]: far below what anybody can measure.
const SAME_COEFFICIENT: f64 = 1e-6;

/// Friction and restitution by pair, shape [material_count, material_count].
#[derive(Clone, Debug, Default)]
pub struct PairTable {
    count: usize,
    values: Vec<(f32, f32)>,
}

impl PairTable {
    pub fn new(materials: &Materials) -> Self {
        let values = materials.pairs.iter().map(|pair| (pair.friction as f32, pair.restitution as f32)).collect();
        PairTable { count: materials.names.len(), values }
    }
    #[cfg(test)]
    pub fn uniform(friction: f32, restitution: f32) -> Self {
        PairTable { count: 1, values: vec![(friction, restitution)] }
    }
    /// Friction and restitution where `a` meets `b`.
    pub fn get(&self, a: u32, b: u32) -> (f32, f32) {
        self.values[a as usize * self.count + b as usize]
    }
}

/// How contacts between parts get their coefficients.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum PartPairs {
    /// Each part has its own coefficients (those of its material against itself), combined by these rules.
    Rules { friction: CoefficientCombineRule, restitution: CoefficientCombineRule },
    /// By the hook.
    #[default]
    Hook,
}

impl PartPairs {
    pub fn new(scene: &Scene) -> Self {
        let mut used: Vec<MaterialId> =
            scene.part_types.iter().flat_map(|part_type| &part_type.variants).map(|variant| variant.material).collect();
        used.sort_unstable();
        used.dedup();
        let materials = &scene.materials;
        let friction = rule_for(&used, |a, b| materials.pair(a, b).friction);
        let restitution = rule_for(&used, |a, b| materials.pair(a, b).restitution);
        match (friction, restitution) {
            (Some(friction), Some(restitution)) => PartPairs::Rules { friction, restitution },
            _ => PartPairs::Hook,
        }
    }
}

/// The rule that gives `pair(a, b)` from `pair(a, a)` and `pair(b, b)` for all of `used`, if there is one.
fn rule_for(used: &[MaterialId], pair: impl Fn(MaterialId, MaterialId) -> f64) -> Option<CoefficientCombineRule> {
    use CoefficientCombineRule::{Average, GeometricMean, Max, Min};
    let combine = |rule, a: f64, b: f64| match rule {
        Min => a.min(b),
        Max => a.max(b),
        GeometricMean => (a * b).sqrt(),
        _ => (a + b) / 2.0,
    };
    let fits = |rule: &CoefficientCombineRule| {
        used.iter().all(|&a| used.iter().all(|&b| (combine(*rule, pair(a, a), pair(b, b)) - pair(a, b)).abs() < SAME_COEFFICIENT))
    };
    [Average, Min, Max, GeometricMean].into_iter().find(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_used_only_where_it_says_the_whole_table() {
        let used = [MaterialId(0), MaterialId(1)];
        let own = [0.2, 0.6];
        let with = |mixed: f64| move |a: MaterialId, b: MaterialId| if a == b { own[a.index()] } else { mixed };
        assert_eq!(rule_for(&used, with(0.4)), Some(CoefficientCombineRule::Average));
        assert_eq!(rule_for(&used, with(0.2)), Some(CoefficientCombineRule::Min));
        assert_eq!(rule_for(&used, with(0.6)), Some(CoefficientCombineRule::Max));
        assert_eq!(rule_for(&used, with(0.5)), None);
    }
}

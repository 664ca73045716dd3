//! What the comparison of pictures finds out: see `tests/viewer`.

use super::Studio;
use crate::arguments::Size;
use crate::cameras::built_in;
use crate::drawing::outline;
use crate::source::{Line, source_of};
use crate::truth;
use bevy::prelude::*;
use linetwin_model::Time;
use linetwin_sim::view::{Grain, Moment};
use std::sync::Arc;

#[path = "../../tests/viewer/likeness.rs"]
mod likeness;

const SIZE: Size = Size { width_px: 240, height_px: 135 };

#[test]
fn the_tolerance_is_exceeded_by_a_wrong_camera_a_missing_light_and_a_missing_object() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/belt.ron");
    let mut line = Line::open(&source_of(&path, &[], None).expect("it is a scene")).expect("it is sound");
    let scenery = line.simulation.scenery();
    let points = outline(&scenery, &line.simulation.moment());
    line.go_to(Time(8_000_000_000));
    let moment = line.simulation.moment();
    assert!(!moment.parts.is_empty(), "there is something to miss");
    let shoot = |camera: &str, without_light: bool, moment: &_| {
        let camera = built_in(camera, &points, SIZE).expect("it is built in");
        let mut studio = Studio::open(&scenery, SIZE, true).expect("a software adapter is installed");
        studio.shoot(moment, &camera).expect("it draws");
        if without_light {
            studio.put_out_the_sun();
        }
        studio.shoot(moment, &camera).expect("it draws")
    };
    let right = shoot("overview", false, &moment);
    assert_eq!(likeness::differing_blocks(&right, &shoot("overview", false, &moment), 240), 0, "the same moment gives the same picture");
    let mut one_less = moment.clone();
    one_less.parts.pop();
    for (what, wrong) in [
        ("a wrong camera", shoot("top", false, &moment)),
        ("a missing light", shoot("overview", true, &moment)),
        ("a missing object", shoot("overview", false, &one_less)),
    ] {
        let found = likeness::differing_blocks(&right, &wrong, 240);
        assert!(found > likeness::BLOCKS_ALLOWED, "{what} is not noticed: {found} blocks differ");
    }
}

/// The layers are computed without a renderer: what they say is a grain has to look like one, and hardly anything else may.
#[test]
fn grains_are_spheres_where_geometry_has_them_and_throw_shadows() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/belt.ron");
    let mut line = Line::open(&source_of(&path, &[], None).expect("it is a scene")).expect("it is sound");
    let scenery = line.simulation.scenery();
    line.go_to(Time(4_000_000_000));
    let empty = line.simulation.moment();
    let grain = |index: u32| Grain {
        // Before, on and under the belt, some of them behind each other.
        at_m: [0.3 + 0.09 * (index % 40) as f32, -0.9 + 0.5 * (index / 40 % 4) as f32, 0.1 + 0.35 * (index / 160) as f32],
        radius_m: 0.02 + 0.01 * (index % 5) as f32,
        granulate: 1,
    };
    // More than one chunk of them: those of the second, which are beside the line, count as well.
    let aside = (0..5000).map(|index| Grain {
        at_m: [-4.0 + 0.02 * (index % 70) as f32, 1.0 + 0.03 * (index / 70) as f32, 0.02],
        radius_m: 0.02,
        granulate: 0,
    });
    let full = Moment { grains: Arc::new((0..480).map(grain).chain(aside).collect()), ..empty.clone() };
    for name in ["overview", "top"] {
        let camera = built_in(name, &outline(&scenery, &empty), SIZE).expect("it is built in");
        let mut studio = Studio::open(&scenery, SIZE, true).expect("a software adapter is installed");
        let before = studio.shoot(&empty, &camera).expect("it draws");
        let after = studio.shoot(&full, &camera).expect("it draws");
        let again = studio.shoot(&empty, &camera).expect("it draws");
        assert!(before == again, "what is gone is still seen");
        let instances = truth::instances(line.simulation.scene(), &scenery, &full);
        let layers = truth::draw(&scenery, &instances, &camera, SIZE);
        let is_grain: Vec<bool> =
            layers.instance.iter().map(|number| *number > 0 && !instances[*number as usize - 1].balls.is_empty()).collect();
        let light = |picture: &[u8], at: usize| picture[3 * at..3 * at + 3].iter().map(|value| i32::from(*value)).sum::<i32>();
        let differs = |at: usize| (0..3).any(|channel| before[3 * at + channel].abs_diff(after[3 * at + channel]) > 12);
        let (mut seen, mut missed, mut strange, mut shaded) = (0, 0, 0, 0);
        for at in 0..is_grain.len() {
            let (x, y) = (at % 240, at / 240);
            let near = |of: &dyn Fn(usize) -> bool| {
                (y.saturating_sub(1)..=(y + 1).min(134)).any(|y| (x.saturating_sub(1)..=(x + 1).min(239)).any(|x| of(y * 240 + x)))
            };
            if is_grain[at] {
                seen += 1;
                missed += i32::from(!differs(at));
            } else if differs(at) && !near(&|at| is_grain[at]) {
                // A shadow darkens.
                if light(&after, at) < light(&before, at) { shaded += 1 } else { strange += 1 }
            }
        }
        assert!(seen > 700, "{name}: {seen} pixels");
        assert!(missed * 50 < seen, "{name}: {missed} of {seen} pixels show no grain");
        assert!(strange * 100 < seen, "{name}: {strange} pixels are brighter for no reason");
        assert!(shaded > 50, "{name}: {shaded} pixels in the shade");
    }
}

/// What the adapter makes of two moments is what lies between them; what was put elsewhere is there.
#[test]
fn grains_on_their_way_are_where_they_are_by_then() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/belt.ron");
    let line = Line::open(&source_of(&path, &[], None).expect("it is a scene")).expect("it is sound");
    let (scenery, empty) = (line.simulation.scenery(), line.simulation.moment());
    let row = |x_m: f32, far_m: f32| {
        let grain = |index: u32| {
            let along_m = if index == 0 { far_m } else { x_m };
            Grain { at_m: [along_m + 0.3 * index as f32, -0.8, 0.5 + 0.1 * (index % 3) as f32], radius_m: 0.06, granulate: 0 }
        };
        Arc::new((0..12).map(grain).collect::<Vec<_>>())
    };
    let camera = built_in("front", &outline(&scenery, &empty), SIZE).expect("it is built in");
    let shown = |grains: &Arc<Vec<Grain>>| Moment { grains: grains.clone(), ..empty.clone() };
    let mut studio = Studio::open(&scenery, SIZE, true).expect("a software adapter is installed");
    fn on_way(studio: &mut Studio, to: &Moment, from: &Arc<Vec<Grain>>, share: f32) -> Vec<u8> {
        studio.stage.show_on_way(to, Some(&(from.clone(), share)), studio.apps.main.world_mut());
        studio.capture().expect("it draws")
    }
    let (begin, end, next) = (row(0.0, 0.0), row(0.4, 2.9), row(-0.2, 0.1));
    let mut outright = |grains: Arc<Vec<Grain>>| studio.shoot(&shown(&grains), &camera).expect("it draws");
    let [early, late, there, back] = [row(0.1, 2.9), row(0.3, 2.9), begin.clone(), row(0.3, 0.0)].map(&mut outright);
    // Either buffer is the latest in turn, and what is left behind is uploaded anew where it is not there.
    let early_on_way = on_way(&mut studio, &shown(&end), &begin, 0.25);
    let late_on_way = on_way(&mut studio, &shown(&end), &begin, 0.75);
    let there_on_way = on_way(&mut studio, &shown(&next), &begin, 0.0);
    let back_on_way = on_way(&mut studio, &shown(&begin), &end, 0.25);
    let differing = |a: &[u8], b: &[u8]| likeness::differing_blocks(a, b, 240);
    assert!(differing(&early, &late) > 30, "they are told apart");
    let found = [(&early, &early_on_way), (&late, &late_on_way), (&there, &there_on_way), (&back, &back_on_way)];
    assert_eq!(found.map(|(outright, on_way)| differing(outright, on_way)), [0; 4]);
}

impl Studio {
    fn put_out_the_sun(&mut self) {
        let world = self.apps.main.world_mut();
        let suns: Vec<Entity> = world.query_filtered::<Entity, With<DirectionalLight>>().iter(world).collect();
        suns.into_iter().for_each(|sun| _ = world.despawn(sun));
    }
}

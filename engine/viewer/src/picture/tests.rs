//! What the comparison of pictures finds out: see `tests/viewer`.

use super::Studio;
use crate::arguments::Size;
use crate::cameras::built_in;
use crate::drawing::outline;
use crate::source::{Line, source_of};
use bevy::prelude::*;
use linetwin_model::Time;

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

impl Studio {
    fn put_out_the_sun(&mut self) {
        let world = self.apps.main.world_mut();
        let suns: Vec<Entity> = world.query_filtered::<Entity, With<DirectionalLight>>().iter(world).collect();
        suns.into_iter().for_each(|sun| _ = world.despawn(sun));
    }
}

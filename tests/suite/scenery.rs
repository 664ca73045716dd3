//! What pictures are made of: every item of every scene is sound, colliders are where physics has them, every element is seen,
//! and whoever looks changes nothing.

use linetwin_compute::kernels::rays::{Shape, Solid};
use linetwin_model::read::{ReadOptions, read};
use linetwin_model::scene::{ElementKind, Shape as PartShape};
use linetwin_sim::port::{Seen, Transport};
use linetwin_sim::view::{Lamp, Lamps, Mesh, Moment, Place, Role, Scenery};
use linetwin_sim::world::ActiveTransport;
use linetwin_sim::{Simulation, SimulationOptions};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Rounding of f32 over the length of a line, and what a roller's bar swings [m].
const TOLERANCE_M: f32 = 1e-4;

type Box3 = [[f32; 3]; 2];

fn scene_paths() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").join("scenes");
    let entries = std::fs::read_dir(folder).expect("the scenes are there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "ron"));
    paths.sort();
    assert!(paths.len() > 50, "the scenes are gone: {paths:?}");
    paths
}

fn simulation(path: &Path) -> Simulation {
    let text = std::fs::read_to_string(path).expect("a scene is readable");
    let reading = read(&path.to_string_lossy(), &text, &ReadOptions::default(), &|path| std::fs::read(path));
    let scene = reading.scene.unwrap_or_else(|| panic!("{}: {:?}", path.display(), reading.diagnostics));
    Simulation::new(Arc::new(scene), SimulationOptions { threads: 1, ..SimulationOptions::default() })
}

fn named(name: &str) -> Simulation {
    simulation(&scene_paths().into_iter().find(|path| path.ends_with(name)).expect("a scene of that name"))
}

fn around(points: impl Iterator<Item = [f32; 3]>) -> Box3 {
    points.fold([[f32::INFINITY; 3], [f32::NEG_INFINITY; 3]], |[low, high], point| {
        [std::array::from_fn(|k| low[k].min(point[k])), std::array::from_fn(|k| high[k].max(point[k]))]
    })
}

fn assert_sound(mesh: &Mesh, what: &str) {
    let count = mesh.points_m.len();
    assert!(!mesh.triangles.is_empty() && mesh.normals.len() == count && mesh.uv_m.len() == count, "{what}: {count} points");
    assert!(mesh.points_m.iter().flatten().chain(mesh.uv_m.iter().flatten()).all(|value| value.is_finite()), "{what} is finite");
    let dot = |a: [f32; 3], b: [f32; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    assert!(mesh.normals.iter().all(|normal| (dot(*normal, *normal) - 1.0).abs() < 1e-4), "{what}: normals have length 1");
    for triangle in &mesh.triangles {
        assert!(triangle.iter().all(|index| (*index as usize) < count), "{what}: {triangle:?} of {count} points");
        let [a, b, c] = triangle.map(|index| mesh.points_m[index as usize]);
        let ([u, v], normal) = ([b, c].map(|p| [p[0] - a[0], p[1] - a[1], p[2] - a[2]]), mesh.normals[triangle[0] as usize]);
        let across = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
        assert!(dot(across, normal) > 0.0, "{what}: a triangle looks the way of its normals");
    }
}

fn assert_items(scenery: &Scenery, moment: &Moment, name: &str) {
    for (index, item) in scenery.items.iter().enumerate() {
        let (place, scale) = item.in_world(&moment.movers);
        let what = format!("{name}: item {index}, {:?} of {:?}", item.role, item.owner);
        assert!(place.position_m.iter().chain(&place.rotation).chain(&scale).all(|value| value.is_finite()), "{what} is somewhere");
        let turn: f32 = place.rotation.iter().map(|part| part * part).sum();
        assert!((turn - 1.0).abs() < 1e-4, "{what} is turned by {turn}");
        // Sheets have two sides, and mesh files may be open.
        if !matches!(item.role, Role::Vessel | Role::Belt { drive: None, .. } | Role::Device | Role::Fixture | Role::Collider) {
            assert!(scenery.meshes[item.mesh].volume_m3() > 0.0, "{what} is inside out");
        }
    }
}

#[test]
fn every_item_of_every_scene_is_sound_and_every_element_is_seen() {
    for path in scene_paths() {
        let simulation = simulation(&path);
        let (scenery, moment, name) = (simulation.scenery(), simulation.moment(), path.display().to_string());
        scenery.meshes.iter().enumerate().for_each(|(index, mesh)| assert_sound(mesh, &format!("{name}: mesh {index}")));
        assert_items(&scenery, &moment, &name);
        let scene = simulation.scene();
        for id in scene.element_ids() {
            let own = scenery.items.iter().filter(|item| item.owner == Seen::Element(id) && item.role != Role::Collider);
            assert!(own.count() > 0, "{name}: nothing is seen of {}", scene.element(id).name);
        }
        assert!(scenery.items.iter().any(|item| item.role == Role::Floor), "{name} has a floor");
        assert_eq!(
            (moment.states.len(), moment.eyes.len(), moment.drives.len()),
            (scene.elements.len(), scene.eyes.len(), scene.drives.len())
        );
        assert_eq!(scenery.parts.len(), scene.part_types.len());
    }
}

/// Of everything that physics meets of the machinery, by owner.
fn met(simulation: &mut Simulation) -> BTreeMap<String, Box3> {
    let transport = &simulation.world().resource::<ActiveTransport>().0;
    let everywhere = [([0.0; 3], 1e9)];
    let solids = transport.solids(true, &everywhere).into_iter().chain(transport.solids(false, &everywhere));
    let mut found: BTreeMap<String, Vec<[f32; 3]>> = BTreeMap::new();
    for (owner, solid) in solids.filter(|(owner, _)| matches!(owner, Seen::Element(_))) {
        found.entry(format!("{owner:?}")).or_default().extend(corners(&solid));
    }
    found.into_iter().map(|(owner, points)| (owner, around(points.into_iter()))).collect()
}

fn corners(solid: &Solid) -> Vec<[f32; 3]> {
    let place = Place { position_m: solid.position_m, rotation: solid.rotation };
    let points = match &solid.shape {
        Shape::Box { half_m } => {
            (0..8).map(|which| std::array::from_fn(|axis| if which >> axis & 1 == 1 { half_m[axis] } else { -half_m[axis] })).collect()
        }
        Shape::Hull { points_m, .. } => points_m.clone(),
        round => unreachable!("no machinery is {round:?}"),
    };
    points.into_iter().map(|point| place.point(point)).collect()
}

/// The same of what pictures say it is.
fn shown(scenery: &Scenery, moment: &Moment) -> BTreeMap<String, Box3> {
    let mut found: BTreeMap<String, Vec<[f32; 3]>> = BTreeMap::new();
    for item in scenery.items.iter().filter(|item| item.role == Role::Collider && item.owner != Seen::Floor) {
        let (place, scale) = item.in_world(&moment.movers);
        if scale[0] > 0.0 {
            let points = scenery.meshes[item.mesh].points_m.iter();
            // A lift's platform is cut at the nose: its mesh is about the middle of what is left.
            let points = points.map(|point| place.point(std::array::from_fn(|axis| point[axis] * scale[axis])));
            found.entry(format!("{:?}", item.owner)).or_default().extend(points);
        }
    }
    found.into_iter().map(|(owner, points)| (owner, around(points.into_iter()))).collect()
}

#[test]
fn colliders_are_shown_where_physics_has_them() {
    let moving = ["lift.ron", "continuous_lift.ron", "turntable.ron", "swingarm.ron", "shoes.ron", "crossbelt.ron", "packaging.ron"];
    for path in scene_paths() {
        let mut simulation = simulation(&path);
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let scenery = simulation.scenery();
        for time_s in [0.0, 6.0] {
            if time_s > 0.0 {
                if !moving.contains(&name.as_str()) {
                    break;
                }
                simulation.run_until(linetwin_model::Time::from_seconds(time_s));
                assert_eq!(simulation.scenery(), scenery, "{name}: what keeps its shape keeps it");
            }
            let (shown, met) = (shown(&scenery, &simulation.moment()), met(&mut simulation));
            assert_eq!(shown.keys().collect::<Vec<_>>(), met.keys().collect::<Vec<_>>(), "{name}");
            for (owner, bounds) in &met {
                let found = &shown[owner];
                let off = (0..2).flat_map(|end| (0..3).map(move |axis| (found[end][axis] - bounds[end][axis]).abs())).fold(0.0, f32::max);
                assert!(off < TOLERANCE_M, "{name} at {time_s} s: {owner} is {off} m off, {found:?} instead of {bounds:?}");
            }
        }
    }
}

#[test]
fn whoever_looks_at_every_step_changes_nothing() {
    for (name, steps) in [("packaging.ron", 2500), ("bulk_screw.ron", 60), ("swingarm.ron", 1500)] {
        let (mut watched, mut alone) = (named(name), named(name));
        let mut most = 0;
        for _ in 0..steps {
            watched.step();
            alone.step();
            let moment = watched.moment();
            assert_eq!(moment.now, watched.now());
            assert!(moment.parts.is_sorted_by(|a, b| a.id < b.id), "{name}: parts come in order");
            most = most.max(moment.parts.len() + moment.grains.len());
        }
        assert!(most > 0, "{name}: something was there to be seen");
        assert_eq!(watched.scenery(), alone.scenery());
        assert_eq!(watched.state_hash(), alone.state_hash(), "{name}: looking changes nothing");
        assert!(watched.save() == alone.save(), "{name}: nor what is saved");
    }
}

/// Every part in a container is where its seat says: within the container's footprint, and above its bottom.
#[test]
fn packed_parts_are_shown_in_their_containers() {
    let mut simulation = named("packing.ron");
    let mut held = 0;
    for second in 1..=90 {
        simulation.run_until(linetwin_model::Time::from_seconds(f64::from(second)));
        let moment = simulation.moment();
        for part in &moment.parts {
            let Some(holder) = part.inside else { continue };
            let holder = moment.part(holder).expect("what holds a shown part is shown");
            let variant = &simulation.scene().part_types[holder.part_type.index()].variants[holder.variant as usize];
            let (PartShape::OpenBox { size_m, .. } | PartShape::Box { size_m }) = &variant.shape else { continue };
            let away: [f32; 3] = std::array::from_fn(|axis| part.place.position_m[axis] - holder.place.position_m[axis]);
            let reach = libm::hypot(size_m[0].mean(), size_m[1].mean()) / 2.0;
            assert!(libm::hypot(f64::from(away[0]), f64::from(away[1])) < reach, "{:?} lies {away:?} m from what holds it", part.id);
            assert!(f64::from(away[2]) > -size_m[2].mean() / 2.0, "{:?} is above the bottom of what holds it", part.id);
            held += 1;
        }
        if held > 50 {
            return;
        }
    }
    panic!("only {held} parts were seen in containers");
}

#[test]
fn a_belt_tells_its_way_and_lamps_follow_the_state() {
    let mut simulation = named("belt.ron");
    let scenery = simulation.scenery();
    simulation.run_until(linetwin_model::Time::from_seconds(5.0));
    let (moment, scene) = (simulation.moment(), simulation.scene());
    let belts = scenery.items.iter().filter_map(|item| match item.role {
        Role::Belt { drive: Some(drive), share } => Some((item, drive, share)),
        _ => None,
    });
    for (item, drive, share) in belts {
        let row = &scene.drives[drive.index()];
        let seen = moment.drive(drive);
        assert!((seen.way_m - row.speed_mps * moment.now.as_seconds()).abs() < 0.01 && share == 1.0, "{seen:?} of {row:?}");
        let mesh = &scenery.meshes[item.mesh];
        let ends = mesh.uv_m.iter().map(|uv| uv[0]).fold((f32::INFINITY, 0.0_f32), |(low, high), u| (low.min(u), high.max(u)));
        assert!((f64::from(ends.1 - ends.0) - (row.end_m - row.start_m)).abs() < 1e-3, "u runs along the belt: {ends:?}");
    }
    let lit = |state| Lamps::of(state).lit;
    use linetwin_sim::event::ElementState;
    assert_eq!(
        [lit(ElementState::Processing), lit(ElementState::Blocked), lit(ElementState::Down)],
        [Some(Lamp::Green), Some(Lamp::Yellow), Some(Lamp::Red)]
    );
    let stations = named("stations.ron");
    let scenery = stations.scenery();
    for id in stations.scene().element_ids() {
        if matches!(stations.scene().element(id).kind, ElementKind::Station(_)) {
            let lamps = scenery.items.iter().filter(|item| item.owner == Seen::Element(id) && matches!(item.role, Role::Lamp(_)));
            assert_eq!(lamps.count(), 4, "a station has a stack light");
        }
    }
}

#[test]
fn a_camera_looks_from_where_the_scene_has_it_and_travels_with_its_platform() {
    let mut simulation = named("cameras.ron");
    let (scene, scenery) = (simulation.scene().clone(), simulation.scenery());
    assert!(scene.cameras.len() == scenery.cameras.len() && scene.cameras.iter().any(|camera| camera.mount.is_some()));
    let start = simulation.moment();
    let mut travelled_m: f32 = 0.0;
    for (camera, viewpoint) in scene.cameras.iter().zip(&scenery.cameras) {
        let pose = camera.mount.map_or(camera.pose, |mount| camera.on(&scene.carriage_middle(mount)));
        let (found, expected) = (viewpoint.in_world(&start.movers), Place::of(&pose));
        let off = (0..3).map(|axis| (found.position_m[axis] - expected.position_m[axis]).abs()).fold(0.0, f32::max);
        let along: f32 = found.rotation.iter().zip(&expected.rotation).map(|(a, b)| a * b).sum();
        assert!(off < TOLERANCE_M && along.abs() > 1.0 - 1e-6, "{}: {found:?}, not {expected:?}", camera.name);
    }
    for second in 1..=60 {
        simulation.run_until(linetwin_model::Time::from_seconds(f64::from(second)));
        let moment = simulation.moment();
        for (camera, viewpoint) in scene.cameras.iter().zip(&scenery.cameras) {
            let (before, now) = (viewpoint.in_world(&start.movers).position_m, viewpoint.in_world(&moment.movers).position_m);
            let way_m = (0..3).map(|axis| (now[axis] - before[axis]).abs()).fold(0.0, f32::max);
            assert!(camera.mount.is_some() || way_m == 0.0, "{} stands", camera.name);
            travelled_m = travelled_m.max(way_m);
        }
    }
    assert!(travelled_m > 0.05, "a camera on a platform travels: {travelled_m} m");
}

/// Grains give way a little where they are pressed against a wall, and clumps are drawn as balls.
#[test]
fn grains_are_not_seen_through_the_wall_that_holds_them() {
    for (name, steps) in [("bulk.ron", 12), ("bulk_clumps.ron", 60)] {
        let mut simulation = named(name);
        (0..steps).for_each(|_| simulation.step());
        let (scenery, moment) = (simulation.scenery(), simulation.moment());
        let scene = simulation.scene();
        let is_hopper = |owner: Seen| matches!(owner, Seen::Element(id) if scene.element(id).family == "Hopper");
        let mantles: Vec<_> =
            scenery.items.iter().filter(|item| item.role == Role::Vessel && item.mover.is_none() && is_hopper(item.owner)).collect();
        assert!(mantles.len() >= 2, "{name}: a cone and a cylinder");
        let (mut near, mut farthest_m) = (0, f32::NEG_INFINITY);
        for item in mantles {
            let mesh = &scenery.meshes[item.mesh];
            let [low, high] = around(mesh.points_m.iter().map(|point| item.place.point(*point)));
            let axis: [f32; 2] = std::array::from_fn(|k| f32::midpoint(low[k], high[k]));
            let within = |at: [f32; 3]| (0..3).all(|k| (low[k]..high[k]).contains(&at[k]));
            for grain in moment.grains.iter().filter(|grain| within(grain.at_m)) {
                for triangle in &mesh.triangles {
                    let [a, b, c] = triangle.map(|index| item.place.point(mesh.points_m[index as usize]));
                    let ([u, v], out) = ([b, c].map(|p| std::array::from_fn(|k| p[k] - a[k])), [a[0] - axis[0], a[1] - axis[1]]);
                    let (u, v): ([f32; 3], [f32; 3]) = (u, v);
                    let normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
                    let length = normal.iter().map(|part| part * part).sum::<f32>().sqrt();
                    let sign = if normal[0] * out[0] + normal[1] * out[1] > 0.0 { 1.0 } else { -1.0 };
                    let away_m = (0..3).map(|k| (grain.at_m[k] - a[k]) * normal[k]).sum::<f32>() * sign / length;
                    farthest_m = farthest_m.max(away_m + grain.radius_m);
                    near += usize::from(away_m + 1.5 * grain.radius_m > 0.0);
                }
            }
        }
        assert!(near > 50, "{name}: {near} grains lie at a wall");
        assert!(farthest_m < 0.0, "{name}: a grain reaches {farthest_m} m through a wall");
    }
}

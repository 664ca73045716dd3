//! scratch
use linetwin_sim::event::EventKind;
use linetwin_sim::*;
use std::collections::BTreeMap;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let text =
        if a[1] == "lanes" { linetwin_tests::lanes::crowded_lanes(a[3].parse().unwrap()) } else { std::fs::read_to_string(&a[1]).unwrap() };
    let scene = linetwin_tests::scene_from(&text);
    let mut s = Simulation::new(scene.clone(), SimulationOptions { threads: 2, ..Default::default() });
    let t: f64 = a[2].parse().unwrap();
    let w = std::time::Instant::now();
    s.run_until(linetwin_model::Time::from_seconds(t));
    let wall = w.elapsed().as_secs_f64();
    let ev = s.take_events();
    let mut m: BTreeMap<String, u64> = BTreeMap::new();
    for e in &ev {
        let k = format!("{:?}", e.kind);
        let k = k.split(' ').next().unwrap().to_string();
        *m.entry(k).or_default() += 1;
        let el = |id: linetwin_model::scene::ElementId| scene.element(id).name.clone();
        match e.kind {
            EventKind::Dropped { element, part } => println!("{:.2} dropped at {} {:?}", e.at.as_seconds(), el(element), part),
            EventKind::JamBegan { element, part } => println!("{:.2} jam at {} {:?}", e.at.as_seconds(), el(element), part),
            EventKind::Misrouted { element, part } => println!("{:.2} misrouted at {} {:?}", e.at.as_seconds(), el(element), part),
            EventKind::Invalid { .. } => println!("{:.2} {:?}", e.at.as_seconds(), e.kind),
            EventKind::StateChanged { element, state, .. } if a.len() > 4 => {
                println!("{:.2} {} {:?}", e.at.as_seconds(), el(element), state)
            }
            _ => {}
        }
    }
    println!("{m:#?} inside {} RTF {:.1} balance {:?}", s.parts().inside(), t / wall, s.parts().balance());
}

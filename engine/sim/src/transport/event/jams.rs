//! Parts that jam as often, and as long, as was measured with contact physics: whether one does is drawn when it comes onto a
//! conveyor, from streams that nothing else draws from. It stands at its place while its conveyor runs under it, until it is cleared
//! or its time is over. Knows nothing of why parts jam.

use super::layout::Zone;
use super::token::Token;
use super::{EQUAL_M, EventTransport};
use crate::incident::{Circumstances, IncidentKind, Touched};
use crate::parts::PartId;
use crate::port::{FactKind, STANDING_AFTER};
use crate::random::Streams;
use linetwin_model::scene::{DriveId, Jamming};
use linetwin_model::{Scene, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Of a scene in which something jams.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Jams {
    streams: Streams,
    /// How often it was drawn for a part: on a loop it comes onto the same conveyor again.
    drawn: BTreeMap<PartId, u32>,
    /// Who jams where it is now, or will.
    jams: Vec<Jam>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Jam {
    part: PartId,
    /// Index into the calibration's jams.
    row: u32,
    at_m: f64,
    /// It stands there, and its conveyor runs under it.
    since: Option<Time>,
    /// It was recognised: when it ends by itself, or never.
    ends_at: Option<Time>,
    /// As long it lasts by itself from when it is recognised; what is left of that, where its conveyor stood in between.
    lasts: Time,
    /// How often clearing it was tried.
    tries: u32,
}

impl Jams {
    /// `None`: nothing jams in this scene.
    pub fn new(scene: &Scene, streams: Streams) -> Option<Box<Jams>> {
        let jams = scene.calibration.as_ref().is_some_and(|calibration| !calibration.jams.is_empty());
        jams.then(|| Box::new(Jams { streams, drawn: BTreeMap::new(), jams: Vec::new() }))
    }

    /// Uniform on (0, 1): for this part, the so many-th time that it came onto a conveyor on which it may jam.
    fn unit(&self, scene: &Scene, row: &Jamming, part: PartId, what: &str) -> f64 {
        let name = |element| scene.element(element).name.as_str();
        let purpose = format!("calibrated {what} {}\0{}", self.drawn.get(&part).unwrap_or(&0), name(part.source));
        self.streams.stream(name(scene.conveyor(row.conveyor).element), &purpose).draw(part.serial).unit()
    }

    /// A part comes onto a lane: will it jam there?
    fn come(&mut self, scene: &Scene, lane: usize, token: &Token) {
        let Some(index) = row_ahead(scene, lane, token, token.motion.x_m) else { return };
        *self.drawn.entry(token.part).or_insert(0) += 1;
        let row = &rows(scene)[index];
        let share = row.share.of(row.share.property.value(token.size_m, token.mass_kg, token.left_m));
        self.draw(scene, index, token.part, "jams", share);
        let is_of_lane = |jam: &Jam| rows(scene)[jam.row as usize].conveyor.index() == lane;
        if self.jams.iter().any(|jam| jam.ends_at.is_some() && is_of_lane(jam)) {
            self.draw(scene, index, token.part, "jams behind", row.share_behind);
        }
    }

    fn draw(&mut self, scene: &Scene, index: usize, part: PartId, what: &str, share: f64) {
        let row = &rows(scene)[index];
        let is_drawn = self.jams.iter().any(|jam| jam.part == part);
        if !is_drawn && self.unit(scene, row, part, what) < share {
            let lasts = |mean_s: f64| Time::from_seconds(-mean_s * libm::log(self.unit(scene, row, part, "jam lasts")));
            let (lasts, row, at_m) = (row.ends_after_s.map_or(Time::MAX, lasts), u32::try_from(index).expect("few rows"), row.at_m);
            self.jams.push(Jam { part, row, at_m, since: None, ends_at: None, lasts, tries: 0 });
        }
    }
}

impl Jam {
    /// Where an attempt to clear it clears so many of such jams.
    fn yields(&mut self, scene: &Scene, of: &Jams, what: &str, share: f64) -> bool {
        self.tries += 1;
        of.unit(scene, &rows(scene)[self.row as usize], self.part, &format!("{what} {}", self.tries)) < share
    }
}

/// Which of the calibration's jams a token is still before.
fn row_ahead(scene: &Scene, lane: usize, token: &Token, x_m: f64) -> Option<usize> {
    let fits = |row: &Jamming| row.conveyor.index() == lane && row.part_type == token.part_type && row.at_m > x_m + EQUAL_M;
    rows(scene).iter().position(fits).filter(|_| !scene.by_contact[lane])
}

fn rows(scene: &Scene) -> &[Jamming] {
    scene.calibration.as_ref().map_or(&[], |calibration| &calibration.jams)
}

impl EventTransport {
    pub(super) fn come_to_jam(&mut self, scene: &Scene, lane: usize, token: &Token) {
        if self.jams.is_some() {
            self.end_jam(scene, token.part);
            self.jams.iter_mut().for_each(|jams| jams.come(scene, lane, token));
        }
    }

    /// The part has left the line.
    pub(super) fn forget_jams(&mut self, part: PartId) {
        self.jams.iter_mut().for_each(|jams| _ = jams.drawn.remove(&part));
    }

    /// Where a part jams, or will, on the lane that it is on.
    pub(super) fn jams_at(&self, part: PartId) -> Option<f64> {
        self.jams.as_ref()?.jams.iter().find(|jam| jam.part == part).map(|jam| jam.at_m)
    }

    fn jam_mut(&mut self, part: PartId) -> Option<&mut Jam> {
        self.jams.as_mut()?.jams.iter_mut().find(|jam| jam.part == part)
    }

    /// When something happens to a token by its jam, given that it stands. A jam is one while the conveyor runs under it.
    pub(super) fn next_of_jam(&mut self, scene: &Scene, lane: usize, index: usize) -> Option<Time> {
        let (now, token) = (self.now, &self.lanes[lane][index]);
        let (part, x_m, stood) = (token.part, token.motion.from(now).x_m, token.told_standing);
        self.jams_at(part).filter(|at_m| x_m >= at_m - EQUAL_M)?;
        let (element, runs) = (self.layout.lanes[lane].element, self.runs(self.layout.lanes[lane].zone_at(x_m)));
        let late = scene.calibration.as_ref().map_or(Time::ZERO, |calibration| calibration.jams_late[lane]);
        let jam = self.jam_mut(part)?;
        if runs {
            // It is found to stand first, as with contact physics.
            let since = *jam.since.get_or_insert(if stood { now } else { now + STANDING_AFTER + late });
            return Some(jam.ends_at.unwrap_or(since + scene.physics.jam_after));
        }
        jam.since = None;
        if let Some(ends_at) = jam.ends_at.take() {
            jam.lasts = if ends_at == Time::MAX { Time::MAX } else { ends_at.since(now) };
            self.report(FactKind::JamEnded { part, element });
        }
        None
    }

    fn runs(&self, zone: &Zone) -> bool {
        zone.by_gravity || self.drives[zone.drive.index()].motion.from(self.now).to_mps > 0.0
    }

    /// A jam is recognised, or ends by itself.
    pub(super) fn happen_to_jam(&mut self, scene: &Scene, lane: usize, index: usize) {
        let (now, token) = (self.now, &self.lanes[lane][index]);
        let (part, element) = (token.part, self.layout.lanes[lane].element);
        let (yaw_rad, friction, x_m) = (token.yaw_rad, token.friction, token.motion.x_m);
        let Some(jam) = self.jam_mut(part) else { return };
        if jam.ends_at.is_some() {
            return self.end_jam(scene, part);
        }
        jam.ends_at = Some(if jam.lasts == Time::MAX { Time::MAX } else { now + jam.lasts });
        let zone = self.layout.lanes[lane].zone_at(x_m);
        let speed_mps = self.drives[zone.drive.index()].motion.from(now).v_mps;
        let circumstances = Circumstances { touched: Touched::Nothing, speed_mps, yaw_rad, friction, ..Circumstances::default() };
        self.report(FactKind::JamBegan { part, element, head: part });
        self.report(FactKind::Incident { kind: IncidentKind::Jam, part, element, circumstances });
        for behind in index + 1..self.lanes[lane].len() {
            let token = &self.lanes[lane][behind];
            let (part, row) = (token.part, row_ahead(scene, lane, token, token.motion.from(now).x_m));
            if let (Some(row), Some(jams)) = (row, &mut self.jams) {
                // The same whenever it is asked: who is behind several draws once.
                jams.draw(scene, row, part, "jams behind", rows(scene)[row].share_behind);
                self.plan_from(scene, lane, behind);
            }
        }
    }

    /// A part does not jam any more, or not where it was.
    pub(super) fn end_jam(&mut self, scene: &Scene, part: PartId) {
        let Some(jams) = &mut self.jams else { return };
        let Some(index) = jams.jams.iter().position(|jam| jam.part == part) else { return };
        let jam = jams.jams.remove(index);
        if jam.ends_at.is_some() {
            let element = scene.conveyor(rows(scene)[jam.row as usize].conveyor).element;
            self.report(FactKind::JamEnded { part, element });
        }
    }

    /// Somebody sets a part straight.
    pub(super) fn straighten(&mut self, scene: &Scene, part: PartId) {
        self.try_to_clear(scene, part, "straightened", |row| row.straightenings_that_clear);
    }

    /// A drive is told to run backwards, which frees some of what has jammed on it.
    pub(super) fn reverse(&mut self, scene: &Scene, drive: DriveId) {
        let lane = scene.drives[drive.index()].conveyor.index();
        let stands = |token: &&Token| {
            let x_m = token.motion.from(self.now).x_m;
            let is_over = self.layout.lanes[lane].zone_at(x_m).drive == drive;
            is_over && self.jams_at(token.part).is_some_and(|at_m| x_m >= at_m - EQUAL_M)
        };
        let jammed: Vec<PartId> = self.lanes[lane].iter().filter(stands).map(|token| token.part).collect();
        for part in jammed {
            self.try_to_clear(scene, part, "reversed", |row| row.reversals_that_clear);
        }
    }

    fn try_to_clear(&mut self, scene: &Scene, part: PartId, what: &str, share: impl Fn(&Jamming) -> f64) {
        let Some(jams) = &self.jams else { return };
        let Some(mut jam) = jams.jams.iter().find(|jam| jam.part == part).copied() else { return };
        let yields = jam.yields(scene, jams, what, share(&rows(scene)[jam.row as usize]));
        *self.jam_mut(part).expect("just found") = jam;
        if yields {
            self.end_jam(scene, part);
            let place = (0..self.lanes.len()).find_map(|lane| Some((lane, self.lanes[lane].iter().position(|token| token.part == part)?)));
            if let Some((lane, index)) = place {
                self.plan_from(scene, lane, index);
            }
        }
    }
}

//! What elements share, checked: crews and the calendar of the plant.

use super::ElementId;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// People of one skill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crew {
    pub name: String,
    /// At least one.
    pub count: u32,
}

/// What a piece of work needs of a crew: one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewNeed {
    pub crew: CrewId,
    /// The highest goes first; of equals, who called first.
    pub priority: i32,
}

/// Index into [`super::Scene::crews`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CrewId(pub u32);

impl CrewId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// When the plant works: the same every day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// What holds from each time of day on, in order; the first begins at zero. Never empty.
    pub changes: Vec<(Time, PlantTime)>,
    /// Time of day at time zero.
    pub starts_at: Time,
    /// Which elements stand outside the shifts and in breaks, in scene order. Never empty.
    pub elements: Vec<ElementId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlantTime {
    Work,
    Break,
    NotScheduled,
}

/// 24 hours.
pub const DAY: Time = Time(86_400 * Time::NANOS_PER_SECOND);

impl Calendar {
    /// What the plant does at an instant of the run, and how long it still does.
    pub fn at(&self, now: Time) -> (PlantTime, Time) {
        let of_day = Time((now + self.starts_at).0 % DAY.0);
        let index = self.changes.partition_point(|(from, _)| *from <= of_day) - 1;
        let next = self.changes.get(index + 1).map_or(DAY, |(from, _)| *from);
        (self.changes[index].1, next - of_day)
    }

    /// How long the plant still works from an instant on; `None` where it does not work, or never stops.
    pub fn works_for(&self, now: Time) -> Option<Time> {
        let mut until = now;
        // A day and the rest of one hold every stop.
        while let (PlantTime::Work, span) = self.at(until) {
            until += span;
            if until.since(now) > DAY + DAY {
                return None;
            }
        }
        Some(until.since(now)).filter(|span| *span > Time::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_repeats_from_the_hour_at_which_the_run_starts() {
        let hours = |hours: u64| Time(hours * 3600 * Time::NANOS_PER_SECOND);
        let changes = vec![(Time::ZERO, PlantTime::NotScheduled), (hours(6), PlantTime::Work), (hours(22), PlantTime::NotScheduled)];
        let calendar = Calendar { changes, starts_at: hours(5), elements: vec![ElementId(0)] };
        for (at, plant, left) in [
            (0, PlantTime::NotScheduled, 1),
            (1, PlantTime::Work, 16),
            (16, PlantTime::Work, 1),
            (17, PlantTime::NotScheduled, 2),
            (19, PlantTime::NotScheduled, 6),
            (25, PlantTime::Work, 16),
        ] {
            assert_eq!(calendar.at(hours(at)), (plant, hours(left)), "after {at} h");
            assert_eq!(calendar.works_for(hours(at)), (plant == PlantTime::Work).then_some(hours(left)), "after {at} h");
        }
        let always = Calendar { changes: vec![(Time::ZERO, PlantTime::Work), (hours(6), PlantTime::Work)], ..calendar };
        assert_eq!(always.works_for(hours(1)), None);
    }
}

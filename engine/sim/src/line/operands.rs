//! The values that conditions of the scene ask for: of a part, and of the line as its controllers see it. Decides nothing.

use super::context::Context;
use crate::event::ElementState;
use crate::parts::{Part, PartId};
use crate::port::{BulkSeen, NANOGRAMS_PER_KG};
use linetwin_model::Time;
use linetwin_model::condition::{Changing, Condition, LineFact, Operand, Values, Verdict};
use linetwin_model::scene::{ConveyorId, ElementId, ElementKind, EyeId, PartTypeId};

/// Whether a condition of the scene holds for a part; no condition always does.
pub(super) fn holds(condition: Option<&Condition>, context: &Context<'_>, id: PartId) -> bool {
    let Some(condition) = condition else { return true };
    let Some(part) = context.parts.get(id) else { return false };
    condition.holds(&LineValues { context, at: context.now, part: Some((id, part)) })
}

/// The truth of a condition about the line alone, at `at`.
pub(super) fn judge(condition: &Condition, context: &Context<'_>, at: Time) -> Verdict {
    condition.judge(&LineValues { context, at, part: None })
}

struct LineValues<'a> {
    context: &'a Context<'a>,
    at: Time,
    part: Option<(PartId, &'a Part)>,
}

impl Values for LineValues<'_> {
    fn part_type(&self) -> Option<PartTypeId> {
        self.subject().map(|(_, part)| part.part_type)
    }

    fn number(&self, operand: Operand) -> Option<Changing> {
        let size_m = |axis: usize| Some(self.part?.1.shape.size_m()[axis]);
        let value = match operand {
            Operand::Attribute(attribute) => self.subject()?.1.attributes.get(&attribute).copied(),
            Operand::MassKg => self.part.map(|(_, part)| part.mass_kg),
            Operand::LengthM => size_m(0),
            Operand::WidthM => size_m(1),
            Operand::HeightM => size_m(2),
            Operand::Loaded => self.part.map(|(_, part)| f64::from(u8::from(!part.content.is_empty()))),
            Operand::Order => self.order().map(f64::from),
            // Far below 2^53.
            Operand::Wip => Some(self.context.parts.balance().inside() as f64),
            Operand::TimeS => return Some(growing(self.at)),
            Operand::BlockedForS(eye) => return self.eye_span(eye, true),
            Operand::ClearForS(eye) => return self.eye_span(eye, false),
            Operand::NearestM(element) => self.context.board.nearest_m.get(&element).copied(),
            Operand::Parts(element) => Some(f64::from(self.context.board.load(element).parts)),
            // A count stays far below 2^53.
            Operand::Count(element) => Some(self.context.board.count(element) as f64),
            Operand::FlowKgps(element) => Some(self.bulk(element).1.flow_ngps as f64 / NANOGRAMS_PER_KG),
            Operand::WeighedKg(element) => {
                let (since, BulkSeen { weighed_ng, weighed_ngps, .. }) = self.bulk(element);
                return Some(self.flowing(weighed_ng as f64, weighed_ngps as f64, since));
            }
            Operand::ContentKg(element) => {
                let (since, BulkSeen { content_ng, content_ngps, .. }) = self.bulk(element);
                return Some(self.flowing(content_ng as f64, content_ngps as f64, since));
            }
            Operand::PositionM(element) => self.context.encoder_m(element),
            Operand::SpeedMps(element) if self.context.encoder_mps(element).is_some() => self.context.encoder_mps(element),
            Operand::SpeedMps(element) => {
                let drive = *self.context.scene.conveyor(self.conveyor(element)?).drives.first()?;
                Some(self.context.io.speed_mps(drive))
            }
        };
        value.map(Changing::constant)
    }

    fn is(&self, fact: LineFact) -> bool {
        match fact {
            LineFact::Blocked(element) => self.eye(element).is_some_and(|eye| self.context.board.eye(eye).blocked),
            LineFact::State { element, state } => self.context.board.state(element) == Some(ElementState::ALL[usize::from(state)]),
            LineFact::Running(element) => self
                .conveyor(element)
                .is_some_and(|conveyor| self.context.scene.conveyor(conveyor).drives.iter().any(|&drive| self.context.io.runs(drive))),
        }
    }
}

impl LineValues<'_> {
    /// A carrier stands for what it holds: its attributes and its type are those of its content, where it has any.
    fn subject(&self) -> Option<(PartId, &Part)> {
        let (_, part) = self.part?;
        let carries = self.context.scene.part_types[part.part_type.index()].nest.is_some();
        let content = part.content.first().filter(|_| carries).and_then(|id| Some((*id, self.context.parts.get(*id)?)));
        content.or(self.part)
    }

    /// Number of the order that it was made for.
    fn order(&self) -> Option<u32> {
        let (id, _) = self.subject()?;
        let ElementKind::Source(source) = &self.context.scene.element(id.source).kind else { return None };
        source.order_of(u64::from(id.serial)).map(|order| source.orders[order].number)
    }

    fn eye(&self, element: ElementId) -> Option<EyeId> {
        match &self.context.scene.element(element).kind {
            ElementKind::Eye(eye) => Some(*eye),
            ElementKind::Lidar(lidar) => lidar.eye,
            _ => None,
        }
    }

    fn eye_span(&self, element: ElementId, blocked: bool) -> Option<Changing> {
        let eye = self.context.board.eye(self.eye(element)?);
        Some(if eye.blocked == blocked { growing(self.at.since(eye.since)) } else { Changing::constant(0.0) })
    }

    fn bulk(&self, element: ElementId) -> (Time, BulkSeen) {
        self.context.board.bulk.get(&element).copied().unwrap_or_default()
    }

    /// A mass [ng] that was seen then, and has changed since at this rate [ng/s], in kilograms.
    fn flowing(&self, mass_ng: f64, per_s: f64, since: Time) -> Changing {
        let (value, per_s) = ((mass_ng + per_s * self.at.since(since).as_seconds()) / NANOGRAMS_PER_KG, per_s / NANOGRAMS_PER_KG);
        Changing { value, per_s, holds_for: Time::MAX }
    }

    fn conveyor(&self, element: ElementId) -> Option<ConveyorId> {
        self.context.scene.conveyors.iter().position(|conveyor| conveyor.element == element).map(ConveyorId::from_index)
    }
}

/// A span that grows with time.
fn growing(span: Time) -> Changing {
    Changing { value: span.as_seconds(), per_s: 1.0, holds_for: Time::MAX }
}

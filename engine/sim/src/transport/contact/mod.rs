//! Placeholder until the real transport lands: whoever brings it replaces this whole file.
use crate::parts::*;
use crate::port::*;
use linetwin_model::{Scene, Time};
#[derive(serde::Serialize, serde::Deserialize)]
pub struct ContactTransport {}
impl ContactTransport {
    pub fn new(_: &Scene, _: usize) -> Self {
        ContactTransport {}
    }
    pub fn resume(&mut self, _: &Scene, _: usize) {}
}
impl Transport for ContactTransport {
    fn accept(&mut self, _: &Scene, _: &Parts, _: &[Wish], _: Time) {}
    fn advance(&mut self, _: &Scene, _: Time, _: Time) {}
    fn sense(&mut self, _: &Scene, _: Time, _: Time, _: &mut Vec<Fact>) {}
    fn next_fact_at(&self) -> Option<Time> {
        None
    }
    fn motions(&self, _: &mut Vec<(PartId, PartMotion)>) {}
    fn drive_work_j(&self) -> &[f64] {
        &[]
    }
    fn hash_state(&self, _: &mut blake3::Hasher) {}
}

//! The separator of a blade: while a part that was let out clears the blade, the parts that touch it from behind are
//! braked, as the brake pads of an escapement do. In a queue without gaps no blade could rise between two cartons
//! otherwise. Knows nothing about when a blade lets go.

use super::body::Along;
use super::crowd::Occupants;
use crate::parts::PartId;
use linetwin_model::scene::{Spot, SpotId};

/// Gap that the blade needs behind the part let out [m]: its own thickness and what the trailing face of a turned
/// carton sticks out.
const STANDING_GAP_M: f64 = 0.05;
/// And what the next part moves while the blade comes up [s].
const RISE_S: f64 = 0.05;
/// What a brake pad holds, over the weight of the part on it [-]. A queue pushes with friction x weight of each part
/// in it, so that pads of 6 hold a dozen cartons behind the braked one on a belt of friction 0.5.
pub const PAD_FRICTION: f32 = 6.0;

/// Source and serial of a part, as colliders carry them.
pub type PartTag = [u32; 2];

/// The parts behind `leader`, let out by the blade of `spot`, that are so close that they must be braked, on a conveyor that runs with
/// `speed_mps`.
pub fn too_close<'a>(
    leader: PartId,
    (id, spot): (SpotId, &'a Spot),
    speed_mps: f64,
    occupants: Occupants<'a>,
) -> impl Iterator<Item = PartTag> + 'a {
    let gap_m = STANDING_GAP_M + RISE_S * speed_mps.abs();
    // Where the leader has gone on to the next conveyor, the others are seen from there; where it has gone round a corner, its
    // tail is still known from the blade.
    let straight = occupants.get(leader).into_iter().flat_map(|leader| leader.views.iter().map(move |view| (leader, view)));
    let straight = straight.map(|(from, view)| (view.lane, from.along.shifted(view.offset_m)));
    let cornered = occupants.passing(id).filter(move |passer| passer.body.id == leader && passer.along.is_none());
    let cornered = cornered.map(|passer| {
        let (trail_m, lead_m) = (spot.end_m + passer.trail_beyond_m, spot.end_m + passer.lead_beyond_m);
        (spot.host.0, Along { trail_m, centre_m: f64::midpoint(trail_m, lead_m), lead_m })
    });
    straight.chain(cornered).flat_map(move |(lane, ahead)| {
        occupants.on_lane(lane).filter_map(move |body| {
            let behind = body.along_on(lane).next()?;
            let close = body.id != leader && behind.centre_m < ahead.centre_m && behind.lead_m > ahead.trail_m - gap_m;
            close.then_some([body.id.source.0, body.id.serial])
        })
    })
}

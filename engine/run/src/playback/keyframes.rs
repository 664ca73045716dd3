//! States to go back to: snapshots in memory, compressed and thinned out under a limit of bytes, so that the way from the
//! nearest one stays about as long everywhere. Where they lie depends on how fast the machine is; what is found from them
//! does not.

use linetwin_model::Time;
use std::collections::BTreeMap;
use std::time::Duration;

/// The fastest: what is saved is mostly floats, and a keyframe must cost little beside the steps.
const COMPRESSION_LEVEL: i32 = 1;
/// Time to make keyframes over time to step [-]; a jump back so costs at most about this many keyframes' time in steps.
const STEPPING_PER_KEYFRAME: u32 = 50;
/// No two closer than this: nobody waits for the steps of a second.
const CLOSEST: Time = Time(Time::NANOS_PER_SECOND);

pub struct Keyframes {
    /// By steps done.
    frames: BTreeMap<u64, Vec<u8>>,
    bytes: usize,
    limit_bytes: usize,
    /// What the last one cost.
    cost: Duration,
    /// Time spent in steps since then.
    stepped: Duration,
}

impl Keyframes {
    pub fn new(limit_bytes: usize) -> Self {
        Keyframes { frames: BTreeMap::new(), bytes: 0, limit_bytes, cost: Duration::ZERO, stepped: Duration::ZERO }
    }

    /// A step was done that took so long.
    pub fn stepped(&mut self, took: Duration) {
        self.stepped += took;
    }

    /// Whether one belongs after `step` steps, which is at `now`; `time_of` gives the instant of a step.
    pub fn is_due(&self, step: u64, now: Time, time_of: impl Fn(u64) -> Time) -> bool {
        let nearest_before = self.frames.range(..=step).next_back().map_or(0, |(step, _)| *step);
        let nearest_after = self.frames.range(step..).next().map(|(step, _)| *step);
        self.stepped >= self.cost * STEPPING_PER_KEYFRAME
            && now.since(time_of(nearest_before)) >= CLOSEST
            && nearest_after.is_none_or(|after| time_of(after).since(now) >= CLOSEST)
    }

    /// Keeps the state after `step` steps, which took `cost` to save; its compression is added to that.
    pub fn keep(&mut self, step: u64, state: &[u8], began: std::time::Instant) {
        let packed = zstd::encode_all(state, COMPRESSION_LEVEL).expect("compressing memory to memory");
        self.bytes += packed.len();
        if let Some(before) = self.frames.insert(step, packed) {
            self.bytes -= before.len();
        }
        self.thin_out();
        (self.cost, self.stepped) = (began.elapsed(), Duration::ZERO);
    }

    /// The one whose neighbours lie closest together goes, until the rest has room. The first and the last stay.
    fn thin_out(&mut self) {
        while self.bytes > self.limit_bytes && self.frames.len() > 2 {
            let steps: Vec<u64> = self.frames.keys().copied().collect();
            let gaps = steps.windows(3).map(|three| (three[2] - three[0], three[1]));
            let (_, goes) = gaps.min().expect("more than two are there");
            self.bytes -= self.frames.remove(&goes).map_or(0, |frame| frame.len());
        }
    }

    /// Steps of the last one at or before `step`.
    pub fn at_or_before(&self, step: u64) -> Option<u64> {
        self.frames.range(..=step).next_back().map(|(step, _)| *step)
    }

    /// The state after exactly `step` steps.
    pub fn state(&self, step: u64) -> Option<Vec<u8>> {
        let packed = self.frames.get(&step)?;
        Some(zstd::decode_all(packed.as_slice()).expect("what was compressed here can be decompressed"))
    }

    /// Forgets what lies after `step`.
    pub fn cut(&mut self, step: u64) {
        let gone = self.frames.split_off(&(step + 1));
        self.bytes -= gone.values().map(Vec::len).sum::<usize>();
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    /// Bytes that do not compress.
    fn state(step: u64) -> Vec<u8> {
        (0..100).flat_map(|index| *blake3::hash(&[step, index].map(u64::to_le_bytes).concat()).as_bytes()).collect()
    }

    #[test]
    fn a_full_store_stays_within_its_limit_and_covers_everything() {
        let mut keyframes = Keyframes::new(20 * state(0).len());
        for step in (0..100_000).step_by(100) {
            keyframes.keep(step, &state(step), Instant::now());
            assert!(keyframes.bytes() <= 20 * state(0).len());
        }
        let steps: Vec<u64> = keyframes.frames.keys().copied().collect();
        assert!(steps.len() > 15 && steps[0] == 0 && steps.last() == Some(&99_900), "{steps:?}");
        let widest = steps.windows(2).map(|pair| pair[1] - pair[0]).max().expect("many");
        assert!(widest <= 100_000 / 5, "{steps:?}");
        for step in &steps {
            assert_eq!(keyframes.state(*step), Some(state(*step)));
        }
        assert_eq!(keyframes.at_or_before(99_999), Some(99_900));
        keyframes.cut(steps[3]);
        assert_eq!(keyframes.frames.keys().copied().collect::<Vec<_>>(), steps[..=3]);
        assert_eq!(
            keyframes.bytes(),
            steps[..=3].iter().map(|step| zstd::encode_all(&state(*step)[..], 1).expect("memory").len()).sum::<usize>()
        );
    }
}

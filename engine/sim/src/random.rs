//! Counter-based random streams (Philox 4x32-10). A stream is named by (seed, replication, name, purpose); a draw by its
//! index. Draw k of a stream owns its own counter blocks, so rejection sampling or a part that comes earlier never
//! shifts another draw, and two variants of a scene share common random numbers for free. Knows no distribution.

use blake3::hazmat::HasherExt;
use rand_philox::Philox;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;

/// Blocks reserved for one draw: 2^32 blocks of four words, more than any rejection loop can use.
const BLOCK_BITS_PER_DRAW: u32 = 32;

/// Blocks of one component of a draw: 2^30, so that a draw has up to four of them.
const BLOCK_BITS_PER_COMPONENT: u32 = 30;

/// One named stream of independent draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    key: [u32; 2],
    /// Upper half of the 128-bit counter.
    high: u64,
}

/// What all streams are derived from, worked out once.
static CONTEXT: OnceLock<blake3::hazmat::ContextKey> = OnceLock::new();

/// Names every stream of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Streams {
    pub seed: u64,
    pub replication: u32,
}

impl Streams {
    /// The stream of `name` (an element's path or a `stream:` of the scene) for `purpose`.
    pub fn stream(&self, name: &str, purpose: &str) -> Stream {
        let context = CONTEXT.get_or_init(|| blake3::hazmat::hash_derive_key_context("linetwin random stream v1"));
        let mut hasher = blake3::Hasher::new_from_context_key(context);
        hasher.update(&self.seed.to_le_bytes()).update(&self.replication.to_le_bytes());
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes()).update(purpose.as_bytes());
        let bytes = hasher.finalize();
        let word = |at: usize| u32::from_le_bytes(bytes.as_bytes()[at..at + 4].try_into().expect("four bytes"));
        Stream { key: [word(0), word(4)], high: u64::from(word(8)) << 32 | u64::from(word(12)) }
    }
}

/// Streams of elements that were worked out before, by element and purpose. No state: what it does not hold is worked out again.
#[derive(Clone, Debug, Default)]
pub struct KnownStreams {
    by_element: Vec<Vec<(Box<str>, Stream)>>,
}

impl PartialEq for KnownStreams {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// So many purposes of an element are kept: those that name a part never end.
const PURPOSES_KEPT: usize = 32;

impl KnownStreams {
    /// The stream of the element with this index, or what `work_out` says it is.
    pub fn get(&mut self, element: usize, purpose: &str, work_out: impl FnOnce() -> Stream) -> Stream {
        if self.by_element.len() <= element {
            self.by_element.resize_with(element + 1, Vec::new);
        }
        let known = &mut self.by_element[element];
        if let Some((_, stream)) = known.iter().find(|(known, _)| **known == *purpose) {
            return *stream;
        }
        let stream = work_out();
        if known.len() < PURPOSES_KEPT {
            known.push((purpose.into(), stream));
        }
        stream
    }
}

impl Stream {
    /// The words of draw `index`: a part's serial, or the count of a failure.
    pub fn draw(&self, index: u32) -> Draw {
        self.component(index, 0)
    }

    /// The words of one number among up to four that are drawn together (the sides of a box), so that how one of them is
    /// drawn never shifts the others.
    pub fn component(&self, index: u32, component: u32) -> Draw {
        assert!(component >> (BLOCK_BITS_PER_DRAW - BLOCK_BITS_PER_COMPONENT) == 0, "a draw has at most four components");
        let block = u128::from(index) << BLOCK_BITS_PER_DRAW | u128::from(component) << BLOCK_BITS_PER_COMPONENT;
        Draw { words: Philox::new(self.key, u128::from(self.high) << 64 | block) }
    }
}

/// The words that belong to one draw.
pub struct Draw {
    words: Philox,
}

impl Draw {
    /// Uniform on the open interval (0, 1), on a grid of 2^-53.
    pub fn unit(&mut self) -> f64 {
        let bits = self.words.next_u64() >> 11;
        // 53 bits, centred by half a step: neither 0 nor 1 can come out, which logarithms rely on. At the very top the
        // half is rounded away, so the largest value is the last number below 1.
        let value = (bits as f64 + 0.5) / 9_007_199_254_740_992.0;
        value.min(1.0 - f64::EPSILON / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers of Random123 (Salmon et al. 2011) for Philox 4x32-10, so that the crate can be replaced.
    #[test]
    fn the_generator_gives_the_published_answers() {
        assert_eq!(rand_philox::philox4x32_10([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let ones = rand_philox::philox4x32_10([u32::MAX; 4], [u32::MAX; 2]);
        assert_eq!(ones, [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
        let pi = rand_philox::philox4x32_10([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]);
        assert_eq!(pi, [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]);
    }

    #[test]
    fn components_of_a_draw_and_the_next_draw_share_no_words() {
        let stream = Streams { seed: 7, replication: 0 }.stream("infeed", "size");
        let first_words = |mut draw: Draw| -> Vec<u64> { (0..1000).map(|_| draw.unit().to_bits()).collect() };
        let mut words: Vec<u64> = (0..4).flat_map(|component| first_words(stream.component(3, component))).collect();
        words.extend(first_words(stream.draw(4)));
        words.sort_unstable();
        words.dedup();
        // 53 random bits each: two equal ones among 5000 come once in a billion seeds.
        assert_eq!(words.len(), 5000);
    }

    #[test]
    fn a_draw_depends_on_its_name_and_index_alone() {
        let streams = Streams { seed: 7, replication: 0 };
        let stream = streams.stream("infeed", "interarrival");
        let third = stream.draw(3).unit();
        let mut long = stream.draw(2);
        for _ in 0..1000 {
            long.unit();
        }
        assert_eq!(stream.draw(3).unit(), third);
        assert_ne!(streams.stream("infeed", "mass").draw(3).unit(), third);
        assert_eq!(stream.component(3, 0).unit(), third);
        assert_ne!(Streams { seed: 7, replication: 1 }.stream("infeed", "interarrival").draw(3).unit(), third);
    }
}

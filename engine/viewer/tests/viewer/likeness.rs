//! Whether two pictures show the same: small blocks are compared by their mean colours, so that another adapter's edges count as
//! equal, and anything moved, missing or lit otherwise does not.

/// Side of a block [px].
const BLOCK_PX: usize = 4;
/// Of the mean of a channel, of 255.
const TOLERANCE: u32 = 14;
/// So many may differ all the same.
pub const BLOCKS_ALLOWED: usize = 2;

/// Of two pictures of red, green, blue, equally large.
pub fn differing_blocks(a: &[u8], b: &[u8], width: usize) -> usize {
    assert_eq!(a.len(), b.len(), "pictures of one size are compared");
    let height = a.len() / 3 / width;
    let mean = |picture: &[u8], left: usize, upper: usize, channel: usize| {
        let (mut sum, mut count) = (0, 0);
        for row in upper..(upper + BLOCK_PX).min(height) {
            for column in left..(left + BLOCK_PX).min(width) {
                sum += u32::from(picture[(row * width + column) * 3 + channel]);
                count += 1;
            }
        }
        sum / count
    };
    let blocks = (0..height).step_by(BLOCK_PX).flat_map(|upper| (0..width).step_by(BLOCK_PX).map(move |left| (left, upper)));
    blocks.filter(|&(left, upper)| (0..3).any(|c| mean(a, left, upper, c).abs_diff(mean(b, left, upper, c)) > TOLERANCE)).count()
}

//! Fixed point: what is summed over contacts or carried from step to step is an integer, so that the order of a sum and
//! who computes it cannot show in a result.

/// 1.5 * 2^52: a double of this size has a last bit worth 1, so adding it rounds to an integer, halves to even.
const MAGIC: f64 = 6_755_399_441_055_744.0;
const MAGIC_BITS: i64 = MAGIC.to_bits() as i64;

/// Integers that pass through a double keep below this; what grows past it is reported, never wrapped in silence.
pub const LARGEST: i64 = 1 << 51;

/// `value` rounded to the nearest integer, halves to even; meaningless, but past [`LARGEST`], where it is not finite or
/// too large. Written so that every instruction set since SSE2 does it in packed form.
#[inline(always)]
pub fn to_fixed(value: f32) -> i64 {
    ((f64::from(value) + MAGIC).to_bits() as i64).wrapping_sub(MAGIC_BITS)
}

/// The same where the result is known to fit 32 bits.
#[inline(always)]
pub fn to_fixed_32(value: f32) -> i32 {
    (f64::from(value) + MAGIC).to_bits() as i32
}

/// The single nearest to `value`, which is below [`LARGEST`].
#[inline(always)]
pub fn to_float(value: i64) -> f32 {
    (f64::from_bits(value.wrapping_add(MAGIC_BITS) as u64) - MAGIC) as f32
}

/// The smallest power of two that is at least `value`.
pub fn power_of_two_above(value: f64) -> f64 {
    let mut power = 1.0f64;
    while power < value {
        power *= 2.0;
    }
    while power * 0.5 >= value {
        power *= 0.5;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_round_as_the_plain_ones_do() {
        let mut bits = 1u32;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = f32::from_bits(bits);
            if value.abs() < 2.0e15 {
                assert_eq!(to_fixed(value), f64::from(value).round_ties_even() as i64, "{value}");
            }
            let whole = (i64::from(bits) * 524_287) - (1 << 50);
            assert_eq!(to_float(whole), whole as f32, "{whole}");
        }
        assert_eq!([to_fixed(0.5), to_fixed(1.5), to_fixed(-0.5), to_fixed(-2.5)], [0, 2, 0, -2]);
        for lost in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30] {
            assert!(to_fixed(lost).unsigned_abs() >= LARGEST as u64, "{lost}");
        }
        assert_eq!([power_of_two_above(3.0), power_of_two_above(0.25), power_of_two_above(0.26)], [4.0, 0.25, 0.5]);
    }
}

//! What one PTX instruction computes. Floats are IEEE to the bit; the parser has refused what NVIDIA leaves open.

use super::{Op, Round, Type};

pub fn mask_to(v: u64, ty: Type) -> u64 {
    if ty.size() == 8 { v } else { v & ((1u64 << ty.bits()) - 1) }
}
pub fn sext(v: u64, ty: Type) -> i64 {
    let s = 64 - ty.bits();
    ((v << s) as i64) >> s
}
pub fn f32v(v: u64) -> f32 {
    f32::from_bits(v as u32)
}
pub fn f64v(v: u64) -> f64 {
    f64::from_bits(v)
}
pub fn fb(v: f32) -> u64 {
    v.to_bits() as u64
}

pub fn float32(op: Op, x: f32, y: f32, z: f32) -> f32 {
    match op {
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::MulLo => x * y,
        Op::Div => x / y,
        Op::Fma => x.mul_add(y, z),
        Op::Sqrt => x.sqrt(),
        Op::Rcp => 1.0 / x,
        Op::Neg => -x,
        Op::Abs => x.abs(),
        // a NaN operand loses; -0 < +0
        Op::Min => {
            if y.is_nan() || x < y || (x == y && x.is_sign_negative()) {
                x
            } else {
                y
            }
        }
        Op::Max => {
            if y.is_nan() || x > y || (x == y && x.is_sign_positive()) {
                x
            } else {
                y
            }
        }
        _ => unreachable!("{op:?} on f32 passed the parser"),
    }
}
pub fn float64(op: Op, x: f64, y: f64, z: f64) -> f64 {
    match op {
        Op::Add => x + y,
        Op::Sub => x - y,
        Op::MulLo => x * y,
        Op::Div => x / y,
        Op::Fma => x.mul_add(y, z),
        Op::Sqrt => x.sqrt(),
        Op::Rcp => 1.0 / x,
        Op::Neg => -x,
        Op::Abs => x.abs(),
        Op::Min => x.min(y),
        Op::Max => x.max(y),
        _ => unreachable!("{op:?} on f64 passed the parser"),
    }
}
pub fn int(op: Op, ty: Type, x: u64, y: u64, z: u64) -> u64 {
    let (sx, sy) = (sext(x, ty), sext(y, ty));
    let (ux, uy) = (mask_to(x, ty), mask_to(y, ty));
    let wide = |x: u64, y: u64| {
        if ty.signed() { (sext(x, ty) as i128 * sext(y, ty) as i128) as u128 } else { mask_to(x, ty) as u128 * mask_to(y, ty) as u128 }
    };
    match op {
        Op::Add => x.wrapping_add(y),
        Op::Sub => x.wrapping_sub(y),
        Op::MulLo => x.wrapping_mul(y),
        Op::MulHi => (wide(x, y) >> ty.bits()) as u64,
        Op::MulWide => wide(x, y) as u64,
        Op::MadLo => x.wrapping_mul(y).wrapping_add(z),
        Op::MadWide => (wide(x, y) as u64).wrapping_add(z),
        Op::Div => {
            if uy == 0 {
                u64::MAX
            } else if ty.signed() {
                sx.wrapping_div(sy) as u64
            } else {
                ux / uy
            }
        }
        Op::Rem => {
            if uy == 0 {
                ux
            } else if ty.signed() {
                sx.wrapping_rem(sy) as u64
            } else {
                ux % uy
            }
        }
        Op::Neg => (sx as u64).wrapping_neg(),
        Op::Abs => sx.unsigned_abs(),
        Op::Min => {
            if ty.signed() {
                sx.min(sy) as u64
            } else {
                ux.min(uy)
            }
        }
        Op::Max => {
            if ty.signed() {
                sx.max(sy) as u64
            } else {
                ux.max(uy)
            }
        }
        Op::And => x & y,
        Op::Or => x | y,
        Op::Xor => x ^ y,
        Op::Not => !x,
        Op::Shl => {
            let n = y & 0xffff_ffff;
            if n >= ty.bits() as u64 { 0 } else { x << n }
        }
        Op::Shr => {
            let n = (y & 0xffff_ffff).min(ty.bits() as u64);
            if ty.signed() {
                (sx >> n.min(63)) as u64
            } else if n >= ty.bits() as u64 {
                0
            } else {
                ux >> n
            }
        }
        Op::Popc => ux.count_ones() as u64,
        Op::Clz => (ux.leading_zeros() - (64 - ty.bits())) as u64,
        _ => unreachable!("{op:?} on an integer passed the parser"),
    }
}
pub fn convert(v: u64, from: Type, to: Type, r: Round) -> u64 {
    let int_in = || if from.signed() { sext(v, from) as i128 } else { mask_to(v, from) as i128 };
    let float_in = || if from == Type::F32 { f32v(v) as f64 } else { f64v(v) };
    let rounded = |x: f64| match r {
        Round::Rni => x.round_ties_even(),
        Round::Rzi | Round::Rz => x.trunc(),
        Round::Rmi => x.floor(),
        Round::Rpi => x.ceil(),
        _ => x,
    };
    match (from.float(), to.float()) {
        (false, false) => int_in() as u64,
        (false, true) => {
            if to == Type::F32 {
                let x = int_in();
                fb(if from.signed() { x as i64 as f32 } else { x as u64 as f32 })
            } else {
                (int_in() as f64).to_bits()
            }
        }
        (true, true) => {
            let x = rounded(float_in());
            if to == Type::F32 { fb(x as f32) } else { x.to_bits() }
        }
        (true, false) => {
            let x = rounded(float_in());
            if x.is_nan() {
                return if from == Type::F64 || to.size() == 8 { 1 << (to.bits() - 1) } else { 0 };
            }
            let (lo, hi) =
                if to.signed() { (-(1i128 << (to.bits() - 1)), (1i128 << (to.bits() - 1)) - 1) } else { (0, (1i128 << to.bits()) - 1) };
            (x as i128).clamp(lo, hi) as u64
        }
    }
}

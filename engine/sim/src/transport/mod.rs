//! What moves parts: `contact` (rigid bodies), `fixed_time` (a stand-in for tests of the line). Each implements
//! [`crate::port::Transport`]; none knows the line's logic.

pub mod contact;
pub mod fixed_time;

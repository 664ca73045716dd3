//! The program `linetwin-viewer` from outside. Wants a Vulkan adapter: Mesa's lavapipe will do, and is used even where there is a GPU.

mod desk;
mod films;
mod likeness;
mod lost;
mod pictures;
mod program;
mod runs;
mod truth;
mod usage;
mod window;

//! Batches promise the same bits on a processor and on CUDA, and survive what a device can do to them. No GPU is needed: a
//! TEST DOUBLE stands in the place of libcuda, runs the kernels as the host's compiler built them (`native`) or interprets
//! the committed PTX (`ptx`), and injects faults. What passes here is the host's logic, the kernels' arithmetic and the
//! compiler's output; never a device, its driver, its timing or its memory model.
//!
//! A test that needs the double runs itself again as a child process ([`probe`]), because a lost device is lost for the whole
//! process, and because settings are read once.
//!
//! WGSL runs on Mesa's software adapter where it is installed, with the same bits; elsewhere those tests print SKIPPED.

mod adapters;
mod checkers;
mod faults;
mod images;
mod native;
mod overlaps;
mod pairs;
mod parity;
mod particles;
mod policy;
mod probe;
mod rays;
mod runs;
mod shaders;

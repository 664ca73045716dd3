//! SIGINT and SIGTERM become a flag that the run asks between two steps; a second signal ends the process at once.

use signal_hook::consts::{SIGINT, SIGTERM};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// 128 + SIGINT, as shells expect it.
const INTERRUPTED: i32 = 130;

/// Set when the run should stop at the next step.
pub fn install_interrupt_flag() -> io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the shutdown sees the flag as the first signal left it, so only a second one kills.
        signal_hook::flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&flag))?;
        signal_hook::flag::register(signal, Arc::clone(&flag))?;
    }
    Ok(flag)
}

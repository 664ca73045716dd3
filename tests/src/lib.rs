//! The rig: what several tests and benches share (finding scenes and files, building small scenes, running them).

//! A transport without physics, for tests of line logic: every conveyor is passed in length / speed.

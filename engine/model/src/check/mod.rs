//! From the written scene to the checked one: names become ids, ports must meet, all problems are reported at once.

//! The two databases: `state.db` (what must survive a power cut) and `logs.db` (consoles).
//!
//! In: typed records. Out: the same records after a restart. Rows are converted once, here.
//! Must not know: what a state means, who asks, processes.

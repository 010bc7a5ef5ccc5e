//! Any bytes as a VSS JSON model.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vehicle_edge_fuzz::check("model.json", data));

//! Any bytes as a vspec model, with an overlay, includes and units where the input has them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vehicle_edge_fuzz::check("model.vspec", data));

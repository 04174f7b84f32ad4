#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dataproduct_compat_fuzz::parse(bytes));

#![no_main]

use dataproduct_compat_fuzz::{parse, watched};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| watched(parse, bytes));

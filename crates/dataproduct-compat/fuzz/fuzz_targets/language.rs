#![no_main]

use dataproduct_compat_fuzz::{language, watched};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| watched(language, bytes));

#![no_main]

use dataproduct_compat_fuzz::{diff, watched};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| watched(diff, bytes));

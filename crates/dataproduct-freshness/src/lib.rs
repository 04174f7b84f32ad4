//! Time in a data mesh: clock, watermark, age, and readings that say how fresh they are.

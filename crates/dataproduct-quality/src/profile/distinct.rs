//! How many different values there are: exactly up to a bound, then as an estimate.

use super::hash::Fingerprints;

/// The number of different values of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distinct {
    /// How many there are.
    pub values: u64,
    /// Whether that is exact; an estimate is off by about one percent.
    pub is_exact: bool,
}

/// Bits of a fingerprint that choose a register of the estimate.
const REGISTER_BITS: u32 = 14;
const REGISTERS: usize = 1 << REGISTER_BITS;

/// Counts different fingerprints.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    exact: Option<Fingerprints>,
    /// The longest run of zeros seen by each register, once there are too many values to keep.
    registers: Vec<u8>,
    limit: usize,
}

impl Counter {
    /// A counter that is exact up to `limit` values.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            exact: Some(Fingerprints::default()),
            registers: Vec::new(),
            limit,
        }
    }

    pub(super) fn add(&mut self, fingerprint: u64) {
        let Some(exact) = &mut self.exact else {
            return self.register(fingerprint);
        };
        exact.insert(fingerprint);
        if exact.len() > self.limit {
            self.registers = vec![0; REGISTERS];
            for fingerprint in self.exact.take().unwrap_or_default() {
                self.register(fingerprint);
            }
        }
    }

    fn register(&mut self, fingerprint: u64) {
        let place = usize::try_from(fingerprint >> (64 - REGISTER_BITS)).unwrap_or(0);
        let rest = fingerprint << REGISTER_BITS;
        let run = u8::try_from(rest.leading_zeros().min(64 - REGISTER_BITS) + 1).unwrap_or(u8::MAX);
        if let Some(register) = self.registers.get_mut(place) {
            *register = run.max(*register);
        }
    }

    pub(super) fn distinct(&self) -> Distinct {
        match &self.exact {
            Some(exact) => Distinct {
                values: exact.len() as u64,
                is_exact: true,
            },
            None => Distinct {
                values: self.estimate(),
                is_exact: false,
            },
        }
    }

    /// The estimate of Flajolet et al. (HyperLogLog); above the bound of an exact count the corrections for
    /// few values never apply.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate is positive and far below 2^53"
    )]
    fn estimate(&self) -> u64 {
        let count = REGISTERS as f64;
        let sum: f64 = self
            .registers
            .iter()
            .map(|run| f64::from(-i32::from(*run)).exp2())
            .sum();
        let bias = 0.7213 / (1.0 + 1.079 / count);
        let raw = bias * count * count / sum;
        let empty = self.registers.iter().filter(|run| **run == 0).count();
        if raw <= 2.5 * count && empty > 0 {
            return (count * (count / empty as f64).ln()).round() as u64;
        }
        raw.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::hash::of_u64;
    use super::*;

    #[test]
    fn few_values_are_counted_and_many_are_estimated() {
        for (values, limit, tolerance) in [
            (0, 10, 0),
            (10, 10, 0),
            (11, 10, 1),
            (5_000, 100, 150),
            (200_000, 1_000, 5_000),
        ] {
            let mut counter = Counter::new(limit);
            for value in (0..values).chain(0..values) {
                counter.add(of_u64(value));
            }
            let distinct = counter.distinct();
            assert_eq!(distinct.is_exact, values <= limit as u64, "{values}");
            let off = distinct.values.abs_diff(values);
            assert!(off <= tolerance, "{values}: {}", distinct.values);
        }
    }
}

//! Sets of evenly spaced whole numbers: integers, unscaled decimals, days and microseconds.

/// The multiples of `step` from `low` to `high`, both included and both multiples themselves; empty when
/// `low` is above `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lattice {
    pub(crate) low: i128,
    pub(crate) high: i128,
    step: i128,
}

impl Lattice {
    /// The multiples of `step` (at least 1) between two limits.
    pub(crate) fn new(low: i128, high: i128, step: i128) -> Self {
        let step = step.max(1);
        let up = low.rem_euclid(step);
        let low = if up == 0 {
            low
        } else {
            low.saturating_add(step - up)
        };
        let high = high.saturating_sub(high.rem_euclid(step));
        Self { low, high, step }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.low > self.high
    }

    pub(crate) fn contains(self, value: i128) -> bool {
        (self.low..=self.high).contains(&value) && value.rem_euclid(self.step) == 0
    }

    /// The values in order, from the lowest.
    pub(crate) fn iter(self) -> impl Iterator<Item = i128> {
        let mut next = (!self.is_empty()).then_some(self.low);
        std::iter::from_fn(move || {
            let value = next?;
            next = value
                .checked_add(self.step)
                .filter(|next| *next <= self.high);
            Some(value)
        })
    }

    /// A value of this set that the other has not; `None` when the other has all of them.
    pub(crate) fn outside(self, other: Self) -> Option<i128> {
        if self.is_empty() {
            return None;
        }
        // The value just beyond the other's limit says more than one far away.
        let near_low = other.low.saturating_sub(1);
        let near_low = near_low.saturating_sub(near_low.rem_euclid(self.step));
        let near_high = other.high.saturating_add(1);
        let near_high = match near_high.rem_euclid(self.step) {
            0 => near_high,
            rest => near_high.saturating_add(self.step - rest),
        };
        let second = self.low.saturating_add(self.step);
        // If neighbours at the low end are both in the other set, its step divides ours; then only the
        // ends are left to compare.
        let candidates = [near_high, near_low, self.low, self.high, second];
        candidates
            .into_iter()
            .find(|value| self.contains(*value) && !other.contains(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_agrees_with_looking_at_every_value() {
        let mut sets = Vec::new();
        for low in -4..5 {
            for high in -4..5 {
                for step in 1..5 {
                    sets.push(Lattice::new(low, high, step));
                }
            }
        }
        for a in &sets {
            for b in &sets {
                let missing = (-10..10).find(|v| a.contains(*v) && !b.contains(*v));
                let found = a.outside(*b);
                assert_eq!(found.is_some(), missing.is_some(), "{a:?} {b:?}");
                if let Some(value) = found {
                    assert!(
                        a.contains(value) && !b.contains(value),
                        "{a:?} {b:?} {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_largest_limits_do_not_overflow() {
        let all = Lattice::new(i128::MIN, i128::MAX, 1);
        let some = Lattice::new(i128::MIN, i128::MAX, 7);
        assert_eq!(some.outside(all), None);
        assert!(all.outside(some).is_some());
        assert_eq!(Lattice::new(1, 3, 1).iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(Lattice::new(3, 1, 1).iter().count(), 0);
    }
}

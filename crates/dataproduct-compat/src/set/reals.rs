//! Sets of floating-point numbers between two limits.

use super::exact::Exact;

/// The floats between two limits; without any limit also "not a number", which no limit permits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reals {
    low: f64,
    low_is_open: bool,
    high: f64,
    high_is_open: bool,
    has_nan: bool,
    step: Option<Step>,
}

/// What the numbers of a set are multiples of.
#[derive(Clone, Copy, Debug)]
struct Step {
    float: f64,
    exact: Exact,
}

impl Reals {
    /// The floats above the largest of the lower limits and below the smallest of the upper ones. A
    /// limit is a number and whether the number itself is left out.
    pub(crate) fn new(
        lows: impl IntoIterator<Item = (f64, bool)>,
        highs: impl IntoIterator<Item = (f64, bool)>,
        step: Option<f64>,
    ) -> Self {
        let step = step.and_then(|float| {
            let exact = Exact::of_float(float)?;
            Some(Step { float, exact })
        });
        let mut set = Self {
            low: f64::NEG_INFINITY,
            low_is_open: false,
            high: f64::INFINITY,
            high_is_open: false,
            has_nan: true,
            step,
        };
        for (limit, is_open) in lows {
            set.has_nan = false;
            if limit > set.low || (limit == set.low && is_open) {
                (set.low, set.low_is_open) = (limit, is_open);
            }
        }
        for (limit, is_open) in highs {
            set.has_nan = false;
            if limit < set.high || (limit == set.high && is_open) {
                (set.high, set.high_is_open) = (limit, is_open);
            }
        }
        set.has_nan &= step.is_none();
        set
    }

    /// Whether the set has the number; `None` when its step is too far from the number to tell.
    pub(crate) fn contains(&self, value: f64) -> Option<bool> {
        if value.is_nan() {
            return Some(self.has_nan);
        }
        let above = value > self.low || (value == self.low && !self.low_is_open);
        let below = value < self.high || (value == self.high && !self.high_is_open);
        if !(above && below) {
            return Some(false);
        }
        match self.step {
            None => Some(true),
            Some(_) if value.is_infinite() => Some(false),
            Some(step) => Exact::of_float(value)?.is_multiple_of(step.exact),
        }
    }

    /// A number within this set's limits that the other's limits leave out; steps are not looked at.
    pub(crate) fn outside(&self, other: &Self) -> Option<f64> {
        let (this, other) = (self.without_step(), other.without_step());
        let candidates = [
            other.high + 1.0,
            other.low - 1.0,
            other.high,
            other.low,
            other.high.next_up(),
            other.low.next_down(),
            self.low,
            self.high,
            self.low.next_up(),
            self.high.next_down(),
            f64::NAN,
        ];
        candidates.into_iter().find(|value| {
            this.contains(*value) == Some(true) && other.contains(*value) == Some(false)
        })
    }

    /// A number of this set that the other's step leaves out, where one is found near.
    pub(crate) fn beside_step(&self, other: &Self) -> Option<f64> {
        let step = self.step.or(other.step)?.float;
        let near = [0.0, self.low, other.low, self.high, other.high];
        let near = near.into_iter().filter(|start| start.is_finite());
        let around = |start: f64| {
            let start = (start / step).round() * step;
            // Half a step is a multiple of nothing that the step is one of.
            (-4..=4).flat_map(move |i| {
                let at = start + f64::from(i) * step;
                [at, at + step / 2.0]
            })
        };
        near.flat_map(around).find(|value| {
            self.contains(*value) == Some(true) && other.contains(*value) == Some(false)
        })
    }

    fn without_step(self) -> Self {
        Self {
            has_nan: self.has_nan && self.step.is_none(),
            step: None,
            ..self
        }
    }

    /// Whether every multiple of this set's step is one of the other's; `None` when it cannot be told.
    pub(crate) fn step_is_within(&self, other: &Self) -> Option<bool> {
        match (self.step, other.step) {
            (_, None) => Some(true),
            (None, Some(_)) => Some(false),
            (Some(step), Some(other)) => step.exact.is_multiple_of(other.exact),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(low: Option<(f64, bool)>, high: Option<(f64, bool)>) -> Reals {
        Reals::new(low, high, None)
    }

    #[test]
    fn outside_finds_a_number_exactly_where_there_is_one() {
        let all = set(None, None);
        let closed = set(Some((0.0, false)), Some((1.0, false)));
        let open = set(Some((0.0, true)), Some((1.0, true)));
        assert_eq!(closed.outside(&all), None);
        assert_eq!(open.outside(&closed), None);
        assert_eq!(closed.outside(&open), Some(1.0));
        assert_eq!(all.outside(&closed), Some(2.0));
        // Nothing lies between a float and the next one.
        let next = set(Some((0.0_f64.next_down(), true)), Some((1.0, false)));
        assert_eq!(next.outside(&closed), None);
    }

    #[test]
    fn a_limit_leaves_out_what_is_not_a_number() {
        let limited = set(Some((f64::NEG_INFINITY, false)), None);
        assert_eq!(limited.contains(f64::NAN), Some(false));
        assert_eq!(set(None, None).contains(f64::NAN), Some(true));
        assert!(set(None, None).outside(&limited).is_some_and(f64::is_nan));
    }
}

use proptest::prelude::*;

use super::*;

fn of(numbers: impl IntoIterator<Item = f64>) -> Distribution {
    let mut out = Distribution::new("n", Places::Numbers { dropped: 0 });
    for number in numbers {
        out.add_number(number);
    }
    out
}

fn texts(texts: &[(&str, usize)]) -> Distribution {
    let mut out = Distribution::new("s", Places::Categories);
    for (text, count) in texts {
        for _ in 0..*count {
            out.add_text(text);
        }
    }
    out
}

fn index(now: &Distribution, before: &Distribution) -> f64 {
    now.stability_index(before).unwrap()
}

#[test]
fn the_index_is_that_of_the_formula() {
    // Shares 0.6 and 0.4 now, 0.5 and 0.5 before; half a row more in each of the two bins.
    let (now, before) = (
        texts(&[("a", 60), ("b", 40)]),
        texts(&[("a", 50), ("b", 50)]),
    );
    let share = |count: f64| (count + 0.5) / 101.0;
    let term = |p: f64, q: f64| (p - q) * (p / q).ln();
    let by_hand = term(share(60.0), share(50.0)) + term(share(40.0), share(50.0));
    assert!((index(&now, &before) - by_hand).abs() < 1e-12);
    // Ten bins of ten numbers each, all of which move into the last one.
    let before = of((0..100).map(f64::from));
    let now = of((0..100).map(|n| f64::from(n) + 1000.0));
    let (full, none, ten) = (100.5 / 105.0, 0.5 / 105.0, 10.5 / 105.0);
    let by_hand = 9.0 * term(none, ten) + term(full, ten);
    assert!(
        (index(&now, &before) - by_hand).abs() < 1e-9,
        "{}",
        index(&now, &before)
    );
}

#[test]
fn what_is_alike_has_a_small_index_and_what_is_not_a_large_one() {
    let week = of((0..5_000).map(|n| f64::from(n % 97)));
    assert!(index(&of((0..5_000).map(|n| f64::from((n * 31) % 97))), &week) < 0.01);
    assert!(index(&of((0..5_000).map(|n| f64::from(n % 97) + 30.0)), &week) > 0.25);
    // Instants of one day, moved by a day, and a narrow range far from zero.
    let day = |from: f64| of((0..5_000).map(move |n| from + f64::from(n) * 1.7e7));
    assert!(index(&day(1.7e15), &day(1.7e15)) < 1e-9);
    assert!(index(&day(1.7e15 + 8.64e10), &day(1.7e15)) > 1.0);
    // A share of missing values is a bin.
    let mut sparse = week.clone();
    sparse.add_missing(5_000);
    assert!(index(&sparse, &week) > 1.0);
    assert!(index(&of([f64::NAN; 10]), &week) > 1.0);
    assert_eq!(week.stability_index(&of([])), None);
    assert_eq!(week.stability_index(&texts(&[("a", 3)])), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn neither_order_nor_batches_matter(
        numbers in prop::collection::vec(prop_oneof![any::<f64>(), (-500..500_i32).prop_map(f64::from)], 0..2_000),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = of(numbers.iter().copied());
        prop_assert!(whole.counts.len() <= MAX_PLACES);
        prop_assert_eq!(whole.rows(), numbers.len() as u64);
        let back = of(numbers.iter().rev().copied());
        prop_assert_eq!(&back, &whole);
        let (head, tail) = numbers.split_at(cut.index(numbers.len() + 1));
        let mut parts = of(head.iter().copied());
        parts.merge(&of(tail.iter().copied()));
        prop_assert_eq!(&parts, &whole);
        if !numbers.is_empty() {
            prop_assert!(index(&whole, &back).abs() < 1e-9);
        }
    }

    #[test]
    fn places_are_in_the_order_of_the_numbers(a in any::<f64>(), b in any::<f64>()) {
        prop_assume!(a < b && !a.is_nan() && !b.is_nan());
        let place = |number| *of([number]).counts.keys().next().unwrap();
        prop_assert!(place(a) < place(b));
    }
}

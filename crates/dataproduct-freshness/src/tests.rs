use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::{Clock, Freshness, Gap, ManualClock, Reading, State, Unknown};

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400 + seconds, 0).unwrap()
}

fn freshness(as_of: Option<i64>, published: i64, observed: i64, sla: Option<u64>) -> Freshness {
    Freshness {
        event_time: None,
        as_of: as_of.map(at),
        published_at: at(published),
        observed_at: at(observed),
        sla: sla.map(Duration::from_secs),
    }
}

#[track_caller]
fn check(of: Freshness, age: Option<u64>, state: State) {
    assert_eq!(of.age(), age.map(Duration::from_secs), "age");
    assert_eq!(of.state(), state, "state");
}

#[test]
fn age_counts_from_the_watermark_and_the_limit_is_inclusive() {
    check(freshness(Some(0), 2, 10, Some(10)), Some(10), State::Fresh);
    check(freshness(Some(0), 2, 11, Some(10)), Some(11), State::Stale);
}

#[test]
fn what_is_not_known_is_never_fresh() {
    check(
        freshness(None, 2, 3, Some(10)),
        None,
        State::Unknown(Unknown::NoWatermark),
    );
    check(
        freshness(Some(0), 2, 3, None),
        Some(3),
        State::Unknown(Unknown::NoPromise),
    );
    // The reader's clock is 6 seconds before the publish: over the tolerance.
    check(
        freshness(Some(0), 20, 14, Some(60)),
        Some(14),
        State::Unknown(Unknown::ClockBehind),
    );
    // 5 seconds are within it.
    check(freshness(Some(0), 20, 15, Some(60)), Some(15), State::Fresh);
}

#[test]
fn a_watermark_in_the_future_counts_from_the_publish() {
    let of = freshness(Some(1_000), 10, 30, Some(15));
    assert!(of.is_clock_suspect());
    check(of, Some(20), State::Stale);
    assert_eq!(of.valid_until(), Some(at(25)));
}

#[test]
fn a_reader_may_ask_for_more_or_less_than_the_promise() {
    let of = freshness(Some(0), 0, 30, Some(60));
    assert_eq!(of.state_within(Duration::from_secs(29)), State::Stale);
    assert_eq!(of.state_within(Duration::from_secs(30)), State::Fresh);
}

#[test]
fn a_reading_says_what_a_bare_option_hides() {
    let fresh = freshness(Some(0), 0, 5, Some(10));
    let stale = freshness(Some(0), 0, 50, Some(10));
    let unknown = freshness(None, 0, 5, Some(10));
    assert_eq!(Reading::judge(Some(7), fresh, None).fresh(), Some(7));
    assert!(
        matches!(Reading::judge(Some(7), stale, None), Reading::Stale(fact) if fact.value == 7)
    );
    assert_eq!(
        Reading::<u8>::judge(None, fresh, None),
        Reading::Absent(fresh)
    );
    assert_eq!(
        Reading::judge(Some(7), unknown, None),
        Reading::Unknown(Gap::Unknown(Unknown::NoWatermark))
    );
    let limit = Some(Duration::from_secs(60));
    assert_eq!(Reading::judge(Some(7), stale, limit).fresh(), Some(7));
}

#[test]
fn a_manual_clock_moves_when_told_and_never_overflows() {
    let clock = ManualClock::new(at(0));
    clock.advance(Duration::from_secs(3));
    assert_eq!(clock.now(), at(3));
    clock.advance(Duration::MAX);
    assert_eq!(clock.now(), DateTime::<Utc>::MAX_UTC);
    clock.set(at(1));
    assert_eq!(clock.now(), at(1));
}

//! Days and times as RFC 3339 writes them.

/// The number that two digits are.
fn two(bytes: &[u8]) -> Option<u32> {
    match bytes {
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some(10 * u32::from(a - b'0') + u32::from(b - b'0')),
        _ => None,
    }
}

/// A day that exists.
pub(super) fn is_date(text: &str) -> bool {
    date(text.as_bytes()).is_some()
}

fn date(text: &[u8]) -> Option<()> {
    let [century @ .., b'-', m1, m2, b'-', d1, d2] = text else {
        return None;
    };
    let (high, low) = (century.get(..2)?, century.get(2..)?);
    let year = 100 * two(high)? + two(low)?;
    let day = two(&[*d1, *d2])?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match two(&[*m1, *m2])? {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(())
}

/// A day, `T`, a time and an offset.
pub(super) fn is_date_time(text: &str) -> bool {
    let text = text.as_bytes();
    let (day, rest) = text.split_at(text.len().min(10));
    match rest {
        [b'T' | b't', time @ ..] => date(day).is_some() && time_of_day(time, true).is_some(),
        _ => false,
    }
}

/// A time, with or without an offset.
pub(super) fn is_time(text: &str) -> bool {
    time_of_day(text.as_bytes(), false).is_some()
}

fn time_of_day(text: &[u8], needs_offset: bool) -> Option<()> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = text else {
        return None;
    };
    let below = |value: u32, limit: u32| (value < limit).then_some(value);
    let hour = below(two(&[*h1, *h2])?, 24)?;
    let minute = below(two(&[*m1, *m2])?, 60)?;
    let second = below(two(&[*s1, *s2])?, 61)?;
    let rest = match rest {
        [b'.', fraction @ ..] => {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            fraction.get(digits..).filter(|_| digits > 0)?
        }
        rest => rest,
    };
    let offset = match rest {
        [] if !needs_offset => 0,
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let hours = below(two(&[*h1, *h2])?, 24)?;
            let minutes = 60 * hours + below(two(&[*m1, *m2])?, 60)?;
            if *sign == b'+' {
                24 * 60 - minutes
            } else {
                minutes
            }
        }
        _ => return None,
    };
    // A leap second is the last one of a day in UTC.
    let is_last = (60 * hour + minute + offset) % (24 * 60) == 24 * 60 - 1;
    (second < 60 || is_last).then_some(())
}

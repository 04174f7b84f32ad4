//! Whether text has the shape that the contract will want. What is checked here, the contract checks
//! again; here the message stands on the very token.

use syn::LitStr;

fn fail<T>(text: &LitStr, message: String) -> syn::Result<T> {
    Err(syn::Error::new(text.span(), message))
}

/// `[a-z][a-z0-9-]{0,62}`.
fn is_segment(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

fn is_product(text: &str) -> bool {
    text.split_once('.')
        .is_some_and(|(domain, product)| is_segment(domain) && is_segment(product))
}

/// A name of one segment.
pub(crate) fn segment(text: &LitStr) -> syn::Result<()> {
    if is_segment(&text.value()) {
        return Ok(());
    }
    fail(
        text,
        format!(
            "`{}` is not a name: write 1 to 63 of `a-z`, `0-9` and `-`, starting with a letter",
            text.value()
        ),
    )
}

/// The text as a product's name, if lower case and `-` are all it lacks.
fn suggested_product(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut low = false;
    for c in text.trim().chars() {
        if c.is_ascii_uppercase() && low {
            out.push('-');
        }
        low = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(match c {
            '_' | ' ' => '-',
            '/' | ':' => '.',
            c => c.to_ascii_lowercase(),
        });
    }
    is_product(&out).then_some(out)
}

pub(crate) fn product(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    if is_product(&value) {
        return Ok(());
    }
    let such = suggested_product(&value).unwrap_or_else(|| "inventory.stock-levels".to_owned());
    fail(
        text,
        format!(
            "`{value}` does not name a product: write `domain.product` of `a-z`, `0-9` and `-`, such as `{such}`"
        ),
    )
}

/// `domain.product@range`.
pub(crate) fn product_ref(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    let (name, range) = value.split_once('@').unwrap_or((&value, "*"));
    if is_product(name) && is_version_range(range) {
        return Ok(());
    }
    fail(
        text,
        format!("`{value}` is not a product and its versions: write `inventory.stock@^2`"),
    )
}

/// `domain.product#column`.
pub(crate) fn column_ref(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    match value.split_once('#') {
        Some((name, column)) if is_product(name) && !column.is_empty() => Ok(()),
        _ => fail(
            text,
            format!(
                "`{value}` does not name a column of a product: write `domain.product#column`, such as `product.catalogue#sku`"
            ),
        ),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
        && text.parse::<u64>().is_ok()
}

fn are_identifiers(text: &str, numbers_without_zero: bool) -> bool {
    text.split('.').all(|part| {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !(numbers_without_zero && digits && part.len() > 1 && part.starts_with('0'))
    })
}

fn is_version(text: &str) -> bool {
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    let (core, pre) = match text.split_once('-') {
        Some((core, pre)) => (core, Some(pre)),
        None => (text, None),
    };
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() == 3
        && parts.iter().all(|part| is_number(part))
        && pre.is_none_or(|pre| are_identifiers(pre, true))
        && build.is_none_or(|build| are_identifiers(build, false))
}

pub(crate) fn version(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    if is_version(&value) {
        return Ok(());
    }
    let padded = format!("{}.0", value.trim_start_matches('v'));
    let such = [
        value.trim_start_matches('v').to_owned(),
        padded.clone(),
        format!("{padded}.0"),
    ]
    .into_iter()
    .find(|candidate| is_version(candidate))
    .unwrap_or_else(|| "1.0.0".to_owned());
    fail(
        text,
        format!("`{value}` is not a version `major.minor.patch`: write `{such}`"),
    )
}

fn is_version_range(text: &str) -> bool {
    text.split(',').all(|part| {
        let part = part.trim();
        let version = part
            .trim_start_matches(['^', '~', '=', '<', '>'])
            .trim_start();
        let operator = part[..part.len() - version.len()].trim_end();
        let known = matches!(operator, "" | "^" | "~" | "=" | "<" | ">" | "<=" | ">=");
        let core = version.split(['-', '+']).next().unwrap_or_default();
        let parts: Vec<&str> = core.split('.').collect();
        known
            && parts.len() <= 3
            && parts
                .iter()
                .all(|part| is_number(part) || matches!(*part, "*" | "x" | "X"))
            && (core.len() == version.len() || (parts.len() == 3 && is_version(version)))
    })
}

pub(crate) fn version_range(text: &LitStr) -> syn::Result<()> {
    if is_version_range(&text.value()) {
        return Ok(());
    }
    fail(
        text,
        format!(
            "`{}` is not a range of versions: write `^1`, `~1.2`, `>=1.2, <2` or `*`",
            text.value()
        ),
    )
}

/// The units of time, with their milliseconds; the same as the contract's.
const UNITS: &[(&[&str], f64)] = &[
    (&["s", "sec", "secs", "second", "seconds"], 1e3),
    (&["min", "mins", "minute", "minutes"], 60e3),
    (&["h", "hr", "hrs", "hour", "hours"], 3_600e3),
    (&["d", "day", "days"], 86_400e3),
    (&["w", "wk", "week", "weeks"], 7.0 * 86_400e3),
    (&["mo", "month", "months"], 30.0 * 86_400e3),
    (&["y", "yr", "yrs", "year", "years"], 365.0 * 86_400e3),
];

/// A length of time in milliseconds; 30 days to a month, 365 to a year.
pub(crate) fn period(text: &LitStr) -> syn::Result<u64> {
    let value = text.value();
    let trimmed = value.trim();
    let digits = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    if unit == "m" {
        return fail(
            text,
            format!("`{value}` could be minutes or months: write `min` or `months`"),
        );
    }
    let factor = UNITS
        .iter()
        .find(|(names, _)| names.contains(&unit.as_str()))
        .map(|(_, millis)| *millis);
    match (number.parse::<f64>(), factor) {
        (Ok(number), Some(factor)) if number > 0.0 && number * factor <= 3.2e14 => {
            Ok((number * factor).round() as u64)
        }
        _ => fail(
            text,
            format!(
                "`{value}` is not a length of time: write a number and a unit, such as `15 minutes`, `6 h` or `2 years`"
            ),
        ),
    }
}

/// Five fields of a cron expression.
pub(crate) fn cron(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    let fields: Vec<&str> = value.split_whitespace().collect();
    if fields.len() != 5 {
        return fail(
            text,
            format!(
                "`{value}` has {} fields and not 5: write minute, hour, day, month and weekday, such as `0 6 * * 1-5`",
                fields.len()
            ),
        );
    }
    let odd = fields.iter().find(|field| {
        !field
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"*,-/?#".contains(&b))
    });
    match odd {
        Some(field) => fail(
            text,
            format!(
                "`{field}` is no field of a cron expression: write numbers, `*`, `,`, `-` and `/`"
            ),
        ),
        None => Ok(()),
    }
}

/// `Area/City`, or `UTC`.
pub(crate) fn zone(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    let shaped = value.split('/').all(|part| {
        part.starts_with(|c: char| c.is_ascii_uppercase())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    });
    if shaped && (value.contains('/') || value == "UTC") {
        return Ok(());
    }
    fail(
        text,
        format!("`{value}` is not an IANA time zone: write `Europe/Oslo` or `UTC`"),
    )
}

/// `2026-12-31`.
pub(crate) fn day(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    let parts: Vec<Option<u32>> = value
        .split('-')
        .map(|part| {
            part.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| part.parse().ok())
                .flatten()
        })
        .collect();
    if let [Some(year), Some(month), Some(day)] = parts[..]
        && value.len() == 10
        && (1..=9999).contains(&year)
        && day >= 1
        && day <= days_of(year, month)
    {
        return Ok(());
    }
    fail(text, format!("`{value}` is not a day: write `2026-12-31`"))
}

fn days_of(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    }
}

/// A share in percent, as `99.5 %`.
pub(crate) fn percent(text: &LitStr) -> syn::Result<f64> {
    let value = text.value();
    let number = value
        .trim()
        .strip_suffix('%')
        .and_then(|number| number.trim().parse::<f64>().ok());
    match number {
        Some(number) if number > 0.0 && number <= 100.0 => Ok(number),
        _ => fail(
            text,
            format!(
                "`{value}` is not a share of the time: write a number up to 100 and `%`, such as `99.5 %`"
            ),
        ),
    }
}

pub(crate) fn url(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    let scheme = value
        .split_once(':')
        .map(|(scheme, _)| scheme)
        .unwrap_or_default();
    let shaped = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
        && value.len() > scheme.len() + 1
        && !value.contains(char::is_whitespace);
    if shaped {
        return Ok(());
    }
    fail(
        text,
        format!("`{value}` is not a whole URL: write one such as `https://schema.org/sku`"),
    )
}

/// What the `regex` crate refuses and can be seen without it: the contract compiles the pattern.
pub(crate) fn pattern(text: &LitStr) -> syn::Result<()> {
    let value = text.value();
    for (looks, name) in [
        ("(?=", "look-ahead"),
        ("(?!", "look-ahead"),
        ("(?<=", "look-behind"),
        ("(?<!", "look-behind"),
    ] {
        if value.contains(looks) {
            return fail(
                text,
                format!(
                    "`{looks}` is {name}, which would make matching slow: write the pattern without it"
                ),
            );
        }
    }
    let (mut round, mut square, mut escaped) = (0_i32, false, false);
    for c in value.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                if c.is_ascii_digit() && c != '0' && !square {
                    return fail(
                        text,
                        format!(
                            "`\\{c}` refers back to a group, which would make matching slow: write the pattern without it"
                        ),
                    );
                }
            }
            '\\' => escaped = true,
            '[' => square = true,
            ']' => square = false,
            '(' if !square => round += 1,
            ')' if !square => round -= 1,
            _ => {}
        }
        if round < 0 {
            break;
        }
    }
    if round != 0 || square || escaped {
        return fail(
            text,
            format!(
                "`{value}` is not a pattern: a bracket or `\\` is not closed; write `\\(` for the character itself"
            ),
        );
    }
    Ok(())
}

/// A name that Delta and Parquet can both keep.
pub(crate) fn column_name(name: &str) -> Result<(), String> {
    if let Some(c) = name
        .chars()
        .find(|c| c.is_control() || " ,;{}()\n\t=.`\"/".contains(*c))
    {
        return Err(format!(
            "`{name}` holds {c:?}, which tables cannot store in a name: write letters, digits and `_`"
        ));
    }
    if name.len() > 255 {
        return Err("the name is longer than 255 bytes: write a shorter one".to_owned());
    }
    if matches!(
        name,
        "_change_type" | "_commit_version" | "_commit_timestamp"
    ) {
        return Err(format!(
            "`{name}` is a name that Delta keeps for its change feed: write another"
        ));
    }
    Ok(())
}

//! Service levels: promises that can be kept and measured.

use croner::Cron;

use super::shown;
use crate::{Period, Problem, Problems, Sla};

/// The most deadlines of a contract. Finding out that one is never due takes time.
const MAX_DEADLINES: usize = 20;

pub(super) fn check(sla: &Sla, problems: &mut Problems) {
    let periods = [
        ("freshness", sla.freshness),
        ("frequency", sla.frequency),
        ("retention", sla.retention),
    ];
    for (name, period) in periods {
        if period.is_some_and(|period| period.is_zero()) {
            problems.push(Problem::new(
                format!("sla.{name}"),
                "zero-period",
                "no time at all cannot be kept",
                "promise a positive length of time",
            ));
        }
    }
    if let (Some(freshness), Some(retention)) = (sla.freshness, sla.retention)
        && retention < freshness
    {
        problems.push(Problem::new(
            "sla.retention",
            "retention-under-freshness",
            format!(
                "rows are kept {} and may be {} old",
                Period(retention),
                Period(freshness)
            ),
            "keep rows at least as long as data may be old",
        ));
    }
    if let Some(percent) = sla.availability_percent
        && !(percent > 0.0 && percent <= 100.0)
    {
        problems.push(Problem::new(
            "sla.availability",
            "bad-percentage",
            format!("{percent} is not a share of time"),
            "promise more than 0 and at most 100 percent",
        ));
    }
    if sla.deadlines.len() > MAX_DEADLINES {
        problems.push(Problem::new(
            "sla.deadlines",
            "too-many-deadlines",
            format!("{} deadlines are promised", sla.deadlines.len()),
            format!("say it with at most {MAX_DEADLINES}"),
        ));
    }
    for (i, deadline) in sla.deadlines.iter().take(MAX_DEADLINES).enumerate() {
        let path = format!("sla.deadlines[{i}]");
        if let Err(reason) = cron(&deadline.cron) {
            problems.push(Problem::new(
                format!("{path}.cron"),
                "bad-cron",
                format!(
                    "`{}` is not a cron expression: {reason}",
                    shown(&deadline.cron)
                ),
                "write minute, hour, day, month and weekday, such as `0 6 * * 1-5`",
            ));
        }
        if deadline.zone.parse::<chrono_tz::Tz>().is_err() {
            problems.push(Problem::new(
                format!("{path}.zone"),
                "unknown-zone",
                format!("`{}` is not an IANA time zone", shown(&deadline.zone)),
                "write a zone such as `Europe/Oslo`; there is no default",
            ));
        }
    }
}

/// Whether an expression has five fields and is ever due.
fn cron(text: &str) -> Result<(), String> {
    let fields = text.split_whitespace().count();
    if fields != 5 {
        return Err(format!("it has {fields} fields and not 5"));
    }
    let cron: Cron = text.parse().map_err(|error| format!("{error}"))?;
    let epoch = chrono::DateTime::UNIX_EPOCH;
    cron.find_next_occurrence(&epoch, false)
        .map(|_| ())
        .map_err(|_| "it is never due".to_owned())
}

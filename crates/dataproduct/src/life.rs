//! Where a contract stands in its life at one moment.

use chrono::{DateTime, Utc};
use dataproduct_contract::{Contract, Status};

use crate::{Error, Result};

/// Why the life of a contract is over; `None` while it is not.
///
/// The day of the sunset is the last one of its life, in UTC.
fn over(contract: &Contract, now: DateTime<Utc>) -> Option<String> {
    match (contract.status(), contract.sunset()) {
        (Status::Retired, _) => Some("its status is retired".to_owned()),
        (_, Some(sunset)) if now.date_naive() > sunset => Some(format!("its sunset was {sunset}")),
        _ => None,
    }
}

/// A contract whose life is over publishes nothing.
pub(crate) fn may_publish(contract: &Contract, now: DateTime<Utc>) -> Result<()> {
    let Some(reason) = over(contract, now) else {
        return Ok(());
    };
    let instead = contract
        .successor()
        .map_or(String::new(), |s| format!("; publish `{s}`"));
    Err(refused(contract, format!("{reason}{instead}")))
}

/// A product whose life is over is read no more: its successor is.
pub(crate) fn may_read(contract: &Contract, now: DateTime<Utc>) -> Result<()> {
    match over(contract, now) {
        None => Ok(()),
        Some(reason) => Err(Error::Retired {
            product: contract.name().clone(),
            version: contract.version().clone(),
            reason,
            successor: contract.successor().cloned(),
        }),
    }
}

/// A contract ends only what was published as ending, and whose last day is over.
pub(crate) fn may_retire(
    contract: &Contract,
    published: &Contract,
    now: DateTime<Utc>,
) -> Result<()> {
    if contract.status() != Status::Retired {
        let reason = format!("its status is {}, not retired", contract.status());
        return Err(refused(contract, reason));
    }
    match published.sunset() {
        _ if published.status() == Status::Retired => Ok(()),
        None => Err(refused(
            contract,
            format!(
                "{} is published without a sunset; publish it as deprecated with one first, so that its consumers know",
                published.version()
            ),
        )),
        Some(sunset) if now.date_naive() <= sunset => Err(refused(
            contract,
            format!(
                "{} may be read until its sunset on {sunset}",
                published.version()
            ),
        )),
        Some(_) => Ok(()),
    }
}

fn refused(contract: &Contract, reason: String) -> Error {
    Error::Lifecycle {
        product: contract.name().clone(),
        version: contract.version().clone(),
        reason,
    }
}

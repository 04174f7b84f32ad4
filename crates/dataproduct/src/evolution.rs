//! The evolution gate: may a contract follow what consumers hold?
//!
//! Within a major version a table evolves in place, so a contract has to get along with the newest one published, with
//! the rows that are stored, and with the readers of every version that is alive. What a contract newly promises of
//! stored rows is proven on them, not believed. The rows keep what the newest one promises, so older ones are asked only
//! what their readers meet.

use chrono::NaiveDate;
use dataproduct_compat::{Aspect, Comparison, Obligation, Outcome, Policy, compare};
use dataproduct_contract::{Contract, Version};
use dataproduct_quality::Promise;
use dataproduct_table::{Proof, Snapshot, Table};

use crate::mesh::Inner;
use crate::product::{newest_publish, stored_contract};
use crate::record::{Known, bases};
use crate::{Error, Result};

/// What the gate lets through.
#[derive(Debug)]
pub(crate) struct Passed {
    /// Whether the contract has not been published before.
    pub(crate) is_new: bool,
    /// The digest of the contract that it follows, if there is one.
    pub(crate) before: Option<String>,
    /// What was proven of the stored rows and has to hold when the contract's first commit is made.
    pub(crate) proven: Vec<Promise>,
}

impl Passed {
    fn first() -> Self {
        Self {
            is_new: true,
            before: None,
            proven: Vec::new(),
        }
    }
}

/// Judges a contract against what its table holds. A refusal names the registered consumers that it saves.
pub(crate) async fn gate(
    table: &Table,
    contract: &Contract,
    mesh: &Inner,
    today: NaiveDate,
) -> Result<Passed> {
    let mut passed = judge(table, contract, &mesh.policy, today).await;
    if let Err(refusal) = &mut passed {
        mesh.name_consumers(refusal).await;
    }
    passed
}

/// One version is one text; a newer version has to say how far it has moved.
async fn judge(
    table: &Table,
    contract: &Contract,
    policy: &Policy,
    today: NaiveDate,
) -> Result<Passed> {
    let snapshot = table.snapshot().await?;
    // A contract that a publish has stored and that no commit names binds nobody.
    let Some(publish) = newest_publish(&snapshot).await? else {
        return Ok(Passed::first());
    };
    let published = publish.contract_version.clone();
    let refuse = |reason: String, comparison: Option<Comparison>| Error::Evolution {
        product: contract.name().clone(),
        version: contract.version().clone(),
        published: published.clone(),
        reason,
        comparison: comparison.map(Box::new),
        consumers: Vec::new(),
    };
    if *contract.version() < published {
        let reason = "it is older; publish under the newest version".to_owned();
        return Err(refuse(reason, None));
    }
    let goes_on = |digest: &str| *contract.version() == published && digest == contract.digest();
    let as_before = |digest: Option<String>| Passed {
        is_new: false,
        before: digest,
        proven: Vec::new(),
    };
    // Publish after publish goes on under one contract: nothing more is read for it.
    if publish.contract_digest.as_deref().is_some_and(goes_on) {
        return Ok(as_before(publish.contract_digest));
    }
    let before = publish.contract(table).await?;
    let digest = publish.contract_digest;
    if goes_on(before.digest()) {
        return Ok(as_before(digest));
    }
    let comparison = compare(&before, contract, policy, today);
    if *contract.version() == published {
        let reason = format!(
            "the contract has changed and its version has not\n{}",
            comparison.to_text()
        );
        return Err(refuse(reason, Some(comparison)));
    }
    let (comparison, proven, broken) = prove(&snapshot, comparison).await?;
    if !comparison.is_honest() {
        let mut reason = comparison.to_text();
        for line in broken {
            reason.push_str(&line);
            reason.push('\n');
        }
        return Err(refuse(reason, Some(comparison)));
    }
    // An honest number tells readers that something breaks. It does not make two meanings of one table's rows one.
    if !snapshot.files().is_empty() && !matches!(comparison.history(), Outcome::Holds) {
        let reason = format!(
            "the rows that are stored do not become rows of it; publish it as the next major version, or into an empty \
             table\n{}",
            comparison.to_text()
        );
        return Err(refuse(reason, Some(comparison)));
    }
    for comparison in with_older(&snapshot, &before, contract, policy, today).await? {
        if !comparison.is_honest_if_proven() {
            return Err(Error::Evolution {
                product: contract.name().clone(),
                version: contract.version().clone(),
                published: comparison.old().version().clone(),
                reason: format!("its readers are still there\n{}", comparison.to_text()),
                comparison: Some(Box::new(comparison)),
                consumers: Vec::new(),
            });
        }
    }
    Ok(Passed {
        is_new: true,
        before: digest,
        proven,
    })
}

/// Compares a contract with the versions that were published before the newest one and are still to be reckoned with.
async fn with_older(
    snapshot: &Snapshot,
    newest: &Contract,
    contract: &Contract,
    policy: &Policy,
    today: NaiveDate,
) -> Result<Vec<Comparison>> {
    let table = snapshot.table();
    let mut stored = table.contract_versions().await?;
    let is_older = |stored: &String| {
        let version = stored.parse::<Version>();
        version.is_ok_and(|version| version < *newest.version())
    };
    stored.retain(is_older);
    let mut older = Vec::new();
    // A contract that no commit names binds nobody.
    for (version, digest) in snapshot.published_among(&stored).await? {
        if let Ok(version) = version.parse() {
            older.push(stored_contract(table, &version, digest.as_deref()).await?);
        }
    }
    let known: Vec<Known> = older
        .iter()
        .chain([newest])
        .map(|contract| Known::of(contract, today))
        .collect();
    let compared = bases(contract.version(), &known);
    let compared = compared.iter().filter_map(|base| {
        let of = older
            .iter()
            .find(|older| *older.version() == base.version)?;
        Some(base.compare(of, contract, policy, today))
    });
    Ok(compared.collect())
}

/// Proves again what was proven, on what others have published since; returns the version on which it holds.
///
/// # Errors
/// [`dataproduct_table::Error::Conflict`] when a row came in between that breaks it.
pub(crate) async fn prove_again(table: &Table, passed: &Passed) -> Result<Option<u64>> {
    if passed.proven.is_empty() {
        return Ok(None);
    }
    let snapshot = table.snapshot().await?;
    match snapshot.prove(&passed.proven).await? {
        Proof::Holds { version, .. } => Ok(Some(version)),
        Proof::Violated { promise, value, .. } => Err(dataproduct_table::Error::Conflict {
            version: snapshot.version(),
            reason: format!("has a row in which {promise} does not hold: {value}"),
        }
        .into()),
        _ => Ok(None),
    }
}

/// Proves on the stored rows what the new contract newly promises of them. Also returns what was proven, and a line for
/// each promise that a row breaks.
async fn prove(
    snapshot: &Snapshot,
    comparison: Comparison,
) -> Result<(Comparison, Vec<Promise>, Vec<String>)> {
    let promises = Promise::of_contract(comparison.new_contract());
    let (mut done, mut proven, mut broken) = (Vec::new(), Vec::new(), Vec::new());
    for obligation in comparison.obligations() {
        if obligation.aspect == Aspect::Present {
            // A column that is new and required: there are no rows without it only if there are no rows.
            if snapshot.files().is_empty() {
                done.push(obligation);
            }
            continue;
        }
        let of: Vec<Promise> = promises
            .iter()
            .filter(|promise| is_of(promise, &obligation))
            .cloned()
            .collect();
        if of.is_empty() || !of.iter().all(|promise| is_stored(promise, snapshot)) {
            continue;
        }
        match snapshot.prove(&of).await? {
            Proof::Holds { .. } => {
                done.push(obligation);
                proven.extend(of);
            }
            Proof::Violated {
                promise,
                file,
                row,
                value,
                ..
            } => broken.push(format!(
                "  stored already: {promise} does not hold for {value}, row {row} of `{}`",
                file.unwrap_or_default()
            )),
            _ => {}
        }
    }
    Ok((comparison.with_proven(&done), proven, broken))
}

/// Whether a promise is what an obligation asks to be proven.
fn is_of(promise: &Promise, obligation: &Obligation) -> bool {
    let aspect = match promise {
        Promise::NotNull { .. } => Aspect::NotNull,
        Promise::Range { .. } => Aspect::Range,
        Promise::Length { .. } => Aspect::Length,
        Promise::ItemCount { .. } => Aspect::Items,
        Promise::Pattern { .. } => Aspect::Pattern,
        Promise::Allowed { .. } => Aspect::Allowed,
        Promise::Unique { .. } if obligation.aspect == Aspect::Key => Aspect::Key,
        Promise::Unique { .. } => Aspect::Unique,
        _ => return false,
    };
    let columns = promise.columns();
    aspect == obligation.aspect && obligation.column.split(',').map(str::trim).eq(columns)
}

/// Whether the columns of a promise are in the table: one that is renamed in the same step is not, yet.
fn is_stored(promise: &Promise, snapshot: &Snapshot) -> bool {
    promise.columns().iter().all(|column| {
        let root = column.split('.').next().unwrap_or(column);
        snapshot.schema().field_with_name(root).is_ok()
    })
}

//! Reading a product: its rows, how fresh they are, and what was read.

use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use chrono::{DateTime, Utc};
use dataproduct_contract::row::{Record, Rows};
use dataproduct_contract::{Column, Contract, ProductName, ProductRef, Version};
use dataproduct_freshness::{Freshness, Reading};
use dataproduct_table::{Commit, Predicate, Snapshot, Table};
use sha2::{Digest as _, Sha256};

use futures::{Stream, StreamExt as _, TryStreamExt as _};

use crate::{Error, Mesh, Result, life};

/// One immutable state of a product, with the contract it was published under.
#[derive(Clone, Debug)]
pub struct Product {
    contract: Contract,
    table: Table,
    snapshot: Snapshot,
    committed_at: DateTime<Utc>,
    freshness: Freshness,
}

/// What was read: enough to find the very same state again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    /// The product.
    pub product: ProductName,
    /// The version of the contract it was published under.
    pub contract_version: Version,
    /// The team that owns it.
    pub owner: String,
    /// The version of the table.
    pub table_version: u64,
    /// When that version became visible.
    pub committed_at: DateTime<Utc>,
    /// Up to when the owner vouches for it.
    pub as_of: Option<DateTime<Utc>>,
}

/// Which products are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Only those whose life is not over.
    Alive,
    /// All.
    Any,
}

/// Opens the newest state in the range.
pub(crate) async fn open(mesh: &Mesh, reference: &ProductRef, life: Life) -> Result<Product> {
    let mut offered = Vec::new();
    for major in mesh.majors(&reference.name).await?.into_iter().rev() {
        let table = match Table::open(&mesh.table(&reference.name, major)?).await {
            Ok(table) => table,
            // A folder in which no table has been made yet offers nothing.
            Err(dataproduct_table::Error::NotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let snapshot = table.snapshot().await?;
        let Some(product) = Product::load(mesh, table, snapshot).await? else {
            continue;
        };
        if reference.accepts(product.contract.version()) {
            if life == Life::Alive {
                life::may_read(&product.contract, mesh.0.now())?;
            }
            return Ok(product);
        }
        offered.push(product.contract.version().to_string());
    }
    Err(Error::NotPublished {
        reference: reference.to_string(),
        offered: if offered.is_empty() {
            String::new()
        } else {
            format!("; published is {}", offered.join(", "))
        },
    })
}

/// The newest commit that published under a contract.
pub(crate) struct NewestPublish {
    pub(crate) contract_version: Version,
    pub(crate) contract_digest: Option<String>,
    pub(crate) committed_at: DateTime<Utc>,
}

impl NewestPublish {
    /// The contract that it was published under.
    pub(crate) async fn contract(&self, table: &Table) -> Result<Contract> {
        stored_contract(
            table,
            &self.contract_version,
            self.contract_digest.as_deref(),
        )
        .await
    }
}

pub(crate) async fn newest_publish(snapshot: &Snapshot) -> Result<Option<NewestPublish>> {
    let publish = |commit: &Commit| {
        let facts = &commit.facts.as_ref()?.published;
        Some(NewestPublish {
            contract_version: facts.contract_version.as_ref()?.parse().ok()?,
            contract_digest: facts.contract_digest.clone(),
            committed_at: commit.committed_at?,
        })
    };
    // Other programs may have rewritten files since; what they commit says nothing of contracts.
    let wanted = |commit: &Commit| publish(commit).is_some();
    let found = snapshot.newest_publish(wanted).await?;
    Ok(found.as_ref().and_then(publish))
}

/// The contract of one version, as stored with the table. A digest that the log holds is checked.
pub(crate) async fn stored_contract(
    table: &Table,
    version: &Version,
    digest: Option<&str>,
) -> Result<Contract> {
    let location = || table.location().to_string();
    let Some(bytes) = table.read_contract(&version.to_string()).await? else {
        return Err(Error::ContractLost {
            location: location(),
            version: version.clone(),
        });
    };
    let found: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let text = std::str::from_utf8(&bytes)
        .ok()
        .filter(|_| digest.is_none_or(|d| d == found));
    let Some(text) = text else {
        return Err(Error::ContractDamaged {
            location: location(),
            version: version.clone(),
        });
    };
    Contract::from_yaml(text).map_err(Error::Contract)
}

impl Product {
    /// The product as a snapshot shows it, or `None` when nothing has been published into the table.
    async fn load(mesh: &Mesh, table: Table, snapshot: Snapshot) -> Result<Option<Self>> {
        let Some(publish) = newest_publish(&snapshot).await? else {
            return Ok(None);
        };
        let contract = publish.contract(&table).await?;
        let freshness = Freshness {
            event_time: None,
            as_of: snapshot.watermark(),
            published_at: publish.committed_at,
            observed_at: mesh.0.now(),
            sla: contract.sla().freshness,
        };
        let committed_at = publish.committed_at;
        Ok(Some(Self {
            contract,
            table,
            snapshot,
            committed_at,
            freshness,
        }))
    }

    /// The contract that the newest rows were published under.
    #[must_use]
    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    /// How fresh the product is, as observed when it was opened.
    #[must_use]
    pub fn freshness(&self) -> &Freshness {
        &self.freshness
    }

    /// What is read from here, to be kept with an answer.
    #[must_use]
    pub fn source(&self) -> Source {
        Source {
            product: self.contract.name().clone(),
            contract_version: self.contract.version().clone(),
            owner: self.contract.owner().to_owned(),
            table_version: self.snapshot.version(),
            committed_at: self.committed_at,
            as_of: self.snapshot.watermark(),
        }
    }

    /// The newest commits of the table, newest first, at most `limit` of them.
    ///
    /// # Errors
    /// [`Error::Table`] when the log cannot be read.
    pub async fn history(&self, limit: usize) -> Result<Vec<Commit>> {
        Ok(self.table.history(limit).await?)
    }

    /// Starts a read of all columns and rows.
    pub fn read(&self) -> Read<'_> {
        Read {
            product: self,
            columns: None,
            filter: None,
        }
    }
}

/// A read being put together; nothing happens until rows or batches are asked for.
#[derive(Clone, Debug)]
#[must_use]
pub struct Read<'p> {
    product: &'p Product,
    columns: Option<Vec<String>>,
    filter: Option<Predicate>,
}

impl Read<'_> {
    /// Reads only these columns, in this order. A column that was renamed is given under the name that is asked for.
    pub fn select<C: Into<String>>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Reads only rows for which the predicate is true; a second filter narrows the first.
    pub fn filter(mut self, predicate: Predicate) -> Self {
        self.filter = Some(match self.filter {
            Some(filter) => filter.and(predicate),
            None => predicate,
        });
        self
    }

    /// The rows as a stream of batches, in the contract's types.
    ///
    /// # Errors
    /// [`Error::Table`] when a column does not exist or the table cannot be read; items of the stream
    /// fail alike.
    pub async fn batches(self) -> Result<impl Stream<Item = Result<RecordBatch>> + Send> {
        let schema = self.product.contract.arrow_schema();
        let schema = match &self.columns {
            None => schema,
            Some(columns) => project(&schema, columns, &self.product.contract)?,
        };
        self.stream(schema, &[]).await
    }

    /// Rows that do not have one of `columns`, the reader's own, have its default.
    async fn stream(
        self,
        schema: SchemaRef,
        columns: &[Column],
    ) -> Result<impl Stream<Item = Result<RecordBatch>> + Send> {
        let mut scan = self.product.snapshot.scan().read_as(schema);
        scan = scan.with_defaults_of(columns);
        if let Some(filter) = self.filter {
            scan = scan.filter(filter);
        }
        Ok(scan.stream()?.map_err(Error::from))
    }

    /// All rows as values of `T`, which names the columns that are read. `T` may have fewer columns
    /// than the product, and be the row type of an older or a newer version with the same major number: every row
    /// of that major version is read, whichever version it was published under.
    ///
    /// A column that rows do not have yet has its declared default, and is `None` without one; an enum with a variant marked `#[column(other)]` takes labels that
    /// it does not know; numbers are widened and narrowed exactly.
    ///
    /// # Errors
    /// [`Error::Row`] when the product's columns do not become `T`'s, [`Error::Table`] when the table
    /// cannot be read, in particular with [`dataproduct_table::Error::Unreadable`], naming column and value, for a
    /// value that is missing or does not fit where `T` has no place for it.
    pub async fn rows<T: Record>(self) -> Result<Vec<T>> {
        let columns = T::columns();
        let mut stream = Box::pin(self.stream(T::schema(), &columns).await?);
        let mut out = Vec::new();
        while let Some(batch) = stream.next().await {
            let rows = Rows::<T>::open(&batch?)?;
            out.extend(rows.owned());
        }
        Ok(out)
    }

    /// The one row that the filter leaves, as a reading that says how fresh it is. `within` is the age
    /// the caller accepts; `None` takes the contract's promise.
    ///
    /// # Errors
    /// As [`rows`](Self::rows), and [`Error::Input`] when more than one row is left.
    pub async fn one<T: Record>(self, within: Option<Duration>) -> Result<Reading<T>> {
        let freshness = self.product.freshness;
        let mut rows = self.rows::<T>().await?;
        if rows.len() > 1 {
            return Err(Error::Input {
                reason: format!("{} rows match; filter by the whole key", rows.len()),
                source: None,
            });
        }
        Ok(Reading::judge(rows.pop(), freshness, within))
    }
}

/// The columns of a contract by name, or by a former one, under which they are given then.
fn project(schema: &SchemaRef, columns: &[String], contract: &Contract) -> Result<SchemaRef> {
    let field_of = |name: &String| {
        if let Ok(field) = schema.field_with_name(name) {
            return Ok(field.clone());
        }
        let mut renamed = contract.columns().iter();
        renamed
            .find(|column| column.former_names.contains(name))
            .and_then(|column| schema.field_with_name(&column.name).ok())
            .map(|field| field.clone().with_name(name))
            .ok_or_else(|| Error::Input {
                reason: format!("`{}` has no column `{name}`", contract.name()),
                source: None,
            })
    };
    let fields = columns.iter().map(field_of).collect::<Result<Vec<_>>>()?;
    Ok(SchemaRef::new(Schema::new_with_metadata(
        fields,
        schema.metadata().clone(),
    )))
}

//! Looking after the tables of a product.

use arrow_schema::DataType;
use chrono::{DateTime, NaiveDate, Utc};
use dataproduct_contract::{ProductRef, Version};
use dataproduct_table::{
    Compaction, CompactionReport, CopyReport, Erasure, ErasureReceipt, Garbage, GarbageReport,
    Literal, Location, LogCleanup, LogCleanupReport, Restore, RestoreReport, SoftLimit, Steps,
    Table, TableCopy, Traces, Vacuum, VacuumReport,
};

use crate::product::newest_publish;
use crate::{Error, Mesh, Result};

/// What is done with the table of one major version of a product beside publishing into it and reading it. Publishers
/// and readers go on meanwhile.
#[derive(Clone, Debug)]
pub struct Maintenance {
    table: Table,
    version: Version,
}

impl Mesh {
    /// The tables of a product whose versions are in the range, such as `inventory.stock-levels@^1`: one for each major
    /// version, the newest first; also those whose life is over.
    ///
    /// ```
    /// # async fn example() -> Result<(), dataproduct::Error> {
    /// use dataproduct::Mesh;
    ///
    /// let mesh = Mesh::builder().with_root("memory://docs-maintenance").build()?;
    /// assert!(mesh.maintenance("inventory.stock-levels").await.is_err(), "nothing is published");
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`Error::Name`] for a reference that is not well-formed, [`Error::NotPublished`] when no version in the range is
    /// published, and [`Error::Table`] when a table cannot be read.
    pub async fn maintenance(&self, reference: &str) -> Result<Vec<Maintenance>> {
        let reference = reference.parse::<ProductRef>()?;
        let (mut found, mut offered) = (Vec::new(), Vec::new());
        for major in self.majors(&reference.name).await?.into_iter().rev() {
            let table = match Table::open(&self.table(&reference.name, major)?).await {
                Ok(table) => table,
                Err(dataproduct_table::Error::NotFound { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            let Some(publish) = newest_publish(&table.snapshot().await?).await? else {
                continue;
            };
            let version = publish.contract_version;
            match reference.accepts(&version) {
                true => found.push(Maintenance { table, version }),
                false => offered.push(version.to_string()),
            }
        }
        match found.is_empty() {
            false => Ok(found),
            true => Err(Error::NotPublished {
                reference: reference.to_string(),
                offered: match offered.is_empty() {
                    true => String::new(),
                    false => format!("; published is {}", offered.join(", ")),
                },
            }),
        }
    }
}

impl Maintenance {
    /// Where the table is.
    #[must_use]
    pub fn location(&self) -> &Location {
        self.table.location()
    }

    /// The version of the contract that was published under last.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// How far what was begun last has come.
    #[must_use]
    pub fn steps(&self) -> &Steps {
        self.table.steps()
    }

    /// What makes the table expensive to open and read, if anything.
    ///
    /// # Errors
    /// [`Error::Table`] when it cannot be read.
    pub async fn limits(&self) -> Result<Vec<SoftLimit>> {
        Ok(self.table.snapshot().await?.limits())
    }

    /// Writes files anew where that makes the table cheaper to read, see [`Table::compact`].
    ///
    /// # Errors
    /// [`Error::Table`] as there.
    pub async fn compact(&self, what: &Compaction) -> Result<CompactionReport> {
        Ok(self.table.compact(what).await?)
    }

    /// Takes away files that no version in use refers to, see [`Table::vacuum`].
    ///
    /// # Errors
    /// [`Error::Table`] as there.
    pub async fn vacuum(&self, what: &Vacuum) -> Result<VacuumReport> {
        Ok(self.table.vacuum(what).await?)
    }

    /// Takes away old log entries behind a checkpoint, see [`Table::clean_log`].
    ///
    /// # Errors
    /// [`Error::Table`] as there.
    pub async fn clean_log(&self, what: &LogCleanup) -> Result<LogCleanupReport> {
        Ok(self.table.clean_log(what).await?)
    }

    /// Takes away what publishes left that never happened, see [`Table::collect_garbage`].
    ///
    /// # Errors
    /// [`Error::Table`] as there.
    pub async fn collect_garbage(&self, what: &Garbage) -> Result<GarbageReport> {
        Ok(self.table.collect_garbage(what).await?)
    }

    /// Makes the rows of an older version those of the newest one, see [`Table::restore`].
    ///
    /// # Errors
    /// [`Error::Table`] as there.
    pub async fn restore(&self, what: &Restore) -> Result<RestoreReport> {
        Ok(self.table.restore(what).await?)
    }

    /// Copies a version to another place, see [`Table::copy_to`]. As the product of another mesh it is found there as
    /// `<root>/<domain>/<product>/v<major>`.
    ///
    /// # Errors
    /// [`Error::Table`] as there, and when the other place is no folder or URL.
    pub async fn copy_to(&self, place: &str, what: &TableCopy) -> Result<CopyReport> {
        Ok(self.table.copy_to(&Location::parse(place)?, what).await?)
    }

    /// Erases a subject from this major version, see [`Table::erase`]. The others are tables of their own.
    ///
    /// # Errors
    /// [`Error::Table`] as there.
    pub async fn erase(&self, what: &Erasure) -> Result<ErasureReceipt> {
        Ok(self.table.erase(what).await?)
    }

    /// Looks for what is left of a subject in every object under the table's folder, see [`Table::find_traces`].
    ///
    /// # Errors
    /// [`Error::Table`] as there.
    pub async fn find_traces(&self, what: &Erasure) -> Result<Traces> {
        Ok(self.table.find_traces(what).await?)
    }

    /// The erasure of the rows in which a column has one of these values, given as text in the column's type: numbers in
    /// digits, days as `2026-11-27`, instants as `2026-11-27T06:00:00Z`.
    ///
    /// # Errors
    /// [`Error::Input`] when there is no such column, or a text is no value of it.
    pub async fn erasure_of(&self, column: &str, values: &[String]) -> Result<Erasure> {
        let snapshot = self.table.snapshot().await?;
        let input = |reason: String| Error::Input {
            reason,
            source: None,
        };
        let field = snapshot.schema().field_with_name(column);
        let field = field.map_err(|_| input(format!("there is no column `{column}`")))?;
        let values = values.iter().map(|text| {
            literal(text, field.data_type()).ok_or_else(|| {
                input(format!(
                    "`{}` is no value of column `{column}`, which is {}",
                    text.escape_debug(),
                    field.data_type()
                ))
            })
        });
        Ok(Erasure::of(column, values.collect::<Result<Vec<_>>>()?))
    }
}

fn literal(text: &str, data_type: &DataType) -> Option<Literal> {
    use DataType as D;
    Some(match data_type {
        D::Utf8 => Literal::from(text),
        D::Boolean => Literal::from(text.parse::<bool>().ok()?),
        D::Int8 | D::Int16 | D::Int32 | D::Int64 => Literal::from(text.parse::<i64>().ok()?),
        D::Float32 | D::Float64 => Literal::from(text.parse::<f64>().ok()?),
        D::Date32 => Literal::from(text.parse::<NaiveDate>().ok()?),
        D::Timestamp(_, Some(_)) => Literal::from(text.parse::<DateTime<Utc>>().ok()?),
        _ => return None,
    })
}

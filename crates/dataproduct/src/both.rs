//! Publishing two major versions of a product side by side, until the older one's sunset.

use dataproduct_contract::row::{DEFAULT_ROWS_PER_BATCH, DataProduct};

use crate::publish::{Publish, Receipt, Run, Start};
use crate::publisher::BatchPublisher;
use crate::{Error, Mesh, Result};

/// What a publish of two major versions gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BothReceipts {
    /// Of the older major version.
    pub old: Receipt,
    /// Of the newer one.
    pub new: Receipt,
}

impl Mesh {
    /// Publishes rows to two major versions of a product: as they are to the newer one, and each as what `old_of`
    /// makes of it to the older one.
    ///
    /// Both commits carry the same publish id. Nothing is visible in either table before all rows have passed both
    /// gates and are written; then the older version is committed and the newer one right after it. Two tables are
    /// not one transaction: if the second commit fails, [`Error::HalfPublished`] says so and holds the id, and **the
    /// same call with the same id settles it**: what is committed already stays one commit, and the rest is made up
    /// for. Give an id of your own ([`Publish::with_publish_id`]) where the process itself may stop in between.
    ///
    /// `how` holds for both; partitions that it replaces must be ones of both tables.
    ///
    /// # Errors
    /// [`Error::Lifecycle`] when the life of one of the contracts is over: after the sunset publish the newer version
    /// alone. [`Error::Input`] when the types are not two major versions of one product, the older one first.
    /// [`Error::HalfPublished`] as said. Otherwise as [`BatchPublisher::publish`], and nothing is published then,
    /// unless it says that the outcome is unknown.
    ///
    /// # Example
    ///
    /// ```
    /// # use dataproduct::prelude::*;
    /// #[derive(DataProduct)]
    /// #[product(name = "inventory.stock", version = "1.4.0", owner = "inventory")]
    /// struct StockV1 {
    ///     #[column(key)]
    ///     sku: String,
    ///     on_hand: i64,
    /// }
    ///
    /// #[derive(DataProduct)]
    /// #[product(name = "inventory.stock", version = "2.0.0", owner = "inventory")]
    /// struct Stock {
    ///     #[column(key)]
    ///     gtin: String,
    ///     on_hand: i64,
    /// }
    ///
    /// # async fn run() -> Result<(), Error> {
    /// let mesh = Mesh::builder().with_root("memory://publish-both").build()?;
    /// let rows = [Stock { gtin: "s693".into(), on_hand: 4 }];
    /// let old_of = |row: &Stock| StockV1 { sku: row.gtin.clone(), on_hand: row.on_hand };
    /// let both = mesh.publish_both(rows, old_of, Publish::append()).await?;
    /// assert_eq!(both.old.publish_id, both.new.publish_id);
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    pub async fn publish_both<Old: DataProduct, New: DataProduct>(
        &self,
        rows: impl IntoIterator<Item = New>,
        old_of: impl Fn(&New) -> Old,
        how: Publish,
    ) -> Result<BothReceipts> {
        let (old, new) = (self.publisher::<Old>()?, self.publisher::<New>()?);
        let (mut old, mut new) = start(old.batches(), new.batches(), how).await?;
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<New> = rows.by_ref().take(DEFAULT_ROWS_PER_BATCH.get()).collect();
            let older: Vec<Old> = chunk.iter().map(&old_of).collect();
            old.push(|| Old::to_batch(&older)).await?;
            new.push(|| New::to_batch(&chunk)).await?;
        }
        // What can be refused is refused before anything is visible.
        old.prepare().await?;
        new.prepare().await?;
        let old = old.publish().await?;
        match new.publish().await {
            Ok(new) => Ok(BothReceipts { old, new }),
            Err(error) => Err(Error::HalfPublished {
                published: Box::new(old),
                source: Box::new(error),
            }),
        }
    }
}

/// Begins both publishes under one id. A side that is published already stays as it is.
async fn start(old: &BatchPublisher, new: &BatchPublisher, how: Publish) -> Result<(Start, Start)> {
    let (older, newer) = (old.contract(), new.contract());
    if older.name() != newer.name() || older.version().major() >= newer.version().major() {
        return Err(Error::Input {
            reason: format!(
                "`{}` {} and `{}` {} are not an older and a newer major version of one product",
                older.name(),
                older.version(),
                newer.name(),
                newer.version()
            ),
            source: None,
        });
    }
    // One instant for both, so that neither says more than the other.
    let how = how.with_default_as_of(old.now());
    let old = Run::start(old, how.clone()).await?;
    let how = how.with_publish_id(old.publish_id());
    let new = Run::start(new, how).await?;
    Ok((old, new))
}

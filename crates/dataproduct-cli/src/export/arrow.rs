//! The Arrow schema of a contract's batches.

use arrow_ipc::writer::StreamWriter;
use dataproduct::Contract;

use super::{Error, pretty};

/// In the JSON that arrow-rs reads and writes.
pub(super) fn json(contract: &Contract) -> Result<String, Error> {
    pretty(contract.arrow_schema().as_ref())
}

/// As a stream of Arrow IPC that ends after the schema.
pub(super) fn ipc(contract: &Contract) -> Result<Vec<u8>, Error> {
    let unwritable = |error: arrow_schema::ArrowError| Error::Unwritable(error.to_string());
    let schema = contract.arrow_schema();
    let mut writer = StreamWriter::try_new(Vec::new(), &schema).map_err(unwritable)?;
    writer.finish().map_err(unwritable)?;
    writer.into_inner().map_err(unwritable)
}

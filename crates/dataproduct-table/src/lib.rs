//! The only storage I/O of the dataproduct SDK: open tables on object stores.

//! The derive macros of the dataproduct SDK.

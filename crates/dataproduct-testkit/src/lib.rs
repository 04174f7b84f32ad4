//! Generators, stores and suites for the tests of the dataproduct SDK.

//! Declare, prove, publish and consume data products: the facade of the SDK.

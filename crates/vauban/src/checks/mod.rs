//! The checks that run at start and before a deployment.

//! The test kit: a client that enforces everything, a database per test.

//! The management commands.

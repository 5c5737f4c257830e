//! Tests of the repository itself: what its documents say is so, and what it accepts from others.

//! Calls that read and calls that write.

mod sealed {
    pub trait Sealed {}
}

/// Views of safe methods: their calls have neither a writer nor a body, and nothing is committed.
#[derive(Debug, Clone, Copy)]
pub enum Reading {}

/// Views of unsafe methods (POST, PUT, PATCH, DELETE): behind the walls against request forgery, they may
/// read a body and write.
#[derive(Debug, Clone, Copy)]
pub enum Writing {}

/// [`Reading`] or [`Writing`]: what kind a view's calls are. Its method decides it, and nothing else.
pub trait Kind: sealed::Sealed + Send + Sync + 'static {
    /// Whether calls of this kind read a body and commit.
    const WRITES: bool;
}

impl sealed::Sealed for Reading {}
impl Kind for Reading {
    const WRITES: bool = false;
}

impl sealed::Sealed for Writing {}
impl Kind for Writing {
    const WRITES: bool = true;
}

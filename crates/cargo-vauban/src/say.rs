//! What goes to the terminal, or to whom its output is piped.

use std::fmt;
use std::io::{self, Write as _};

/// Writes a line. Whoever reads only its head (`cargo vauban new x | head -1`) has closed the pipe: what they do not want
/// is left unsaid, and the work is done to its end. `println!` would panic.
pub(crate) fn line(text: impl fmt::Display) {
    // Nobody is left to be told of an error.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// The same for what went wrong.
pub(crate) fn error(text: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

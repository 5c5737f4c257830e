//! What the framework relies on in Cargo's profile: a panic ends its request and no other (CWE-248), and a number that
//! overflows panics (CWE-190).

use std::hint::black_box;
use std::panic::{PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Arc;
use std::thread;

// CWE-248, CWE-400: every panic, of a view, a filter or a dependency, would take all requests with it.
#[cfg(panic = "abort")]
compile_error!(
    "a site is not built with `panic = \"abort\"`: one panic would end the process and every request in it, where Vauban \
     answers that one request with 500. Take `panic = \"abort\"` out of the profile in the workspace's Cargo.toml \
     (it may also stand in .cargo/config.toml, RUSTFLAGS or CARGO_PROFILE_RELEASE_PANIC)"
);

/// Adds, as the package is compiled in which it is written.
pub(crate) type Sum = fn(u8, u8) -> u8;

/// Whether a sum that overflows panics where `sum` was compiled. A release's does if its profile says so of that package, and no
/// `cfg` tells.
pub(crate) fn checks_overflow(sum: Sum) -> bool {
    let before: Arc<dyn Fn(&PanicHookInfo<'_>) + Send + Sync> = take_hook().into();
    // The panic that is asked for is not printed; another thread's is.
    let (asking, others) = (thread::current().id(), Arc::clone(&before));
    set_hook(Box::new(move |panic| {
        if thread::current().id() != asking {
            others(panic);
        }
    }));
    let added = catch_unwind(|| black_box(sum)(black_box(u8::MAX), black_box(1)));
    set_hook(Box::new(move |panic| before(panic)));
    added.is_err()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// CWE-248. Attack: a line in a profile, copied for a smaller program, and one request that panics ends the site.
    #[test]
    #[allow(clippy::disallowed_methods)] // the compiler, in a test
    fn cwe_248_no_site_is_built_that_a_panic_ends() {
        let folder = tempfile::tempdir().unwrap();
        let built_with = |panic: &str| {
            let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
            Command::new(rustc)
                .args([
                    "--edition=2024",
                    "--crate-type=lib",
                    "--emit=metadata",
                    "-C",
                    panic,
                ])
                .arg(format!("{}/src/profile.rs", env!("CARGO_MANIFEST_DIR")))
                .arg("--out-dir")
                .arg(folder.path())
                .output()
                .unwrap()
        };
        let unwinds = built_with("panic=unwind");
        assert!(
            unwinds.status.success(),
            "{}",
            String::from_utf8_lossy(&unwinds.stderr)
        );
        let aborts = built_with("panic=abort");
        let message = String::from_utf8_lossy(&aborts.stderr);
        assert!(
            !aborts.status.success() && message.contains("Take `panic = \"abort\"` out of"),
            "{message}"
        );
    }

    /// CWE-190. Attack: `overflow-checks = false` under `[profile.release.package.app]`, which the framework's own sums do not
    /// tell.
    #[test]
    fn cwe_190_a_sum_is_asked_where_it_was_compiled() {
        let is_checked = catch_unwind(|| black_box(i64::MAX) + black_box(1)).is_err();
        assert_eq!(checks_overflow(|a, b| a + b), is_checked);
        assert!(!checks_overflow(u8::wrapping_add));
    }
}

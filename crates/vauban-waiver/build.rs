//! Says whether this is a release, by Cargo's word and not by switches that a profile may turn (CWE-489).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(must_sign)");
    // `release` also for profiles that inherit it. Neither `debug-assertions = true` nor an override for one
    // package changes it.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rustc-cfg=must_sign");
    }
}

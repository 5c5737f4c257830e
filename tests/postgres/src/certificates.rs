//! Certificates of the test's own: an authority that only the test trusts, and a server's certificate of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::Programs;

/// An authority and a server certificate that it signed, in a folder of the cluster's.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority's certificate, to be trusted.
    pub authority: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// A certificate for `names`, as they stand in it: `IP:127.0.0.1`, `DNS:db.example`.
    pub(crate) fn make(folder: &Path, names: &str, programs: &Programs) -> Result<Self, String> {
        let at = |name: &str| folder.join(name);
        let made = Self {
            authority: at("authority.pem"),
            certificate: at("server.pem"),
            key: at("server.key"),
        };
        let script = r#"
            set -e
            key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1"; }
            key authority.key
            openssl req -x509 -new -key authority.key -subj "/CN=test authority" -days 2 -out authority.pem
            key server.key
            openssl req -new -key server.key -subj "/CN=test server" -out server.csr
            printf 'subjectAltName=%s\nbasicConstraints=CA:FALSE\n' "$1" >server.ext
            openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
                -extfile server.ext -out server.pem
            rm authority.key
            chmod 600 server.key
        "#;
        let told = Command::new("sh")
            .args(["-c", script, "sh", names])
            .current_dir(folder)
            .output()
            .map_err(|error| format!("sh: {error}"))?;
        if !told.status.success() {
            return Err(format!(
                "no certificate was made (is openssl installed?): {}",
                String::from_utf8_lossy(&told.stderr)
            ));
        }
        // PostgreSQL reads a key that only its own user may read.
        programs.hand_over(&made.key)?;
        Ok(made)
    }
}

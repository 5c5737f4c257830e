//! Files with secrets: read only where nobody else can read or change them; development's own key.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};

use super::problem::{InvalidSetting, Source};
use super::{Settings, strength};

/// Most bytes of a secret file.
const SECRET_FILE_BYTES: u64 = 64 << 10;

/// Reads a secret file that only its owner can read. Errors: what was found, what to do.
pub(super) fn secret_file(path: &Path) -> Result<String, (String, String)> {
    let cannot = |error: std::io::Error| {
        (
            format!("cannot be read: {error}"),
            "Give the path of a file that this program may read.".to_owned(),
        )
    };
    let file = fs::File::open(path).map_err(cannot)?;
    // The opened file is examined, not its name: it cannot be swapped in between (CWE-367).
    let metadata = file.metadata().map_err(cannot)?;
    if !metadata.is_file() {
        return Err((
            "is not a regular file".into(),
            "Give the path of a file with the secret alone.".into(),
        ));
    }
    check_mode(path, &metadata)?;
    let mut bytes = Vec::new();
    file.take(SECRET_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(cannot)?;
    if bytes.len() as u64 > SECRET_FILE_BYTES {
        return Err((
            "is larger than 64 KiB".into(),
            "Give the path of a file with the secret alone.".into(),
        ));
    }
    let text = super::text::text_of(bytes)
        .map_err(|found| (found, "Write the secret as text, Base64 for example.".to_owned()))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// CWE-732: a secret that others can read or write is none. Container managers mount `/run/secrets` readable
/// inside the container only; there, others may read but not write.
#[cfg(unix)]
fn check_mode(path: &Path, metadata: &fs::Metadata) -> Result<(), (String, String)> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    let forbidden = if path.starts_with("/run/secrets") {
        0o022
    } else {
        0o077
    };
    if mode & forbidden == 0 {
        return Ok(());
    }
    Err((
        format!("has mode {mode:04o}: others than its owner can read or change it"),
        format!(
            "Run `chmod 600 {}`, and replace the secret if others may have read it.",
            path.display()
        ),
    ))
}

/// Other systems have no mode.
#[cfg(not(unix))]
fn check_mode(_path: &Path, _metadata: &fs::Metadata) -> Result<(), (String, String)> {
    Ok(())
}

/// Development's own key: made once, mode 0600, so that sign-ins survive a restart.
pub(super) fn development_key(settings: &mut Settings, folder: &Path) -> Result<(), InvalidSetting> {
    let dir = folder.join(&settings.data_dir);
    let path = dir.join("secret_key");
    let wrong = |found: String, write: &str| InvalidSetting {
        setting: "secret_key".into(),
        source: Source::Generated(path.clone()),
        found,
        write: write.to_owned(),
    };
    let key = match secret_file(&path) {
        Ok(key) => key,
        Err(_) if !path.exists() => {
            make_key(&dir, &path).map_err(|error| {
                wrong(
                    format!("cannot be made: {error}"),
                    "Make the folder writable, or set VAUBAN_SECRET_KEY.",
                )
            })?;
            // Read again: of two programs that start at once, one has made the key for both.
            secret_file(&path).map_err(|(found, write)| wrong(found, &write))?
        }
        Err((found, write)) => return Err(wrong(found, &write)),
    };
    if let Some(weakness) = strength::weakness(&key) {
        return Err(wrong(
            weakness,
            "Remove the file: a new key is made at the next start.",
        ));
    }
    settings.secret_key = super::SecretKey::new(key);
    settings
        .sources
        .insert("secret_key".to_owned(), Source::Generated(path));
    Ok(())
}

/// Writes a fresh key of 384 bits to `path`, readable by its owner alone.
fn make_key(dir: &Path, path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(dir)?;
    let ignore = dir.join(".gitignore");
    if !ignore.exists() {
        fs::write(&ignore, "# Data of this machine: never committed.\n*\n")?;
    }
    let mut bytes = [0u8; 48];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    // Complete before it has its name, so that nobody reads half a key.
    let unfinished = dir.join(format!("secret_key.{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600); // CWE-732
    }
    let mut file = options.open(&unfinished)?;
    file.write_all(BASE64_STANDARD.encode(bytes).as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&unfinished, path);
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

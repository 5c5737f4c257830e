//! `file:FOLDER`: one `.eml` each.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Unsent, said};
use crate::letter::Letter;

/// Writes a letter into a folder. The file has its name when it is whole; a second try writes the same one.
pub(crate) async fn store(folder: &Path, letter: &Letter, bytes: Vec<u8>) -> Result<(), Unsent> {
    // CWE-22: of digits and letters of our own.
    let name = format!("{}-{}.eml", letter.date, letter.id());
    let folder = folder.to_owned();
    let shown = folder.display().to_string();
    let written = tokio::task::spawn_blocking(move || write(&folder, &name, &bytes)).await;
    let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    written.map_err(|error| {
        Unsent::Later(said(&format!(
            "the mail cannot be written into the folder {shown} of `mail.url`: {error}"
        )))
    })
}

/// Counts what this process writes: no two files have one name before they are whole.
static NTH: AtomicU64 = AtomicU64::new(0);

fn write(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let nth = NTH.fetch_add(1, Ordering::Relaxed);
    let unfinished = folder.join(format!(".{name}.{}-{nth}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600); // CWE-732: links in mails open accounts.
    }
    let mut file = options.open(&unfinished)?;
    let done = file.write_all(bytes).and_then(|()| file.sync_all());
    let done = done.and_then(|()| fs::rename(&unfinished, folder.join(name)));
    if done.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    done
}

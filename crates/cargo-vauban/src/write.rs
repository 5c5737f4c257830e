//! Everything or nothing: what is to be written is known and checked before the first byte is.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A file that is to be there.
#[derive(Debug)]
pub(crate) struct NewFile {
    /// From the root of the site.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
    /// Whether it is a program.
    pub(crate) executable: bool,
}

/// A file that is there, as it is to be.
#[derive(Debug)]
pub(crate) struct Change {
    /// From the root of the site.
    pub(crate) path: String,
    /// As it was read.
    pub(crate) before: String,
    /// As it is to be.
    pub(crate) after: String,
}

/// Whether anything has this name: a dangling link too.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Makes a folder with these files. It appears complete, under its name, or not at all.
///
/// # Errors
/// The file system says no; then nothing is left.
pub(crate) fn folder(target: &Path, files: &[NewFile]) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let making = target.with_file_name(format!(".{name}.{}.new", std::process::id()));
    fs::create_dir(&making)?;
    let made = files
        .iter()
        .try_for_each(|file| create(&making.join(&file.path), file))
        .and_then(|()| {
            // CWE-367: somebody may have been faster; a folder that is not empty stops the renaming by itself.
            if is_there(target) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(&making, target)
        });
    if made.is_err() {
        let _ = fs::remove_dir_all(&making);
    }
    made
}

/// Adds files to a site and changes others. If one step fails, those before it are taken back.
///
/// # Errors
/// The file system says no.
pub(crate) fn into_site(root: &Path, files: &[NewFile], changes: &[Change]) -> io::Result<()> {
    let mut created: Vec<PathBuf> = Vec::new();
    let mut changed: Vec<&Change> = Vec::new();
    let done = files
        .iter()
        .try_for_each(|file| {
            let path = root.join(&file.path);
            create(&path, file)?;
            created.push(path);
            Ok(())
        })
        .and_then(|()| {
            changes.iter().try_for_each(|change| {
                replace(&root.join(&change.path), &change.after)?;
                changed.push(change);
                Ok(())
            })
        });
    if done.is_err() {
        for change in changed {
            let _ = replace(&root.join(&change.path), &change.before);
        }
        for path in created.iter().rev() {
            let _ = fs::remove_file(path);
            // Folders that became empty; one that is not stays.
            let _ = path.parent().map(fs::remove_dir);
        }
    }
    done
}

/// Writes a file that is not there, with the folders above it.
fn create(path: &Path, file: &NewFile) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut new = OpenOptions::new().write(true).create_new(true).open(path)?;
    new.write_all(file.text.as_bytes())?;
    if file.executable {
        executable(path)?;
    }
    Ok(())
}

#[cfg(unix)]
fn executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode();
    // Whoever may read it may run it.
    fs::set_permissions(path, fs::Permissions::from_mode(mode | (mode & 0o444) >> 2))
}

#[cfg(not(unix))]
fn executable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Puts a new text in a file's place in one step, so that a reader finds the old one or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let making = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let mut new = OpenOptions::new().write(true).create_new(true).open(&making)?;
    let done = new
        .write_all(text.as_bytes())
        .and_then(|()| fs::set_permissions(&making, fs::metadata(path)?.permissions()))
        .and_then(|()| fs::rename(&making, path));
    if done.is_err() {
        let _ = fs::remove_file(&making);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> NewFile {
        NewFile {
            path: path.to_owned(),
            text: "text".to_owned(),
            executable: false,
        }
    }

    #[test]
    fn what_fails_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        // A file where a folder is needed.
        let clash = [file("a/b"), file("a/b/c")];
        assert!(folder(&dir.path().join("site"), &clash).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        fs::write(dir.path().join("kept"), "before").unwrap();
        let change = Change {
            path: "kept".to_owned(),
            before: "before".to_owned(),
            after: "after".to_owned(),
        };
        let missing = Change {
            path: "missing".to_owned(),
            before: String::new(),
            after: "after".to_owned(),
        };
        assert!(into_site(dir.path(), &[file("new/one")], &[change, missing]).is_err());
        assert_eq!(fs::read_to_string(dir.path().join("kept")).unwrap(), "before");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_there_is_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("site");
        fs::create_dir(&target).unwrap();
        assert!(folder(&target, &[file("a")]).is_err());
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
        fs::write(target.join("a"), "mine").unwrap();
        assert!(into_site(&target, &[file("b"), file("a")], &[]).is_err());
        assert_eq!(fs::read_to_string(target.join("a")).unwrap(), "mine");
        assert!(!target.join("b").exists());
    }
}

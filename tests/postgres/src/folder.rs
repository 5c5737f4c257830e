//! A cluster's folder, with the locks by which processes share it.
//!
//! `lock` is held while somebody starts or ends the cluster, `users` (shared) while somebody uses it, `watcher` while
//! somebody sees to its end. The kernel lets go of a lock when the process that holds it is gone, however it went.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::programs::own_user;

/// A cluster's folder, while nobody else starts or ends it.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) path: PathBuf,
    _lock: File,
}

/// What ends the cluster: waits until nobody uses it, then a while, and looks again under both locks. It kills by the
/// process id that PostgreSQL wrote down, if that process is still the one that has this folder.
/// The folder goes under another name first: of one that is being emptied somebody else would find its lock gone, and make it anew.
const WATCHER: &str = r#"
cd "$1" || exit 0
while :; do
    flock users true
    sleep "$2"
    flock -n lock sh -c '
        flock -n users true || exit 1
        if read pid <data/postmaster.pid 2>/dev/null; then
            if [ -r "/proc/$pid/cmdline" ]; then
                command=$(tr "\000" " " <"/proc/$pid/cmdline")
            else
                command=$(ps -o command= -p "$pid" 2>/dev/null)
            fi
            case $command in
                *"$1/data"*)
                    kill -QUIT "$pid"
                    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
                        kill -0 "$pid" 2>/dev/null || break
                        sleep 0.1
                    done ;;
            esac
        fi
        mv "$1" "$1-gone-$$" && rm -rf "$1-gone-$$"
    ' sh "$1" && exit 0
    [ -d "$1" ] || exit 0
done
"#;

impl Held {
    /// The folder of this name, made if there is none.
    pub(crate) fn take(name: &str) -> Result<Self, String> {
        let user = own_user()?;
        // A socket's path has at most some hundred bytes: not in a deep folder.
        let path = std::env::temp_dir().join(format!("vauban-pg-{user}-{name}"));
        loop {
            match DirBuilder::new().mode(0o755).create(&path) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(format!("{}: {error}", path.display())),
            }
            // CWE-377: the name can be guessed, so somebody else may have made it.
            let own = std::fs::symlink_metadata(&path);
            let own =
                own.is_ok_and(|found| found.is_dir() && found.uid() == user && found.mode() & 0o022 == 0);
            if !own && path.exists() {
                return Err(format!("{}: belongs to somebody else; remove it", path.display()));
            }
            let Ok(lock) = open(&path, "lock") else { continue };
            lock.lock()
                .map_err(|error| format!("{}/lock: {error}", path.display()))?;
            // Meanwhile its folder may have gone, with this very file.
            let same = |now: std::fs::Metadata| {
                lock.metadata()
                    .is_ok_and(|held| (held.dev(), held.ino()) == (now.dev(), now.ino()))
            };
            if std::fs::metadata(path.join("lock")).is_ok_and(same) {
                return Ok(Self { path, _lock: lock });
            }
        }
    }

    /// Says that this process uses the cluster, as long as the file is held.
    pub(crate) fn used(&self) -> Result<File, String> {
        let users = open(&self.path, "users")?;
        users
            .lock_shared()
            .map_err(|error| format!("{}/users: {error}", self.path.display()))?;
        Ok(users)
    }

    /// Sees to it that somebody ends the cluster, so many seconds after the last one that uses it.
    pub(crate) fn watch(&self, grace: u32) -> Result<(), String> {
        use std::os::unix::process::CommandExt;
        if self.is_watched()? {
            return Ok(());
        }
        let mut command = Command::new("flock");
        command
            // Not at once or never: who looks whether there is a watcher holds this lock for a moment.
            .args(["-w", "10"])
            .arg(self.path.join("watcher"))
            .args(["sh", "-c", WATCHER, "sh"])
            .arg(&self.path)
            .arg(grace.to_string())
            // Not what a signal to the tests' group ends, and nothing of theirs stays open.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().map_err(|error| {
            format!("`flock`: {error}. It ends the cluster after the tests: install it (Debian: apt-get install util-linux)")
        })?;
        let until = Instant::now() + Duration::from_secs(10);
        while !self.is_watched()? {
            if Instant::now() > until {
                return Err(format!("{}: its watcher did not start", self.path.display()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    fn is_watched(&self) -> Result<bool, String> {
        match open(&self.path, "watcher")?.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(format!("{}/watcher: {error}", self.path.display())),
        }
    }
}

fn open(folder: &Path, name: &str) -> Result<File, String> {
    let path = folder.join(name);
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| format!("{}: {error}", path.display()))
}

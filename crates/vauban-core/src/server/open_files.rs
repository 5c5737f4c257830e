//! How many connections this process can hold: each is an open file, and the system bounds those (CWE-770).

/// Files that are no connections: the database, its journal and readers, logs, the run time's own.
const RESERVED: u64 = 256;

/// At most so many connections as were asked for; fewer, and a line in the log, where the system gives no more files.
/// The process's soft limit is raised as far as needed and allowed.
pub(super) fn most_connections(wanted: usize) -> usize {
    let Some(files) = room_for(wanted as u64 + RESERVED) else {
        return wanted;
    };
    let most = fitting(wanted, files);
    if most < wanted {
        tracing::warn!(
            target: "vauban::server",
            wanted,
            most,
            open_files = files,
            "limits.connections is more than the open files that this process may have: fewer connections are accepted at \
             once. Raise the hard limit (`ulimit -Hn`, systemd's LimitNOFILE) or lower limits.connections"
        );
    }
    most
}

/// How many connections go into so many files.
fn fitting(wanted: usize, files: u64) -> usize {
    // With very few files, half of them.
    let left = files.saturating_sub(RESERVED).max(files / 2);
    wanted.min(usize::try_from(left).unwrap_or(usize::MAX)).max(1)
}

/// How many files this process may open, after the soft limit was raised towards `needed`; `None`: no limit is known.
#[cfg(unix)]
fn room_for(needed: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let soft = limit.current?;
    if soft >= needed {
        return Some(soft);
    }
    let raised = limit.maximum.map_or(needed, |hard| hard.min(needed));
    let raise = Rlimit {
        current: Some(raised),
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raise) {
        Ok(()) => Some(raised),
        Err(_) => Some(soft),
    }
}

/// Other systems bound nothing that could be asked for.
#[cfg(not(unix))]
fn room_for(_needed: u64) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_into_the_open_files() {
        assert_eq!(fitting(16_384, 1024), 768);
        assert_eq!(fitting(16_384, 1_048_576), 16_384);
        assert_eq!(fitting(16_384, 100), 50);
        assert_eq!(fitting(16_384, 0), 1);
        assert_eq!(fitting(10, 1024), 10);
    }

    #[cfg(unix)]
    #[test]
    fn the_soft_limit_is_raised() {
        use rustix::process::{Resource, getrlimit};
        let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        let wanted = hard.min(2000);
        assert!(room_for(wanted).unwrap() >= wanted);
        assert!(getrlimit(Resource::Nofile).current.unwrap() >= wanted);
    }
}

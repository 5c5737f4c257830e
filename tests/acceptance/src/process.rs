//! Child processes that end with the test that started them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// A child process. Dropped, it is killed by its process id, and so are its descendants.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Running {
    /// Starts `command`; its standard output and error can be read with [`Running::wait_for_line`].
    ///
    /// # Panics
    /// If the program cannot be started.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{:?} does not start: {error}", command.get_program()));
        let (sender, lines) = channel();
        let streams: [Option<Box<dyn std::io::Read + Send>>; 2] = [
            child
                .stdout
                .take()
                .map(|s| Box::new(s) as Box<dyn std::io::Read + Send>),
            child
                .stderr
                .take()
                .map(|s| Box::new(s) as Box<dyn std::io::Read + Send>),
        ];
        for stream in streams.into_iter().flatten() {
            let sender = sender.clone();
            // Reads to the end, so that the child never blocks on a full pipe.
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    drop(sender.send(line));
                }
            });
        }
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its memory that is in use (resident), in KiB.
    ///
    /// # Panics
    /// If the child is gone.
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("a running child");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok());
        number.expect("VmRSS in kB")
    }

    /// How many files and sockets it has open.
    ///
    /// # Panics
    /// If the child is gone.
    pub fn open_files(&self) -> usize {
        let open = fs::read_dir(format!("/proc/{}/fd", self.id()));
        open.expect("a running child").count()
    }

    /// The first line yet unread that `wanted` accepts.
    ///
    /// # Panics
    /// If none comes within `seconds`; with everything the child has said.
    pub fn wait_for_line(&mut self, seconds: u64, wanted: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + Duration::from_secs(seconds);
        loop {
            match self
                .lines
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.said.push(line.clone());
                    if wanted(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!(
                        "the line that was waited for did not come; the program said:\n{}",
                        self.said.join("\n")
                    )
                }
            }
        }
    }

    /// Everything the child has said so far.
    pub fn output(&mut self) -> String {
        self.said.extend(self.lines.try_iter());
        self.said.join("\n")
    }

    /// Whether the child has not ended by itself.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends `SIGKILL` to the child alone and waits for its end: what a power cut or the kernel's out-of-memory
    /// killer does.
    pub fn kill_9(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Children of a dead parent belong to somebody else: they are listed before anything is killed.
        let descendants = descendants(self.child.id());
        self.kill_9();
        for id in descendants {
            drop(
                Command::new("kill")
                    .args(["-KILL", &id.to_string()])
                    .stderr(Stdio::null())
                    .status(),
            );
        }
    }
}

/// All children, grandchildren and so on of the process `id`.
fn descendants(id: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let Ok(threads) = fs::read_dir(format!("/proc/{id}/task")) else {
        return found;
    };
    for thread in threads.flatten() {
        let Ok(children) = fs::read_to_string(thread.path().join("children")) else {
            continue;
        };
        for child in children.split_whitespace().filter_map(|id| id.parse().ok()) {
            found.push(child);
            found.extend(descendants(child));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_child_takes_its_children_along() {
        let mut shell = Running::start(Command::new("sh").args(["-c", "sleep 600 & echo $!; wait"]));
        let sleeper: u32 = shell.wait_for_line(10, |_| true).parse().expect("a process id");
        assert!(
            fs::metadata(format!("/proc/{sleeper}")).is_ok(),
            "the grandchild runs"
        );
        drop(shell);
        let end = Instant::now() + Duration::from_secs(10);
        while fs::read_to_string(format!("/proc/{sleeper}/cmdline")).is_ok_and(|line| line.contains("sleep"))
        {
            assert!(Instant::now() < end, "the grandchild outlived its parent");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

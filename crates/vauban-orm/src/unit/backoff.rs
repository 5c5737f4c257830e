//! How often what did not fit beside others is done again, and how long it waits before that.

use std::time::Duration;

/// So many times more, each after a pause that is twice as long as the last and by chance shorter: two that met do not meet again.
#[derive(Debug)]
pub struct Backoff {
    left: u32,
    pause: Duration,
}

impl Backoff {
    /// So many times, after pauses of up to 4, 8, 16, 32, 64 and, from then on, 100 milliseconds.
    pub fn times(left: u32) -> Self {
        Self {
            left,
            pause: Duration::from_millis(4),
        }
    }

    /// As often as a whole unit is done again that does nothing outside the database.
    pub fn of_a_unit() -> Self {
        Self::times(8)
    }

    /// How long to wait before it is done once more; `None` if it is not (CWE-400).
    pub fn pause(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let pause = self.pause.mul_f64(rand::random());
        self.pause = (self.pause * 2).min(Duration::from_millis(100));
        Some(pause)
    }

    /// Waits so long; `false` if it is not done again.
    pub fn again(&mut self) -> impl Future<Output = bool> + Send + use<> {
        let pause = self.pause();
        async move {
            match pause {
                Some(pause) => {
                    tokio::time::sleep(pause).await;
                    true
                }
                None => false,
            }
        }
    }
}

//! How often what did not fit beside others is done again, and how long it waits before that.

use std::time::Duration;

/// So many times more, each after a pause that is twice as long as the last and by chance shorter: two that met do not meet again.
#[derive(Debug)]
pub struct Backoff {
    left: u32,
    pause: Duration,
}

impl Backoff {
    /// So many times, after pauses of up to 4, 8, 16 … milliseconds, and of no more than 100.
    pub fn times(left: u32) -> Self {
        Self {
            left,
            pause: Duration::from_millis(4),
        }
    }

    /// Waits before it is done once more; `false` if it is not (CWE-400).
    pub fn again(&mut self) -> impl Future<Output = bool> + Send + use<> {
        let may = self.left > 0;
        let pause = self.pause.mul_f64(rand::random());
        if may {
            self.left -= 1;
            self.pause = (self.pause * 2).min(Duration::from_millis(100));
        }
        async move {
            if may {
                tokio::time::sleep(pause).await;
            }
            may
        }
    }
}

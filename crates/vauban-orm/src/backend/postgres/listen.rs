//! LISTEN and NOTIFY: a connection of its own, that is told.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::dial::Dial;
use super::failure::Failure;

/// How many are kept for who does not look.
const KEPT: usize = 16;
/// How long a probe may take.
const PROBE: Duration = Duration::from_secs(5);

/// A connection that hears what is told on a topic.
#[derive(Debug)]
pub(crate) struct Listening {
    client: Client,
    told: mpsc::Receiver<String>,
    topic: String,
    probes: u64,
}

impl Listening {
    pub(super) async fn open(dial: &Dial, topic: &str) -> Result<Self, Failure> {
        let (tell, told) = mpsc::channel(KEPT);
        let client = dial.open_hearing(Some(tell)).await?;
        let topic = quoted(topic);
        client.batch_execute(&format!("LISTEN {topic}")).await?;
        let probes = 0;
        Ok(Self {
            client,
            told,
            topic,
            probes,
        })
    }

    /// Ready when something is told; `false`: the connection is gone.
    pub(crate) async fn told(&mut self) -> bool {
        loop {
            match self.told.recv().await {
                // What this side has told itself.
                Some(text) if text.starts_with(MARK) => {}
                Some(_) => return true,
                None => return false,
            }
        }
    }

    /// Whether what is told arrives: behind a pooler that gives each transaction another connection, and over a socket whose other
    /// end has vanished, LISTEN fails in silence.
    pub(crate) async fn is_heard(&mut self) -> bool {
        self.probes += 1;
        let mark = format!("{MARK}{} {}", std::process::id(), self.probes);
        let probe = async {
            let told = self
                .client
                .batch_execute(&format!("NOTIFY {}, '{mark}'", self.topic))
                .await;
            if told.is_err() {
                return false;
            }
            loop {
                match self.told.recv().await {
                    Some(text) if text == mark => return true,
                    Some(_) => {}
                    None => return false,
                }
            }
        };
        tokio::time::timeout(PROBE, probe).await.unwrap_or(false)
    }
}

/// What a probe begins with.
const MARK: &str = "probe ";

/// CWE-89
pub(super) fn quoted(topic: &str) -> String {
    format!("\"{}\"", topic.replace('"', "\"\""))
}

/// The statement that tells.
pub(crate) fn telling(topic: &str) -> String {
    format!("NOTIFY {}", quoted(topic))
}

//! What only reads, whoever begins its units.

tokio::task_local! {
    static READING: ();
}

/// Runs what answers a request of a safe method: a unit that is begun in it reads, whichever way it came by the database
/// (CWE-352, CWE-650: a link does not change anything). What it leaves to a task of its own is not done by who follows
/// the link, and may write.
pub async fn reading<F: Future>(answer: F) -> F::Output {
    READING.scope((), answer).await
}

pub(super) fn is_reading() -> bool {
    READING.try_with(|&()| ()).is_ok()
}

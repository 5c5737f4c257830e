//! What only reads, whoever begins its units.

tokio::task_local! {
    static READING: ();
}

/// Runs a part of the answer to a request: if its method is safe, a unit that is begun in it reads, whichever way it came
/// by the database (CWE-352, CWE-650: a link does not change anything). What it leaves to a task of its own is not done
/// by who follows the link, and may write.
pub async fn answering<F: Future>(is_safe: bool, answer: F) -> F::Output {
    if is_safe {
        READING.scope((), answer).await
    } else {
        answer.await
    }
}

pub(super) fn is_reading() -> bool {
    READING.try_with(|&()| ()).is_ok()
}

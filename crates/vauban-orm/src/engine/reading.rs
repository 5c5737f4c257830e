//! What only reads, whoever begins its units.

tokio::task_local! {
    static READING: ();
}

/// Runs a part of the answer to a request: if its method is safe, its units read, whichever way it came by
/// them (CWE-352, CWE-650: a link does not change anything). What it leaves to a task of its own is not done
/// by who follows the link, and may write.
pub async fn answering<F: Future>(is_safe: bool, answer: F) -> F::Output {
    if is_safe {
        READING.scope((), answer).await
    } else {
        answer.await
    }
}

/// The same for what is made at once, as a page is.
pub fn rendering<T>(is_safe: bool, page: impl FnOnce() -> T) -> T {
    if is_safe {
        READING.sync_scope((), page)
    } else {
        page()
    }
}

pub(super) fn is_reading() -> bool {
    READING.try_with(|&()| ()).is_ok()
}

//! The site's own error pages. They tell what somebody can do now, and no more than the status tells anyway.

use vauban::SafeHtml;
use vauban::http::{ErrorFacts, ErrorPage};
use vauban::prelude::*;

#[derive(Template)]
#[template("error.html")]
pub struct SiteError {
    status: u16,
    heading: &'static str,
    explanation: String,
    incident: Option<String>,
    typed: Option<SafeHtml>,
}

impl ErrorPage for SiteError {
    fn for_error(facts: ErrorFacts) -> Self {
        let (heading, explanation) = match facts.status.as_u16() {
            403 => ("You may not do that", "You may see this, but not change it."),
            404 => (
                "There is nothing here",
                "The address may be wrong, or what was here is not there for you.",
            ),
            405 => ("Not like that", "This address does not take what was sent to it."),
            409 => (
                "That cannot be done now",
                "Somebody else was faster: it was changed since you opened it.",
            ),
            413 => (
                "That is too much",
                "What was sent is larger than this site takes.",
            ),
            429 => ("Too many tries", "Please wait a little before you try again."),
            500.. => (
                "Something went wrong here",
                "It is our fault, and it is in our log.",
            ),
            _ => (
                "That did not work",
                "The site could not make sense of what was sent.",
            ),
        };
        let explanation = if facts.message.is_empty() {
            explanation.to_owned()
        } else {
            facts.message
        };
        Self {
            status: facts.status.as_u16(),
            heading,
            explanation,
            incident: facts.incident,
            typed: facts.typed,
        }
    }
}

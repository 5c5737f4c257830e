//! Isolation of cross-site loads: what another site embeds, fetches or frames is not answered (ASVS 3.5.8,
//! CWE-346, CWE-1021). A link is: a top-level navigation to a document. So is a frame of a page whose policy names who may
//! frame it: the browser holds the framing site against the names.

use ::http::HeaderMap;

use crate::http::{Error, Request, Result, SecurityEvent};

/// Refuses what another site loads, but for a frame where what answers is `framed`. The origin wall has already refused its
/// unsafe requests.
///
/// # Errors
/// 403.
pub(crate) fn check(cx: &Request, framed: bool) -> Result<()> {
    #[cfg(any(test, feature = "__test_switches"))]
    if cx.site.without.isolation {
        return Ok(());
    }
    if allowed(cx.headers(), framed) {
        return Ok(());
    }
    SecurityEvent::CROSS_SITE_LOAD_REFUSED.log(Some(cx));
    #[cfg(debug_assertions)]
    cx.note(|| "The isolation of cross-site loads refused: another site may link here, and not embed, fetch or frame it.".to_owned());
    Err(Error::forbidden())
}

fn allowed(headers: &HeaderMap, framed: bool) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    let Some(site) = sites.next() else { return true };
    if sites.next().is_none() && (site == "same-origin" || site == "none") {
        return true;
    }
    let (mode, dest) = (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"));
    match (mode, dest) {
        // Browsers send the three together; script cannot leave one out.
        (None, None) => true,
        (Some(mode), Some(dest)) => mode == "navigate" && (dest == "document" || framed && dest == "iframe"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(site: &str, mode: &str, dest: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("sec-fetch-site", site.parse().unwrap());
        headers.insert("sec-fetch-mode", mode.parse().unwrap());
        headers.insert("sec-fetch-dest", dest.parse().unwrap());
        headers
    }

    #[test]
    fn another_site_may_link_but_not_load() {
        assert!(allowed(&request("cross-site", "navigate", "document"), false));
        assert!(allowed(&request("same-origin", "cors", "empty"), false));
        // ASVS 3.5.8: no image, script, frame or fetch of ours on another site, sibling hosts included.
        for site in ["cross-site", "same-site", "unknown"] {
            for (mode, dest) in [
                ("no-cors", "image"),
                ("no-cors", "script"),
                ("navigate", "iframe"),
                ("cors", "empty"),
                ("navigate", "object"),
            ] {
                let request = request(site, mode, dest);
                assert!(!allowed(&request, false), "{site} {mode} {dest}");
                // A page that says who may frame it is framed, and nothing else.
                assert_eq!(allowed(&request, true), dest == "iframe", "{site} {mode} {dest}");
            }
        }
    }
}

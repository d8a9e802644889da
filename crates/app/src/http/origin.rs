//! Whether a browser's request comes from a page of the desk: the second line behind the token that pages send.

use axum::http::{HeaderMap, header};

/// Whether browsers say that a page of somebody else makes the request. Programs say nothing, and no page makes them do what it wants.
///
/// `Sec-Fetch-Site` counts where it is; browsers that don't send it, and those on unencrypted connections, send `Origin`. What `Host` says
/// counts for nothing: it is the desk's own address that is compared.
pub fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return !matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() != own(public_url).as_bytes())
}

/// Scheme, host and port of an address.
fn own(public_url: &str) -> &str {
    let after = public_url.find("://").map_or(0, |at| at + 3);
    public_url[after..].find('/').map_or(public_url, |at| &public_url[..after + at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_others_are_told_from_the_desks_own() {
        for (name, value, want) in [
            ("sec-fetch-site", "same-origin", false),
            ("sec-fetch-site", "none", false),
            ("sec-fetch-site", "same-site", true),
            ("sec-fetch-site", "cross-site", true),
            ("origin", "https://exit.platform.example", false),
            ("origin", "http://exit.platform.example", true),
            ("origin", "https://exit.platform.example.other.example", true),
            ("origin", "null", true),
            ("accept", "*/*", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            for url in ["https://exit.platform.example", "https://exit.platform.example/desk"] {
                assert_eq!(is_foreign(&headers, url), want, "{name}: {value}");
            }
        }
    }
}

//! Content types of static files (IANA media types; WHATWG MIME Sniffing for script and text).

/// By the name's ending, whatever its case. What is not known is only bytes (CWE-430: `nosniff` makes browsers believe it).
pub(super) fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let Some((_, ending)) = name.rsplit_once('.') else {
        return BYTES;
    };
    let known = TYPES
        .iter()
        .find(|(endings, _)| endings.split(' ').any(|known| known.eq_ignore_ascii_case(ending)));
    known.map_or(BYTES, |(_, kind)| kind)
}

const BYTES: &str = "application/octet-stream";

/// Endings and their type.
const TYPES: &[(&str, &str)] = &[
    // Pages and what they load.
    ("css", "text/css; charset=utf-8"),
    ("js mjs cjs", "text/javascript; charset=utf-8"),
    ("html htm", "text/html; charset=utf-8"),
    ("xhtml", "application/xhtml+xml"),
    ("json map", "application/json"),
    ("jsonld", "application/ld+json"),
    ("geojson", "application/geo+json"),
    ("webmanifest", "application/manifest+json"),
    ("wasm", "application/wasm"),
    ("xml xsl xslt", "application/xml"),
    ("rss", "application/rss+xml"),
    ("atom", "application/atom+xml"),
    // Pictures.
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("apng", "image/apng"),
    ("jpg jpeg jfif pjpeg pjp", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("heic", "image/heic"),
    ("jxl", "image/jxl"),
    ("bmp", "image/bmp"),
    ("tif tiff", "image/tiff"),
    ("ico cur", "image/x-icon"),
    // Letters.
    ("woff2", "font/woff2"),
    ("woff", "font/woff"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("ttc", "font/collection"),
    ("eot", "application/vnd.ms-fontobject"),
    // Sound and moving pictures.
    ("mp3", "audio/mpeg"),
    ("m4a", "audio/mp4"),
    ("aac", "audio/aac"),
    ("ogg oga opus", "audio/ogg"),
    ("wav", "audio/wav"),
    ("flac", "audio/flac"),
    ("weba", "audio/webm"),
    ("mid midi", "audio/midi"),
    ("mp4 m4v", "video/mp4"),
    ("webm", "video/webm"),
    ("ogv", "video/ogg"),
    ("mov", "video/quicktime"),
    ("mpg mpeg", "video/mpeg"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("mpd", "application/dash+xml"),
    ("vtt", "text/vtt; charset=utf-8"),
    ("srt", "application/x-subrip"),
    // Documents and data.
    ("txt text log", "text/plain; charset=utf-8"),
    ("md markdown", "text/markdown; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("tsv", "text/tab-separated-values; charset=utf-8"),
    ("ics", "text/calendar; charset=utf-8"),
    ("vcf", "text/vcard; charset=utf-8"),
    ("yaml yml", "application/yaml"),
    ("toml", "application/toml"),
    ("pdf", "application/pdf"),
    ("rtf", "application/rtf"),
    ("epub", "application/epub+zip"),
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    // Packed.
    ("zip", "application/zip"),
    ("gz tgz", "application/gzip"),
    ("bz2", "application/x-bzip2"),
    ("xz", "application/x-xz"),
    ("zst", "application/zstd"),
    ("7z", "application/x-7z-compressed"),
    ("tar", "application/x-tar"),
    ("jar", "application/java-archive"),
    ("apk", "application/vnd.android.package-archive"),
    // Three dimensions.
    ("glb", "model/gltf-binary"),
    ("gltf", "model/gltf+json"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_have_no_case_and_their_right_type() {
        for (path, kind) in [
            ("UP.CSS", "text/css; charset=utf-8"),
            ("a/Site.Js", "text/javascript; charset=utf-8"),
            ("x.vtt", "text/vtt; charset=utf-8"),
            ("x.TTF", "font/ttf"),
            ("x.mp3", "audio/mpeg"),
            ("x.csv", "text/csv; charset=utf-8"),
            ("x.tar.gz", "application/gzip"),
            ("css", BYTES),
            ("a.css/readme", BYTES),
            ("x.", BYTES),
            ("x.exe", BYTES),
            ("x.css js", BYTES),
        ] {
            assert_eq!(content_type(path), kind, "{path}");
        }
    }

    #[test]
    fn no_ending_has_two_types() {
        let mut all: Vec<&str> = TYPES.iter().flat_map(|(endings, _)| endings.split(' ')).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|ending| !ending.is_empty()));
        let text = |kind: &&str| kind.starts_with("text/") && !kind.ends_with("charset=utf-8");
        assert!(!TYPES.iter().any(|(_, kind)| text(kind)), "text says its charset");
    }
}

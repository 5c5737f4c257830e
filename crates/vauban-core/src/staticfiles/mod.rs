//! Files of the site's own: embedded in the program, named by their content, cached for ever.
//!
//! A file `static/site.css` is served as `/static/site.<hash>.css` and, with `no-cache` and an `ETag`, under its plain
//! name. The table of files is made while compiling; a request is looked up in it and never becomes a path
//! (CWE-22).

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use ::http::HeaderValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};

use self::types::content_type;
mod serve;
mod types;

/// Where static files are.
pub(crate) const PREFIX: &str = "/static/";

/// One file, as [`static_files!`](crate::static_files) embeds it.
#[derive(Clone, Copy)]
pub struct StaticFile {
    /// Its path below the folder, with `/`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// The static files of a program.
#[derive(Default, Clone)]
pub struct StaticFiles {
    /// By what follows the prefix: plain names and hashed ones.
    by_name: HashMap<String, Entry>,
    /// Hashed names by plain ones.
    hashed: HashMap<&'static str, String>,
    /// Where the files lie while developing: the site's folder, then the modules'.
    folders: Vec<PathBuf>,
}

#[derive(Clone)]
struct Entry {
    path: &'static str,
    bytes: &'static [u8],
    etag: HeaderValue,
    content_type: HeaderValue,
    immutable: bool,
    /// The folder that it was in.
    folder: Option<usize>,
}

impl StaticFiles {
    /// A table of embedded files; `folder` is where they were, for the development server.
    pub fn new(files: &[StaticFile], folder: &'static str) -> Self {
        let mut table = Self::default();
        if cfg!(debug_assertions) && !folder.is_empty() {
            table.folders.push(PathBuf::from(folder));
        }
        table.add_from(files, (!table.folders.is_empty()).then_some(0));
        table
    }

    /// Adds files that lie in no folder.
    pub fn add(&mut self, files: &[StaticFile]) {
        self.add_from(files, None);
    }

    /// Adds the files of a module, which lie below its name.
    ///
    /// # Errors
    /// A file elsewhere, or one that is there already: no module's file takes the place of another's.
    pub(crate) fn join(&mut self, module: &str, files: Self) -> Result<(), String> {
        let first = self.folders.len();
        let mut paths: Vec<&str> = files.hashed.keys().copied().collect();
        paths.sort_unstable();
        for path in paths {
            if path
                .strip_prefix(module)
                .is_none_or(|rest| !rest.starts_with('/'))
            {
                return Err(format!(
                    "The static file `{path}` of the module `{module}` lies outside its folder: move it to \
                     `static/{module}/`, and name it `{{% static \"{module}/…\" %}}`."
                ));
            }
            if self.hashed.contains_key(path) {
                return Err(format!(
                    "There are two static files `{path}`: one of the module `{module}`, one of the site or another \
                     module of that name. Rename the site's, or one of the modules."
                ));
            }
        }
        self.hashed.extend(files.hashed);
        self.by_name
            .extend(files.by_name.into_iter().map(|(name, entry)| {
                let folder = entry.folder.map(|i| i + first);
                (name, Entry { folder, ..entry })
            }));
        self.folders.extend(files.folders);
        Ok(())
    }

    fn add_from(&mut self, files: &[StaticFile], folder: Option<usize>) {
        for file in files {
            let hash = hash(file.bytes);
            let name = hashed_name(file.path, &hash);
            let entry = Entry {
                path: file.path,
                bytes: file.bytes,
                etag: etag(&hash),
                content_type: HeaderValue::from_static(content_type(file.path)),
                immutable: false,
                folder,
            };
            self.by_name.insert(
                name.clone(),
                Entry {
                    immutable: true,
                    ..entry.clone()
                },
            );
            self.by_name.insert(file.path.to_owned(), entry);
            self.hashed.insert(file.path, name);
        }
    }

    /// The URL of a file: with its hash, or in development plain, so that an edit shows at once.
    pub(crate) fn write_url(&self, path: &str, out: &mut String) {
        out.push_str(PREFIX);
        let developing = cfg!(debug_assertions) && !self.folders.is_empty();
        match self.hashed.get(path) {
            Some(name) if !developing => out.push_str(name),
            _ => out.push_str(path),
        }
    }
}

impl fmt::Debug for StaticFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.hashed.keys()).finish()
    }
}

fn hash(bytes: &[u8]) -> String {
    BASE64.encode(&Sha256::digest(bytes)[..12])
}

fn etag(hash: &str) -> HeaderValue {
    HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// `css/site.css` → `css/site.HASH.css`.
fn hashed_name(path: &str, hash: &str) -> String {
    let folder = path.rfind('/').map_or(0, |i| i + 1);
    match path[folder..].rfind('.') {
        Some(dot) if dot > 0 => format!("{}.{hash}{}", &path[..folder + dot], &path[folder + dot..]),
        _ => format!("{path}.{hash}"),
    }
}

//! What the compiler says when a template cannot be built.

use proc_macro2::TokenStream;
use std::collections::HashMap;
use std::fmt;

/// A place in a template file. Cheap to copy; turned into line and column when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pos {
    /// Index into [`Sources`].
    pub file: u16,
    /// Where it is in the file, in bytes.
    pub offset: u32,
}

/// One problem in one template: where it is, what was found and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path below the template folder.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The whole source line.
    pub source_line: String,
    /// What was found.
    pub found: String,
    /// What to write instead.
    pub help: String,
    /// A stable class, for tools and for the vector harness (`branches-differ`, `unquoted-value`, …).
    pub class: &'static str,
    /// Whether the template still builds (accessibility hints).
    pub warning: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.found)?;
        let number = self.line.to_string();
        let pad = " ".repeat(number.len());
        // A line longer than this is minified text; show the part around the place.
        let (shown, column) = around(&self.source_line, self.column as usize);
        writeln!(f, " {pad} |")?;
        writeln!(f, " {number} | {shown}")?;
        write!(f, " {pad} | {}^", " ".repeat(column.saturating_sub(1)))?;
        if !self.help.is_empty() {
            write!(f, "\n {pad} = help: {}", self.help)?;
        }
        Ok(())
    }
}

fn around(line: &str, column: usize) -> (String, usize) {
    const WIDTH: usize = 140;
    if line.chars().count() <= WIDTH {
        return (line.replace('\t', " "), column);
    }
    let start = column.saturating_sub(WIDTH / 2);
    (
        line.chars()
            .skip(start)
            .take(WIDTH)
            .collect::<String>()
            .replace('\t', " "),
        column - start,
    )
}

/// A line longer than this is minified text.
const LONGEST_LINE: usize = 4_000;

/// The files that were read, in order of reading.
#[derive(Debug, Default, Clone)]
pub struct Sources {
    files: Vec<(String, std::rc::Rc<str>)>,
    /// Where the lines of each file begin: places are asked for once per value.
    lines: Vec<Vec<u32>>,
    /// Of files that another package handed over: what its names are below, instead of `crate`.
    roots: HashMap<u16, TokenStream>,
}

impl Sources {
    /// Adds a file and returns its index.
    pub fn add(&mut self, name: &str, text: std::rc::Rc<str>) -> u16 {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes());
        self.lines
            .push(std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect());
        self.files.push((name.to_owned(), text));
        (self.files.len() - 1) as u16
    }

    /// Adds a file of another package, whose root is what its macro calls `$crate`.
    pub fn add_of(&mut self, name: &str, text: std::rc::Rc<str>, root: TokenStream) -> u16 {
        let file = self.add(name, text);
        self.roots.insert(file, root);
        file
    }

    /// The root of the crate that what stands at this place is of.
    pub fn root(&self, pos: Pos) -> TokenStream {
        let root = self.roots.get(&pos.file).cloned();
        root.unwrap_or_else(|| quote::quote!(crate))
    }

    /// Whether this place is in another package's file.
    pub fn is_foreign(&self, pos: Pos) -> bool {
        self.roots.contains_key(&pos.file)
    }

    /// The name of a type that says which file something is of: in messages about types, a name is all there is.
    pub fn marker(&self, pos: Pos) -> proc_macro2::Ident {
        marker(self.name(pos.file))
    }

    /// The declarations of all of them.
    pub fn markers(&self) -> TokenStream {
        let names: std::collections::BTreeSet<_> = self.files.iter().map(|(name, _)| marker(name)).collect();
        let names = names.iter();
        quote::quote! { #(#[allow(non_camel_case_types, dead_code)] struct #names;)* }
    }

    /// The index of a file that was read already.
    pub fn find(&self, name: &str) -> Option<u16> {
        self.files.iter().position(|(n, _)| n == name).map(|i| i as u16)
    }

    /// The names of all files that are this package's own.
    pub fn own_names(&self) -> Vec<String> {
        let own = (0..)
            .zip(&self.files)
            .filter(|(i, _)| !self.roots.contains_key(i));
        own.map(|(_, (name, _))| name.clone()).collect()
    }

    /// The name of a file.
    pub fn name(&self, file: u16) -> &str {
        self.files.get(file as usize).map_or("", |(n, _)| n)
    }

    /// The text of a file.
    pub fn text(&self, file: u16) -> std::rc::Rc<str> {
        self.files
            .get(file as usize)
            .map_or_else(|| "".into(), |(_, t)| t.clone())
    }

    /// Line and column, from 1, of a place.
    pub fn line_column(&self, pos: Pos) -> (u32, u32) {
        let text = self.text(pos.file);
        let end = floor_boundary(&text, pos.offset as usize);
        let lines = self.lines.get(pos.file as usize).map_or(&[0][..], Vec::as_slice);
        let line = lines.partition_point(|start| *start as usize <= end).max(1);
        let before = &text[lines[line - 1] as usize..end];
        // In minified text nobody counts letters.
        let column = match before.len() {
            length @ ..=LONGEST_LINE => before[..length].chars().count(),
            length => length,
        };
        (line as u32, column as u32 + 1)
    }

    /// Makes a [`Problem`] for a place.
    pub fn problem(&self, error: Error) -> Problem {
        let (line, column) = self.line_column(error.pos);
        let text = self.text(error.pos.file);
        let lines = self
            .lines
            .get(error.pos.file as usize)
            .map_or(&[][..], Vec::as_slice);
        let start = lines.get(line as usize - 1).map_or(0, |at| *at as usize);
        let source_line = text[start..].split('\n').next().unwrap_or("");
        let source_line = source_line.trim_end_matches('\r').to_owned();
        Problem {
            file: self.name(error.pos.file).to_owned(),
            line,
            column,
            source_line,
            found: error.found,
            help: error.help,
            class: error.class,
            warning: error.warning,
        }
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A problem before its place has been turned into line and column.
#[derive(Debug, Clone)]
pub struct Error {
    /// Where.
    pub pos: Pos,
    /// What kind of mistake it is, in one word that stays from version to version.
    pub class: &'static str,
    /// What was found.
    pub found: String,
    /// What to write instead.
    pub help: String,
    /// Whether it is only a hint.
    pub warning: bool,
}

impl Error {
    /// An error at a place.
    pub fn new(pos: Pos, class: &'static str, found: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            pos,
            class,
            found: found.into(),
            help: help.into(),
            warning: false,
        }
    }
}

fn marker(file: &str) -> proc_macro2::Ident {
    let name: String = file
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    match name.trim_matches('_') {
        name if name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.contains('_') => {
            quote::format_ident!("{name}")
        }
        name => quote::format_ident!("template_{name}"),
    }
}

/// Shorthand for results inside the compiler. The error is boxed because it is rare and large.
pub type Result<T> = std::result::Result<T, Box<Error>>;

/// Makes a boxed error.
pub(crate) fn fail<T>(
    pos: Pos,
    class: &'static str,
    found: impl Into<String>,
    help: impl Into<String>,
) -> Result<T> {
    Err(Box::new(Error::new(pos, class, found, help)))
}

/// The nearest of some names, if one is near enough to be a typing mistake.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|name| (distance(wanted, name), name))
        .filter(|(d, name)| *d <= name.len().max(3) / 3 + usize::from(name.len() == 5))
        .min_by_key(|(d, _)| *d)
        .map(|(_, name)| name)
}

/// How many letters are missing, too many, wrong, or have changed places with the next one.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(rows[i - 2][j - 2] + 1);
            }
            row.push(cost);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_line_and_points_at_the_place() {
        let mut sources = Sources::default();
        let file = sources.add("a.html", "<p>\n  {{ x }}\n".into());
        let problem = sources.problem(Error::new(Pos { file, offset: 6 }, "t", "no `x`", "write `y`"));
        assert_eq!(
            problem.to_string(),
            "a.html:2:3: no `x`\n   |\n 2 |   {{ x }}\n   |   ^\n   = help: write `y`"
        );
    }

    #[test]
    fn suggests_only_near_names() {
        assert_eq!(nearest("titel", ["title", "author"]), Some("title"));
        assert_eq!(nearest("qqqq", ["title", "author"]), None);
    }
}

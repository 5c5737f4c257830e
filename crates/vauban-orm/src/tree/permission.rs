//! Permissions: what somebody may be allowed beyond what rules say of everybody, as types.

use std::any::{TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Permissions that the modules of a program bring at most: what somebody holds is loaded with each of their requests, and is so
/// many bits.
pub const MOST_PERMISSIONS: usize = 256;
/// Bytes of a permission's name.
pub const LONGEST_PERMISSION: usize = 64;

/// What somebody may be allowed, as a type: declared by [`permission!`](macro@crate::permission), listed by a module, granted to people and
/// groups as rows, asked by the access rule `HasPerm<P>` and in policies by [`who.has::<P>()`](crate::Who::has).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a permission",
    label = "asked of whoever comes, and nobody can be granted it",
    note = "declare it, `permission!(pub {Self} = \"articles.publish\", \"may publish articles of others\");`, and list it: \
            `Module::new(\"articles\").permission::<{Self}>()`"
)]
pub trait Permission: Sized + 'static {
    /// Name, and what it lets do.
    #[doc(hidden)]
    const DECLARED: Declared<Self>;
}

/// What [`permission!`](macro@crate::permission) says of the type `P`, and of no other.
///
/// CWE-863. Attack: a type of one's own asks for another's permission, under a name that a review passes over.
///
/// ```compile_fail,E0308
/// # use vauban_orm::{Permission, permission};
/// permission!(pub Read = "notes.read", "may read notes of others");
/// enum Erase {}
/// impl Permission for Erase {
///     const DECLARED: vauban_orm::permission::Declared<Self> = Read::DECLARED;
/// }
/// ```
#[doc(hidden)]
pub struct Declared<P> {
    name: &'static str,
    about: &'static str,
    number: fn() -> &'static Number,
    of: PhantomData<fn() -> P>,
}

impl<P> Declared<P> {
    /// What `permission!` declares: its name and what it allows, in words.
    #[deprecated(note = "a permission is declared by `permission!`, which lists it for review")]
    pub const fn __by_macro(
        name: &'static str,
        about: &'static str,
        number: fn() -> &'static Number,
    ) -> Self {
        assert!(
            is_a_name(name),
            "a permission's name is two or more words with dots between, of a-z, 0-9, `_` and `-`: \"articles.publish\""
        );
        assert!(
            !about.trim_ascii().is_empty(),
            "say in a few words what the permission lets do"
        );
        Self {
            name,
            about,
            number,
            of: PhantomData,
        }
    }
}

impl<P> fmt::Debug for Declared<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// CWE-178, CWE-1007: one spelling, so that no two names look alike, and none ends where another begins.
const fn is_a_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.len() > LONGEST_PERMISSION {
        return false;
    }
    let (mut place, mut dots, mut word) = (0, 0, 0);
    while place < bytes.len() {
        match bytes[place] {
            b'.' if word > 0 => {
                dots += 1;
                word = 0;
            }
            b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' => word += 1,
            _ => return false,
        }
        place += 1;
    }
    dots > 0 && word > 0
}

/// Which bit a permission is in this process, once a module has listed it. Rows know it by its name.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Number(OnceLock<u8>);

impl Number {
    /// Not listed yet: its number comes with the list.
    pub const fn none() -> Self {
        Self(OnceLock::new())
    }
}

/// What is known of a permission.
#[derive(Clone, Copy)]
pub struct PermissionMeta {
    /// What rows, commands and `access.lock` call it.
    pub name: &'static str,
    /// What it lets do.
    pub about: &'static str,
    id: fn() -> TypeId,
    path: fn() -> &'static str,
    number: fn() -> &'static Number,
}

/// Those that modules have listed, in whichever program of this process; the place is the number.
static LISTED: Mutex<Vec<PermissionMeta>> = Mutex::new(Vec::new());

fn listed() -> MutexGuard<'static, Vec<PermissionMeta>> {
    LISTED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PermissionMeta {
    /// What a permission's type says of itself, for a module's list.
    pub fn of<P: Permission>() -> Self {
        Self {
            name: P::DECLARED.name,
            about: P::DECLARED.about,
            id: TypeId::of::<P>,
            path: type_name::<P>,
            number: P::DECLARED.number,
        }
    }

    /// The path of its type.
    pub fn type_name(&self) -> &'static str {
        (self.path)()
    }

    /// Whether it is the same type.
    pub fn is(&self, other: &Self) -> bool {
        (self.id)() == (other.id)()
    }

    /// For `Module::permission`: from now on it can be held. `false` if there are too many.
    #[doc(hidden)]
    #[deprecated(note = "a permission is listed by its module, for review: `Module::permission::<P>()`")]
    pub fn list(&self) -> bool {
        let mut all = listed();
        if self.number().is_some() {
            return true;
        }
        let Ok(number) = u8::try_from(all.len()) else {
            return false;
        };
        all.push(*self);
        (self.number)().0.set(number).is_ok()
    }

    fn number(&self) -> Option<u8> {
        (self.number)().0.get().copied()
    }
}

impl fmt::Debug for PermissionMeta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for PermissionMeta {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for PermissionMeta {}

/// Permissions that somebody holds. What no module has listed is in none (CWE-863: it fails closed).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Permissions([u64; MOST_PERMISSIONS / 64]);

impl Permissions {
    /// What nobody, services and people without grants hold.
    pub const NONE: Self = Self([0; MOST_PERMISSIONS / 64]);

    /// The same with this one.
    #[must_use]
    pub fn with(mut self, permission: &PermissionMeta) -> Self {
        if let Some((word, bit)) = place(permission) {
            self.0[word] |= bit;
        }
        self
    }

    /// Whether this one is among them.
    pub fn has(&self, permission: &PermissionMeta) -> bool {
        place(permission).is_some_and(|(word, bit)| self.0[word] & bit != 0)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::NONE
    }

    /// Whether all of those are among these.
    pub fn has_all(&self, those: &Self) -> bool {
        those.among(self) == *those
    }

    /// Those of them that are among `others`.
    #[must_use]
    pub fn among(mut self, others: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(others.0) {
            *word &= other;
        }
        self
    }

    /// What is held by either grant, a person's own or a group's.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        for (word, other) in self.0.iter_mut().zip(others.0) {
            *word |= other;
        }
        self
    }

    /// Which, by their names.
    pub fn names(&self) -> Vec<&'static str> {
        let all = listed();
        let mut names: Vec<_> = all
            .iter()
            .filter(|one| self.has(one))
            .map(|one| one.name)
            .collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn shape(&self, key: &mut Vec<u8>) {
        self.0.iter().for_each(|word| key.extend(word.to_le_bytes()));
    }
}

fn place(permission: &PermissionMeta) -> Option<(usize, u64)> {
    let number = permission.number()?;
    Some((usize::from(number / 64), 1 << (number % 64)))
}

/// Declares a permission: its name, for rows, commands and review, and what it lets do.
///
/// ```
/// vauban_orm::permission!(pub PublishArticles = "articles.publish", "may publish articles of others");
/// ```
///
/// A name is two or more words with dots between, in lower case (CWE-178):
///
/// ```compile_fail,E0080
/// vauban_orm::permission!(pub Publish = "Articles.Publish", "may publish articles of others");
/// # fn main() { let _ = vauban_orm::permission::PermissionMeta::of::<Publish>(); }
/// ```
#[macro_export]
macro_rules! permission {
    ($(#[$doc:meta])* $vis:vis $name:ident = $text:literal, $about:literal $(,)?) => {
        #[doc = concat!("Who holds it ", $about, ".")]
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        $vis enum $name {}
        impl $crate::Permission for $name {
            #[allow(deprecated)]
            const DECLARED: $crate::permission::Declared<Self> = {
                fn number() -> &'static $crate::permission::Number {
                    static NUMBER: $crate::permission::Number = $crate::permission::Number::none();
                    &NUMBER
                }
                $crate::permission::Declared::__by_macro($text, $about, number)
            };
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::permission!(Publish = "tests.publish", "may publish");
    crate::permission!(Erase = "tests.erase", "may erase");
    crate::permission!(Unlisted = "tests.unlisted", "may nothing");

    /// CWE-863: what no module lists nobody holds, also if it is put in.
    #[test]
    #[allow(deprecated)]
    fn what_is_not_listed_is_not_held() {
        let (publish, erase) = (PermissionMeta::of::<Publish>(), PermissionMeta::of::<Erase>());
        let unlisted = PermissionMeta::of::<Unlisted>();
        assert!(publish.list() && erase.list() && publish.list());
        let held = Permissions::NONE.with(&publish).with(&unlisted);
        assert!(held.has(&publish) && !held.has(&erase) && !held.has(&unlisted));
        assert_eq!(held.names(), ["tests.publish"]);
        assert!(held.has_all(&Permissions::NONE) && !Permissions::NONE.has_all(&held));
        assert!(held.among(&Permissions::NONE.with(&erase)).is_empty());
    }

    /// CWE-178, CWE-1007.
    #[test]
    fn a_name_has_one_spelling() {
        for name in ["articles.publish", "a.b", "a.b.c_1-2"] {
            assert!(is_a_name(name), "{name}");
        }
        let long = format!("a.{}", "b".repeat(LONGEST_PERMISSION - 1));
        let bad = [
            "", "publish", ".a", "a.", "a..b", "A.b", "a b.c", "a,b.c", "a.b'", "ä.b", &long,
        ];
        for name in bad {
            assert!(!is_a_name(name), "{name}");
        }
    }
}

//! What seals and opens the database's encrypted fields, by the site's secrets.

use vauban_orm::engine::{Cipher, KeyName, RootId};

use super::Keys;
use super::sealer::Sealer;

/// The purposes of fields are the framework's: they begin with a letter, and no module's do.
impl Cipher for Keys {
    fn roots(&self) -> Vec<RootId> {
        self.roots.iter().map(|root| root.id).collect()
    }

    fn seal(&self, label: &str, key: KeyName, row: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        self.fields(label).seal_by(&key.root, key.id, plain, &[row])
    }

    fn open(&self, label: &str, row: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.fields(label)
            .open(sealed, &[row])
            .map(|plain| plain.to_vec())
    }

    /// CWE-323: a key of its own, which seals nothing. Of half the tag nobody makes the other.
    fn index(&self, label: &str, key: KeyName, plain: &[u8]) -> Option<[u8; 16]> {
        let root = self.roots.iter().find(|root| root.id == key.root)?;
        let mut mac = super::root::keyed(&root.expand(b"index ", &format!("{}/field {label}", key.id))[..]);
        hmac::Mac::update(&mut mac, plain);
        let tag = hmac::Mac::finalize(mac).into_bytes();
        tag[..16].try_into().ok()
    }
}

impl Keys {
    fn fields(&self, label: &str) -> Sealer {
        Sealer::new(format!("field {label}").into(), self.roots.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new(b"new secret of the site", &[b"old"])
    }

    fn key(nth: usize, id: u32) -> KeyName {
        KeyName {
            root: keys().roots()[nth],
            id,
        }
    }

    /// CWE-353, ASVS 11.3.3: of another row, field or key it does not open.
    #[test]
    fn what_is_sealed_opens_for_its_field_row_and_key() {
        let sealed = keys().seal("person.tax_id", key(0, 2), b"row", b"DE1").unwrap();
        assert_eq!(sealed[1..7], key(0, 2).root);
        assert_eq!(sealed[7..11], [0, 0, 0, 2]);
        assert_eq!(keys().open("person.tax_id", b"row", &sealed).unwrap(), b"DE1");
        assert!(keys().open("person.tax_id", b"other", &sealed).is_none());
        assert!(keys().open("person.phone", b"row", &sealed).is_none());
        let mut other = sealed.clone();
        other[10] = 1;
        assert!(keys().open("person.tax_id", b"row", &other).is_none());
        // By a fallback too, and by no secret that is not known.
        let old = keys().seal("person.tax_id", key(1, 1), b"row", b"DE1").unwrap();
        assert_eq!(keys().open("person.tax_id", b"row", &old).unwrap(), b"DE1");
        let without = Keys::new(b"new secret of the site", &[]);
        assert!(without.open("person.tax_id", b"row", &old).is_none());
        assert!(without.seal("person.tax_id", key(1, 1), b"row", b"DE1").is_none());
        // No module seals for a field.
        let module = keys().of_module("x").sealer("field person.tax_id");
        assert!(module.open(&sealed, &[b"row"]).is_none());
    }

    #[test]
    fn a_value_is_found_by_its_field_and_key() {
        let index = |label: &str, key, plain: &[u8]| keys().index(label, key, plain).unwrap();
        let own = index("person.tax_id", key(0, 1), b"DE1");
        assert_eq!(own, index("person.tax_id", key(0, 1), b"DE1"));
        for other in [
            index("person.phone", key(0, 1), b"DE1"),
            index("person.tax_id", key(0, 2), b"DE1"),
            index("person.tax_id", key(1, 1), b"DE1"),
            index("person.tax_id", key(0, 1), b"DE2"),
        ] {
            assert_ne!(own, other);
        }
    }
}

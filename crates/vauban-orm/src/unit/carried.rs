//! What the framework finds by every handle of a database: the site's addresses, where tasks are queued, who sends mail.

use std::any::Any;
use std::sync::OnceLock;

/// Values by their types, each once; what is there stays.
#[derive(Debug, Default)]
pub(super) struct Carried(OnceLock<Box<Link>>);

#[derive(Debug)]
struct Link {
    what: Box<dyn Any + Send + Sync>,
    next: Carried,
}

impl Carried {
    /// Adds a value, unless one of its type is there.
    pub(super) fn add<T: Any + Send + Sync>(&self, what: T) {
        let mut what: Box<dyn Any + Send + Sync> = Box::new(what);
        let mut at = self;
        loop {
            let mut taken = Some(what);
            let link = at.0.get_or_init(|| {
                let what = taken.take().unwrap_or_else(|| Box::new(()));
                Box::new(Link {
                    what,
                    next: Self::default(),
                })
            });
            match taken {
                None => return,
                Some(_) if link.what.is::<T>() => return,
                Some(left) => what = left,
            }
            at = &link.next;
        }
    }

    /// The value of this type.
    pub(super) fn find<T: Any>(&self) -> Option<&T> {
        let mut at = self;
        while let Some(link) = at.0.get() {
            if let Some(found) = link.what.downcast_ref() {
                return Some(found);
            }
            at = &link.next;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_its_type_and_the_first_stays() {
        let carried = Carried::default();
        carried.add(1_u8);
        carried.add("text");
        carried.add(2_u8);
        assert_eq!(carried.find::<u8>(), Some(&1));
        assert_eq!(carried.find::<&str>(), Some(&"text"));
        assert_eq!(carried.find::<u16>(), None);
    }
}

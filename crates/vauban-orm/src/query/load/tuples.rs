//! Several relations at once.

use super::{Joins, Load, LoadWeight, Loading};
use crate::error::Result;
use crate::tree::value::RowReader;

macro_rules! tuples {
    ($(($($name:ident $held:ident $at:tt),+);)+) => { $(
        impl<M, $($name: Load<M>),+> Load<M> for ($($name,)+) {
            type Got = ($($name::Got,)+);
            type Held = ($($name::Held,)+);

            fn plan(&self, joins: &mut Joins, from: Option<usize>) {
                $(self.$at.plan(joins, from);)+
            }
            fn width(&self) -> usize {
                0 $(+ self.$at.width())+
            }
            fn hold(&self, row: &mut RowReader<'_>, base: usize) -> Result<Self::Held> {
                Ok(($(self.$at.hold(row, base)?,)+))
            }
            async fn fill(&self, held: Vec<Self::Held>, run: &mut Loading<'_>) -> Result<Vec<Self::Got>> {
                let count = held.len();
                $(let mut $held = Vec::with_capacity(count);)+
                for one in held {
                    $($held.push(one.$at);)+
                }
                $(let mut $held = self.$at.fill($held, run).await?.into_iter();)+
                let mut all = Vec::with_capacity(count);
                while let ($(Some($held),)+) = ($($held.next(),)+) {
                    all.push(($($held,)+));
                }
                Ok(all)
            }
            fn weigh(&self, depth: usize, weight: &mut LoadWeight) {
                $(self.$at.weigh(depth, weight);)+
            }
        }
    )+ };
}
tuples! {
    (A a 0);
    (A a 0, B b 1);
    (A a 0, B b 1, C c 2);
    (A a 0, B b 1, C c 2, D d 3);
    (A a 0, B b 1, C c 2, D d 3, E e 4);
    (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5);
}

//! Which permissions rules ask.

use super::expr::Expr;
use super::permission::PermissionMeta;
use super::term::Term;

impl Expr {
    /// Tells every permission that it asks, as often as it does; what a rule includes by name is the other model's.
    pub(crate) fn permissions(&self, tell: &mut dyn FnMut(PermissionMeta)) {
        match self {
            Self::Flag(flag) => flag.permission().into_iter().for_each(tell),
            Self::And(all) | Self::Or(all) => all.iter().for_each(|part| part.permissions(tell)),
            Self::Not(inner) | Self::Through(_, inner) | Self::Any(_, inner) => inner.permissions(tell),
            Self::Terms(_, two) => {
                two.0.permissions(tell);
                two.1.permissions(tell);
            }
            Self::TermIn(term, _) | Self::TermIsNull(term) => term.permissions(tell),
            Self::True
            | Self::False
            | Self::Compare(..)
            | Self::Columns(..)
            | Self::In(..)
            | Self::IsNull(_)
            | Self::IsActor(_)
            | Self::Visible(_)
            | Self::Fragment(..)
            | Self::TooLarge(_) => {}
        }
    }
}

impl Term {
    fn permissions(&self, tell: &mut dyn FnMut(PermissionMeta)) {
        match self {
            Self::Whole(_, two) | Self::Coalesce(two) | Self::Concat(two) => {
                two.0.permissions(tell);
                two.1.permissions(tell);
            }
            Self::Case(case) => {
                case.0.permissions(tell);
                case.1.permissions(tell);
                case.2.iter().for_each(|rest| rest.permissions(tell));
            }
            Self::Text(_, of) | Self::Part(_, of) => of.permissions(tell),
            Self::Fold(_, of) => {
                of.0.permissions(tell);
                of.1.permissions(tell);
            }
            Self::Related(of) => {
                of.of.permissions(tell);
                of.filter.permissions(tell);
            }
            Self::Column(_) | Self::Value(..) | Self::TooLarge(_) => {}
        }
    }
}

//! Rules as they are built: once, twice for the check, and why some serve nobody.

use std::thread;
use std::time::Duration;

use crate::model::building::building;
use crate::model::path::Path;
use crate::model::who::Who;
use crate::policy::Policy;
use crate::tree::expr::{ASTRAY, Bind, Expr, push};
use crate::tree::meta::Privilege;
use crate::tree::rules::{CompiledRules, SetRule, Unfit};

impl CompiledRules {
    /// For the derive.
    pub fn of<M: Policy>() -> Self {
        let (mut rules, asked) = building(Self::built::<M>);
        // CWE-367: what says something else a moment later was read while they were built: a clock of one's own, a counter.
        #[expect(
            clippy::disallowed_methods,
            reason = "once for a model, mostly when the program starts"
        )]
        thread::sleep(Duration::from_millis(2));
        let changed = rules.shape() != Self::built::<M>().shape();
        let frozen = |why: String| Unfit { id: "orm.E006", why };
        rules.unfit = match (rules.too_large(), asked) {
            (Some(why), _) => Some(Unfit {
                id: "orm.E007",
                why: format!("one of its rules is too large: {why}"),
            }),
            (None, Some("DateTime::now")) => Some(frozen(
                "its rules ask the clock while they are built, which is once: write `who.now()`, or `who.now().date_in_utc()`"
                    .to_owned(),
            )),
            (None, Some(function)) => Some(frozen(format!(
                "its rules ask `{function}` while they are built, which is once: compare with a column"
            ))),
            (None, None) if changed => Some(frozen(
                "its rules say something else each time they are built, and they are built once: they depend on `who`, \
                 `who.now()` and columns only"
                    .to_owned(),
            )),
            (None, None) => rules
                .astray()
                .or_else(|| rules.open_column())
                .or_else(|| rules.raising()),
        };
        rules
    }

    fn built<M: Policy>() -> Self {
        let rules = M::rules(Who::symbolic(), &M::columns(&Path::ROOT));
        Self {
            unfit: None,
            view: rules.view.expr,
            add: rules.add.expr,
            change: rules.change.expr,
            delete: rules.delete.expr,
            set: rules
                .set
                .into_iter()
                .map(|set| SetRule {
                    column: set.column,
                    add: set.add.expr,
                    change: set.change.expr,
                })
                .collect(),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Expr> {
        let rules = [&self.view, &self.add, &self.change, &self.delete];
        rules
            .into_iter()
            .chain(self.set.iter().flat_map(|set| [&set.add, &set.change]))
    }

    /// Why no statement takes them.
    fn too_large(&self) -> Option<&'static str> {
        self.all().find_map(|rule| match rule {
            Expr::TooLarge(why) => Some(*why),
            _ => None,
        })
    }

    /// CWE-863: a rule that was made for one row would be asked of another.
    fn astray(&self) -> Option<Unfit> {
        self.all().any(Expr::is_astray).then(|| Unfit {
            id: "orm.E009",
            why: format!("in its rules {ASTRAY}"),
        })
    }

    /// CWE-400, CWE-209: one row on which a rule is an error would take every list that it is asked for from everybody, and the
    /// error would tell of a row that is hidden.
    fn raising(&self) -> Option<Unfit> {
        let by = self.all().find_map(Expr::raises)?;
        Some(Unfit {
            id: "orm.E010",
            why: format!(
                "its rules ask `{by}` in a fragment, which is an error on some rows: one such row would take the list from \
                 everybody. Keep what decides in a column of its own"
            ),
        })
    }

    /// CWE-862: a rule for a column that everybody may write who may change the row would be read in a review, and asked by
    /// nobody.
    fn open_column(&self) -> Option<Unfit> {
        let open = self
            .set
            .iter()
            .find(|set| set.column.privilege == Privilege::Open)?;
        let field = open.column.field;
        Some(Unfit {
            id: "orm.E008",
            why: format!(
                "`may_set` names `{field}`, which carries no privilege, so that the rule would never be asked: write \
                 `#[field(privileged, default = …)]` at the field"
            ),
        })
    }

    /// All that they say.
    fn shape(&self) -> (Vec<u8>, Vec<Bind<'_>>) {
        let (mut key, mut values) = (Vec::new(), Vec::new());
        for rule in [&self.view, &self.add, &self.change, &self.delete] {
            rule.shape(&mut key, &mut values);
        }
        for set in &self.set {
            push(&mut key, set.column);
            set.add.shape(&mut key, &mut values);
            set.change.shape(&mut key, &mut values);
        }
        (key, values)
    }
}

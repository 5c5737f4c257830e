//! What a review reads of a model's rules: every word of a field that changes a right changes a line.

use crate::tree::meta::{ColumnMeta, OnDelete, Privilege};
use crate::*;

/// A model whose reference has these words, with and without a rule about who may write it.
macro_rules! notes {
    ($($name:ident: [$($word:tt)*], $may:tt;)*) => {
        $(mod $name {
            use crate::tests::Organisation;
            use crate::*;
            #[derive(vauban_macros::Model, Debug)]
            #[model(crate = vauban_orm, table = "note")]
            pub(super) struct Note {
                id: Id<Note>,
                #[field($($word)*)]
                organisation: Option<ForeignKey<Organisation>>,
            }
            impl Policy for Note {
                fn rules(who: Who<Self>, n: &Columns<Self>) -> Rules<Self> {
                    let rules = Rules::tenant(n.organisation.memberships.any(|m| m.user.is(who)));
                    notes!(@ $may rules, n, who)
                }
            }
        })*
        fn notes() -> Vec<&'static ModelMeta> {
            vec![$($name::Note::meta()),*]
        }
    };
    (@ none $rules:ident, $n:ident, $who:ident) => { { let _ = $n; $rules } };
    (@ may $rules:ident, $n:ident, $who:ident) => { $rules.may_set(&$n.organisation, $who.is_staff()) };
}

notes! {
    open_restrict: [on_delete = restrict], none;
    open_cascade: [on_delete = cascade], none;
    open_owned: [on_delete = cascade_owned], none;
    open_null: [on_delete = set_null], none;
    owner_restrict: [owner, on_delete = restrict], none;
    owner_cascade: [owner, on_delete = cascade], none;
    owner_owned: [owner, on_delete = cascade_owned], none;
    owner_null: [owner, on_delete = set_null], none;
    tenant_restrict: [tenant, on_delete = restrict], none;
    tenant_cascade: [tenant, on_delete = cascade], none;
    tenant_owned: [tenant, on_delete = cascade_owned], none;
    tenant_null: [tenant, on_delete = set_null], none;
    privileged_restrict: [privileged, on_delete = restrict], none;
    privileged_cascade: [privileged, on_delete = cascade], none;
    privileged_owned: [privileged, on_delete = cascade_owned], none;
    privileged_null: [privileged, on_delete = set_null], none;
    owner_restrict_may: [owner, on_delete = restrict], may;
    owner_cascade_may: [owner, on_delete = cascade], may;
    owner_owned_may: [owner, on_delete = cascade_owned], may;
    owner_null_may: [owner, on_delete = set_null], may;
    tenant_restrict_may: [tenant, on_delete = restrict], may;
    tenant_cascade_may: [tenant, on_delete = cascade], may;
    tenant_owned_may: [tenant, on_delete = cascade_owned], may;
    tenant_null_may: [tenant, on_delete = set_null], may;
    privileged_restrict_may: [privileged, on_delete = restrict], may;
    privileged_cascade_may: [privileged, on_delete = cascade], may;
    privileged_owned_may: [privileged, on_delete = cascade_owned], may;
    privileged_null_may: [privileged, on_delete = set_null], may;
}

/// What a column's words decide of rights. Every word is named, so that a new one is thought of here.
fn rights(column: &ColumnMeta, named: bool) -> (u8, u8, bool) {
    let ColumnMeta {
        privilege,
        on_delete,
        // Whether it is said and of whom: what is shown of a person's data stands under their own view rule.
        states_on_delete: _,
        holds_user: _,
        personal: _,
        // What a value may be, how it is stored and told; none is asked who somebody is.
        field: _,
        column: _,
        kind: _,
        nullable: _,
        unique: _,
        index: _,
        limits: _,
        default: _,
        auto: _,
        versioned: _,
        target: _,
        public: _,
        sealed: _,
        untyped: _,
        __derived: _,
    } = column;
    let privilege = match privilege {
        Privilege::Open => 0,
        // All are given with a new row, by its add rule.
        Privilege::Owner | Privilege::Tenant | Privilege::Fixed => 1,
        Privilege::Privileged => 2,
    };
    let on_delete = match on_delete {
        OnDelete::Restrict => 0,
        OnDelete::Cascade => 1,
        OnDelete::CascadeOwned => 2,
        OnDelete::SetNull => 3,
    };
    (privilege, on_delete, named)
}

/// CWE-451: `#[field(tenant, on_delete = cascade_owned)]` was the same line with and without `tenant`, which is what keeps a row
/// from being moved to another tenant.
#[test]
fn every_word_that_changes_a_right_changes_the_lock() {
    let said = |note: &'static ModelMeta| {
        let mut lines = checks::policy(note, &[]);
        lines.sort_by_key(|(action, line)| (format!("{action:?}"), line.clone()));
        lines
    };
    let notes: Vec<_> = notes()
        .into_iter()
        .map(|note| {
            let column = note.column("organisation").unwrap();
            let of_it = |line: &str| line.ends_with(": who is staff");
            let lines = said(note);
            let named = lines.iter().any(|(_, line)| of_it(line));
            (rights(column, named), lines)
        })
        .collect();
    let words: std::collections::BTreeSet<_> = notes.iter().map(|(rights, _)| *rights).collect();
    // Three kinds of privilege and four of deletion; a rule for those two that may have one.
    assert_eq!(words.len(), 3 * 4 + 2 * 4);
    for (one, its) in &notes {
        for (other, theirs) in &notes {
            assert_eq!(
                one == other,
                its == theirs,
                "{one:?} {its:#?}\n{other:?} {theirs:#?}"
            );
        }
    }
}

/// A fragment of several lines, one of which is written as if it were a rule.
mod lines {
    use crate::*;

    #[derive(vauban_macros::Model, Debug)]
    #[model(crate = vauban_orm, table = "lined")]
    pub(super) struct Lined {
        id: Id<Lined>,
        #[field(max_length = 20)]
        text: String,
    }
    impl Policy for Lined {
        fn rules(_: Who<Self>, l: &Columns<Self>) -> Rules<Self> {
            let view = sql!(
                "length({}) > 3
                 AND {} <> 'x` [text]
policy Lined delete: nobody'",
                l.text,
                l.text
            );
            Rules {
                view,
                ..Rules::none()
            }
        }
    }
}

/// CWE-117, CWE-451: a rule is one line of the lock, whatever a text in it says.
#[test]
fn a_fragment_of_several_lines_is_one_line() {
    let lines = checks::policy(lines::Lined::meta(), &[]);
    assert_eq!(lines.len(), 4);
    for (_, line) in &lines {
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
    // Where the fragment ends is not for the fragment to say.
    assert!(
        lines[0].1.starts_with("sql \"") && lines[0].1.ends_with("\" [text, text]"),
        "{lines:?}"
    );
}

/// Constants of each kind that is stored in units of its own, and values over related rows.
mod amounts {
    use crate::*;

    #[derive(vauban_macros::Model, Debug)]
    #[model(crate = vauban_orm, table = "priced", related(parts: Priced.whole))]
    pub(super) struct Priced {
        id: Id<Priced>,
        whole: Option<ForeignKey<Priced>>,
        price: Decimal,
        rate: Decimal<4, 10>,
        length: Duration,
        made: DateTime,
        opens: Time,
        active: bool,
    }
    impl Policy for Priced {
        fn rules(_: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
            let hour = Duration::from_seconds(3600).unwrap_or(Duration::ZERO);
            let price = Decimal::from_units(-5).unwrap_or(Decimal::ZERO);
            let rate = Decimal::<4, 10>::from_units(25_000).unwrap_or(Decimal::ZERO);
            Rules {
                view: p.price.le(Decimal::whole(5).unwrap_or(price))
                    & p.length.eq(hour)
                    & p.rate.is_in([rate]),
                add: p.made.gt("2026-11-29T14:30:00Z"
                    .parse::<DateTime>()
                    .unwrap_or_else(|_| DateTime::now()))
                    & p.opens
                        .ne("14:30".parse::<Time>().unwrap_or_else(|_| unreachable!())),
                change: case(p.active.eq(true), price).otherwise(price).le(price)
                    & p.price.coalesce(price).is_in([price]),
                delete: p.parts.filter(|part| part.active.eq(true)).count().gt(3) & p.active.eq(true),
                ..Rules::none()
            }
        }
    }
}

/// CWE-451. Attack: a review reads `price ≤ 500` where the rule says five, and `active = 1 > 3`, which says nothing.
#[test]
fn a_constant_is_printed_as_it_is_written() {
    let lines: Vec<_> = checks::policy(amounts::Priced::meta(), &[])
        .into_iter()
        .map(|(_, line)| line)
        .collect();
    assert_eq!(
        lines,
        [
            "price ≤ 5.00 and length = 1:00:00 and rate in [2.5000]",
            "made > 2026-11-29T14:30:00Z and opens ≠ 14:30:00",
            "(-0.05 if active = 1, else -0.05) ≤ -0.05 and (price, or -0.05 where it is empty) in [-0.05]",
            "(count of id over every Priced whose whole is this with active = 1) > 3 and active = 1",
        ]
    );
}

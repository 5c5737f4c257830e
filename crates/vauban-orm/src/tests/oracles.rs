//! Which uniqueness tells of hidden rows (CWE-203): `orm.E003`.

use super::*;
use crate::*;
use vauban_macros::Model;

macro_rules! model {
    ($name:ident($($attribute:tt)*) { $($(#[$meta:meta])* $field:ident: $type:ty),* } |$who:ident, $row:ident| $rules:expr) => {
        #[derive(Model, Debug)]
        #[model(crate = vauban_orm, $($attribute)*)]
        struct $name { id: Id<$name>, $($(#[$meta])* $field: $type),* }
        impl Policy for $name {
            #[allow(unused_variables)]
            fn rules($who: Who<Self>, $row: &Columns<Self>) -> Rules<Self> { $rules }
        }
    };
}

// All members see all rows of their tenant.
model!(Numbered(unique(organisation, number)) { #[field(tenant)] organisation: ForeignKey<Organisation>, number: i64 } |who, n| {
    Rules::tenant(n.organisation.memberships.any(|m| m.user.is(who)))
});
// Not all of them do.
model!(Private(unique(organisation, number)) {
    #[field(tenant)] organisation: ForeignKey<Organisation>, number: i64, #[field(owner)] author: ForeignKey<User>,
    #[field(default = false)] private: bool
} |who, p| {
    let member = p.organisation.memberships.any(|m| m.user.is(who));
    Rules::tenant(member & (p.private.eq(false) | p.author.is(who)))
});
// Nor here: inside `any` stands a column of the row itself.
model!(Drafted(unique(organisation, number)) {
    #[field(tenant)] organisation: ForeignKey<Organisation>, number: i64, #[field(default = false)] private: bool
} |who, d| {
    Rules::tenant(d.organisation.memberships.any(|m| m.user.is(who) & d.private.eq(false)))
});
// Admins write what members see.
model!(ByAdmins(unique(organisation, number)) { #[field(tenant)] organisation: ForeignKey<Organisation>, number: i64 } |who, n| {
    let admin = n.organisation.memberships.any(|m| m.user.is(who) & m.role.eq(Role::Admin));
    Rules { view: n.organisation.memberships.any(|m| m.user.is(who)), ..Rules::tenant(admin) }
});
// Members write what admins see.
model!(ForAdmins(unique(organisation, number)) { #[field(tenant)] organisation: ForeignKey<Organisation>, number: i64 } |who, n| {
    let admin = n.organisation.memberships.any(|m| m.user.is(who) & m.role.eq(Role::Admin));
    Rules { add: n.organisation.memberships.any(|m| m.user.is(who)), ..Rules::tenant(admin) }
});
// A join table: whoever sees the task sees its tags, and writes them only then.
model!(TaskTag(unique(task, tag)) { task: ForeignKey<Task>, tag: ForeignKey<Article> } |who, t| {
    let seen = t.task.visible(who);
    Rules { delete: who.is_staff(), add: who.is_signed_in(), view: seen, ..Rules::none() }
});
// … whose change could move a row to where the mover sees nothing, but for the target, which has to be seen.
model!(Moved(unique(task, tag)) { task: ForeignKey<Task>, tag: ForeignKey<Article> } |who, t| {
    Rules { change: who.is_signed_in(), add: who.is_signed_in(), view: t.task.visible(who), ..Rules::none() }
});
// The task alone does not say who sees it.
model!(Pinned(unique(tag)) { task: ForeignKey<Task>, tag: ForeignKey<Article> } |who, t| {
    Rules { add: who.is_signed_in(), view: t.task.visible(who), ..Rules::none() }
});
// One for each user, who sees it whatever the others see.
model!(Profile(unique(user, kind)) { #[field(owner)] user: ForeignKey<User>, kind: i64, #[field(default = false)] shown: bool } |who, p| {
    Rules { view: p.shown.eq(true) | p.user.is(who), ..Rules::owner(p.user.is(who)) }
});
// … and staff may write, too, who do not see it.
model!(Watched(unique(user, kind)) { #[field(owner)] user: ForeignKey<User>, kind: i64, #[field(default = false)] shown: bool } |who, p| {
    Rules { view: p.shown.eq(true) | p.user.is(who), change: who.is_staff(), ..Rules::owner(p.user.is(who)) }
});
// Its writers see all rows with this address, and not those with another spelling of it.
model!(Spelt(unique(email)) { #[field(max_length = 50)] email: String } |who, s| {
    let known = s.email.eq("ann@example.com");
    Rules { view: known.clone(), add: known, ..Rules::none() }
});
model!(Folded(unique(lower(email))) { #[field(max_length = 50)] email: String } |who, s| {
    let known = s.email.eq("ann@example.com");
    Rules { view: known.clone(), add: known, ..Rules::none() }
});
// What is computed of the key alone holds for all rows of a key or for none …
model!(Computed(unique(first, second)) { first: i64, second: i64 } |who, c| {
    let known = (&c.first + &c.second).gt(3);
    Rules { view: known.clone(), add: known, ..Rules::none() }
});
// … and of another column as well it does not.
model!(Weighed(unique(first, second)) { first: i64, second: i64, weight: i64 } |who, w| {
    let known = (&w.first + &w.weight).gt(3);
    Rules { view: known.clone(), add: known, ..Rules::none() }
});
// One main row for each owner; its author makes another one of them, which tells nothing new.
model!(Main(unique(owner, where = |m| m.main.eq(true))) { #[field(owner)] owner: ForeignKey<User>, main: bool } |who, m| {
    Rules { view: m.main.eq(false) | m.owner.is(who), ..Rules::owner(m.owner.is(who)) }
});
// … and staff, who do not see it, make one of them by a column that is none of the key.
model!(MadeMain(unique(owner, where = |m| m.main.eq(true))) { #[field(owner)] owner: ForeignKey<User>, main: bool } |who, m| {
    Rules { view: m.main.eq(false) | m.owner.is(who), change: who.is_staff(), ..Rules::owner(m.owner.is(who)) }
});
// One to one.
model!(Card() { #[field(owner)] user: OneToOne<User> } |who, c| Rules::owner(c.user.is(who)));
model!(OpenCard() { user: OneToOne<User> } |who, c| {
    Rules { add: who.is_signed_in(), ..Rules::owner(c.user.is(who)) }
});
// A letter box: nobody sees what others put in.
model!(Letter(unique(organisation, number)) { #[field(tenant)] organisation: ForeignKey<Organisation>, number: i64 } |who, l| {
    Rules { add: Filter::always(), ..Rules::none() }
});
// Nobody writes it but services.
model!(Served(unique(organisation, number)) { organisation: ForeignKey<Organisation>, number: i64 } |who, l| Rules::none());

/// CWE-203. Attack: a colleague's private row is there, says the refusal of its number.
#[test]
fn cwe_203_a_key_tells_where_its_writers_do_not_see_all_its_rows() {
    let telling =
        |model: &'static ModelMeta| checks::check(&[model]).iter().any(|found| found.id == "orm.E003");
    for silent in [
        Numbered::meta(),
        ByAdmins::meta(),
        TaskTag::meta(),
        Moved::meta(),
        Profile::meta(),
        Spelt::meta(),
        Computed::meta(),
        Main::meta(),
        Card::meta(),
        Served::meta(),
        Membership::meta(),
    ] {
        assert!(!telling(silent), "{}", silent.name);
    }
    for model in [
        Private::meta(),
        Drafted::meta(),
        ForAdmins::meta(),
        Pinned::meta(),
        Watched::meta(),
        Letter::meta(),
        Folded::meta(),
        Weighed::meta(),
        MadeMain::meta(),
        OpenCard::meta(),
        User::meta(),
        Article::meta(),
    ] {
        assert!(telling(model), "{}", model.name);
    }
}

//! The members of a tenant: who they are, what they may, who is invited. The tenant stands in the address, and in no session (CWE-639).

use serde::Deserialize;
use vauban::orm::{DateTime, Db, Page, Write};
use vauban::{Template, Url, view};

use crate::Email;
use crate::accounts::SignInFailure;
use crate::events;
use crate::history::Happened;
use crate::links::Purpose;
use crate::members as urls;
use crate::params::AccountPages;
use crate::tenancy::{AnyTenancy, Invited, Member, Told};
use vauban::Uuid;
use vauban::forms::Form;
use vauban::http::{Error, Redirect, Response, Result};
use vauban::messages::Level;
use vauban::routing::{Path, Query, Refusal, SignedIn};

const TITLE: &str = "Members";

/// Inviting: the address, and as what.
#[derive(vauban::Form)]
pub(crate) struct InvitationForm {
    #[field(label = "E-mail address", max_length = 320, autocomplete = "off")]
    email: Email,
    #[field(max_length = 100)]
    role: String,
}

/// Which page of the members.
#[derive(Debug, Deserialize)]
pub(crate) struct Paging {
    page: Option<u32>,
}

/// A member's role.
#[derive(vauban::Form)]
pub(crate) struct MemberForm {
    #[field(max_length = 100)]
    role: String,
}

/// The members of a tenant, and who is invited.
#[derive(Template)]
#[template("accounts/members.html", replaceable)]
pub struct MembersPage {
    /// The tenant's id, as in the address.
    pub tenant: Uuid,
    /// What it is called.
    pub name: String,
    /// The site's own page of the tenant, if it has one.
    pub page: Option<Url>,
    /// The members that the reader may see, a page of them.
    pub members: Page<OneMember>,
    /// The invitations that the reader may take back.
    pub invitations: Vec<OpenInvitation>,
    /// What the reader may invite people as; nobody, where there is none.
    pub roles: Vec<RoleChoice>,
    /// What was wrong with an invitation.
    pub problem: Option<String>,
    /// The address that was typed.
    pub email: String,
}

/// A member of a tenant.
pub struct OneMember {
    /// The id of the membership, not of the person.
    pub id: Uuid,
    /// What the person is called.
    pub name: String,
    /// As what they belong to it, as people call it; `unknown (…)` where the program has no such role.
    pub role: String,
    /// Whether it is the reader's own membership.
    pub is_self: bool,
    /// Whether the reader may change it.
    pub may_change: bool,
    /// Whether the reader may end it.
    pub may_remove: bool,
}

/// An invitation that nobody has accepted yet.
pub struct OpenInvitation {
    /// The invitation's id, by which it is withdrawn.
    pub id: Uuid,
    /// The address that was invited.
    pub email: String,
    /// The role, as people call it.
    pub role: String,
    /// Until when it can be accepted.
    pub expires: DateTime,
}

/// A role that the reader may give.
pub struct RoleChoice {
    /// Its name, as rows and forms have it.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// It is the role that somebody has.
    pub is_it: bool,
}

/// The role of one member.
#[derive(Template)]
#[template("accounts/member.html", replaceable)]
pub struct MemberPage {
    /// The tenant's id, as in the address.
    pub tenant: Uuid,
    /// What the reader may make of them.
    pub roles: Vec<RoleChoice>,
    /// What was wrong with the role that was sent.
    pub problem: Option<String>,
}

/// Who asks, what of the site's memberships the tenant is of, and as what they belong to it.
struct Here<'a> {
    tenancy: &'a dyn AnyTenancy,
    who: Uuid,
    role: &'static str,
    name: String,
}

impl<'a> Here<'a> {
    /// ASVS 8.4.1: whoever does not belong to the tenant finds nothing, as if it were not there.
    async fn of(at: &'a AccountPages, db: &Db, tenant: Uuid) -> Result<Here<'a>> {
        let who = at.who().ok_or_else(|| Error::refused(Refusal::SignInRequired))?;
        let who = who.person.facts.id;
        for tenancy in &at.accounts.tenancies {
            if let Some(standing) = tenancy.standing(db, tenant, who).await? {
                return Ok(Here {
                    tenancy: &**tenancy,
                    who,
                    role: standing.role,
                    name: standing.tenant,
                });
            }
        }
        Err(Error::not_found())
    }

    /// The roles up to one's own, if one manages members.
    fn roles(&self, selected: &str) -> Vec<RoleChoice> {
        let all = self.tenancy.roles().into_iter();
        all.filter(|(name, _)| self.tenancy.manages(self.role, name))
            .map(|(name, label)| RoleChoice {
                name,
                label,
                is_it: name == selected,
            })
            .collect()
    }

    async fn page(&self, at: &AccountPages, db: &Db, tenant: Uuid, number: u32) -> Result<MembersPage> {
        let members = self.tenancy.members(db, tenant, number).await?;
        let roles = self.roles("");
        // CWE-359: whom others have invited is for those to see who may take it back.
        let open = match roles.is_empty() {
            true => Vec::new(),
            false => at.accounts.open_invitations(db, self.tenancy, tenant).await?,
        };
        let labels = self.tenancy.roles();
        let invitations = open.into_iter().map(|row| OpenInvitation {
            id: row.id.uuid(),
            email: row.email.to_string(),
            role: labels
                .iter()
                .find(|(name, _)| *name == row.role)
                .map_or(row.role.clone(), |(_, label)| (*label).to_owned()),
            expires: row.expires,
        });
        Ok(MembersPage {
            tenant,
            name: self.name.clone(),
            page: self.tenancy.page(tenant),
            members: members.map(|member| OneMember::of(member, self.who)),
            invitations: invitations.collect(),
            roles,
            problem: None,
            email: String::new(),
        })
    }
}

impl OneMember {
    fn of(member: Member, who: Uuid) -> Self {
        Self {
            id: member.id,
            name: member.name.unwrap_or_default(),
            role: member.label,
            is_self: member.person == who,
            may_change: member.may_change,
            may_remove: member.may_remove,
        }
    }
}

/// Lists the members, as far as one may see them, and the invitations, for whoever may take them back.
#[view(get, "/{tenant}/")]
pub async fn show(
    _: SignedIn,
    at: AccountPages,
    db: Db,
    tenant: Path<Uuid>,
    query: Query<Paging>,
) -> Result<Response> {
    let here = Here::of(&at, &db, *tenant).await?;
    let page = here.page(&at, &db, *tenant, query.page.unwrap_or(1)).await?;
    Ok(at.page(TITLE, page))
}

/// Invites an address, as a role up to one's own; 403 above it.
#[view(post, "/{tenant}/")]
pub async fn invite(
    _: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    tenant: Path<Uuid>,
    form: Form<InvitationForm>,
) -> Result<Response> {
    let here = Here::of(&at, &db, *tenant).await?;
    let Ok(clean) = form.clean(&db).await?.into_result() else {
        let problem = "Write an e-mail address, and choose a role.";
        return here.again(&at, &db, *tenant, "", problem).await;
    };
    let typed = clean.email.to_string();
    // Before a mail is counted: whoever may invite nobody uses up nobody's count.
    if !here.tenancy.manages(here.role, &clean.role) {
        return Err(Error::refused(Refusal::Forbidden));
    }
    let accounts = &at.accounts;
    let counted = accounts
        .count_mail(Purpose::Invitation, &clean.email, &at.cx)
        .await;
    match counted {
        Ok(()) => {}
        Err(SignInFailure::Internal(error)) => return Err(error),
        Err(_) => {
            events::MAIL_THROTTLED.log(Some(&at.cx));
            let why = "Too many mails for now. Please try again in an hour.";
            return here.again(&at, &db, *tenant, &typed, why).await;
        }
    }
    let invited = accounts
        .invite_to(&db, here.tenancy, *tenant, here.who, (&clean.email, &clean.role))
        .await?;
    match invited {
        Invited::Sent => {}
        Invited::Above => return Err(Error::refused(Refusal::Forbidden)),
        Invited::TooMany => {
            let why = "Too many invitations are open. Withdraw some first.";
            return here.again(&at, &db, *tenant, &typed, why).await;
        }
    }
    events::INVITATION_SENT.log(Some(&at.cx));
    at.cx
        .say(Level::Success, format!("An invitation is on its way to {typed}."));
    Ok(Response::of(Redirect::to(urls::members(&tenant))))
}

impl Here<'_> {
    async fn again(
        &self,
        at: &AccountPages,
        db: &Db,
        tenant: Uuid,
        email: &str,
        why: &str,
    ) -> Result<Response> {
        let page = self.page(at, db, tenant, 1).await?;
        let (problem, email) = (Some(why.to_owned()), email.to_owned());
        Ok(at.again(
            TITLE,
            MembersPage {
                problem,
                email,
                ..page
            },
        ))
    }
}

/// Takes an invitation back. One of another tenant, one that is none, and one that is not theirs to take back are the same 404.
#[view(post, "/{tenant}/withdraw/{id}/")]
pub async fn withdraw(
    _: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    tenant: Path<Uuid>,
    id: Path<Uuid>,
) -> Result<Redirect> {
    let here = Here::of(&at, &db, *tenant).await?;
    let withdrawn = at
        .accounts
        .withdraw(&db, here.tenancy, *tenant, here.who, *id)
        .await?;
    if !withdrawn {
        return Err(Error::not_found());
    }
    at.cx.say(Level::Success, "The invitation is withdrawn.");
    Ok(Redirect::to(urls::members(&tenant)))
}

/// Asks for a member's role.
#[view(get, "/{tenant}/role/{member}/")]
pub async fn edit(
    _: SignedIn,
    at: AccountPages,
    db: Db,
    tenant: Path<Uuid>,
    member: Path<Uuid>,
) -> Result<Response> {
    let here = Here::of(&at, &db, *tenant).await?;
    let seat = here.tenancy.member_to_change(&db, *tenant, *member).await?;
    let page = MemberPage {
        tenant: *tenant,
        roles: here.roles(&seat.role),
        problem: None,
    };
    Ok(at.page(TITLE, page))
}

/// Gives a member another role: never one above one's own, which is refused as it is written too.
#[view(post, "/{tenant}/role/{member}/")]
pub async fn save(
    _: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    tenant: Path<Uuid>,
    member: Path<Uuid>,
    form: Form<MemberForm>,
) -> Result<Response> {
    let here = Here::of(&at, &db, *tenant).await?;
    let seat = here.tenancy.member_to_change(&db, *tenant, *member).await?;
    let role = match form.clean(&db).await?.into_result() {
        Ok(clean) => clean.role.clone(),
        Err(_) => String::new(),
    };
    if !here.tenancy.roles().iter().any(|(name, _)| *name == role) {
        let page = MemberPage {
            tenant: *tenant,
            roles: here.roles(&seat.role),
            problem: Some("Choose one of the roles.".to_owned()),
        };
        return Ok(at.again(TITLE, page));
    }
    let owners = at
        .accounts
        .owners_to_tell(&db, here.tenancy, *tenant, here.who)
        .await?;
    here.tenancy.change(&db, *tenant, *member, &role).await?;
    let (was, is) = (here.tenancy.is_owner(&seat.role), here.tenancy.is_owner(&role));
    if was != is {
        let told = if is { Told::Owns } else { Told::OwnsNoMore };
        at.accounts
            .tell_owners(&db, &owners, (&here.name, seat.person), told)
            .await?;
    }
    at.record(&db, seat.person, Happened::RoleChanged).await?;
    events::ROLE_CHANGED.log(Some(&at.cx));
    at.cx.say(Level::Success, "The role is changed.");
    Ok(Response::of(Redirect::to(urls::members(&tenant))))
}

/// Removes a member, or leaves.
#[view(post, "/{tenant}/remove/{member}/")]
pub async fn remove(
    _: SignedIn,
    at: AccountPages,
    db: Db<Write>,
    tenant: Path<Uuid>,
    member: Path<Uuid>,
) -> Result<Redirect> {
    let here = Here::of(&at, &db, *tenant).await?;
    let owners = at
        .accounts
        .owners_to_tell(&db, here.tenancy, *tenant, here.who)
        .await?;
    let was = here.tenancy.remove(&db, *tenant, *member).await?;
    let person = was.person;
    if here.tenancy.is_owner(&was.role) {
        at.accounts
            .tell_owners(&db, &owners, (&here.name, person), Told::OwnsNoMore)
            .await?;
    }
    at.record(&db, person, Happened::MembershipEnded).await?;
    events::MEMBERSHIP_ENDED.log(Some(&at.cx));
    if person == here.who {
        at.cx.say(Level::Success, format!("You have left {}.", here.name));
        return at.home();
    }
    at.cx.say(Level::Success, "The member is removed.");
    Ok(Redirect::to(urls::members(&tenant)))
}

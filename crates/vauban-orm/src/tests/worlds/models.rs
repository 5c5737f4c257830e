//! A small site with what makes policies hard: tenants, a model that refers to itself, rules that read over relations in
//! both directions, every `on_delete`.

#![allow(missing_docs, unreachable_pub)]

use vauban_macros::{Choices, Model};

use crate::*;

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, user)]
pub struct Person {
    pub id: Id<Person>,
    #[field(max_length = 100)]
    pub name: String,
    pub secret: bool,
}
impl Policy for Person {
    fn rules(who: Who<Self>, p: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: p.secret.eq(false) | p.id.is(who),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, related(members: Member.team, jobs: Job.team, scores: Score.team))]
pub struct Team {
    pub id: Id<Team>,
    #[field(max_length = 100)]
    pub name: String,
}
impl Policy for Team {
    fn rules(who: Who<Self>, t: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: t.members.any(|m| m.person.is(who)),
            ..Rules::none()
        }
    }
}

#[derive(Choices, Debug, Clone, Copy, PartialEq, Eq)]
#[choices(crate = vauban_orm)]
pub enum Rank {
    Plain,
    Lead,
}

#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub struct Member {
    pub id: Id<Member>,
    #[field(tenant)]
    pub team: ForeignKey<Team>,
    pub person: ForeignKey<Person>,
    pub rank: Rank,
}
impl Policy for Member {
    fn rules(who: Who<Self>, m: &Columns<Self>) -> Rules<Self> {
        Rules {
            view: m.team.members.any(|m| m.person.is(who)),
            ..Rules::none()
        }
    }
}

#[derive(Model, Debug, Clone)]
#[model(
    crate = vauban_orm,
    changes,
    related(parts: Job.part_of),
    many(helpers: Person through Helper(job, person)),
    // Of all that decides, so that SQLite chooses pages in their order by it.
    index(team, assignee, part_of, points, hits, title, after, with)
)]
pub struct Job {
    pub id: Id<Job>,
    #[field(tenant)]
    pub team: ForeignKey<Team>,
    #[field(max_length = 100)]
    pub title: String,
    pub assignee: Option<ForeignKey<Person>>,
    pub points: Option<i64>,
    pub hits: i64,
    #[field(on_delete = cascade)]
    pub part_of: Option<ForeignKey<Job>>,
    #[field(on_delete = set_null)]
    pub after: Option<ForeignKey<Job>>,
    #[field(on_delete = set_null)]
    pub with: Option<ForeignKey<Job>>,
}
impl Policy for Job {
    fn rules(who: Who<Self>, j: &Columns<Self>) -> Rules<Self> {
        let member = j.team.members.any(|m| m.person.is(who));
        let lead = j.team.members.any(|m| m.person.is(who) & m.rank.eq(Rank::Lead));
        Rules {
            // Also a part of what somebody secret does for one point.
            view: member.clone()
                | j.assignee.is(who)
                | (j.part_of.points.eq(1) & j.part_of.assignee.secret.eq(true)),
            add: member & !j.points.gt(4),
            // Everybody but its lead needs something that a row can lose: points, or what it comes after or with.
            change: (lead.clone() & !(j.after.is_null() & j.with.is_null() & j.points.eq(2)))
                | (j.assignee.is(who) & !j.points.is_null())
                | (who.is_staff() & j.part_of.points.lt(3)),
            delete: lead.clone() & !j.points.gt(3),
            ..Rules::none()
        }
        .may_set(&j.team, lead)
    }
}

/// Who helps with a job.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm, unique(job, person))]
pub struct Helper {
    pub id: Id<Helper>,
    #[field(owner, on_delete = cascade_owned)]
    pub job: ForeignKey<Job>,
    #[field(owner)]
    pub person: ForeignKey<Person>,
}
impl Policy for Helper {
    fn rules(who: Who<Self>, h: &Columns<Self>) -> Rules<Self> {
        let member = h.job.team.members.any(|m| m.person.is(who));
        let lead = h
            .job
            .team
            .members
            .any(|m| m.person.is(who) & m.rank.eq(Rank::Lead));
        Rules {
            view: member.clone() | h.person.is(who),
            add: member,
            delete: lead | h.person.is(who),
            ..Rules::none()
        }
    }
}

/// What is added, or changed where its key is there.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub struct Score {
    pub id: Id<Score>,
    #[field(unique)]
    pub key: i64,
    #[field(tenant)]
    pub team: ForeignKey<Team>,
    pub points: i64,
}
impl Policy for Score {
    fn rules(who: Who<Self>, s: &Columns<Self>) -> Rules<Self> {
        let member = s.team.members.any(|m| m.person.is(who));
        let lead = s.team.members.any(|m| m.person.is(who) & m.rank.eq(Rank::Lead));
        // A team that has five once lets its members do more; whoever has four keeps them to themselves.
        let five = s.team.scores.any(|other| other.points.eq(5));
        Rules {
            view: (member.clone() & !s.team.scores.any(|other| other.points.eq(4))) | s.points.eq(0),
            add: (member.clone() & !s.points.gt(4)) | five.clone(),
            change: (lead.clone() & s.points.ne(3)) | (member & five),
            ..Rules::none()
        }
        .may_set(&s.team, lead)
    }
}

/// Keeps a job from being deleted.
#[derive(Model, Debug, Clone)]
#[model(crate = vauban_orm)]
pub struct Pin {
    pub id: Id<Pin>,
    #[field(on_delete = restrict)]
    pub job: ForeignKey<Job>,
}
impl Policy for Pin {
    fn rules(_: Who<Self>, _: &Columns<Self>) -> Rules<Self> {
        Rules::none()
    }
}

service! {
    /// Makes worlds.
    pub(super) Maker: Add<Person>, View<Person>, Add<Team>, View<Team>, Add<Member>, View<Member>, Grant<Member>, Add<Job>,
        View<Job>, Grant<Job>, Add<Helper>, View<Helper>, Add<Pin>, View<Pin>, Add<Score>, View<Score>;
    waiver!(ServiceRights, "worlds are made before anybody acts")
}

pub(super) fn models() -> Vec<&'static ModelMeta> {
    vec![
        Person::meta(),
        Team::meta(),
        Member::meta(),
        Job::meta(),
        Pin::meta(),
        Helper::meta(),
        Score::meta(),
    ]
}

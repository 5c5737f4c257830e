//! The reference: rows in lists, and the rules of `models.rs` read off them, one sentence a line.

use super::models::{Job, Person, Rank, Team};
use crate::Id;

#[derive(Debug, Clone, Copy)]
pub(super) struct Asker {
    pub(super) id: Option<Id<Person>>,
    pub(super) staff: bool,
}

#[derive(Debug, Clone)]
pub(super) struct PlainPerson {
    pub(super) id: Id<Person>,
    pub(super) name: String,
    pub(super) secret: bool,
}

#[derive(Debug, Clone)]
pub(super) struct PlainTeam {
    pub(super) id: Id<Team>,
    pub(super) name: String,
}

#[derive(Debug, Clone)]
pub(super) struct PlainMember {
    pub(super) team: Id<Team>,
    pub(super) person: Id<Person>,
    pub(super) rank: Rank,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlainJob {
    pub(super) id: Id<Job>,
    pub(super) team: Id<Team>,
    pub(super) title: String,
    pub(super) assignee: Option<Id<Person>>,
    pub(super) points: Option<i64>,
    pub(super) hits: i64,
    pub(super) part_of: Option<Id<Job>>,
    pub(super) after: Option<Id<Job>>,
    pub(super) with: Option<Id<Job>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct PlainScore {
    pub(super) key: i64,
    pub(super) team: Id<Team>,
    pub(super) points: i64,
}

/// All rows, as they are before a statement: every rule reads relations from here.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) people: Vec<PlainPerson>,
    pub(super) teams: Vec<PlainTeam>,
    pub(super) members: Vec<PlainMember>,
    pub(super) jobs: Vec<PlainJob>,
    pub(super) pinned: Vec<Id<Job>>,
    pub(super) helpers: Vec<(Id<Job>, Id<Person>)>,
    pub(super) scores: Vec<PlainScore>,
}

/// What becomes of the row that a deletion starts from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Deletion {
    /// These go, and the others that refer to them are as they are to be.
    Done(Vec<Id<Job>>, Vec<Id<Job>>),
    /// Somebody holds on to a row, or something may not go or be emptied.
    Refused { restricted: bool, forbidden: bool },
}

impl Rows {
    pub(super) fn person(&self, id: Option<Id<Person>>) -> Option<&PlainPerson> {
        self.people.iter().find(|person| Some(person.id) == id)
    }

    pub(super) fn team(&self, id: Id<Team>) -> Option<&PlainTeam> {
        self.teams.iter().find(|team| team.id == id)
    }

    pub(super) fn job(&self, id: Option<Id<Job>>) -> Option<&PlainJob> {
        self.jobs.iter().find(|job| Some(job.id) == id)
    }

    pub(super) fn is_member(&self, team: Id<Team>, who: Asker, lead: bool) -> bool {
        let mut members = self.members.iter();
        members.any(|m| m.team == team && Some(m.person) == who.id && (!lead || m.rank == Rank::Lead))
    }

    pub(super) fn sees_person(&self, person: &PlainPerson, who: Asker) -> bool {
        !person.secret || Some(person.id) == who.id
    }

    /// A team and its members.
    pub(super) fn sees_team(&self, team: Id<Team>, who: Asker) -> bool {
        self.is_member(team, who, false)
    }

    fn is_assigned(job: &PlainJob, who: Asker) -> bool {
        who.id.is_some() && job.assignee == who.id
    }

    pub(super) fn sees(&self, job: &PlainJob, who: Asker) -> bool {
        let whole = self.job(job.part_of);
        self.is_member(job.team, who, false)
            || Self::is_assigned(job, who)
            || whole.is_some_and(|whole| {
                whole.points == Some(1) && self.person(whole.assignee).is_some_and(|person| person.secret)
            })
    }

    fn may_add(&self, job: &PlainJob, who: Asker) -> bool {
        self.is_member(job.team, who, false) && job.points.is_none_or(|points| points <= 4)
    }

    pub(super) fn may_change(&self, job: &PlainJob, who: Asker) -> bool {
        let bare = job.after.is_none() && job.with.is_none() && job.points == Some(2);
        let whole = self.job(job.part_of);
        (self.is_member(job.team, who, true) && !bare)
            || (Self::is_assigned(job, who) && job.points.is_some())
            || (who.staff && whole.is_some_and(|whole| whole.points.is_some_and(|points| points < 3)))
    }

    pub(super) fn may_delete(&self, job: &PlainJob, who: Asker) -> bool {
        self.is_member(job.team, who, true) && job.points.is_none_or(|points| points <= 3)
    }

    /// Every row that `job` refers to and `old` did not name: is it there, and may it be seen?
    pub(super) fn sees_targets(&self, job: &PlainJob, set: Set, who: Asker) -> bool {
        let person = |id| {
            self.person(Some(id))
                .is_some_and(|person| self.sees_person(person, who))
        };
        let other = |id| self.job(Some(id)).is_some_and(|job| self.sees(job, who));
        (!set.team || self.sees_team(job.team, who))
            && (!set.assignee || job.assignee.is_none_or(person))
            && (!set.part_of || job.part_of.is_none_or(other))
            && (!set.after || job.after.is_none_or(other))
            && (!set.with || job.with.is_none_or(other))
    }

    /// May `new` be added?
    pub(super) fn adds(&self, new: &PlainJob, who: Asker) -> bool {
        self.sees_targets(new, Set::ALL, who) && self.may_add(new, who)
    }

    /// May what was `old` become `new`, which may be changed as it was?
    pub(super) fn becomes(&self, old: &PlainJob, new: &PlainJob, set: Set, who: Asker) -> bool {
        self.sees(new, who)
            && self.may_change(new, who)
            && self.sees_targets(new, set, who)
            && (!set.team || (self.is_member(old.team, who, true) && self.is_member(new.team, who, true)))
    }

    fn has_points(&self, team: Id<Team>, points: i64) -> bool {
        self.scores
            .iter()
            .any(|score| score.team == team && score.points == points)
    }

    pub(super) fn sees_score(&self, score: &PlainScore, who: Asker) -> bool {
        (self.is_member(score.team, who, false) && !self.has_points(score.team, 4)) || score.points == 0
    }

    pub(super) fn adds_score(&self, score: &PlainScore, who: Asker) -> bool {
        let member = self.is_member(score.team, who, false) && score.points <= 4;
        self.sees_team(score.team, who) && (member || self.has_points(score.team, 5))
    }

    pub(super) fn may_change_score(&self, score: &PlainScore, who: Asker) -> bool {
        (self.is_member(score.team, who, true) && score.points != 3)
            || (self.is_member(score.team, who, false) && self.has_points(score.team, 5))
    }

    /// May what was `old` become `new`, of which `team` says whether the team is written?
    pub(super) fn score_becomes(&self, old: &PlainScore, new: &PlainScore, team: bool, who: Asker) -> bool {
        let lead = |score: &PlainScore| self.is_member(score.team, who, true);
        self.sees_score(new, who)
            && self.may_change_score(new, who)
            && (!team || (self.sees_team(new.team, who) && lead(old) && lead(new)))
    }

    /// What comes of deleting these rows, which may be deleted: parts go with their whole, what came after or with them
    /// does so no longer.
    pub(super) fn deletes(&self, first: &[Id<Job>], who: Asker) -> Deletion {
        let mut gone = first.to_vec();
        let mut next = 0;
        while next < gone.len() {
            let whole = gone[next];
            let parts = self.jobs.iter().filter(|job| job.part_of == Some(whole));
            let parts: Vec<_> = parts.map(|job| job.id).filter(|id| !gone.contains(id)).collect();
            gone.extend(parts);
            next += 1;
        }
        let of = |id: &Id<Job>| self.job(Some(*id));
        let goes = |id: Option<Id<Job>>| id.is_some_and(|id| gone.contains(&id));
        let mut forbidden = gone
            .iter()
            .filter(|id| !first.contains(id))
            .filter_map(of)
            .any(|job| !self.sees(job, who) || !self.may_delete(job, who));
        let mut emptied = Vec::new();
        for job in self.jobs.iter().filter(|job| !gone.contains(&job.id)) {
            if !goes(job.after) && !goes(job.with) {
                continue;
            }
            let new = self.emptied(job, &gone);
            forbidden |= !self.sees(job, who) || !self.may_change(job, who);
            forbidden |= !self.sees(&new, who) || !self.may_change(&new, who);
            emptied.push(job.id);
        }
        let restricted = self.pinned.iter().any(|job| gone.contains(job));
        if restricted || forbidden {
            return Deletion::Refused {
                restricted,
                forbidden,
            };
        }
        Deletion::Done(gone, emptied)
    }

    /// The row when those are gone.
    pub(super) fn emptied(&self, job: &PlainJob, gone: &[Id<Job>]) -> PlainJob {
        let kept = |id: Option<Id<Job>>| id.filter(|id| !gone.contains(id));
        PlainJob {
            after: kept(job.after),
            with: kept(job.with),
            ..job.clone()
        }
    }
}

/// Which foreign keys a statement writes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Set {
    pub(super) team: bool,
    pub(super) assignee: bool,
    pub(super) part_of: bool,
    pub(super) after: bool,
    pub(super) with: bool,
}

impl Set {
    pub(super) const ALL: Self = Self {
        team: true,
        assignee: true,
        part_of: true,
        after: true,
        with: true,
    };
}

//! Rows that are added, or changed where their key is there.

use long::Numbers;

use super::by_metadata;
use super::models::{NewScore, Score};
use super::reference::{Asker, PlainScore, Rows};
use super::statements::{Outcome, Way, World, same};
use crate::*;

/// What a row that is there is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Update {
    Points,
    Team,
    Both,
}

impl Update {
    fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Points => &["points"],
            Self::Team => &["team"],
            Self::Both => &["points", "team"],
        }
    }

    fn applied(self, old: &PlainScore, new: &PlainScore) -> PlainScore {
        PlainScore {
            team: if self == Self::Points { old.team } else { new.team },
            points: if self == Self::Team {
                old.points
            } else {
                new.points
            },
            ..old.clone()
        }
    }
}

async fn typed(db: &Db<Write>, rows: &[PlainScore], update: Update) -> Result<Vec<(PlainScore, bool)>> {
    let new = rows.iter().map(|score| NewScore {
        key: score.key,
        team: score.team,
        points: score.points,
    });
    let new = Score::create_all(new);
    let saved = match update {
        Update::Points => new.or_change(|s| &s.key, |s| &s.points).save(db).await,
        Update::Team => new.or_change(|s| &s.key, |s| &s.team).save(db).await,
        Update::Both => new.or_change(|s| &s.key, |s| (&s.points, &s.team)).save(db).await,
    };
    let plain = |(score, added): &(Score, bool)| {
        let score = PlainScore {
            key: score.key,
            team: score.team.id(),
            points: score.points,
        };
        (score, *added)
    };
    Ok(saved?.iter().map(plain).collect())
}

impl World {
    pub(super) async fn upsert(&mut self, db: &Db<Write>, n: &mut Numbers, who: Asker, way: Way) -> Outcome {
        let rows: Vec<_> = (0..1 + n.below(4)).map(|_| self.any_score(n)).collect();
        let update = [Update::Points, Update::Points, Update::Team, Update::Both][n.below(4)];
        let got = match way {
            Way::Typed => typed(db, &rows, update).await,
            Way::Untyped => by_metadata::upsert(db, &rows, update.fields()).await,
        };
        let told = |wrong| format!("{update:?} of {rows:?} among {:?}: {wrong}", self.rows.scores);
        match (self.refused(&rows, update, who), got) {
            (Some(expected), Err(Error::Rows(wrong))) => {
                same(&(wrong[0].row, wrong[0].error.status()), &expected).map_err(told)?;
                Ok(false)
            }
            (None, Ok(saved)) => {
                let after: Vec<_> = rows.iter().map(|row| self.saved(row, update, who)).collect();
                same(&saved, &after).map_err(told)?;
                for (score, _) in after {
                    self.rows.scores.retain(|other| other.key != score.key);
                    self.rows.scores.push(score);
                }
                Ok(true)
            }
            (expected, got) => Err(told(format!("got {got:?}, expected {expected:?}"))),
        }
    }

    pub(super) fn any_score(&self, n: &mut Numbers) -> PlainScore {
        PlainScore {
            key: n.below(9) as i64,
            team: self.rows.teams[n.below(3)].id,
            points: n.below(6) as i64,
        }
    }

    /// The row that is there for whoever asks.
    fn there(&self, new: &PlainScore, who: Asker) -> Option<&PlainScore> {
        let of_key = self.rows.scores.iter().find(|score| score.key == new.key);
        of_key.filter(|score| self.rows.sees_score(score, who))
    }

    fn saved(&self, new: &PlainScore, update: Update, who: Asker) -> (PlainScore, bool) {
        match self.there(new, who) {
            Some(old) => (update.applied(old, new), false),
            None => (new.clone(), true),
        }
    }

    /// The position of the first row that is not accepted, and with which status: all are judged by what is there before, and then
    /// each in its turn, since rules of scores count scores.
    fn refused(&self, rows: &[PlainScore], update: Update, who: Asker) -> Option<(usize, u16)> {
        let pair = |row: &PlainScore| {
            let old = self.there(row, who)?;
            Some((old, update.applied(old, row)))
        };
        let new = |row: &PlainScore| self.there(row, who).is_none();
        let first = |wrong: &dyn Fn(usize, &PlainScore) -> Option<u16>| {
            let mut all = rows.iter().enumerate();
            all.find_map(|(at, row)| wrong(at, row).map(|status| (at, status)))
        };
        let before = first(&|at, row| (!new(row) && has_key(&rows[..at], row)).then_some(409))
            .or_else(|| {
                first(&|_, row| pair(row).and_then(|(old, new)| changed(&self.rows, old, &new, update, who)))
            })
            .or_else(|| first(&|_, row| new(row).then(|| added(&self.rows, row, who)).flatten()));
        if before.is_some() {
            return before;
        }
        let mut now = self.rows.clone();
        for (at, (old, new)) in rows
            .iter()
            .enumerate()
            .filter_map(|(at, row)| Some((at, pair(row)?)))
        {
            if let Some(status) = changed(&now, old, &new, update, who) {
                return Some((at, status));
            }
            now.scores.retain(|score| score.key != new.key);
            now.scores.push(new);
        }
        for (at, row) in rows.iter().enumerate().filter(|(_, row)| new(row)) {
            let taken = has_key(&now.scores, row).then_some(409);
            if let Some(status) = added(&now, row, who).or(taken) {
                return Some((at, status));
            }
            now.scores.push(row.clone());
        }
        None
    }
}

fn has_key(scores: &[PlainScore], row: &PlainScore) -> bool {
    scores.iter().any(|score| score.key == row.key)
}

/// What is said of a row that is changed.
fn changed(rows: &Rows, old: &PlainScore, new: &PlainScore, update: Update, who: Asker) -> Option<u16> {
    let team = update != Update::Points;
    // What another row of these takes out of sight is not there to be changed.
    let may = rows.sees_score(old, who) && rows.may_change_score(old, who);
    if may && rows.score_becomes(old, new, team, who) {
        None
    } else if team && !rows.sees_team(new.team, who) {
        Some(422)
    } else {
        Some(403)
    }
}

/// What is said of a row that is added.
fn added(rows: &Rows, row: &PlainScore, who: Asker) -> Option<u16> {
    if !rows.sees_team(row.team, who) {
        Some(422)
    } else {
        (!rows.adds_score(row, who)).then_some(403)
    }
}

//! Rows that are added, or changed where their key is there.

use long::Numbers;

use super::by_metadata;
use super::models::{NewScore, Score};
use super::reference::{Asker, PlainScore};
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

    /// The position of the first row that is not accepted, and with which status: all are judged by what is there before.
    fn refused(&self, rows: &[PlainScore], update: Update, who: Asker) -> Option<(usize, u16)> {
        let first = |wrong: &dyn Fn(usize, &PlainScore) -> Option<u16>| {
            let mut all = rows.iter().enumerate();
            all.find_map(|(at, row)| wrong(at, row).map(|status| (at, status)))
        };
        let is_earlier = |at: usize, row: &PlainScore| rows[..at].iter().any(|other| other.key == row.key);
        let keys = update != Update::Points;
        first(&|at, row| (self.there(row, who).is_some() && is_earlier(at, row)).then_some(409))
            .or_else(|| {
                first(&|_, row| {
                    let old = self.there(row, who)?;
                    let new = update.applied(old, row);
                    if self.rows.may_change_score(old, who) && self.rows.score_becomes(old, &new, keys, who) {
                        None
                    } else if keys && !self.rows.sees_team(new.team, who) {
                        Some(422)
                    } else {
                        Some(403)
                    }
                })
            })
            .or_else(|| {
                first(&|_, row| match self.there(row, who) {
                    None if !self.rows.sees_team(row.team, who) => Some(422),
                    None if !self.rows.adds_score(row, who) => Some(403),
                    _ => None,
                })
            })
            .or_else(|| self.refused_in_turn(rows, update, who))
    }

    /// The same when each has its turn, those that are changed before those that are added: nor is more allowed of several than of
    /// one after the other.
    fn refused_in_turn(&self, rows: &[PlainScore], update: Update, who: Asker) -> Option<(usize, u16)> {
        let (mut now, several) = (self.rows.clone(), rows.len() > 1);
        for (at, row) in rows.iter().enumerate() {
            let Some(old) = self.there(row, who) else { continue };
            let new = update.applied(old, row);
            let becomes = now.score_becomes(old, &new, update != Update::Points, who);
            if several && !(now.may_change_score(old, who) && becomes) {
                return Some((at, 403));
            }
            now.scores.retain(|other| other.key != new.key);
            now.scores.push(new);
        }
        for (at, row) in rows.iter().enumerate() {
            if self.there(row, who).is_some() {
                continue;
            }
            if several && !now.adds_score(row, who) {
                return Some((at, 403));
            }
            if now.scores.iter().any(|other| other.key == row.key) {
                return Some((at, 409));
            }
            now.scores.push(row.clone());
        }
        None
    }
}

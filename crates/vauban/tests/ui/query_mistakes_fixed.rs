//! Beginners' mistakes in queries.
#![allow(dead_code, unused_variables)]

mod site;
use site::*;
use vauban::prelude::*;

async fn and(db: Db) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().filter(|t| t.title.eq("a") & t.state.eq(State::Open)).all(&db).await?)
}

async fn equal(db: Db, state: State) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().filter(|t| t.state.eq(state)).all(&db).await?)
}

async fn greater(db: Db, then: DateTime) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().filter(|t| t.created.gt(then)).all(&db).await?)
}

async fn typo(db: Db) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().filter(|t| t.title.eq("a")).all(&db).await?)
}

async fn text_for_choice(db: Db) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().filter(|t| t.state.eq(State::Open)).all(&db).await?)
}

async fn order(db: Db) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().order_by(|t| t.created.desc()).all(&db).await?)
}

async fn not_awaited(db: Db) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().all(&db).await?)
}

async fn key_in_sql(db: Db, user: Id<User>) -> Result<Vec<Ticket>> {
    Ok(Ticket::objects().filter(|t| sql!("{} = {}", t.requester, user)).all(&db).await?)
}

async fn changed(db: Db<Write>, id: Id<Ticket>) -> Result<()> {
    let ticket = Ticket::objects().get_to_change(&db, |t| t.id.eq(id)).await?;
    ticket.change(&db, |t| [t.title.set("x")]).await?;
    Ok(())
}

async fn deleted(db: Db<Write>, id: Id<Ticket>) -> Result<()> {
    let ticket = Ticket::objects().get_to_delete(&db, |t| t.id.eq(id)).await?;
    ticket.delete(&db).await?;
    Ok(())
}

fn with_default(requester: Id<User>) -> NewTicket {
    NewTicket { title: "a".into(), requester, assignee: None }
}

fn main() {}

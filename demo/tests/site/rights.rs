//! Who may call what: every route as nobody, a tenant's owner, another tenant's owner, staff, and a member with the lowest role (CWE-862,
//! CWE-639).
//!
//! The table is written by hand, from what the site promises and from neither rules nor policies.

use demo::organisations::Role;
use demo::urls;
use guestbook::entries::{Entry, NewEntry};
use vauban::PathText;
use vauban::testing::Expect::{Allowed, Forbidden, NotFound, SignIn};
use vauban::testing::{Expect, Expected, Prober};

use crate::world::{PASSWORD, World};

#[rustfmt::skip]
const TABLE: &[(&str, [Expect; 5])] = &[
    // sample                    nobody     Ann        Ben        Cleo (staff) Dan
    ("home",                    [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("healthz",                 [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("support",                 [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("theme",                   [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("profile",                 [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("profile_save",            [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    // Published articles are for everybody, drafts for the author and staff.
    ("articles",                [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("article",                 [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("article#draft",           [NotFound,  Allowed,   NotFound,  Allowed, NotFound]),
    ("article_new",             [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("article_create",          [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("article_import",          [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("article_import_save",     [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("article_edit",            [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    ("article_edit#draft",      [SignIn,    Allowed,   NotFound,  Allowed, NotFound]),
    ("article_save",            [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    ("article_save#draft",      [SignIn,    Allowed,   NotFound,  Allowed, NotFound]),
    ("article_delete",          [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    ("article_remove",          [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    // A tag without an organisation is everybody's, one of an organisation its members'.
    ("tag",                     [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("tag#inside",              [NotFound,  Allowed,   NotFound,  NotFound, Allowed]),
    ("article_tags",            [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    ("article_tags_save",       [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    // Who reads an article may comment on it, and on a comment that they see. Moderators hide comments; Cleo is one.
    ("comment_new",             [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("comment_create",          [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("comment_create#draft",    [SignIn,    Allowed,   NotFound,  Allowed, NotFound]),
    ("comment_reply",           [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("comment_reply_save",      [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("comment_reply_save#draft", [SignIn,   Allowed,   NotFound,  Allowed, NotFound]),
    ("comment_hide",            [SignIn,    Forbidden, Forbidden, Allowed, Forbidden]),
    // Organisations and tasks are for members; staff have no say in them.
    ("organisations",           [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("organisation_new",        [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("organisation_create",     [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("organisation_find",       [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("organisation",            [SignIn,    Allowed,   NotFound,  NotFound, Allowed]),
    ("organisation_edit",       [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("organisation_save",       [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("organisation_profile",    [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("organisation_profile_save", [SignIn,  Allowed,   NotFound,  NotFound, Forbidden]),
    ("organisation_delete",     [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("organisation_remove",     [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    // The pages of the framework for its members: Ben owns another organisation.
    ("members.members",         [SignIn,    Allowed,   NotFound,  NotFound, Allowed]),
    ("members.invite",          [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("members.withdraw",        [SignIn,    NotFound,  NotFound,  NotFound, NotFound]),
    ("members.member",          [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("members.member_save",     [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("members.remove",          [SignIn,    Allowed,   NotFound,  NotFound, Allowed]),
    ("tasks",                   [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    // In this one Ann is an editor, Ben and Cleo are plain members.
    ("task_create",             [SignIn,    Allowed,   Forbidden, Forbidden, Forbidden]),
    ("task_new",                [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("task",                    [SignIn,    Allowed,   NotFound,  NotFound, Allowed]),
    ("task_edit",               [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("task_save",               [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("task_toggle",             [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("task_delete",             [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("task_remove",             [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    // Everybody reads what is on; an organisation's editors say so. Of the Square Ann is an editor.
    ("events",                  [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("event",                   [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("event_new",               [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("event_create",            [SignIn,    Allowed,   NotFound,  NotFound, Forbidden]),
    ("event_create#square",     [SignIn,    Allowed,   Forbidden, Forbidden, Forbidden]),
    ("event_edit",              [SignIn,    Allowed,   Forbidden, Forbidden, Forbidden]),
    ("event_save",              [SignIn,    Allowed,   Forbidden, Forbidden, Forbidden]),
    ("event_delete",            [SignIn,    Allowed,   Forbidden, Forbidden, Forbidden]),
    ("event_remove",            [SignIn,    Allowed,   Forbidden, Forbidden, Forbidden]),
    // Everybody reads the guest book; one takes out what is one's own, staff whatever they like.
    ("guestbook.book",          [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("guestbook.sign",          [SignIn,    Allowed,   Allowed,   Allowed, Allowed]),
    ("guestbook.entry_delete",  [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    ("guestbook.entry_remove",  [SignIn,    Allowed,   Forbidden, Allowed, Forbidden]),
    // Staff look through the tables, each row under its own policy.
    ("data",                    [SignIn,    Forbidden, Forbidden, Allowed, Forbidden]),
    ("data_table",              [SignIn,    Forbidden, Forbidden, Allowed, Forbidden]),
    ("data_row",                [SignIn,    Forbidden, Forbidden, Allowed, Forbidden]),
    // The pages of accounts bring their own samples; what helps to develop does not, and is for nobody in a test.
    ("accounts.first_administrator",      [NotFound, NotFound, NotFound, NotFound, NotFound]),
    ("accounts.first_administrator_post", [NotFound, NotFound, NotFound, NotFound, NotFound]),
    // Whoever has the link of a mail, and nobody else: a link that nobody sealed opens nothing.
    ("mail.unsubscribe",        [NotFound,  NotFound,  NotFound,  NotFound, NotFound]),
    ("mail.leave",              [Forbidden, Forbidden, Forbidden, Forbidden, Forbidden]),
    ("mail.again",              [Forbidden, Forbidden, Forbidden, Forbidden, Forbidden]),
    // Development builds only: the mails that were sent nowhere. There is none.
    ("dev_mails",               [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("dev_mail",                [NotFound,  NotFound,  NotFound,  NotFound, NotFound]),
    ("dev_mail_html",           [NotFound,  NotFound,  NotFound,  NotFound, NotFound]),
    // Development builds only: one may look at the site as the people of the sample data.
    ("accounts.look_as",        [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
    ("accounts.look_as_post",   [Allowed,   Allowed,   Allowed,   Allowed, Allowed]),
];

#[tokio::test]
async fn everybody_gets_what_the_table_says_and_no_more() {
    // The prober asks on copies of the database's file.
    if crate::world::database_asked_for().is_some() {
        return;
    }
    let w = World::with_passwords().await;
    w.with_another_owner().await;
    let members = [
        (&w.ann, Role::Editor),
        (&w.ben, Role::Member),
        (&w.cleo, Role::Member),
        (&w.dan, Role::Member),
    ];
    let square_id = w.organisation("The Square", &members).await.id;
    let square = square_id.to_string();
    let (tenant, seat) = (w.lighthouse.id.uuid(), w.membership.id.uuid());
    let link = "/accounts/first-administrator/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/";
    let new = [
        ("email", "eve@example.com"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    let new_entry = NewEntry {
        name: "Ann".to_owned(),
        text: "Lovely walls.".to_owned(),
        author: w.ann.id.into(),
    };
    let entry = w
        .app
        .rows(async |db| Entry::create(new_entry).save(&db).await)
        .await
        .id;
    let tag = crate::comments::tag(&w, "walls", None).await;
    let inside = crate::comments::tag(&w, "inside", Some(&w.lighthouse)).await;
    let chosen = tag.id.to_string();
    let comment = crate::comments::comment(&w, &w.article, None, &w.dan, "A word").await;
    let under_the_draft = crate::comments::comment(&w, &w.draft, None, &w.ann, "A note").await;
    let body = [("body", "Well said.")];
    let words = [("name", "A guest"), ("text", "Thick walls.")];
    let (article, draft, task) = (&w.article.slug, &w.draft.slug, &w.task.id);
    let text: &[(&str, &str)] = &[("title", "Another title"), ("body", "Another body.")];
    let version = ("version", "1");
    let edited: &[(&str, &str)] = &[text[0], text[1], version];
    let event = &w.event.id;
    let said: &[(&str, &str)] = &[
        ("title", "A tour"),
        ("kind", "outing"),
        ("day", "2030-05-01"),
        ("price", "4.50"),
    ];
    let said_again = &[said, &[version]].concat();
    let table: Vec<Expected<5>> = TABLE
        .iter()
        .map(|(sample, callers)| Expected::new(sample, *callers))
        .collect();
    Prober::new(&w.app)
        .member(&w.ann)
        .outsider(&w.ben)
        .staff(&w.cleo)
        .caller("lowest role", &w.dan)
        .get("home", urls::home())
        .get("healthz", urls::healthz())
        .get("support", urls::support())
        .form_without_rows("theme", urls::theme(), &[("theme", "dark")])
        .get("profile", urls::profile())
        .form("profile_save", urls::profile_save(), &[("name", "Another name")])
        .get("articles", urls::articles())
        .get("article", urls::article(article))
        .get("article#draft", urls::article(draft))
        .get("article_new", urls::article_new())
        .form("article_create", urls::article_create(), text)
        .get("article_import", urls::article_import())
        .form(
            "article_import_save",
            urls::article_import_save(),
            &[("lines", "One of many; and its text")],
        )
        .get("article_edit", urls::article_edit(article))
        .get("article_edit#draft", urls::article_edit(draft))
        .form("article_save", urls::article_save(article), edited)
        .form("article_save#draft", urls::article_save(draft), edited)
        .get("article_delete", urls::article_delete(article))
        .form("article_remove", urls::article_remove(article), &[])
        .get("tag", urls::tag(&tag.id))
        .get("tag#inside", urls::tag(&inside.id))
        .get("article_tags", urls::article_tags(article))
        .form(
            "article_tags_save",
            urls::article_tags_save(article),
            &[("tags", chosen.as_str())],
        )
        .get("comment_new", urls::comment_new(article))
        .form("comment_create", urls::comment_create(article), &body)
        .form("comment_create#draft", urls::comment_create(draft), &body)
        .get("comment_reply", urls::comment_reply(&comment.id))
        .form("comment_reply_save", urls::comment_reply_save(&comment.id), &body)
        .form(
            "comment_reply_save#draft",
            urls::comment_reply_save(&under_the_draft.id),
            &body,
        )
        .form("comment_hide", urls::comment_hide(&comment.id), &[])
        .get("organisations", urls::organisations())
        .get("organisation_new", urls::organisation_new())
        .form(
            "organisation_create",
            urls::organisation_create(),
            &[("name", "The Tower")],
        )
        .form_without_rows(
            "organisation_find",
            urls::organisation_find(),
            &[("tax_id", "DE1")],
        )
        .get("organisation", urls::organisation(&w.lighthouse.id))
        .get("organisation_edit", urls::organisation_edit(&w.lighthouse.id))
        .form(
            "organisation_save",
            urls::organisation_save(&w.lighthouse.id),
            &[("name", "The Tower"), version],
        )
        .get(
            "organisation_profile",
            urls::organisation_profile(&w.lighthouse.id),
        )
        .form(
            "organisation_profile_save",
            urls::organisation_profile_save(&w.lighthouse.id),
            &[
                ("website", "https://tower.example"),
                ("desks", "3"),
                ("hours", "{}"),
            ],
        )
        .get("organisation_delete", urls::organisation_delete(&w.lighthouse.id))
        .form(
            "organisation_remove",
            urls::organisation_remove(&w.lighthouse.id),
            &[],
        )
        .get("members.members", urls::members::members(&tenant))
        .form(
            "members.invite",
            urls::members::invite(&tenant),
            &[("email", "new@example.com"), ("role", "member")],
        )
        .form("members.withdraw", urls::members::withdraw(&tenant, &seat), &[])
        .get("members.member", urls::members::member(&tenant, &seat))
        .form(
            "members.member_save",
            urls::members::member_save(&tenant, &seat),
            &[("role", "editor")],
        )
        .form("members.remove", urls::members::remove(&tenant, &seat), &[])
        .get("tasks", urls::tasks())
        .get("task_new", urls::task_new())
        .form(
            "task_create",
            urls::task_create(),
            &[("organisation", square.as_str()), ("title", "Sweep")],
        )
        .get("task", urls::task(task))
        .get("task_edit", urls::task_edit(task))
        .form(
            "task_save",
            urls::task_save(task),
            &[("title", "Another title"), version],
        )
        .form("task_toggle", urls::task_toggle(task), &[])
        .get("task_delete", urls::task_delete(task))
        .form("task_remove", urls::task_remove(task), &[])
        .get("events", urls::events())
        .get("event", urls::event(event))
        .get("event_new", urls::event_new(&w.lighthouse.id))
        .form("event_create", urls::event_create(&w.lighthouse.id), said)
        .form("event_create#square", urls::event_create(&square_id), said)
        .get("event_edit", urls::event_edit(event))
        .form("event_save", urls::event_save(event), said_again)
        .get("event_delete", urls::event_delete(event))
        .form("event_remove", urls::event_remove(event), &[])
        .get("data", urls::data())
        .get(
            "data_table",
            urls::data_table(&PathText::parse("article").unwrap()),
        )
        .get(
            "data_row",
            urls::data_row(
                &PathText::parse("article").unwrap(),
                &PathText::parse(&w.draft.id.to_string()).unwrap(),
            ),
        )
        .get("guestbook.book", urls::guestbook::book())
        .form("guestbook.sign", urls::guestbook::sign(), &words)
        .get("guestbook.entry_delete", urls::guestbook::entry_delete(&entry))
        .form(
            "guestbook.entry_remove",
            urls::guestbook::entry_remove(&entry),
            &[],
        )
        .get("accounts.first_administrator", link)
        .form("accounts.first_administrator_post", link, &new)
        .get("mail.unsubscribe", "/accounts/unsubscribe/AAAA/")
        .form("mail.leave", "/accounts/unsubscribe/AAAA/", &[])
        .form("mail.again", "/accounts/unsubscribe/AAAA/again/", &[])
        .get("dev_mails", "/dev/mail/")
        .get("dev_mail", "/dev/mail/0123/")
        .get("dev_mail_html", "/dev/mail/0123/html/")
        .get("accounts.look_as", "/accounts/look-as/")
        .form_without_rows(
            "accounts.look_as_post",
            "/accounts/look-as/",
            &[("email", "ann@example.com")],
        )
        .expect(&table)
        .run()
        .await;
}

//! Forms in one request each: what depends on the request, many values, forms in addresses, strict forms.

use vauban_orm::{Id, Problem};

use super::problems::{NOT_A_CHOICE, REQUIRED, STALE, TWICE, too_few, too_many};
use super::rows::tests::{Colour, Folder, Site, site};
use super::{Clean, Form, FormErrors, FormFields, render};
use crate::http::{DataError, FormData, FormLimits, Text};
use crate::routing::pairs_of_query;

/// Who may what in a request.
struct Desk {
    folder: Id<Folder>,
    colours: Vec<Colour>,
    leads: bool,
}

#[derive(vauban_macros::Form)]
#[form(context = Desk, clean = not_too_long)]
struct TicketForm {
    #[field(max_length = 50)]
    title: String,
    #[field(choices = |desk| Folder::objects().filter(|f| f.id.eq(desk.folder)))]
    folder: Option<Id<Folder>>,
    #[field(choices = |desk| desk.colours.clone())]
    colour: Colour,
    #[field(when = |desk| desk.leads, choices = Folder::objects())]
    archive: Option<Id<Folder>>,
    #[field(when = |desk| desk.leads)]
    closed: Option<bool>,
}

fn not_too_long(ticket: &TicketForm, desk: &Desk, errors: &mut FormErrors<'_, TicketForm>) {
    if ticket.title == "long" && !desk.leads {
        errors.field(|f| &mut f.title, "Ask somebody who leads.");
    }
}

fn desk(site: &Site, leads: bool) -> Desk {
    Desk {
        folder: site.hers,
        colours: vec![Colour::DarkBlue],
        leads,
    }
}

fn bound<F: FormFields>(body: &str, stale: bool) -> Form<F> {
    let data = FormData::urlencoded(body.as_bytes(), &FormLimits::DEFAULT).unwrap();
    Form::bound(&data, stale).unwrap()
}

async fn ticket(site: &Site, desk: &Desk, body: &str) -> Result<Clean<TicketForm>, Form<TicketForm>> {
    let unit = site.unit();
    let form = bound::<TicketForm>(body, false);
    let cleaned = form.clean_for(&unit.read_db(), desk).await.unwrap();
    cleaned.into_result()
}

fn html<F: FormFields>(form: &Form<F>) -> String {
    let mut out = String::new();
    render::form(form, &mut out);
    out
}

/// CWE-639, CWE-20: a row or a value that exists, and that the actor may see, and that this request does not offer.
#[tokio::test]
async fn what_this_request_does_not_offer_is_not_taken() {
    let site = site().await;
    let mut desk = desk(&site, false);
    let good = ticket(
        &site,
        &desk,
        &format!("title=a&folder={}&colour=dark_blue", site.hers),
    )
    .await;
    assert_eq!(good.unwrap().folder, Some(site.hers));
    let form = ticket(&site, &desk, "title=a&colour=red").await.unwrap_err();
    assert_eq!(form.colour.errors(), [NOT_A_CHOICE]);
    assert!(!html(&form).contains("value=\"red\""), "{}", html(&form));
    // Ann may see her folder; at this desk it is not offered.
    desk.folder = site.his;
    let body = format!("title=a&folder={}&colour=dark_blue", site.hers);
    let form = ticket(&site, &desk, &body).await.unwrap_err();
    assert_eq!(form.folder.errors(), [NOT_A_CHOICE]);
    // Nor does an empty list take anything.
    desk.colours.clear();
    let form = ticket(&site, &desk, "title=a&colour=dark_blue")
        .await
        .unwrap_err();
    assert_eq!(form.colour.errors(), [NOT_A_CHOICE]);
}

/// CWE-915: a field that this request does not have is neither shown nor read.
#[tokio::test]
async fn a_field_that_is_left_out_has_no_way_in() {
    let site = site().await;
    let sent = format!(
        "title=a&colour=dark_blue&archive={}&closed=on&closed=on",
        site.hers
    );
    let clean = ticket(&site, &desk(&site, false), &sent).await.unwrap();
    assert_eq!((clean.archive, clean.closed), (None, None));
    assert!(!html(&clean.refuse(|_| ())).contains("archive"));
    let form = ticket(&site, &desk(&site, false), &sent.replace("title=a", "title="))
        .await
        .unwrap_err();
    let mut one = html(&form);
    render::field(&form.archive, &mut one);
    render::control(&form.closed, &mut one);
    assert!(!one.contains("archive") && !one.contains("closed"), "{one}");
    assert!(form.archive.is_left_out() && form.archive.values().is_empty());
    assert_eq!(form.fields().len(), 3);

    // Who leads has both, and must fill them in.
    let clean = ticket(&site, &desk(&site, true), &sent.replacen("&closed=on", "", 1))
        .await
        .unwrap();
    assert_eq!((clean.archive, clean.closed), (Some(site.hers), Some(true)));
    let form = ticket(&site, &desk(&site, true), "title=a&colour=dark_blue")
        .await
        .unwrap_err();
    assert_eq!(form.archive.errors(), [REQUIRED]);
    assert!(
        html(&form).contains("name=\"archive\" required"),
        "{}",
        html(&form)
    );
    // CWE-235
    let form = ticket(&site, &desk(&site, true), &sent).await.unwrap_err();
    assert_eq!(form.closed.errors(), [TWICE]);
}

/// A form that is shown, filled, after a conflict or with a stale token has the same fields and lists as one that is sent.
#[tokio::test]
async fn every_way_to_a_form_goes_by_the_context() {
    let site = site().await;
    let unit = site.unit();
    let db = unit.read_db();
    let value = TicketForm {
        title: "a".into(),
        folder: None,
        colour: Colour::Red,
        archive: Some(site.hers),
        closed: Some(true),
    };
    let (leads, works) = (desk(&site, true), desk(&site, false));
    let clean = ticket(&site, &works, "title=b&colour=dark_blue").await.unwrap();
    let stale = bound::<TicketForm>("title=b&colour=dark_blue&closed=on", true);
    let stale = stale
        .clean_for(&db, &works)
        .await
        .unwrap()
        .into_result()
        .unwrap_err();
    assert_eq!(stale.problems(), [STALE]);
    for form in [
        Form::<TicketForm>::empty_for(&db, &works).await.unwrap(),
        Form::filled_for(&db, &works, &value).await.unwrap(),
        clean.conflicting(&value),
        stale,
    ] {
        let html = html(&form);
        assert!(!html.contains("archive") && !html.contains("closed"), "{html}");
        assert!(!html.contains("<option value=\"red\""), "{html}");
        assert!(html.contains("<option value=\"dark_blue\""), "{html}");
    }
    let form = Form::filled_for(&db, &leads, &value).await.unwrap();
    assert!(html(&form).contains("name=\"closed\" checked"), "{}", html(&form));
    // The checks across fields know the context, too.
    let form = ticket(&site, &works, "title=long&colour=dark_blue")
        .await
        .unwrap_err();
    assert_eq!(form.title.errors(), ["Ask somebody who leads."]);
    assert!(
        ticket(
            &site,
            &leads,
            &format!("title=long&colour=dark_blue&archive={}", site.hers)
        )
        .await
        .is_ok()
    );
}

#[derive(vauban_macros::Form)]
struct PaintForm {
    #[field(required = true, max_items = 2)]
    colours: Vec<Colour>,
    #[field(choices = Folder::objects(), widget = multiselect)]
    folders: Vec<Id<Folder>>,
}

async fn paint(site: &Site, body: &str) -> Result<Clean<PaintForm>, Form<PaintForm>> {
    let unit = site.unit();
    let form = bound::<PaintForm>(body, false);
    form.clean(&unit.read_db()).await.unwrap().into_result()
}

#[tokio::test]
async fn many_values_are_bounded_and_each_is_chosen_from_the_list() {
    let site = site().await;
    let clean = paint(
        &site,
        &format!("colours=red&colours=dark_blue&folders={}", site.hers),
    )
    .await
    .unwrap();
    assert_eq!(clean.colours, [Colour::Red, Colour::DarkBlue]);
    assert_eq!(clean.folders, [site.hers]);
    assert!(paint(&site, "colours=red").await.unwrap().folders.is_empty());

    let upper = site.hers.to_string().to_uppercase();
    let many = "colours=red&".repeat(900);
    type Errors = fn(&Form<PaintForm>) -> &[Problem];
    let wrong: &[(String, Errors, Problem)] = &[
        (String::new(), |f| f.colours.errors(), REQUIRED),
        ("colours=".into(), |f| f.colours.errors(), REQUIRED),
        (
            "colours=red&colours=green".into(),
            |f| f.colours.errors(),
            NOT_A_CHOICE,
        ),
        // CWE-639: beside one that she may choose.
        (
            format!("colours=red&folders={}&folders={}", site.hers, site.his),
            |f| f.folders.errors(),
            NOT_A_CHOICE,
        ),
        // CWE-235; an id has one spelling.
        ("colours=red&colours=red".into(), |f| f.colours.errors(), TWICE),
        (
            format!("colours=red&folders={}&folders={0}", site.hers),
            |f| f.folders.errors(),
            TWICE,
        ),
        (
            format!("colours=red&folders={}&folders={upper}", site.hers),
            |f| f.folders.errors(),
            NOT_A_CHOICE,
        ),
        // CWE-770
        (many, |f| f.colours.errors(), too_many(2)),
    ];
    for (body, errors, problem) in wrong {
        let form = paint(&site, body).await.unwrap_err();
        assert_eq!(errors(&form), std::slice::from_ref(problem), "{body}");
    }
}

#[tokio::test]
async fn many_values_are_shown_again_as_they_were_typed() {
    let site = site().await;
    let form = paint(
        &site,
        &format!(
            "colours=dark_blue&colours=%22%3E%3Cscript%3E&folders={}",
            site.hers
        ),
    )
    .await
    .unwrap_err();
    let out = html(&form);
    for wanted in [
        "<fieldset id=\"id_colours\" tabindex=\"-1\" class=\"field field--checkboxes field--invalid\" \
         aria-describedby=\"id_colours_errors\"><legend>Colours</legend>",
        "<div><input type=\"checkbox\" id=\"id_colours_0\" name=\"colours\" value=\"red\" aria-invalid=\"true\"> \
         <label for=\"id_colours_0\">Red</label></div>",
        "value=\"dark_blue\" checked aria-invalid=\"true\">",
        "<a href=\"#id_colours\">Colours: ",
        "<select multiple id=\"id_folders\" name=\"folders\"><option value=",
        "\" selected>Ann&#x27;s &lt;folder&gt;</option>",
    ] {
        assert!(out.contains(wanted), "no {wanted}\nin {out}");
    }
    // CWE-79
    assert!(!out.contains("<script"), "{out}");

    // Somebody else chose others meanwhile; the order does not matter.
    let clean = paint(&site, "colours=dark_blue&colours=red").await.unwrap();
    let stored = |colours| PaintForm {
        colours,
        folders: vec![site.hers],
    };
    let form = clean.conflicting(&stored(vec![Colour::Red, Colour::DarkBlue]));
    assert_eq!(form.colours.stored(), None);
    let clean = paint(&site, "colours=dark_blue").await.unwrap();
    let form = clean.conflicting(&stored(vec![Colour::Red, Colour::DarkBlue]));
    assert_eq!(form.colours.stored(), Some("Red\nDark blue"));
    assert_eq!(form.folders.stored(), Some("Ann's <folder>"));
}

#[derive(vauban_macros::Form)]
#[form(get)]
struct Search {
    #[field(max_length = 20)]
    q: String,
    #[field(min_items = 1)]
    colours: Vec<Colour>,
    page: Option<u32>,
    ink: Option<Colour>,
    #[field(widget = radio)]
    paper: Option<Colour>,
}

#[derive(vauban_macros::Form)]
#[form(get, strict)]
struct StrictSearch {
    #[field(max_length = 20, required = false)]
    q: String,
}

#[derive(vauban_macros::Form)]
#[form(strict, context = bool)]
struct StrictForm {
    #[field(max_length = 20)]
    title: String,
    #[field(when = |there| *there)]
    pinned: Option<bool>,
}

fn from_query<F: FormFields>(query: &str) -> Result<Form<F>, DataError> {
    let names = Form::<F>::names();
    let data = pairs_of_query(query, &FormLimits::DEFAULT, |name| {
        F::STRICT || names.contains(&name)
    })?;
    Form::bound(&data, false)
}

#[tokio::test]
async fn a_form_in_an_address() {
    let site = site().await;
    let unit = site.unit();
    let db = unit.read_db();
    // Links carry markers of others, in any bytes.
    let form = from_query::<Search>("utm=%ff&utm=%&q=a+b&colours=red&colours=dark_blue&page=2").unwrap();
    let (search, form) = form.clean(&db).await.unwrap().into_result().unwrap().into_parts();
    assert_eq!(
        (search.q.as_str(), search.page, search.colours.len()),
        ("a b", Some(2), 2)
    );
    let html = html(&form);
    assert!(
        html.contains("name=\"q\" required maxlength=\"20\" value=\"a b\""),
        "{html}"
    );
    // Nothing chosen is no choice that is taken, but all of them.
    assert!(
        html.contains("<option value=\"\" selected>Any</option>"),
        "{html}"
    );
    assert!(html.contains(">Any</label>") && !html.contains("None"), "{html}");
    // CWE-598: no token comes into an address.
    assert!(!html.contains("csrf"), "{html}");
    // CWE-235, CWE-176
    assert!(from_query::<Search>("q=1&%71=2").is_err());
    assert!(from_query::<Search>("q=%ff").is_err());

    // Who opens the page has done nothing wrong; who sends it has.
    let opened = from_query::<Search>("utm=1").unwrap();
    assert!(!opened.was_sent());
    let opened = opened.clean(&db).await.unwrap().into_result().unwrap_err();
    assert!(!opened.has_errors());
    assert_eq!(opened.status, 200);
    let sent = from_query::<Search>("q=").unwrap().clean(&db).await.unwrap();
    let sent = sent.into_result().unwrap_err();
    assert_eq!(
        (sent.q.errors(), sent.colours.errors()),
        (&[REQUIRED][..], &[too_few(1)][..])
    );
    assert_eq!(sent.status, 422);
}

/// CWE-20: a strict form refuses what it does not declare, and says which name it was.
#[tokio::test]
async fn a_strict_form_refuses_undeclared_names() {
    let site = site().await;
    let unit = site.unit();
    let db = unit.read_db();
    let sent = |body: &str, there: bool| {
        let form = bound::<StrictForm>(body, false);
        let db = &db;
        async move { form.clean_for(db, &there).await.map(|clean| clean.is_valid()) }
    };
    assert!(
        sent("csrfmiddlewaretoken=x&title=a&pinned=on", true)
            .await
            .unwrap()
    );
    for (body, name) in [
        ("title=a&is_staff=on", "is_staff"),
        ("title=a&Title=b", "Title"),
        ("title=a&x-title=b", "x-title"),
        // What this request has not is not declared in it.
        ("title=a&pinned=on", "pinned"),
        ("title=a&=", ""),
        ("title=a&%0Ab=", "\\nb"),
    ] {
        let error = sent(body, false).await.unwrap_err();
        assert_eq!(error.status(), 400, "{body}");
        assert_eq!(
            error.message(),
            format!("This form has no field `{name}`: leave it out.")
        );
    }
    let prefixed = bound::<StrictForm>("a-title=x&a-other=1", false).prefix("a");
    assert!(prefixed.clean_for(&db, &false).await.is_err());
    let prefixed = bound::<StrictForm>("a-title=x", false).prefix("a");
    assert!(prefixed.clean_for(&db, &false).await.unwrap().is_valid());

    let query = |query| from_query::<StrictSearch>(query).unwrap().clean(&db);
    assert!(query("q=a").await.unwrap().is_valid());
    assert_eq!(query("q=a&utm=1").await.unwrap_err().status(), 400);
    // A token has no place in an address (CWE-598).
    assert!(query("q=a&csrfmiddlewaretoken=x").await.is_err());
}

#[derive(vauban_macros::Form)]
#[form(edits = Folder, context = bool)]
struct FolderForm {
    #[field(max_length = 50, when = |leads| *leads)]
    name: Option<String>,
}

/// Ann's folder, changed by a form; and what the page shows if it was not.
async fn save(site: &Site, body: &str, leads: bool) -> (Result<String, u16>, String) {
    let unit = site.unit();
    let db = unit.db();
    let folder = Folder::objects()
        .get_to_change(&db, |f| f.id.eq(site.hers))
        .await
        .unwrap();
    let form = bound::<FolderForm>(body, false);
    let clean = form.clean_for(&db, &leads).await.unwrap().into_result().unwrap();
    let mut page = String::new();
    let saved = clean
        .save(&db, folder, |form| {
            page = html(&form);
            Text::new("")
        })
        .await;
    let saved = saved
        .map(|folder| folder.name)
        .map_err(|error| error.status().as_u16());
    unit.finish(saved.is_ok()).await.unwrap();
    (saved, page)
}

/// CWE-362: a form that edits a row saves nothing over what somebody else has saved, and there is no way past the check.
#[tokio::test]
async fn a_form_that_edits_a_row_saves_over_nobody() {
    let site = site().await;
    let shown = {
        let unit = site.unit();
        let db = unit.read_db();
        let folder = Folder::objects()
            .get_to_change(&db, |f| f.id.eq(site.hers))
            .await
            .unwrap();
        let form = Form::<FolderForm>::edit_for(&db, &true, &folder).await.unwrap();
        assert_eq!(form.name.value(), "Ann's <folder>");
        // By this `typed.js` brings the version back with the text.
        assert!(
            html(&form).contains("name=\"version\" value=\"1\" data-version>"),
            "{}",
            html(&form)
        );
        form.version.value().to_owned()
    };
    let (saved, _) = save(&site, &format!("name=mine&version={shown}"), true).await;
    assert_eq!(saved.as_deref(), Ok("mine"));
    // Again with the version from before.
    let (saved, page) = save(&site, &format!("name=theirs&version={shown}"), true).await;
    assert_eq!(saved, Err(409));
    assert!(
        page.contains("value=\"theirs\"") && page.contains("Stored now:</p><pre>\nmine</pre>"),
        "{page}"
    );
    assert!(
        page.contains("name=\"version\" value=\"2\" data-version>"),
        "{page}"
    );
    // Without one, with none, and with one that is none.
    for version in ["", "&version=", "&version=x", "&version=-1", "&version=99"] {
        let (saved, page) = save(&site, &format!("name=theirs{version}"), true).await;
        assert!(matches!(saved, Err(409 | 422)), "{version}: {saved:?}");
        assert!(page.contains("theirs"), "{page}");
    }
    let (saved, page) = save(&site, "name=theirs", true).await;
    assert_eq!(saved, Err(422));
    assert!(page.contains("This page is not complete"), "{page}");
    // CWE-915: who has no such field changes nothing by sending it.
    let (saved, _) = save(&site, "name=theirs&version=2", false).await;
    assert_eq!(saved.as_deref(), Ok("mine"));
}

#[derive(vauban_macros::Form)]
#[form(context = bool)]
struct InsistingForm {
    #[field(required = true, max_length = 20)]
    name: Option<String>,
    #[field(required = true)]
    count: Option<u32>,
    #[field(required = true)]
    agreed: Option<bool>,
    #[field(required = true, choices = Folder::objects())]
    folder: Option<Id<Folder>>,
    #[field(required = true)]
    colour: Option<Colour>,
    #[field(required = true)]
    colours: Option<Vec<Colour>>,
    #[field(min_items = 2)]
    folders: Option<Vec<Colour>>,
    #[field(when = |there| *there, required = true)]
    pinned: Option<u32>,
}

/// CWE-602. Attack: the page says "required" and "at least two", and what is sent by hand has nothing of it.
#[tokio::test]
async fn cwe_602_what_the_page_asks_for_is_asked_for() {
    let site = site().await;
    let unit = site.unit();
    let clean = async |body: &str, there: bool| {
        let form = bound::<InsistingForm>(body, false);
        let cleaned = form.clean_for(&unit.read_db(), &there).await.unwrap();
        cleaned.into_result()
    };
    for body in [
        "",
        "name=&count=&agreed=&folder=&colour=&colours=&folders=&pinned=",
        "name=+%E2%80%8B&count=+&folder=+&colour=+",
    ] {
        let form = clean(body, true).await.unwrap_err();
        let wrong: Vec<(&str, &[Problem])> = form
            .fields()
            .iter()
            .map(|field| (field.name(), field.errors()))
            .collect();
        assert_eq!(wrong.len(), 8);
        for (name, problems) in wrong {
            let asked = if name == "folders" { too_few(2) } else { REQUIRED };
            assert_eq!(problems, [asked], "{name}: {body}");
        }
    }
    let good = format!(
        "name=a&count=1&agreed=on&folder={}&colour=red&colours=red&folders=red&folders=dark_blue",
        site.hers
    );
    // What a request does not have, it is not asked for.
    let data = clean(&good, false).await.unwrap();
    assert_eq!((data.count, data.pinned), (Some(1), None));
    assert_eq!(data.folders.as_ref().map(Vec::len), Some(2));
    let pinned = clean(&good, true).await.unwrap_err();
    assert_eq!(pinned.pinned.errors(), [REQUIRED]);
}

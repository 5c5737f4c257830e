//! The post office of a site: seals letters into units, and takes them to where `mail.url` says.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use vauban::commands::Failure;
use vauban::http::{Error, Result};
use vauban::module::Wiring;
use vauban::orm::{Db, Write};
use vauban::signing::Sealer;
use vauban::units::Units;

#[cfg(any(debug_assertions, feature = "testing"))]
use crate::development::Kept;
use crate::letter::{Draft, Letter, Line, MAX_BODY, Mail, Mailbox};
use crate::preferences::{BulkKind, Choice, Kinds, has_left};
use crate::replaced::{Replacement, Replacements};
use crate::rows::{LetterRow, NewLetterRow, Sending};
use crate::settings::MailSettings;
use crate::transport::{Route, Unsent};

/// Where letters go.
#[derive(Clone)]
enum Way {
    Route(Route),
    /// Kept, to be looked at.
    #[cfg(any(debug_assertions, feature = "testing"))]
    Kept,
    /// Nothing says where.
    Nowhere,
}

/// The site's post office.
pub(crate) struct Post {
    from: Option<Mailbox>,
    way: Way,
    letters: Sealer,
    pub(crate) links: Sealer,
    /// The bulk kinds of the site.
    pub(crate) kinds: Kinds,
    pub(crate) units: Units,
    /// The mails of the site's own in place of modules'.
    replacements: Replacements,
    #[cfg(any(debug_assertions, feature = "testing"))]
    pub(crate) kept: Kept,
}

/// Why a letter is not opened.
pub(crate) const SHUT: &str = "the letter cannot be opened: the secret that sealed it is in neither `secret_key` nor `secret_key_fallbacks`, or it is another's";

impl Post {
    /// That of a site, found by every handle from now on.
    pub(crate) fn wire(wiring: &Wiring<'_>) -> Result<Arc<Self>, Failure> {
        let own: MailSettings = wiring.settings.of();
        let keys = wiring.keys();
        let way = match own.url.route() {
            Some(route) => Way::Route(route),
            #[cfg(any(debug_assertions, feature = "testing"))]
            None if wiring.settings.mode.is_development() || wiring.is_test() => Way::Kept,
            None => Way::Nowhere,
        };
        let post = Arc::new(Self {
            from: own.from.0.or_else(|| in_development(wiring)),
            way,
            letters: keys.sealer("letter"),
            links: keys.sealer("unsubscribe"),
            kinds: Kinds::of(wiring.parts.contributed::<BulkKind>())?,
            units: wiring.units(),
            replacements: Replacements::of(wiring.parts.contributed::<Replacement>())?,
            #[cfg(any(debug_assertions, feature = "testing"))]
            kept: Kept::default(),
        });
        wiring.units().__carry(Arc::clone(&post));
        Ok(post)
    }

    /// The post office of the site whose handle this is.
    pub(crate) fn of(db: &Db) -> Result<&Arc<Self>> {
        #[allow(deprecated)]
        let post = db.__carried::<Arc<Self>>();
        post.ok_or_else(|| {
            Error::internal(
                "no module of this program sends mail: add `.module(vauban::mail::module())` to its `App`",
            )
        })
    }

    /// Writes a draft, and puts it into the unit; `None` if whoever it is for has left its kind.
    pub(crate) async fn write<M: Mail>(
        &self,
        db: &Db<Write>,
        draft: Draft<M>,
        headers: Vec<(String, Line)>,
    ) -> Result<Option<LetterRow>> {
        let mut unsubscribe = None;
        if let (Some(kind), Some(to)) = (M::BULK, draft.to.first()) {
            self.kinds.knows(kind)?;
            if has_left(&db.acting::<Sending>(), to.email(), kind).await? {
                return Ok(None);
            }
            let choice = Choice {
                email: to.email().clone(),
                kind: kind.to_owned(),
            };
            unsubscribe = Some(choice.link(&self.links, db)?);
        }
        let letter = self.letter(draft, headers, unsubscribe)?;
        self.put(db, letter).await.map(Some)
    }

    /// Writes a letter for `sendtestmail`.
    pub(crate) fn test_letter<M: Mail>(&self, draft: Draft<M>) -> Result<Letter> {
        self.letter(draft, Vec::new(), None)
    }

    fn letter<M: Mail>(
        &self,
        draft: Draft<M>,
        headers: Vec<(String, Line)>,
        unsubscribe: Option<String>,
    ) -> Result<Letter> {
        let Some(from) = self.from.clone() else {
            return Err(Error::internal(
                "nobody is named whom mails are from: set `mail.from` (VAUBAN_MAIL_FROM)",
            ));
        };
        let leave = unsubscribe.as_deref().unwrap_or_default();
        let written = match draft.mail.__replaced(&self.replacements, leave)? {
            Ok(written) => written,
            Err(mail) => mail.__written(leave),
        };
        // CWE-400
        if written.text.len() > MAX_BODY || written.html.len() > MAX_BODY {
            return Err(Error::internal(format!(
                "the mail {} has more than {MAX_BODY} bytes: send a link to a page",
                M::NAME
            )));
        }
        Ok(Letter {
            name: M::NAME.to_owned(),
            message_id: format!("<{}@{}>", random()?, from.email().domain()),
            date: now(),
            boundary: random()?,
            from,
            to: draft.to,
            cc: draft.cc,
            bcc: draft.bcc,
            reply_to: draft.reply_to,
            subject: written.subject,
            text: written.text,
            html: written.html,
            headers,
            attachments: draft.attachments,
            kind: M::BULK.map(str::to_owned),
            unsubscribe,
        })
    }

    /// Where letters go, in a few words.
    pub(crate) fn told(&self) -> String {
        match &self.way {
            Way::Route(route) => route.told(),
            #[cfg(any(debug_assertions, feature = "testing"))]
            Way::Kept => "written, and sent nowhere: `mail.url` is not set, so that a development server would keep it at /dev/mail/".to_owned(),
            Way::Nowhere => String::new(),
        }
    }

    async fn put(&self, db: &Db<Write>, letter: Letter) -> Result<LetterRow> {
        let plain = serde_json::to_vec(&letter)?;
        let new = NewLetterRow {
            message_id: letter.message_id,
            sealed: Vec::new(),
            letter: Some(plain.into()),
        };
        Ok(LetterRow::create(new).save(&db.acting::<Sending>()).await?)
    }

    /// A letter's row, opened; or why it cannot be.
    pub(crate) fn open(&self, row: &LetterRow) -> Result<Letter, &'static str> {
        let read = |plain: &[u8]| {
            // CWE-502: into a closed type, or nothing.
            let letter = serde_json::from_slice::<Letter>(plain);
            letter.map_err(|_| "this release cannot read the letter: another has written it")
        };
        if let Some(plain) = &row.letter {
            // CWE-345: where the row was made another's, it is not that letter's.
            let letter = read(plain.expose())?;
            return if letter.message_id == row.message_id {
                Ok(letter)
            } else {
                Err(SHUT)
            };
        }
        let plain = self.letters.open(&row.sealed, &[row.message_id.as_bytes()]);
        read(&plain.ok_or(SHUT)?)
    }

    /// Has a server take a letter. `before` is done before it may have all of it.
    pub(crate) async fn take(
        &self,
        letter: Letter,
        before: impl Future<Output = Result<(), Unsent>>,
    ) -> Result<(), Unsent> {
        match &self.way {
            Way::Route(route) => route.send(&letter, before).await,
            #[cfg(any(debug_assertions, feature = "testing"))]
            Way::Kept => {
                self.kept.keep(letter);
                Ok(())
            }
            Way::Nowhere => Err(Unsent::Later(
                "nothing says where mails go: set `mail.url` (VAUBAN_MAIL_URL)".to_owned(),
            )),
        }
    }
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Post")
    }
}

/// Where nothing is sent, a sender is made up.
#[cfg(any(debug_assertions, feature = "testing"))]
fn in_development(wiring: &Wiring<'_>) -> Option<Mailbox> {
    let made_up = wiring.settings.mode.is_development() || wiring.is_test();
    made_up.then(|| Mailbox::parse("site@example.com")).flatten()
}

#[cfg(not(any(debug_assertions, feature = "testing")))]
fn in_development(_: &Wiring<'_>) -> Option<Mailbox> {
    None
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

/// 128 random bits, in letters and digits.
fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::internal(error.to_string()))?;
    Ok(uuid::Uuid::from_bytes(bytes).simple().to_string())
}

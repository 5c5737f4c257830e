//! The section `mail`: who sends, and where it goes.

use vauban::checks::Finding;
use vauban::module::Checking;
use vauban::settings::{ModuleSettings, Secret, SettingRow, SettingValue};

use crate::letter::Mailbox;
use crate::transport::Route;

/// The section `mail`.
#[derive(Clone, Default)]
pub(crate) struct MailSettings {
    pub(crate) from: Sender,
    pub(crate) url: MailUrl,
}

impl ModuleSettings for MailSettings {
    const SECTION: &'static str = "mail";

    fn rows() -> Vec<SettingRow<Self>> {
        vec![
            SettingRow::new(
                "from",
                "whom mails are from: `Example <hello@example.com>`",
                |s: &mut Self| &mut s.from,
            )
            .checked("a release has one"),
            SettingRow::new(
                "url",
                "where mails go: `smtps://user:password@host:port`, `smtp+starttls://…`, `smtp://` to this machine only, \
                 `file:FOLDER`; in development, without it, to `/dev/mail/`",
                |s: &mut Self| &mut s.url,
            )
            .checked("a release has one"),
        ]
    }
}

/// Whom mails are from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sender(pub(crate) Option<Mailbox>);

impl SettingValue for Sender {
    const ACCEPTS: &'static str = "an address, or `Name <address>`";

    fn read(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self(None));
        }
        match Mailbox::parse(text) {
            Some(mailbox) => Ok(Self(Some(mailbox))),
            None => Err(format!(
                "`{}` is no address; write hello@example.com, or Example <hello@example.com>",
                text.escape_debug()
            )),
        }
    }

    fn show(&self) -> String {
        self.0.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// Where mails go. A secret, for its password is in it (CWE-532).
#[derive(Clone, Default)]
pub(crate) struct MailUrl(Option<Secret<String>>);

impl MailUrl {
    /// What it says; `None` if nothing.
    pub(crate) fn route(&self) -> Option<Route> {
        // Read once already: what cannot be read is no setting.
        self.0.as_ref().and_then(|url| Route::read(url.expose()).ok())
    }
}

impl SettingValue for MailUrl {
    const ACCEPTS: &'static str =
        "`smtps://user:password@host:port`, `smtp+starttls://…`, `smtp://` to this machine, `file:FOLDER`";
    const SECRET: bool = true;

    fn read(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self(None));
        }
        Route::read(text.trim())?;
        Secret::read(text.trim()).map(|secret| Self(Some(secret)))
    }

    fn show(&self) -> String {
        self.0.as_ref().map(Secret::show).unwrap_or_default()
    }
}

/// What a release lacks to send mail.
pub(crate) fn check(checking: &Checking<'_>) -> Vec<Finding> {
    let settings = checking.settings;
    if settings.mode.is_development() {
        return Vec::new();
    }
    let own: MailSettings = settings.of();
    let mut found = Vec::new();
    if own.from.0.is_none() {
        found.push(
            Finding::error(
                "mail.from",
                "nobody is named whom mails are from",
                "Set VAUBAN_MAIL_FROM to an address of the site: `Example <hello@example.com>`.",
            )
            .to_try("VAUBAN_MAIL_FROM=site@localhost"),
        );
    }
    if own.url.0.is_none() {
        found.push(Finding::error(
            "mail.url",
            "nothing says where mails go",
            "Set VAUBAN_MAIL_URL: `smtps://user:password@host:465`, `smtp+starttls://user:password@host:587`, or `file:FOLDER`.",
        )
        .to_try("VAUBAN_MAIL_URL=file:mails"));
    }
    if settings.own_origins(settings.addr.port()).is_empty() {
        // CWE-644
        found.push(Finding::error(
            "mail.origin",
            "the site has no address that a mail can link to",
            "Set VAUBAN_ORIGINS=https://example.com.",
        ));
    }
    found
}

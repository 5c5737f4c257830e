//! `sendtestmail`.

use vauban::commands::{Command, Failure, Run};
use vauban_macros::Mail as DeriveMail;

use crate::letter::Mail as _;
use crate::letter::Mailbox;
use crate::post::Post;

/// Sends a mail to one address, at once, and says what became of it.
pub(crate) fn send_test_mail() -> Command {
    let about = "Send a test mail at once, and say what the mail server said";
    Command::new("sendtestmail", about, send).argument("address", "To whom")
}

#[derive(DeriveMail)]
#[mail(subject = "A test mail{% if site %} from {{ site }}{% endif %}", template = "mail/test", crate = vauban_mail)]
struct TestMail {
    site: String,
}

async fn send(run: Run) -> Result<(), Failure> {
    let address = run.argument("address").unwrap_or_default().to_owned();
    let to = Mailbox::parse(&address).ok_or_else(|| {
        Failure::new(format_args!(
            "`{}` is no address; write ann@example.com",
            address.escape_debug()
        ))
    })?;
    let post = run.part::<std::sync::Arc<Post>>()?.clone();
    let settings = run.settings();
    let own = settings.own_origins(settings.addr.port()).into_iter().next();
    let site = own.map(|origin| origin.to_string()).unwrap_or_default();
    let letter = post.test_letter(TestMail { site }.to(&to)).map_err(Failure::of)?;
    match post.take(letter, std::future::ready(Ok(()))).await {
        Ok(()) => {
            run.out.line(format_args!("{to}: {}.", post.told()));
            Ok(())
        }
        Err(unsent) => Err(Failure::new(format_args!("{to}: not sent. {}.", unsent.told()))),
    }
}

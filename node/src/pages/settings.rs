//! Settings: the location's devices, a copy of everything, the language, and where the data are.

use askama::Template;
use axum::{
    Router,
    extract::{Form, Path, Query, State},
    routing::{get, post},
};
use weft_host::{backup::Plan, clock, failure::Failure, qr, words::Lang};
use weft_shared::{
    id::DeviceIndex,
    identity::{INVITE_DAYS_MAX, Invite, Role},
    text::counted,
    time::DAY_MS,
};

use super::{
    Answered, Fault, Here, Pages, Pairs, Reply, Visit,
    backups::{self, BackupView},
    done,
    form::{OptionView, Sent},
    moment::Moment,
    shell::{ErrorLink, Section, Shell},
};
use crate::{
    export::{self, Format},
    replica::{DocumentError, Owner},
};

/// The addresses of the page.
pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/settings", get(show))
        .route("/settings/invite", get(invited).post(invite))
        .route(
            "/settings/devices/{number}/revoke",
            get(ask_revoke).post(revoke),
        )
        .route("/settings/language", post(speak))
        .route("/settings/export/{format}", get(download))
}

async fn show(State(pages): Here, Query(asked): Query<Pairs>) -> Answered {
    let computer = Computer::of(&pages);
    let asked = Sent(asked);
    pages
        .visit(move |visit| visit.settings_page(&computer, &asked, Vec::new()))
        .await
}

/// Makes an invite for another device. Its line is shown once.
async fn invite(State(pages): Here, Form(sent): Form<Pairs>) -> Answered {
    let role = match Sent(sent).first("role") {
        "admin" => Role::Admin,
        _ => Role::Member,
    };
    let node = pages.node.clone();
    let made = move || node.invite_device(role, INVITE_DAYS_MAX * DAY_MS);
    match aside(made).await? {
        Ok(invite) => {
            let line = Invite::Device(invite).to_string();
            let said = pages.said.keep(vec![line, role.to_string()]);
            Ok(Reply::See(format!("/settings/invite?said={said}")))
        }
        Err(failure) => pages.refused("invite", &failure, &Sent::default()).await,
    }
}

async fn invited(State(pages): Here, Query(asked): Query<Pairs>) -> Answered {
    let said = pages.said.of(Sent(asked).first("said"));
    let [line, role] = said.as_slice() else {
        return Ok(Reply::See("/settings".to_owned()));
    };
    let (line, admin) = (line.clone(), role == "admin");
    pages
        .visit(move |visit| {
            let page = InvitePage {
                shell: visit.shell(Section::Settings, "Invite for another device")?,
                // An invite is read in capitals too, which are packed tighter.
                code: qr::svg(&line.to_ascii_uppercase(), "QR code of the line"),
                line,
                admin,
                days: INVITE_DAYS_MAX,
            };
            Reply::page(false, &page)
        })
        .await
}

async fn ask_revoke(State(pages): Here, Path(number): Path<u16>) -> Answered {
    pages
        .visit(move |visit| {
            let own = visit.replica.dix();
            let devices = visit.replica.roster(Owner::Location).devices();
            let found = devices
                .filter(|device| device.sealed.is_none() && Some(device.dix) != own)
                .find(|device| device.dix.0 == number);
            let name = found.ok_or(Fault::NotFound)?.name.clone();
            let page = RevokePage {
                shell: visit.shell(Section::Settings, "Remove a device")?,
                number,
                name,
            };
            Reply::page(false, &page)
        })
        .await
}

async fn revoke(State(pages): Here, Path(number): Path<u16>) -> Answered {
    let node = pages.node.clone();
    let work = move || {
        node.exchange()
            .map_err(|why| why.undone(crate::app::NOTHING_REVOKED))?;
        let devices = node.devices()?;
        let found = devices
            .into_iter()
            .find(|(device, _)| device.dix.0 == number);
        let Some((device, this)) = found else {
            return Ok(None);
        };
        if this {
            return Err(Failure::usage(
                "This computer cannot remove itself. Do it on another device of the location.",
            ));
        }
        let dix: DeviceIndex = device.dix;
        let revoked = node.revoke_device(dix)?;
        let stays = counted(revoked.entries, "entry", "entries");
        Ok(Some(format!(
            "\"{}\": what it had shared stays ({stays}); nothing later of it is taken.",
            device.name
        )))
    };
    match aside(work).await? {
        Ok(Some(words)) => {
            let said = pages.said.keep(vec![words]);
            Ok(Reply::See(format!("/settings?done=revoked&said={said}")))
        }
        Ok(None) => Err(Fault::NotFound),
        Err(failure) => pages.refused("devices", &failure, &Sent::default()).await,
    }
}

async fn speak(State(pages): Here, Form(sent): Form<Pairs>) -> Answered {
    let lang = Lang::parse(Sent(sent).first("language")).ok_or(Fault::NotFound)?;
    pages
        .visit(move |visit| {
            visit.replica.speak(lang)?;
            Ok(Reply::See("/settings?done=saved".to_owned()))
        })
        .await
}

/// Everything that this node has, as one archive.
async fn download(State(pages): Here, Path(format): Path<String>) -> Answered {
    let format = match format.as_str() {
        "csv" => Format::Csv,
        "json" => Format::Json,
        "automerge" => Format::Automerge,
        _ => return Err(Fault::NotFound),
    };
    let files = pages.node.call(move |replica| {
        let files = export::files(replica, format, clock::now())?;
        Ok::<_, DocumentError>((files, replica.code()))
    });
    let (files, code) = files.await??;
    let bytes = aside(move || export::archive(&files)).await??;
    let code = code.map_or_else(|| "alone".to_owned(), |code| code.to_string());
    let name = format!("weft-{}-{}", code.to_lowercase(), format.word());
    Ok(Reply::Zip { name, bytes })
}

/// Runs work that waits for the hub or takes its time, beside the pages.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Fault::Failed(Failure::failed("That broke off, by a fault of Weft.")))
}

impl Pages {
    /// The page again, with what was sent and what is wrong with it.
    pub(super) async fn refused(
        &self,
        field: &'static str,
        failure: &Failure,
        sent: &Sent,
    ) -> Answered {
        let errors = vec![ErrorLink {
            id: field.to_owned(),
            text: failure.to_string(),
        }];
        let (computer, sent) = (Computer::of(self), sent.clone());
        self.visit(move |visit| visit.settings_page(&computer, &sent, errors))
            .await
    }
}

/// The computer, as the page shows it.
struct Computer {
    folder: String,
    backups: Result<Plan, String>,
}

impl Computer {
    fn of(pages: &Pages) -> Self {
        Self {
            folder: pages.node.folder().display().to_string(),
            backups: backups::planned(pages),
        }
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    shell: Shell,
    admin: bool,
    devices: Vec<DeviceView>,
    languages: Vec<OptionView>,
    folder: String,
    backup: BackupView,
    version: &'static str,
    /// `None` while this computer works alone.
    hub: Option<String>,
}

struct DeviceView {
    number: u16,
    name: String,
    this: bool,
    may: &'static str,
    added: Moment,
    revoked: Option<Moment>,
}

#[derive(Template)]
#[template(path = "settings-invite.html")]
struct InvitePage {
    shell: Shell,
    line: String,
    code: Option<String>,
    admin: bool,
    days: i64,
}

#[derive(Template)]
#[template(path = "settings-revoke.html")]
struct RevokePage {
    shell: Shell,
    number: u16,
    name: String,
}

impl Visit<'_> {
    fn settings_page(
        &mut self,
        computer: &Computer,
        asked: &Sent,
        errors: Vec<ErrorLink>,
    ) -> Answered {
        let mut shell = self
            .shell(Section::Settings, "Settings")?
            .after(done(asked));
        shell.told = self.said.of(asked.first("said"));
        let refused = !errors.is_empty();
        if refused {
            shell.refuse(errors);
        }
        let own = self.replica.dix();
        let moment = |at| self.calendar.moment(at);
        let roster = self.replica.roster(Owner::Location);
        let devices: Vec<DeviceView> = roster
            .devices()
            .map(|device| DeviceView {
                number: device.dix.0,
                name: device.name.clone(),
                this: Some(device.dix) == own,
                may: match device.role {
                    Role::Admin => "write, invite and remove",
                    Role::Member => "write",
                },
                added: moment(device.added),
                revoked: device.sealed.map(|seal| moment(seal.at)),
            })
            .collect();
        let this = roster.devices().find(|device| Some(device.dix) == own);
        let admin = this.is_some_and(|device| device.role == Role::Admin);
        let page = SettingsPage {
            admin,
            devices,
            languages: languages(self.replica.language()?),
            folder: computer.folder.clone(),
            backup: BackupView::of(
                computer.backups.as_ref().map_err(Clone::clone),
                &self.replica.zone(),
                Some(asked).filter(|asked| refused && !asked.first("keep").is_empty()),
            ),
            version: env!("CARGO_PKG_VERSION"),
            hub: self
                .replica
                .membership()
                .ok()
                .map(|one| one.address.clone()),
            shell,
        };
        Reply::page(refused, &page)
    }
}

fn languages(chosen: Lang) -> Vec<OptionView> {
    let option = |lang: Lang| OptionView {
        value: lang.tag().to_owned(),
        label: match lang {
            Lang::English => "English".to_owned(),
            Lang::Maori => "Te reo Māori".to_owned(),
        },
        chosen: lang == chosen,
    };
    Lang::ALL.into_iter().map(option).collect()
}

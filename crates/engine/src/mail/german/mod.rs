//! Was E-Mails auf Deutsch sagen. (What mails say in German.)

mod phrases;

use exeunt_model::request::document::Matter;

use self::phrases::{German, at, dated, day, exit_page, moved, moved_shortly, must, nothing_erased, of, see, see_case, why};
use super::message::{Quotation, Words};
use crate::desk::{Notice, NoticeMail, Particulars, Settings, Who};

pub(super) fn words(notice: &Notice, particulars: &Particulars, settings: &Settings) -> Words {
    let platform = &settings.platform_name;
    let german = German { particulars, settings };
    let what = |request: &NoticeMail| german.what(request);
    let named = |request: &NoticeMail| german.named(request);
    let the = |request: &NoticeMail| german.the(request);
    let (subject, paragraphs, link) = match notice {
        Notice::SignIn { link, minutes } => (
            format!("Anmelden beim Exit-Desk von {platform}"),
            vec![
                format!("Jemand, hoffentlich Sie, möchte sich mit dieser Adresse anmelden. Der Link gilt einmal und {minutes} Minuten lang."),
                "Wenn Sie es nicht waren, tun Sie nichts: Ohne den Link kommt niemand hinein.".to_owned(),
            ],
            Some(("Anmelden".to_owned(), link.clone())),
        ),
        Notice::ApprovalAsked { request } => (
            format!("Ihre Zustimmung wird erbeten: {}", what(request)),
            vec![
                format!("{} {}. Dafür wird Ihre Zustimmung gebraucht.", the(request), german.asked()),
                match request.kind.as_str() {
                    "erasure" => {
                        "Sehen Sie nach, worum es geht, bevor Sie entscheiden. Eine Löschung lässt sich nicht rückgängig machen.".to_owned()
                    }
                    _ => "Sehen Sie nach, worum es geht, bevor Sie entscheiden.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        Notice::Approved { request, starts } => (
            format!("Genehmigt: {}", what(request)),
            [
                Some(match starts {
                    Some(starts) => {
                        format!("{} ist genehmigt. Beginn ist am {}; bis dahin können Sie den Antrag zurückziehen.", the(request), at(*starts))
                    }
                    None => format!(
                        "{} ist genehmigt. Das Archiv wird erstellt; Sie erhalten Nachricht, wenn es zum Herunterladen bereit ist.",
                        the(request)
                    ),
                }),
                german.it_was_asked(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            see(settings, request),
        ),
        Notice::Rejected { request, reason, .. } => (
            format!("Abgelehnt: {}", what(request)),
            vec![format!("{} wurde{} abgelehnt. Grund: {}.{}", the(request), german.by(), why(reason), nothing_erased(request))],
            see(settings, request),
        ),
        Notice::Cancelled { request, .. } => (
            format!("Zurückgezogen: {}", what(request)),
            vec![match particulars.done_by == Some(Who::IdentityProvider) {
                true => format!(
                    "Der Identitätsanbieter des Vertrags hat den Platz wieder geöffnet. Deshalb wurde zurückgezogen: {}.{}",
                    named(request),
                    nothing_erased(request)
                ),
                false => format!("{} wurde{} zurückgezogen.{}", the(request), german.by(), nothing_erased(request)),
            }],
            see(settings, request),
        ),
        Notice::ExportReady { request, expires } => (
            format!("Bereit zum Herunterladen: {}", what(request)),
            vec![
                format!(
                    "{} ist fertig. Melden Sie sich an und laden Sie das Archiv bis zum {} herunter; danach wird es gelöscht.",
                    the(request),
                    at(*expires)
                ),
                "Das Archiv ist eine ZIP-Datei. Öffnen Sie darin zuerst index.html.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ExportedByAdmin { request } => (
            "Daten Ihres Platzes wurden exportiert".to_owned(),
            vec![
                format!("Ein Admin Ihres Vertrags hat Daten exportiert{}, darunter Ihre Nachrichten oder Notizen. Eine zweite Person hat zugestimmt.", of(request)),
                "Wenn Sie Fragen haben, wenden Sie sich an Ihren Admin.".to_owned(),
            ],
            None,
        ),
        Notice::ErasureEnded { request, state } if state == "partly_failed" => (
            "Eine Löschung ist noch nicht beendet".to_owned(),
            vec![format!(
                "{}, {}, konnte nicht beendet werden: Etwas ist noch da. Sie läuft von selbst weiter, und Sie erhalten Nachricht, wenn sie \
                 beendet ist. Dies ist kein Nachweis einer Löschung.",
                the(request),
                german.asked_on(request)
            )],
            see(settings, request),
        ),
        Notice::ErasureEnded { request, state } => (
            "Die Löschung ist beendet: Ihr Zertifikat".to_owned(),
            vec![
                format!(
                    "{}, {}, ist beendet.{}",
                    the(request),
                    german.asked_on(request),
                    match state.as_str() {
                        "completed_with_retained" => " Einiges bleibt aus angegebenen Gründen; das Zertifikat führt es auf.",
                        _ => "",
                    }
                ),
                "Das signierte Zertifikat liegt bei: die Seite zum Lesen und Drucken, die JSON-Datei zum Prüfen. Der Befehl exeunt verify prüft es ohne Netz.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::PlanChanged { request, difference } => (
            format!("Der Plan hat sich geändert: {}", what(request)),
            vec![
                format!(
                    "{} hat nichts gelöscht, denn die Daten sind nicht mehr die, denen zugestimmt wurde: {difference}.",
                    the(request)
                ),
                "Ein neuer Plan entsteht. Zustimmungen werden erneut erbeten.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ApprovalLapsed { request } => (
            format!("Zustimmung wird erneut erbeten: {}", what(request)),
            vec![
                format!("{} war fällig, und jemand, der zugestimmt hatte, darf nicht mehr zustimmen. Es wurde nichts gelöscht.", the(request)),
                "Ein neuer Plan entsteht. Zustimmungen werden erneut erbeten.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::OnHold { request, .. } => (
            format!("Angehalten: {}", what(request)),
            vec![format!(
                "{} wurde{} angehalten.{} Sie erhalten Nachricht, wenn es weitergeht.",
                the(request),
                german.by(),
                nothing_erased(request)
            )],
            see(settings, request),
        ),
        Notice::Released { request } => (
            format!("Es geht weiter: {}", what(request)),
            vec![
                format!("{} ist nicht mehr angehalten und geht weiter.", the(request)),
                "Darüber wird neu entschieden: Wenn andere zustimmen müssen, werden sie gegebenenfalls noch einmal gefragt.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::Failed { request, reason } => (
            format!("Derzeit nicht möglich: {}", what(request)),
            vec![
                format!("{} war nicht möglich: {}.", the(request), why(reason)),
                match particulars.own {
                    true => format!("Das Team von {platform} kümmert sich darum."),
                    false => "Jemand muss sich jetzt darum kümmern: Versuchen Sie es noch einmal, oder lehnen Sie mit einem Grund ab. Operatoren finden mehr in \
                              der Liste der Aufträge."
                        .to_owned(),
                },
            ],
            see(settings, request),
        ),
        // Bis es keine ältere Version mehr gibt, bekommen auch Bearbeiter, was für Antragsteller gedacht ist.
        Notice::CaseMessage { request, .. } if !particulars.own => (
            "In einem Fall gibt es Neues".to_owned(),
            vec![format!("Es gibt Neues: {}. Melden Sie sich an, um es zu lesen.", named(request))],
            see_case(settings, request),
        ),
        Notice::CaseMessage { request, step } => {
            let (subject, told) = match step.as_deref() {
                Some("take") => (
                    "Ihr Fall wird bearbeitet",
                    format!("{} wird jetzt vom Team von {platform} bearbeitet. Sie erhalten Nachricht, wenn es Neues gibt.", the(request)),
                ),
                Some("ask") => (
                    "Eine Frage zu Ihrem Fall",
                    format!(
                        "Das Team von {platform} muss etwas wissen, bevor es weitergeht: {}. Melden Sie sich an, um die Frage zu lesen und zu \
                         beantworten.",
                        named(request)
                    ),
                ),
                Some("answer") => (
                    "Ihr Fall ist beantwortet",
                    format!(
                        "{} ist vom Team von {platform} beantwortet. Melden Sie sich an, um die Antwort zu lesen. Fehlt etwas, geben Sie den Fall \
                         dort zurück.",
                        the(request)
                    ),
                ),
                _ => (
                    "In Ihrem Fall gibt es Neues",
                    format!("Das Team von {platform} hat Ihnen geschrieben: {}. Melden Sie sich an, um es zu lesen.", named(request)),
                ),
            };
            (subject.to_owned(), vec![told], see_case(settings, request))
        }
        Notice::CaseOpened { request, matter, due } => (
            match matter {
                Some(Matter::OtherData) => format!("Neuer Fall: andere Daten{}", german.in_contract()),
                Some(Matter::EnterpriseData) => format!("Neuer Fall: Unternehmensdaten löschen{}", german.in_contract()),
                Some(Matter::Person) => format!("Neuer Fall: eine Person ohne Platz{}", german.in_contract()),
                None => format!("Neuer Fall{}", german.in_contract()),
            },
            vec![
                format!(
                    "{} wurde {} eröffnet.{}",
                    the(request),
                    german.by_whom(),
                    match matter {
                        Some(Matter::OtherData) => " Es geht um Daten, die kein Export enthält.",
                        Some(Matter::EnterpriseData) => " Es geht um die Löschung von Unternehmensdaten.",
                        Some(Matter::Person) => " Es geht um das, was über eine Person ohne Platz gespeichert ist.",
                        None => "",
                    }
                ),
                format!("Die Antwort ist bis zum {} fällig. Melden Sie sich an, um den Fall zu lesen und zu übernehmen.", at(*due)),
            ],
            see_case(settings, request),
        ),
        Notice::CaseMoved { request, step, .. } => {
            let (subject, told) = match step.as_deref() {
                Some("tell") => (
                    "Frage in einem Fall beantwortet",
                    format!("Die Frage wurde{} beantwortet: {}. Melden Sie sich an, um die Antwort zu lesen.", german.by(), named(request)),
                ),
                Some("hand_back") => (
                    "Fall zurückgegeben",
                    format!("{} wurde{} zurückgegeben: Die Antwort reicht nicht. Melden Sie sich an, um zu lesen, warum.", the(request), german.by()),
                ),
                Some("close") => {
                    ("Fall geschlossen", format!("{} wurde{} geschlossen. Es ist nichts mehr zu tun.", the(request), german.by()))
                }
                _ => (
                    "Neues in einem Fall",
                    format!("Es wurde{} etwas geschrieben: {}. Melden Sie sich an, um es zu lesen.", german.by(), named(request)),
                ),
            };
            (format!("{subject}{}", german.in_contract()), vec![told], see_case(settings, request))
        }
        Notice::Received { request, received, due } => (
            format!("Eingegangen: {}", what(request)),
            vec![match request.kind.as_str() {
                "case" => format!(
                    "{} ist am {} eingegangen. Sie erhalten bis zum {} eine Antwort, und vorher Nachricht, wenn sich etwas tut.",
                    the(request),
                    at(*received),
                    at(*due)
                ),
                _ => format!(
                    "Am {} haben Sie beantragt: {}. Sie erhalten bis zum {} eine Antwort, und vorher Nachricht, wenn sich etwas tut.",
                    at(*received),
                    named(request),
                    at(*due)
                ),
            }],
            see(settings, request),
        ),
        Notice::Extended { request, due, reason } => (
            format!("Es dauert länger: {}", what(request)),
            vec![
                format!("{} dauert länger als vorgesehen. Sie erhalten bis zum {} eine Antwort.", the(request), at(*due)),
                format!("Der Grund: {reason}"),
                "Sie können sich bei einer Aufsichtsbehörde beschweren oder vor Gericht gehen.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::Overdue { request, due } => (
            format!("Überfällig seit {}: {}", day(*due), what(request)),
            [Some(format!("{} musste bis zum {} beantwortet sein und ist es nicht.", the(request), at(*due))), german.it_was_asked()]
                .into_iter()
                .flatten()
                .collect(),
            see(settings, request),
        ),
        Notice::DueSoon { request, due } => (
            format!("Fällig am {}: {}", day(*due), what(request)),
            [Some(format!("{} muss bis zum {} beantwortet sein.", the(request), at(*due))), german.it_was_asked()]
                .into_iter()
                .flatten()
                .collect(),
            see(settings, request),
        ),
        Notice::ArchiveEnded { request } => (
            "Ein Archiv Ihres Vertrags wird nicht mehr angeboten".to_owned(),
            vec![
                "Jemand, dessen Daten darin waren, wurde gelöscht. Deshalb wurde das Archiv vor seiner Zeit gelöscht.".to_owned(),
                format!("Sie können jederzeit wieder beantragen: {}. Das neue Archiv enthält alle anderen.", named(request)),
            ],
            see(settings, request),
        ),
        Notice::ExitMoved { exit, event, date } => (
            format!("Ausstieg aus Vertrag {}: {}", german.short_contract(&exit.contract), moved_shortly(event)),
            vec![match date {
                Some(date) => format!(
                    "Ausstieg aus {}: {}. {}: {}.",
                    german.contract(&exit.contract),
                    moved(event),
                    dated(event),
                    at(*date)
                ),
                None => format!("Ausstieg aus {}: {}.", german.contract(&exit.contract), moved(event)),
            }],
            exit_page(settings, exit),
        ),
        Notice::ExitDue { exit, duty, at: due, overdue } => (
            match overdue {
                true => format!("Überfällig seit {}: Ausstieg aus Vertrag {}", day(*due), german.short_contract(&exit.contract)),
                false => format!("Am {}: Ausstieg aus Vertrag {}", day(*due), german.short_contract(&exit.contract)),
            },
            vec![
                format!("Es geht um den Ausstieg aus {}.", german.contract(&exit.contract)),
                format!("{} Termin: {}.", must(duty), at(*due)),
            ],
            exit_page(settings, exit),
        ),
        Notice::Proposed { request } => (
            format!("Vorgeschlagen: {}", what(request)),
            vec![
                format!("{} {}. Es geschieht nichts, bevor Sie entscheiden.", the(request), german.asked()),
                "Wenn Sie nicht einverstanden sind, lehnen Sie es ab.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ProposalsWait { contract } => (
            format!("Vorschläge warten auf Ihre Entscheidung: {}", particulars.waiting),
            vec![
                format!(
                    "Verbundene Systeme haben seit unserer letzten E-Mail mehr für {} vorgeschlagen. Insgesamt warten {}. Es geschieht nichts, bevor \
                     Sie entscheiden.",
                    german.contract(contract),
                    particulars.waiting
                ),
                "Sie finden sie unter den Anträgen des Vertrags. Lehnen Sie ab, womit Sie nicht einverstanden sind.".to_owned(),
            ],
            Some(("Anträge ansehen".to_owned(), format!("{}/requests", settings.public_url))),
        ),
        Notice::WebhookDisabled { webhook, host, reason } => (
            format!("Webhook abgeschaltet: {host}"),
            vec![
                match reason.as_str() {
                    "gone" => format!("Der Empfänger {host} hat geantwortet, dass es ihn nicht mehr gibt (410). An den Webhook {webhook} wird nichts mehr gesendet."),
                    _ => format!("Der Empfänger {host} hat seit Langem kein Ereignis angenommen. An den Webhook {webhook} wird nichts mehr gesendet."),
                },
                "Ereignisse, die auf ihn warteten, sind nicht verloren: Schalten Sie den Webhook wieder ein und stellen Sie aus der Liste der Zustellungen erneut zu, was Sie brauchen.".to_owned(),
            ],
            None,
        ),
        Notice::Reopened { request, starts } => (
            "Ein Platz ist wieder in Gebrauch, aber noch zu löschen".to_owned(),
            vec![
                format!(
                    "Der Identitätsanbieter des Vertrags hat den Platz wieder geöffnet. Genehmigt ist aber, und das geht weiter: {}.",
                    named(request)
                ),
                match starts {
                    Some(starts) => format!("Beginn ist am {}. Ist die Löschung nicht mehr gewollt, ziehen Sie sie vorher zurück.", at(*starts)),
                    None => "Ist die Löschung nicht mehr gewollt, ziehen Sie sie jetzt zurück.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        Notice::Returned { contract, erased, .. } => (
            "Jemand, der gelöscht war, ist zurückgekommen".to_owned(),
            vec![
                format!(
                    "{} hat {} wieder gemeldet. Ein Platz mit dieser Adresse wurde am {} gelöscht.",
                    match contract {
                        Some(contract) => format!("Der Identitätsanbieter von {}", german.contract(contract)),
                        None => "Ihr Identitätsanbieter".to_owned(),
                    },
                    particulars.returned.as_deref().unwrap_or("jemanden"),
                    at(*erased)
                ),
                "Arbeitet die Person wirklich wieder bei Ihnen, ist nichts zu tun. Wenn nicht, nehmen Sie sie aus dem heraus, was der Anbieter meldet."
                    .to_owned(),
            ],
            None,
        ),
    };
    let quotation = particulars.words.clone().map(|words| Quotation { introduction: "Dazu wurde geschrieben:".to_owned(), words });
    Words { subject, greeting: "Guten Tag,", paragraphs, quotation, link, closing: format!("Der Exit-Desk von {platform}") }
}

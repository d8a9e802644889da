//! Was E-Mails auf Deutsch sagen. (What mails say in German.)

use exeunt_model::moment::Moment;

use super::message::Words;
use crate::desk::{ExitMail, Notice, NoticeMail, Settings};

pub(super) fn words(notice: &Notice, settings: &Settings) -> Words {
    let platform = &settings.platform_name;
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
                format!("Jemand aus Ihrem Vertrag hat Folgendes beantragt: {}{}. Es wartet auf Ihre Zustimmung.", what(request), of(request)),
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
            format!("Zugestimmt: {}", what(request)),
            vec![match starts {
                Some(starts) => format!("{}{}: Alle haben zugestimmt. Es beginnt am {}; bis dahin können Sie es zurückziehen.", what(request), of(request), at(*starts)),
                None => format!("{}{}: Alle haben zugestimmt, es ist in Arbeit.", what(request), of(request)),
            }],
            see(settings, request),
        ),
        Notice::Rejected { request, reason } => (
            format!("Abgelehnt: {}", what(request)),
            vec![format!("{}{} wurde abgelehnt. Grund: {}.{}", what(request), of(request), why(reason), nothing_erased(request))],
            see(settings, request),
        ),
        Notice::Cancelled { request } => (
            format!("Zurückgezogen: {}", what(request)),
            vec![format!("{}{} wurde zurückgezogen.{}", what(request), of(request), nothing_erased(request))],
            see(settings, request),
        ),
        Notice::ExportReady { request, expires } => (
            format!("Bereit zum Herunterladen: {}", what(request)),
            vec![
                format!("{}{} ist fertig. Melden Sie sich an und laden Sie das Archiv bis zum {} herunter; danach wird es gelöscht.", what(request), of(request), at(*expires)),
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
                "{} konnte nicht beendet werden: Etwas ist noch da. Sie läuft von selbst weiter, und Sie erhalten Nachricht, wenn sie beendet ist. Dies ist kein Nachweis einer Löschung.",
                what(request)
            )],
            see(settings, request),
        ),
        Notice::ErasureEnded { request, state } => (
            "Die Löschung ist beendet: Ihr Zertifikat".to_owned(),
            vec![
                match state.as_str() {
                    "completed_with_retained" => {
                        format!("{} ist beendet. Einiges bleibt aus angegebenen Gründen; das Zertifikat führt es auf.", what(request))
                    }
                    _ => format!("{} ist beendet.", what(request)),
                },
                "Das signierte Zertifikat liegt bei: die Seite zum Lesen und Drucken, die JSON-Datei zum Prüfen. Der Befehl exeunt verify prüft es ohne Netz.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::PlanChanged { request, difference } => (
            format!("Der Plan hat sich geändert: {}", what(request)),
            vec![
                format!("Die Daten sind nicht mehr die, denen zugestimmt wurde; deshalb wurde nichts gelöscht: {difference}."),
                "Ein neuer Plan entsteht. Zustimmungen werden erneut erbeten.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ApprovalLapsed { request } => (
            format!("Zustimmung wird erneut erbeten: {}", what(request)),
            vec![
                format!("{}{} war fällig, und jemand, der zugestimmt hatte, darf nicht mehr zustimmen. Es wurde nichts gelöscht.", what(request), of(request)),
                "Ein neuer Plan entsteht. Zustimmungen werden erneut erbeten.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::OnHold { request } => (
            format!("Angehalten: {}", what(request)),
            vec![format!("{}{} ist angehalten. Es wurde nichts gelöscht. Sie erhalten Nachricht, wenn es weitergeht.", what(request), of(request))],
            see(settings, request),
        ),
        Notice::Failed { request, reason } => (
            format!("Derzeit nicht möglich: {}", what(request)),
            vec![format!("{}{} war nicht möglich: {}. Das Team von {platform} kümmert sich darum.", what(request), of(request), why(reason))],
            see(settings, request),
        ),
        Notice::CaseMessage { request } => (
            "In Ihrem Fall gibt es Neues".to_owned(),
            vec![format!("Melden Sie sich an, um es zu lesen{}.", of(request))],
            see(settings, request),
        ),
        Notice::Received { request, received, due } => (
            format!("Eingegangen: {}", what(request)),
            vec![format!(
                "Am {} haben Sie beantragt: {}{}. Sie erhalten bis zum {} eine Antwort, und vorher Nachricht, wenn sich etwas tut.",
                at(*received),
                what(request),
                of(request),
                at(*due)
            )],
            see(settings, request),
        ),
        Notice::Extended { request, due, reason } => (
            format!("Es dauert länger: {}", what(request)),
            vec![
                format!("{}{} dauert länger als vorgesehen. Sie erhalten bis zum {} eine Antwort.", what(request), of(request), at(*due)),
                format!("Der Grund: {reason}"),
                "Sie können sich bei einer Aufsichtsbehörde beschweren oder vor Gericht gehen.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::Overdue { request, due } => (
            format!("Überfällig seit {}: {}", at(*due), what(request)),
            vec![format!("{}{} musste bis zum {} beantwortet sein und ist es nicht.", what(request), of(request), at(*due))],
            see(settings, request),
        ),
        Notice::ArchiveEnded { request } => (
            "Ein Archiv Ihres Vertrags wird nicht mehr angeboten".to_owned(),
            vec![
                "Jemand, dessen Daten darin waren, wurde gelöscht. Deshalb wurde das Archiv vor seiner Zeit gelöscht.".to_owned(),
                format!("Sie können jederzeit wieder beantragen: {}. Das neue Archiv enthält alle anderen.", what(request)),
            ],
            see(settings, request),
        ),
        Notice::ExitMoved { exit, event, date } => (
            format!("Ausstieg aus Vertrag {}: {}", exit.contract, moved(event)),
            vec![match date {
                Some(date) => format!("{}. {}: {}.", moved(event), dated(event), at(*date)),
                None => format!("{}.", moved(event)),
            }],
            exit_page(settings, exit),
        ),
        Notice::ExitDue { exit, duty, at: due, overdue } => (
            match overdue {
                true => format!("Überfällig seit {}: Ausstieg aus Vertrag {}", at(*due), exit.contract),
                false => format!("Am {}: Ausstieg aus Vertrag {}", at(*due), exit.contract),
            },
            vec![format!("{} Termin: {}.", must(duty), at(*due))],
            exit_page(settings, exit),
        ),
        Notice::DueSoon { request, due } => (
            format!("Fällig am {}: {}", at(*due), what(request)),
            vec![format!("{}{} muss bis zum {} beantwortet sein.", what(request), of(request), at(*due))],
            see(settings, request),
        ),
        Notice::Proposed { request } => (
            format!("Vorgeschlagen: {}", what(request)),
            vec![
                format!("Ein verbundenes System schlägt vor: {}{}. Es geschieht nichts, bevor Sie entscheiden.", what(request), of(request)),
                "Wenn Sie nicht einverstanden sind, lehnen Sie es ab.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ProposalsWait { contract, waiting } => (
            format!("Vorschläge warten auf Ihre Entscheidung: {waiting}"),
            vec![
                format!("Verbundene Systeme haben seit unserer letzten Mail mehr für Vertrag {contract} vorgeschlagen. Insgesamt warten {waiting}. Es geschieht nichts, bevor Sie entscheiden."),
                "Sie finden sie unter den Anfragen des Vertrags. Lehnen Sie ab, womit Sie nicht einverstanden sind.".to_owned(),
            ],
            Some(("Anfragen ansehen".to_owned(), format!("{}/requests", settings.public_url))),
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
            format!("Wieder in Gebrauch, aber noch zu löschen: {}", what(request)),
            vec![
                format!("Ihr Identitätsanbieter hat diesen Platz wieder geöffnet{}. Seine Löschung ist genehmigt und geht weiter.", of(request)),
                match starts {
                    Some(starts) => format!("Sie beginnt am {}. Ist sie nicht mehr gewollt, ziehen Sie sie vorher zurück.", at(*starts)),
                    None => "Ist sie nicht mehr gewollt, ziehen Sie sie jetzt zurück.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        Notice::Returned { name, erased } => (
            "Jemand, der gelöscht war, ist zurückgekommen".to_owned(),
            vec![
                format!("Ihr Identitätsanbieter hat {name} wieder gemeldet. Ein Platz mit dieser Adresse wurde am {} gelöscht.", at(*erased)),
                "Arbeitet die Person wirklich wieder bei Ihnen, ist nichts zu tun. Wenn nicht, nehmen Sie sie aus dem heraus, was der Anbieter meldet."
                    .to_owned(),
            ],
            None,
        ),
    };
    Words { subject, greeting: "Guten Tag,", paragraphs, link, closing: format!("Der Exit-Desk von {platform}") }
}

fn exit_page(settings: &Settings, exit: &ExitMail) -> Option<(String, String)> {
    Some(("Ausstieg ansehen".to_owned(), format!("{}/exits/{}", settings.public_url, exit.id)))
}

fn moved(event: &str) -> &'static str {
    match event {
        "give_notice" => "Der Vertrag ist gekündigt",
        "elect_switch" => "Der Kunde hat den Umzug seiner Daten gewählt",
        "elect_erasure" => "Der Kunde hat gewählt, dass alles gelöscht wird",
        "begin_transition" => "Der Übergang hat begonnen",
        "offer_alternative" => "Der Anbieter hat mitgeteilt, dass der Übergang länger dauert",
        "extend" => "Der Kunde hat den Übergang verlängert",
        "confirm_switch" => "Der Kunde hat den Umzug bestätigt",
        "agree_later_erasure" => "Ein späterer Zeitpunkt der Löschung ist vereinbart",
        "end_notice" => "Die Kündigungsfrist ist abgelaufen, und die Löschung des Vertrags ist beantragt",
        "end_retrieval" => "Die Zeit zum Abholen ist abgelaufen, und die Löschung des Vertrags ist beantragt",
        "confirm_erasure" => "Alles aus dem Vertrag ist gelöscht",
        _ => "Der Kunde bleibt, und der Ausstieg ist zurückgezogen",
    }
}

fn dated(event: &str) -> &'static str {
    match event {
        "give_notice" | "elect_switch" => "Die Kündigungsfrist endet",
        "elect_erasure" | "agree_later_erasure" => "Gelöscht wird nicht vor",
        "confirm_switch" => "Die Daten lassen sich abholen bis",
        _ => "Der Übergang endet",
    }
}

fn must(duty: &str) -> &'static str {
    match duty {
        "elect" => {
            "Sagen Sie bis zum Ende der Kündigungsfrist, was mit Ihren Daten geschieht: Umzug oder Löschung. Bis dahin geschieht ihnen nichts."
        }
        "finish_transition" => {
            "Bis zum Ende des Übergangs muss der Umzug fertig sein. Der Kunde bestätigt, dass er gelungen ist; ohne das wird nichts gelöscht."
        }
        "keep_retrievable" => "Bis dahin können Sie Ihre Daten abholen. Danach wird alles aus dem Vertrag gelöscht.",
        "erase" => {
            "Alles aus dem Vertrag muss gelöscht werden, und die beantragte Löschung wurde aufgegeben. Lassen Sie sie erneut beantragen."
        }
        _ => "Dann wird die Löschung von allem aus dem Vertrag beantragt.",
    }
}

fn what(request: &NoticeMail) -> String {
    let scope = if request.scope == "contract" { "des Vertrags" } else { "eines Platzes" };
    let part = if request.in_part { "einiger Kategorien " } else { "" };
    match request.kind.as_str() {
        "export" => format!("Export {part}{scope}"),
        "erasure" => format!("Löschung {part}{scope}"),
        _ => "Ihr Fall".to_owned(),
    }
}

fn of(request: &NoticeMail) -> String {
    request.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"))
}

/// What whoever asked for an erasure wants to be sure of when it was ended.
fn nothing_erased(request: &NoticeMail) -> &'static str {
    match request.kind.as_str() {
        "erasure" => " Es wurde nichts gelöscht.",
        _ => "",
    }
}

fn see(settings: &Settings, request: &NoticeMail) -> Option<(String, String)> {
    Some(("Antrag ansehen".to_owned(), format!("{}/requests/{}", settings.public_url, request.id)))
}

fn at(moment: Moment) -> String {
    moment.timestamp().strftime("%-d.%-m.%Y, %H:%M UTC").to_string()
}

fn why(code: &str) -> &'static str {
    match code {
        "identity_not_verified" => "Die Identität ließ sich nicht prüfen",
        "not_authorized" => "Über diese Daten entscheidet jemand anderes",
        "duplicate" => "Dasselbe wurde schon beantragt",
        "not_approved" => "Jemand stimmt nicht zu",
        "not_confirmed" => "Es wurde nicht rechtzeitig bestätigt",
        "legal_obligation" => "Ein Gesetz verlangt die Aufbewahrung",
        "legal_claims" => "Die Daten werden für Rechtsansprüche gebraucht",
        "unfounded" => "Der Antrag ist offensichtlich unbegründet oder exzessiv",
        "no_such_data" => "Solche Daten gibt es hier nicht",
        "last_admin" => "Der Vertrag hätte keinen Admin mehr",
        "subject_changed" => {
            "Der Platz gehört inzwischen zu einem anderen Vertrag oder jemand anderem; bitte neu beantragen, wenn er immer noch gemeint ist"
        }
        "erased" => "Ein anderer Antrag hat es inzwischen gelöscht",
        "source_unavailable" => "Eine Datenbank ist nicht erreichbar",
        "catalog_drift" => "Die Datenbanken haben sich geändert und müssen erst geprüft werden",
        "plan_refused" => "Es lässt sich kein Plan aufstellen",
        "no_subject" => "Den Platz oder Vertrag gibt es nicht mehr",
        "files_missing" => "Dateien sind nicht dort, wo sie sein sollten",
        "archive_store" => "Das Archiv ließ sich nicht ablegen",
        _ => "Etwas Unerwartetes ist geschehen",
    }
}

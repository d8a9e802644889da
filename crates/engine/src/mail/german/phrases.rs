//! Woraus die E-Mails auf Deutsch bestehen. (What the mails in German are made of.)

use exeunt_model::moment::Moment;
use exeunt_model::request::Channel;

use super::super::message::short;
use crate::desk::{ContractName, ExitMail, NoticeMail, Particulars, Settings, Who};

/// Was über die Einzelheiten einer E-Mail gesagt wird.
pub(super) struct German<'a> {
    pub(super) particulars: &'a Particulars,
    pub(super) settings: &'a Settings,
}

impl German<'_> {
    /// Was beantragt wurde, ohne zu sagen, für wen.
    pub(super) fn what(&self, request: &NoticeMail) -> String {
        let scope = if request.scope == "contract" { "des Vertrags" } else { "eines Platzes" };
        let part = if request.in_part { "einiger Kategorien " } else { "" };
        match request.kind.as_str() {
            "export" => format!("Export {part}{scope}"),
            "erasure" => format!("Löschung {part}{scope}"),
            _ if self.particulars.own => "Ihr Fall".to_owned(),
            _ => "Ein Fall".to_owned(),
        }
    }

    /// Was beantragt wurde, für wen und in welchem Vertrag.
    pub(super) fn named(&self, request: &NoticeMail) -> String {
        let is_case_of_others = !self.particulars.own && !matches!(request.kind.as_str(), "export" | "erasure");
        let what = if is_case_of_others { "Fall".to_owned() } else { self.what(request) };
        let of = of(request);
        match &self.particulars.contract {
            None => format!("{what}{of}"),
            // Ein Vertrag heißt wie er selbst, bis er gelöscht ist.
            Some(contract) if request.scope == "contract" && of.is_empty() => {
                format!("{what} ({})", contract.name.as_ref().unwrap_or(&contract.key))
            }
            Some(_) if request.scope == "contract" => format!("{what}{of}"),
            Some(contract) => format!("{what}{of} in {}", self.contract(&contract.key)),
        }
    }

    /// Dasselbe am Anfang eines Satzes.
    pub(super) fn the(&self, request: &NoticeMail) -> String {
        let article = match request.kind.as_str() {
            "export" => "Der ",
            "erasure" => "Die ",
            _ if self.particulars.own => "",
            _ => "Der ",
        };
        format!("{article}{}", self.named(request))
    }

    pub(super) fn contract(&self, key: &str) -> String {
        match &self.particulars.contract {
            Some(ContractName { key, name: Some(name) }) => format!("Vertrag {name} ({key})"),
            Some(ContractName { name: None, .. }) | None => format!("Vertrag {key}"),
        }
    }

    /// Der Vertrag in einem Betreff.
    pub(super) fn short_contract(&self, key: &str) -> String {
        let name = self.particulars.contract.as_ref().and_then(|contract| contract.name.as_deref());
        short(name.unwrap_or(key))
    }

    /// Der Vertrag am Ende eines Betreffs.
    pub(super) fn in_contract(&self) -> String {
        match &self.particulars.contract {
            Some(contract) => format!(", Vertrag {}", self.short_contract(&contract.key)),
            None => String::new(),
        }
    }

    /// Wer getan hat, wovon die E-Mail berichtet, wenn es bekannt ist.
    pub(super) fn by(&self) -> String {
        self.particulars.done_by.as_ref().map_or_else(String::new, |who| format!(" {}", self.who(who)))
    }

    pub(super) fn by_whom(&self) -> String {
        match self.particulars.channel {
            Some(Channel::Scim) => "vom Identitätsanbieter des Vertrags".to_owned(),
            Some(Channel::Drp) => "von einem bevollmächtigten Dienst über das Data Rights Protocol".to_owned(),
            Some(Channel::OpenDsr) => "von einem Datenschutz-Werkzeug über OpenDSR".to_owned(),
            Some(Channel::Desk | Channel::Bulk | Channel::Exit) | None => self.who(&self.particulars.asked_by),
        }
    }

    pub(super) fn asked(&self) -> String {
        match self.particulars.channel {
            Some(Channel::Scim) => format!("wurde {} vorgeschlagen, der den Platz geschlossen hat", self.by_whom()),
            Some(Channel::Exit) => format!("steht am Ende des Ausstiegs aus dem Vertrag an, so entschieden {}", self.by_whom()),
            Some(Channel::Desk | Channel::Bulk | Channel::Drp | Channel::OpenDsr) | None => format!("wurde {} beantragt", self.by_whom()),
        }
    }

    /// Für alle außer denen, die den Antrag gestellt haben.
    pub(super) fn it_was_asked(&self) -> Option<String> {
        (!self.particulars.own).then(|| match self.particulars.channel {
            Some(Channel::Scim) => format!("Vorgeschlagen wurde das {}, der den Platz geschlossen hat.", self.by_whom()),
            Some(Channel::Exit) => format!("Das {}.", self.asked()),
            Some(Channel::Desk | Channel::Bulk | Channel::Drp | Channel::OpenDsr) | None => {
                format!("Beantragt wurde das {}.", self.by_whom())
            }
        })
    }

    /// Woran eine Löschung zu erkennen ist, wenn niemand mehr weiß, wen sie betraf.
    pub(super) fn asked_on(&self, request: &NoticeMail) -> String {
        match self.particulars.received {
            Some(received) => format!("beantragt am {} (Antrag {})", at(received), request.id),
            None => format!("Antrag {}", request.id),
        }
    }

    pub(super) fn who(&self, who: &Who) -> String {
        match who {
            Who::Somebody => "von jemandem".to_owned(),
            Who::Recipient => "von Ihnen".to_owned(),
            Who::Platform => format!("vom Team von {}", self.settings.platform_name),
            Who::IdentityProvider => "vom Identitätsanbieter des Vertrags".to_owned(),
            Who::Person { name: Some(name), email } => format!("von {name} ({})", email.as_str()),
            Who::Person { name: None, email } => format!("von {}", email.as_str()),
        }
    }
}

pub(super) fn exit_page(settings: &Settings, exit: &ExitMail) -> Option<(String, String)> {
    Some(("Ausstieg ansehen".to_owned(), format!("{}/exits/{}", settings.public_url, exit.id)))
}

/// Was in einem Ausstieg geschah, so kurz wie ein Betreff.
pub(super) fn moved_shortly(event: &str) -> &'static str {
    match event {
        "give_notice" => "gekündigt",
        "elect_switch" => "Umzug gewählt",
        "elect_erasure" => "Löschung gewählt",
        "begin_transition" => "Übergang begonnen",
        "offer_alternative" => "Übergang dauert länger",
        "extend" => "Übergang verlängert",
        "confirm_switch" => "Umzug bestätigt",
        "agree_later_erasure" => "spätere Löschung",
        "end_notice" => "Kündigungsfrist vorbei",
        "end_retrieval" => "Abholzeit vorbei",
        "confirm_erasure" => "alles gelöscht",
        "withdraw" => "zurückgezogen",
        _ => "es ist etwas geschehen",
    }
}

pub(super) fn moved(event: &str) -> &'static str {
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
        "withdraw" => "Der Kunde bleibt, und der Ausstieg ist zurückgezogen",
        _ => "Es ist etwas geschehen",
    }
}

pub(super) fn dated(event: &str) -> &'static str {
    match event {
        "give_notice" | "elect_switch" => "Die Kündigungsfrist endet",
        "elect_erasure" | "agree_later_erasure" => "Gelöscht wird nicht vor",
        "confirm_switch" => "Die Daten lassen sich abholen bis",
        _ => "Der Übergang endet",
    }
}

pub(super) fn must(duty: &str) -> &'static str {
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

pub(super) fn of(request: &NoticeMail) -> String {
    request.label.as_ref().filter(|label| !label.is_empty()).map_or_else(String::new, |label| format!(" ({label})"))
}

/// Was nach dem Ende einer Löschung sicher sein soll.
pub(super) fn nothing_erased(request: &NoticeMail) -> &'static str {
    match request.kind.as_str() {
        "erasure" => " Es wurde nichts gelöscht.",
        _ => "",
    }
}

pub(super) fn see(settings: &Settings, request: &NoticeMail) -> Option<(String, String)> {
    Some(("Antrag ansehen".to_owned(), format!("{}/requests/{}", settings.public_url, request.id)))
}

pub(super) fn see_case(settings: &Settings, request: &NoticeMail) -> Option<(String, String)> {
    Some(("Fall ansehen".to_owned(), format!("{}/requests/{}", settings.public_url, request.id)))
}

pub(super) fn at(moment: Moment) -> String {
    moment.timestamp().strftime("%-d.%-m.%Y, %H:%M UTC").to_string()
}

/// Ein Datum in einem Betreff.
pub(super) fn day(moment: Moment) -> String {
    moment.timestamp().strftime("%-d.%-m.%Y").to_string()
}

pub(super) fn why(code: &str) -> &'static str {
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

//! Account lists that admins uploaded: raw files, their lines, what matched, and the matching reports.

use super::Maker;
use crate::error::Error;
use crate::files::{Csv, RawCsv, pdf};
use crate::schema::T;
use crate::sink::{Hundredths, Json, row};
use crate::world::{Contract, MINUTE, Moment, Part, Random};

/// An upload while it is written.
pub struct Upload {
    pub id: i64,
    pub contract: i64,
    pub seat: i64,
    pub list: Option<i64>,
    pub file_name: String,
    pub at: Moment,
    pub form: RawCsv,
}

/// One line of a raw file.
pub struct Line {
    pub name: String,
    pub website: String,
    pub country: &'static str,
    /// The company meant, if it was found.
    pub company: Option<i64>,
}

/// Makes a contract's uploads and gives the finished ones with the lists they made.
pub fn contract(maker: &mut Maker<'_>, contract: &Contract) -> Result<Vec<(i64, i64)>, Error> {
    let mut made = Vec::new();
    if !contract.tier.has_seat_management() {
        return Ok(made);
    }
    let layout = maker.layout;
    let uploads = 1 + contract.seats / 12;
    for number in 0..uploads {
        let mut random = maker.random(Part::Imports, contract.id * 10_000 + number);
        // Admins and a few others who look after data.
        let seat = layout.seat_of(contract, random.pick(&[0, 6, 7]) % contract.seats);
        let at = seat.moment(&mut random);
        let list = maker.id(T::AccountList);
        maker.insert(T::AccountList, row![list, contract.id, seat.id, "import", &format!("Territory {number}"), at])?;
        let form = RawCsv { delimiter: if random.chance(30) { ';' } else { ',' }, byte_order_mark: random.chance(30) };
        let id = maker.id(T::AccountImport);
        let file_name = format!("territory_{number}.csv");
        let upload = Upload { id, contract: contract.id, seat: seat.id, list: Some(list), file_name, at, form };
        let amount = 120 * i64::from(layout.options.density_percent.min(100)) / 100;
        let lines: Vec<Line> = (0..random.around(amount).clamp(4, 900)).map(|_| line(maker, &mut random)).collect();
        self::upload(maker, &upload, &lines, &mut random)?;
        made.push((id, list));
    }
    Ok(made)
}

fn line(maker: &Maker<'_>, random: &mut Random) -> Line {
    let company = maker.layout.register.company(1 + random.below(maker.layout.register.companies));
    let found = random.chance(85);
    // People write names as they remember them.
    let name = if random.chance(30) { company.name.to_uppercase() } else { company.name };
    Line { name, website: company.domain, country: random.pick(crate::world::names::COUNTRY), company: found.then_some(company.id) }
}

pub fn upload(maker: &mut Maker<'_>, upload: &Upload, lines: &[Line], random: &mut Random) -> Result<(), Error> {
    let mut raw = upload.form.start();
    raw.line(&["Account Name", "Website", "Country"]);
    for line in lines {
        raw.line(&[&line.name, &line.website, line.country]);
    }
    let stored = maker.put(format!("imports/{}/{}-raw.csv", upload.contract, upload.id), raw.bytes())?;
    let delimiter = upload.form.delimiter.to_string();
    let header_map = Json(r#"{"Account Name": "name", "Website": "domain", "Country": "country"}"#);
    maker.insert(
        T::AccountImport,
        row![
            upload.id,
            upload.contract,
            upload.seat,
            upload.list,
            &upload.file_name,
            &stored.key,
            &stored.sha256,
            stored.size_bytes,
            &delimiter,
            upload.form.encoding(),
            header_map,
            lines.len() as i64,
            "completed",
            upload.at,
        ],
    )?;
    let mut report = Csv::plain();
    report.line(&["Account Name", "Website", "Country", "State", "Company", "Score"]);
    let mut matched = 0;
    for (line, number) in lines.iter().zip(1..) {
        let score = random.between(40, 99);
        let (state, company) = match (line.company, random.below(10)) {
            (Some(company), 0..=6) => ("matched_exact", Some(company)),
            (Some(company), 7) => ("manually_matched", Some(company)),
            (Some(company), _) => ("matched_likely", Some(company)),
            (None, 0..=6) => ("unmatched", None),
            (None, _) => ("ambiguous", None),
        };
        matched += i64::from(company.is_some());
        let raw = serde_json::json!({ "Account Name": line.name, "Website": line.website, "Country": line.country }).to_string();
        let decided_by = (state == "manually_matched").then_some(upload.seat);
        let shown_score = company.map(|_| Hundredths(score));
        maker.insert(T::ImportRow, row![upload.id, number, Json(&raw), state, company, shown_score, decided_by])?;
        if matches!(state, "matched_likely" | "ambiguous") {
            let first = 1 + random.below(maker.layout.register.companies - 3);
            for step in 0..3 {
                maker.insert(T::ImportCandidate, row![upload.id, number, first + step, Hundredths(score - 10 * step)])?;
            }
        }
        let found = company.map_or(String::new(), |company| maker.layout.register.company(company).name);
        report.line(&[&line.name, &line.website, line.country, state, &found, &format!("0.{score:02}")]);
    }
    reports(maker, upload, &report, (lines.len() as i64, matched))
}

fn reports(maker: &mut Maker<'_>, upload: &Upload, csv: &Csv, (lines, matched): (i64, i64)) -> Result<(), Error> {
    let summary = pdf("Matching report", &[format!("{lines} lines"), format!("{matched} matched")]);
    for (format, content) in [("csv", csv.bytes()), ("pdf", summary.as_slice())] {
        let stored = maker.put(format!("imports/{}/{}-report.{format}", upload.contract, upload.id), content)?;
        // Planted uploads keep their own numbers free of the counter's.
        let id =
            if upload.id < super::maker::FIRST_ID { upload.id * 2 + i64::from(format == "pdf") } else { maker.id(T::AccountImportReport) };
        let at = upload.at.plus(20 * MINUTE);
        maker.insert(T::AccountImportReport, row![id, upload.id, format, &stored.key, &stored.sha256, stored.size_bytes, at])?;
    }
    Ok(())
}

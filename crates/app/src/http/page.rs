//! Lists, page by page: which page is asked for, and where the next one begins.
//!
//! ```text
//! PageQuery ─ read ─► Page ─ wanted ─► one more row than is shown ─ cut ─► what is shown, and `next`
//! ```
//!
//! A cursor is a place in the list's order, so that whatever is added or removed meanwhile, nothing else is left out or shown twice.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use exeunt_model::moment::Moment;
use exeunt_store::desk::Position;
use serde::Deserialize;
use utoipa::IntoParams;

use super::problem::Problem;

/// Items of a page at most.
const LONGEST: u32 = 200;
/// Items of a page where nobody says how many.
const USUAL: u32 = 50;

/// Which page of a list is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Where the page begins: `next` of the page before.
    #[param(max_length = 2000)]
    after: Option<String>,
    /// At most so many, up to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page that is asked for.
#[derive(Debug)]
pub struct Page<P> {
    /// `None`: the first one.
    pub after: Option<P>,
    limit: u32,
}

/// A place in a list, as the list's order knows it.
pub trait Place: Sized {
    fn write(&self) -> String;
    /// `None` for what no place is written as.
    fn read(text: &str) -> Option<Self>;
}

impl PageQuery {
    /// Reads which page it is.
    ///
    /// # Errors
    /// 400 for a cursor that no page has given out.
    pub fn read<P: Place>(self) -> Result<Page<P>, Problem> {
        let place = |cursor: String| {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
            // No text of the store or of a platform has this character, and PostgreSQL takes none with it.
            (!text.contains('\0')).then(|| P::read(&text)).flatten()
        };
        let after = self.after.map(|cursor| place(cursor).ok_or_else(wrong_cursor));
        Ok(Page { after: after.transpose()?, limit: self.limit.unwrap_or(USUAL).clamp(1, LONGEST) })
    }
}

/// A cursor that no page of this list has given out.
pub fn wrong_cursor() -> Problem {
    Problem::bad_request("`after` is no cursor of a page".to_owned())
}

impl<P: Place> Page<P> {
    /// How many are to be read: the one beyond the page tells that there is another page.
    pub fn wanted(&self) -> u32 {
        self.limit + 1
    }

    /// What is shown of what was read, and the cursor of the next page; none on the last one.
    pub fn cut<T>(&self, mut found: Vec<T>, place: impl FnOnce(&T) -> P) -> (Vec<T>, Option<String>) {
        let is_last = found.len() <= self.limit as usize;
        found.truncate(self.limit as usize);
        let next = found.last().filter(|_| !is_last).map(|last| URL_SAFE_NO_PAD.encode(place(last).write()));
        (found, next)
    }
}

impl<I: Display + FromStr> Place for Position<I> {
    fn write(&self) -> String {
        format!("{} {}", self.at.microseconds(), self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (at, id) = text.split_once(' ')?;
        Some(Self { at: at.parse().ok().and_then(Moment::from_microseconds)?, id: id.parse().ok()? })
    }
}

/// A number in a history, or of a part.
impl Place for u32 {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

/// A key or an address.
impl Place for String {
    fn write(&self) -> String {
        self.clone()
    }

    fn read(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use exeunt_model::identity::JobId;

    use super::*;

    fn read<P: Place>(after: Option<&str>, limit: Option<u32>) -> Result<Page<P>, Problem> {
        PageQuery { after: after.map(str::to_owned), limit }.read()
    }

    #[test]
    fn pages_hold_what_was_asked_for_and_lead_to_the_next_while_there_is_one() {
        let page: Page<u32> = read(None, Some(2)).expect("a page");
        assert_eq!(page.wanted(), 3);
        let (shown, next) = page.cut(vec![1, 2, 3], |number| *number);
        assert_eq!(shown, [1, 2]);
        let next: Page<u32> = read(next.as_deref(), Some(2)).expect("a page");
        assert_eq!(next.after, Some(2));
        assert_eq!(next.cut(vec![3, 4], |number| *number), (vec![3, 4], None));
        assert_eq!(next.cut(Vec::new(), |number: &u32| *number), (Vec::new(), None));
    }

    #[test]
    fn a_page_has_1_to_200_items() {
        for (limit, want) in [(None, 51), (Some(0), 2), (Some(200), 201), (Some(u32::MAX), 201)] {
            assert_eq!(read::<u32>(None, limit).expect("a page").wanted(), want);
        }
    }

    #[test]
    fn places_are_read_as_they_were_written_and_nothing_else_is_one() {
        let place = Position { at: Moment::from_microseconds(-7).expect("a moment"), id: JobId::from_random(3) };
        assert_eq!(Position::read(&place.write()), Some(place));
        for odd in ["", "!", "MQ==", "x", &URL_SAFE_NO_PAD.encode("7"), &URL_SAFE_NO_PAD.encode("7 7"), &URL_SAFE_NO_PAD.encode([255])] {
            assert_eq!(
                read::<Position<JobId>>(Some(odd), None).map(|page| page.after).map_err(|problem| problem.status().as_u16()),
                Err(400)
            );
        }
        assert!(read::<String>(Some(&URL_SAFE_NO_PAD.encode("a\0")), None).is_err());
    }
}

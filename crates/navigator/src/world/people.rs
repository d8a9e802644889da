//! Persons, members and companies as functions of their number: nobody is kept in memory, everybody can be asked for anywhere.

use super::names;
use super::random::{Part, Random};
use super::time::{Day, HOUR, Moment};

/// A made-up human being.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Human {
    pub first: &'static str,
    pub last: &'static str,
    first_ascii: &'static str,
    last_ascii: &'static str,
}

impl Human {
    fn draw(random: &mut Random) -> Self {
        let (first, first_ascii) = random.pick(names::FIRST);
        let (last, last_ascii) = random.pick(names::LAST);
        Self { first, last, first_ascii, last_ascii }
    }

    pub fn name(&self) -> String {
        format!("{} {}", self.first, self.last)
    }

    /// An address that the number makes unique.
    pub fn email(&self, number: i64, domain: &str) -> String {
        format!("{}.{}{number}@{domain}", self.first_ascii, self.last_ascii)
    }

    pub fn handle(&self, number: i64) -> String {
        format!("{}-{}-{number}", self.first_ascii, self.last_ascii)
    }
}

/// A third person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: i64,
    pub human: Human,
    pub lead_key: String,
    pub title: &'static str,
    /// `None` for one in eight.
    pub company: Option<i64>,
    pub has_account: bool,
    pub first_seen: Moment,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Company {
    pub id: i64,
    pub name: String,
    pub domain: String,
    pub headquarters: &'static str,
    pub industry: &'static str,
    pub headcount: i64,
}

/// Draws people and companies.
#[derive(Debug, Clone, Copy)]
pub struct Register {
    pub seed: u64,
    pub today: Day,
    pub companies: i64,
}

impl Register {
    pub fn member(&self, id: i64) -> Human {
        Human::draw(&mut Random::new(self.seed, Part::Member, id))
    }

    pub fn person(&self, id: i64) -> Person {
        let mut random = Random::new(self.seed, Part::Person, id);
        let human = Human::draw(&mut random);
        let lead_key = format!("ACwAA{}{id}", random.token(6));
        let title = random.pick(names::TITLE);
        let company = (!random.chance(12)).then(|| 1 + random.skewed(self.companies));
        let has_account = random.chance(30);
        let first_seen = self.today.minus(random.between(20, 900)).at(random.between(7 * HOUR, 19 * HOUR));
        Person { id, human, lead_key, title, company, has_account, first_seen }
    }

    /// The address by which a person is known; where there is a company, one of its domain.
    pub fn person_email(&self, person: &Person) -> String {
        match person.company {
            Some(company) => person.human.email(person.id, &self.company(company).domain),
            None => person.human.email(person.id, "post.example"),
        }
    }

    /// Company 0 is the one that nobody knows.
    pub fn company(&self, id: i64) -> Company {
        let mut random = Random::new(self.seed, Part::Company, id);
        let (first, first_ascii) = random.pick(names::COMPANY_FIRST);
        let (second, second_ascii) = random.pick(names::COMPANY_SECOND);
        let form = random.pick(names::COMPANY_FORM);
        Company {
            id,
            name: format!("{first} {second} {form}"),
            domain: format!("{first_ascii}-{second_ascii}-{id}.example"),
            headquarters: random.pick(names::CITY),
            industry: random.pick(names::INDUSTRY),
            headcount: 3 + random.skewed(40_000),
        }
    }
}

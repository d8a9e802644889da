//! The desk without its doors, and with a clock that a test sets: the workflow and the workers as the program has them, on a real platform and a
//! real store. What takes weeks takes no time here.

use std::cell::Cell;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use exeunt_engine::desk::job::{Called, Driver, Hook, Problem, Spool, Teller, Telling, Told, Wake, Work};
use exeunt_engine::desk::{self, Actor, Contact, Context, Settings, Submission};
use exeunt_engine::directory::Directory;
use exeunt_engine::mail::Smtp;
use exeunt_engine::platform::Platform;
use exeunt_model::due::Regime;
use exeunt_model::exit::Terms;
use exeunt_model::identity::{Language, PrincipalId, Role};
use exeunt_model::job::Lane;
use exeunt_model::map::lock::Lock;
use exeunt_model::map::parse::parse;
use exeunt_model::map::resolve::resolve;
use exeunt_model::moment::Moment;
use exeunt_model::plan::Profile;
use exeunt_model::request::approval::Policy;
use exeunt_model::request::{Channel, Kind, Scope};
use exeunt_model::setting::Rules;
use exeunt_model::tombstone::subject_hash;
use exeunt_model::webhook::Trouble;
use exeunt_sources::Look as _;
use exeunt_store::Store;
use exeunt_store::archives::ArchiveStore;
use exeunt_store::desk::{Account, Delivery, Lease, Limits, Personal, Share, Webhook};

use super::world::World;

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_795_500_000_000_000) };
    static DRAWN: Cell<u64> = const { Cell::new(0) };
}

fn clock() -> Moment {
    Moment::from_microseconds(NOW.get()).expect("a moment")
}

/// Ids that follow each other: no two of a test are the same.
fn random(bytes: &mut [u8]) {
    for part in bytes.chunks_mut(8) {
        DRAWN.set(DRAWN.get() + 1);
        part.copy_from_slice(&DRAWN.get().to_be_bytes()[8 - part.len()..]);
    }
}

pub fn at(text: &str) -> Moment {
    Moment::new(text.parse().expect("a moment"))
}

struct Nobody;

impl Teller for Nobody {
    fn tell(&self, _telling: &Telling<'_>) -> Told {
        Told::Later
    }
}

impl Hook for Nobody {
    fn call(&self, _webhook: &Webhook, _delivery: &Delivery, _now: Moment) -> Called {
        Called::Failed(Trouble::Unreachable)
    }
}

/// The desk of a world.
pub struct Inside {
    pub work: Arc<Work>,
    pub store: Store,
}

impl Inside {
    pub fn new(world: &World) -> Self {
        let text = fs::read_to_string(world.path("navigator.map.yaml")).expect("read the map");
        let map = parse(&text).expect("a map").map;
        let mut platform = Platform::new(map.clone(), None, &[], world.folder.path()).expect("the platform");
        let lock = fs::read_to_string(world.path("navigator.map.lock")).expect("read the lock");
        platform.lock = Some(Lock::read(&lock).expect("a lock"));
        let catalogs: Vec<_> =
            platform.databases.iter().map(|database| database.reader().expect("open").introspect().expect("look")).collect();
        let scheme = resolve(&map, &catalogs).expect("a scheme");
        let directory = Directory::new(&platform, &scheme).expect("a directory");
        let location = world.store_url().parse().expect("a location");
        let store = Store::open(&location, clock(), &mut |bytes| bytes.fill(7)).expect("open the store");
        let settings = Settings {
            rules: Rules {
                profile: Profile::Documented,
                regime: Regime::Gdpr,
                target_days: 30,
                policy: Policy::default(),
                private_categories: Vec::new(),
                exit: Terms::default(),
            },
            holidays: Vec::new(),
            retention_hours: 72,
            platform_name: "Navigator".to_owned(),
            public_url: "http://desk.example".to_owned(),
            language: Language::English,
            webhook_patience_hours: 72,
            group_roles: Default::default(),
        };
        let post = Smtp::new(&format!("smtp+clear://127.0.0.1:{}", world.mails.port()), "Exit desk <desk@navigator.example>");
        let work = Work {
            platform: Arc::new(platform),
            directory: Arc::new(directory),
            settings,
            archives: ArchiveStore::folder(&world.path("archives")).expect("an archive store"),
            part_size: None,
            post: Arc::new(post.expect("a mail server")),
            hook: Arc::new(Nobody),
            teller: Arc::new(Nobody),
            spool: Spool::new(&world.path("spool")),
            clock,
            random,
            tool: "exeunt test".to_owned(),
        };
        Self { work: Arc::new(work), store }
    }

    /// It is this time now.
    pub fn set(&self, text: &str) {
        NOW.set(at(text).microseconds());
    }

    /// Does everything that is due, until nothing is.
    pub fn work(&mut self) {
        while self.one(Lane::Desk) || self.one(Lane::Platform) {}
    }

    /// Does the next job of a lane. False when none is due.
    pub fn one(&mut self, lane: Lane) -> bool {
        let report = |lease: &Lease, _: Duration, problem: Option<&Problem>| {
            if let Some(problem) = problem {
                eprintln!("job {} stopped: {problem:?}", lease.kind);
            }
        };
        let driver = Driver {
            work: self.work.clone(),
            wake: Arc::new(Wake::default()),
            lane,
            share: Share::Others,
            name: format!("{lane}"),
            lease: Duration::from_secs(60),
            limits: Limits { running: 8, per_contract: 8 },
            poll: Duration::from_secs(1),
            report,
            report_store: |worker, error, _| eprintln!("{worker}: {error}"),
        };
        driver.work_one(&mut self.store).expect("work")
    }

    /// Does something with the workflow.
    pub fn with<T>(&mut self, work: impl FnOnce(&mut Store, &mut Context<'_>, &Directory) -> T) -> T {
        let mut draw = random;
        let mut context = Context::new(&self.work.settings, clock(), &mut draw);
        work(&mut self.store, &mut context, &self.work.directory)
    }

    /// Somebody whom the directory knows by this address, in this role.
    pub fn actor(&mut self, email: &str, role: Role) -> Actor {
        let contact = Contact { email: email.parse().expect("an address"), language: Some(Language::English) };
        let principal =
            self.with(|store, context, _| store.transact("find somebody", |transaction| context.principal(transaction, &contact)));
        Actor { principal: principal.expect("a principal"), role }
    }

    /// An account of the desk.
    pub fn account(&mut self, email: &str, role: Role, contracts: &[&str]) -> Actor {
        let mut bits = [0; 16];
        random(&mut bits);
        let account = Account {
            id: PrincipalId::from_random(u128::from_be_bytes(bits)),
            email: Some(email.parse().expect("an address")),
            role: Some(role),
            language: Some(Language::English),
            created: clock(),
            closed: None,
        };
        let contracts = contracts.iter().map(|contract| (*contract).to_owned()).collect();
        let made = self.store.transact("make an account", |transaction| {
            transaction.insert_principal(&account)?;
            transaction.set_contracts(&account.id, &contracts)
        });
        made.expect("make an account");
        Actor { principal: account.id, role }
    }

    /// What asks for a seat, or for the whole contract.
    pub fn submission(&self, kind: Kind, contract: &str, seat: Option<&str>) -> Submission {
        let declared = self.work.platform.map.directory.as_ref().expect("a directory");
        let (subject_kind, key, label) = match seat {
            Some(seat) => {
                let entry = self.work.directory.seat(&[seat.to_owned()]).expect("ask").expect("a seat");
                (declared.seat.subject.clone(), entry.key, entry.email.map(String::from).expect("an address"))
            }
            None => {
                let entry = self.work.directory.contract(&[contract.to_owned()]).expect("ask").expect("a contract");
                (declared.contract.subject.clone(), entry.key, entry.name.expect("a name"))
            }
        };
        Submission {
            kind,
            scope: if seat.is_some() { Scope::Seat } else { Scope::Contract },
            channel: Channel::Desk,
            contract: contract.to_owned(),
            subject: subject_hash(&self.store.hash_secret(), &subject_kind, &key),
            subject_kind,
            confirmation: Some(label.clone()),
            personal: Personal { key, label, successor: None, addresses: Vec::new() },
            own_seat: false,
            private: kind == Kind::Export,
            regime: None,
            categories: None,
            choices: Vec::new(),
            linked: None,
            matter: None,
            message: None,
            idempotency: None,
        }
    }

    /// Submits it.
    pub fn submit(&mut self, actor: &Actor, submission: &Submission) -> exeunt_store::desk::Request {
        let submitted = self.with(|store, context, directory| desk::submit(store, context, directory, actor, submission));
        submitted.expect("submit").request().clone()
    }
}

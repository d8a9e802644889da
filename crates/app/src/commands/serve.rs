//! `exeunt serve` and `exeunt worker`: the desk, and workers that share its store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use exeunt_engine::desk::intake::authorize as admit;
use exeunt_engine::desk::job::{Driver, Problem, Spool, Sweeper, Wake, Work};
use exeunt_engine::desk::{Context, Settings};
use exeunt_engine::directory::Directory;
use exeunt_engine::mail::Smtp;
use exeunt_engine::platform::Platform;
use exeunt_model::directory::GroupRoles;
use exeunt_model::job::{JobKind, Lane};
use exeunt_model::request::Channel;
use exeunt_store::archives::ArchiveStore;
use exeunt_store::desk::{Limits, Share};
use exeunt_store::{Location, Store};

use crate::archives;
use crate::callbacks::Callbacks;
use crate::configuration::{self, Configured};
use crate::desk::{self, TOOL};
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::http;
use crate::http::limit::{self, Proxies};
use crate::http::provider::Providers;
use crate::http::server::{Parts, Server};
use crate::intake;
use crate::output::{Output, note};
use crate::project::Project;
use crate::webhooks::Receivers;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE", env = "EXEUNT_CONFIG", default_value = "exeunt.toml")]
    config: PathBuf,
}

/// Serves the API, and works.
pub fn serve(arguments: &Arguments, _output: &Output) -> Outcome {
    let configured = configuration::read(&arguments.config)?;
    let desk = Desk::open(&configured)?;
    desk.admit_controllers()?;
    let workers = desk.start_workers(desk.configured.configuration.workers.platform)?;
    let served = desk.listen();
    desk.wake.stop();
    for worker in workers {
        // A worker that panicked has said so.
        let _ = worker.join();
    }
    served?;
    note("stopped");
    Ok(ExitCode::Done)
}

/// Works, without serving anybody.
pub fn work(arguments: &Arguments, _output: &Output) -> Outcome {
    let configured = configuration::read(&arguments.config)?;
    let desk = Desk::open(&configured)?;
    let platform = desk.configured.configuration.workers.platform.max(1);
    let workers = desk.start_workers(platform)?;
    note("working");
    while !crate::interrupt::requested() {
        thread::sleep(Duration::from_millis(100));
    }
    desk.wake.stop();
    for worker in workers {
        let _ = worker.join();
    }
    note("stopped");
    Ok(ExitCode::Done)
}

/// Everything that serving and working need, opened.
struct Desk<'a> {
    configured: &'a Configured,
    platform: Arc<Platform>,
    directory: Arc<Directory>,
    settings: Settings,
    store: Store,
    archives: ArchiveStore,
    wake: Arc<Wake>,
    callbacks: Arc<Callbacks>,
}

impl<'a> Desk<'a> {
    fn open(configured: &'a Configured) -> Result<Self, Failure> {
        let configuration = &configured.configuration;
        let project = Project::read(&configured.path(&configuration.desk.map))?;
        let platform = project.platform()?;
        if platform.lock.is_none() {
            return Err(project.no_plan(exeunt_engine::planning::Error::NoLock));
        }
        let scheme = project.scheme(&project.catalogs()?)?;
        let directory = Directory::new(&platform, &scheme)
            .or_fail(ExitCode::MapRefused, || "find out who is who")
            .map_err(|failure| failure.next("say in the map who holds which seat: docs/reference/map.md, section `directory`"))?;
        let location: Location = match configuration.store.url.reveal().parse() {
            Ok(Location::File(path)) => configured.path(&path).into(),
            Ok(location) => location,
            Err(error) => return Err(Failure::new(ExitCode::Usage, error).next("mend `store.url` in the configuration")),
        };
        let store = desk::open_store(&location)?;
        let archives = archives::open(configured)?;
        let settings = Settings {
            rules: configuration.rules(),
            holidays: configuration.requests.holidays.clone(),
            retention_hours: configuration.archives.retention_hours,
            platform_name: configuration.desk.platform.clone(),
            public_url: configuration.desk.public_url.clone(),
            language: configuration.desk.language,
            webhook_patience_hours: configuration.webhooks.patience_hours,
            group_roles: GroupRoles::new(&configuration.scim.admin_groups, &configuration.scim.sub_admin_groups),
        };
        let offer = intake::offer(configuration, &configured.folder).map_err(unusable)?;
        let signer = offer.opendsr.as_ref().map(|opendsr| opendsr.signer.clone());
        let callbacks = intake::callbacks(configuration, &configured.folder, signer).map_err(unusable)?;
        Ok(Self {
            configured,
            platform: Arc::new(platform),
            directory: Arc::new(directory),
            settings,
            store,
            archives,
            wake: Arc::new(Wake::default()),
            callbacks: Arc::new(callbacks),
        })
    }

    fn another_store(&self) -> Result<Store, Failure> {
        self.store.another().map_err(|error| desk::not_opened(self.store.location(), error))
    }

    /// Lets the controllers of the configuration in by the tokens that it names.
    fn admit_controllers(&self) -> Result<(), Failure> {
        let mut store = self.another_store()?;
        for controller in &self.configured.configuration.opendsr.controllers {
            let mut random = |bytes: &mut [u8]| desk::random(bytes);
            let mut context = Context::new(&self.settings, http::server::now(), &mut random);
            let admitted = admit(&mut store, &mut context, Channel::OpenDsr, &controller.id, &controller.token_sha256);
            admitted
                .or_fail(ExitCode::InputOutput, || format!("admit the controller {}", controller.id))
                .map_err(|failure| failure.next("a token that was replaced before cannot be used again: draw another one"))?;
        }
        Ok(())
    }

    fn start_workers(&self, platform_threads: u32) -> Result<Vec<JoinHandle<()>>, Failure> {
        let workers = &self.configured.configuration.workers;
        let mail = &self.configured.configuration.mail;
        let webhooks = &self.configured.configuration.webhooks;
        let post = Smtp::new(mail.server.reveal(), &mail.from)
            .or_fail(ExitCode::Usage, || "find the mail server")
            .map_err(|failure| failure.next("mend `mail` in the configuration"))?;
        let spool = self.spool();
        spool.sweep(&self.store, None).or_fail(ExitCode::InputOutput, || "sweep the spool")?;
        let work = Arc::new(Work {
            platform: self.platform.clone(),
            directory: self.directory.clone(),
            settings: self.settings.clone(),
            archives: self.archives.clone(),
            part_size: self.configured.configuration.archives.part_bytes(),
            post: Arc::new(post),
            hook: Arc::new(Receivers::new(webhooks.allow_private, Duration::from_secs(webhooks.timeout_seconds.into()))),
            teller: self.callbacks.clone(),
            spool,
            clock: http::server::now,
            random: desk::random,
            tool: TOOL.to_owned(),
        });
        let process = std::process::id();
        let all = Limits { running: u32::MAX, per_contract: u32::MAX };
        let platform = Limits { running: workers.platform_jobs, per_contract: workers.contract_jobs };
        // One call at a time to each receiver, so that a slow one holds up itself alone.
        let one_each = Limits { running: u32::MAX, per_contract: 1 };
        let crews = [
            ("platform", Lane::Platform, Share::Others, platform_threads, platform),
            ("desk", Lane::Desk, Share::Others, workers.desk, all),
            ("webhooks", Lane::Desk, Share::Webhooks, workers.webhooks, one_each),
        ];
        let mut threads = Vec::new();
        for (crew, lane, share, count, limits) in crews {
            for number in 1..=count {
                let driver = Driver {
                    work: work.clone(),
                    wake: self.wake.clone(),
                    lane,
                    share,
                    name: format!("{crew}-{process}-{number}"),
                    lease: Duration::from_secs(workers.lease_seconds.max(1).into()),
                    limits,
                    poll: Duration::from_millis(workers.poll_milliseconds.max(20).into()),
                    report,
                };
                let store = self.another_store()?;
                threads.push(thread::spawn(move || driver.run(store)));
            }
        }
        let sweeper = Sweeper { work, wake: self.wake.clone(), report: report_sweep };
        let store = self.another_store()?;
        threads.push(thread::spawn(move || sweeper.run(store)));
        Ok(threads)
    }

    fn spool(&self) -> Spool {
        Spool::new(&self.configured.path(&self.configured.configuration.archives.spool))
    }

    fn listen(&self) -> Result<(), Failure> {
        let configuration = &self.configured.configuration;
        let connections = configuration.store.connections.max(1);
        let stores: Result<Vec<Store>, Failure> = (0..connections).map(|_| self.another_store()).collect();
        let proxies = Proxies { trusted: configuration.server.trusted_proxies.clone(), header: configuration.server.forwarded_header };
        let offer = intake::offer(configuration, &self.configured.folder).map_err(unusable)?;
        let server = Arc::new(Server::new(Parts {
            offer,
            settings: self.settings.clone(),
            platform: self.platform.clone(),
            directory: self.directory.clone(),
            wake: self.wake.clone(),
            archives: self.archives.clone(),
            spool: self.spool(),
            session_hours: configuration.server.session_hours,
            sign_in_link_minutes: configuration.server.sign_in_link_minutes,
            link_minutes: configuration.archives.link_minutes,
            single_use_links: configuration.archives.single_use_links,
            largest_body_bytes: configuration.server.largest_body_bytes,
            limits: limit::Limits::new(&configuration.limits, proxies),
            providers: Providers::new(self.configured)?,
            private_webhooks: configuration.webhooks.allow_private,
            largest_attachment_bytes: configuration.archives.largest_attachment_bytes,
            stores: stores?,
        }));
        let failed = || format!("listen on {}", configuration.server.listen);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().or_fail(ExitCode::Failed, || "start the server")?;
        // A connection to PostgreSQL ends on a thread that may block: this one, after the runtime.
        let _outlives_the_runtime = server.clone();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(configuration.server.listen).await.or_fail(ExitCode::InputOutput, failed)?;
            let address = listener.local_addr().or_fail(ExitCode::InputOutput, failed)?;
            note(format!("listening on http://{address}"));
            let service = http::router(server.clone()).into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).with_graceful_shutdown(stopping()).await.or_fail(ExitCode::Failed, || "serve")?;
            server.asks.end().await;
            Ok(())
        })
    }
}

/// A file of the configuration was there when it was checked, and is not any more.
fn unusable((key, message): intake::Wrong) -> Failure {
    Failure::message(ExitCode::Configuration, format!("{key}: {message}")).next("mend the configuration")
}

/// Ends when the program is asked to stop.
async fn stopping() {
    while !crate::interrupt::requested() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    note("stopping: finishing what is being answered");
}

fn report(kind: JobKind, _took: Duration, problem: Option<&Problem>) {
    if let Some(problem) = problem {
        note(told(format!("job {kind} stopped"), problem));
    }
}

fn report_sweep(problem: &Problem) {
    note(told("what lost workers left in the archive store is deleted later".to_owned(), problem));
}

/// What happened, with the chain of its causes.
fn told(mut line: String, problem: &Problem) -> String {
    let mut cause: Option<&dyn std::error::Error> = Some(problem);
    while let Some(error) = cause {
        line.push_str(&format!(": {error}"));
        cause = error.source();
    }
    line
}

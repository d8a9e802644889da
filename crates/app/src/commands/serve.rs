//! `exeunt serve` and `exeunt worker`: the desk, and workers that share its store.

mod check;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use exeunt_engine::causes::chain;
use exeunt_engine::desk::intake::authorize as admit;
use exeunt_engine::desk::job::{Driver, Problem, Spool, Sweeper, Wake, Work};
use exeunt_engine::desk::{Context, Settings};
use exeunt_engine::directory::Directory;
use exeunt_engine::mail::Smtp;
use exeunt_engine::platform::Platform;
use exeunt_model::directory::GroupRoles;
use exeunt_model::job::Lane;
use exeunt_model::request::Channel;
use exeunt_store::archives::ArchiveStore;
use exeunt_store::desk::{Lease, Limits, Share};
use exeunt_store::{Location, Store};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::callbacks::Callbacks;
use crate::configuration::{self, Configured};
use crate::desk::{self, TOOL};
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::http::limit::{self, Proxies};
use crate::http::operation::Operation;
use crate::http::provider::Providers;
use crate::http::server::{Parts, Server};
use crate::http::serving;
use crate::http::traffic::Patience;
use crate::output::Output;
use crate::project::Project;
use crate::webhooks::Receivers;
use crate::{archives, figures, http, intake, logging};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE", env = "EXEUNT_CONFIG", default_value = "exeunt.toml")]
    config: PathBuf,
    /// Look at everything that it needs, say all that is wrong, and do not start
    #[arg(long)]
    check: bool,
}

/// Told of a `desk.public_url` that begins with `http://` and leads elsewhere than to this machine.
const IN_THE_OPEN: &str = "desk.public_url is not encrypted: whoever listens on the way has people's links and sessions";

/// Serves the API, and works.
pub fn serve(arguments: &Arguments, output: &Output) -> Outcome {
    if arguments.check {
        return check::run(&arguments.config, check::Door::Serve, output);
    }
    let configured = configured(&arguments.config, output)?;
    let figures = figures::install();
    if configured.configuration.desk.is_in_the_open() {
        tracing::warn!(public_url = configured.configuration.desk.public_url, "{IN_THE_OPEN}");
    }
    let desk = Desk::open(&configured)?;
    desk.admit_controllers()?;
    let workers = desk.start_workers(desk.configured.configuration.workers.platform)?;
    let served = desk.listen(Doors::Desk, figures);
    desk.end(workers, served)
}

/// Works, without serving anybody.
pub fn work(arguments: &Arguments, output: &Output) -> Outcome {
    if arguments.check {
        return check::run(&arguments.config, check::Door::Worker, output);
    }
    let configured = configured(&arguments.config, output)?;
    let figures = figures::install();
    let desk = Desk::open(&configured)?;
    let platform = desk.configured.configuration.workers.platform.max(1);
    let workers = desk.start_workers(platform)?;
    tracing::info!(threads = workers.len(), "working");
    let served = desk.listen(Doors::Figures, figures);
    desk.end(workers, served)
}

/// Reads the configuration and begins the log, in which everything is told from now on. Where the configuration is refused, that is told as the log
/// would be: whoever collects objects of JSON gets no other lines, and at a terminal people read what is for people. Whoever asked for JSON by the
/// command's option gets the object that every command gives.
fn configured(path: &Path, output: &Output) -> Result<Configured, Failure> {
    let configured = configuration::read(path).inspect_err(|_| {
        if !output.is_json()
            && let Some(log) = configuration::log_of_refused(path).filter(logging::is_json)
        {
            logging::install(&log);
        }
    })?;
    logging::install(&configured.configuration.log);
    for unheard in &configured.unheard {
        tracing::warn!("{unheard}");
    }
    Ok(configured)
}

/// What a process lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doors {
    /// The API, the pages and, where it is asked for, the figures.
    Desk,
    /// The figures alone, where they are asked for.
    Figures,
}

/// Where the configuration says that the store is.
fn location(configured: &Configured) -> Result<Location, Failure> {
    match configured.configuration.store.url.reveal().parse() {
        Ok(Location::File(path)) => Ok(configured.path(&path).into()),
        Ok(location) => Ok(location),
        Err(error) => Err(Failure::new(ExitCode::Configuration, error).next("mend `store.url` in the configuration")),
    }
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
        let store = desk::open_store(&location(configured)?)?;
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
                    report_store,
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

    /// Lets in whoever comes, until the program is asked to stop and what was begun is answered. Returns until when all of it must have ended.
    fn listen(&self, doors: Doors, figures: Option<PrometheusHandle>) -> Result<Instant, Failure> {
        let configuration = &self.configured.configuration;
        let limits = &configuration.server;
        let operation =
            Arc::new(Operation::new(self.another_store()?, self.directory.clone(), self.archives.clone(), self.wake.clone(), figures));
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let server = match doors {
            Doors::Desk => Some(Arc::new(self.server(operation.clone(), stop.clone())?)),
            Doors::Figures => None,
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().or_fail(ExitCode::Failed, || "start the server")?;
        // Connections to PostgreSQL end on a thread that may block: this one, after the runtime.
        let _outlive_the_runtime = (server.clone(), operation.clone());
        let served = runtime.block_on(async {
            let main = serving::Limits {
                connections: limits.connections,
                head: seconds(limits.head_seconds),
                stalled: seconds(limits.body_seconds),
                stop: seconds(limits.stop_seconds),
            };
            let mut listeners = tokio::task::JoinSet::new();
            if let Some(address) = limits.metrics_listen {
                let (listener, address) = bind(address).await?;
                tracing::info!(%address, "figures at http://{address}/metrics");
                let few = serving::Limits { connections: FIGURES_CONNECTIONS, ..main };
                listeners.spawn(serving::serve(listener, http::operation::router(operation), few, stopping.clone()));
            }
            if let Some(server) = &server {
                let (listener, address) = bind(limits.listen).await?;
                tracing::info!(%address, "listening on http://{address}");
                listeners.spawn(serving::serve(listener, http::router(server.clone()), main, stopping));
            }
            while !crate::interrupt::requested() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            let until = Instant::now() + main.stop;
            tracing::info!(seconds = limits.stop_seconds, "stopping: finishing what is being answered and done");
            self.wake.stop();
            stop.send_replace(true);
            while let Some(cut) = listeners.join_next().await {
                if let Ok(cut) = cut
                    && cut > 0
                {
                    tracing::warn!(connections = cut, "connections were cut that did not end in time");
                }
            }
            if let Some(server) = &server {
                // Links that were asked for just now are still sent, for as long as there is time.
                let _ = tokio::time::timeout_at(until.into(), server.asks.end()).await;
            }
            Ok(until)
        });
        // What still blocks is left: every write is a transaction, and whoever waited has been told.
        let left = served.as_ref().map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        runtime.shutdown_timeout(left.min(Duration::from_secs(1)));
        served
    }

    fn server(&self, operation: Arc<Operation>, stop: tokio::sync::watch::Sender<bool>) -> Result<Server, Failure> {
        let configuration = &self.configured.configuration;
        let stores: Result<Vec<Store>, Failure> = (0..configuration.store.connections).map(|_| self.another_store()).collect();
        let proxies = Proxies { trusted: configuration.server.trusted_proxies.clone(), header: configuration.server.forwarded_header };
        let offer = intake::offer(configuration, &self.configured.folder).map_err(unusable)?;
        Ok(Server::new(Parts {
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
            patience: Patience { body: seconds(configuration.server.body_seconds), answer: seconds(configuration.server.answer_seconds) },
            operation,
            stop,
            limits: limit::Limits::new(&configuration.limits, proxies),
            providers: Providers::new(self.configured)?,
            private_webhooks: configuration.webhooks.allow_private,
            largest_attachment_bytes: configuration.archives.largest_attachment_bytes,
            stores: stores?,
        }))
    }

    /// Waits for the workers, until the time that the configuration gives to all that ends is over. Whoever takes up a job that was left begins
    /// where it was left.
    fn end(&self, workers: Vec<JoinHandle<()>>, served: Result<Instant, Failure>) -> Outcome {
        self.wake.stop();
        let until = match &served {
            Ok(until) => *until,
            Err(_) => Instant::now() + seconds(self.configured.configuration.server.stop_seconds),
        };
        while Instant::now() < until && !workers.iter().all(JoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(20));
        }
        match workers.iter().filter(|worker| !worker.is_finished()).count() {
            0 => {}
            left => {
                tracing::warn!(workers = left, "jobs did not come to a safe place in time; they are taken up again when their lease ends")
            }
        }
        tracing::info!("stopped");
        served.map(|_| ExitCode::Done)
    }
}

/// A file of the configuration was there when it was checked, and is not any more.
fn unusable((key, message): intake::Wrong) -> Failure {
    Failure::message(ExitCode::Configuration, format!("{key}: {message}")).next("mend the configuration")
}

/// Connections of those who look at figures.
const FIGURES_CONNECTIONS: usize = 16;

async fn bind(address: SocketAddr) -> Result<(tokio::net::TcpListener, SocketAddr), Failure> {
    let failed = || format!("listen on {address}");
    let listener = tokio::net::TcpListener::bind(address).await.or_fail(ExitCode::InputOutput, failed)?;
    let address = listener.local_addr().or_fail(ExitCode::InputOutput, failed)?;
    Ok((listener, address))
}

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn report(lease: &Lease, took: Duration, problem: Option<&Problem>) {
    let outcome = match problem {
        None => figures::Outcome::Done,
        Some(Problem::Interrupted) => figures::Outcome::Left,
        Some(_) => figures::Outcome::Stopped,
    };
    figures::job(lease.kind, outcome, took);
    let (kind, job, attempt) = (lease.kind.as_str(), lease.id.as_str(), lease.attempt);
    let request = lease.kind.is_about_a_request().then_some(lease.target.as_str());
    let (outcome, took) = (outcome.as_str(), logging::milliseconds(took));
    match problem {
        None | Some(Problem::Interrupted) => tracing::info!(kind, job, request, attempt, outcome, milliseconds = took, "job ended"),
        Some(problem) => {
            let problem = chain(problem);
            tracing::warn!(kind, job, request, attempt, outcome, milliseconds = took, problem, "job ended");
        }
    }
}

fn report_store(worker: &str, error: &exeunt_store::Error, is_new: bool) {
    figures::store_trouble();
    if is_new {
        let problem = chain(error);
        tracing::warn!(worker, problem, "no work can be taken or settled: the store does not do its part");
    }
}

fn report_sweep(problem: &Problem) {
    let problem = chain(problem);
    tracing::warn!(problem, "what lost workers left in the archive store is deleted later");
}

//! Connections: how many at once, how long a client may take, and how they end when the desk stops.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tower::ServiceExt as _;

use crate::figures;

/// The head of a request in bytes at most: its line and headers.
const HEAD_BYTES: usize = 64 * 1024;

/// Limits of a listener.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at once. Further ones wait until one ends.
    pub connections: usize,
    /// For a request's head, and for the next request of a connection.
    pub head: Duration,
    /// For a client that takes nothing of its answer.
    pub stalled: Duration,
    /// For what is being answered when the desk stops.
    pub stop: Duration,
}

/// Serves until `stopping` says true; then finishes what is being answered, for as long as the limits say. Returns how many connections it cut.
pub async fn serve(listener: TcpListener, router: Router, limits: Limits, mut stopping: watch::Receiver<bool>) -> usize {
    let turns = Arc::new(Semaphore::new(limits.connections));
    let mut open = JoinSet::new();
    loop {
        let turn = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            turn = turns.clone().acquire_owned() => turn,
        };
        let Ok(turn) = turn else { break };
        let accepted = tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => {
                figures::connections(limits.connections - turns.available_permits());
                open.spawn(connection(stream, remote, router.clone(), limits, stopping.clone(), turn));
            }
            // The client has gone, or there are too many files open: neither is a reason to end, and the latter passes.
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
        while open.try_join_next().is_some() {}
        figures::connections(open.len());
    }
    drop(listener);
    let finished = timeout(limits.stop, async { while open.join_next().await.is_some() {} }).await;
    let cut = if finished.is_ok() { 0 } else { open.len() };
    open.shutdown().await;
    cut
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // Whoever can say it has gone: then nothing runs any more that could be waited for.
    let _ = stopping.wait_for(|stop| *stop).await;
}

async fn connection(
    stream: TcpStream,
    remote: SocketAddr,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    _turn: OwnedSemaphorePermit,
) {
    // Small answers are sent at once; where that cannot be said, they are sent a little later.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(ConnectInfo(remote));
        router.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_header_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(Patient { stream, stalled: None, longest: limits.stalled }), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // How it ended concerns the client alone.
        _ = connection.as_mut() => return,
        () = stopped(&mut stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}

/// A connection that is given up when the client takes nothing for too long.
struct Patient {
    stream: TcpStream,
    /// Runs while something waits to be sent.
    stalled: Option<Pin<Box<Sleep>>>,
    longest: Duration,
}

impl Patient {
    fn watch<T>(&mut self, context: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.stalled = None;
            return polled;
        }
        let longest = self.longest;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + longest)));
        match stalled.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, polled)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.watch(context, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(context);
        self.watch(context, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

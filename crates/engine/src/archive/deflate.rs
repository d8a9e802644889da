//! Deflate in independent blocks, on several threads when there is enough to do.
//!
//! An entry is cut into blocks of [`BLOCK`] bytes. Each is compressed by itself and ends on a byte border (a sync flush), so that the
//! blocks put one after another are one deflate stream, the same whatever the number of threads. Checksums are taken per block and
//! combined. An entry of one block is compressed on the caller's thread: small archives never start a thread.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use flate2::{Compress, Compression, Crc, FlushCompress};

/// The compression level of everything in an archive. Measured on rows of a typical table: level 6 takes twice the time of level 4 for
/// files 4 % smaller, level 2 three quarters of the time for files 10 % larger.
pub const DEFLATE_LEVEL: u32 = 4;

/// Bytes compressed in one go. Blocks do not share a dictionary, which makes the whole 0.5 % larger at this size.
pub(super) const BLOCK: usize = 256 * 1024;

/// An empty final block: ends a deflate stream that was cut at a byte border.
const STREAM_END: [u8; 5] = [0x01, 0x00, 0x00, 0xff, 0xff];

/// A compressed block on its way back, with the checksum of what went in.
pub(super) struct Compressed {
    pub bytes: Vec<u8>,
    pub crc: Crc,
}

/// How an entry's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Deflate,
    /// Blocks of deflate that are stored as they are: for what is compressed already, at the speed of copying.
    Stored,
}

struct Job {
    number: u64,
    packing: Packing,
    input: Vec<u8>,
    output: Vec<u8>,
}

struct Done {
    number: u64,
    /// Empty, for the next block.
    input: Vec<u8>,
    block: io::Result<Compressed>,
}

/// Compresses blocks in order. Used by one entry at a time; the threads stay for the next.
pub(super) struct Deflater {
    inline: Option<Compress>,
    pool: Option<Pool>,
    threads: usize,
    next_number: u64,
    next_returned: u64,
    /// Blocks that came back before their turn; the first belongs to `next_returned`.
    waiting: VecDeque<Option<io::Result<Compressed>>>,
    spare_inputs: Vec<Vec<u8>>,
    spare_outputs: Vec<Vec<u8>>,
}

impl Deflater {
    /// `threads` is the most it starts; `None` takes one per processor, up to eight.
    pub(super) fn new(threads: Option<NonZeroUsize>) -> Self {
        let available = || thread::available_parallelism().map_or(1, NonZeroUsize::get).min(8);
        Self {
            inline: None,
            pool: None,
            threads: threads.map_or_else(available, NonZeroUsize::get),
            next_number: 0,
            next_returned: 0,
            waiting: VecDeque::new(),
            spare_inputs: Vec::new(),
            spare_outputs: Vec::new(),
        }
    }

    /// An empty buffer for the next block.
    pub(super) fn buffer(&mut self) -> Vec<u8> {
        self.spare_inputs.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(super) fn recycle_input(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.spare_inputs.push(buffer);
    }

    pub(super) fn recycle_output(&mut self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.spare_outputs.push(buffer);
    }

    /// Compresses a whole stream at once on this thread.
    pub(super) fn whole(&mut self, input: &[u8]) -> io::Result<Compressed> {
        let output = self.spare_outputs.pop().unwrap_or_default();
        let compress = self.inline.get_or_insert_with(compressor);
        compress_block(compress, input, output, FlushCompress::Finish)
    }

    /// Hands a block to the threads. Blocks while too many are under way: `deliver` then gets finished blocks, in order.
    pub(super) fn submit(
        &mut self,
        packing: Packing,
        input: Vec<u8>,
        mut deliver: impl FnMut(&Compressed) -> io::Result<()>,
    ) -> io::Result<()> {
        let threads = self.threads;
        let job = Job { number: self.next_number, packing, input, output: self.spare_outputs.pop().unwrap_or_default() };
        self.next_number += 1;
        self.pool.get_or_insert_with(|| Pool::start(threads)).submit(job)?;
        self.collect(threads as u64 * 2 + 1, &mut deliver)
    }

    /// Raw bytes that were submitted and not yet delivered, at most.
    pub(super) fn under_way(&self) -> u64 {
        (self.next_number - self.next_returned) * BLOCK as u64
    }

    /// Waits for all blocks.
    pub(super) fn drain(&mut self, mut deliver: impl FnMut(&Compressed) -> io::Result<()>) -> io::Result<()> {
        self.collect(0, &mut deliver)
    }

    /// The bytes that end a stream of blocks.
    pub(super) fn stream_end() -> &'static [u8] {
        &STREAM_END
    }

    /// Delivers what is finished, and waits until at most `allowed` blocks are under way.
    fn collect(&mut self, allowed: u64, deliver: &mut impl FnMut(&Compressed) -> io::Result<()>) -> io::Result<()> {
        let Some(pool) = &self.pool else { return Ok(()) };
        loop {
            let wait = self.next_number - self.next_returned > allowed;
            let in_turn = self.waiting.front_mut().and_then(Option::take);
            if let Some(block) = in_turn {
                self.waiting.pop_front();
                self.next_returned += 1;
                let block = block?;
                deliver(&block)?;
                let mut bytes = block.bytes;
                bytes.clear();
                self.spare_outputs.push(bytes);
                continue;
            }
            let done = if wait { pool.receive()? } else { pool.poll() };
            let Some(done) = done else { return Ok(()) };
            self.spare_inputs.push(done.input);
            let place = usize::try_from(done.number - self.next_returned).unwrap_or(usize::MAX);
            while self.waiting.len() <= place {
                self.waiting.push_back(None);
            }
            self.waiting[place] = Some(done.block);
        }
    }
}

/// The threads. They end when the pool is dropped.
struct Pool {
    jobs: Option<Sender<Job>>,
    done: Receiver<Done>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    fn start(threads: usize) -> Self {
        let (jobs, incoming) = channel();
        let (outgoing, done) = channel();
        let incoming = Arc::new(Mutex::new(incoming));
        let workers = (0..threads.max(1)).map(|_| {
            let incoming: Arc<Mutex<Receiver<Job>>> = Arc::clone(&incoming);
            let outgoing = outgoing.clone();
            thread::spawn(move || work(&incoming, &outgoing))
        });
        Self { jobs: Some(jobs), done, workers: workers.collect() }
    }

    fn submit(&self, job: Job) -> io::Result<()> {
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(workers_gone)
    }

    /// Waits for a finished block.
    fn receive(&self) -> io::Result<Option<Done>> {
        self.done.recv().map(Some).map_err(|_| workers_gone())
    }

    fn poll(&self) -> Option<Done> {
        self.done.try_recv().ok()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs = None;
        for worker in self.workers.drain(..) {
            // A worker that panicked has nothing more to say: its blocks are missing, which `receive` reported.
            let _ = worker.join();
        }
    }
}

fn workers_gone() -> io::Error {
    io::Error::other("a compressing thread ended early")
}

fn work(incoming: &Mutex<Receiver<Job>>, outgoing: &Sender<Done>) {
    let mut compress = compressor();
    loop {
        let job = incoming.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { number, packing, mut input, output }) = job else { return };
        let block = match packing {
            Packing::Deflate => compress_block(&mut compress, &input, output, FlushCompress::Sync),
            Packing::Stored => Ok(store_block(&input, output)),
        };
        input.clear();
        if outgoing.send(Done { number, input, block }).is_err() {
            return;
        }
    }
}

fn compressor() -> Compress {
    Compress::new(Compression::new(DEFLATE_LEVEL), false)
}

fn compress_block(compress: &mut Compress, input: &[u8], mut output: Vec<u8>, flush: FlushCompress) -> io::Result<Compressed> {
    compress.reset();
    output.clear();
    // Room for the worst case, so that one call is enough.
    output.reserve(input.len() + input.len() / 8 + 1024);
    compress.compress_vec(input, &mut output, flush).map_err(io::Error::other)?;
    if compress.total_in() != input.len() as u64 || output.len() == output.capacity() {
        return Err(io::Error::other("deflate needed more room than its worst case"));
    }
    let mut crc = Crc::new();
    crc.update(input);
    Ok(Compressed { bytes: output, crc })
}

/// Packs bytes as stored deflate blocks of at most 65,535 bytes each.
fn store_block(input: &[u8], mut output: Vec<u8>) -> Compressed {
    output.clear();
    for piece in input.chunks(usize::from(u16::MAX)) {
        let length = u16::try_from(piece.len()).unwrap_or(u16::MAX);
        output.push(0);
        output.extend_from_slice(&length.to_le_bytes());
        output.extend_from_slice(&(!length).to_le_bytes());
        output.extend_from_slice(piece);
    }
    let mut crc = Crc::new();
    crc.update(input);
    Compressed { bytes: output, crc }
}

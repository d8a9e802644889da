use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Logged, PATIENCE};
use crate::desk::world::{Keeps, World, get};

/// A desk that waits for nobody longer than a second or two.
fn impatient(world: &World, variables: &[(&str, &str)]) -> Logged {
    let mut all = vec![
        ("EXEUNT_SERVER_HEAD_SECONDS", "1"),
        ("EXEUNT_SERVER_BODY_SECONDS", "1"),
        ("EXEUNT_SERVER_ANSWER_SECONDS", "5"),
        ("EXEUNT_SERVER_STOP_SECONDS", "5"),
    ];
    all.extend_from_slice(variables);
    Logged::start(world, &all)
}

fn world() -> World {
    let world = World::new(Keeps::File);
    world.configure(0);
    world
}

fn connect(desk: &Logged) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", desk.port())).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("set a timeout");
    stream
}

/// Everything until the desk closes the connection.
fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset has ended too.
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn clients_that_send_slowly_or_nothing_are_sent_away() {
    let world = world();
    let desk = impatient(&world, &[]);
    let begun = Instant::now();
    // Nothing at all; half a head; a head drop by drop; an idle connection after an answer.
    let silent = connect(&desk);
    let mut half = connect(&desk);
    half.write_all(b"GET /healthz HTTP/1.1\r\nhost: desk").expect("send");
    let mut drops = connect(&desk);
    drops.write_all(b"GET /healthz HTTP/1.1\r\n").expect("send");
    let mut idle = connect(&desk);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nhost: desk\r\n\r\n").expect("send");
    // Half a body.
    let mut body = connect(&desk);
    body.write_all(
        b"POST /api/v1/sign-in HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{\"email\"",
    )
    .expect("send");
    for header in 0.. {
        // It is over when the desk has closed the connection.
        if drops.write_all(format!("x-{header}: 1\r\n").as_bytes()).is_err() || begun.elapsed() > PATIENCE {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(begun.elapsed() < PATIENCE, "a head that never ends was waited for");
    assert_eq!(rest(silent), "");
    let told = rest(half);
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    let told = rest(idle);
    assert!(told.starts_with("HTTP/1.1 200") && told.ends_with("ok\n"), "{told}");
    let told = rest(body);
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("/problems/too-slow"), "{told}");
    get(&format!("{}/healthz", desk.url)).is(200);
}

#[test]
fn a_client_that_sends_steadily_is_waited_for() {
    let world = world();
    let desk = impatient(&world, &[]);
    let mut stream = connect(&desk);
    let (pieces, piece) = (4, vec![b' '; 64 * 1024]);
    let end = b"{\"email\": \"nobody@navigator.example\"}";
    let head = "POST /api/v1/sign-in HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-type: application/json\r\n";
    stream.write_all(format!("{head}content-length: {}\r\n\r\n", pieces * piece.len() + end.len()).as_bytes()).expect("send");
    for _ in 0..pieces {
        // Together they take longer than a body of few bytes may.
        stream.write_all(&piece).expect("send a piece");
        std::thread::sleep(Duration::from_millis(500));
    }
    stream.write_all(end).expect("send the end");
    let told = rest(stream);
    assert!(told.starts_with("HTTP/1.1 20"), "{told}");
}

#[test]
fn connections_beyond_the_limit_wait_until_one_ends() {
    let world = world();
    let desk = impatient(&world, &[("EXEUNT_SERVER_CONNECTIONS", "2"), ("EXEUNT_SERVER_HEAD_SECONDS", "3")]);
    let begun = Instant::now();
    let (first, second) = (connect(&desk), connect(&desk));
    // It is answered once those that say nothing have been sent away.
    get(&format!("{}/healthz", desk.url)).is(200);
    assert!(begun.elapsed() >= Duration::from_secs(2), "it was answered beside two others");
    assert_eq!((rest(first), rest(second)), (String::new(), String::new()));
}

#[test]
fn what_is_too_large_is_refused() {
    let world = world();
    let desk = impatient(&world, &[("EXEUNT_SERVER_LARGEST_BODY_BYTES", "2000")]);
    let mut stream = connect(&desk);
    let head = "POST /api/v1/sign-in HTTP/1.1\r\nhost: desk\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n";
    stream.write_all(head.as_bytes()).expect("send");
    // The desk may have answered and closed before all of it is sent.
    let _ = stream.write_all(&[b' '; 5000]);
    let told = rest(stream);
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 413"), "{told}");
    let mut stream = connect(&desk);
    let head = format!("GET /healthz HTTP/1.1\r\nhost: desk\r\nx-large: {}\r\n\r\n", "a".repeat(100_000));
    let _ = stream.write_all(head.as_bytes());
    let told = rest(stream);
    assert!(told.is_empty() || told.starts_with("HTTP/1.1 431"), "{}", &told[..told.len().min(200)]);
    get(&format!("{}/healthz", desk.url)).is(200);
}

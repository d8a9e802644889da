//! What is said of a commit whose answer is not to be trusted.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use exeunt_sources::Error;
use exeunt_testkit::postgres::Server;

use crate::world::{Postgres, World as _};

/// An answer of the server that it gives up, as it does when the log cannot be written through to the disk.
const PANIC: &[u8] = b"E\0\0\0\x20SPANIC\0VPANIC\0C58030\0Mdisk\0\0";

/// Passes everything on to the server and back, lets it commit, and answers in its place that it gives up.
fn give_up_after_commit(listener: &TcpListener, port: u16) {
    let (mut client, _) = listener.accept().unwrap();
    let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (mut answers, mut to_client) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let answering = thread::spawn(move || {
        let mut piece = [0; 8192];
        while let Ok(length @ 1..) = answers.read(&mut piece) {
            let committed = piece[..length].windows(7).any(|window| window == b"COMMIT\0");
            let answer = if committed { PANIC } else { &piece[..length] };
            if to_client.write_all(answer).is_err() || committed {
                break;
            }
        }
        to_client.shutdown(Shutdown::Both).ok();
    });
    let mut piece = [0; 8192];
    while let Ok(length @ 1..) = client.read(&mut piece) {
        if server.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    server.shutdown(Shutdown::Both).ok();
    answering.join().unwrap();
}

#[test]
fn a_server_that_gives_up_while_it_commits_has_not_said_that_it_rolled_back() {
    let world = Postgres::new();
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY); INSERT INTO note VALUES (1)");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let through = listener.local_addr().unwrap().port();
    let proxy = thread::spawn(move || give_up_after_commit(&listener, Server::shared().port()));
    let url = world.database.url().replace(&format!(":{}/", Server::shared().port()), &format!(":{through}/"));
    let mut eraser = Postgres::at(&url, &[]).eraser().unwrap();
    eraser.begin().unwrap();
    let told = eraser.commit().unwrap_err();
    assert!(matches!(told, Error::CommitUnknown { .. }), "{told:?}");
    drop(eraser);
    proxy.join().unwrap();
}

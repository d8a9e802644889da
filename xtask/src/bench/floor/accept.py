# The rows that a request leaves in the store, by hand: one durable transaction each, on one connection, as SQLite's own library does it.
# Called with the path of a new database and a number of requests; prints the milliseconds that one took.

import sqlite3
import sys
import time

path, count = sys.argv[1], int(sys.argv[2])
database = sqlite3.connect(path, isolation_level=None)
database.executescript(
    """
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE request (id TEXT PRIMARY KEY, contract TEXT NOT NULL, subject TEXT NOT NULL, document TEXT NOT NULL, received INTEGER NOT NULL) STRICT;
    CREATE INDEX request_contract ON request (contract, received, id);
    CREATE INDEX request_subject ON request (subject);
    CREATE TABLE event (request TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (request, number)) STRICT;
    CREATE TABLE job (id TEXT PRIMARY KEY, target TEXT NOT NULL, run_at INTEGER NOT NULL) STRICT;
    CREATE INDEX job_next ON job (run_at);
    """
)
document = "d" * 400
begun = time.perf_counter()
for number in range(count):
    id = f"{number:032x}"
    database.execute("BEGIN IMMEDIATE")
    database.execute("INSERT INTO request VALUES (?, ?, ?, ?, ?)", (id, str(number % 20), f"{number:064x}", document, number))
    database.execute("INSERT INTO event VALUES (?, 0, 'submit'), (?, 1, 'enqueue')", (id, id))
    database.execute("UPDATE request SET received = received WHERE id = ?", (id,))
    database.execute("INSERT INTO job VALUES (?, ?, ?)", (id, id, number))
    database.execute("COMMIT")
print(1000 * (time.perf_counter() - begun) / count)

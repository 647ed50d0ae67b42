-- What a site keeps: one file, one writer. Times are UTC nanoseconds since 1970 unless a comment says otherwise.

CREATE TABLE series (
  id    INTEGER PRIMARY KEY,     -- the small number that stands for a point in packed rows
  point TEXT NOT NULL UNIQUE,    -- the point's id in the site file
  last_at INTEGER NOT NULL DEFAULT -1,  -- source time of the newest reading that is in a chunk; -1: none
  last_crc INTEGER,              -- CRC-32 of last
  last  BLOB                     -- that reading, packed like a chunk of one
);

CREATE TABLE journal (
  seq  INTEGER PRIMARY KEY,      -- the order of commits; never used twice, so a sink can keep it as its cursor
  n    INTEGER NOT NULL,         -- readings in this commit
  crc  INTEGER NOT NULL,         -- CRC-32 of blob
  blob BLOB NOT NULL             -- the readings of one commit, in the order in which they arrived
);

CREATE TABLE chunk (
  id     INTEGER PRIMARY KEY,
  series INTEGER NOT NULL,       -- series.id
  t0     INTEGER NOT NULL,       -- source time of the first reading
  t1     INTEGER NOT NULL,       -- source time of the last; the chunks of a series do not overlap
  n      INTEGER NOT NULL,       -- readings in this chunk
  crc    INTEGER NOT NULL,       -- CRC-32 of blob
  blob   BLOB NOT NULL           -- the readings of one series, distinct, in the order of their source time
);
CREATE INDEX chunk_of_series ON chunk (series, t0, t1, n);
CREATE INDEX chunk_by_age ON chunk (t1);

CREATE TABLE compacted (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  seq  INTEGER NOT NULL,         -- the last journal row that went into chunks
  rows INTEGER NOT NULL          -- readings in all chunks
);
INSERT INTO compacted VALUES (1, 0, 0);

CREATE TABLE quarantine (
  id     INTEGER PRIMARY KEY,
  at     INTEGER NOT NULL,       -- when it was set aside
  origin TEXT NOT NULL,          -- the table and row that it came from: 'journal 17'
  n      INTEGER NOT NULL,       -- readings that it claimed to hold
  blob   BLOB                    -- the bytes as they were found, for a person to look at
);

CREATE TABLE kept (
  kind TEXT NOT NULL,            -- what sort of state: 'alarm', 'claim'
  id   TEXT NOT NULL,            -- whose state
  doc  BLOB NOT NULL,            -- JSON
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE TABLE audit (
  seq           INTEGER PRIMARY KEY,  -- 1, 2, 3 … without a gap
  at            INTEGER NOT NULL,     -- when it happened
  actor         TEXT NOT NULL,        -- who did it
  action        TEXT NOT NULL,        -- what was done: 'command', 'alarm.ack', 'login'
  subject       TEXT NOT NULL,        -- to what
  before        TEXT NOT NULL,        -- canonical JSON
  after         TEXT NOT NULL,        -- canonical JSON
  outcome       TEXT NOT NULL,        -- how it ended
  why           TEXT NOT NULL,        -- the reason given
  request       TEXT NOT NULL,        -- the id that ties several events together
  clock_quality TEXT NOT NULL,        -- how far `at` may be trusted
  prev          TEXT NOT NULL,        -- hash of the event before, hexadecimal
  hash          TEXT NOT NULL         -- SHA-256 of all of the above, hexadecimal
);
CREATE INDEX audit_by_action ON audit (action, seq);

CREATE TABLE audit_head (
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  seq  INTEGER NOT NULL,         -- the newest event's
  hash TEXT NOT NULL             -- the newest event's
);

CREATE TABLE account (
  name       TEXT PRIMARY KEY,   -- lower case
  hash       TEXT NOT NULL,      -- Argon2id, with its parameters
  roles      TEXT NOT NULL,      -- separated by blanks
  enabled    INTEGER NOT NULL,   -- 0 or 1
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL    -- when the password was last set
) WITHOUT ROWID;

CREATE TABLE session (
  id         INTEGER PRIMARY KEY,  -- what a list shows and a person revokes
  hash       TEXT NOT NULL UNIQUE, -- SHA-256 of the cookie
  account    TEXT NOT NULL,        -- account.name
  address    TEXT NOT NULL,        -- where the login came from
  agent      TEXT NOT NULL,        -- the browser's own description
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL      -- the last request, to the minute
);
CREATE INDEX session_of_account ON session (account, id);

CREATE TABLE token (
  id         INTEGER PRIMARY KEY,  -- what a list shows and a person revokes
  name       TEXT NOT NULL,        -- what the token is for
  prefix     TEXT NOT NULL,        -- its first characters, to recognise it by
  hash       TEXT NOT NULL UNIQUE, -- SHA-256 of the token
  roles      TEXT NOT NULL,        -- separated by blanks
  only       TEXT NOT NULL,        -- permissions to which it is narrowed, separated by blanks; '': all of its roles'
  made_by    TEXT NOT NULL,        -- account.name
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at    INTEGER NOT NULL      -- the last request, to the minute; 0: never
);

-- What people were told. Times are UTC nanoseconds since 1970.

CREATE TABLE notification (
  id          TEXT PRIMARY KEY,  -- whoever asked for it chose it; asking twice is asking once
  at          INTEGER NOT NULL,  -- when it was asked for
  valid_until INTEGER NOT NULL,  -- after this nothing of it is sent
  call_list   TEXT NOT NULL,     -- the call list; empty: a test of one person
  alarm       TEXT NOT NULL,     -- the rule's id; empty: a test
  occurrence  TEXT NOT NULL,     -- which occurrence of the alarm it tells of
  severity    INTEGER NOT NULL,  -- 1 (low) to 4 (critical)
  told        TEXT NOT NULL,     -- the sentence that says whom
  withdrawn   TEXT NOT NULL DEFAULT ''  -- why nothing more of it is sent
) WITHOUT ROWID;
CREATE INDEX notification_by_time ON notification (at);

CREATE TABLE delivery (
  id           TEXT PRIMARY KEY,
  notification TEXT NOT NULL,    -- notification.id
  place        INTEGER NOT NULL, -- its place in the call list
  person       TEXT NOT NULL,    -- who; empty: the channel speaks to a room or a group
  stands_for   TEXT NOT NULL,    -- whose place that person takes
  channel      TEXT NOT NULL,
  address      TEXT NOT NULL,    -- where the channel reaches them
  code         TEXT NOT NULL,    -- what a reply names
  subject      TEXT NOT NULL,
  text         TEXT NOT NULL,
  short        TEXT NOT NULL,
  language     TEXT NOT NULL,
  valid_until  INTEGER NOT NULL,
  severity     INTEGER NOT NULL,
  state        TEXT NOT NULL,    -- waiting, sending, sent, delivered, expired, failed, withdrawn
  tries        INTEGER NOT NULL, -- how often sending was begun
  detail       TEXT NOT NULL,    -- what the channel said last
  changed_at   INTEGER NOT NULL, -- when the state became what it is
  reply        TEXT NOT NULL DEFAULT '',
  replied_at   INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX delivery_of_notification ON delivery (notification, place);
CREATE INDEX delivery_open ON delivery (valid_until) WHERE state IN ('waiting', 'sending');

CREATE TABLE attempt (
  id       INTEGER PRIMARY KEY,
  delivery TEXT NOT NULL,        -- delivery.id
  at       INTEGER NOT NULL,
  what     TEXT NOT NULL,        -- a state of the delivery, or reply
  detail   TEXT NOT NULL
);
CREATE INDEX attempt_of_delivery ON attempt (delivery, id);

-- What became of every alarm, one row a time that it rang; and when somebody was there to write it down.

CREATE TABLE occurrence (
  n INTEGER PRIMARY KEY,         -- the order in which they were first written
  id TEXT NOT NULL UNIQUE,       -- the alarm's id and when it was raised: 'river@1768608000000000000'
  alarm TEXT NOT NULL,           -- the rule's id in the site file
  point TEXT NOT NULL,           -- the point's id
  name_id TEXT NOT NULL,         -- what people call the alarm, Indonesian
  name_en TEXT NOT NULL,         -- the same, English
  category TEXT NOT NULL,        -- 'process' or 'comm'
  scale TEXT NOT NULL,           -- the scale's id
  scale_id TEXT NOT NULL,        -- its name, Indonesian
  scale_en TEXT NOT NULL,        -- its name, English
  unit TEXT NOT NULL,            -- of `peak`
  place TEXT NOT NULL,           -- room, owner and tags of the point
  lat REAL,                      -- where the point stands, degrees
  lon REAL,
  code TEXT NOT NULL,            -- the worst level reached
  label_id TEXT NOT NULL,        -- its name, Indonesian
  label_en TEXT NOT NULL,        -- its name, English
  severity_first INTEGER NOT NULL,  -- 1 (low) to 4 (worst), when it was raised
  severity INTEGER NOT NULL,     -- the worst of it
  raised_at INTEGER NOT NULL,
  onset INTEGER,                 -- when its source saw it begin
  annunciated_at INTEGER,        -- when it was first sounded; NULL: never
  annunciations INTEGER NOT NULL,   -- how often it was sounded
  acked_at INTEGER,              -- when it was first acknowledged
  acked_by TEXT NOT NULL,        -- by whom; '': nobody
  station TEXT NOT NULL,         -- from where
  acks INTEGER NOT NULL,         -- how often it was acknowledged
  cleared_at INTEGER,            -- when the condition went for the last time; NULL: it stands
  closed_at INTEGER,             -- when it was over: gone, and acknowledged or reset where that is asked; NULL: open
  ended TEXT NOT NULL,           -- how: 'closed', 'retired' (its rule was), 'unknown' (nobody was there); '': open
  peak REAL,                     -- the worst value
  peak_at INTEGER,               -- when it was seen; NULL: nobody was there
  active_since INTEGER,          -- since when the condition has stood; NULL: it does not
  active_ns INTEGER NOT NULL,    -- how long it stood before that
  note TEXT NOT NULL,            -- what was said last of it
  disposition TEXT NOT NULL,     -- what was made of it
  chatter INTEGER NOT NULL,      -- how often it came back within
  in_flood INTEGER NOT NULL,     -- 1: it was sounded within a flood
  first_out TEXT NOT NULL,       -- 'first', 'uncertain' or ''
  asides TEXT NOT NULL,          -- the kinds of its spells, separated by blanks
  words TEXT NOT NULL            -- all that is searched, in lower case
);
CREATE INDEX occurrence_by_time ON occurrence (raised_at);
CREATE INDEX occurrence_of_alarm ON occurrence (alarm, raised_at);
CREATE INDEX occurrence_of_point ON occurrence (point, raised_at);
CREATE INDEX occurrence_open ON occurrence (raised_at) WHERE closed_at IS NULL;
CREATE INDEX occurrence_long ON occurrence (raised_at) WHERE closed_at - raised_at > 86400000000000;  -- of a day and more

CREATE TABLE spell (
  id TEXT PRIMARY KEY,           -- alarm, kind, whose and since when
  alarm TEXT NOT NULL,           -- the rule's id
  kind TEXT NOT NULL,            -- 'shelved', 'suppressed', 'out_of_service' or 'unknown' (its input was silent or bad)
  whose TEXT NOT NULL,           -- the person who did it, or the rule that suppresses
  why TEXT NOT NULL,             -- the reason given
  severity INTEGER NOT NULL,     -- of the alarm, then
  since INTEGER NOT NULL,
  due INTEGER,                   -- when it was to end; NULL: nothing was said
  until INTEGER,                 -- when it ended; NULL: it has not
  ended_by TEXT NOT NULL         -- who ended it
) WITHOUT ROWID;
CREATE INDEX spell_of_alarm ON spell (alarm, since);
CREATE INDEX spell_by_time ON spell (since);
CREATE INDEX spell_open ON spell (since) WHERE until IS NULL;

CREATE TABLE annunciation (
  at INTEGER NOT NULL,           -- when it was to be sounded
  alarm TEXT NOT NULL,           -- the rule's id
  occurrence TEXT NOT NULL,      -- occurrence.id
  severity INTEGER NOT NULL,
  listed INTEGER NOT NULL        -- 1: only listed, in a flood
);
CREATE INDEX annunciation_by_time ON annunciation (at, severity, alarm);

CREATE TABLE recorded (
  since INTEGER PRIMARY KEY,     -- the service began to write down
  until INTEGER NOT NULL         -- and did so at least until then
);

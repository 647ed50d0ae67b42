-- Roll-ups beside the raw readings, how far each tier reaches back, and what the sinks have not had yet.

ALTER TABLE journal ADD COLUMN total INTEGER NOT NULL DEFAULT 0;  -- readings of all commits up to and with this one
ALTER TABLE journal ADD COLUMN size INTEGER NOT NULL DEFAULT 0;   -- bytes of their blobs
ALTER TABLE journal ADD COLUMN t0 INTEGER NOT NULL DEFAULT 0;     -- earliest source time in this commit
ALTER TABLE journal ADD COLUMN t1 INTEGER NOT NULL DEFAULT 9223372036854775807;  -- latest source time in this commit
ALTER TABLE journal ADD COLUMN r0 INTEGER NOT NULL DEFAULT 0;     -- earliest arrival in this commit, in ms
ALTER TABLE journal ADD COLUMN r1 INTEGER NOT NULL DEFAULT 9223372036854;  -- latest arrival in this commit, in ms
UPDATE journal SET total = sums.total, size = sums.size FROM (
  SELECT seq, sum(n) OVER (ORDER BY seq) AS total, sum(length(blob)) OVER (ORDER BY seq) AS size FROM journal
) AS sums WHERE sums.seq = journal.seq;

CREATE TABLE cursor (
  sink TEXT PRIMARY KEY,         -- who reads the journal: 'influx'
  seq  INTEGER NOT NULL          -- the last commit that it has in full
) WITHOUT ROWID;

CREATE TABLE owed (
  seq   INTEGER PRIMARY KEY,     -- the last of a stretch of commits that a sink had not had when their bytes were needed
  first INTEGER NOT NULL,        -- the first of them; their readings are in chunks
  n     INTEGER NOT NULL,        -- readings in these commits, redeliveries among them
  t0    INTEGER NOT NULL,        -- earliest source time
  t1    INTEGER NOT NULL,        -- latest source time
  r0    INTEGER NOT NULL,        -- earliest arrival, in ms
  r1    INTEGER NOT NULL         -- latest arrival, in ms
);

ALTER TABLE chunk ADD COLUMN state INTEGER NOT NULL DEFAULT -1;  -- 0: open, may still be merged; 1: closed, the roll-ups have it; -1: made before there were roll-ups
DROP INDEX chunk_of_series;
CREATE INDEX chunk_of_series ON chunk (state, series, t0, t1, n);  -- a compaction touches the open ones only, and they lie together
DROP INDEX chunk_by_age;
CREATE INDEX chunk_by_age ON chunk (state, t1);

CREATE TABLE rollup (
  step   INTEGER NOT NULL,       -- ns: a minute or an hour
  block  INTEGER NOT NULL,       -- which stretch of a day (of minutes) or of 32 days (of hours), counted from 1970
  series INTEGER NOT NULL,       -- series.id
  crc    INTEGER NOT NULL,       -- CRC-32 of blob
  blob   BLOB NOT NULL,          -- count, sum, lowest, highest, last and worst quality of each step that closed chunks fill
  PRIMARY KEY (step, block, series)
) WITHOUT ROWID;

ALTER TABLE compacted ADD COLUMN raw_from INTEGER NOT NULL DEFAULT 0;     -- readings from before have left the raw tier
ALTER TABLE compacted ADD COLUMN minute_from INTEGER NOT NULL DEFAULT 0;  -- the same for the minutes
ALTER TABLE compacted ADD COLUMN hour_from INTEGER NOT NULL DEFAULT 0;    -- the same for the hours

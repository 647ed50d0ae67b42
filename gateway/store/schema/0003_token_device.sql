-- A token may be a device's own: it then pushes that device's points and may do nothing else.

ALTER TABLE token ADD COLUMN device TEXT NOT NULL DEFAULT '';  -- the device's id in the site file; '': of no device

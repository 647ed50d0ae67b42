-- The history of one alarm is read from the audit.

CREATE INDEX audit_by_subject ON audit (subject, seq);

-- Who did what in one tenant in March: found by its time, however long the chain is.
CREATE INDEX audit_event_by_time ON audit_event (org_id, at, seq);

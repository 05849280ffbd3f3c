-- Of the logins that were adopted, those of which a fingerprint is kept: after a scrub there are none.
CREATE INDEX adopted_id_prints ON adopted_id (org_id, endpoint_id) WHERE fingerprint IS NOT NULL;

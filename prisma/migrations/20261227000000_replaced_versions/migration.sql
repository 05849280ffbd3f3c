-- An agent sees whether what a store answers is what the last rotation replaced. Both columns are versions, as `promoted_version` is.
GRANT SELECT (base_version, previous_version) ON rotation_attempt TO rcm_agent;

-- When rotations may start, what stops them, what people are told, and what they change by hand.

-- `sun 22:00-04:00`, `daily 02:00-03:30`: hours of the portal's own clock, over midnight where the end is the smaller.
CREATE FUNCTION rcm_is_maintenance_window(candidate text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN candidate ~ '^(daily|mon|tue|wed|thu|fri|sat|sun) ([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$';

CREATE FUNCTION rcm_are_maintenance_windows(candidates text[]) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN (SELECT coalesce(bool_and(rcm_is_maintenance_window(w)), true) FROM unnest(candidates) w);

-- Whether a piece of work that begins at `at` and takes `lasting` touches one of the windows. Counted in minutes of the week on the
-- portal's clock, so summer time moves the windows with it.
CREATE FUNCTION rcm_touches_maintenance(windows text[], zone text, at timestamptz, lasting interval) RETURNS boolean
  LANGUAGE sql STABLE STRICT PARALLEL SAFE
  RETURN (
    SELECT coalesce(bool_or((n.minute - w.start + 10080) % 10080 < w.length OR (w.start - n.minute + 10080) % 10080 < n.lasting), false)
      FROM (SELECT (extract(isodow FROM at AT TIME ZONE zone)::int - 1) * 1440 + extract(hour FROM at AT TIME ZONE zone)::int * 60
                   + extract(minute FROM at AT TIME ZONE zone)::int AS minute,
                   ceil(extract(epoch FROM lasting) / 60)::int AS lasting) n,
           (SELECT d.day * 1440 + p.from_minute AS start, CASE WHEN p.to_minute = p.from_minute THEN 1440 ELSE (p.to_minute - p.from_minute + 1440) % 1440 END AS length
              FROM (SELECT split_part(t, ' ', 1) AS days, substr(split_part(t, ' ', 2), 1, 2)::int * 60 + substr(split_part(t, ' ', 2), 4, 2)::int AS from_minute,
                           substr(split_part(t, ' ', 2), 7, 2)::int * 60 + substr(split_part(t, ' ', 2), 10, 2)::int AS to_minute FROM unnest(windows) t) p
              JOIN (VALUES ('mon', 0), ('tue', 1), ('wed', 2), ('thu', 3), ('fri', 4), ('sat', 5), ('sun', 6)) d (name, day) ON p.days IN ('daily', d.name)) w);

ALTER TABLE portal_type
  ADD COLUMN maintenance_windows    text[] NOT NULL DEFAULT '{}' CHECK (rcm_are_maintenance_windows(maintenance_windows)),
  ADD COLUMN maintenance_time_zone  text NOT NULL DEFAULT 'UTC' CHECK ((timestamptz '2000-01-01' AT TIME ZONE maintenance_time_zone) IS NOT NULL),
  -- The portal's own expiry, where it has one, and how long before it we rotate.
  ADD COLUMN password_expires_days  integer CHECK (password_expires_days > 0),
  ADD COLUMN expiry_head_start_days integer NOT NULL DEFAULT 7 CHECK (expiry_head_start_days >= 0),
  ADD CONSTRAINT portal_type_head_start_below_expiry CHECK (expiry_head_start_days < password_expires_days);

-- The scheduler takes a few of each portal type.
CREATE INDEX integration_endpoint_due_by_portal_type ON integration_endpoint (portal_type_code, next_rotation_at, id) WHERE secret_arn IS NOT NULL;

-- A rollback names the version whose password it goes back to; the password itself is nowhere but in the store.
ALTER TABLE rotation_attempt ADD COLUMN chosen_version text CHECK (chosen_version <> '');

-- What a person has paused: everything (both NULL), one portal type, or one login.
CREATE TABLE rotation_pause (
  id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  portal_type_code text REFERENCES portal_type (code),
  org_id           text,
  endpoint_id      text,
  actor            text NOT NULL CHECK (actor <> ''),
  reason           text NOT NULL CHECK (reason <> ''),
  paused_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id),
  CONSTRAINT rotation_pause_one_scope CHECK (num_nonnulls(portal_type_code, endpoint_id) <= 1 AND num_nulls(org_id, endpoint_id) IN (0, 2)),
  CONSTRAINT rotation_pause_once UNIQUE NULLS NOT DISTINCT (portal_type_code, endpoint_id)
);

-- Per portal type: today's first rotation, and whether rotations are stopped because the portal is ill or has changed. Its row is
-- locked after the login's.
CREATE TABLE portal_gate (
  portal_type_code  text PRIMARY KEY REFERENCES portal_type (code),
  -- The day is the portal's own.
  canary_day        date,
  canary_attempt_id uuid,
  canary_state      text CHECK (canary_state IN ('running', 'passed')),
  opened_at         timestamptz,
  cause             text CHECK (cause IN ('canary_failed', 'page_changed', 'logins_suspect')),
  detail            text,
  -- When one rotation was last let through to see whether the portal is well again.
  probed_at         timestamptz,
  closed_at         timestamptz,
  closed_by         text,
  CONSTRAINT portal_gate_whole_canary CHECK (num_nulls(canary_day, canary_attempt_id, canary_state) IN (0, 3)),
  CONSTRAINT portal_gate_open_has_cause CHECK ((opened_at IS NULL) = (cause IS NULL)),
  CONSTRAINT portal_gate_closed_has_name CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);

-- What people are told. Written with the state it tells of; sent afterwards, at least once per channel.
CREATE TABLE notice (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  kind             text NOT NULL CHECK (kind IN ('blocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open', 'waiting_long', 'left_previous')),
  -- Whatever would tell of the same thing has the same key.
  dedup_key        text NOT NULL UNIQUE,
  org_id           text REFERENCES organization (id),
  endpoint_id      text,
  portal_type_code text REFERENCES portal_type (code),
  attempt_id       uuid REFERENCES rotation_attempt (id),
  detail           text,
  created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);

CREATE INDEX notice_by_time ON notice (created_at);
CREATE INDEX notice_by_endpoint ON notice (org_id, endpoint_id);

CREATE TABLE notice_delivery (
  notice_id     uuid NOT NULL REFERENCES notice (id),
  channel       text NOT NULL CHECK (channel <> ''),
  tries         integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  -- Until then it belongs to whoever claimed it, or rests after a failure.
  not_before    timestamptz NOT NULL,
  delivered_at  timestamptz,
  -- The budget of tries is spent; the log has had it all along.
  given_up_at   timestamptz,
  last_error    text,
  PRIMARY KEY (notice_id, channel)
);

-- Logins that people rotate: what the store held when it was last proved, and what the portal refused.
CREATE TABLE manual_watch (
  org_id          text NOT NULL,
  endpoint_id     text PRIMARY KEY,
  known_version   text,
  refused_version text,
  looked_at       timestamptz NOT NULL,
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);

CREATE INDEX manual_watch_by_endpoint ON manual_watch (org_id, endpoint_id);
CREATE INDEX rotation_pause_by_endpoint ON rotation_pause (org_id, endpoint_id);

CALL rcm_isolate('rotation_pause');
CALL rcm_isolate('notice');
CALL rcm_isolate('manual_watch');
-- What holds for every tenant, or tells of a portal and not of a tenant, has no organization: the rotator's own.
CREATE POLICY of_no_tenant ON rotation_pause TO rcm_rotator, CURRENT_USER USING (org_id IS NULL);
CREATE POLICY of_no_tenant ON notice TO rcm_rotator, CURRENT_USER USING (org_id IS NULL);

REVOKE ALL ON FUNCTION rcm_is_maintenance_window(text), rcm_are_maintenance_windows(text[]), rcm_touches_maintenance(text[], text, timestamptz, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_is_maintenance_window(text), rcm_are_maintenance_windows(text[]) TO PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_touches_maintenance(text[], text, timestamptz, interval) TO rcm_rotator;
GRANT SELECT, INSERT, DELETE ON rotation_pause TO rcm_rotator;
GRANT SELECT, INSERT, UPDATE ON portal_gate TO rcm_rotator;
GRANT SELECT, INSERT ON notice TO rcm_rotator;
GRANT INSERT ON notice TO rcm_agent;
GRANT SELECT, INSERT, UPDATE ON notice_delivery TO rcm_rotator;
GRANT SELECT, INSERT, UPDATE (known_version, refused_version, looked_at) ON manual_watch TO rcm_rotator;
-- An agent that is told of an expiry brings the rotation forward.
GRANT UPDATE (next_rotation_at) ON integration_endpoint TO rcm_agent;

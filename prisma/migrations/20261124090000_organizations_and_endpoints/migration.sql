-- Who owns which account at which portal. Ids become secret paths, session tags and policy variables, so the pattern that
-- the code checks is checked here again.

CREATE FUNCTION rcm_is_id(candidate text) RETURNS boolean
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN candidate ~ '^[a-z0-9][a-z0-9-]{0,62}$';

-- Host with port of an http(s) URL, lower-cased; NULL for anything else, also for a URL with user info in it.
CREATE FUNCTION rcm_url_host(url text) RETURNS text
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN lower(substring(url from '^https?://([^/?#@\\\s]+)(?:[/?#][^\s]*)?$'));

CREATE TABLE organization (
  id         text PRIMARY KEY CHECK (rcm_is_id(id)),
  name       text NOT NULL CHECK (name <> ''),
  parent_id  text REFERENCES organization (id) CHECK (parent_id <> id),
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE portal_type (
  code                     text PRIMARY KEY CHECK (rcm_is_id(code)),
  name                     text NOT NULL CHECK (name <> ''),
  hosts                    text[] NOT NULL CHECK (cardinality(hosts) > 0 AND array_position(hosts, NULL) IS NULL),
  driver                   text NOT NULL CHECK (driver <> ''),
  recipe                   jsonb NOT NULL CHECK (jsonb_typeof(recipe) = 'object'),
  password_rules           text NOT NULL CHECK (password_rules <> ''),
  rotation_mode            text NOT NULL CHECK (rotation_mode IN ('automatic', 'manual')),
  rotation_interval_days   integer NOT NULL DEFAULT 60 CHECK (rotation_interval_days > 0),
  rotation_spread_days     integer NOT NULL DEFAULT 0 CHECK (rotation_spread_days >= 0),
  lockout_threshold        integer NOT NULL CHECK (lockout_threshold > 0),
  lockout_margin           integer NOT NULL CHECK (lockout_margin >= 0),
  lockout_window_seconds   integer NOT NULL CHECK (lockout_window_seconds > 0),
  settle_ms                integer NOT NULL CHECK (settle_ms >= 0),
  totp_skew                integer NOT NULL DEFAULT 0 CHECK (totp_skew BETWEEN 0 AND 10),
  totp_period_seconds      integer NOT NULL DEFAULT 30 CHECK (totp_period_seconds BETWEEN 10 AND 300),
  max_sessions_per_account integer NOT NULL DEFAULT 1 CHECK (max_sessions_per_account > 0),
  max_concurrency          integer NOT NULL DEFAULT 1 CHECK (max_concurrency > 0),
  created_at               timestamptz NOT NULL DEFAULT now(),
  updated_at               timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT portal_type_spread_below_interval CHECK (rotation_spread_days < rotation_interval_days),
  CONSTRAINT portal_type_margin_leaves_budget CHECK (lockout_margin < lockout_threshold)
);

-- What a portal locks: one user name at one host, whoever stores it. The id is a keyed hash; no user name is kept.
-- Its row is the lock under which leases, ledger, TOTP steps and journal of that login are serialised.
CREATE SEQUENCE login_fence;

CREATE TABLE login_identity (
  id                     text PRIMARY KEY CHECK (id ~ '^[0-9a-f]{64}$'),
  fence                  bigint NOT NULL DEFAULT 0,
  exclusive_wanted_by    text,
  exclusive_wanted_since timestamptz,
  exclusive_wanted_until timestamptz,
  exclusive_rest_until   timestamptz,
  last_totp_step         bigint NOT NULL DEFAULT 0,
  created_at             timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT login_identity_whole_wish CHECK (num_nulls(exclusive_wanted_by, exclusive_wanted_since, exclusive_wanted_until) IN (0, 3))
);

CREATE TABLE integration_endpoint (
  id                     text PRIMARY KEY CHECK (rcm_is_id(id)),
  org_id                 text NOT NULL REFERENCES organization (id),
  portal_type_code       text NOT NULL REFERENCES portal_type (code),
  account_id             text NOT NULL CHECK (rcm_is_id(account_id)),
  base_url               text NOT NULL CHECK (rcm_url_host(base_url) IS NOT NULL),
  config                 jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(config) = 'object'),
  -- Every AWS partition (aws, aws-cn, aws-us-gov, aws-iso-b, aws-eusc, …), and references into Vault.
  secret_arn             text CHECK (secret_arn ~ '^arn:aws(-[a-z]+)*:(ssm|secretsmanager):' OR secret_arn LIKE 'vault:%'),
  current_version        text CHECK (current_version <> ''),
  login_identity         text REFERENCES login_identity (id),
  last_rotated_at        timestamptz,
  rotation_status        text CHECK (rotation_status IN ('active', 'failed', 'pending')),
  next_rotation_at       timestamptz,
  -- Lets every reader learn whether plaintext is still there without touching `config`.
  has_legacy_credentials boolean NOT NULL GENERATED ALWAYS AS (config ? 'credentials') STORED,
  created_at             timestamptz NOT NULL DEFAULT now(),
  updated_at             timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT integration_endpoint_one_per_account UNIQUE (org_id, portal_type_code, account_id),
  CONSTRAINT integration_endpoint_same_tenant UNIQUE (org_id, id)
);

CREATE INDEX integration_endpoint_due ON integration_endpoint (next_rotation_at, id) WHERE secret_arn IS NOT NULL;
CREATE INDEX integration_endpoint_by_identity ON integration_endpoint (login_identity);
CREATE INDEX integration_endpoint_by_secret ON integration_endpoint (org_id, secret_arn);
CREATE INDEX integration_endpoint_by_portal_type ON integration_endpoint (portal_type_code);
CREATE INDEX integration_endpoint_legacy ON integration_endpoint (id) WHERE has_legacy_credentials;

-- A login may only ever be typed on a host that its portal type declares. A trigger, because a CHECK sees one row only.
CREATE FUNCTION rcm_refuse_foreign_host() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- FOR SHARE: the declared hosts cannot change under a row that is being checked against them.
  PERFORM 1 FROM portal_type p
    WHERE p.code = NEW.portal_type_code AND rcm_url_host(NEW.base_url) = ANY (SELECT lower(h) FROM unnest(p.hosts) h)
    FOR SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'base_url of endpoint % is on no host that portal type % declares', NEW.id, NEW.portal_type_code
      USING ERRCODE = 'check_violation', CONSTRAINT = 'integration_endpoint_declared_host';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER integration_endpoint_declared_host BEFORE INSERT OR UPDATE OF base_url, portal_type_code ON integration_endpoint
  FOR EACH ROW EXECUTE FUNCTION rcm_refuse_foreign_host();

CREATE FUNCTION rcm_refuse_orphaned_hosts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  orphan text;
BEGIN
  SELECT e.id INTO orphan FROM integration_endpoint e
    WHERE e.portal_type_code = NEW.code AND rcm_url_host(e.base_url) <> ALL (SELECT lower(h) FROM unnest(NEW.hosts) h) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'portal type % must keep declaring the host of endpoint %', NEW.code, orphan
      USING ERRCODE = 'check_violation', CONSTRAINT = 'portal_type_hosts_in_use';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER portal_type_hosts_in_use BEFORE UPDATE OF hosts ON portal_type
  FOR EACH ROW EXECUTE FUNCTION rcm_refuse_orphaned_hosts();

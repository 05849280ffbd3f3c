-- Wrong is said of a password and ends; a portal's lockout is told in full; an account is what a portal locks, whatever door leads to it.

-- For the owner too, rows are those of the transaction's tenant.
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE portal_type
  -- Where a user name means one account; NULL: at this portal type alone. Several types behind one sign-in share one.
  ADD COLUMN account_realm         text CHECK (rcm_is_id(account_realm)),
  -- Written by a trigger, the latest last.
  ADD COLUMN former_realms         text[] NOT NULL DEFAULT '{}',
  ADD COLUMN username_case         text NOT NULL DEFAULT 'exact' CHECK (username_case IN ('exact', 'ignored')),
  -- consecutive: a success forgives what came before it. window: nothing but time does. until_unlocked: nothing but a person does.
  ADD COLUMN lockout_counts        text NOT NULL DEFAULT 'consecutive' CHECK (lockout_counts IN ('consecutive', 'window', 'until_unlocked')),
  -- NULL: until somebody calls the portal's support.
  ADD COLUMN lockout_lasts_seconds integer CHECK (lockout_lasts_seconds > 0),
  ADD COLUMN lockout_counts_codes  boolean NOT NULL DEFAULT true,
  -- NULL: time forgives nothing.
  ALTER COLUMN lockout_window_seconds DROP NOT NULL;
UPDATE portal_type SET lockout_lasts_seconds = lockout_window_seconds;
ALTER TABLE portal_type
  ADD CONSTRAINT portal_type_window_has_length CHECK (lockout_counts <> 'window' OR lockout_window_seconds IS NOT NULL),
  ADD CONSTRAINT portal_type_only_a_person_unlocks CHECK (lockout_counts <> 'until_unlocked' OR lockout_window_seconds IS NULL);

-- A realm that is given another name still has the accounts it had: their logins are recognised by the names before.
CREATE FUNCTION rcm_remember_realm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.former_realms := array_append(array_remove(OLD.former_realms, OLD.account_realm), OLD.account_realm);
  RETURN NEW;
END $$;
CREATE TRIGGER portal_type_remembers_realm BEFORE UPDATE OF account_realm ON portal_type
  FOR EACH ROW WHEN (OLD.account_realm IS NOT NULL AND OLD.account_realm IS DISTINCT FROM NEW.account_realm) EXECUTE FUNCTION rcm_remember_realm();

-- One realm, one rule for what is the same user name.
CREATE FUNCTION rcm_refuse_mixed_realm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM portal_type o WHERE o.code <> NEW.code AND o.username_case <> NEW.username_case
                AND coalesce(o.account_realm, o.code) = coalesce(NEW.account_realm, NEW.code)) THEN
    RAISE EXCEPTION 'portal types of one account realm must treat the case of user names alike' USING ERRCODE = 'check_violation', CONSTRAINT = 'portal_type_one_realm_one_case';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER portal_type_one_realm_one_case BEFORE INSERT OR UPDATE OF account_realm, username_case ON portal_type
  FOR EACH ROW EXECUTE FUNCTION rcm_refuse_mixed_realm();

-- Which key the id was made with, so that the key can be changed.
ALTER TABLE login_identity ADD COLUMN key_id text NOT NULL DEFAULT '1' CHECK (key_id ~ '^[a-z0-9]{1,16}$');

-- What a login was called before: what was tried under the former name until then counts under its own, too. Written where what counts as
-- one account was defined anew. Nobody's but the functions': it tells whose logins were one.
CREATE TABLE login_identity_past (
  identity text NOT NULL REFERENCES login_identity (id),
  former   text NOT NULL REFERENCES login_identity (id),
  until    timestamptz NOT NULL,
  PRIMARY KEY (identity, former),
  CHECK (identity <> former)
);
CREATE INDEX login_identity_past_by_former ON login_identity_past (former);
ALTER TABLE login_identity_past ENABLE ROW LEVEL SECURITY;
ALTER TABLE login_identity_past FORCE ROW LEVEL SECURITY;

-- The ledger knows a password by a keyed fingerprint; the key is never in the database.
ALTER TABLE login_attempt
  ADD COLUMN fingerprint text CHECK (fingerprint ~ '^[a-z0-9]{1,16}:[0-9a-f]{64}$'),
  -- The portal showed that the password is right: it let the login in, or said what it says only after a right one.
  ADD COLUMN proved boolean NOT NULL DEFAULT false;
ALTER TABLE login_attempt RENAME COLUMN suspect_until TO rests_until;
ALTER TABLE login_attempt DROP CONSTRAINT login_attempt_effect_check;
UPDATE login_attempt SET effect = 'bad' WHERE effect = 'version_bad';
UPDATE login_attempt SET proved = true WHERE outcome = 'accepted';
ALTER TABLE login_attempt ADD CONSTRAINT login_attempt_effect_check CHECK (effect IN ('none', 'provisional', 'suspect', 'bad'));
DROP INDEX login_attempt_accepted, login_attempt_version_bad, login_attempt_paused, login_attempt_unclear;
CREATE INDEX login_attempt_by_password ON login_attempt (login_identity, fingerprint, started_at DESC) WHERE fingerprint IS NOT NULL;
CREATE INDEX login_attempt_paused ON login_attempt (login_identity, throttled_until, rests_until) WHERE throttled_until IS NOT NULL OR rests_until IS NOT NULL;
CREATE INDEX login_attempt_failures ON login_attempt (login_identity, started_at DESC)
  WHERE outcome IS NULL OR outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced');
CREATE INDEX login_attempt_locked ON login_attempt (login_identity, started_at DESC) WHERE outcome = 'locked';
-- What breaker and health look for. The ledger grows with every login; of these there are few.
CREATE INDEX login_attempt_unclear ON login_attempt (started_at) WHERE effect IN ('suspect', 'bad') OR outcome = 'unknown';
CREATE INDEX login_attempt_got_in ON login_attempt (started_at) WHERE outcome = 'accepted' OR effect IN ('suspect', 'bad');

-- What a person said of a login: support has unlocked it, or its password is to be tried now. From then on what was before does not count.
CREATE TABLE login_clearance (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  login_identity text NOT NULL REFERENCES login_identity (id),
  org_id         text NOT NULL,
  endpoint_id    text NOT NULL,
  kind           text NOT NULL CHECK (kind IN ('unlocked', 'retry')),
  actor          text NOT NULL CHECK (actor <> ''),
  reason         text NOT NULL CHECK (reason <> ''),
  at             timestamptz NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CREATE INDEX login_clearance_last ON login_clearance (login_identity, at DESC);
CREATE INDEX login_clearance_by_endpoint ON login_clearance (org_id, endpoint_id);
CALL rcm_isolate('login_clearance');
CREATE POLICY own_login ON login_clearance AS RESTRICTIVE FOR INSERT
  WITH CHECK (EXISTS (SELECT FROM integration_endpoint e WHERE e.org_id = login_clearance.org_id AND e.id = login_clearance.endpoint_id AND e.login_identity = login_clearance.login_identity));
CREATE POLICY adds_for_one ON login_clearance AS RESTRICTIVE FOR INSERT TO rcm_rotator WITH CHECK ((SELECT rcm_tenant()) <> '*');

-- The journal: what was found, and since when nothing moves. Rounds of guesses are counted in the ledger, not here.
ALTER TABLE rotation_attempt
  DROP COLUMN guesses,
  -- Which password the portal was seen to accept: `staged`, `version:<store version>`, `copy:<attempt id>`, with `/<n>` where the portal kept only the first n characters.
  ADD COLUMN found text CHECK (found ~ '^(staged|version:.+|copy:[0-9a-f-]{36})(/[0-9]{1,3})?$'),
  ADD COLUMN held_since timestamptz,
  -- The rule by which the portal said no to the last submit. Its word is no proof, but the same password is not submitted again.
  ADD COLUMN refused_rule text;
CREATE INDEX rotation_attempt_cut ON rotation_attempt (portal_type_code) WHERE found LIKE '%/%';
UPDATE rotation_attempt SET journal_version = 2 WHERE ended_at IS NULL;
ALTER TABLE rotation_attempt ALTER COLUMN journal_version SET DEFAULT 2;
UPDATE rotation_attempt SET reason = CASE WHEN reason LIKE 'resolve:%' THEN 'resolve' ELSE 'due' END WHERE reason NOT IN ('due', 'demand', 'compromise', 'rollback', 'restored', 'resolve');
ALTER TABLE rotation_attempt DROP CONSTRAINT rotation_attempt_reason_check;
ALTER TABLE rotation_attempt ADD CONSTRAINT rotation_attempt_reason_check CHECK (reason IN ('due', 'demand', 'compromise', 'rollback', 'restored', 'resolve'));

-- Somebody was refused with what the store holds: the copies are to be searched for what the portal accepts, and when that was done last.
-- Wishes are counted, so that a search ends only those that it has seen: one that comes meanwhile may leave the date as it is.
ALTER TABLE integration_endpoint ADD COLUMN search_wanted_at timestamptz, ADD COLUMN searched_at timestamptz, ADD COLUMN search_wishes integer NOT NULL DEFAULT 0;
CREATE INDEX integration_endpoint_search ON integration_endpoint (search_wanted_at) WHERE search_wanted_at IS NOT NULL;

ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open', 'waiting_long', 'left_previous',
                                                                   'refused', 'found', 'other_account'));

-- How a portal locks this account; where it lies under several portal types, the strictest of each.
CREATE FUNCTION rcm_login_limits(identity text, OUT threshold integer, OUT budget integer, OUT success_forgives boolean, OUT window_seconds integer, OUT lock_seconds integer,
                                 OUT codes_count boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT min(p.lockout_threshold), min(p.lockout_threshold - p.lockout_margin), bool_and(p.lockout_counts = 'consecutive'),
           CASE WHEN bool_and(p.lockout_window_seconds IS NOT NULL) THEN max(p.lockout_window_seconds) END,
           CASE WHEN bool_and(p.lockout_lasts_seconds IS NOT NULL) THEN max(p.lockout_lasts_seconds) END, bool_or(p.lockout_counts_codes)
      FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code WHERE e.login_identity = identity;
  END;

-- Under which names, and until when under each, what was tried counts for a login.
CREATE FUNCTION rcm_login_names(identity text) RETURNS TABLE (id text, until timestamptz) LANGUAGE sql STABLE
  BEGIN ATOMIC
    SELECT identity, 'infinity'::timestamptz UNION ALL SELECT p.former, p.until FROM public.login_identity_past p WHERE p.identity = rcm_login_names.identity;
  END;

-- When the lock that the portal last told of ends: `infinity` where only a person can end it, NULL where none is known or a later login or a person says that it is over.
CREATE FUNCTION rcm_locked_until(identity text) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH names AS (SELECT n.id, n.until FROM public.rcm_login_names(identity) n)
    SELECT CASE WHEN l.lock_seconds IS NULL THEN 'infinity'::timestamptz ELSE a.at + make_interval(secs => l.lock_seconds) END
      FROM public.rcm_login_limits(identity) l
      CROSS JOIN (SELECT max(coalesce(t.finished_at, t.started_at)) AS at
                    FROM names n JOIN public.login_attempt t ON t.login_identity = n.id AND t.started_at <= n.until WHERE t.outcome = 'locked') a
     WHERE a.at IS NOT NULL
       AND NOT EXISTS (SELECT FROM names n JOIN public.login_attempt ok ON ok.login_identity = n.id AND ok.started_at <= n.until
                        WHERE ok.outcome = 'accepted' AND ok.started_at > a.at)
       AND NOT EXISTS (SELECT FROM names n JOIN public.login_clearance c ON c.login_identity = n.id AND c.at <= n.until WHERE c.kind = 'unlocked' AND c.at > a.at);
  END;

-- What the ledger says about a login now; no row where the tenant does not have it. All figures come from one statement, so they belong
-- together. What counts and why: docs/adr/0013 and libs/db/src/ledger/budget.ts.
DROP FUNCTION rcm_login_ledger(text);
CREATE FUNCTION rcm_login_ledger(identity text)
  RETURNS TABLE (threshold integer, budget integer, window_seconds integer, success_forgives boolean, failures integer, in_flight integer, oldest_leaves_at timestamptz,
                 newest_leaves_at timestamptz, locked_until timestamptz, locked_for_good boolean, may_be_locked boolean, throttled_until timestamptz, now timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH names AS (SELECT n.id, n.until FROM public.rcm_login_names(identity) n),
    limits AS (SELECT l.* FROM public.rcm_login_limits(identity) l),
    lock AS (SELECT public.rcm_locked_until(identity) AS until),
    accepted AS (
      SELECT max((SELECT max(a.started_at) FROM public.login_attempt a WHERE a.login_identity = n.id AND a.started_at <= n.until AND a.outcome = 'accepted')) AS started_at
        FROM names n
    ), unlocked AS (
      SELECT max(c.at) AS at FROM names n JOIN public.login_clearance c ON c.login_identity = n.id AND c.at <= n.until WHERE c.kind = 'unlocked'
    ),
    -- Failures before this moment count no more: a person had the account unlocked, or a lock that ends by itself has ended.
    forgiven AS (
      SELECT greatest((SELECT u.at FROM unlocked u),
                      (SELECT max(coalesce(a.finished_at, a.started_at))
                         FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN limits l CROSS JOIN lock
                        WHERE a.outcome = 'locked' AND l.success_forgives AND lock.until <= clock_timestamp())) AS at
    ), made AS (
      -- `at`: when it ended, as far as is known. `sent_by`: when the portal counted it at the latest; one whose process died may have been sent
      -- for as long as its browser lived, and no login takes ten minutes.
      -- `counts_for`: an answer that is not a failure in the portal's own words counts for a day where time forgives nothing; it would for ever.
      SELECT a.outcome, f.in_flight, coalesce(a.finished_at, a.started_at) AS at,
             coalesce(l.window_seconds, CASE WHEN a.outcome IN ('challenged', 'mfa_required') THEN 86400 END) AS counts_for,
             CASE WHEN f.in_flight THEN clock_timestamp() ELSE coalesce(a.finished_at, a.started_at + interval '10 minutes') END AS sent_by
        FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN limits l
        CROSS JOIN LATERAL (SELECT a.outcome IS NULL AND EXISTS (SELECT FROM public.login_lease w WHERE w.id = a.lease_id AND w.expires_at > clock_timestamp()) AS in_flight) f
       WHERE (a.outcome IS NULL OR a.outcome NOT IN ('accepted', 'not_submitted', 'password_expired', 'change_forced'))
         AND (a.outcome IS DISTINCT FROM 'mfa_rejected' OR l.codes_count)
         -- Of the index. What is older than its window by a day is not being made any more.
         AND (l.window_seconds IS NULL OR a.started_at > transaction_timestamp() - make_interval(days => 1, secs => l.window_seconds))
    ), counted AS (
      SELECT m.in_flight, m.outcome, m.sent_by + make_interval(secs => m.counts_for) AS leaves_at
        FROM made m CROSS JOIN limits l CROSS JOIN forgiven f LEFT JOIN accepted ok ON l.success_forgives
       WHERE m.in_flight
          OR ((m.counts_for IS NULL OR m.sent_by > transaction_timestamp() - make_interval(secs => m.counts_for))
              AND (f.at IS NULL OR m.sent_by > f.at) AND (ok.started_at IS NULL OR m.at > ok.started_at))
    )
    SELECT l.threshold, l.budget, l.window_seconds, l.success_forgives, (SELECT count(*) FROM counted)::int, (SELECT count(*) FROM counted c WHERE c.in_flight)::int,
           (SELECT min(c.leaves_at) FROM counted c), (SELECT max(c.leaves_at) FROM counted c),
           nullif(lock.until, 'infinity'), coalesce(lock.until = 'infinity', false),
           (SELECT coalesce(bool_or(c.outcome = 'rejected_or_locked'), false) FROM counted c),
           (SELECT max(a.throttled_until) FROM names n JOIN public.login_attempt a ON a.login_identity = n.id AND a.started_at <= n.until CROSS JOIN unlocked u
             WHERE a.throttled_until > clock_timestamp() AND (u.at IS NULL OR u.at <= a.started_at)),
           clock_timestamp()
      FROM limits l CROSS JOIN lock WHERE public.rcm_tenant_has_login(identity);
  END;

-- What the ledger knows of one password of a login, whichever organization tried it: known by any of its fingerprints (two while a key is
-- changed). `refusals`: those after the last proof that it is right and after a person's word, and of them the ones that were called bad.
CREATE FUNCTION rcm_password_record(identity text, prints text[], since timestamptz)
  RETURNS TABLE (proved_at timestamptz, refusals integer, bad integer, refused_first_at timestamptz, rests_until timestamptz, refused_since integer, refused_last_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH mine AS (
      SELECT a.started_at, coalesce(a.finished_at, a.started_at) AS at, a.effect, a.proved, a.rests_until, a.outcome
        FROM public.login_attempt a WHERE a.login_identity = identity AND a.fingerprint = ANY (prints) AND public.rcm_tenant_has_login(identity)
    ), fresh AS (
      SELECT greatest((SELECT max(m.started_at) FROM mine m WHERE m.proved),
                      (SELECT max(c.at) FROM public.login_clearance c WHERE c.login_identity = identity)) AS at
    ), refused AS (
      SELECT m.* FROM mine m CROSS JOIN fresh f WHERE m.effect IN ('suspect', 'bad') AND (f.at IS NULL OR m.at > f.at)
    )
    SELECT (SELECT max(m.started_at) FROM mine m WHERE m.proved), count(*)::int, (count(*) FILTER (WHERE r.effect = 'bad'))::int, min(r.at), max(r.rests_until),
           (SELECT count(*) FROM mine m WHERE m.outcome IN ('rejected', 'rejected_or_locked') AND m.started_at >= since)::int,
           (SELECT max(m.at) FROM mine m WHERE m.outcome IN ('rejected', 'rejected_or_locked'))
      FROM refused r;
  END;

-- Of so many logins in use, how many refused ones mean that the portal is ill: half of a few, `suspects` of some, a fifth of many.
CREATE FUNCTION rcm_many_refused(active integer, suspects integer) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN greatest(1, least(suspects, (active + 1) / 2), active / 5);

-- Whether a portal type is ill, by what its OTHER logins met lately, over all tenants: `ill`: many were refused with what ought to be right;
-- `well`: somebody got in after `since`; else nobody knows. How many are many follows how many are in use. One word and no row.
-- A gate that was opened by refusals says so for half a day, by when most maintenance is over: logins whose passwords the portal has all cut, or that a
-- person has changed, would vouch for each other's refusals for ever, and nobody would search for what it accepts.
CREATE FUNCTION rcm_portal_health(portal_type text, identity text, since timestamptz, lasting interval, suspects integer) RETURNS text
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  refused integer;
  active integer;
BEGIN
  IF EXISTS (SELECT FROM public.portal_gate g WHERE g.portal_type_code = portal_type AND g.opened_at IS NOT NULL AND g.closed_at IS NULL AND g.cause = 'logins_suspect'
               AND g.opened_at > transaction_timestamp() - interval '12 hours') THEN
    RETURN 'ill';
  END IF;
  SELECT count(*) FILTER (WHERE u.refused_at > coalesce(u.accepted_at, '-infinity')), count(*) INTO refused, active
    FROM (SELECT max(a.started_at) FILTER (WHERE a.outcome = 'accepted') AS accepted_at, max(a.started_at) FILTER (WHERE a.effect IN ('suspect', 'bad')) AS refused_at
            FROM public.login_attempt a JOIN public.integration_endpoint e ON e.id = a.endpoint_id
           WHERE e.portal_type_code = portal_type AND a.login_identity IS DISTINCT FROM identity AND a.started_at > transaction_timestamp() - lasting
             AND (a.outcome = 'accepted' OR a.effect IN ('suspect', 'bad'))
           GROUP BY a.login_identity) u;
  IF refused >= public.rcm_many_refused(active, suspects) THEN RETURN 'ill'; END IF;
  IF EXISTS (SELECT FROM public.login_attempt a JOIN public.integration_endpoint e ON e.id = a.endpoint_id
              WHERE e.portal_type_code = portal_type AND a.login_identity IS DISTINCT FROM identity AND a.outcome = 'accepted'
                AND a.started_at > coalesce(since, transaction_timestamp() - lasting)) THEN
    RETURN 'well';
  END IF;
  RETURN 'unknown';
END $$;

DROP FUNCTION rcm_portal_is_ill(text, interval, integer);

-- A secret names a login by another id than its row: the row follows. `known_as`: what the login that it names may have been called, under
-- former keys, realms and rules. What the ledger knows belongs to an account, so it depends on whose the row's id is:
--   `renamed`   the same account's: everybody who has the account goes along, with all that is known, so that it has one id and one budget;
--   `parted`    that of several logins which were one account until now: each counts what was tried until now, and from here on its own;
--   `followed`  another account's: what is known of that one stays with it, for whoever has it or comes back.
-- The endpoints of the organization that share secret and realm go with it, and their journal where it is the same account: what another one's
-- rotations have left in the store is not this one's to remove. In another realm the same user name is another account. Only under the exclusive lease that is named, and where no rotation of either login is open. Answers one of these,
-- `moved` (the row had another id), `rotation_open` or `in_use`.
CREATE FUNCTION rcm_follow_account(endpoint text, was text, becomes text, new_key_id text, lease uuid, known_as text[]) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
  moving text[];
  answer text;
BEGIN
  -- Before anything is written: what is not the tenant's own leaves no trace.
  IF was = becomes OR NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.login_identity = was) THEN
    RETURN 'moved';
  END IF;
  INSERT INTO public.login_identity (id, key_id) VALUES (becomes, new_key_id) ON CONFLICT DO NOTHING;
  PERFORM FROM public.login_identity i WHERE i.id IN (was, becomes) ORDER BY i.id FOR UPDATE;
  SELECT e.org_id, e.secret_arn, e.login_identity, coalesce(p.account_realm, p.code) AS realm INTO own
    FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  IF own.login_identity IS DISTINCT FROM was THEN RETURN 'moved'; END IF;
  IF EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity IN (was, becomes) AND a.ended_at IS NULL) THEN RETURN 'rotation_open'; END IF;
  -- Whoever is at the other login may go on: this one only joins them. But nobody may be about to rotate it.
  IF NOT EXISTS (SELECT FROM public.login_lease l
                  WHERE l.id = lease AND l.login_identity = was AND l.org_id = own.org_id AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())
     OR EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = becomes AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp()) THEN
    RETURN 'in_use';
  END IF;
  answer := CASE WHEN was = ANY (known_as) THEN 'renamed'
                 WHEN EXISTS (SELECT FROM public.login_identity_past p WHERE p.identity = was AND p.former = ANY (known_as || becomes)) THEN 'parted'
                 ELSE 'followed' END;
  DELETE FROM public.login_lease l WHERE l.login_identity = was;
  SELECT array_agg(e.id) INTO moving FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code
   WHERE e.login_identity = was
     AND (answer = 'renamed' OR e.id = endpoint
          OR (e.org_id = own.org_id AND e.secret_arn = own.secret_arn AND coalesce(p.account_realm, p.code) = own.realm));
  UPDATE public.integration_endpoint e SET login_identity = becomes, updated_at = clock_timestamp() WHERE e.id = ANY (moving);
  -- A code may be good for a moment yet, and who made it is not known here.
  UPDATE public.login_identity n SET last_totp_step = greatest(n.last_totp_step, o.last_totp_step) FROM public.login_identity o WHERE n.id = becomes AND o.id = was;
  IF answer = 'renamed' THEN
    UPDATE public.login_attempt a SET login_identity = becomes WHERE a.login_identity = was;
    UPDATE public.login_clearance c SET login_identity = becomes WHERE c.login_identity = was;
    -- Who parted from it finds there what was found here.
    INSERT INTO public.login_identity_past (identity, former, until)
      SELECT p.identity, becomes, p.until FROM public.login_identity_past p WHERE p.former = was AND p.identity <> becomes
      ON CONFLICT (identity, former) DO UPDATE SET until = greatest(login_identity_past.until, excluded.until);
  END IF;
  IF answer <> 'followed' THEN
    -- What another account's rotations have left in the store is that account's: nothing that happens at this one shows that it may go.
    UPDATE public.rotation_attempt a SET login_identity = becomes WHERE a.login_identity = was AND a.endpoint_id = ANY (moving);
    INSERT INTO public.login_identity_past (identity, former, until)
      SELECT becomes, f.former, max(f.until)
        FROM (SELECT p.former, p.until FROM public.login_identity_past p WHERE p.identity = was UNION ALL SELECT was, clock_timestamp()) f
       WHERE f.former <> becomes GROUP BY f.former
      ON CONFLICT (identity, former) DO UPDATE SET until = greatest(login_identity_past.until, excluded.until);
  END IF;
  RETURN answer;
END $$;

-- What is known of passwords that are no candidate any more is forgotten: of the tenant's attempts at a login only those keep a fingerprint
-- that are named. What another organization tried is its own to forget: its secret may hold that password still.
CREATE FUNCTION rcm_forget_passwords(identity text, keep text[]) RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH gone AS (UPDATE public.login_attempt a SET fingerprint = NULL
      WHERE a.login_identity = identity AND a.org_id = public.rcm_tenant() AND a.fingerprint IS NOT NULL AND a.fingerprint <> ALL (keep) RETURNING 1)
    SELECT count(*)::int FROM gone;
  END;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_forget_passwords(text, text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_login_limits(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_locked_until(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_login_ledger(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_password_record(text, text[], timestamptz) OWNER TO rcm_internal;
ALTER FUNCTION rcm_portal_health(text, text, timestamptz, interval, integer) OWNER TO rcm_internal;
ALTER FUNCTION rcm_follow_account(text, text, text, text, uuid, text[]) OWNER TO rcm_internal;

SET ROLE rcm_internal;
-- As before, but what rests was refused with what is current and is not proved since, and a lock lasts as its portal says.
CREATE OR REPLACE FUNCTION rcm_account_is_well(org text, endpoint text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (
    SELECT FROM public.integration_endpoint e
     WHERE e.org_id = org AND e.id = endpoint AND e.login_identity IS NOT NULL AND e.rotation_status IS DISTINCT FROM 'failed'
       AND NOT EXISTS (SELECT FROM public.rotation_pause r WHERE r.org_id = e.org_id AND r.endpoint_id = e.id)
       AND NOT EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = e.login_identity AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())
       AND NOT EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL
                          AND coalesce(a.waiting_from, a.state) IN ('submitting', 'applied', 'verified', 'blocked'))
       AND coalesce(public.rcm_locked_until(e.login_identity) <= clock_timestamp(), true)
       AND NOT EXISTS (SELECT FROM public.login_attempt a WHERE a.login_identity = e.login_identity AND a.throttled_until > clock_timestamp()
                          AND NOT EXISTS (SELECT FROM public.login_clearance c WHERE c.login_identity = a.login_identity AND c.kind = 'unlocked' AND c.at > a.started_at))
       -- Only a hint: the ledger is asked again by fingerprint. A version that is not current any more says nothing of the one that is.
       AND NOT EXISTS (SELECT FROM public.login_attempt a WHERE a.login_identity = e.login_identity AND a.rests_until > clock_timestamp() AND a.fingerprint IS NOT NULL
                          AND a.version IS NOT DISTINCT FROM e.current_version AND a.org_id = e.org_id
                          AND NOT EXISTS (SELECT FROM public.login_attempt ok WHERE ok.login_identity = a.login_identity AND ok.proved AND ok.started_at > a.started_at)
                          AND NOT EXISTS (SELECT FROM public.login_clearance c WHERE c.login_identity = a.login_identity AND c.at > a.started_at)));
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

REVOKE ALL ON FUNCTION rcm_login_limits(text), rcm_login_names(text), rcm_locked_until(text), rcm_login_ledger(text), rcm_password_record(text, text[], timestamptz), rcm_many_refused(integer, integer),
  rcm_portal_health(text, text, timestamptz, interval, integer), rcm_follow_account(text, text, text, text, uuid, text[]), rcm_forget_passwords(text, text[]), rcm_refuse_mixed_realm(), rcm_remember_realm() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_login_ledger(text), rcm_password_record(text, text[], timestamptz), rcm_portal_health(text, text, timestamptz, interval, integer) TO rcm_agent, rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_many_refused(integer, integer) TO rcm_internal, rcm_rotator;
GRANT EXECUTE ON FUNCTION rcm_login_names(text) TO rcm_internal;
GRANT EXECUTE ON FUNCTION rcm_follow_account(text, text, text, text, uuid, text[]), rcm_forget_passwords(text, text[]) TO rcm_rotator;

GRANT SELECT ON login_clearance TO rcm_internal;
GRANT SELECT, INSERT, UPDATE (until) ON login_identity_past TO rcm_internal;
GRANT SELECT, INSERT ON login_clearance TO rcm_rotator;
GRANT UPDATE (login_identity) ON login_clearance, rotation_attempt TO rcm_internal;
GRANT UPDATE (login_identity, fingerprint) ON login_attempt TO rcm_internal;
GRANT SELECT (endpoint_id), UPDATE (login_identity) ON rotation_attempt TO rcm_internal;
GRANT UPDATE (login_identity, updated_at) ON integration_endpoint TO rcm_internal;
GRANT SELECT, INSERT (id, key_id), UPDATE (last_totp_step) ON login_identity TO rcm_internal;
GRANT SELECT (org_id, fingerprint, proved) ON login_attempt TO rcm_internal;
GRANT SELECT (org_id) ON login_lease TO rcm_internal;
CREATE POLICY internal ON login_clearance TO rcm_internal USING (true);
CREATE POLICY internal ON login_identity_past TO rcm_internal USING (true);
CREATE POLICY internal ON login_identity TO rcm_internal USING (true);
CREATE POLICY internal_follows ON login_attempt FOR UPDATE TO rcm_internal USING (true);
CREATE POLICY internal_follows ON rotation_attempt FOR UPDATE TO rcm_internal USING (true);
CREATE POLICY internal_follows ON integration_endpoint FOR UPDATE TO rcm_internal USING (true);

GRANT UPDATE (proved) ON login_attempt TO rcm_agent, rcm_rotator;
GRANT INSERT (key_id) ON login_identity TO rcm_migrator;
GRANT UPDATE (found, held_since, refused_rule) ON rotation_attempt TO rcm_rotator;
GRANT SELECT (search_wanted_at, searched_at, search_wishes) ON integration_endpoint TO rcm_agent, rcm_rotator;
GRANT UPDATE (search_wanted_at, search_wishes) ON integration_endpoint TO rcm_agent;
GRANT UPDATE (search_wanted_at, searched_at, search_wishes) ON integration_endpoint TO rcm_rotator;

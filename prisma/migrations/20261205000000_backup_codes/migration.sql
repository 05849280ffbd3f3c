-- Backup codes: each is good once at the portal, whichever organization typed it and whoever died on the way. So it is written down as used before it is typed, by a keyed fingerprint,
-- on the account and not on an endpoint. No row is ever removed: the secret keeps used codes, and an old copy of it may come back.
SELECT set_config('app.tenant_id', '*', true);

CREATE TABLE backup_code_spent (
  login_identity text NOT NULL REFERENCES login_identity (id),
  fingerprint    text NOT NULL CHECK (fingerprint ~ '^[a-z0-9]{1,16}:[0-9a-f]{64}$'),
  org_id         text NOT NULL,
  endpoint_id    text NOT NULL,
  -- How many the secret had left then; NULL: the row came along from another name of the account, and says nothing of this one's secret.
  left_then      integer CHECK (left_then BETWEEN 0 AND 99),
  spent_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When the key was changed, the code was in no secret of whoever had used it: its fingerprint cannot be made anew.
  left_behind    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (login_identity, fingerprint),
  FOREIGN KEY (org_id, endpoint_id) REFERENCES integration_endpoint (org_id, id)
);
CREATE INDEX backup_code_spent_last ON backup_code_spent (org_id, endpoint_id, spent_at DESC) WHERE left_then IS NOT NULL;
CREATE INDEX backup_code_spent_by_key ON backup_code_spent (split_part(fingerprint, ':', 1), login_identity) WHERE NOT left_behind;
CALL rcm_isolate('backup_code_spent');
CREATE POLICY every_tenant_is_seen ON backup_code_spent FOR SELECT TO rcm_operator USING ((SELECT rcm_tenant()) = '*');
CREATE POLICY every_tenant_is_shown ON backup_code_spent FOR SELECT TO rcm_console USING ((SELECT rcm_tenant()) = '*');
-- What comes along from another name may be of an endpoint that has left the account since.
CREATE POLICY own_login ON backup_code_spent AS RESTRICTIVE FOR INSERT
  WITH CHECK (current_user = 'rcm_internal' OR EXISTS (SELECT FROM integration_endpoint e
    WHERE e.org_id = backup_code_spent.org_id AND e.id = backup_code_spent.endpoint_id AND e.login_identity = backup_code_spent.login_identity));
CREATE POLICY internal ON backup_code_spent TO rcm_internal USING (true);
GRANT SELECT ON backup_code_spent TO rcm_rotator;
GRANT SELECT (org_id, endpoint_id, left_then, spent_at) ON backup_code_spent TO rcm_operator, rcm_console;
GRANT SELECT, INSERT, DELETE, UPDATE (left_behind) ON backup_code_spent TO rcm_internal;

-- Takes the first code of a secret that nobody has used at the account, for good: from here on it counts as used, whether it is typed or not. `prints` are the fingerprints of its
-- codes, `codes` which code each belongs to, in the secret's order, the current key's first. Under the login's lock, so of two askers each gets another one. `taken`: which code; NULL: none is
-- left. `remaining` NULL: the lease is over, and nothing was taken.
CREATE FUNCTION rcm_spend_backup_code(endpoint text, lease uuid, prints text[], codes integer[], OUT taken integer, OUT remaining integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  identity text;
  print text;
BEGIN
  IF cardinality(prints) NOT BETWEEN 1 AND 400 OR cardinality(prints) IS DISTINCT FROM cardinality(codes) THEN
    RAISE EXCEPTION 'so many fingerprints are not those of one secret' USING ERRCODE = 'check_violation';
  END IF;
  SELECT e.login_identity INTO identity FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  PERFORM FROM public.login_identity i WHERE i.id = identity FOR UPDATE;
  IF NOT EXISTS (SELECT FROM public.login_lease l WHERE l.id = lease AND l.login_identity = identity AND l.org_id = public.rcm_tenant() AND l.endpoint_id = endpoint
                    AND l.expires_at > clock_timestamp()) THEN
    RETURN;
  END IF;
  SELECT c.code, c.prints[1], (count(*) OVER ())::integer - 1 INTO taken, print, remaining
    FROM (SELECT p.code, array_agg(p.print ORDER BY p.nth) AS prints FROM unnest(prints, codes) WITH ORDINALITY p (print, code, nth) GROUP BY p.code) c
   WHERE NOT EXISTS (SELECT FROM public.backup_code_spent s WHERE s.login_identity = identity AND s.fingerprint = ANY (c.prints))
   ORDER BY c.code LIMIT 1;
  IF taken IS NULL THEN
    remaining := 0;
    RETURN;
  END IF;
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then) VALUES (identity, print, public.rcm_tenant(), endpoint, remaining);
END $$;

-- The ids of the keys that fingerprints of used codes were made with, which a change of keys can still move: one step in the index for each.
CREATE FUNCTION rcm_spent_code_key_ids() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH RECURSIVE ids AS (
      (SELECT split_part(s.fingerprint, ':', 1) AS id FROM public.backup_code_spent s WHERE NOT s.left_behind ORDER BY 1 LIMIT 1)
      UNION ALL
      SELECT (SELECT split_part(s.fingerprint, ':', 1) FROM public.backup_code_spent s WHERE NOT s.left_behind AND split_part(s.fingerprint, ':', 1) > k.id ORDER BY 1 LIMIT 1)
        FROM ids k WHERE k.id IS NOT NULL
    ) SELECT k.id FROM ids k WHERE k.id IS NOT NULL;
  END;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_spend_backup_code(text, uuid, text[], integer[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_spent_code_key_ids() OWNER TO rcm_internal;

SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_spend_backup_code(text, uuid, text[], integer[]), rcm_spent_code_key_ids() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_spend_backup_code(text, uuid, text[], integer[]) TO rcm_agent, rcm_rotator;

-- As before, and with the codes that were used.
CREATE OR REPLACE FUNCTION rcm_merge_login(was text, becomes text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM public.login_lease l WHERE l.login_identity = was;
  UPDATE public.integration_endpoint e SET login_identity = becomes, updated_at = clock_timestamp() WHERE e.login_identity = was;
  UPDATE public.login_attempt a SET login_identity = becomes WHERE a.login_identity = was;
  UPDATE public.login_clearance c SET login_identity = becomes WHERE c.login_identity = was;
  UPDATE public.rotation_attempt a SET login_identity = becomes WHERE a.login_identity = was;
  UPDATE public.login_identity n SET last_totp_step = greatest(n.last_totp_step, o.last_totp_step) FROM public.login_identity o WHERE n.id = becomes AND o.id = was;
  INSERT INTO public.login_identity_past (identity, former, until)
    SELECT n.identity, n.former, max(n.until)
      FROM (SELECT CASE WHEN p.identity = was THEN becomes ELSE p.identity END, CASE WHEN p.former = was THEN becomes ELSE p.former END, p.until
              FROM public.login_identity_past p WHERE was IN (p.identity, p.former)) n (identity, former, until)
     WHERE n.identity <> n.former GROUP BY 1, 2
    ON CONFLICT (identity, former) DO UPDATE SET until = greatest(login_identity_past.until, excluded.until);
  DELETE FROM public.login_identity_past p WHERE was IN (p.identity, p.former);
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then, spent_at, left_behind)
    SELECT becomes, s.fingerprint, s.org_id, s.endpoint_id, s.left_then, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = was
    ON CONFLICT DO NOTHING;
  DELETE FROM public.backup_code_spent s WHERE s.login_identity = was;
  DELETE FROM public.login_identity i WHERE i.id = was;
END $$;

-- As before, and what was used by the former name stays used, whosever account the new one is.
CREATE OR REPLACE FUNCTION rcm_follow_account(endpoint text, was text, names text[], key_ids text[], lease uuid, known_as text[]) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
  becomes text;
  moving text[];
  answer text;
BEGIN
  -- Before anything is written: what is not the tenant's own leaves no trace.
  IF was = ANY (names) OR NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.login_identity = was) THEN
    RETURN 'moved';
  END IF;
  IF (SELECT i.key_id FROM public.login_identity i WHERE i.id = was) <> ALL (key_ids) THEN RETURN 'other_key'; END IF;
  PERFORM public.rcm_lock_logins(names || was, key_ids);
  SELECT e.org_id, e.secret_arn, e.login_identity, coalesce(p.account_realm, p.code) AS realm INTO own
    FROM public.integration_endpoint e JOIN public.portal_type p ON p.code = e.portal_type_code WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  IF own.login_identity IS DISTINCT FROM was THEN RETURN 'moved'; END IF;
  becomes := public.rcm_settle_login(endpoint, names, key_ids);
  IF becomes IS NULL THEN RETURN 'other_key'; END IF;
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
  -- The portal may know the account by a new name and its codes as before.
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, spent_at, left_behind)
    SELECT becomes, s.fingerprint, own.org_id, endpoint, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = was
    ON CONFLICT DO NOTHING;
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

-- The same where a person has put another account into a row that is not migrated.
CREATE OR REPLACE FUNCTION rcm_name_legacy_login(endpoint text, was text, names text[], key_ids text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  goes_by text;
BEGIN
  -- Before anything is written: what is not the tenant's own leaves no trace.
  IF cardinality(names) NOT BETWEEN 1 AND 2 OR cardinality(names) IS DISTINCT FROM cardinality(key_ids) OR was = ANY (names) OR NOT EXISTS (
      SELECT FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.secret_arn IS NULL AND e.has_legacy_credentials
                AND e.login_identity IS NOT DISTINCT FROM was) THEN
    RETURN 'moved';
  END IF;
  IF was IS NOT NULL THEN
    IF (SELECT i.key_id FROM public.login_identity i WHERE i.id = was) <> ALL (key_ids) THEN RETURN 'other_key'; END IF;
    PERFORM public.rcm_lock_logins(names || was, key_ids);
    IF EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = was AND l.endpoint_id = endpoint AND l.expires_at > clock_timestamp()) THEN RETURN 'in_use'; END IF;
  END IF;
  goes_by := public.rcm_settle_login(endpoint, names, key_ids);
  IF goes_by IS NULL THEN RETURN 'other_key'; END IF;
  INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, spent_at, left_behind)
    SELECT goes_by, s.fingerprint, public.rcm_tenant(), endpoint, s.spent_at, s.left_behind FROM public.backup_code_spent s WHERE s.login_identity = was
    ON CONFLICT DO NOTHING;
  UPDATE public.integration_endpoint e SET login_identity = goes_by, updated_at = clock_timestamp()
   WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.secret_arn IS NULL AND e.login_identity IS NOT DISTINCT FROM was;
  RETURN CASE WHEN FOUND THEN 'named' ELSE 'moved' END;
END $$;

-- As before, and with the fingerprints of used codes.
CREATE OR REPLACE FUNCTION rcm_move_prints(identity text, was text[], becomes text[], kept_key_id text, OUT followed integer, OUT forgotten integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  followed := 0; forgotten := 0;
  IF NOT public.rcm_tenant_has_login(identity) THEN RETURN; END IF;
  UPDATE public.login_attempt a SET fingerprint = m.becomes FROM unnest(was, becomes) m (was, becomes) WHERE a.login_identity = identity AND a.fingerprint = m.was;
  GET DIAGNOSTICS followed = ROW_COUNT;
  -- Of used codes, too; one that is in no secret of whoever used it keeps the fingerprint that it has, and holds up no change of keys.
  WITH gone AS (DELETE FROM public.backup_code_spent s USING unnest(was, becomes) m (was, becomes) WHERE s.login_identity = identity AND s.fingerprint = m.was
                RETURNING m.becomes, s.org_id, s.endpoint_id, s.left_then, s.spent_at),
  moved AS (INSERT INTO public.backup_code_spent (login_identity, fingerprint, org_id, endpoint_id, left_then, spent_at)
              SELECT identity, g.becomes, g.org_id, g.endpoint_id, g.left_then, g.spent_at FROM gone g ON CONFLICT DO NOTHING RETURNING 1)
  SELECT followed + count(*) INTO followed FROM moved;
  UPDATE public.backup_code_spent s SET left_behind = true
   WHERE s.login_identity = identity AND NOT s.left_behind AND split_part(s.fingerprint, ':', 1) <> kept_key_id
     AND (s.org_id = public.rcm_tenant()
          OR NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.org_id = s.org_id AND e.login_identity = identity AND e.secret_arn IS NOT NULL));
  UPDATE public.login_attempt a SET fingerprint = NULL
   WHERE a.login_identity = identity AND a.org_id = public.rcm_tenant() AND a.fingerprint IS NOT NULL AND split_part(a.fingerprint, ':', 1) <> kept_key_id;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
END $$;

CREATE OR REPLACE FUNCTION rcm_keys_in_use() RETURNS TABLE (use text, key_id text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT 'identity', k.id FROM public.rcm_identity_key_ids() k(id)
     WHERE EXISTS (SELECT FROM public.login_identity i JOIN public.integration_endpoint e ON e.login_identity = i.id WHERE i.key_id = k.id AND e.secret_arn IS NOT NULL)
        OR EXISTS (SELECT FROM public.login_identity i WHERE i.key_id = k.id AND public.rcm_login_may_return(i.id))
    UNION ALL SELECT 'fingerprint', k.id FROM public.rcm_print_key_ids() k(id)
    UNION SELECT 'fingerprint', k.id FROM public.rcm_spent_code_key_ids() k(id)
     WHERE EXISTS (SELECT FROM public.backup_code_spent s JOIN public.integration_endpoint e ON e.login_identity = s.login_identity
                    WHERE split_part(s.fingerprint, ':', 1) = k.id AND NOT s.left_behind AND e.secret_arn IS NOT NULL)
    UNION SELECT 'proof', split_part(m.row_fingerprint, ':', 1) FROM public.migration_proof m WHERE m.row_fingerprint IS NOT NULL;
  END;

CREATE OR REPLACE FUNCTION rcm_key_rows() RETURNS TABLE (use text, key_id text, what text, count bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT 'identity', i.key_id, CASE WHEN i.stored THEN 'logins' ELSE 'logins that nobody has now' END, count(*)
      FROM (SELECT n.key_id, n.id, EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = n.id AND e.secret_arn IS NOT NULL) AS stored FROM public.login_identity n) i
     WHERE i.stored OR public.rcm_login_may_return(i.id) GROUP BY 1, 2, 3
    UNION ALL SELECT 'fingerprint', split_part(a.fingerprint, ':', 1), 'passwords', count(*) FROM public.login_attempt a WHERE a.fingerprint IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'fingerprint', split_part(m.row_fingerprint, ':', 1), 'proofs', count(*) FROM public.migration_proof m WHERE m.row_fingerprint IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'fingerprint', split_part(s.fingerprint, ':', 1), 'used backup codes', count(*) FROM public.backup_code_spent s
     WHERE NOT s.left_behind AND EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = s.login_identity AND e.secret_arn IS NOT NULL) GROUP BY 2
    ORDER BY 1, 2, 3;
  END;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- People are told when few are left, and when none is.
ALTER TABLE notice DROP CONSTRAINT notice_kind_check;
ALTER TABLE notice ADD CONSTRAINT notice_kind_check CHECK (kind IN ('blocked', 'unblocked', 'failed', 'locked', 'manual_due', 'manual_refused', 'breaker_open',
  'waiting_long', 'left_previous', 'refused', 'found', 'other_account', 'undecided', 'lapsing', 'approval_waiting', 'row_and_store_differ', 'secret_read', 'backup_codes_low'));
DROP POLICY agent_tells ON notice;
CREATE POLICY agent_tells ON notice AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (org_id IS NOT NULL AND endpoint_id IS NOT NULL AND portal_type_code IS NULL AND attempt_id IS NULL AND (detail IS NULL OR length(detail) <= 300)
              AND created_at <= clock_timestamp()
              AND ((kind = 'refused' AND dedup_key IN ('refused:' || endpoint_id || to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'),
                                                       'refused:' || endpoint_id || to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD')))
                OR (kind = 'row_and_store_differ'
                    AND dedup_key IN ('row_and_store_differ:' || endpoint_id || to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'),
                                      'row_and_store_differ:' || endpoint_id || to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD'))
                    AND EXISTS (SELECT FROM integration_endpoint e WHERE e.id = notice.endpoint_id AND e.org_id = notice.org_id AND e.secret_arn IS NULL))
                OR (kind = 'backup_codes_low'
                    AND left(dedup_key, -11) IN ('backup_codes_low:' || endpoint_id || ':few', 'backup_codes_low:' || endpoint_id || ':none')
                    AND right(dedup_key, 11) IN (to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD'), to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD')))
                OR (kind = 'locked' AND substr(dedup_key, 72) IN (to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'), to_char(clock_timestamp() AT TIME ZONE 'UTC', ':YYYY-MM-DD"T"HH24'))
                    AND left(dedup_key, 7) = 'locked:'
                    AND EXISTS (SELECT FROM login_attempt a WHERE a.login_identity = substr(notice.dedup_key, 8, 64) AND a.org_id = notice.org_id AND a.endpoint_id = notice.endpoint_id))));

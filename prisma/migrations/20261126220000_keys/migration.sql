-- Keys are changed while everything runs. While two are known, an account has two names; it has one row all the same, and so one budget:
-- whoever gives a row its login asks here, under the locks of both names, by which of them the account goes already.

-- For the owner too, rows are those of the transaction's tenant.
SELECT set_config('app.tenant_id', '*', true);

-- What a key gives for a text that everybody knows: two processes that call two keys by one id are told so before they write anything.
CREATE TABLE key_check (
  use         text NOT NULL CHECK (use IN ('identity', 'fingerprint')),
  key_id      text NOT NULL CHECK (key_id ~ '^[a-z0-9]{1,16}$'),
  check_value text NOT NULL CHECK (check_value ~ '^[0-9a-f]{64}$'),
  seen_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (use, key_id)
);
GRANT SELECT ON key_check TO rcm_agent, rcm_rotator, rcm_migrator;
GRANT INSERT (use, key_id, check_value) ON key_check TO rcm_rotator, rcm_migrator;

-- Which keys are in use is asked at every start, and which logins are under one of them page by page.
CREATE INDEX login_identity_by_key ON login_identity (key_id, id);
CREATE INDEX login_attempt_by_print_key ON login_attempt (split_part(fingerprint, ':', 1), login_identity) WHERE fingerprint IS NOT NULL;

-- The ids of the keys that names of logins were made with: one step in the index for each.
CREATE FUNCTION rcm_identity_key_ids() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH RECURSIVE ids AS (
      (SELECT i.key_id AS id FROM public.login_identity i ORDER BY i.key_id LIMIT 1)
      UNION ALL
      SELECT (SELECT i.key_id FROM public.login_identity i WHERE i.key_id > k.id ORDER BY i.key_id LIMIT 1) FROM ids k WHERE k.id IS NOT NULL
    ) SELECT k.id FROM ids k WHERE k.id IS NOT NULL;
  END;

-- The same for fingerprints of passwords.
CREATE FUNCTION rcm_print_key_ids() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH RECURSIVE ids AS (
      (SELECT split_part(a.fingerprint, ':', 1) AS id FROM public.login_attempt a WHERE a.fingerprint IS NOT NULL ORDER BY 1 LIMIT 1)
      UNION ALL
      SELECT (SELECT split_part(a.fingerprint, ':', 1) FROM public.login_attempt a
               WHERE a.fingerprint IS NOT NULL AND split_part(a.fingerprint, ':', 1) > k.id ORDER BY 1 LIMIT 1) FROM ids k WHERE k.id IS NOT NULL
    ) SELECT k.id FROM ids k WHERE k.id IS NOT NULL;
  END;

-- Whether what the ledger knows of a login that no endpoint has in a store may count again, should one come back to it: what was tried in the last
-- thirty days, or longer where the portal counts longer. Its name cannot be made anew: the user name is nowhere.
CREATE FUNCTION rcm_login_may_return(identity text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  RETURN EXISTS (SELECT FROM public.login_attempt a JOIN public.integration_endpoint e ON e.id = a.endpoint_id JOIN public.portal_type p ON p.code = e.portal_type_code
                  WHERE a.login_identity = identity AND a.started_at > transaction_timestamp() - greatest(interval '30 days', make_interval(days => 1, secs => coalesce(p.lockout_window_seconds, 0))));

-- Which keys something still needs: no row, no count, no tenant.
CREATE FUNCTION rcm_keys_in_use() RETURNS TABLE (use text, key_id text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT 'identity', k.id FROM public.rcm_identity_key_ids() k(id)
     WHERE EXISTS (SELECT FROM public.login_identity i JOIN public.integration_endpoint e ON e.login_identity = i.id WHERE i.key_id = k.id AND e.secret_arn IS NOT NULL)
        OR EXISTS (SELECT FROM public.login_identity i WHERE i.key_id = k.id AND public.rcm_login_may_return(i.id))
    UNION ALL SELECT 'fingerprint', k.id FROM public.rcm_print_key_ids() k(id)
    UNION SELECT 'proof', split_part(m.row_fingerprint, ':', 1) FROM public.migration_proof m WHERE m.row_fingerprint IS NOT NULL;
  END;

-- The locks of several logins, whether they are known yet or not: all of them in one order, so that no two askers wait for each other. A row that
-- another one takes away meanwhile is made again.
CREATE FUNCTION rcm_lock_logins(ids text[], key_ids text[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  locked integer;
BEGIN
  LOOP
    INSERT INTO public.login_identity (id, key_id) SELECT n.id, n.key_id FROM unnest(ids, key_ids) n (id, key_id) WHERE n.key_id IS NOT NULL ORDER BY n.id ON CONFLICT DO NOTHING;
    PERFORM FROM public.login_identity i WHERE i.id = ANY (ids) ORDER BY i.id FOR UPDATE;
    GET DIAGNOSTICS locked = ROW_COUNT;
    EXIT WHEN locked = (SELECT count(DISTINCT n.id) FROM unnest(ids, key_ids) n (id, key_id) WHERE n.key_id IS NOT NULL OR EXISTS (SELECT FROM public.login_identity i WHERE i.id = n.id));
  END LOOP;
END $$;

-- One account, two names: all that is known by the one is known by the other from here on, and the row of the one is gone. Both are locked.
CREATE FUNCTION rcm_merge_login(was text, becomes text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
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
  DELETE FROM public.login_identity i WHERE i.id = was;
END $$;

-- By which name an account goes whose names under the known keys are these, the current key's first: the one that an endpoint other than `own` has
-- already, else the current one. What the ledger knows by a name that no other endpoint has goes along. NULL: endpoints have logins under a key that
-- the asker does not know, so the account may be one of them, and nobody here can say. Locks the names.
CREATE FUNCTION rcm_settle_login(own text, names text[], key_ids text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  goes_by text;
  other text;
BEGIN
  IF EXISTS (SELECT FROM public.rcm_identity_key_ids() k(id) WHERE k.id <> ALL (key_ids)
                AND EXISTS (SELECT FROM public.login_identity i JOIN public.integration_endpoint e ON e.login_identity = i.id WHERE i.key_id = k.id)) THEN
    RETURN NULL;
  END IF;
  PERFORM public.rcm_lock_logins(names, key_ids);
  SELECT coalesce((SELECT n.id FROM unnest(names) WITH ORDINALITY n (id, nth)
                    WHERE EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = n.id AND e.id <> own) ORDER BY n.nth LIMIT 1), names[1]) INTO goes_by;
  FOREACH other IN ARRAY names LOOP
    CONTINUE WHEN other = goes_by OR EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = other AND e.id <> own)
      OR (EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = other AND a.ended_at IS NULL)
          AND EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = goes_by AND a.ended_at IS NULL));
    PERFORM public.rcm_merge_login(other, goes_by);
  END LOOP;
  RETURN goes_by;
END $$;

-- As before, and: an account that goes by its name under another key is joined by that name, not given a second one; and whoever does not know the
-- key of the row's name, or of any login, cannot say whose account it is (`other_key`). `names`: of the account that the secret names, under each
-- known key, the current one's first.
DROP FUNCTION rcm_follow_account(text, text, text, text, uuid, text[]);
CREATE FUNCTION rcm_follow_account(endpoint text, was text, names text[], key_ids text[], lease uuid, known_as text[]) RETURNS text
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

-- The same account under another key: everybody who has it goes along, whoever they are, with all that is known, rotations that wait included. Only
-- under the exclusive lease that is named. Answers `moved_over`, `moved` (the row has another name by now), `in_use`, or `rotation_open` where the account
-- went by both names and both are being rotated.
CREATE FUNCTION rcm_move_login(endpoint text, was text, becomes text, new_key_id text, lease uuid) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF was = becomes OR NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.login_identity = was) THEN
    RETURN 'moved';
  END IF;
  PERFORM public.rcm_lock_logins(ARRAY[was, becomes], ARRAY[NULL, new_key_id]);
  IF NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant() AND e.login_identity = was) THEN RETURN 'moved'; END IF;
  IF NOT EXISTS (SELECT FROM public.login_lease l
                  WHERE l.id = lease AND l.login_identity = was AND l.org_id = public.rcm_tenant() AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp())
     OR EXISTS (SELECT FROM public.login_lease l WHERE l.login_identity = becomes AND l.kind = 'exclusive' AND l.expires_at > clock_timestamp()) THEN
    RETURN 'in_use';
  END IF;
  IF EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = was AND a.ended_at IS NULL)
     AND EXISTS (SELECT FROM public.rotation_attempt a WHERE a.login_identity = becomes AND a.ended_at IS NULL) THEN
    RETURN 'rotation_open';
  END IF;
  PERFORM public.rcm_merge_login(was, becomes);
  RETURN 'moved_over';
END $$;

-- What the ledger knows of a login's stored passwords by `was` it knows by `becomes`, pair by pair, whichever organization tried them; of the tenant's
-- other attempts those forget their password that were made with another key than `kept`. Returns how many followed and how many forgot.
CREATE FUNCTION rcm_move_prints(identity text, was text[], becomes text[], kept_key_id text, OUT followed integer, OUT forgotten integer)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  followed := 0; forgotten := 0;
  IF NOT public.rcm_tenant_has_login(identity) THEN RETURN; END IF;
  UPDATE public.login_attempt a SET fingerprint = m.becomes FROM unnest(was, becomes) m (was, becomes) WHERE a.login_identity = identity AND a.fingerprint = m.was;
  GET DIAGNOSTICS followed = ROW_COUNT;
  UPDATE public.login_attempt a SET fingerprint = NULL
   WHERE a.login_identity = identity AND a.org_id = public.rcm_tenant() AND a.fingerprint IS NOT NULL AND split_part(a.fingerprint, ':', 1) <> kept_key_id;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
END $$;

-- Passwords that no store of theirs holds: of logins that no endpoint of the organization has in a store any more. Of those attempts that were made with another key
-- than `kept_key_id` (NULL: with any), and before that moment.
CREATE FUNCTION rcm_forget_left_passwords(kept_key_id text, before timestamptz) RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    WITH gone AS (UPDATE public.login_attempt a SET fingerprint = NULL
      WHERE a.fingerprint IS NOT NULL AND split_part(a.fingerprint, ':', 1) IS DISTINCT FROM kept_key_id AND a.started_at < before
        AND NOT EXISTS (SELECT FROM public.integration_endpoint e WHERE e.org_id = a.org_id AND e.login_identity = a.login_identity AND e.secret_arn IS NOT NULL)
      RETURNING 1)
    SELECT count(*)::int FROM gone;
  END;

-- What is still under which key, for whoever changes one. Over all tenants, and no tenant's: numbers.
CREATE FUNCTION rcm_key_rows() RETURNS TABLE (use text, key_id text, what text, count bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  BEGIN ATOMIC
    SELECT 'identity', i.key_id, CASE WHEN i.stored THEN 'logins' ELSE 'logins that nobody has now' END, count(*)
      FROM (SELECT n.key_id, n.id, EXISTS (SELECT FROM public.integration_endpoint e WHERE e.login_identity = n.id AND e.secret_arn IS NOT NULL) AS stored FROM public.login_identity n) i
     WHERE i.stored OR public.rcm_login_may_return(i.id) GROUP BY 1, 2, 3
    UNION ALL SELECT 'fingerprint', split_part(a.fingerprint, ':', 1), 'passwords', count(*) FROM public.login_attempt a WHERE a.fingerprint IS NOT NULL GROUP BY 2
    UNION ALL SELECT 'fingerprint', split_part(m.row_fingerprint, ':', 1), 'proofs', count(*) FROM public.migration_proof m WHERE m.row_fingerprint IS NOT NULL GROUP BY 2
    ORDER BY 1, 2, 3;
  END;

GRANT SELECT (row_fingerprint) ON migration_proof TO rcm_internal;
CREATE POLICY internal ON migration_proof FOR SELECT TO rcm_internal USING (true);
GRANT DELETE ON login_identity, login_identity_past TO rcm_internal;

GRANT CREATE ON SCHEMA public TO rcm_internal;
ALTER FUNCTION rcm_identity_key_ids() OWNER TO rcm_internal;
ALTER FUNCTION rcm_print_key_ids() OWNER TO rcm_internal;
ALTER FUNCTION rcm_login_may_return(text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_keys_in_use() OWNER TO rcm_internal;
ALTER FUNCTION rcm_lock_logins(text[], text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_merge_login(text, text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_settle_login(text, text[], text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_follow_account(text, text, text[], text[], uuid, text[]) OWNER TO rcm_internal;
ALTER FUNCTION rcm_move_login(text, text, text, text, uuid) OWNER TO rcm_internal;
ALTER FUNCTION rcm_move_prints(text, text[], text[], text) OWNER TO rcm_internal;
ALTER FUNCTION rcm_forget_left_passwords(text, timestamptz) OWNER TO rcm_internal;
ALTER FUNCTION rcm_key_rows() OWNER TO rcm_internal;

SET ROLE rcm_internal;
REVOKE ALL ON FUNCTION rcm_identity_key_ids(), rcm_print_key_ids(), rcm_login_may_return(text), rcm_keys_in_use(), rcm_lock_logins(text[], text[]), rcm_merge_login(text, text),
  rcm_settle_login(text, text[], text[]), rcm_follow_account(text, text, text[], text[], uuid, text[]), rcm_move_login(text, text, text, text, uuid),
  rcm_move_prints(text, text[], text[], text), rcm_forget_left_passwords(text, timestamptz), rcm_key_rows() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_keys_in_use() TO rcm_agent, rcm_rotator, rcm_migrator;
GRANT EXECUTE ON FUNCTION rcm_settle_login(text, text[], text[]) TO rcm_migrator;
GRANT EXECUTE ON FUNCTION rcm_follow_account(text, text, text[], text[], uuid, text[]), rcm_move_login(text, text, text, text, uuid), rcm_move_prints(text, text[], text[], text),
  rcm_forget_left_passwords(text, timestamptz), rcm_key_rows() TO rcm_rotator;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

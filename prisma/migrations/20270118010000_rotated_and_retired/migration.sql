-- Whether the plaintext in a row is old was asked of the endpoints that name the account's secret, and not of those that were retired, whose rows name no account. So an agent that reads rows
-- typed the password of before a rotation into the portal once the endpoint under which it was rotated was retired, where a migrator moves nothing. And what somebody typed into the row of an endpoint that is
-- used again was given although the row is to name its rotated secret again.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
-- As before, but for what counts as rotated.
CREATE OR REPLACE FUNCTION rcm_legacy_login(endpoint text, lease uuid, OUT answer text, OUT credentials text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  own record;
  process text;
BEGIN
  SELECT e.org_id, e.secret_arn, e.login_identity, e.has_legacy_credentials AS has, (e.config -> 'credentials')::text AS held INTO own
    FROM public.integration_endpoint e WHERE e.id = endpoint AND e.org_id = public.rcm_tenant();
  answer := CASE WHEN NOT FOUND THEN 'unknown' WHEN own.secret_arn IS NOT NULL THEN 'moved' WHEN NOT own.has THEN 'nothing' END;
  IF answer IS NOT NULL THEN RETURN; END IF;
  SELECT l.holder INTO process FROM public.login_lease l
   WHERE l.id = lease AND l.org_id = own.org_id AND l.endpoint_id = endpoint AND l.login_identity = own.login_identity AND l.expires_at > clock_timestamp();
  IF process IS NULL AND (own.login_identity IS NOT NULL OR lease IS NOT NULL) THEN
    answer := 'no_lease';
    RETURN;
  END IF;
  IF EXISTS (SELECT FROM public.integration_endpoint o WHERE o.login_identity = own.login_identity AND o.id <> endpoint AND o.last_rotated_at IS NOT NULL)
    -- A retired one's secret says the password as long as it lies there; so does this one's own, where the endpoint is used again and its row is to name it.
    OR EXISTS (SELECT FROM public.integration_endpoint o WHERE o.left_login_identity = own.login_identity AND o.secret_arn IS NULL AND o.retired_secret_arn IS NOT NULL
                  AND o.last_rotated_at IS NOT NULL AND (o.retired_secret_removed_at >= o.retired_at) IS NOT TRUE)
    OR EXISTS (SELECT FROM public.integration_endpoint o WHERE o.id = endpoint AND o.retired_secret_arn IS NOT NULL AND o.last_rotated_at IS NOT NULL) THEN
    answer := 'rotated';
    RETURN;
  END IF;
  answer := CASE WHEN process IS NULL THEN 'unnamed' ELSE 'read' END;
  credentials := own.held;
  INSERT INTO public.audit_event (org_id, seq, at, actor, action, subject, reason, details, previous_hash, hash)
  VALUES (own.org_id, 0, now(), 'web-agent', 'login.legacy_read', endpoint, CASE answer WHEN 'unnamed' THEN 'to name the account' ELSE 'a login that is not migrated yet' END,
          jsonb_build_object('process', process, 'leaseId', lease), '', '');
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

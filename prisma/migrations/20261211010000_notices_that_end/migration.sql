-- That a change of a portal type was proposed is told as whatever waits for a second person is; and of a notice that somebody is waited for, the database notes when nobody is any more. It is told all the same,
-- in other words: who has asked in one name and answered in another must not be able to keep it quiet by being fast.
ALTER TABLE notice ADD COLUMN ended_at timestamptz CHECK (ended_at IS NULL OR kind = 'approval_waiting');
DROP POLICY tells_what_waits ON notice;
CREATE POLICY tells_what_waits ON notice AS RESTRICTIVE FOR INSERT TO rcm_console, rcm_operator
  WITH CHECK (kind = 'approval_waiting' AND attempt_id IS NULL AND length(detail) <= 130
              AND (EXISTS (SELECT FROM login_request r WHERE dedup_key = 'approval_waiting:' || r.id AND r.needs_second AND r.ended_at IS NULL
                              AND (r.org_id, r.endpoint_id, r.portal_type_code) IS NOT DISTINCT FROM (notice.org_id, notice.endpoint_id, notice.portal_type_code))
                   -- Of a portal type that is not there yet it names none.
                   OR EXISTS (SELECT FROM portal_type_change c WHERE dedup_key = 'approval_waiting:' || c.id AND c.decision IS NULL
                                 AND num_nonnulls(org_id, endpoint_id) = 0 AND coalesce(notice.portal_type_code, c.portal_type_code) = c.portal_type_code)));
ALTER POLICY tells_of_no_tenant ON notice TO rcm_console, rcm_operator;
CREATE POLICY ends_of_no_tenant ON notice FOR UPDATE TO rcm_console, rcm_operator USING (org_id IS NULL AND (SELECT rcm_tenant()) = '*');
-- Once, and only of what does wait no longer.
CREATE POLICY ends_once ON notice AS RESTRICTIVE FOR UPDATE TO rcm_console, rcm_operator, rcm_rotator
  USING (kind = 'approval_waiting' AND ended_at IS NULL) WITH CHECK (ended_at IS NOT NULL);
CREATE FUNCTION rcm_waiting_of(dedup_key text) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN CASE WHEN dedup_key ~ '^approval_waiting:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN substr(dedup_key, 18)::uuid END;
REVOKE ALL ON FUNCTION rcm_waiting_of(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_waiting_of(text) TO rcm_console, rcm_operator;
CREATE POLICY ends_what_waited ON notice AS RESTRICTIVE FOR UPDATE TO rcm_console, rcm_operator
  WITH CHECK (EXISTS (SELECT FROM login_request r WHERE r.id = rcm_waiting_of(dedup_key) AND (r.decision IS NOT NULL OR r.ended_at IS NOT NULL))
              OR EXISTS (SELECT FROM portal_type_change c WHERE c.id = rcm_waiting_of(dedup_key) AND c.decision IS NOT NULL));
GRANT UPDATE (ended_at) ON notice TO rcm_console, rcm_operator, rcm_rotator;
-- By the index of what is told once, whose first column may be NULL.
CREATE FUNCTION rcm_end_waiting(org text, request uuid) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF org IS NULL THEN
    UPDATE public.notice n SET ended_at = clock_timestamp() WHERE n.org_id IS NULL AND n.dedup_key = 'approval_waiting:' || request AND n.ended_at IS NULL;
  ELSE
    UPDATE public.notice n SET ended_at = clock_timestamp() WHERE n.org_id = org AND n.dedup_key = 'approval_waiting:' || request AND n.ended_at IS NULL;
  END IF;
END $$;
CREATE FUNCTION rcm_end_waiting_request() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_end_waiting(NEW.org_id, NEW.id);
  RETURN NULL;
END $$;
CREATE FUNCTION rcm_end_waiting_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM public.rcm_end_waiting(NULL, NEW.id);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rcm_end_waiting(text, uuid), rcm_end_waiting_request(), rcm_end_waiting_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rcm_end_waiting(text, uuid) TO rcm_console, rcm_operator, rcm_rotator;
-- Decided, withdrawn, or over by itself: whichever comes first.
CREATE TRIGGER waits_no_longer AFTER UPDATE ON login_request FOR EACH ROW
  WHEN (NEW.needs_second AND OLD.decision IS NULL AND OLD.ended_at IS NULL AND (NEW.decision IS NOT NULL OR NEW.ended_at IS NOT NULL)) EXECUTE FUNCTION rcm_end_waiting_request();
CREATE TRIGGER waits_no_longer AFTER UPDATE OF decision ON portal_type_change FOR EACH ROW
  WHEN (NEW.decision IS NOT NULL AND OLD.decision IS NULL) EXECUTE FUNCTION rcm_end_waiting_change();

-- As before, but a queue that is awake is derived anew, too, when a claim of one of its tasks has run out: the task that is left may have waited longer than the first that it knew of.
GRANT CREATE ON SCHEMA public TO rcm_internal;
SET ROLE rcm_internal;
CREATE OR REPLACE FUNCTION rcm_follow_tasks(scope text, at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  orgs text[];
  org text;
  place integer := 1;
  queues text[];
  accounts text[];
  others text[];
  in_other_hands boolean := false;
BEGIN
  IF scope IS NOT NULL THEN
    orgs := ARRAY[scope];
  ELSE
    orgs := ARRAY(
      WITH RECURSIVE noted AS (
        (SELECT n.org_id FROM public.task_note n ORDER BY n.org_id LIMIT 1)
        UNION ALL
        SELECT (SELECT n.org_id FROM public.task_note n WHERE n.org_id > p.org_id ORDER BY n.org_id LIMIT 1) FROM noted p WHERE p.org_id IS NOT NULL)
      (SELECT p.org_id FROM noted p WHERE p.org_id IS NOT NULL LIMIT 32)
      UNION (SELECT t.org_id FROM public.task_tenant t WHERE t.expires_at <= at ORDER BY t.expires_at LIMIT 32)
      UNION (SELECT k.org_id FROM public.task_queue k WHERE k.asleep AND k.due_at <= at ORDER BY k.due_at LIMIT 32));
  END IF;
  WHILE place <= cardinality(orgs) LOOP
    org := orgs[place];
    place := place + 1;
    PERFORM FROM public.task_tenant t WHERE t.org_id = org FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
      IF EXISTS (SELECT FROM public.task_tenant t WHERE t.org_id = org) THEN in_other_hands := true;
      ELSE DELETE FROM public.task_note n WHERE n.org_id = org; END IF;
      CONTINUE;
    END IF;
    IF scope IS NULL THEN
      WITH gone AS (DELETE FROM public.task_note n WHERE n.org_id = org RETURNING n.queue, n.account)
      SELECT array_agg(DISTINCT g.queue), array_agg(DISTINCT g.account) FILTER (WHERE g.account IS NOT NULL) INTO queues, accounts FROM gone g;
    ELSE
      -- What another organization has to know of it is left to who works for all.
      SELECT array_agg(DISTINCT n.queue), array_agg(DISTINCT n.account) FILTER (WHERE n.account IS NOT NULL) INTO queues, accounts FROM public.task_note n WHERE n.org_id = org;
    END IF;
    IF accounts IS NOT NULL THEN
      queues := queues || ARRAY(SELECT unnest(ARRAY[e.id, 'pool/' || e.portal_type_code]) FROM public.integration_endpoint e WHERE e.org_id = org AND e.id = ANY (accounts));
      -- A session of one organization's is a session of every other's that has the login.
      WITH told AS (
        INSERT INTO public.task_note (org_id, queue)
          SELECT o.org_id, unnest(ARRAY[o.id, 'pool/' || o.portal_type_code])
            FROM public.integration_endpoint e JOIN public.integration_endpoint o ON o.login_identity = e.login_identity AND o.id <> e.id
           WHERE scope IS NULL AND e.org_id = org AND e.id = ANY (accounts) RETURNING org_id)
      SELECT array_agg(DISTINCT t.org_id) INTO others FROM told t;
      orgs := orgs || others;
    END IF;
    PERFORM public.rcm_settle_turns(org, ARRAY(SELECT q FROM unnest(queues) q
                                               UNION (SELECT k.queue FROM public.task_queue k WHERE k.org_id = org AND k.asleep AND k.due_at <= at ORDER BY k.due_at LIMIT 100)
                                               UNION (SELECT coalesce('pool/' || t.portal_type_code, t.endpoint_id) FROM public.portal_task t WHERE t.org_id = org AND t.claimed_until <= at LIMIT 100)), at, NULL);
  END LOOP;
  RETURN in_other_hands;
END $$;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM rcm_internal;

-- From a line of a portal's log to whoever asked, and back: a task keeps its requester, a login of the ledger its task and its process, and
-- what is used or changed stands in the audit trail by the transaction that does it.

ALTER TABLE portal_task
  -- `token:SUBJECT` or `terminal:NAME`; tasks of before have none.
  ADD COLUMN requested_by     text CHECK (requested_by <> ''),
  -- Of a token: whose word it is that the subject is who it is.
  ADD COLUMN requested_issuer text CHECK (requested_issuer <> '');
CREATE POLICY agent_task_has_requester ON portal_task AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (requested_by ~ '^(token|terminal):.' AND (requested_by LIKE 'token:%') = (requested_issuer IS NOT NULL));

ALTER TABLE login_attempt
  -- No reference: a task is deleted in its time, the ledger and the audit trail stay.
  ADD COLUMN task_id uuid,
  -- Who held the lease under which it was made; the name of its sessions at AWS is made of it.
  ADD COLUMN process text CHECK (process <> '');
CREATE INDEX login_attempt_by_task ON login_attempt (org_id, task_id) WHERE task_id IS NOT NULL;
-- An agent logs in for a task of the same organization and account, or for none; a rotator for no task.
CREATE POLICY agent_attempt_of_task ON login_attempt AS RESTRICTIVE FOR INSERT TO rcm_agent
  WITH CHECK (task_id IS NULL OR EXISTS (SELECT FROM portal_task t WHERE t.id = login_attempt.task_id AND t.org_id = login_attempt.org_id AND t.endpoint_id = login_attempt.endpoint_id));
CREATE POLICY rotator_attempt_of_no_task ON login_attempt AS RESTRICTIVE FOR INSERT TO rcm_rotator WITH CHECK (task_id IS NULL);

-- What a chain is followed by.
CREATE INDEX audit_event_by_task ON audit_event (org_id, (details ->> 'taskId')) WHERE details ? 'taskId';
CREATE INDEX audit_event_by_subject ON audit_event (org_id, subject, at);

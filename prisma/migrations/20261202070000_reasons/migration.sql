-- A reason is as long at most as rcm takes one: what may be said at a terminal may be said in the console.
ALTER TABLE login_request
  DROP CONSTRAINT login_request_reason_check,
  ADD CONSTRAINT login_request_reason_check CHECK (btrim(reason) <> '' AND length(reason) <= 1000),
  DROP CONSTRAINT login_request_decision_reason_check,
  ADD CONSTRAINT login_request_decision_reason_check CHECK (btrim(decision_reason) <> '' AND length(decision_reason) <= 1000),
  DROP CONSTRAINT login_request_withdrawal_reason_check,
  ADD CONSTRAINT login_request_withdrawal_reason_check CHECK (btrim(withdrawal_reason) <> '' AND length(withdrawal_reason) <= 1000);

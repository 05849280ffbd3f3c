-- What is current in another secret of the same account and organization can be what the portal accepts: a person changed the password there and saved it in one of two places.
ALTER TABLE rotation_attempt
  DROP CONSTRAINT rotation_attempt_found_check,
  ADD CONSTRAINT rotation_attempt_found_check CHECK (found ~ '^(staged|version:.+|copy:[0-9a-f-]{36}|elsewhere:[a-z0-9-]{1,63})(/[0-9]{1,3})?$');

-- Who approves a change of a portal type has signed in at the place where it was proposed, as for break-glass: of two names from two places nobody can tell whether they are one person's.
-- What was approved otherwise before this stays as it is, and is not saved any more.
ALTER TABLE portal_type_change
  ADD CONSTRAINT portal_type_change_told_apart CHECK (decision IS DISTINCT FROM 'approved'
    OR (split_part(decided_by, ':', 2) = split_part(actor, ':', 2) AND (decided_by NOT LIKE 'person:oidc:%' OR split_part(decided_by, '#', 1) = split_part(actor, '#', 1)))) NOT VALID;

-- `person:SOURCE:IDENTITY`, where the source is what signed them in: `oidc` (an issuer's word, for this command: ISSUER#SUBJECT), `sts` (the caller's identity
-- at AWS) or `os` (the account of the operating system). What somebody calls themselves may follow as ` says NAME`, and is no more than that.
CREATE OR REPLACE FUNCTION rcm_is_person(actor text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
  RETURN (length(actor) <= 600 AND actor ~ '^person:(os|sts):[!-~]+( says [^[:cntrl:]]{1,100})?$')
      OR (length(actor) <= 1200 AND actor ~ '^person:oidc:https?://[!-"$-~]+#[!-"$-~]+( says [^[:cntrl:]]{1,100})?$');

-- A portal's host lies at public addresses unless its portal type says otherwise, host by host. Rows that are there say nothing, so a
-- portal of theirs on a private network or on this machine is refused, with words that name these columns, until its type is saved anew.

-- For the owner too, rows are those of the transaction's tenant.
SELECT set_config('app.tenant_id', '*', true);

ALTER TABLE portal_type
  -- Of hosts: those on a private network, and those on the machine that runs the browser.
  ADD COLUMN private_hosts  text[] NOT NULL DEFAULT '{}',
  ADD COLUMN loopback_hosts text[] NOT NULL DEFAULT '{}',
  ADD CONSTRAINT portal_type_placed_hosts_are_hosts CHECK (private_hosts <@ hosts AND loopback_hosts <@ hosts),
  ADD CONSTRAINT portal_type_host_lies_at_one_place CHECK (NOT private_hosts && loopback_hosts);

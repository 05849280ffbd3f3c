-- Which leases are held is listed in the order in which they were given: a lease's fence never changes and grows with each, so the index costs a lease one entry, at its right end, and a renewal none.
CREATE INDEX login_lease_in_order ON login_lease (fence);

-- A login has few leases at once, and whoever asks for one removes those that have expired: the expiry in the index narrowed nothing down, and made every renewal, the commonest change of the table, write into all of
-- its indexes. Without it a renewal touches none (HOT), where its page has room.
CREATE INDEX login_lease_of_login ON login_lease (login_identity);
DROP INDEX login_lease_live;
ALTER TABLE login_lease SET (fillfactor = 70);

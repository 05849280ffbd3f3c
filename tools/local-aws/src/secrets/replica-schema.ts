/** `replica_of`: in the region of a replica, where its secret is. An older data file is given both tables when it is opened. */
export const REPLICA_SCHEMA = `
CREATE TABLE IF NOT EXISTS secret_replica(
  arn TEXT NOT NULL REFERENCES secret(arn) ON DELETE CASCADE, region TEXT NOT NULL, key_id TEXT,
  status TEXT NOT NULL CHECK (status IN ('InSync', 'InProgress', 'Failed')), message TEXT, PRIMARY KEY (arn, region)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS replica_of(arn TEXT PRIMARY KEY REFERENCES secret(arn) ON DELETE CASCADE, region TEXT NOT NULL) STRICT, WITHOUT ROWID;
`;

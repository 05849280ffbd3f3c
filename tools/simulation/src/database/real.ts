/** What of libs/db the model stands for, by its doors. */
export * from '@rcm/db';
export * from '@rcm/db/admin';
export * from '@rcm/db/leases';
export * from '@rcm/db/ledger';
export * from '@rcm/db/migration';
export * from '@rcm/db/rotation';

import { errorCodes } from '../error.ts';
import type { MetricDefinition } from './definition.ts';

const AGES = [0.01, 0.1, 1, 10, 60, 600, 3600];
const STORES = ['ssm', 'secrets-manager', 'vault'];
const AGENT = ['web-agent'] as const;
const BOTH = ['web-agent', 'rotator'] as const;
/** AWS documents no metric of its own for what these quotas let through. A refused call counts as well, and so does each repeat. */
const CALLS = { kind: 'counter', unit: 'count', by: BOTH, source: 'each attempt that leaves the process for the first region' } as const;

/** How credentials are read, and from where. */
export const CREDENTIAL_METRICS = {
  rcm_credential_hits_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Credentials given out of the cache.' },
    source: 'each read',
  },
  rcm_credential_misses_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Credentials that a store was asked for: store, or replica (the first region is down).' },
    ...{ source: 'each read that the cache did not answer', labels: { served: ['store', 'replica'] } },
  },
  rcm_credential_stale_served_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Credentials given out beyond their TTL because no store answered.' },
    source: 'each read',
  },
  rcm_credential_staleness_seconds: {
    ...{ kind: 'histogram', unit: 'seconds', by: AGENT, meaning: 'How long beyond its TTL a credential was that was given out stale.' },
    ...{ source: 'each read that was served stale', buckets: AGES },
  },
  rcm_credential_refreshes_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Held credentials read again, and why: expired, version or changed.' },
    ...{ source: 'each read', labels: { why: ['expired', 'version', 'changed'] } },
  },
  rcm_credential_reload_seconds: {
    ...{ kind: 'histogram', unit: 'seconds', by: AGENT, meaning: 'From hearing of a change to holding the new credential.' },
    ...{ source: 'each change that was heard of', buckets: AGES },
  },
  rcm_credential_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Credential reads that failed, by error code.' },
    ...{ source: 'each read that gave no credential', labels: { code: [...errorCodes, 'unknown'] } },
  },
  rcm_credential_throttles_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Calls that a store refused because of its rate limit.' },
    ...{ source: 'each call to a store', labels: { store: STORES } },
  },
  rcm_credential_batch_size: {
    ...{ kind: 'histogram', unit: 'count', by: AGENT, meaning: 'References asked for in one call to the store.' },
    ...{ source: 'each call to a store', buckets: [1, 2, 4, 6, 8, 10] },
  },
  rcm_credential_calls_in_flight: {
    ...{ kind: 'gauge', unit: 'count', by: AGENT, meaning: 'Calls to a store under way, or waiting for its pace.' },
    ...{ source: 'the reader', labels: { store: 'any' } },
  },
  rcm_credential_reads_waiting: {
    ...{ kind: 'gauge', unit: 'count', by: AGENT, meaning: 'Reads that wait for a call to a store.' },
    ...{ source: 'the reader', labels: { store: 'any' } },
  },
  rcm_credential_cached: {
    ...{ kind: 'gauge', unit: 'count', by: AGENT, meaning: 'Credentials held, and marks of missing and refused ones.' },
    source: 'the cache',
  },
  rcm_legacy_reads_total: {
    ...{
      kind: 'counter',
      unit: 'count',
      by: AGENT,
      meaning:
        'Logins read out of rows that are not migrated yet: to name the account, to be used (alone there, or in its store too), or two that differ and are not used.',
    },
    ...{ source: 'each read that the database answered and that could be used', labels: { found: ['name', 'row', 'stored', 'two'] } },
  },
  rcm_credential_region_down: {
    ...{ kind: 'gauge', unit: 'yes or no', by: AGENT, meaning: '1 while a store counts as down in the first region and reads go to the second, else 0.' },
    ...{ source: 'the reader of two regions', labels: { store: 'any' } },
  },
  rcm_credential_failovers_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Calls that went to the second region.' },
    ...{ source: 'the reader of two regions', labels: { store: STORES } },
  },
  rcm_credential_copies_total: {
    ...{
      kind: 'counter',
      unit: 'count',
      by: ['rotator'],
      meaning: 'Copies in the second region after a write: written, current (it was already), replicating (its store is at it), gone or behind (it failed).',
    },
    ...{ source: 'each write to a store', labels: { result: ['written', 'current', 'replicating', 'gone', 'behind'] } },
  },
  rcm_credential_copies_behind_total: {
    ...{
      kind: 'counter',
      unit: 'count',
      by: ['rotator'],
      meaning: 'Copies in the second region that could not be had after a write: each is behind, or not there, until the next write or `rcm copies`.',
    },
    source: 'each write to a store',
  },
  rcm_credential_changes_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Changed credentials, by how they were learnt of: notified or caught_up.' },
    ...{ source: 'the listener of Postgres', labels: { how: ['notified', 'caught_up'] } },
  },
  rcm_credential_listening: {
    ...{ kind: 'gauge', unit: 'yes or no', by: AGENT, meaning: '1 while changes of credentials are heard as they happen, else 0.' },
    source: 'the listener of Postgres',
  },
  rcm_tenant_sessions_total: {
    ...{ kind: 'counter', unit: 'count', by: BOTH, meaning: 'Sessions asked of STS, by how it ended: assumed, kept (STS was not reached) or failed.' },
    ...{ source: 'each session of a tenant', labels: { outcome: 'any', region: 'any' } },
  },
  rcm_tenant_sessions_held: {
    ...{ kind: 'gauge', unit: 'count', by: BOTH, meaning: 'Tenant sessions held.' },
    ...{ source: 'the sessions', labels: { region: 'any' } },
  },
  rcm_ssm_reads_total: {
    ...CALLS,
    meaning: 'Reads that Parameter Store was asked for: GetParameter, GetParameters, GetParametersByPath, GetParameterHistory.',
  },
  rcm_ssm_writes_total: { ...CALLS, meaning: 'Writes that Parameter Store was asked for: PutParameter.' },
  rcm_sts_calls_total: { ...CALLS, meaning: 'Sessions that STS was asked for: AssumeRole.' },
} as const satisfies Record<string, MetricDefinition>;

import { z } from 'zod';

/**
 * Variables that a process may be given as they are written, by what reads them: paces, bounds and ways of working. Nothing that says who is trusted, what is
 * secret, where something goes or what may be left unprotected is among them: that has a member of its own, or is not to be had.
 */
const STORES = ['RCM_LARGE_PAYLOADS', 'RCM_TENANT_CLIENTS', 'RCM_TENANT_SESSIONS'] as const;
const READING = [
  ...['RCM_CREDENTIALS_MAX_ENTRIES', 'RCM_CREDENTIALS_TTL_MS', 'RCM_CREDENTIALS_TTL_JITTER', 'RCM_CREDENTIALS_STALE_MS', 'RCM_CREDENTIALS_REFRESH_WAIT_MS'],
  ...['RCM_CREDENTIALS_DOWN_PAUSE_MS', 'RCM_CREDENTIALS_MISSING_MS', 'RCM_CREDENTIALS_READ_DEADLINE_MS', 'RCM_CREDENTIALS_MAX_PARALLEL'],
  ...['RCM_CREDENTIALS_MAX_WAITING', 'RCM_CREDENTIALS_SSM_CALLS_PER_SECOND', 'RCM_CREDENTIALS_OTHER_CALLS_PER_SECOND', 'RCM_CREDENTIALS_MAX_TRIES'],
  ...['RCM_CREDENTIALS_RETRY_PAUSE_MS', 'RCM_CREDENTIALS_CATCH_UP_BATCH'],
];
const PORTALS = [...['RCM_LEASE_TTL_MS', 'RCM_LEASE_WAIT_MS', 'RCM_LEASE_POLL_MS', 'RCM_LOGIN_DEADLINE_MS', 'RCM_TOTP_WAIT_MS'], 'RCM_CODE_PERSON_WAIT_MS'];
const TIMES_OF_API = [
  'RCM_API_TOKEN_MAX_AGE_MS',
  'RCM_API_CLOCK_TOLERANCE_MS',
  'RCM_API_JWKS_TIMEOUT_MS',
  'RCM_API_JWKS_MAX_AGE_MS',
  'RCM_API_JWKS_COOLDOWN_MS',
];

export const TUNABLE = {
  webAgent: [
    ...[...STORES, ...READING, ...PORTALS, ...TIMES_OF_API, 'RCM_LOG_LEVEL', 'RCM_AGENT_CONCURRENCY', 'RCM_AGENT_KEPT_SESSIONS', 'RCM_AGENT_SESSION_IDLE_MS'],
    ...['RCM_AGENT_TASK_DEADLINE_MS', 'RCM_AGENT_CLAIM_MS', 'RCM_AGENT_MAX_TRIES', 'RCM_AGENT_RETRY_MS', 'RCM_AGENT_PUT_OFF_MS', 'RCM_AGENT_ILL_WINDOW_MS'],
    ...['RCM_AGENT_ILL_SUSPECTS', 'RCM_AGENT_TIDY_MS', 'RCM_TASK_KEEP_DAYS', 'RCM_LEGACY_READ', 'RCM_API_TENANT_CLAIM', 'RCM_API_ALGORITHMS'],
    ...['RCM_API_TOKEN_TYPES', 'RCM_API_SCOPE_CLAIM', 'RCM_API_RATE_PER_MINUTE', 'RCM_API_MAX_QUEUED', 'RCM_API_BODY_LIMIT_BYTES'],
  ],
  rotator: [
    ...[...STORES, ...PORTALS, 'RCM_LOG_LEVEL', 'RCM_MAX_BROWSER_CONTEXTS', 'RCM_SUBMIT_DEADLINE_MS', 'RCM_ROTATOR_CONCURRENCY', 'RCM_ROTATOR_SCAN_MS'],
    ...['RCM_ROTATOR_RECOVERY_MS', 'RCM_ROTATOR_RETRY_MS', 'RCM_ROTATOR_MAX_TRIES', 'RCM_ROTATOR_GIVE_UP_MS', 'RCM_ROTATOR_ASKED_SCAN_MS'],
    ...['RCM_ROTATOR_MEND_SCAN_MS', 'RCM_ROTATOR_MEND_SEARCHES', 'RCM_ROTATOR_MEND_PAUSE_MS', 'RCM_ROTATOR_ABANDONED_PAUSE_MS', 'RCM_ROTATOR_CANARY'],
    ...['RCM_ROTATOR_PROBE_MS', 'RCM_ROTATOR_MAINTENANCE_MARGIN_MS', 'RCM_ROTATOR_BREAKER_WINDOW_MS', 'RCM_ROTATOR_BREAKER_SUSPECTS'],
    ...['RCM_ROTATOR_BREAKER_FAILURES', 'RCM_ROTATOR_MANUAL_SCAN_MS', 'RCM_ROTATOR_MANUAL_READS', 'RCM_ROTATOR_MANUAL_DUE_MS', 'RCM_ROTATOR_MANUAL_IDLE_MS'],
    ...['RCM_NOTICE_LONG_WAIT_MS', 'RCM_NOTICE_SCAN_MS', 'RCM_NOTICE_DEADLINE_MS', 'RCM_NOTICE_MAX_TRIES', 'RCM_NOTICE_KEEP_DAYS'],
    ...['RCM_ASKED_KEEP_DAYS', 'RCM_PROOF_KEEP_DAYS', 'RCM_LEDGER_KEEP_DAYS'],
  ],
  migrator: [
    ...[...STORES, 'RCM_LOG_LEVEL', 'RCM_MIGRATOR_STORE', 'RCM_MIGRATOR_WRITES_PER_SECOND', 'RCM_MIGRATOR_READS_PER_SECOND', 'RCM_MIGRATOR_CONCURRENCY'],
    ...['RCM_MIGRATOR_PROOF_MAX_AGE_MINUTES', 'RCM_MIGRATOR_REWRITE_MINUTES', 'RCM_PLACE_LOGINS'],
  ],
  auditHeads: ['RCM_LOG_LEVEL', 'RCM_AUDIT_INTERVAL_MS', 'RCM_AUDIT_DEADLINE_MS', 'RCM_AUDIT_CHECKS_SCAN_MS', 'RCM_AUDIT_CHECKS_DEADLINE_MS'],
  console: ['RCM_LOG_LEVEL', 'RCM_CONSOLE_IDLE_MS', 'RCM_CONSOLE_SESSION_MS', 'RCM_CONSOLE_STREAMS', 'RCM_CONSOLE_CHANGES_SCAN_MS'],
} as const satisfies Record<string, readonly string[]>;

export type Tuned = keyof typeof TUNABLE;

const value = z.union([z.number(), z.string().regex(/^[A-Za-z0-9 _.,:/@+-]{1,200}$/)], 'must be a number, or up to 200 letters, digits and signs of no shell');

/** `settings` of a process: each by its variable. The process itself judges the value at its start; a deployment whose processes refuse theirs is taken back. */
export const settingsSchema = (of: Tuned) =>
  z
    .record(z.string(), value)
    .superRefine((settings, problems) => {
      for (const name of Object.keys(settings))
        if (!(TUNABLE[of] as readonly string[]).includes(name))
          problems.addIssue({ code: 'custom', path: [name], message: 'is no variable that may be set so (docs/credential-infrastructure.md)' });
    })
    .default({});

import type { MetricName } from '../metrics/catalogue.ts';
import { nearQuota, type QuotaName, type Quotas } from './quotas.ts';

/** A condition on one metric that somebody is told of, in CloudWatch and in Prometheus alike. */
export interface AlarmDefinition {
  readonly metric: MetricName<'counter' | 'gauge'>;
  /** Told of where it is more than this: of a counter its increase within `seconds`, of a gauge its value for `seconds`. `its band`: what it usually is. */
  readonly above: number | 'its band';
  readonly seconds: number;
  /** The account's quota that `above` is a share of. */
  readonly quota?: QuotaName;
  /** `now`: somebody is woken; `today`: it is looked at in the day. */
  readonly urgency: 'now' | 'today';
  /** What it means, for whoever is told. */
  readonly says: string;
  /** Of docs/runbooks. */
  readonly runbook: string;
}

/** By their names, which begin the pages that say what to do. */
const ALARMS = {
  'rcm-credentials-failing': {
    ...{ metric: 'rcm_credential_failures_total', above: 5, seconds: 300, urgency: 'now', runbook: 'store-down' },
    says: 'More than 5 credentials could not be read within 5 minutes: tasks are put off.',
  },
  'rcm-credentials-stale': {
    ...{ metric: 'rcm_credential_stale_served_total', above: 0, seconds: 300, urgency: 'now', runbook: 'store-down' },
    says: 'No store answers: agents work with what they read before, for a bounded time.',
  },
  'rcm-store-throttles': {
    ...{ metric: 'rcm_credential_throttles_total', above: 20, seconds: 300, urgency: 'today', runbook: 'store-down' },
    says: 'A store has refused more than 20 calls within 5 minutes because of its rate limit.',
  },
  'rcm-ssm-reads-quota': {
    ...{ metric: 'rcm_ssm_reads_total', ...nearQuota('ssmReads'), urgency: 'today', runbook: 'store-down' },
    says: 'More than 8 of 10 reads of parameters that the account may make, for 3 minutes: reads of secrets are refused soon.',
  },
  'rcm-ssm-writes-quota': {
    ...{ metric: 'rcm_ssm_writes_total', ...nearQuota('ssmWrites'), urgency: 'today', runbook: 'store-down' },
    says: 'More than 8 of 10 writes of parameters that the account may make, for 3 minutes: rotations are refused soon. What a migrator writes is not counted.',
  },
  'rcm-sts-quota': {
    ...{ metric: 'rcm_sts_calls_total', ...nearQuota('sts'), urgency: 'today', runbook: 'store-down' },
    says: 'More than 8 of 10 sessions of tenants that the account may ask for, for 3 minutes: no tenant’s secrets are read without one.',
  },
  'rcm-store-full': {
    ...{ metric: 'rcm_store_full_total', above: 0, seconds: 3600, urgency: 'today', runbook: 'store-full' },
    says: 'The account of a store has no room for another secret: no rotation goes on, and no login can be added.',
  },
  'rcm-region-down': {
    ...{ metric: 'rcm_credential_region_down', above: 0, seconds: 60, urgency: 'now', runbook: 'failover' },
    says: 'The first region does not answer; credentials are read from the second, and no rotation can store a new one.',
  },
  'rcm-copies-behind': {
    ...{ metric: 'rcm_credential_copies_behind_total', above: 0, seconds: 3600, urgency: 'today', runbook: 'copies-behind' },
    says: 'A password that was stored has no copy in the second region: were the first to go down now, its login could not be used.',
  },
  'rcm-reads-unusual': {
    ...{ metric: 'rcm_credential_misses_total', above: 'its band', seconds: 3600, urgency: 'today', runbook: 'suspected-leak' },
    says: 'Agents have asked the store for far more credentials within an hour than they usually do.',
  },
  'rcm-account-locked': {
    ...{ metric: 'rcm_logins_locked', above: 0, seconds: 60, urgency: 'now', runbook: 'account-locked' },
    says: 'A portal has locked an account; nobody logs in to it until the lock ends.',
  },
  'rcm-password-known-bad': {
    ...{ metric: 'rcm_logins_known_bad', above: 0, seconds: 60, urgency: 'today', runbook: 'login-refused' },
    says: 'The portal refuses the stored password of a login; it cools down and is not tried.',
  },
  'rcm-logins-refused': {
    ...{ metric: 'rcm_logins_refused', above: 0, seconds: 900, urgency: 'today', runbook: 'login-refused' },
    says: 'A login was refused with what the store holds and has not got in for 15 minutes.',
  },
  'rcm-ledger-refuses': {
    ...{ metric: 'rcm_login_refusals_total', above: 20, seconds: 900, urgency: 'today', runbook: 'login-refused' },
    says: 'The ledger has refused more than 20 logins within 15 minutes, so that no account is locked: tasks are put off.',
  },
  'rcm-rotation-failed': {
    ...{ metric: 'rcm_rotation_failures_total', above: 0, seconds: 300, urgency: 'today', runbook: 'rotation-failed' },
    says: 'A rotation failed, was abandoned or is blocked.',
  },
  'rcm-rotation-blocked': {
    ...{ metric: 'rcm_rotations_blocked', above: 0, seconds: 60, urgency: 'now', runbook: 'rotation-blocked' },
    says: 'A rotation waits for a person: nobody logs in to its account until it is resolved.',
  },
  'rcm-rotations-overdue': {
    ...{ metric: 'rcm_logins_overdue', above: 0, seconds: 3600, urgency: 'today', runbook: 'rotations-late' },
    says: 'The rotation of a login has been due for more than a day.',
  },
  'rcm-passwords-expire': {
    ...{ metric: 'rcm_logins_expiring', above: 0, seconds: 3600, urgency: 'today', runbook: 'rotations-late' },
    says: 'A portal lets the password of a login expire within 3 days, or has.',
  },
  'rcm-portal-stopped': {
    ...{ metric: 'rcm_portal_types_stopped', above: 0, seconds: 60, urgency: 'today', runbook: 'portal-changed' },
    says: 'The rotations of a portal type are stopped because they fail: most often its pages have changed.',
  },
  'rcm-portal-ill': {
    ...{ metric: 'rcm_portal_types_ill', above: 0, seconds: 60, urgency: 'today', runbook: 'portal-changed' },
    says: 'A portal refuses many logins with passwords that had worked: the portal is ill, not the passwords.',
  },
  'rcm-tasks-wait': {
    ...{ metric: 'rcm_task_queue_age_seconds', above: 300, seconds: 300, urgency: 'today', runbook: 'tasks-wait' },
    says: 'A task that could be done has waited for more than 5 minutes for somebody to take it.',
  },
  'rcm-browser-failing': {
    ...{ metric: 'rcm_browser_failures_total', above: 2, seconds: 900, urgency: 'now', runbook: 'process-gone' },
    says: 'A process runs and can start no browser: it takes no task until one starts, and no rotation gets through.',
  },
  'rcm-callbacks-given-up': {
    ...{ metric: 'rcm_task_callbacks_given_up_total', above: 0, seconds: 3600, urgency: 'today', runbook: 'callbacks-given-up' },
    says: 'A receiver was not told that a task has ended, and nobody tries any more.',
  },
  'rcm-codes-wait': {
    ...{ metric: 'rcm_code_waits', above: 3, seconds: 600, urgency: 'today', runbook: 'tasks-wait' },
    says: 'More than 3 logins of a process wait for one-time codes for 10 minutes.',
  },
  'rcm-mailbox-failing': {
    ...{ metric: 'rcm_mailboxes_failing', above: 0, seconds: 900, urgency: 'today', runbook: 'codes-missing' },
    says: 'A mailbox that portals send codes to has not been read for 15 minutes: people are asked for the codes.',
  },
  'rcm-gateway-refused': {
    ...{ metric: 'rcm_gateway_refusals_total', above: 10, seconds: 900, urgency: 'today', runbook: 'codes-missing' },
    says: 'More than 10 messages that came as a gateway’s were refused within 15 minutes: its key has changed, or somebody tries.',
  },
  'rcm-books-not-counted': {
    ...{ metric: 'rcm_books_age_seconds', above: 600, seconds: 60, urgency: 'now', runbook: 'database' },
    says: 'A rotator has not reached the database for 10 minutes: what the books say of logins is old.',
  },
  'rcm-database-refuses': {
    ...{ metric: 'rcm_database_refuses', above: 0, seconds: 600, urgency: 'now', runbook: 'database' },
    says: 'The database answers and has refused to write for minutes: no task is done, no rotation goes on, and nothing that is asked for is kept.',
  },
  'rcm-backup-old': {
    ...{ metric: 'rcm_backup_age_seconds', above: 129_600, seconds: 900, urgency: 'today', runbook: 'backup-old' },
    says: 'No backup of every organization’s secrets was begun within 36 hours that came to its end.',
  },
  'rcm-console-failing': {
    ...{ metric: 'rcm_console_failures_total', above: 5, seconds: 300, urgency: 'today', runbook: 'console-failing' },
    says: 'The console could not answer more than 5 times within 5 minutes: people do not see the fleet, and nothing else stops.',
  },
  'rcm-audit-heads-late': {
    ...{ metric: 'rcm_audit_heads_age_seconds', above: 3600, seconds: 60, urgency: 'today', runbook: 'audit-heads' },
    says: 'The heads of the audit chains have not been written for an hour.',
  },
  'rcm-audit-contradicted': {
    ...{ metric: 'rcm_audit_contradictions', above: 0, seconds: 60, urgency: 'now', runbook: 'audit-heads' },
    says: 'An audit chain is not any more what was signed: somebody has changed the trail, or the database was restored.',
  },
  'rcm-evidence-lost': {
    ...{ metric: 'rcm_evidence_failures_total', above: 0, seconds: 3600, urgency: 'today', runbook: 'evidence-lost' },
    says: 'Evidence of portal pages could not be kept, or old evidence not be removed.',
  },
  'rcm-evidence-full': {
    ...{ metric: 'rcm_evidence_full_percent', above: 85, seconds: 900, urgency: 'today', runbook: 'evidence-lost' },
    says: 'The folder of evidence is nearly full: what comes next drives out the oldest before its time.',
  },
} as const satisfies Record<string, AlarmDefinition>;

export type AlarmName = keyof typeof ALARMS;

export const alarmNames = Object.keys(ALARMS) as readonly AlarmName[];

/** Its definition, without what is particular to it. */
export const alarm = (name: AlarmName): AlarmDefinition => ALARMS[name];

/** The same alarm in an account that has these quotas. */
export const underQuotas = (definition: AlarmDefinition, quotas: Quotas): AlarmDefinition =>
  definition.quota === undefined ? definition : { ...definition, ...nearQuota(definition.quota, quotas) };

/** What the number of web-agents follows; CloudWatch is given it beside what alarms look at. */
export const SCALING_METRICS = ['rcm_task_queue_age_seconds', 'rcm_browser_slots_percent'] as const satisfies readonly MetricName<'gauge'>[];

/** All that CloudWatch is given: each costs by the month. */
export const CLOUDWATCH_METRICS: ReadonlySet<string> = new Set([...SCALING_METRICS, ...alarmNames.map((name) => ALARMS[name].metric)]);

import type { MetricDefinition } from './definition.ts';

const AGENT = ['web-agent'] as const;
const ROTATOR = ['rotator'] as const;
const BOTH = ['web-agent', 'rotator'] as const;
const HEADS = ['audit-heads'] as const;
/** From a page that answers at once to a task that waits for a one-time code. */
const WORK = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
const UNTOLD = [
  ...['address_refused', 'unknown_name', 'unreachable', 'untrusted', 'silent', 'slow', 'broken_answer', 'redirected', 'refused', 'gone', 'failed'],
  'not_configured',
];
const REFUSALS = ['lease_lost', 'budget_spent', 'password_bad', 'password_suspect', 'locked', 'throttled', 'other_account'];

/** What processes do: tasks, logins, rotations, browsers, the API, audit heads. */
export const WORK_METRICS = {
  rcm_tasks_total: {
    ...{
      kind: 'counter',
      unit: 'count',
      by: AGENT,
      meaning: 'Tries of portal tasks by how they ended; lost: the task was cancelled meanwhile, or another has it.',
    },
    ...{ source: 'each try', labels: { result: ['succeeded', 'put_off', 'retry', 'failed', 'lost'] } },
  },
  rcm_task_seconds: {
    ...{ kind: 'histogram', unit: 'seconds', by: AGENT, meaning: 'How long a try of a portal task took, from being taken to its end.' },
    ...{ source: 'each try', labels: { result: ['succeeded', 'put_off', 'retry', 'failed'] }, buckets: WORK },
  },
  rcm_task_queue_waiting: {
    ...{ kind: 'gauge', unit: 'count', by: AGENT, meaning: 'Tasks that could be taken now, of all organizations; counted up to 10,000.' },
    source: 'Postgres, every 15 s',
  },
  rcm_task_queue_age_seconds: {
    ...{ kind: 'gauge', unit: 'seconds', by: AGENT, meaning: 'For how long the task that could be taken first has been waiting to be taken.' },
    source: 'Postgres, every 15 s',
  },
  rcm_task_callbacks_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Tries to tell a receiver that a task has ended, by what became of them.' },
    ...{ source: 'each try', labels: { result: ['delivered', 'retry', 'given_up'] } },
  },
  rcm_task_callback_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Tries to tell a receiver that a task has ended which it did not take, by why.' },
    ...{ source: 'each try', labels: { reason: UNTOLD } },
  },
  rcm_task_callbacks_given_up_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Ends of tasks that nobody tries to tell their receiver any more.' },
    source: 'each try that was the last',
  },
  rcm_login_seconds: {
    ...{ kind: 'histogram', unit: 'seconds', by: BOTH, meaning: 'How long a login at a portal took, by what the portal said.' },
    ...{ source: 'each login that the ledger allowed', labels: { outcome: 'any' }, buckets: WORK },
  },
  rcm_login_refusals_total: {
    ...{ kind: 'counter', unit: 'count', by: BOTH, meaning: 'Logins that the ledger did not allow, so that nothing was sent to the portal.' },
    ...{ source: 'each login that was asked for', labels: { reason: REFUSALS } },
  },
  rcm_device_logins_total: {
    ...{
      kind: 'counter',
      unit: 'count',
      by: BOTH,
      meaning: 'Accepted logins at portals that remember a device: known, asked for a code all the same, none kept, not read.',
    },
    ...{ source: 'each accepted login of a recipe that names a device', labels: { device: ['known', 'asked', 'none', 'unread'] } },
  },
  rcm_lease_wait_seconds: {
    ...{ kind: 'histogram', unit: 'seconds', by: BOTH, meaning: 'How long a lease on a login was waited for; given: whether it was had in time.' },
    ...{ source: 'each lease', labels: { kind: ['shared', 'exclusive'], given: ['yes', 'no'] }, buckets: [0.01, 0.1, 0.5, 1, 5, 15, 30, 60, 120] },
  },
  rcm_database_refuses: {
    ...{
      kind: 'gauge',
      unit: 'yes or no',
      by: BOTH,
      meaning: '1 where the database has refused to write within the last 5 minutes, as it only reads or has no room, else 0.',
    },
    source: 'each statement',
  },
  rcm_code_waits: {
    ...{ kind: 'gauge', unit: 'count', by: BOTH, meaning: 'Logins that wait for a one-time code step that nobody has used.' },
    source: 'each login with a second factor',
  },
  rcm_code_person_waits: {
    ...{ kind: 'gauge', unit: 'count', by: BOTH, meaning: 'Logins that wait for a person who is asked for a code.' },
    source: 'each login whose second factor is a person',
  },
  rcm_lasting_codes_total: {
    ...{
      kind: 'counter',
      unit: 'count',
      by: BOTH,
      meaning:
        'Codes that are good for longer than one login: new ones that let a login in, and of those of before which were accepted, refused, or over before they were typed.',
    },
    ...{ source: 'each login of a recipe that says how long codes are good', labels: { code: ['new', 'accepted', 'refused', 'over'] } },
  },
  rcm_rotations_total: {
    ...{ kind: 'counter', unit: 'count', by: ROTATOR, meaning: 'Rotations by how they went on.' },
    source: 'each time a rotator takes one up',
    labels: { result: ['done', 'abandoned', 'waiting', 'blocked', 'open', 'not_started', 'put_off', 'failed'] },
  },
  rcm_rotation_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: ROTATOR, meaning: 'Rotations that failed, were abandoned or are blocked.' },
    source: 'each time a rotator takes one up',
  },
  rcm_store_full_total: {
    ...{ kind: 'counter', unit: 'count', by: ROTATOR, meaning: 'Rotations that did not go on because the store’s account has no room for another secret.' },
    source: 'each time a rotator takes one up',
  },
  rcm_rotation_seconds: {
    ...{ kind: 'histogram', unit: 'seconds', by: ROTATOR, meaning: 'How long a rotator had a rotation in hand, by how it went on.' },
    ...{ source: 'each time a rotator takes one up', labels: { result: 'any' }, buckets: [1, 5, 10, 20, 30, 60, 120, 300, 600] },
  },
  rcm_rotations_in_flight: { kind: 'gauge', unit: 'count', by: ROTATOR, meaning: 'Rotations that the process has in hand.', source: 'the service' },
  rcm_browser_contexts: { kind: 'gauge', unit: 'count', by: BOTH, meaning: 'Browser contexts that are open.', source: 'the browser pool' },
  rcm_browser_slots_percent: {
    ...{
      kind: 'gauge',
      unit: 'percent',
      by: AGENT,
      meaning: 'Share of the browser contexts for work (RCM_MAX_BROWSER_CONTEXTS) that are at work; 100 at most.',
    },
    source: 'the browser pool, without the contexts that are kept idle',
  },
  rcm_browser_memory_bytes: {
    ...{ kind: 'gauge', unit: 'bytes', by: BOTH, meaning: 'Memory that the processes of the browser hold, when a context was last closed.' },
    source: 'the browser pool',
  },
  rcm_browser_launches_total: { kind: 'counter', unit: 'count', by: BOTH, meaning: 'Times a Chromium was started.', source: 'the browser pool' },
  rcm_browser_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: BOTH, meaning: 'Times a Chromium could not be started, or was not found.' },
    source: 'the browser pool',
  },
  rcm_portal_requests_blocked_total: {
    ...{ kind: 'counter', unit: 'count', by: BOTH, meaning: 'Requests of portal pages to places that their portal type does not declare.' },
    ...{ source: 'each request of a page', labels: { portal_type: 'any' } },
  },
  rcm_evidence_kept_total: { kind: 'counter', unit: 'count', by: BOTH, meaning: 'Acts whose evidence was kept.', source: 'the folder of evidence' },
  rcm_evidence_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: BOTH, meaning: 'Evidence that could not be kept or, being old, not be removed.' },
    ...{ source: 'the folder of evidence', labels: { work: ['keep', 'remove'] } },
  },
  rcm_evidence_full_percent: {
    ...{ kind: 'gauge', unit: 'percent', by: BOTH, meaning: 'How much of RCM_EVIDENCE_MAX_BYTES the folder of evidence takes.' },
    source: 'the folder of evidence',
  },
  rcm_api_requests_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Requests of the HTTP API by route and status.' },
    ...{ source: 'each answer', labels: { route: 'any', status: 'any' } },
  },
  rcm_api_request_seconds: {
    ...{ kind: 'histogram', unit: 'seconds', by: AGENT, meaning: 'How long the HTTP API took to answer, by route.' },
    ...{ source: 'each answer', labels: { route: 'any' }, buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] },
  },
  rcm_api_tokens_refused_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Tokens that the HTTP API refused, by reason.' },
    ...{ source: 'each request', labels: { reason: 'any' } },
  },
  rcm_inbound_messages_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Messages that gateways handed on, by gateway and by what became of them.' },
    source: 'each message',
    labels: { gateway: 'any', end: ['answered', 'nobody', 'several', 'repeated', 'early', 'confirmation', 'forged', 'late', 'unreadable', 'unchecked'] },
  },
  rcm_mailboxes: {
    ...{ kind: 'gauge', unit: 'count', by: AGENT, meaning: 'Mailboxes that the process is to read, by whether it does, another process does, or it cannot.' },
    ...{ source: 'the readers', labels: { state: ['read', 'elsewhere', 'failing'] } },
  },
  rcm_mailbox_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Times that a mailbox could not be read, by why.' },
    source: 'each try',
    labels: { reason: ['refused', 'no_secret', 'damaged_secret', 'not_private', 'no_folder', 'unreachable', 'database'] },
  },
  rcm_mailboxes_failing: {
    ...{ kind: 'gauge', unit: 'count', by: AGENT, meaning: 'Mailboxes that the process is to read and cannot.' },
    source: 'the readers',
  },
  rcm_gateway_refusals_total: {
    ...{ kind: 'counter', unit: 'count', by: AGENT, meaning: 'Messages that came as a gateway’s and were refused, by why.' },
    ...{ source: 'each message', labels: { reason: ['forged', 'late', 'unreadable', 'unchecked'] } },
  },
  rcm_console_requests_total: {
    ...{ kind: 'counter', unit: 'count', by: ['console'], meaning: 'Requests of the console by route and status.' },
    ...{ source: 'each answer', labels: { route: 'any', status: 'any' } },
  },
  rcm_console_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: ['console'], meaning: 'Answers of the console with which it said that it could not (status 500 and above).' },
    source: 'each answer',
  },
  rcm_console_streams: { kind: 'gauge', unit: 'count', by: ['console'], meaning: 'Pages in browsers that are told of changes.', source: 'the event streams' },
  rcm_audit_heads_written_seconds: {
    ...{ kind: 'gauge', unit: 'unix time', by: HEADS, meaning: 'When the heads of all chains were last in a sink.' },
    ...{ source: 'each round', labels: { sink: 'any' } },
  },
  rcm_audit_heads_age_seconds: {
    ...{ kind: 'gauge', unit: 'seconds', by: HEADS, meaning: 'Since the heads of all chains were last in a sink, or the process began.' },
    ...{ source: 'the clock, when it is asked', labels: { sink: 'any' } },
  },
  rcm_audit_heads_failures_total: {
    ...{ kind: 'counter', unit: 'count', by: HEADS, meaning: 'Rounds in which audit heads were not written.' },
    ...{ source: 'each round', labels: { sink: 'any' } },
  },
  rcm_audit_contradictions: {
    ...{ kind: 'gauge', unit: 'count', by: HEADS, meaning: 'Audit chains that are not any more what was signed.' },
    source: 'each round',
  },
} as const satisfies Record<string, MetricDefinition>;

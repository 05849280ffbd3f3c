import type { AuditedEvent } from '@rcm/db/audit';

/** Open Cybersecurity Schema Framework (schema.ocsf.io): the version and the class that every event is of, API Activity in Application Activity. */
const VERSION = '1.3.0';
const [CATEGORY, CLASS] = [6, 6003];

/** What a verb is in OCSF's four; any other is `Other`, by its own name. */
const ACTIVITIES: Readonly<Record<string, number>> = {
  ...{ create: 1, requested: 1, asked: 1, added: 1, adopted: 1, stage: 1, migrated: 1, backup: 1 },
  ...{ read: 2, used: 2, verify: 2, shown: 2, backed_up: 2, copy: 2, copies: 2 },
  ...{
    set: 3,
    changed: 3,
    rotate: 3,
    recorded: 3,
    merge: 3,
    put_right: 3,
    rollback: 3,
    resolve: 3,
    restore: 3,
    moved: 3,
    paused: 3,
    resumed: 3,
    given: 3,
    declined: 3,
  },
  ...{ discard: 4, scrubbed: 4, revoked: 4, cancelled: 4, withdrawn: 4, let_go: 4 },
};
const OTHER = 99;
const INFORMATIONAL = 1;
/** A person has a password: whoever watches should look. */
const SEVERITIES: Readonly<Record<string, number>> = { 'secret.shown': 4, 'secret.set': 2, 'secret.backed_up': 2 };

/** An event for whoever collects them in OCSF. What has no place there stands under `unmapped`, so that nothing is left out; what proves it is the export without a format. */
export function ocsfOf(event: AuditedEvent): Record<string, unknown> {
  const { org_id: tenant, seq, at, actor, action, subject, reason, details: text, previous_hash, hash } = event;
  const [noun = '', verb = ''] = action.split('.');
  const activity = Object.hasOwn(ACTIVITIES, verb) ? (ACTIVITIES[verb] ?? OTHER) : OTHER;
  const details = JSON.parse(text) as Readonly<Record<string, unknown>>;
  return {
    activity_id: activity,
    activity_name: action,
    category_uid: CATEGORY,
    class_uid: CLASS,
    type_uid: CLASS * 100 + activity,
    severity_id: Object.hasOwn(SEVERITIES, action) ? SEVERITIES[action] : INFORMATIONAL,
    time: Date.parse(at),
    message: reason,
    metadata: {
      version: VERSION,
      product: { name: 'rcm', vendor_name: 'rcm' },
      uid: `${tenant}/${seq}`,
      ...{ tenant_uid: tenant, sequence: seq, original_time: at, log_name: 'audit', event_code: action },
    },
    actor: actorOf(actor),
    api: { operation: action, service: { name: 'rcm' } },
    resources: [{ uid: subject, type: noun }],
    src_endpoint: sourceOf(actor, details),
    unmapped: { details, previous_hash, hash },
  };
}

/** A person, somebody with a token, or a process. */
function actorOf(actor: string): Record<string, unknown> {
  if (actor.startsWith('person:')) return { user: { uid: actor, type_id: 1, type: 'User' } };
  if (actor.startsWith('token:')) return { user: { uid: actor, type_id: 3, type: 'System' } };
  return { app_name: actor };
}

/** Where Postgres saw whoever signed in; of a process, the machine that it names. */
function sourceOf(actor: string, { signedIn }: Readonly<Record<string, unknown>>): Record<string, string> {
  const address = typeof signedIn === 'object' && signedIn !== null ? (signedIn as { readonly address?: unknown }).address : null;
  if (typeof address === 'string') return { ip: address };
  return { name: actor.split('@')[1]?.split(':')[0] || 'unknown' };
}

import type { FunctionCases } from './case.fixture.ts';
import type { Tenant } from '../two-tenants.fixture.ts';

const INBOX = `'2:${'c'.repeat(64)}'`;
const MESSAGE = `ARRAY['3:${'d'.repeat(64)}']`;
const asked = ({ orgId }: Tenant): string =>
  `UPDATE code_request SET asked_at = now(), open_until = now() + interval '9 minutes', inboxes = ARRAY[${INBOX}] WHERE org_id = '${orgId}'`;
const onlyTheirs = ({ orgId }: Tenant, table: string): string => `DELETE FROM ${table} WHERE org_id <> '${orgId}'`;
const aKeyMore = ({ orgId }: Tenant): string =>
  `INSERT INTO tenant_data_key (id, org_id, wrapped_by, wrapped, created_at, seals_until)
   SELECT gen_random_uuid(), '${orgId}', wrapped_by, wrapped, created_at - interval '2 days', seals_until - interval '2 days' FROM tenant_data_key WHERE org_id = '${orgId}'`;

/** Codes that people, programs and messages answer with. */
export const CODES: FunctionCases = {
  'rcm_take_code_turn(text,uuid,bytea,integer,text[])': {
    call: (o) => `rcm_take_code_turn('${o.endpointId}', '${o.uuid}', decode(repeat('00', 294), 'hex'), 60000, '{}')`,
  },
  'rcm_ask_code(uuid,uuid,integer)': { call: (o) => `rcm_ask_code('${o.uuid}', '${o.uuid}', 60000)` },
  'rcm_take_code(uuid,uuid)': { call: (o) => `rcm_take_code('${o.uuid}', '${o.uuid}')`, given: asked },
  'rcm_end_code_turn(uuid,uuid)': { call: (o) => `rcm_end_code_turn('${o.uuid}', '${o.uuid}')` },
  'rcm_code_rest(text)': {
    call: (o) => `rcm_code_rest('${o.endpointId}')`,
    given: ({ orgId }) =>
      `UPDATE code_request SET begun_at = now() - interval '3 minutes', asked_at = now() - interval '3 minutes', open_until = now() - interval '1 minute',
              turn_until = now() - interval '1 minute', ended_at = now() - interval '1 minute' WHERE org_id = '${orgId}'`,
  },
  'rcm_answer_code(uuid,bytea,text,text)': { call: (o) => `rcm_answer_code('${o.uuid}', repeat('x', 300)::bytea, 'person:os:jane', 'r')`, given: asked },
  'rcm_answer_code_by_token(uuid,bytea,text,text)': {
    call: (o) => `rcm_answer_code_by_token('${o.uuid}', repeat('x', 300)::bytea, 'token:t', 'https://identity.example/')`,
    given: asked,
  },
  'rcm_answer_code_by_message(uuid,bytea,text,timestamp with time zone,text[])': {
    call: (o) => `rcm_answer_code_by_message('${o.uuid}', repeat('x', 300)::bytea, 'sms', now(), ${MESSAGE})`,
    given: asked,
  },
  'rcm_answer_lasting_code(uuid,bytea,text,timestamp with time zone,text[],text[],text[])': {
    call: (o) => `rcm_answer_lasting_code('${o.uuid}', repeat('x', 300)::bytea, 'sms', now(), ${MESSAGE}, ${MESSAGE}, ${MESSAGE})`,
    given: asked,
  },
  'rcm_note_lasting_code(text,uuid,text[],text[],interval)': {
    call: (o) => `rcm_note_lasting_code('${o.endpointId}', '${o.uuid}', ${MESSAGE}, ${MESSAGE}, '1 hour')`,
  },
  'rcm_turns_at_inbox(text[])': { call: () => `rcm_turns_at_inbox(ARRAY[${INBOX}])`, given: asked },
  'rcm_note_message(text[])': 'fingerprints of a message that is nobody’s, and for a tenant it is refused',
  'rcm_note_message(text[],interval)': 'fingerprints of a message that is nobody’s, and for a tenant it is refused',
  'rcm_take_mailbox_turn(text,uuid,integer)': 'the fingerprint of a mailbox, which is no tenant’s, and for a tenant it is refused',
  'rcm_leave_mailbox_turn(text,uuid)': 'the fingerprint of a mailbox, which is no tenant’s, and for a tenant it is refused',
};

/** Tasks, what tells of their end, and the keys that they are sealed with. */
export const TASKS: FunctionCases = {
  'rcm_task_waits()': { call: () => 'rcm_task_waits()', given: (o) => onlyTheirs(o, 'portal_task') },
  'rcm_task_queue()': { call: () => 'rcm_task_queue()', given: (o) => onlyTheirs(o, 'portal_task') },
  'rcm_next_task(text,interval)': { call: () => `rcm_next_task('w', '1 minute')` },
  'rcm_take_task(text,interval,uuid,text)': { call: (o) => `rcm_take_task('w', '1 minute', '${o.uuid}', '${o.orgId}')` },
  'rcm_tidy_tasks(interval,integer)': {
    call: () => `rcm_tidy_tasks('1 day', 100)`,
    given: ({ orgId }) => `UPDATE portal_task SET deadline_at = now() - interval '1 minute', created_at = now() - interval '1 hour' WHERE org_id = '${orgId}'`,
  },
  'rcm_cancel_task(uuid,text,text)': { call: (o) => `rcm_cancel_task('${o.uuid}', 'person:os:jane', 'r')` },
  'rcm_plain_tasks(integer)': {
    call: () => 'rcm_plain_tasks(10)',
    given: ({ orgId }) => `UPDATE portal_task SET input = '{}', input_sealed = NULL, input_key_id = NULL WHERE org_id = '${orgId}'`,
  },
  'rcm_callback_waits()': { call: () => 'rcm_callback_waits()', given: (o) => onlyTheirs(o, 'task_callback') },
  'rcm_next_callback(interval)': {
    call: () => `rcm_next_callback('1 minute')`,
    given: (o) => `${onlyTheirs(o, 'task_callback')}; INSERT INTO task_callback_receiver (org_id, name) SELECT org_id, name FROM task_callback`,
  },
  'rcm_end_callback_try(uuid,integer,text,interval)': { call: (o) => `rcm_end_callback_try('${o.uuid}', 0, NULL, NULL)` },
  'rcm_tell_again(uuid,text,text)': {
    call: (o) => `rcm_tell_again('${o.uuid}', 'person:os:jane', 'r')`,
    given: ({ orgId }) => `UPDATE task_callback SET given_up_at = now(), last_error = 'refused' WHERE org_id = '${orgId}'`,
  },
  'rcm_data_key_samples(text)': { call: () => `rcm_data_key_samples('file:test')` },
  'rcm_data_key_counts()': { call: () => 'rcm_data_key_counts()', given: aKeyMore },
  'rcm_data_key_owners(text,text,integer)': { call: () => `rcm_data_key_owners('file:test', '', 10)` },
  'rcm_data_key_wrappers()': 'nothing: the names of the keys that there are',
  'rcm_forget_data_keys(integer)': { call: () => 'rcm_forget_data_keys(10)', given: aKeyMore },
};

/** What goes by itself, and what the database says of itself. */
export const UPKEEP: FunctionCases = {
  'rcm_count_old(text,integer)': 'a rule and how long it keeps: how many rows of all tenants it would delete',
  'rcm_count_old_logins(integer)': 'how long lines are kept: how many of all tenants would go',
  'rcm_forget_old(text,integer,integer)': {
    call: () => `rcm_forget_old('leases', 1, 1000)`,
    given: ({ orgId }) => `UPDATE login_lease SET acquired_at = now() - interval '9 days', expires_at = now() - interval '8 days' WHERE org_id = '${orgId}'`,
    answers: 'no tenant',
  },
  'rcm_thin_ledger(integer,integer)': { call: () => 'rcm_thin_ledger(400, 100)', answers: 'no tenant' },
  'rcm_note_place()': 'nothing: where the database itself is',
  'rcm_migrations()': 'nothing: which migrations are applied',
};

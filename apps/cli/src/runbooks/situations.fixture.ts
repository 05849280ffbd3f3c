import { DisableKeyCommand, EnableKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { asSuperuser } from '@rcm/db/testing';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { expect } from 'vitest';
import { type Reader, TYPED } from './reader.fixture.ts';

/** How a page's situation comes about, and ends where a command of the page does not end it. */
export interface Situation {
  make(reader: Reader): Promise<unknown>;
  /** What happens outside before a command that begins so. */
  readonly at?: Readonly<Record<string, (reader: Reader) => Promise<unknown>>>;
  mend?(reader: Reader): Promise<unknown>;
  /** Of the page's first command, which sees that something is not well. */
  readonly firstEnds?: number;
  /** What one of the last commands says while it is not over, whatever its exit code. */
  readonly untilOver?: RegExp;
}

/** The guardian's act, as local-aws lets its base user do it. */
async function deleteSecret({ person, login }: Reader): Promise<void> {
  const { endpoint, region, taskCredentials } = person.testEnvironment.aws;
  const guardian = new SSMClient({ endpoint, region, credentials: taskCredentials(GUARDIAN_ROLE) });
  await guardian.send(new DeleteParameterCommand({ Name: person.testEnvironment.endpoint(login).secretArn.replace(/^.*:parameter/, '') }));
  guardian.destroy();
}

/** By the guardian, who alone may. */
async function disableKey({ person }: Reader): Promise<void> {
  const { endpoint, region, taskCredentials, kmsKeyArn } = person.testEnvironment.aws;
  const guardian = new KMSClient({ endpoint, region, credentials: taskCredentials(GUARDIAN_ROLE) });
  await guardian.send(new DisableKeyCommand({ KeyId: kmsKeyArn }));
  guardian.destroy();
}

/** By whoever administers the account. */
async function enableKey({ person }: Reader): Promise<void> {
  const { endpoint, region, credentials, kmsKeyArn } = person.testEnvironment.aws;
  const administrator = new KMSClient({ endpoint, region, credentials: { ...credentials } });
  await administrator.send(new EnableKeyCommand({ KeyId: kmsKeyArn }));
  administrator.destroy();
}

/** Nobody listens there. */
const UNREACHABLE_MAILBOX = {
  RCM_INBOUND_MAILBOXES: JSON.stringify({ codes: { host: '127.0.0.1', port: 1, user: 'codes', authserv_id: 'mx.example' } }),
  RCM_INBOUND_MAILBOX_PASSWORDS: JSON.stringify({ codes: 'a-password-of-nobody' }),
};

/** Who connects from now on can write nothing, or can again. */
const setReadOnly = ({ person }: Reader, setting: 'on' | 'off'): Promise<unknown> =>
  asSuperuser(person.testEnvironment.databaseUrl, [
    'SET default_transaction_read_only = off',
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${setting}', current_database()); END $$`,
  ]);

/** By the name of the page. */
export const SITUATIONS: Readonly<Record<string, Situation>> = {
  'account-locked': {
    async make(reader) {
      await reader.verify();
      await reader.person.testEnvironment.portals.mistype(reader.account, 10);
      await reader.verify();
    },
    at: { 'rcm login unlocked': ({ person, account }) => person.testEnvironment.portals.unlock(account) },
    firstEnds: 1,
  },
  'login-refused': {
    async make(reader) {
      // Somebody has changed it by hand.
      await reader.person.testEnvironment.portals.createAccount({ ...reader.account, password: TYPED });
      await reader.verify();
    },
    firstEnds: 1,
  },
  'rotations-late': {
    async make(reader) {
      await reader.sql(`UPDATE portal_type SET password_expires_days = 60`);
      await reader.sql(`UPDATE integration_endpoint SET last_rotated_at = now() - interval '58 days', next_rotation_at = now() - interval '2 days'`);
    },
    untilOver: /^overdue +[1-9]/m,
    async mend(reader) {
      await reader.sql(`UPDATE portal_type SET password_expires_days = NULL`);
      await reader.sql(`UPDATE integration_endpoint SET last_rotated_at = now(), next_rotation_at = now() + interval '50 days'`);
    },
  },
  'portal-changed': {
    make: (reader) =>
      reader.sql(`INSERT INTO portal_gate (portal_type_code, opened_at, cause, detail) VALUES ('alpine', clock_timestamp(), 'page_changed', 'several did not get through')
           ON CONFLICT (portal_type_code) DO UPDATE SET opened_at = excluded.opened_at, cause = excluded.cause, detail = excluded.detail, closed_at = NULL, closed_by = NULL`),
    firstEnds: 1,
  },
  'callbacks-given-up': {
    make: (reader) =>
      reader.sql(`WITH ended AS (
             INSERT INTO portal_task (id, org_id, endpoint_id, name, state, callback, started_at, finished_at)
               VALUES ('${reader.task}', '${reader.person.testEnvironment.orgId}', '${reader.login}', 'claim_status', 'succeeded', 'claims', now(), now()) RETURNING *)
           INSERT INTO task_callback (task_id, org_id, name, ended_at, tries, given_up_at, last_error) SELECT id, org_id, callback, finished_at, 24, now(), 'failed 503' FROM ended`),
    firstEnds: 1,
  },
  'store-down': {
    make: async ({ person }) => person.testEnvironment.aws.setFaults({ match: 'ssm', kind: 'down' }),
    at: { 'rcm resume': async ({ person }) => person.testEnvironment.aws.setFaults([]) },
    firstEnds: 1,
  },
  'stack-changed': {
    make: disableKey,
    firstEnds: 1,
    at: { 'rcm doctor': enableKey },
  },
  'copies-behind': {
    async make({ person }) {
      await person.testEnvironment.addEndpoint('alpine', 'secrets-manager');
      person.testEnvironment.replica?.setFaults({ match: 'ssm', kind: 'down' });
    },
    firstEnds: 1,
    mend: async ({ person }) => person.testEnvironment.replica?.setFaults([]),
  },
  'secrets-gone': {
    async make(reader) {
      const { output } = await reader.run('rcm backup --out "$BACKUPS" --org "$ORG" --reason "$WHY" --json 2> /dev/null');
      reader.backup = (JSON.parse(output) as { readonly files: readonly { readonly file: string }[] }).files[0]?.file ?? '';
      await deleteSecret(reader);
      expect(await reader.verify()).toMatchObject({ code: 1 });
    },
  },
  'codes-missing': {
    make: async ({ person }) => void Object.assign(person.environment, UNREACHABLE_MAILBOX),
    mend: async ({ person }) => Object.keys(UNREACHABLE_MAILBOX).forEach((name) => Reflect.deleteProperty(person.environment, name)),
    firstEnds: 1,
  },
  database: {
    make: (reader) => setReadOnly(reader, 'on'),
    mend: (reader) => setReadOnly(reader, 'off'),
    firstEnds: 1,
  },
  'backup-old': {
    make: (reader) =>
      reader.sql(
        `INSERT INTO backup_run (began_at, place, organizations, logins, copies, missing) VALUES (now() - interval '40 hours', '/backups', 1, 5, 0, 0)`,
      ),
    firstEnds: 1,
  },
  'console-failing': {
    make: async (reader) => void (reader.isWell = false),
    at: { 'rcm overview': async (reader) => void (reader.isWell = true) },
  },
  'process-gone': {
    make: async (reader) => void (reader.isWell = false),
    at: { 'rcm recover': async (reader) => void (reader.isWell = true) },
  },
};

import type { aws_secretsmanager as secrets } from 'aws-cdk-lib';
import type { Environment } from '../configuration/read-configuration.ts';
import type { Service } from './names.ts';

/** Credentials that processes start with, and whether an environment has each. None lies where tenants' secrets lie, and none is under their key. */
const HAD: Readonly<Record<string, (environment: Environment) => boolean>> = {
  'agent-database-url': () => true,
  'rotator-database-url': () => true,
  'migrator-database-url': () => true,
  'heads-database-url': () => true,
  'checks-database-url': ({ auditHeads }) => auditHeads.checks,
  'owner-database-url': () => true,
  'migrator-admin-database-url': ({ migrator }) => migrator.databases.includes('admin'),
  'migrator-source-database-url': ({ migrator }) => migrator.databases.includes('source'),
  'console-database-url': (environment) => environment.console !== undefined,
  'console-client-secret': (environment) => environment.console !== undefined,
  'task-callbacks': ({ callbacks }) => callbacks !== undefined,
  'twilio-token': ({ inbound }) => inbound?.twilioUrl !== undefined,
  'signed-message-key': ({ inbound }) => inbound?.signed !== undefined,
  'mailbox-passwords': ({ inbound }) => inbound?.mailboxes !== undefined,
  'notice-webhook-url': ({ noticeWebhook }) => noticeWebhook !== undefined,
  'notice-webhook-key': ({ noticeWebhook }) => noticeWebhook !== undefined,
};

/** By its name, behind the environment's own folder. */
export type ProcessSecret = string;

/** The key that was made first has the name from before keys had several. */
const keySecret = (id: string): ProcessSecret => (id === '1' ? 'identity-key' : `identity-key-${id}`);

type BySecret = Readonly<Record<string, ProcessSecret>>;

/** Where the stack has a key of an id, it has it once, whatever it is used for. */
function keysOf({ keys }: Environment): BySecret {
  const by: Readonly<Record<string, string | undefined>> = {
    RCM_IDENTITY_KEY: keys.identity,
    RCM_PREVIOUS_IDENTITY_KEY: keys.previousIdentity,
    RCM_FINGERPRINT_KEY: keys.fingerprint,
    RCM_PREVIOUS_FINGERPRINT_KEY: keys.previousFingerprint,
  };
  return Object.fromEntries(Object.entries(by).flatMap(([name, id]) => (id === undefined ? [] : [[name, keySecret(id)]])));
}

const OF: Readonly<Record<Service, BySecret>> = {
  'web-agent': {
    RCM_DATABASE_URL: 'agent-database-url',
    RCM_TASK_CALLBACKS: 'task-callbacks',
    RCM_INBOUND_TWILIO_TOKEN: 'twilio-token',
    RCM_INBOUND_SIGNED_KEY: 'signed-message-key',
    RCM_INBOUND_MAILBOX_PASSWORDS: 'mailbox-passwords',
  },
  rotator: { RCM_DATABASE_URL: 'rotator-database-url', RCM_NOTICE_WEBHOOK_URL: 'notice-webhook-url', RCM_NOTICE_WEBHOOK_KEY: 'notice-webhook-key' },
  migrator: {
    RCM_DATABASE_URL: 'migrator-database-url',
    RCM_MIGRATOR_ADMIN_DATABASE_URL: 'migrator-admin-database-url',
    RCM_MIGRATOR_SOURCE_DATABASE_URL: 'migrator-source-database-url',
  },
  'db-migrate': { RCM_DATABASE_URL: 'owner-database-url' },
  'audit-heads': { RCM_DATABASE_URL: 'heads-database-url', RCM_AUDIT_CHECKS_DATABASE_URL: 'checks-database-url' },
  console: { RCM_DATABASE_URL: 'console-database-url', RCM_CONSOLE_CLIENT_SECRET: 'console-client-secret' },
};
const NAMES_LOGINS: readonly Service[] = ['web-agent', 'rotator', 'migrator'];

/** Which of its secrets a process starts with: by the variable that each becomes. */
export function secretsOf(service: Service, environment: Environment): BySecret {
  const own = Object.entries(OF[service]).filter(([, secret]) => HAD[secret]?.(environment));
  return { ...Object.fromEntries(own), ...(NAMES_LOGINS.includes(service) ? keysOf(environment) : {}) };
}

/** Those that a person writes, and those that the stack makes, each once. */
export const writtenSecrets = (environment: Environment): readonly ProcessSecret[] => Object.keys(HAD).filter((secret) => HAD[secret]?.(environment));
export const madeKeys = (environment: Environment): readonly ProcessSecret[] => [...new Set(Object.values(keysOf(environment)))];

/** Of an environment: a process that it does not have has no secrets. */
export type ProcessSecrets = Readonly<Record<ProcessSecret, secrets.CfnSecret>>;

export function secretArn(secrets: ProcessSecrets, name: ProcessSecret): string {
  const secret = secrets[name];
  if (secret === undefined) throw new Error(`The environment has no secret ${name}.`);
  return secret.ref;
}

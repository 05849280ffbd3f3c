import { tenantRoleName, type TenantApp } from '@rcm/credentials/policies';
import type { Environment } from '../configuration/read-configuration.ts';
import { API_PORT, CONSOLE_HEALTH_PORT, CONSOLE_PORT, CREDENTIALS_KEY, HEADS_KEY, roleArn, type Service, topicArn } from './names.ts';

type Settings = Readonly<Record<string, string>>;

/** What a container is given beside its secrets. Every name is one that the app reads (docs/configuration.md), which a test holds this to. */
export function settingsOf(service: Service, environment: Environment): Settings {
  const database = { RCM_DATABASE_CA_FILE: environment.databaseCaFile };
  const measured = { ...database, RCM_EMBEDDED_METRICS_MS: '60000' };
  switch (service) {
    case 'web-agent':
      return {
        ...{ ...measured, ...stores(environment, 'agent'), ...replica(environment), ...browser(environment.webAgent.browserContexts), ...api(environment) },
        ...{ ...messages(environment), ...tuned(environment.webAgent) },
      };
    case 'rotator':
      return {
        ...{ ...measured, ...stores(environment, 'rotator'), ...replica(environment), ...browser(4), RCM_NOTICE_SNS_TOPIC_ARN: topicArn(environment) },
        ...(environment.backups ? { RCM_BACKUP_RECIPIENTS: environment.backups.recipients.join(',') } : {}),
        ...passwordsInBrowsers(environment),
        ...tuned(environment.rotator),
      };
    // It has no way to the second region: `rotator copies` makes the copies of what it has written.
    case 'migrator':
      return {
        ...{ ...database, ...stores(environment, 'migrator') },
        // Nobody sees or switches the WAL of Aurora.
        ...(environment.database.kind === 'aurora' ? { RCM_MIGRATOR_POSTGRES: 'managed' } : {}),
        ...tuned(environment.migrator),
      };
    case 'db-migrate':
      return database;
    case 'audit-heads':
      return {
        ...measured,
        RCM_AWS_REGION: environment.region,
        RCM_AUDIT_SIGNING_KMS_KEY: HEADS_KEY,
        RCM_AUDIT_BUCKET: environment.auditHeads.bucket,
        // What the writer says of an object goes before what the bucket says of all (buckets.ts).
        RCM_AUDIT_BUCKET_MODE: environment.stage === 'production' ? 'COMPLIANCE' : 'GOVERNANCE',
        RCM_AUDIT_BUCKET_KEEP_DAYS: String(environment.auditHeads.keepDays),
        ...tuned(environment.auditHeads),
      };
    case 'console':
      return { ...measured, ...people(environment) };
  }
}

const stores = (environment: Environment, app: TenantApp): Settings => ({
  RCM_ENVIRONMENT: environment.name,
  RCM_AWS_REGION: environment.region,
  RCM_AWS_ACCOUNT_ID: environment.account,
  RCM_KMS_KEY_ID: CREDENTIALS_KEY,
  RCM_TENANT_ROLE_ARN: roleArn(environment, tenantRoleName(app)),
  ...further(environment),
  ...keyIds(environment),
});

/** Roles and the key's alias have the same names there. */
const further = ({ storeAccounts }: Environment): Settings =>
  storeAccounts.length === 0 ? {} : { RCM_STORE_PLACES: JSON.stringify(storeAccounts.map(({ account, regions: [region] }) => ({ account, region }))) };

/** As the rows name the keys, which come as secrets. The first one is called so by the apps themselves. */
function keyIds({ keys }: Environment): Settings {
  const ids = {
    ...{ RCM_IDENTITY_KEY_ID: keys.identity === '1' ? undefined : keys.identity, RCM_PREVIOUS_IDENTITY_KEY_ID: keys.previousIdentity },
    ...{ RCM_FINGERPRINT_KEY_ID: keys.fingerprint, RCM_PREVIOUS_FINGERPRINT_KEY_ID: keys.previousFingerprint },
  };
  return said(ids);
}

/** What is written for a process as it is. */
const tuned = ({ settings }: { readonly settings: Readonly<Record<string, string | number>> }): Settings =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));

const said = (values: Readonly<Record<string, string | undefined>>): Settings =>
  Object.fromEntries(Object.entries(values).filter((each): each is [string, string] => each[1] !== undefined));

/** What of messages and spans is no secret. */
function messages({ inbound, traces }: Environment): Settings {
  const mailboxes = Object.entries(inbound?.mailboxes ?? {}).map(([name, { authservId, ...rest }]) => [name, { ...rest, authserv_id: authservId }] as const);
  return said({
    RCM_INBOUND_TWILIO_URL: inbound?.twilioUrl,
    RCM_INBOUND_SNS_TOPICS: inbound?.snsTopics?.join(','),
    RCM_INBOUND_MAILBOXES: mailboxes.length > 0 ? JSON.stringify(Object.fromEntries(mailboxes)) : undefined,
    RCM_TRACES_URL: traces?.url,
  });
}

/** Its port is reached from the load balancer alone, which takes TLS off. */
const api = ({ api }: Environment): Settings =>
  api
    ? {
        ...{ RCM_API_HOST: '0.0.0.0', RCM_API_PORT: String(API_PORT), RCM_API_TLS_PROXY: 'yes' },
        ...{ RCM_API_ISSUER: api.issuer, RCM_API_AUDIENCE: api.audience, RCM_API_JWKS_URL: api.jwksUrl },
        ...said({
          ...{ RCM_API_PREVIOUS_ISSUER: api.previous?.issuer, RCM_API_PREVIOUS_JWKS_URL: api.previous?.jwksUrl },
          RCM_API_PREVIOUS_AUDIENCE: api.previous?.audience,
        }),
      }
    : {};

/** Both its ports are reached from its load balancer alone, which takes TLS off. */
function people({ console: open }: Environment): Settings {
  if (!open) return {};
  const wanted = { RCM_CONSOLE_SCOPES: open.scopes, RCM_CONSOLE_GROUPS_CLAIM: open.groupsClaim, RCM_CONSOLE_ACR: open.acr, RCM_CONSOLE_AMR: open.amr };
  return {
    ...{ RCM_CONSOLE_HOST: '0.0.0.0', RCM_CONSOLE_PORT: String(CONSOLE_PORT), RCM_CONSOLE_TLS_PROXY: 'yes', RCM_CONSOLE_URL: open.url },
    ...{ RCM_HEALTH_HOST: '0.0.0.0', RCM_HEALTH_PORT: String(CONSOLE_HEALTH_PORT) },
    ...{ RCM_CONSOLE_ISSUER: open.issuer, RCM_CONSOLE_CLIENT_ID: open.clientId, RCM_CONSOLE_ROLES: open.roles.join(',') },
    ...{ ...said(wanted), ...passwordsInBrowsers({ console: open }) },
    ...tuned(open),
  };
}

/** The console asks, and a rotator answers: neither does without the other. */
const passwordsInBrowsers = ({ console: open }: Pick<Environment, 'console'>): Settings => ({
  ...(open?.passwords ? { RCM_BREAK_GLASS_PAGE: 'yes' } : {}),
  ...(open?.set ? { RCM_SET_PAGE: 'yes' } : {}),
});

const replica = ({ replica }: Environment): Settings => (replica ? { RCM_AWS_REPLICA_REGION: replica.region } : {});

/**
 * Fargate gives a container neither the user namespaces nor the capability that Chromium's sandbox is made of, and no other user for the browser. What holds
 * there instead: one task is one virtual machine, nothing is resolved but portals and AWS, and the task's role reads no secret. The app says so at every start.
 */
const browser = (contexts: number): Settings => ({ RCM_BROWSER_SANDBOX: 'off', RCM_MAX_BROWSER_CONTEXTS: String(contexts) });

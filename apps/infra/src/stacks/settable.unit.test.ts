import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../configuration/read-configuration.ts';
import { TUNABLE } from '../configuration/tunable.ts';
import { containersOf, given, type PlacedContainer, type Read, readerOf } from './containers.fixture.ts';
import { SERVICES } from './names.ts';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

const PAGE = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'configuration.md');
const documented = new Set([...readFileSync(PAGE, 'utf8').matchAll(/`(RCM_[A-Z_]+)`/g)].map(([, name]) => name ?? ''));

/** What `infra.yaml` cannot set, and why. */
const NOT_SET: Readonly<Record<string, readonly string[]>> = {
  'leads elsewhere, or leaves something unprotected; a container of the stack needs none': [
    ...['RCM_ALLOW_ROOT', 'RCM_ALLOW_VARIABLES', 'RCM_PLAINTEXT', 'RCM_AWS_ENDPOINT', 'RCM_AWS_REPLICA_ENDPOINT'],
  ],
  'by default what the stack wants: one address of Postgres, the alias of the key in either region, the image’s own browser and its user': [
    ...['RCM_DATABASE_DIRECT_URL', 'RCM_AWS_REPLICA_KMS_KEY_ID', 'RCM_CHROMIUM_PATH', 'RCM_BROWSER_USER', 'RCM_AUDIT_BUCKET_PREFIX'],
  ],
  'more than the container’s 120 s to stop would be cut short': ['RCM_AGENT_DRAIN_MS', 'RCM_ROTATOR_DRAIN_MS'],
  'a load balancer takes TLS off, and a certificate of ACM gives nobody its key': [
    ...['RCM_API_TLS_CERT', 'RCM_API_TLS_KEY', 'RCM_CONSOLE_TLS_CERT', 'RCM_CONSOLE_TLS_KEY'],
  ],
  'of people at terminals: no container of the stack is one': [
    ...['RCM_ACTOR_ISSUER', 'RCM_ACTOR_CLIENT_ID', 'RCM_OPERATOR_DATABASE_URL', 'RCM_ROTATOR_DATABASE_URL', 'RCM_MIGRATOR_DATABASE_URL'],
    ...['RCM_AUDITOR_DATABASE_URL', 'RCM_OWNER_DATABASE_URL', 'RCM_ROTATOR_TENANT_ROLE_ARN', 'RCM_MIGRATOR_TENANT_ROLE_ARN', 'RCM_ROTATOR_AWS_PROFILE'],
    ...['RCM_MIGRATOR_AWS_PROFILE', 'RCM_ROTATOR_VAULT_APPROLE_FOLDER', 'RCM_MIGRATOR_VAULT_APPROLE_FOLDER'],
  ],
  'of Vault, which is for sites without AWS: its AppRoles are folders of files': [
    ...['RCM_VAULT_ADDRESS', 'RCM_VAULT_APPROLE_FOLDER', 'RCM_VAULT_MOUNT', 'RCM_VAULT_APPROLE_MOUNT', 'RCM_VAULT_NAMESPACE', 'RCM_TASK_VAULT_MOUNT'],
  ],
  'what wraps data keys is KMS, with the key of the secrets': [
    ...['RCM_TASK_KEYS', 'RCM_TASK_KMS_KEY_ID', 'RCM_TASK_KEY', 'RCM_TASK_KEY_ID', 'RCM_PREVIOUS_TASK_KEY', 'RCM_PREVIOUS_TASK_KEY_ID'],
  ],
  'a file or a folder that outlives the container, which no task of Fargate has': [
    ...['RCM_EVIDENCE_DIR', 'RCM_EVIDENCE_WHEN', 'RCM_EVIDENCE_SCREENSHOTS', 'RCM_EVIDENCE_KEPT_HOURS', 'RCM_EVIDENCE_MAX_BYTES', 'RCM_LEGACY_MAPPINGS_FILE'],
    ...['RCM_AUDIT_PUBLIC_KEYS', 'RCM_AUDIT_HEADS_FILE', 'RCM_AUDIT_SYSLOG', 'RCM_AUDIT_SYSLOG_CA_FILE'],
  ],
  'the heads are signed by a key of KMS, which nobody gets out': ['RCM_AUDIT_SIGNING_KEY'],
  'deployments for one organization alone are not laid out yet (docs/credential-infrastructure.md)': ['RCM_DEDICATED_ORG_ID'],
  'a key of one receiver is changed by its secret, with a minute in which the receiver takes both': [
    ...['RCM_NOTICE_WEBHOOK_KEY_ID', 'RCM_PREVIOUS_NOTICE_WEBHOOK_KEY', 'RCM_PREVIOUS_NOTICE_WEBHOOK_KEY_ID'],
  ],
};

/** Beside the example: while keys and the issuer are changed, a table is brought in, and the provider of the console is particular. */
const changing = (environments: readonly Environment[]): readonly Environment[] =>
  environments.map((environment) => ({
    ...environment,
    keys: { identity: '2', previousIdentity: '1', fingerprint: '3', previousFingerprint: '1' },
    migrator: { ...environment.migrator, databases: ['admin', 'source'] },
    ...(environment.api
      ? { api: { ...environment.api, previous: { issuer: 'https://old.example/', jwksUrl: 'https://old.example/keys', audience: 'https://rcm.example/old' } } }
      : {}),
    ...(environment.console
      ? {
          console: {
            ...environment.console,
            scopes: 'openid groups',
            groupsClaim: 'roles',
            acr: 'urn:mfa',
            passwords: true,
            set: true,
            settings: { RCM_CONSOLE_STREAMS: 100 },
          },
        }
      : {}),
  }));

/** What an app does not know it neither keeps nor refuses. */
function isRead(read: Read, environment: NodeJS.ProcessEnv, name: string): boolean {
  try {
    return read({ ...environment, [name]: '\u0001' })[name] === '\u0001';
  } catch (error) {
    return String(error).includes(name);
  }
}

let made: Synthesised;
let changed: Synthesised;
let containers: readonly PlacedContainer[];
beforeAll(() => {
  made = synthesised();
  changed = synthesised({ change: changing });
  containers = [...containersOf(made), ...containersOf(changed)];
});

describe('what docs/configuration.md names', () => {
  it('is all that a container is given', () => {
    const names = [...new Set(containers.flatMap((container) => Object.keys(given(container))))];
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !documented.has(name))).toEqual([]);
  });

  it('can be set by infra.yaml, or there is a reason why not', () => {
    const set = new Set([...containers.flatMap((container) => Object.keys(given(container))), ...Object.values(TUNABLE).flat()]);
    const without = Object.values(NOT_SET).flat();
    expect([...documented].filter((name) => !set.has(name)).sort()).toEqual([...without].sort());
  });

  it.each(['RCM_BREAK_GLASS_PAGE', 'RCM_SET_PAGE'])(
    'lets passwords into browsers by %s only where it was asked for, with the console and the rotators, and nobody else',
    (name) => {
      const having = (of: readonly PlacedContainer[]) => [...new Set(of.filter((each) => name in given(each)).map(({ Name }) => Name))].sort();
      expect([having(containersOf(made)), having(containersOf(changed))]).toEqual([[], ['console', 'rotator']]);
    },
  );

  it('is not set twice: what is written as it is has no member of its own', () => {
    const plain = synthesised({ change: (all) => all.map((each) => untuned(each)) });
    for (const container of containersOf(plain)) {
      const of = { 'web-agent': 'webAgent', 'audit-heads': 'auditHeads', 'db-migrate': null } as const;
      const tuned = container.Name in of ? of[container.Name as keyof typeof of] : (container.Name as 'rotator' | 'migrator' | 'console');
      const names: readonly string[] = tuned === null ? [] : TUNABLE[tuned];
      // The rotator's browsers are four where nothing is said.
      const twice = Object.keys(given(container)).filter((name) => names.includes(name) && name !== 'RCM_MAX_BROWSER_CONTEXTS');
      expect([container.at, twice]).toEqual([container.at, []]);
    }
  });

  it.each(SERVICES)('is read by %s while keys and issuer are changed, and what it may be told as it is it knows', async (service) => {
    const read = await readerOf(service);
    const of = { 'web-agent': 'webAgent', 'audit-heads': 'auditHeads' } as const;
    const tuned = service in of ? of[service as keyof typeof of] : (service as keyof typeof TUNABLE);
    for (const container of containersOf(changed).filter(({ Name }) => Name === service)) {
      const { RCM_DATABASE_CA_FILE: _, ...environment } = given(container);
      const config = read(environment);
      expect(Object.keys(environment).filter((name) => !(name in config))).toEqual([]);
      for (const name of TUNABLE[tuned] ?? []) expect([name, isRead(read, environment, name)]).toEqual([name, true]);
    }
  });
});

describe('a key that is changed', () => {
  const secretsIn = (from: Synthesised) => from.ofType('AWS::SecretsManager::Secret', /prod/).map(({ Properties }) => String(Properties.Name));
  const valueOf = (from: Synthesised, variable: string): string => {
    const rotator = containersOf(from).find(({ Name, at }) => Name === 'rotator' && at.includes('prod'))!;
    return JSON.stringify(
      (rotator.Secrets as readonly { readonly Name: string; readonly ValueFrom?: unknown }[]).find(({ Name }) => Name === variable)?.ValueFrom,
    );
  };

  it('has one secret for each id, made by Secrets Manager; the first keeps its name', () => {
    expect(secretsIn(made).filter((name) => name.includes('identity-key'))).toEqual(['rcm-platform/prod/identity-key']);
    expect(secretsIn(changed).filter((name) => name.includes('identity-key'))).toEqual(
      ['identity-key-2', 'identity-key', 'identity-key-3'].map((name) => `rcm-platform/prod/${name}`),
    );
  });

  it('is exchanged by which secret a process reads, never by what a secret holds', () => {
    expect(valueOf(changed, 'RCM_PREVIOUS_IDENTITY_KEY')).toBe(valueOf(made, 'RCM_IDENTITY_KEY'));
    expect(valueOf(changed, 'RCM_PREVIOUS_FINGERPRINT_KEY')).toBe(valueOf(made, 'RCM_IDENTITY_KEY'));
    expect(valueOf(changed, 'RCM_IDENTITY_KEY')).not.toBe(valueOf(made, 'RCM_IDENTITY_KEY'));
  });
});

const untuned = (environment: Environment): Environment => ({
  ...environment,
  ...{ webAgent: { ...environment.webAgent, settings: {} }, rotator: { ...environment.rotator, settings: {} } },
  ...{ migrator: { ...environment.migrator, settings: {} }, auditHeads: { ...environment.auditHeads, settings: {} } },
  ...(environment.console ? { console: { ...environment.console, settings: {} } } : {}),
});

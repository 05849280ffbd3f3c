import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { SECRETS_OF, type Service, SERVICES, servicesOf } from './names.ts';
import { type Synthesised, synthesised } from './synthesised.fixture.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const documented = new Set([...readFileSync(join(root, 'docs', 'configuration.md'), 'utf8').matchAll(/`(RCM_[A-Z_]+)`/g)].map(([, name]) => name ?? ''));

type Read = (environment: NodeJS.ProcessEnv) => Record<string, unknown>;
/** How each app reads its configuration, and the name of the reader. */
const readers: Readonly<Record<Service, readonly [file: string, name: string]>> = {
  'web-agent': [join(root, 'apps/web-agent/src/config.ts'), 'readWebAgentConfig'],
  rotator: [join(root, 'apps/rotator/src/config.ts'), 'readRotatorConfig'],
  migrator: [join(root, 'apps/migrator/src/config.ts'), 'readMigratorConfig'],
  'audit-heads': [join(root, 'apps/audit/src/config.ts'), 'readAuditConfig'],
  console: [join(root, 'apps/console/src/config.ts'), 'readConsoleConfig'],
  'db-migrate': [join(root, 'libs/db/src/environment.ts'), 'readDatabaseConfig'],
};

/** What a person writes into the secrets (docs/deploy.md); the certificate's file lies in the images, and here beside the tests. */
const SECRET_VALUES: Readonly<Record<string, string>> = {
  RCM_DATABASE_URL: 'postgresql://agent_1:made-up@rcm.cluster-x.us-east-1.rds.amazonaws.com:5432/rcm?sslmode=verify-full',
  RCM_IDENTITY_KEY: 'x'.repeat(64),
  RCM_CONSOLE_CLIENT_SECRET: 'x'.repeat(43),
};

interface Container {
  readonly Name: Service;
  readonly Environment: readonly { readonly Name: string; readonly Value: string }[];
  readonly Secrets: readonly { readonly Name: string }[];
}

let made: Synthesised;
let containers: readonly (Container & { readonly at: string; readonly definition: Readonly<Record<string, unknown>> })[];
beforeAll(() => {
  made = synthesised();
  containers = made
    .ofType('AWS::ECS::TaskDefinition')
    .flatMap(({ at, Properties }) =>
      (Properties['ContainerDefinitions'] as unknown as Container[]).map((container) => ({ ...container, at, definition: Properties })),
    );
});

const given = ({ Environment, Secrets }: Container): NodeJS.ProcessEnv =>
  Object.fromEntries([...Environment.map(({ Name, Value }) => [Name, Value] as const), ...Secrets.map(({ Name }) => [Name, SECRET_VALUES[Name]] as const)]);

describe('each container', () => {
  it('is there, once in each environment that has it', () => {
    expect(containers.map(({ Name }) => Name).sort()).toEqual(made.environments.flatMap(servicesOf).sort());
    expect(new Set(containers.map(({ Name }) => Name))).toEqual(new Set(SERVICES));
  });

  it('is given only what docs/configuration.md names', () => {
    const names = containers.flatMap((container) => Object.keys(given(container)));
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !documented.has(name))).toEqual([]);
  });

  it('gets its secrets from Secrets Manager, each process its own login of Postgres', () => {
    const urls = Object.values(SECRETS_OF).map((secrets) => secrets['RCM_DATABASE_URL']);
    expect(new Set(urls).size).toBe(SERVICES.length);
    for (const { Environment } of containers) expect(Environment.filter(({ Name }) => Name in SECRET_VALUES)).toEqual([]);
  });

  it.each(SERVICES)('%s is given what the app itself accepts, and nothing that it does not read', async (service) => {
    const [file, name] = readers[service];
    const read = ((await import(pathToFileURL(file).href)) as Record<string, Read>)[name];
    if (read === undefined) throw new Error(`${file} has no ${name}.`);
    for (const container of containers.filter(({ Name }) => Name === service)) {
      const { RCM_DATABASE_CA_FILE, ...environment } = given(container);
      expect(RCM_DATABASE_CA_FILE).toBe('/etc/rcm/database-ca.pem');
      const config = read(environment);
      expect(Object.keys(environment).filter((each) => !(each in config))).toEqual([]);
      // A value that is not needed is no reason to accept one that is wrong.
      expect(() => read({ ...environment, RCM_DATABASE_URL: 'postgresql://x@db.example/rcm?sslmode=disable' })).toThrow(/RCM_DATABASE_URL/);
    }
  });

  it('is not root, has no capability, cannot write but below /tmp, and cannot be entered', () => {
    for (const { definition, ...container } of containers) {
      expect(container).toMatchObject({ User: '10001:10001', Privileged: false, ReadonlyRootFilesystem: true });
      expect(container).toMatchObject({ LinuxParameters: { InitProcessEnabled: false, Capabilities: { Drop: ['ALL'] } } });
      expect(container).toMatchObject({ MountPoints: [{ ContainerPath: '/tmp', SourceVolume: 'tmp' }] });
      expect(definition).toMatchObject({ NetworkMode: 'awsvpc', RequiresCompatibilities: ['FARGATE'], Volumes: [{ Name: 'tmp' }] });
    }
    for (const { Properties } of made.ofType('AWS::ECS::Service'))
      expect(Properties).toMatchObject({ EnableExecuteCommand: false, NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } } });
  });

  it('is the image that the configuration names, by its digest', () => {
    for (const container of containers) expect(container).toMatchObject({ Image: expect.stringMatching(/@sha256:[0-9a-f]{64}$/) });
  });

  it('has more time to stop than it takes to drain', () => {
    // RCM_AGENT_DRAIN_MS and RCM_ROTATOR_DRAIN_MS are 90 s where nothing is said, and nothing is.
    for (const container of containers) expect(container).toMatchObject({ StopTimeout: 120 });
    expect(containers.flatMap(({ Environment }) => Environment).filter(({ Name }) => Name.endsWith('_DRAIN_MS'))).toEqual([]);
  });
});

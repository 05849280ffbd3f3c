import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Service } from './names.ts';
import type { Synthesised } from './synthesised.fixture.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
export type Read = (environment: NodeJS.ProcessEnv) => Record<string, unknown>;
/** How each app reads its configuration, and the name of the reader. */
const readers: Readonly<Record<Service, readonly [file: string, name: string]>> = {
  'web-agent': [join(root, 'apps/web-agent/src/config.ts'), 'readWebAgentConfig'],
  rotator: [join(root, 'apps/rotator/src/config.ts'), 'readRotatorConfig'],
  migrator: [join(root, 'apps/migrator/src/config.ts'), 'readMigratorConfig'],
  'audit-heads': [join(root, 'apps/audit/src/config.ts'), 'readAuditConfig'],
  console: [join(root, 'apps/console/src/config.ts'), 'readConsoleConfig'],
  'db-migrate': [join(root, 'libs/db/src/environment.ts'), 'readDatabaseConfig'],
};

const SIGNING_KEY = `whsec_${'A'.repeat(32)}`;

/** What a person writes into the secrets (docs/deploy.md); the certificate's file lies in the images, and here beside the tests. */
export const SECRET_VALUES: Readonly<Record<string, string>> = {
  RCM_DATABASE_URL: 'postgresql://agent_1:made-up@rcm.cluster-x.us-east-1.rds.amazonaws.com:5432/rcm?sslmode=verify-full',
  RCM_IDENTITY_KEY: 'x'.repeat(64),
  RCM_PREVIOUS_IDENTITY_KEY: 'y'.repeat(64),
  RCM_FINGERPRINT_KEY: 'z'.repeat(64),
  RCM_PREVIOUS_FINGERPRINT_KEY: 'x'.repeat(64),
  RCM_CONSOLE_CLIENT_SECRET: 'x'.repeat(43),
  RCM_TASK_CALLBACKS: JSON.stringify({ mercy: { claims: { url: 'https://hooks.mercy.example/rcm', keys: [SIGNING_KEY] } } }),
  RCM_INBOUND_TWILIO_TOKEN: 'x'.repeat(32),
  RCM_INBOUND_SIGNED_KEY: SIGNING_KEY,
  RCM_INBOUND_MAILBOX_PASSWORDS: JSON.stringify({ codes: 'made-up' }),
  RCM_NOTICE_WEBHOOK_URL: 'https://notices.example/rcm',
  RCM_NOTICE_WEBHOOK_KEY: 'x'.repeat(32),
  RCM_MIGRATOR_SOURCE_DATABASE_URL: 'postgresql://reader:made-up@old.example:5432/logins?sslmode=verify-full',
  RCM_MIGRATOR_ADMIN_DATABASE_URL: 'postgresql://admin:made-up@rcm.cluster-x.us-east-1.rds.amazonaws.com:5432/rcm?sslmode=verify-full',
};

export interface Container {
  readonly Name: Service;
  readonly Environment: readonly { readonly Name: string; readonly Value: string }[];
  readonly Secrets: readonly { readonly Name: string }[];
}

export interface PlacedContainer extends Container {
  readonly at: string;
  readonly definition: Readonly<Record<string, unknown>>;
}

export const containersOf = (made: Synthesised): readonly PlacedContainer[] =>
  made
    .ofType('AWS::ECS::TaskDefinition')
    .flatMap(({ at, Properties }) =>
      (Properties.ContainerDefinitions as unknown as Container[]).map((container) => ({ ...container, at, definition: Properties })),
    );

/** What the image of a service names as volumes, in its own target or in one that it stands on. */
export function volumesOf(service: Service): readonly string[] {
  const [, ...parts] = readFileSync(join(root, 'docker/images/Dockerfile'), 'utf8').split(/^FROM (\S+) AS (\S+)$/m);
  const targets = new Map<string, { readonly from: string; readonly says: string }>();
  for (let at = 0; at < parts.length; at += 3) targets.set(parts[at + 1] ?? '', { from: parts[at] ?? '', says: parts[at + 2] ?? '' });
  const named = (target: string): string[] => {
    const { from, says } = targets.get(target) ?? { from: null, says: '' };
    const own = [...says.matchAll(/^VOLUME (\[.*\])$/gm)].flatMap(([, list = '[]']) => JSON.parse(list) as string[]);
    return from === null ? [] : [...named(from), ...own];
  };
  return named(service === 'db-migrate' || service === 'audit-heads' ? 'rcm' : service);
}

/** The environment that ECS makes of it. */
export const given = ({ Environment, Secrets }: Container): NodeJS.ProcessEnv =>
  Object.fromEntries([...Environment.map(({ Name, Value }) => [Name, Value] as const), ...Secrets.map(({ Name }) => [Name, SECRET_VALUES[Name]] as const)]);

/** The app's own reader of its configuration. */
export async function readerOf(service: Service): Promise<Read> {
  const [file, name] = readers[service];
  const read = ((await import(pathToFileURL(file).href)) as Record<string, Read>)[name];
  if (read === undefined) throw new Error(`${file} has no ${name}.`);
  return read;
}

import { AssumeRoleCommand, type Tag } from '@aws-sdk/client-sts';
import type { LocalAws } from '@rcm/local-aws';
import { dedicatedRoleName, GUARDIAN_ROLE, taskRoleName, type TenantApp, tenantRoleName } from '../index.ts';
import { ACCOUNT, DEDICATED, ENVIRONMENT, TENANTS } from './account.fixture.ts';
import { type Clients, clientsOf, closeClients, type Keys } from './clients.fixture.ts';
import type { Place } from './targets.fixture.ts';

export interface Session {
  readonly name: string;
  /** Whose secrets it is for, and as which app; `null` for one that is for nobody's. */
  readonly serves: { readonly app: TenantApp; readonly place: Place } | null;
  /** The app whose own process it is, before that has become a tenant. */
  readonly task: TenantApp | null;
  /** Whether it is the one that is for deleting. */
  readonly isGuardian: boolean;
  readonly clients: Clients;
}

export const APPS: readonly TenantApp[] = ['agent', 'rotator', 'migrator'];
export const roleArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;

export const assume = async (clients: Clients, role: string, Tags: Tag[], TransitiveTagKeys?: string[]) =>
  clients.sts.send(new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: 'matrix', Tags, ...(TransitiveTagKeys ? { TransitiveTagKeys } : {}) }));

export const tenantTags = ({ environment, tenant }: Place): Tag[] => [
  { Key: 'env', Value: environment },
  { Key: 'tenant_id', Value: tenant },
];

/** Tags that no trust policy lets through, put on a session all the same: what the role's own policy makes of them. */
const FORGED: readonly Readonly<Record<string, string>>[] = [
  {},
  { env: ENVIRONMENT },
  { tenant_id: 'mercy' },
  { env: ENVIRONMENT, tenant_id: '' },
  { env: ENVIRONMENT, tenant_id: 'mercy/endpoints' },
  { env: `${ENVIRONMENT}/mercy`, tenant_id: 'endpoints' },
];

/** Sessions of every tenant role whose tags name nobody, or more than one tenant may have. */
export const openForgedSessions = (aws: LocalAws): Session[] =>
  APPS.flatMap((app) =>
    FORGED.map((tags) => ({
      name: `${app} with tags ${JSON.stringify(tags)}`,
      serves: null,
      task: null,
      isGuardian: false,
      clients: clientsOf(aws, aws.taskCredentials(tenantRoleName(app), tags)),
    })),
  );

/** Every tenant as every app, each app's own process, a dedicated deployment, a tenant of another environment, and the guardian. */
export async function openSessions(aws: LocalAws): Promise<Session[]> {
  const sessions: Session[] = [];
  const add = (name: string, who: Partial<Pick<Session, 'serves' | 'task' | 'isGuardian'>>, keys: Keys) =>
    sessions.push({ name, serves: null, task: null, isGuardian: false, ...who, clients: clientsOf(aws, keys) });
  for (const app of APPS) {
    const task = clientsOf(aws, aws.taskCredentials(taskRoleName(app)));
    for (const tenant of TENANTS) {
      const place = { environment: ENVIRONMENT, tenant };
      const { Credentials } = await assume(task, tenantRoleName(app), tenantTags(place));
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
      add(`${app} of ${tenant}`, { serves: { app, place } }, { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken });
    }
    closeClients(task);
    const elsewhere = { environment: 'prod2', tenant: 'mercy' };
    add(`${app} of mercy in prod2`, { serves: { app, place: elsewhere } }, aws.taskCredentials(tenantRoleName(app), { env: 'prod2', tenant_id: 'mercy' }));
    add(`task of ${app}`, { task: app }, aws.taskCredentials(taskRoleName(app)));
  }
  const dedicated = { environment: ENVIRONMENT, tenant: DEDICATED.orgId };
  add(
    `dedicated agent of ${DEDICATED.orgId}`,
    { serves: { app: 'agent', place: dedicated } },
    aws.taskCredentials(dedicatedRoleName('agent', DEDICATED.orgId)),
  );
  add('guardian', { isGuardian: true }, aws.taskCredentials(GUARDIAN_ROLE));
  return sessions;
}

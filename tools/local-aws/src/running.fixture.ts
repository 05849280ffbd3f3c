import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { TenantRole } from './account/roles.ts';
import type { Clock } from './clock.ts';
import { type Clients, sdkClients } from './conformance/subject.fixture.ts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from './start.ts';

/** A local-aws of this test alone, stopped when the test ends; a defect of it fails the test. */
export async function running(options: LocalAwsOptions = {}): Promise<LocalAws & { readonly clients: Clients }> {
  const defects: unknown[] = [];
  const aws = await startLocalAws({ onInternalError: (error) => defects.push(error), ...options });
  const clients = sdkClients(aws);
  onTestFinished(async () => {
    for (const client of Object.values(clients)) client.destroy();
    await aws.close();
    if (defects.length > 0) throw defects[0];
  });
  return { ...aws, clients };
}

/** Clients of a session of a tenant's role. */
export async function tenant(
  aws: LocalAws & { readonly clients: Clients },
  role: TenantRole,
  tags: Readonly<Record<string, string>>,
  seconds = 3_600,
): Promise<Clients> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const { Credentials } = await aws.clients.sts.send(
    new AssumeRoleCommand({ RoleArn: aws.tenantRoleArn(role), RoleSessionName: 'test', DurationSeconds: seconds, Tags }),
  );
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
  return sdkClients({ ...aws, credentials });
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-aws-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that stands still until it is moved. */
export function testClock(start = new Date()): Clock & { advance(ms: number): void } {
  let now = start.getTime();
  return {
    now: () => new Date(now),
    advance(ms) {
      now += ms;
    },
  };
}

/** The error's name, or `null` where the call went through. */
export const errorName = (call: Promise<unknown>): Promise<string | null> =>
  call.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );

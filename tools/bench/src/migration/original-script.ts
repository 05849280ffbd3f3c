import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { MigrationEnvironment } from './migration-environment.ts';

/** One after the other, as the design wrote it down: no pace, no second look, the client's own few retries; a login that fails is passed over. */
export async function runScript(testEnvironment: MigrationEnvironment): Promise<void> {
  const client = new SSMClient({ region: 'us-east-1', endpoint: testEnvironment.proxy.endpoint, credentials: testEnvironment.admin });
  const rows = await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ id: string; org: string; text: string }[]>`
      SELECT id, org_id AS org, (config->'credentials')::text AS text FROM integration_endpoint WHERE secret_arn IS NULL ORDER BY id`,
  );
  const refusals = new Map<string, number>();
  for (const { id, org, text } of rows) {
    const Tags = Object.entries({ TenantId: org, Environment: 'bench', PortalType: 'alpine' }).map(([Key, Value]) => ({ Key, Value }));
    const Name = `/rcm/bench/${org}/endpoints/${id}/script`;
    const put = client.send(new PutParameterCommand({ Name, Value: text, Type: 'SecureString', KeyId: 'alias/rcm-credentials', Tags }));
    const refusal = await put.then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.name : String(error)),
    );
    if (refusal !== null) {
      refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
      continue;
    }
    const arn = `arn:aws:ssm:us-east-1:123456789012:parameter${Name}`;
    await testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = ${arn}, current_version = '1' WHERE id = ${id}`,
    );
  }
  client.destroy();
  // One that never got through compares nothing.
  const others = [...refusals.keys()].filter((name) => name !== 'ThrottlingException');
  if (others.length > 0) throw new Error(`The script was refused by more than the quota: ${others.join(', ')}.`);
}

import { parseReference } from '@rcm/credentials';
import { type EndpointRow, listEndpoints, recordAuditEvent, recordAuditEventForAll } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { type CommandContext, type PersonalAct, print } from './command.ts';

const PAGE = 200;
/** Each in SSM costs two reads of its forty a second; the agents need the rest. Secrets Manager has more room than that. */
const PER_SECOND = 10;

/**
 * `copies`: makes every copy in the second region what its secret is, and has Secrets Manager replicate what it does not replicate yet; may be repeated at any
 * time, by anybody. Exit code 1 where one could not be mended. Fails with `config_invalid` where there is no second region.
 */
export async function copiesCommand(context: CommandContext, act: PersonalAct): Promise<number> {
  const { db, copies, rotator } = context.opened;
  if (!copies) throw new RcmError('config_invalid', 'There is no second region: RCM_AWS_REPLICA_REGION is not set.');
  await recordAuditEventForAll(db, { ...act, action: 'secret.copies', subject: 'every copy' });
  const counts = { current: 0, written: 0, replicating: 0, gone: 0, not_kept: 0, failed: 0 };
  const mend = async (endpoint: EndpointRow & { readonly secretArn: string }): Promise<keyof typeof counts> => {
    const reference = parseReference(endpoint.secretArn);
    const tags = { TenantId: endpoint.orgId, Environment: rotator.environment, PortalType: endpoint.portalTypeCode };
    const audit = {
      orgId: endpoint.orgId,
      actor: rotator.owner,
      action: 'secret.copy',
      subject: endpoint.id,
      reason: 'the copy in the second region is behind',
      details: {},
    };
    return copies.repairCopy(reference, tags, { beforeWrite: async () => void (await recordAuditEvent(db, audit)) });
  };
  for await (const endpoint of migratedEndpoints(context)) {
    const result = await mend(endpoint).catch((error: unknown) => {
      rotator.logger.warn({ err: error, endpointId: endpoint.id }, 'a copy in the second region could not be mended');
      return 'failed' as const;
    });
    counts[result] += 1;
    if (result !== 'not_kept') await rotator.clock.sleep(1000 / PER_SECOND);
  }
  const { current, written, replicating, gone, not_kept: none, failed } = counts;
  print(context, counts, [
    `${current} copies current, ${written} mended, ${replicating} that Secrets Manager is replicating, ${failed} could not be mended, ${gone} secrets gone, ${none} in a store without a second region`,
  ]);
  return failed > 0 ? 1 : 0;
}

async function* migratedEndpoints({ opened: { db } }: CommandContext): AsyncGenerator<EndpointRow & { readonly secretArn: string }> {
  for (let after: string | undefined; ;) {
    const page = await listEndpoints(db, { after, limit: PAGE });
    for (const endpoint of page) if (endpoint.secretArn !== null) yield { ...endpoint, secretArn: endpoint.secretArn };
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

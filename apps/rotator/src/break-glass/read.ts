import { parsePayload, parseReference } from '@rcm/credentials';
import { type AskedAct, endAct, findBreakGlass, openGlass, stayDue } from '@rcm/db';
import { codeSource, migratedEndpoint } from '@rcm/portal-access';
import { isRcmError, RcmError } from '@rcm/telemetry';
import type { CommandContext } from '../commands/command.ts';
import type { RotatorConfig } from '../config.ts';
import { showOnce } from './shown-once.ts';
import { tellFirst } from './tell-first.ts';
import { theirTerminal } from './terminal.ts';

/**
 * `break-glass`: shows whoever asked for it one password, once, at their terminal, as a second person has approved. In this order: it is taken, with its audit event and the
 * rotation that it makes due; people are told; it is read; it is shown. Whatever fails on the way, nothing is shown. Fails with `input_invalid` where this is no terminal or there is no
 * such request, as `openGlass`, with `deadline_exceeded` where nobody could be told.
 */
export async function readBreakGlassCommand(
  { opened, signal }: Pick<CommandContext, 'opened' | 'signal'>,
  { requestId: id, actor, config }: { readonly requestId: string; readonly actor: string; readonly config: RotatorConfig },
): Promise<number> {
  const { db, rotator } = opened;
  const terminal = theirTerminal(process);
  const asked = await findBreakGlass(db, { id });
  if (!asked?.orgId || !asked.endpointId) throw new RcmError('input_invalid', `There is no break-glass request ${id}. Nothing was shown.`);
  const { orgId } = asked;
  const endpoint = await migratedEndpoint(db, { orgId, endpointId: asked.endpointId });
  const glass = await openGlass(db, { id, orgId, actor });
  const end = (outcome: 'done' | 'failed', code: string | null, words: string) => endAct(db, { id, orgId, outcome, code, words });
  try {
    await tellFirst(opened, config, { id, orgId, signal });
    const current = await rotator.stores.forTenant(orgId).read(parseReference(endpoint.secretArn), { signal });
    if (!current) throw new RcmError('secret_missing', `The secret of ${endpoint.id} is not in its store. Nothing was shown.`);
    const rotation = await stayDue(db, { orgId, ...glass });
    const payload = parsePayload(current.text);
    const { clock, metrics } = rotator;
    const code = await codeSource({ db, clock, metrics, endpoint, loginIdentity: endpoint.loginIdentity, payload, waitMs: config.RCM_TOTP_WAIT_MS, signal });
    await showOnce(terminal, { payload, above: about(asked, endpoint), below: then(glass.until, rotation), code, signal });
  } catch (error) {
    const known = isRcmError(error) ? error : null;
    // What failed is what the person has to know; a request that could not be ended is ended as `left`, by a rotator.
    await end('failed', known?.code ?? 'unexpected', known?.message ?? 'An unexpected error; whoever asked has seen it.').catch(() => undefined);
    throw error;
  }
  // It was, whether the request can be ended now or not.
  process.stdout.write(`${endpoint.id}  was shown once. It is due to be rotated at ${glass.until.toISOString()}.\n`);
  await end('done', null, 'Shown once.');
  return 0;
}

const about = (
  { decidedBy, reason }: AskedAct,
  { id, portalTypeCode, baseUrl }: { readonly id: string; readonly portalTypeCode: string; readonly baseUrl: string },
) => [
  `${id} at ${portalTypeCode}, ${baseUrl}`,
  `Asked for because: ${reason}`,
  `Approved by ${decidedBy ?? ''}. The audit trail has both of you, and the notice of it has gone out.`,
];

const then = (until: Date, rotation: string | null): readonly string[] => [
  `It is due to be changed at ${until.toISOString()}: use it before that, and write it down nowhere.`,
  ...(rotation === null ? [] : [`A rotation of it is ${rotation}: the portal may accept another password by now.`]),
];

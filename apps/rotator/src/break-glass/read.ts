import type { AskedAct } from '@rcm/db/acts';
import type { CommandContext } from '../commands/command.ts';
import type { RotatorConfig } from '../config.ts';
import { showOnce } from './shown-once.ts';
import { spendGlass } from './spend.ts';
import { theirTerminal } from './terminal.ts';

/** `break-glass`: shows whoever asked for it one password, once, at their terminal, as a second person has approved. Fails with `input_invalid` where this is no terminal, and as `spendGlass`. */
export async function readBreakGlassCommand(
  { opened, signal }: Pick<CommandContext, 'opened' | 'signal'>,
  { requestId, actor, config }: { readonly requestId: string; readonly actor: string; readonly config: RotatorConfig },
): Promise<number> {
  const terminal = theirTerminal(process);
  await spendGlass(opened, { requestId, actor, config, signal }, async ({ asked, endpoint, until, rotation, payload, code }, handsOver) => {
    await showOnce(terminal, { payload, above: about(asked, endpoint), below: then(until, rotation), code, signal });
    handsOver();
    // It was, whether the request can be ended now or not.
    process.stdout.write(`${endpoint.id}  was shown once. It is due to be rotated at ${until.toISOString()}.\n`);
    return 'Shown once.';
  });
  return 0;
}

const about = (
  { decidedBy, reason }: AskedAct,
  { id, portalTypeCode, baseUrl }: { readonly id: string; readonly portalTypeCode: string; readonly baseUrl: string },
) => [
  `${id} at ${portalTypeCode}, ${baseUrl}`,
  `Asked for because: ${reason}`,
  `Approved by ${decidedBy ?? ''}. The audit trail has both of you, and the notification of it has gone out.`,
];

const then = (until: Date, rotation: string | null): readonly string[] => [
  `It is due to be changed at ${until.toISOString()}: use it before that, and write it down nowhere.`,
  ...(rotation === null ? [] : [`A rotation of it is ${rotation}: the portal may accept another password by now.`]),
];

import { recordAuditEventForAll } from '@rcm/db';
import { type KeyRows, keyRows } from '@rcm/db/admin';
import { moveKeys } from '../keys/move-keys.ts';
import type { Rotator } from '../rotator.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

/** `keys`: what is under which key, over all tenants. Changes nothing. */
export async function keysCommand(context: CommandContext): Promise<number> {
  const { rotator, db } = context.opened;
  const rows = await keyRows(db);
  print(context, { rows: rows.map((row) => ({ ...row, current: isCurrent(rotator, row) })) }, linesOf(rotator, rows));
  return 0;
}

/** `keys --move`: moves every login over to the current keys, and says what is left under others. Exit code 1 while something is. */
export async function moveKeysCommand(context: CommandContext, act: PersonalAct): Promise<number> {
  const { rotator, db } = context.opened;
  await recordAuditEventForAll(db, { ...act, action: 'keys.move', subject: 'every login' });
  const { moved, notMoved, forgotten } = await moveKeys(rotator, context.signal);
  const rows = await keyRows(db);
  const left = rows.filter((row) => !isCurrent(rotator, row));
  print(context, { moved, notMoved, forgotten, left }, [
    `${moved} logins moved over to the current keys, ${notMoved.length} not. ${forgotten} old attempts forgot which password it was.`,
    ...notMoved.map(({ endpointId, why }) => `  ${endpointId}: ${why}`),
    ...(left.length === 0 ? ['Nothing is left under another key: the previous ones may go.'] : ['Left under other keys:', ...linesOf(rotator, left)]),
  ]);
  return notMoved.length > 0 || left.length > 0 ? 1 : 0;
}

const isCurrent = ({ keys }: Pick<Rotator, 'keys'>, { use, keyId }: KeyRows): boolean =>
  keyId === (use === 'identity' ? keys : (keys.fingerprint ?? keys)).current.id;

/** What takes away the rows that the command cannot move. */
const WHAT_ENDS_THEM: Readonly<Partial<Record<KeyRows['what'], string>>> = {
  'logins that nobody has now': 'they end by themselves, thirty days after their last try',
  'rows that are not migrated': '`migrator apply` with both keys names them anew',
  proofs: '`migrator verify` makes them anew, `migrator scrub` ends them',
};

const linesOf = (rotator: Pick<Rotator, 'keys'>, rows: readonly KeyRows[]): string[] =>
  rows.map((row) => {
    const { use, keyId, what, count } = row;
    const ends = isCurrent(rotator, row) ? undefined : WHAT_ENDS_THEM[what];
    return `  ${use} key ${keyId}${isCurrent(rotator, row) ? ' (current)' : ''}: ${count} ${what}${ends ? ` (${ends})` : ''}`;
  });

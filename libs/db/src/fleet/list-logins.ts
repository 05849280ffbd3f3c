import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { checkId, checkLimit } from '../input.ts';
import type { Scope } from '../scope.ts';
import { type FleetLogin, LOGIN_COLUMNS, LOGIN_TABLES } from './login.ts';
import { RcmError } from '@rcm/telemetry';
import { leaderOf, type LoginFilter, walk, type WalkPlace } from './walk.ts';
import { type LoginOrder, walkInOrder } from './walk-order.ts';

export interface LoginPage {
  readonly logins: readonly FleetLogin[];
  /** Where the next page begins; `null`: this is the last one. */
  readonly next: WalkPlace | null;
}

/**
 * One page of the logins of all organizations, or of the one that `scope` says, in an order that fits what is asked for: failing, locked and blocked ones by how long they are so, due ones by
 * when, else by id, or as `order` says. For `rcm_operator`, `rcm_console`. Fails with `input_invalid`, also for another order of what has one of its own.
 */
export async function listLogins(
  db: Database,
  {
    filter,
    after = null,
    limit,
    scope = 'every tenant',
    order = 'name',
  }: { readonly filter: LoginFilter; readonly after?: WalkPlace | null; readonly limit: number; readonly scope?: Scope; readonly order?: LoginOrder },
): Promise<LoginPage> {
  checkAsked(filter, order);
  const most = checkLimit(limit);
  // Said in the statement, too: the policies alone let no index be used.
  const asked = { ...filter, orgId: filter.orgId ?? (typeof scope === 'object' ? scope.tenant : undefined) };
  const walked = order === 'name' ? walk(asked, after, most + 1) : walkInOrder(order, { filter: asked, after, limit: most + 1 });
  const rows = await byIndex(
    db,
    scope,
    (tx) => tx.$queryRaw<(FleetLogin & { readonly key: string | null })[]>`
      SELECT w.key::text AS key, ${LOGIN_COLUMNS}
        FROM (${walked}) w JOIN integration_endpoint e ON e.id = w.id ${LOGIN_TABLES}
       ORDER BY w.key, w.id`,
  );
  const page = rows.slice(0, most);
  const last = page.at(-1);
  return { logins: page.map(({ key: _key, ...login }) => login), next: rows.length > most && last ? { key: last.key, id: last.id } : null };
}

function checkAsked(filter: LoginFilter, order: LoginOrder): void {
  if (filter.orgId !== undefined) checkId('orgId', filter.orgId);
  if (filter.portalTypeCode !== undefined) checkId('portalTypeCode', filter.portalTypeCode);
  if (order !== 'name' && leaderOf(filter) !== undefined) throw new RcmError('input_invalid', 'What is asked for has an order of its own.');
}

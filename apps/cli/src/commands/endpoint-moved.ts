import { cursorOf, type Database, placeIn, unnamedPlaces } from '@rcm/db';
import { listUnnamedSecrets, type UnnamedSecret } from '@rcm/db/migration';
import { relative } from '@rcm/fleet';
import { type RemovalContext, removalOf } from '../onboarding/removal.ts';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';

export interface MovedOptions {
  readonly org?: string;
  readonly keep: string;
  readonly limit: string;
  readonly after?: string;
}

const WHY: Readonly<Record<UnnamedSecret['why'], string>> = {
  new: 'its first one was begun with there',
  copy: 'a move there was begun',
  left: 'it was moved away',
};
const UNPROVED = 'it was moved away, and a login is still to prove that: say the move again';

/**
 * A page of the secrets that lie, or may lie, where no row names them, and of which of those that were left have been kept for as long as `--keep` says, with what removes
 * them. Not well while one, of any page, has been kept for longer.
 */
export async function endpointMoved(db: Database, options: MovedOptions, { now, replicaRegion }: RemovalContext): Promise<Report> {
  const keptMs = span('--keep', options.keep);
  const after = options.after === undefined ? undefined : placeIn(unnamedPlaces, '--after', options.after);
  const { secrets, overdue, ...page } = await listUnnamedSecrets(db, { orgId: options.org, after, limit: Number(options.limit), keptMs });
  await checkEmpty(db, secrets, { org: options.org });
  const next = page.next && cursorOf(page.next);
  const rows = secrets.map((secret) => {
    // The way back is kept until a login shows that it is not needed.
    const isLeft = secret.why === 'left' && !secret.unproved && secret.usedBy === null;
    const removeFrom = isLeft ? new Date(secret.since.getTime() + keptMs) : null;
    return { ...secret, removeFrom, removal: removeFrom !== null && removeFrom <= now ? removalOf({ ...secret, replicaRegion }) : null };
  });
  const commands = rows.flatMap(({ removal }) => (removal === null ? [] : [removal]));
  return {
    json: {
      secrets: rows.map(({ endpointId, orgId, place, why, secretArn, usedBy, since, removeFrom, removal }) => ({
        ...{ endpoint: endpointId, organization: orgId, place, why, secret: secretArn, usedBy },
        ...{ since: since.toISOString(), removeFrom: removeFrom?.toISOString() ?? null, removal },
      })),
      overdue,
      next,
    },
    lines(view) {
      if (rows.length === 0) return [after === undefined ? 'every secret is named by its row' : 'every further secret is named by its row'];
      return [
        ...table(
          view,
          [{ title: 'LOGIN' }, { title: 'ORGANIZATION' }, { title: 'SINCE' }, { title: 'WHY' }, { title: 'WHERE', shrinks: true }],
          rows.map(({ endpointId, orgId, since, why, unproved, place, secretArn, usedBy, removal }) => [
            { text: endpointId },
            { text: orgId },
            { text: relative(since, view.now) },
            { text: usedBy !== null ? `in use by ${usedBy}` : unproved ? UNPROVED : WHY[why], ...(removal === null ? {} : { style: 'red' as const }) },
            { text: secretArn ?? place },
          ]),
        ),
        ...(commands.length > 0
          ? [
              '',
              `left for ${options.keep} or longer; the guardian (docs/deletion-protection.md) removes what lies there with:`,
              ...commands.map((command) => `  ${command}`),
              'Copies that rotations staged lie beside it: look there first (docs/store-places.md). Then: rcm endpoint removed ID --reason "…"',
            ]
          : []),
        ...(next ? ['', view.paint('dim', `more: --after ${next}`)] : []),
      ];
    },
    well: overdue === 0,
  };
}

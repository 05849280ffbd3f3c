import type { Database } from '@rcm/db';
import { listRetired, type RetiredEndpoint } from '@rcm/db/admin';
import { relative } from '@rcm/fleet';
import { type RemovalContext, removalOf } from '../onboarding/removal.ts';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';

export interface RetiredOptions {
  readonly org?: string;
  readonly keep: string;
  readonly limit: string;
  readonly after?: string;
}

/**
 * A page of what is retired, and of which of it the secret has been kept for as long as `--keep` says, with what removes it. The platform removes none by
 * itself: it may not. Not well while one, of any page, has been kept for longer.
 */
export async function endpointRetired(db: Database, options: RetiredOptions, { now, replicaRegion }: RemovalContext): Promise<Report> {
  const keptMs = span('--keep', options.keep);
  const { endpoints, overdue, next } = await listRetired(db, { orgId: options.org, after: options.after, limit: Number(options.limit), keptMs });
  await checkEmpty(db, endpoints, { org: options.org });
  const rows = endpoints.map((endpoint) => withRemoval(endpoint, { keptMs, now, replicaRegion }));
  return {
    json: {
      endpoints: rows.map(({ id, orgId, portalTypeCode, retiredAt, secretArn, removedAt, usedBy, removeFrom, removal: command }) => ({
        id,
        organization: orgId,
        portalType: portalTypeCode,
        retiredAt: retiredAt.toISOString(),
        secret: secretArn,
        removedAt: removedAt?.toISOString() ?? null,
        usedBy,
        removeFrom: removeFrom?.toISOString() ?? null,
        removal: command,
      })),
      overdue,
      next,
    },
    lines(view) {
      if (rows.length === 0) return [nothingOf(options)];
      const commands = rows.flatMap(({ removal: command }) => (command === null ? [] : [command]));
      return [
        ...table(
          view,
          [
            { title: 'LOGIN' },
            { title: 'ORGANIZATION' },
            { title: 'PORTAL' },
            { title: 'RETIRED' },
            { title: 'ITS SECRET' },
            { title: 'WHERE', shrinks: true },
          ],
          rows.map(({ id, orgId, portalTypeCode, retiredAt, secretArn, ...end }) => [
            { text: id },
            { text: orgId },
            { text: portalTypeCode },
            { text: relative(retiredAt, view.now) },
            endOf(end, view.now),
            { text: secretArn ?? '' },
          ]),
        ),
        ...(commands.length > 0
          ? [
              '',
              `retired for ${options.keep} or longer; the guardian (docs/deletion-protection.md) removes what lies there with:`,
              ...commands.map((command) => `  ${command}`),
              'Copies of its passwords may lie beside it: look there first (docs/retiring.md). Then: rcm endpoint removed ID --reason "…"',
            ]
          : []),
        ...(next ? ['', view.paint('dim', `more: --after ${next}`)] : []),
      ];
    },
    well: overdue === 0,
  };
}

/** A page behind the last one says nothing of those before it. */
const nothingOf = ({ after }: RetiredOptions): string => (after === undefined ? 'nothing is retired' : 'nothing further is retired');

function withRemoval(endpoint: RetiredEndpoint, { keptMs, now, replicaRegion }: RemovalContext & { readonly keptMs: number }) {
  const isLeft = endpoint.secretArn !== null && endpoint.removedAt === null && endpoint.usedBy === null;
  const removeFrom = isLeft ? new Date(endpoint.retiredAt.getTime() + keptMs) : null;
  return {
    ...endpoint,
    removeFrom,
    removal: removeFrom !== null && removeFrom <= now ? removalOf({ ...endpoint, endpointId: endpoint.id, replicaRegion }) : null,
  };
}

interface End {
  readonly usedBy: string | null;
  readonly removedAt: Date | null;
  readonly removeFrom: Date | null;
  readonly removal: string | null;
}

function endOf({ usedBy, removedAt, removeFrom, removal: command }: End, now: Date) {
  if (removedAt !== null) return { text: `removed ${relative(removedAt, now)}` };
  if (usedBy !== null) return { text: `in use by ${usedBy}` };
  if (removeFrom === null) return { text: 'its row named none' };
  return command === null
    ? { text: `to be removed ${relative(removeFrom, now)}` }
    : { text: `overdue since ${removeFrom.toISOString().slice(0, 10)}`, style: 'red' as const };
}

import { auditPlaces, cursorOf, type Database, placeIn } from '@rcm/db';
import { listAudit } from '@rcm/db/fleet';
import { relative } from '@rcm/fleet';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

export interface AuditListOptions {
  readonly org: string;
  readonly from?: string;
  readonly to?: string;
  readonly login?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly limit: string;
  readonly after?: string;
}

/** Who did what in one organization, the newest first; `audit export` has the details, and `audit verify` says whether anybody changed one. */
export async function auditList(db: Database, options: AuditListOptions): Promise<Report> {
  const limit = Number(options.limit);
  const question = {
    orgId: options.org,
    from: dateOf(options.from),
    to: dateOf(options.to),
    subject: options.login,
    actor: options.actor,
    action: options.action,
  };
  const { events, next } = await listAudit(db, { question, after: options.after === undefined ? null : placeIn(auditPlaces, '--after', options.after), limit });
  await checkEmpty(db, events, { org: options.org, login: options.login });
  const after = next && cursorOf(next);
  return {
    json: { organization: options.org, events, next: after },
    lines(view) {
      if (events.length === 0) return ['no such event'];
      const rows = events.map((e) => [
        { text: e.at.toISOString().slice(0, 19).replace('T', ' ') },
        { text: relative(e.at, view.now) },
        { text: e.actor },
        { text: e.action },
        { text: e.subject },
        { text: e.reason },
      ]);
      const columns = [
        { title: 'TIME (UTC)' },
        { title: '' },
        { title: 'WHO', shrinks: true },
        { title: 'WHAT' },
        { title: 'ON', shrinks: true },
        { title: 'WHY', shrinks: true },
      ];
      return [...table(view, columns, rows), ...(after ? ['', view.paint('dim', `more: --after ${after}`)] : [])];
    },
    well: true,
  };
}

const dateOf = (time: string | undefined): Date | undefined => (time === undefined ? undefined : new Date(time));

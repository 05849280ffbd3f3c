import { type Database, listAudit } from '@rcm/db';
import { auditPlaces, cursorOf, placeIn, relative } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
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

const MOST = 1_000;

/** Who did what in one organization, the newest first; `audit export` has the details, and `audit verify` says whether anybody changed one. */
export async function auditList(db: Database, options: AuditListOptions): Promise<Report> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw new RcmError('input_invalid', `--limit must be a whole number from 1 to ${MOST}. Nothing was done.`);
  const question = {
    orgId: options.org,
    from: time('--from', options.from),
    to: time('--to', options.to),
    subject: options.login,
    actor: options.actor,
    action: options.action,
  };
  const { events, next } = await listAudit(db, { question, after: options.after === undefined ? null : placeIn(auditPlaces, '--after', options.after), limit });
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

function time(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new RcmError('input_invalid', `${option} must be a time such as 2026-03-01 or 2026-03-31T12:00:00Z. Nothing was done.`);
}

import { type AuditPlace, type Database, listAudit } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { Report } from '../report.ts';
import { table } from '../table.ts';
import { relative } from '../times.ts';

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
const placeSchema = z.strictObject({
  at: z
    .string()
    .max(64)
    .regex(/^[-0-9:.+ TZ]+$/),
  seq: z.int().min(0),
});

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
  const { events, next } = await listAudit(db, { question, after: options.after === undefined ? null : placeOf(options.after), limit });
  const after = next && Buffer.from(JSON.stringify(next)).toString('base64url');
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

function placeOf(cursor: string): AuditPlace {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new RcmError('input_invalid', '--after takes what the page before ended with, as it stands there. Nothing was done.', { cause });
  }
}

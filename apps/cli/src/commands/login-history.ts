import type { Database } from '@rcm/db';
import { loginHistory } from '@rcm/db/fleet';
import { relative } from '@rcm/fleet';
import { RcmError } from '@rcm/telemetry';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

export interface HistoryOptions {
  readonly limit: string;
  readonly before?: string;
}

/** One timeline, the newest first. It is a look back, so it says nothing of how the login is now. */
export async function history(db: Database, endpointId: string, options: HistoryOptions): Promise<Report> {
  const limit = Number(options.limit);
  const before = options.before === undefined ? undefined : new Date(options.before);
  const found = await loginHistory(db, { endpointId, limit, before });
  if (!found) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was done.`);
  return {
    json: { id: endpointId, entries: found.entries.map(({ orgId, ...entry }) => ({ ...entry, organization: orgId })), before: found.before },
    lines(view) {
      const rows = found.entries.map((e) => [
        { text: e.at.toISOString().slice(0, 19).replace('T', ' ') },
        { text: relative(e.at, view.now) },
        { text: e.source },
        { text: e.what, ...(/^(rejected|locked|blocked|failed|refused)/.test(e.what) ? { style: 'red' as const } : {}) },
        { text: e.by ?? '' },
        { text: e.detail ?? '' },
      ]);
      const columns = [
        { title: 'TIME (UTC)' },
        { title: '' },
        { title: 'FROM' },
        { title: 'WHAT' },
        { title: 'BY', shrinks: true },
        { title: 'DETAIL', shrinks: true },
      ];
      return [...table(view, columns, rows), ...(found.before ? ['', view.paint('dim', `more: --before ${found.before.toISOString()}`)] : [])];
    },
    well: true,
  };
}

import { cursorOf, type Database, placeIn, taskPlaces } from '@rcm/db';
import { type GivenUpCallback, listGivenUpCallbacks } from '@rcm/db/tasks';
import { relative } from '@rcm/fleet';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

export interface CallbacksOptions {
  readonly org?: string;
  readonly limit: string;
  readonly after?: string;
}

/** One page of callbacks that were given up, the latest first. Not well while there is one: whoever asked for that task does not know that it has ended. */
export async function callbacks(db: Database, { org, limit, after }: CallbacksOptions): Promise<Report> {
  const place = after === undefined ? null : placeIn(taskPlaces, '--after', after);
  const { callbacks: found, next } = await listGivenUpCallbacks(db, { orgId: org, after: place, limit: Number(limit) });
  await checkEmpty(db, found, { org });
  const cursor = next && cursorOf(next);
  return {
    json: { callbacks: found.map(callbackJson), next: cursor },
    lines(view) {
      if (found.length === 0) return [after === undefined ? 'no callback was given up' : 'no further callback was given up'];
      const rows = found.map((each) => [
        { text: each.taskId },
        { text: each.orgId },
        { text: each.callback },
        { text: each.name },
        { text: relative(each.givenUpAt, view.now) },
        { text: `${each.error ?? ''}, ${each.tries} ${each.tries === 1 ? 'try' : 'tries'}` },
      ]);
      const columns = [
        ...[{ title: 'TASK' }, { title: 'ORGANIZATION', shrinks: true }, { title: 'CALLBACK', shrinks: true }, { title: 'WHAT', shrinks: true }],
        ...[{ title: 'GIVEN UP' }, { title: 'WHY' }],
      ];
      const more = cursor ? ['', view.paint('dim', `more: --after ${cursor}`)] : [];
      return [...table(view, columns, rows), ...more, view.paint('yellow', '→ rcm task tell TASK --reason "…", once its receiver takes it')];
    },
    well: found.length === 0,
  };
}

const callbackJson = ({ taskId, orgId, name, endpointId, ...callback }: GivenUpCallback): object => ({
  ...callback,
  task: taskId,
  organization: orgId,
  login: endpointId,
  name,
});

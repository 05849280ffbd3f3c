import { diff } from 'node:util';
import { type Database, findPortalType, type NewPortalType, type PortalTypeInUse } from '@rcm/db';
import type { Report } from '../report.ts';
import { table } from '../table.ts';

interface Field {
  readonly name: string;
  /** As JSON; `null`: the portal type is not there. */
  readonly now: string | null;
  readonly then: string;
}

/** Lines of the recipe around what changes. */
const CONTEXT = 3;

/** What `portal-type save` of a file would change, and for how many logins. Well where it would change nothing. Fails as reading the file does, and as `findPortalType`. */
export async function portalTypeDiff(db: Database, path: string): Promise<Report> {
  const { readPortalTypeFile } = await import('@rcm/rotator');
  const file = await readPortalTypeFile(path);
  const now = await findPortalType(db, { code: file.code });
  const [fields, recipe] = [fieldsOf(file, now), recipeLines(file.recipe, now?.recipe)];
  const changed = recipe.filter(({ change }) => change !== ' ').length;
  return {
    json: { portalType: file.code, isNew: now === null, logins: now?.logins ?? 0, fields, recipe: recipe.map(({ change, line }) => `${change}${line}`) },
    lines(view) {
      if (fields.length === 0 && changed === 0) return [`${file.code}  is saved as the file has it`];
      const columns = [{ title: 'FIELD' }, { title: 'NOW', shrinks: true }, { title: 'FILE', shrinks: true }];
      const rows = fields.map(({ name, now: before, then }) => [{ text: name }, { text: before ?? '' }, { text: then }]);
      const paint = { '+': 'green', '-': 'red' } as const;
      return [
        now === null ? `${file.code}  is not there yet` : `${file.code}  ${now.logins} logins`,
        ...(fields.length === 0 ? [] : table(view, columns, rows)),
        ...(changed === 0 ? [] : ['recipe, with its names in order:']),
        ...around(recipe).map((each) =>
          each === null ? '  …' : each.change === ' ' ? `  ${each.line}` : view.paint(paint[each.change], `${each.change} ${each.line}`),
        ),
      ];
    },
    well: fields.length === 0 && changed === 0,
  };
}

/** What the file does not say stays as it is. */
function fieldsOf({ recipe: _recipe, code: _code, ...file }: NewPortalType, now: PortalTypeInUse | null): readonly Field[] {
  const saved = now as Readonly<Record<string, unknown>> | null;
  return Object.entries(file)
    .sort(byName)
    .flatMap(([name, value]): Field[] => {
      const [before, then] = [saved === null ? null : inOrder(saved[name]), inOrder(value)];
      return before === then ? [] : [{ name, now: before, then }];
    });
}

interface Line {
  readonly change: ' ' | '+' | '-';
  readonly line: string;
}

function recipeLines(file: unknown, now: unknown): readonly Line[] {
  const lines = (recipe: unknown): string[] => (recipe === undefined ? [] : inOrder(recipe, 2).split('\n'));
  // `1`: in the first alone; `-1`: in the second.
  return diff(lines(file), lines(now)).map(([which, line]) => ({ change: which === 0 ? ' ' : which === 1 ? '+' : '-', line }));
}

/** Only what is near a change; `null`: what lies between. */
function around(lines: readonly Line[]): readonly (Line | null)[] {
  const isNear = lines.map((_, i) => lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ change }) => change !== ' '));
  return lines.flatMap((line, i) => (isNear[i] ? [line] : isNear[i - 1] ? [null] : []));
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number => (one < other ? -1 : 1);

/** Postgres keeps no order of names, so nothing that differs in it alone is a change. */
const inOrder = (value: unknown, indent?: number): string =>
  JSON.stringify(
    value,
    (_name, each: unknown) =>
      typeof each === 'object' && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(byName)) : each,
    indent,
  ) ?? 'null';

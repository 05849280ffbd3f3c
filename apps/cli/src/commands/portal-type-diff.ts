import type { Database } from '@rcm/db';
import { portalTypeStands } from '@rcm/db/acts';
import { findPortalType, type PortalTypeInUse } from '@rcm/db/fleet';
import { fieldLines, nearChanges, portalTypeDiff, type PortalTypeDiff, type RecipeLine, thousands } from '@rcm/fleet';
import type { Report } from '../report.ts';
import { whole } from '../table.ts';
import type { View } from '../terminal.ts';

/** What `portal-type save` of a file would change, and for how many logins. Well where it would change nothing. Fails as reading the file does, and as `findPortalType`. */
export async function portalTypeFileDiff(db: Database, path: string): Promise<Report> {
  const { readPortalTypeFile } = await import('@rcm/rotator');
  const file = await readPortalTypeFile(path);
  // Read before the difference is: what is saved between the two is refused, and not overwritten.
  const stands = (await portalTypeStands(db, file)) ?? 'none';
  const found = await diffFrom(db, { ...file });
  const save = [`to save it as long as nobody else has: rcm portal-type save ${path} --stands ${stands}`];
  return {
    json: { ...found.json, stands },
    lines: (view) => [...found.lines(view, `${file.code}  is saved as the file has it`), ...(found.isSame ? [] : save)],
    well: found.isSame,
  };
}

export interface Difference {
  readonly json: Readonly<Record<string, unknown>>;
  readonly isSame: boolean;
  /** `same`: what to say where nothing is another one. */
  lines(view: View, same: string): string[];
}

/** From the portal type as it is to a document, for whoever reads it. */
export async function diffFrom(db: Database, document: Readonly<Record<string, unknown>> & { readonly code: string }): Promise<Difference> {
  const { code } = document;
  const now = await findPortalType(db, { code });
  const { fields, recipe } = portalTypeDiff(now as Readonly<Record<string, unknown>> | null, document);
  const isSame = fields.length === 0 && recipe.every(({ change }) => change === ' ');
  return {
    json: { portalType: code, isNew: now === null, logins: now?.logins ?? 0, fields, recipe: recipe.map(({ change, line }) => `${change}${line}`) },
    isSame,
    lines: (view, same) => (isSame ? whole(view, same) : changesIn(view, { code, now, fields, recipe })),
  };
}

function changesIn(view: View, { code, now, fields, recipe }: PortalTypeDiff & { readonly code: string; readonly now: PortalTypeInUse | null }): string[] {
  return [
    ...whole(view, now === null ? `${code}  is not there yet` : `${code}  ${thousands(now.logins)} logins`),
    ...fields.flatMap((field) => [...whole(view, `${field.name}:`), ...changedLines(view, fieldLines(field))]),
    ...(recipe.every(({ change }) => change === ' ') ? [] : ['recipe, with its names in order:', ...changedLines(view, recipe)]),
  ];
}

const PAINT = { '+': 'green', '-': 'red' } as const;

/** Somebody approves what they see here: each line is there to its end. */
const changedLines = (view: View, lines: readonly RecipeLine[]): string[] =>
  nearChanges(lines).flatMap((each) => {
    if (each === null) return ['  …'];
    const { change, line } = each;
    const shown = whole(view, `${change} ${line}`);
    return change === ' ' ? shown : shown.map((text) => view.paint(PAINT[change], text));
  });

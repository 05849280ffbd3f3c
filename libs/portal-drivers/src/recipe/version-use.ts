import type { z } from 'zod';
import type { ConfirmWords } from './outcomes.ts';
import { FIRST_DATED, onlyWith } from './outcomes.ts';
import { hostOfAddress, namedHosts, type RecipeHosts } from './named-host.ts';
import type { Path, Report } from './report.ts';
import type { Step } from './step.ts';
import { nearestWord } from './suggestion.ts';

interface Worded {
  readonly is: string;
  readonly date?: unknown;
}

interface Part {
  readonly steps: readonly Step[];
  readonly outcomes: readonly Worded[];
  readonly confirm?: { readonly steps: readonly Step[]; readonly outcomes: readonly ConfirmWords[] } | undefined;
}

/** What only version 2 knows of a task. */
interface Later {
  readonly rows?: ({ readonly scroll?: unknown } & object) | undefined;
  readonly sheet?: unknown;
}

interface Checked {
  readonly version: 1 | 2;
  readonly hosts?: RecipeHosts | undefined;
  readonly device?: unknown;
  readonly codes?: { readonly valid?: unknown } | undefined;
  readonly login: Part;
  readonly change?: Part | undefined;
  readonly forced_change?: Part | undefined;
  readonly logout?: { readonly deadline_ms?: number | undefined } | undefined;
  readonly tasks: Readonly<Record<string, Part & Later>>;
}

const LATER = 'belongs to version 2 of the format: `npm run portal -- upgrade FILE` rewrites this recipe';

/** Checks that a recipe says nothing that its version does not know, and names no host that it does not say. */
export function checkVersion(recipe: Checked, context: z.core.$RefinementCtx): void {
  const report: Report = (path, message, suggestion = null) => context.addIssue({ code: 'custom', path: [...path], message, params: { suggestion } });
  checkHostNames(recipe, [], Object.keys(namedHosts(recipe.hosts)), report);
  if (recipe.version === 1) for (const path of laterKeys(recipe)) report(path, LATER);
  if (recipe.version === 1) checkFirstDates(recipe, report);
  else if (Array.isArray(recipe.hosts))
    report(['hosts'], 'must name each host, and say which of them may receive what is typed: { idp: { host: …, secrets: true } }');
}

/** What only version 2 knows of a recipe as a whole. */
const LATER_KEYS: readonly (readonly [path: Path, isSaid: (recipe: Checked) => boolean])[] = [
  [['hosts'], ({ hosts }) => hosts !== undefined && !Array.isArray(hosts)],
  [['device'], ({ device }) => device !== undefined],
  [['codes', 'valid'], ({ codes }) => codes?.valid !== undefined],
  [['logout', 'deadline_ms'], ({ logout }) => logout?.deadline_ms !== undefined],
];

/** Where version 1 has something that it does not know. */
function laterKeys(recipe: Checked): Path[] {
  const found = LATER_KEYS.filter(([, isSaid]) => isSaid(recipe)).map(([path]) => path);
  for (const part of ['login', 'change', 'forced_change'] as const) {
    const has = recipe[part];
    if (!has) continue;
    // Dates of a login's outcomes it knows, of some of them.
    const later = part === 'login' ? laterSteps(has) : [...laterSteps(has), ...datesOf(has)];
    found.push(...later.map((path): Path => [part, ...path]));
  }
  for (const [name, task] of Object.entries(recipe.tasks)) found.push(...laterOfTask(task).map((path): Path => ['tasks', name, ...path]));
  return found;
}

function laterSteps({ steps, confirm }: Part): Path[] {
  const found = [...steps.entries()].filter(([, { submit }]) => submit === 'from_here').map(([index]): Path => ['steps', index, 'submit']);
  return confirm ? [...found, ['confirm']] : found;
}

function laterOfTask(task: Part & Later): Path[] {
  const found: Path[] = [];
  if (task.rows?.scroll !== undefined) found.push(['rows', 'scroll']);
  if (task.sheet !== undefined) found.push(['sheet']);
  return [...found, ...datesOf(task)];
}

const datesOf = ({ outcomes }: Part): Path[] =>
  [...outcomes.entries()].filter(([, { date }]) => date !== undefined).map(([index]): Path => ['outcomes', index, 'date']);

function checkFirstDates({ login }: Checked, report: Report): void {
  for (const [index, entry] of login.outcomes.entries()) {
    if (entry.date !== undefined && !FIRST_DATED.includes(entry.is)) report(['login', 'outcomes', index, 'date'], onlyWith(FIRST_DATED));
  }
}

/** A name before an address must be one of `hosts`: nothing else says where it is. */
function checkHostNames(value: unknown, path: Path, names: readonly string[], report: Report): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, held] of Object.entries(value) as [string, unknown][]) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    const name = typeof held === 'string' && (key === 'open' || key === 'url') ? hostOfAddress(held) : null;
    if (name !== null && !names.includes(name)) report(at, `names a host that hosts does not have: ${name}`, nearestWord(name, names));
    checkHostNames(held, at, names, report);
  }
}

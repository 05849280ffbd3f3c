import { diff } from 'node:util';

/** A field of a portal type that would be another one. */
export interface ChangedField {
  readonly name: string;
  /** As JSON in plain ASCII; `null`: the portal type is not there. */
  readonly now: string | null;
  readonly then: string;
}
export interface RecipeLine {
  readonly change: ' ' | '+' | '-';
  readonly line: string;
}
export interface PortalTypeDiff {
  readonly fields: readonly ChangedField[];
  /** The whole recipe, line by line. */
  readonly recipe: readonly RecipeLine[];
}
type Document = Readonly<Record<string, unknown>>;

/** Lines of the recipe around what changes. */
const CONTEXT = 3;
/** Lines that differ are compared one with another, which takes as many steps as there are pairs: beyond so many the old ones go and the new ones come. */
const MOST_COMPARED = 400;

/**
 * What saving `then` would change of `now`, field by field and line by line of the recipe, as plain ASCII. What `then` does not say stays as it is. Takes as long as
 * both are large.
 */
export function portalTypeDiff(now: Document | null, then: Document): PortalTypeDiff {
  const { recipe, code: _code, ...said } = asSaved(then);
  const saved = now && asSaved(now);
  const fields = Object.entries(said)
    .sort(byName)
    .flatMap(([name, value]): ChangedField[] => {
      const [before, after] = [saved && inOrder(asJson(Object.hasOwn(saved, name) ? saved[name] : undefined)), inOrder(value)];
      return before === after ? [] : [{ name: inOrder(name).slice(1, -1), now: before, then: after }];
    });
  return { fields, recipe: recipeLines(linesOf(now?.recipe), linesOf(recipe)) };
}

/** The one field that saving fills in where a document does not say it: it would change unseen. */
const asSaved = (document: Document): Document =>
  document.lockoutLastsSeconds === undefined && document.lockoutWindowSeconds !== undefined
    ? { ...document, lockoutLastsSeconds: document.lockoutWindowSeconds }
    : document;

/** A field line by line: each member of a list is one. */
export const fieldLines = ({ now, then }: ChangedField): readonly RecipeLine[] => recipeLines(now === null ? [] : membersIn(now), membersIn(then));

/** Only what is near a change; `null`: what lies between. */
export function nearChanges(lines: readonly RecipeLine[]): readonly (RecipeLine | null)[] {
  const isNear = lines.map((_, i) => lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ change }) => change !== ' '));
  return lines.flatMap((line, i) => (isNear[i] ? [line] : isNear[i - 1] ? [null] : []));
}

function recipeLines(now: readonly string[], then: readonly string[]): readonly RecipeLine[] {
  let [begin, end] = [0, 0];
  while (begin < now.length && begin < then.length && now[begin] === then[begin]) begin += 1;
  while (end < now.length - begin && end < then.length - begin && now.at(-1 - end) === then.at(-1 - end)) end += 1;
  const [old, young] = [now.slice(begin, now.length - end), then.slice(begin, then.length - end)];
  return [...now.slice(0, begin).map(unchanged), ...compared(old, young), ...now.slice(now.length - end).map(unchanged)];
}

function compared(old: readonly string[], young: readonly string[]): readonly RecipeLine[] {
  const isOneSided = old.length === 0 || young.length === 0;
  if (isOneSided || old.length > MOST_COMPARED || young.length > MOST_COMPARED)
    return [...old.map((line): RecipeLine => ({ change: '-', line })), ...young.map((line): RecipeLine => ({ change: '+', line }))];
  // `1`: in the first alone; `-1`: in the second.
  return diff([...old], [...young]).map(([which, line]) => ({ change: which === 0 ? ' ' : which === 1 ? '-' : '+', line }));
}

const unchanged = (line: string): RecipeLine => ({ change: ' ', line });
const linesOf = (recipe: unknown): readonly string[] => (recipe === undefined ? [] : inOrder(recipe, 2).split('\n'));
const membersIn = (json: string): readonly string[] => {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? ['[', ...value.map((each) => `  ${inOrder(each)}`), ']'] : [json];
};
const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number => (one < other ? -1 : 1);
/** A day that came out of the database is the one that a document names. */
const asJson = (value: unknown): unknown => (value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown));

/** Two people decide by what they see: a character that shows as nothing, as another one or turns its line around is there by its number. */
const NOT_PLAIN = /[\u007f-\uffff]/g;
const byNumber = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Postgres keeps no order of names, so nothing that differs in it alone is a change. */
const inOrder = (value: unknown, indent?: number): string =>
  (
    JSON.stringify(
      value,
      (_name, each: unknown) =>
        typeof each === 'object' && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(byName)) : each,
      indent,
    ) ?? 'null'
  ).replace(NOT_PLAIN, byNumber);

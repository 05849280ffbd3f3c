import type { Contract, ContractField } from '../contract/contract.ts';
import { CONTRACT_NAMES, type ContractName, CONTRACTS, isContractName } from '../contract/contracts.ts';
import { folded } from '../contract/portal-words.ts';
import type { Path, Report } from './report.ts';
import { nearestWord } from './suggestion.ts';
import type { TaskContract } from './task-contract.ts';
import type { TaskRecipe } from './task.ts';
import type { TypedText } from './typed-text.ts';

export type Fulfilling = Pick<TaskRecipe, 'rows' | 'fields' | 'file' | 'sheet'> & { readonly contract?: TaskContract | undefined };

/** The type that a column must have for a field of each kind. A fixed set is mapped from text. */
const TYPE_OF: Readonly<Record<ContractField['kind'], NonNullable<TypedText['type']>>> = { text: 'text', date: 'date', money: 'money', choice: 'text' };

/** The contract that a task says it fulfils: the named one, or that of the task's own name; `null`: none. */
export function contractOf(taskName: string, { contract }: Fulfilling): ContractName | null {
  if (!contract) return null;
  return contract.is ?? (isContractName(taskName) ? taskName : null);
}

/** Where in a task a value is read, and as what. */
interface Source {
  readonly path: Path;
  readonly typed: TypedText;
}

/** Checks that a task which says it fulfils a contract can: every value that is promised is read, as what it must be, and every word is one of the contract's. */
export function checkContract(taskName: string, task: Fulfilling, report: Report): void {
  const { contract } = task;
  if (!contract) return;
  const path: Path = ['tasks', taskName];
  const name = contractOf(taskName, task);
  if (name === null)
    return void report(
      [...path, 'contract'],
      `needs is: the task is not named after a contract (${CONTRACT_NAMES.join(', ')})`,
      nearestWord(taskName, CONTRACT_NAMES),
    );
  const about: About = { name, has: CONTRACTS[name], contract, at: [...path, 'contract'], sources: sourcesOf(task, path, report), report };
  if (about.has.file === 'always' && !task.file) report(path, `needs file: the contract ${name} gives one`);
  if (contract.file !== undefined) return void checkFile(about);
  checkValues(about);
  checkMissing(about);
  checkWords(about);
  checkCurrency(about, Object.keys(contract.values ?? {}));
}

interface About {
  readonly name: ContractName;
  readonly has: Contract;
  readonly contract: TaskContract;
  readonly at: Path;
  readonly sources: ReadonlyMap<string, Source>;
  readonly report: Report;
}

const fieldOf = (has: Contract, key: string): ContractField | undefined => (Object.hasOwn(has.fields, key) ? has.fields[key] : undefined);

function sourcesOf({ rows, sheet, fields }: Fulfilling, path: Path, report: Report): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const [column, typed] of Object.entries(rows?.columns ?? {})) sources.set(column, { path: [...path, 'rows', 'columns', column], typed });
  for (const [column, typed] of Object.entries(sheet?.columns ?? {})) sources.set(column, { path: [...path, 'sheet', 'columns', column], typed });
  for (const [field, typed] of Object.entries(fields ?? {})) {
    if (sources.has(field)) report([...path, 'fields', field], 'is a column, too: with a contract each has a name of its own');
    sources.set(field, { path: [...path, 'fields', field], typed });
  }
  return sources;
}

function checkValues({ name, has, contract, at, sources, report }: About): void {
  for (const [key, from] of Object.entries(contract.values ?? {})) {
    const place = [...at, 'values', key];
    const field = fieldOf(has, key);
    const source = sources.get(from);
    if (!field) report(place, `is no field of the contract ${name}`, nearestWord(key, Object.keys(has.fields)));
    if (!source) report(place, `names no column or field of the task: ${from}`, nearestWord(from, [...sources.keys()]));
    if (!field || !source) continue;
    const type = source.typed.type ?? 'text';
    const needed = TYPE_OF[field.kind];
    if (type !== needed) report([...source.path, 'type'], `must be ${needed}, as the contract ${name} takes ${key} from it`, needed);
    if (field.given === 'always' && source.typed.may_be_empty)
      report([...source.path, 'may_be_empty'], `is not possible here: the contract ${name} always gives ${key}`);
  }
}

function checkMissing({ name, has, contract, at, sources, report }: About): void {
  for (const [key, field] of Object.entries(has.fields)) {
    if (field.given === 'maybe' || Object.hasOwn(contract.values ?? {}, key)) continue;
    // Where it is only misspelt, the misspelt one is told of.
    if (Object.keys(contract.values ?? {}).some((other) => !fieldOf(has, other) && nearestWord(other, Object.keys(has.fields)) === key)) continue;
    const fitting = [...sources].filter(([, { typed }]) => (typed.type ?? 'text') === TYPE_OF[field.kind]).map(([source]) => source);
    const choice = fitting.length === 0 ? `read one of type ${TYPE_OF[field.kind]}` : `name one of: ${fitting.join(', ')}`;
    report([...at, 'values'], `lacks ${key}, which the contract ${name} always gives: ${choice}`, nearestWord(key, fitting));
  }
}

function checkWords(about: About): void {
  const { has, contract, at, report } = about;
  const mapped = Object.keys(contract.values ?? {}).filter((key) => fieldOf(has, key)?.kind === 'choice');
  for (const key of mapped) {
    if (!Object.hasOwn(contract.words ?? {}, key)) report([...at, 'words'], `lacks ${key}: say what each of the portal’s words for it means`);
  }
  for (const [key, meanings] of Object.entries(contract.words ?? {})) {
    const field = fieldOf(has, key);
    if (field?.kind === 'choice' && mapped.includes(key)) checkMeanings(about, { key, meanings, choices: Object.keys(field.choices) });
    else report([...at, 'words', key], `is for a field of a fixed set that has a value: ${mapped.join(', ') || 'there is none'}`, nearestWord(key, mapped));
  }
}

interface Mapped {
  readonly key: string;
  readonly meanings: Readonly<Record<string, string>>;
  readonly choices: readonly string[];
}

/** Each of the portal's words stands there once, and means one of the field's choices. */
function checkMeanings({ name, at, report }: About, { key, meanings, choices }: Mapped): void {
  const place = [...at, 'words', key];
  const seen = new Set<string>();
  for (const [portal, meaning] of Object.entries(meanings)) {
    if (!choices.includes(meaning))
      report([...place, portal], `is no ${key} of the contract ${name}: ${meaning}. There is ${choices.join(', ')}`, nearestWord(meaning, choices));
    if (seen.has(folded(portal))) report([...place, portal], 'stands there twice: blanks and case make no difference');
    seen.add(folded(portal));
  }
  if (seen.size === 0) report(place, 'must map a word');
}

/** A file that is read says everything itself: beside it nothing is mapped. */
function checkFile(about: About): void {
  const { name, has, at, contract, report } = about;
  if (has.file === 'none') report([...at, 'file'], `is only possible with a contract that gives a file, not with ${name}`);
  for (const key of ['values', 'words'] as const) if (contract[key] !== undefined) report([...at, key], 'is not possible beside file, which says it all');
  checkCurrency(about, Object.keys(has.fields));
}

function checkCurrency({ has, contract, at, report }: About, given: readonly string[]): void {
  const amounts = given.filter((key) => fieldOf(has, key)?.kind === 'money');
  if (amounts.length > 0 && contract.currency === undefined) report(at, `needs currency: ${amounts.join(', ')} would be an amount of nothing`);
  if (amounts.length === 0 && contract.currency !== undefined) report([...at, 'currency'], 'belongs to amounts, and there is none');
}

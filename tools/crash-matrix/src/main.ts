import { codeVersion, ProofRecord, type RecordKind, wordsOfRefusal } from '@rcm/proof-record';
import { Command, InvalidArgumentError } from 'commander';
import { openMatrixEnvironment } from './cases/matrix-environment.ts';
import type { CaseResult } from './cases/run-case.ts';
import { runCells } from './cases/run-cells.ts';
import { allCells } from './cells/all.ts';
import { type Cell, EXCLUSIONS } from './cells/cell.ts';
import { describeCells } from './cells/table.ts';
import { fewestCells, quickCells } from './cells/quick.ts';
import { describeFigures, describeResult, figuresOf, isClean } from './report.ts';

interface Options {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly fewest?: boolean;
  readonly list?: boolean;
  readonly only?: readonly string[];
  readonly record?: string;
  readonly sideBySide: number;
  readonly processes: number;
}

const STORES = ['ssm', 'secrets-manager', 'vault'] as const;
const say = (line: string): void => void process.stderr.write(`${line}\n`);
/** By its name: what a cell is, the commit says. */
type RecordedCase = Omit<CaseResult, 'cell'> & { readonly name: string };
const CELLS: RecordKind<RecordedCase> = { one: 'cell', keyOf: ({ name }) => name, shown: ({ findings }) => JSON.stringify(findings) };

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return value;
}

const program = new Command('crash-matrix')
  .description(
    'Kills a rotator before and after everything it does, for every store and every answer of the portal, and again while it recovers; stops it, lets others come\nbeside it, lets the portal lie and the database forget; then asks the portal and the store what became of the password. Exit code 0 when nothing was lost,\nlocked, stuck, blocked, over budget or unexpected.',
  )
  .option('--json', 'print one JSON object on stdout')
  .option('--quick', 'a few cells that meet every act, store, answer and circumstance at least once')
  .option('--fewest', 'of those half: one of each circumstance, and the others that have an act, a store or an answer that none before had')
  .option('--list', 'print every cell with its expected end, and what is left out and why; run nothing')
  .option('--only <text...>', 'run only the cells whose name contains one of these')
  .option('--record <file>', 'keep what each cell showed in this file, and go on with what it has: of one commit alone')
  .option('--side-by-side <n>', 'cases under way at once', count, 16)
  .option('--processes <n>', 'rotator processes with faults at once', count, 4)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: Options) => {
    const { only = [''] } = options;
    const cells = options.fewest ? fewestCells : options.quick ? quickCells : allCells;
    const chosen = cells(STORES).filter(({ name }) => only.some((text) => name.includes(text)));
    if (options.list) process.stdout.write(describeCells(chosen, EXCLUSIONS));
    else process.exitCode = await run(chosen, options).catch(refused);
  });

async function run(cells: readonly Cell[], options: Options): Promise<number> {
  if (cells.length === 0) {
    say(`No cell's name contains "${(options.only ?? []).join('" or "')}"; --list shows them.`);
    return 2;
  }
  using record = options.record === undefined ? null : ProofRecord.open(options.record, codeVersion(import.meta.dirname), CELLS);
  const known = cells.flatMap((cell): CaseResult[] => {
    const entry = record?.of(cell.name);
    return entry ? [{ cell, ...entry }] : [];
  });
  const left = cells.filter(({ name }) => record?.of(name) === undefined);
  if (known.length > 0) say(`${known.length} of ${cells.length} cells are in the record: ${describeFigures(figuresOf(known)).trimEnd()}`);
  const results = left.length === 0 ? [] : await runLeft(left, options, record, known.length);
  const figures = figuresOf([...known, ...results]);
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : describeFigures(figures));
  return figures.cases === cells.length && isClean(figures) ? 0 : 1;
}

/** Those that ended: fewer than were left where somebody stops it. */
async function runLeft(
  cells: readonly Cell[],
  { sideBySide, processes }: Options,
  record: ProofRecord<RecordedCase> | null,
  ran: number,
): Promise<readonly CaseResult[]> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const matrix = await openMatrixEnvironment();
  try {
    return await runCells({
      ...{ matrix, cells, sideBySide, processes, signal: stop.signal },
      onEnd(result, ended) {
        const { cell, ...shown } = result;
        // Ctrl-C reaches the rotators too: what was under way then has not run.
        if (!stop.signal.aborted) record?.add({ name: cell.name, ...shown });
        say(`[${ran + ended}/${ran + cells.length}] ${describeResult(result)}`);
      },
    });
  } finally {
    await matrix.close();
  }
}

function refused(error: unknown): number {
  say(wordsOfRefusal(error));
  return 2;
}

await program.parseAsync();

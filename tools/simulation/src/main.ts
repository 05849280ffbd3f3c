import { codeVersion, ProofRecord, type RecordKind, wordsOfRefusal } from '@rcm/proof-record';
import { Command, InvalidArgumentError, Option } from 'commander';
import { addSeed, type Figures, hasFailed, noFigures } from './run/figures.ts';
import type { SeedSummary } from './run/messages.ts';
import { readReduction } from './run/reduction.ts';
import { runSeeds, seedsFrom, SeedWorker } from './run/workers.ts';
import { PLANTED } from './planted/faults.ts';
import { runPlanted, unknownFaults } from './planted/run-planted.ts';
import { CLIMATES } from './planted/climates.ts';

interface Options {
  readonly seeds: number;
  readonly seed?: number;
  readonly keep?: string;
  readonly stories: number;
  readonly workers?: number;
  readonly json?: boolean;
  readonly planted?: boolean;
  readonly only?: string[];
  readonly record?: string;
  readonly climate?: string;
}

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) throw new InvalidArgumentError(`It must be a whole number, ${least} or more.`);
  return value;
};
const reduction = (text: string): string => {
  if (readReduction(text) === null) throw new InvalidArgumentError('It must be what a story ends with.');
  return text;
};
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const SEEDS: RecordKind<SeedSummary> = { one: 'seed', keyOf: ({ seed }) => String(seed), shown: ({ digest }) => digest };
/** With the figures so far: a run of hours that is ended by something else has said what it found. */
const PROGRESS_EVERY = 500;

async function simulate({ seeds, seed, stories, workers, json, record: path, climate }: Options): Promise<number> {
  using record = path === undefined ? null : ProofRecord.open(path, codeVersion(import.meta.dirname), SEEDS);
  const figures = noFigures();
  const failed: SeedSummary[] = [];
  const excused = new Map<string, number>();
  const count = (summary: SeedSummary): void => {
    addSeed(figures, summary);
    for (const { excuse } of summary.findings) if (excuse !== undefined) excused.set(kindOfExcuse(excuse), (excused.get(kindOfExcuse(excuse)) ?? 0) + 1);
    if (!hasFailed(summary)) return;
    failed.push(summary);
    say(wrongOf(summary));
  };
  const sayFigures = (): void => say(`${figures.seeds} of ${seeds} seeds, ${failed.length} of them with something wrong: ${textOf(figures, false)}`);
  const left = seedsFrom(seed ?? 0, seeds).filter((number) => {
    const summary = record?.of(String(number));
    if (summary) count(summary);
    return summary === undefined;
  });
  if (left.length < seeds) sayFigures();
  await runSeeds({
    ...{ seeds: left, workers, climate },
    onSeed(summary) {
      record?.add(summary);
      count(summary);
      if (figures.seeds % PROGRESS_EVERY === 0) sayFigures();
    },
  });
  for (const [excuse, count] of excused) say(`explained: ${count} × ${excuse}`);
  failed.sort((a, b) => a.seed - b.seed);
  for (const { seed: number } of failed.slice(0, stories)) for (const line of (await storyOf(number, null, climate)).lines) say(line);
  process.stdout.write(`${textOf(figures, json === true)}\n`);
  return failed.length === 0 ? 0 : 1;
}

/** What a person mends by naming another file or another commit. */
function refused(error: unknown): number {
  say(wordsOfRefusal(error));
  return 2;
}

/** Said at once: a run of many seeds takes hours. */
function wrongOf({ seed, findings }: SeedSummary): string {
  const wrong = findings.filter(({ excuse }) => excuse === undefined).map(({ kind, about }) => `${kind} ${about}`);
  return `seed ${seed}: ${wrong.join(', ')}`;
}

/** Without its numbers. */
const kindOfExcuse = (excuse: string): string => excuse.replace(/\d+/g, 'n');

function textOf(figures: Figures, json: boolean): string {
  const rounded = { ...figures, virtualDays: Math.round(figures.virtualDays) };
  const { explained, ...counts } = rounded;
  const listed = (values: object): string[] => Object.entries(values).map(([name, value]) => `${name} ${String(value)}`);
  const words = [...listed(counts), ...listed(explained).map((word) => `explained ${word}`)];
  return json ? JSON.stringify(rounded) : words.join(', ');
}

async function storyOf(seed: number, keep: string | null, climate: string | undefined) {
  await using worker = await SeedWorker.start(climate ?? null);
  return await worker.story(seed, keep);
}

async function again(seed: number, { keep, climate }: Options): Promise<number> {
  const { kind, lines } = await storyOf(seed, keep ?? null, climate);
  process.stdout.write(`${lines.join('\n')}\n`);
  return kind === null ? 0 : 1;
}

await new Command('simulate')
  .description(
    "Rotators, agents, people and an operator in one process each environment: one seeded scheduler, virtual time, a fault possible at every await. Rotation, guarded login and judgement are the product's own; database, stores and portals are models.\nExit code 0 when nothing was wrong in any seed.",
  )
  .option('--seeds <n>', 'how many seeds', whole(1), 1_000)
  .option('--seed <s>', 'the first seed; alone, tells the story of that seed', whole(0))
  .option('--keep <what>', 'with --seed: only what is named, as a story ends with it', reduction)
  .option('--stories <n>', 'how many failing seeds are shrunk and told on stderr', whole(0), 3)
  .option('--json', 'print one JSON object on stdout')
  .option('--record <file>', 'keep what each seed showed in this file, and go on with what it has: of one commit alone')
  .option('--workers <n>', 'how many processes work side by side (default: one per core)', whole(1))
  .addOption(
    new Option('--climate <name>', `where what seldom happens is common: ${CLIMATES.map(({ name, words }) => `${name} (${words})`).join('; ')}`)
      .choices(CLIMATES.map(({ name }) => name))
      .conflicts(['planted', 'record']),
  )
  .option('--planted', 'plant faults one by one, and say which seed finds each')
  .option('--only <names...>', 'with --planted: these faults alone')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(async (options: Options, command: Command) => {
    const isAlone = options.seed !== undefined && command.getOptionValueSource('seeds') === 'default';
    const { only: names = [], seeds, workers } = options;
    const unknown = unknownFaults(names);
    if (unknown.length > 0) command.error(`There is no planted fault ${unknown.join(', ')}. There are: ${PLANTED.map(({ name }) => name).join(', ')}.`);
    const asked = command.getOptionValueSource('seeds') === 'default' ? undefined : seeds;
    if (options.planted) process.exitCode = await runPlanted({ json: options.json === true, ...{ names, seeds: asked, workers, say } });
    else if (isAlone && options.seed !== undefined) process.exitCode = await again(options.seed, options);
    else process.exitCode = await simulate(options).catch(refused);
  })
  .parseAsync();

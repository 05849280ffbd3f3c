import { isDeepStrictEqual } from 'node:util';
import { judge, judgeAlone } from './judge.ts';
import { makeTrail } from './make-trail.ts';
import { createRandom } from './random.ts';
import { OF_CHAINS } from './tamperings/of-chains.ts';
import { OF_EVENTS } from './tamperings/of-events.ts';
import { OF_HEADS } from './tamperings/of-heads.ts';
import type { Tampering } from './tamperings/tampering.ts';
import { type Evidence, evidenceOf, type Trail } from './trail.ts';
import { UNTOUCHED } from './untouched.ts';

export interface RunOptions {
  readonly tamperings: number;
  readonly untouched: number;
  /** Trails that they are drawn from, each from a database of its own. */
  readonly trails: number;
  readonly seed: number;
  /** A server to make databases on. Default: the test run's. */
  readonly server?: string;
}

interface KindFigures {
  readonly name: string;
  readonly made: number;
  readonly found: number;
  /** Found, but under another name than what was done. */
  readonly misnamed: number;
}

export interface Figures {
  readonly seed: number;
  readonly trails: number;
  readonly tamperings: readonly KindFigures[];
  /** `found`: false alarms. */
  readonly untouched: readonly KindFigures[];
  /** Judged once more by the file alone, as a process; and how many of them said something else. */
  readonly alone: number;
  readonly aloneDiffer: number;
  /** A few that went wrong, for whoever looks for the reason. */
  readonly wrong: readonly string[];
}

export const TAMPERINGS = [...OF_EVENTS, ...OF_CHAINS, ...OF_HEADS];
const WRONG_LISTED = 20;

/** Draws tamperings and honest variations in turn, so that each kind has its share, and lets the verifier judge each. */
export async function runTamperings({ tamperings, untouched, trails: wanted, seed, server }: RunOptions): Promise<Figures> {
  const random = createRandom(seed);
  const trails: Trail[] = [];
  while (trails.length < wanted) trails.push(await makeTrail(random, server === undefined ? {} : { server }));
  const counts = new Map<string, { made: number; found: number; misnamed: number }>();
  const countsOf = (name: string) => counts.get(name) ?? counts.set(name, { made: 0, found: 0, misnamed: 0 }).get(name) ?? { made: 0, found: 0, misnamed: 0 };
  const wrong: string[] = [];
  const note = (text: string): void => void (wrong.length < WRONG_LISTED && wrong.push(text));
  let [alone, aloneDiffer] = [0, 0];
  const seeAlone = async (...[evidence, key, said]: [Parameters<typeof judge>[0], string, Awaited<ReturnType<typeof judge>>]) => {
    alone += 1;
    const ended = await judgeAlone(evidence, key);
    if (ended.code !== (said.ok ? 0 : 1) || !isDeepStrictEqual(withoutPlaces(ended.report), withoutPlaces(said))) {
      aloneDiffer += 1;
      note(`alone: ${ended.code} ${JSON.stringify(ended.report.findings.slice(0, 2))}`);
    }
  };
  /** Judges one. `named`: by what it must be found, or that nothing may be. */
  const see = async (name: string, named: Tampering['named'] | 'nothing', evidence: Evidence, { publicKey }: Trail): Promise<void> => {
    const report = await judge(evidence, publicKey);
    const figures = countsOf(name);
    const isNamed = typeof named === 'string' || report.findings.some(({ kind }) => named.includes(kind));
    const said = JSON.stringify(report.findings.slice(0, 3));
    figures.made += 1;
    if (!report.ok) figures.found += 1;
    if (!report.ok && !isNamed) figures.misnamed += 1;
    if (named === 'nothing' && !report.ok) note(`FALSE ALARM, ${name}: ${said}`);
    if (named !== 'nothing' && (report.ok || !isNamed)) note(`${name}: ${report.ok ? 'MISSED' : said}`);
    if (figures.made === 1) await seeAlone(evidence, publicKey, report);
  };
  for (let made = 0, turn = 0; made < tamperings; turn += 1) {
    const tampering = TAMPERINGS[turn % TAMPERINGS.length] as (typeof TAMPERINGS)[number];
    const trail = random.pick(trails);
    const evidence = tampering.act(trail, random);
    if (!evidence || isDeepStrictEqual(evidence, evidenceOf(trail))) continue;
    made += 1;
    await see(tampering.name, tampering.named, evidence, trail);
  }
  for (let made = 0; made < untouched; made += 1) {
    const { name, make } = UNTOUCHED[made % UNTOUCHED.length] as (typeof UNTOUCHED)[number];
    const trail = random.pick(trails);
    await see(name, 'nothing', make(trail, random), trail);
  }
  const figuresOf = (list: readonly { readonly name: string }[]) => list.flatMap(({ name }) => ({ name, ...countsOf(name) }));
  return { seed, trails: trails.length, tamperings: figuresOf(TAMPERINGS), untouched: figuresOf(UNTOUCHED), alone, aloneDiffer, wrong };
}

/** A line is named by its file, which has another name there. */
const withoutPlaces = (report: Awaited<ReturnType<typeof judge>>): unknown => ({
  ...(JSON.parse(JSON.stringify(report)) as object),
  notes: report.notes.length,
  findings: report.findings.map(({ kind, org }) => [kind, org]),
});

const total = (list: readonly KindFigures[], field: 'made' | 'found' | 'misnamed'): number => list.reduce((sum, each) => sum + each[field], 0);

export const hasFailed = ({ tamperings, untouched, aloneDiffer }: Figures): boolean =>
  total(tamperings, 'found') < total(tamperings, 'made') || total(tamperings, 'misnamed') > 0 || total(untouched, 'found') > 0 || aloneDiffer > 0;

export function figureLines(figures: Figures): string[] {
  const { seed, trails, tamperings, untouched, alone, aloneDiffer, wrong } = figures;
  const row = ({ name, made, found }: KindFigures): string => `  ${String(found).padStart(6)} of ${String(made).padStart(6)}  ${name}`;
  return [
    'Found:',
    ...tamperings.map(row),
    'False alarms:',
    ...untouched.map(row),
    ...wrong.map((text) => `WRONG ${text}`),
    `${total(tamperings, 'made')} tamperings of ${tamperings.length} kinds, ${total(tamperings, 'made') - total(tamperings, 'found')} missed, ${total(tamperings, 'misnamed')} named otherwise;`,
    `${total(untouched, 'made')} untouched ones, ${total(untouched, 'found')} false alarms; ${alone} also by the file alone, ${aloneDiffer} differ (seed ${seed}, ${trails} trails).`,
  ];
}

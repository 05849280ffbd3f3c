import type { PageFinding, RecipeProblem } from '@rcm/portal-drivers';
import { problemLine } from '../recipe-file.ts';

/** What is known of one recipe and its portal's pages. */
export interface Examination {
  readonly file: string;
  /** `null` where the file is no usable recipe. */
  readonly name: string | null;
  readonly problems: readonly RecipeProblem[];
  /** `null`: the pages were not looked at, because no address was given or the file is not usable. */
  readonly baseUrl: string | null;
  readonly findings: readonly PageFinding[] | null;
  /** Files with pictures of what was seen, every field covered; none unless a folder was named. */
  readonly pictures: readonly string[];
  /** Parts of the recipe whose pages are not looked at at all: its change, its tasks. */
  readonly partsBehindLogin: readonly string[];
  /** Why the look ended early; `null` where it did not. */
  readonly failure: string | null;
}

const WRONG: readonly PageFinding['state'][] = ['missing', 'unexpected'];

export const isHealthy = ({ problems, findings, failure }: Examination): boolean =>
  problems.length === 0 && failure === null && !(findings ?? []).some(({ state }) => WRONG.includes(state));

/** For people: what is wrong in full, what is right as a count. */
export function describeExamination(examination: Examination): string {
  const { file, name, problems, baseUrl, findings, failure } = examination;
  const head = `${isHealthy(examination) ? '✓' : '✗'} ${name ?? file}`;
  if (problems.length > 0) return [`${head}: not usable`, ...problems.map((problem) => `    ${problemLine(problem)}`), ''].join('\n');
  if (findings === null && failure === null) return `${head}: usable; its pages were not looked at (no --base-url)\n`;
  const wrong = (findings ?? []).filter(({ state }) => WRONG.includes(state));
  const count = (state: PageFinding['state']): number => (findings ?? []).filter((finding) => finding.state === state).length;
  const seen = `${count('there')} as the recipe says, ${count('absent')} not needed now, ${count('unseen')} not looked at, as only a login gets there`;
  const kept = examination.pictures.map((file) => `    picture: ${file}`);
  const unseen = (findings ?? []).filter(({ state }) => state === 'unseen');
  const lines = [...wrong.map(findingLine), ...(failure === null ? [] : [`    ${failure}`]), ...unseen.map(findingLine), ...behindLogin(examination), ...kept];
  return [`${head} at ${baseUrl}: ${seen}`, ...lines, ''].join('\n');
}

/** What no look without a login reaches. */
const behindLogin = ({ partsBehindLogin }: Examination): readonly string[] =>
  partsBehindLogin.length === 0 ? [] : [`    not looked at, as only a login gets there: ${partsBehindLogin.join(', ')}`];

const findingLine = ({ part, what, state, detail }: PageFinding): string => `    ${state}: ${part}: ${what}${detail === null ? '' : ` (${detail})`}`;

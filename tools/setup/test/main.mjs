/**
 * `npm test`: format, lint with boundaries and types, then every test on embedded services and, where Docker can be reached, the
 * integration tests on containers too. Ends with what ran where, in words, and the line `tests: N passed, N failed, N skipped`.
 * `npm test -- --project NAME` keeps to one project; `--part checks` is what comes before the tests, and `--part tests` what comes after it.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { sentenceFor, WrongCall } from '../clear-error.mjs';
import { inRoot } from '../workspace.mjs';
import { reachDocker, reaperSettings, removeContainers } from './docker.mjs';
import { isFormatted } from './formatted.mjs';
import { allIsUsed, lintIsRight, typesAreRight } from './lint-and-types.mjs';
import { referencesInSync } from './nx.mjs';
import { ownNetwork } from './own-network.mjs';
import { projectsOfWorkspace, wantedOf } from './projects.mjs';
import { readResults, resultsFolder } from './results.mjs';
import { runTests } from './tests.mjs';
import { failuresOf, lastLine, misses, wordsFor } from './words.mjs';

/** @type {NodeJS.Signals | null} */
let interruption = null;
// The step in hand gets the signal too and ends; this keeps the next one from starting.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => (interruption = signal));

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${sentenceFor(error) ?? (error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = error instanceof WrongCall ? error.exitCode : 1;
}

async function main() {
  const { projects, part } = wanted();
  const all = wantedOf(projectsOfWorkspace(), projects);
  const run = randomUUID();
  const folder = resultsFolder(run);
  // Some thousand times a run starts a program of ours; compiled once, an app takes a third less of the processor to start.
  const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? inRoot('.rcm', 'compile-cache');
  const env = { ...process.env, NODE_COMPILE_CACHE, RCM_TEST_RUN: run, RCM_TEST_RESULTS: folder };
  const docker = reachDocker();
  /** @type {string[]} */
  const problems = [];
  // Of .ci/run, which has them run beside other things.
  const checksCode = process.env.RCM_CHECKS_CODE ?? '0';
  if (part === 'tests' && checksCode !== '0')
    problems.push(`lint, types or format are not right, or were not looked at to the end: they ended with ${checksCode} (above)`);
  /** @param {string} problem @param {() => Promise<boolean>} work */
  const step = async (problem, work) => {
    if (!interruption && !(await work())) problems.push(problem);
  };

  if (part !== 'tests') await check(step, { projects, env });
  if (part === 'checks') {
    for (const problem of problems) process.stdout.write(`FAILED: ${problem}\n`);
    return endedWith(problems.length === 0);
  }
  const network = ownNetwork();
  const testEnv = docker.reached ? { ...env, ...reaperSettings() } : env;
  const isInterrupted = () => interruption !== null;
  const tests = { projects, env: testEnv, docker: docker.reached, through: network.through, isInterrupted };
  await step('a project ended with an error (above)', () => runTests(tests));
  if (docker.reached) removeContainers(run);
  else if (process.env.RCM_REQUIRE_DOCKER === '1') problems.push('RCM_REQUIRE_DOCKER=1 and Docker cannot be reached');
  if (interruption) problems.push(`${interruption} ended it before everything had run`);

  const results = readResults(folder);
  if (!interruption) problems.push(...misses(results, { projects: all, docker: docker.reached }));
  const lines = [...wordsFor(results, { docker, network }), ...failuresOf(results), ...problems.map((problem) => `FAILED: ${problem}`), lastLine(results)];
  process.stdout.write(`\n${lines.join('\n')}\n`);
  return endedWith(problems.length === 0 && results.every((result) => result.failed.length === 0));
}

/**
 * What is looked at without a test being run. Each of the two takes one processor for as long as the other.
 * @param {(problem: string, work: () => Promise<boolean>) => Promise<void>} step
 * @param {{ projects: string[], env: NodeJS.ProcessEnv }} checked
 */
async function check(step, { projects, env }) {
  await step('TypeScript project references are out of date: npm run nx -- sync', () => referencesInSync(env));
  const others = async () => {
    await step('files are not formatted (above): npm run format', () => isFormatted(env));
    await step('types have errors (above)', () => typesAreRight({ projects, env }));
    await step('something is used by nobody, or names what names it (above)', () => allIsUsed(env));
  };
  await Promise.all([step('lint has errors (above)', () => lintIsRight({ projects, env })), others()]);
}

/** @param {boolean} isWell @returns {number} the exit code */
function endedWith(isWell) {
  if (interruption) return 128 + constants.signals[interruption];
  return isWell ? 0 : 1;
}

/** @returns {{ projects: string[], part: string | undefined }} package names, none for all; and `checks`, `tests`, or nothing for both */
function wanted() {
  try {
    const { values } = parseArgs({ options: { project: { type: 'string', multiple: true, short: 'p', default: [] }, part: { type: 'string' } } });
    if (values.part !== undefined && !['checks', 'tests'].includes(values.part)) throw new Error(`there is no part "${values.part}"`);
    const projects = values.project.flatMap((names) => names.split(',')).map((name) => (name.startsWith('@') ? name : `@rcm/${name}`));
    return { projects, part: values.part };
  } catch (error) {
    throw new WrongCall(`npm test takes only --project NAME and --part checks|tests: ${error instanceof Error ? error.message : error}`);
  }
}

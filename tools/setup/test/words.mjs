/** @typedef {import('./results.mjs').Result} Result */

/** The two suites that prove a backend: what AWS promises, and what the database does. */
const SUITES = { conformance: '@rcm/local-aws', database: '@rcm/db' };
const LONGEST = 10;
const BACKENDS = /** @type {const} */ (['embedded', 'containers']);
const KINDS = ['unit', 'e2e', ...BACKENDS];

/**
 * What ran where, a line each.
 * @param {Result[]} results
 * @param {{ docker: import('./docker.mjs').DockerState, network: import('./own-network.mjs').OwnNetwork }} machine
 */
export function wordsFor(results, { docker, network }) {
  const lines = KINDS.flatMap((kind) => {
    const those = results.filter((result) => result.kind === kind && counted(result) > 0);
    return those.length === 0
      ? []
      : [`${kind}: ${total(those)} tests of ${those.length} projects (${those.map((one) => `${short(one.project)} ${counted(one)}`).join(', ')})`];
  });
  const proofs = BACKENDS.filter((backend) => results.some((result) => result.kind === backend)).map((backend) => {
    const of = (/** @type {string} */ project) => total(results.filter((result) => result.kind === backend && result.project === project));
    return `on ${backend} services: ${of(SUITES.conformance)} conformance tests, ${of(SUITES.database)} database tests`;
  });
  const longOnly = KINDS.flatMap((kind) => {
    const left = results.filter((result) => result.kind === kind && result.leftOut.length > 0);
    return left.length === 0
      ? []
      : [
          `${kind} in the long form only (RCM_TEST_LONG=1): ${left.reduce((sum, { leftOut }) => sum + leftOut.length, 0)} files of ${left.length} projects ` +
            `(${left.map(({ project, leftOut }) => `${short(project)} ${leftOut.length}`).join(', ')})`,
        ];
  });
  const without = docker.reached ? [] : [`Docker cannot be reached (${docker.why}): the integration tests ran on embedded services only, none on containers.`];
  const shared = network.why
    ? [`The tests had no network of their own (${network.why}): where an address of this machine came or went, browsers gave up what they waited for.`]
    : [];
  return [...lines, ...spent(results), ...longest(results), ...proofs, ...longOnly, ...without, ...shared, ...named(results, 'skipped')];
}

/** Where the time went, the dearest first: on the clock, where files wait for each other, and of the processor. @param {Result[]} results */
function spent(results) {
  return [
    ...dearest(results, 'seconds of test files', ({ seconds }) => seconds),
    ...dearest(results, 'processor seconds', ({ processorSeconds }) => processorSeconds),
  ];
}

/** @param {Result[]} results @param {string} what @param {(result: Result) => number} of */
function dearest(results, what, of) {
  const dear = [...results].sort((a, b) => of(b) - of(a)).filter((result) => of(result) >= 0.5);
  const total = results.reduce((sum, result) => sum + of(result), 0);
  return dear.length === 0
    ? []
    : [`${what}: ${Math.round(total)} (${dear.map((result) => `${short(result.project)} ${result.kind} ${Math.round(of(result))}`).join(', ')})`];
}

/** The files that took longest. @param {Result[]} results */
function longest(results) {
  const files = results.flatMap((result) => result.files.map(({ path, seconds }) => ({ words: `${short(result.project)} ${result.kind} ${path}`, seconds })));
  const first = files.sort((a, b) => b.seconds - a.seconds).slice(0, LONGEST);
  return first.length === 0 ? [] : [`longest files: ${first.map(({ words, seconds }) => `${words} ${Math.round(seconds)} s`).join(', ')}`];
}

/**
 * The failed tests by name, for the end of the log, where they are looked for.
 * @param {Result[]} results
 */
export const failuresOf = (results) => named(results, 'failed');

/** @param {Result[]} results @param {'skipped' | 'failed'} what */
function named(results, what) {
  return results.flatMap((result) =>
    result[what].map(({ title, reason }) => `${what}: ${short(result.project)} ${result.kind}: ${title}${reason ? ` (${reason})` : ''}`),
  );
}

/**
 * What should have run and did not, and the backends that should have proved something and counted nothing.
 * @param {Result[]} results
 * @param {{ projects: import('./projects.mjs').Project[], docker: boolean }} run  projects: the wanted ones
 */
export function misses(results, { projects, docker }) {
  if (results.length === 0) return ['no test was counted'];
  const silent = projects.flatMap(({ name, kinds }) => {
    const without = kinds.filter((kind) => (docker || kind !== 'containers') && !results.some((result) => result.project === name && result.kind === kind));
    return without.length > 0 ? [`${name} has tests of which none was counted: ${without.join(', ')}`] : [];
  });
  return [...silent, ...unproved(results, { projects, docker })];
}

/** @param {Result[]} results @param {{ projects: import('./projects.mjs').Project[], docker: boolean }} run */
function unproved(results, { projects, docker }) {
  const backends = docker ? BACKENDS : BACKENDS.slice(0, 1);
  return Object.entries(SUITES)
    .filter(([, project]) => projects.some(({ name }) => name === project))
    .flatMap(([suite, project]) =>
      backends
        .filter((backend) => !results.some((result) => result.kind === backend && result.project === project && result.passed > 0))
        .map((backend) => `no ${suite} test of ${project} passed on ${backend} services`),
    );
}

/** The one line that a machine may read. @param {Result[]} results */
export function lastLine(results) {
  const sum = (/** @type {(result: Result) => number} */ of) => results.reduce((all, result) => all + of(result), 0);
  return `tests: ${sum((r) => r.passed)} passed, ${sum((r) => r.failed.length)} failed, ${sum((r) => r.skipped.length)} skipped`;
}

/** @param {Result} result */
const counted = (result) => result.passed + result.failed.length;
/** @param {Result[]} results */
const total = (results) => results.reduce((sum, result) => sum + counted(result), 0);
/** @param {string} project */
const short = (project) => project.replace('@rcm/', '');

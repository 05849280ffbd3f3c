/** Every test, in two rows at once: what needs only this machine, in a network of its own, and what starts containers, which are on the machine's. */
import { runTargets } from './nx.mjs';

/** More than half of what end-to-end tests take is waiting: two projects, of two files each, leave two processors idle for part of it. */
const PROJECTS_AT_ONCE = 3;
const TARGETS = ['test-unit', 'test-int', 'test-e2e'];
/** Its end-to-end tests start containers, and ask them. */
const STARTS_CONTAINERS = '@rcm/platform';

/**
 * Resolves to whether all went well.
 * @param {object} tests
 * @param {string[]} tests.projects package names, none for all
 * @param {NodeJS.ProcessEnv} tests.env
 * @param {boolean} tests.docker whether it can be reached
 * @param {string[]} tests.through own-network.mjs
 * @param {() => boolean} tests.isInterrupted whether nothing more is to be begun
 * @param {typeof runTargets} [tests.run]
 */
export async function runTests({ projects, env, docker, through, isInterrupted, run = runTargets }) {
  if (!(await run({ targets: ['generate'], projects: [], env, parallel: 1 }))) return false;
  if (isInterrupted()) return false;
  const without = docker ? [STARTS_CONTAINERS] : [];
  const inOwnNetwork = () => run({ targets: TARGETS, projects, without, env, parallel: PROJECTS_AT_ONCE, through });
  const withContainers = async () => {
    if (!docker) return true;
    const ofAll = await run({ targets: ['test-containers'], projects, env, parallel: 1 });
    const isWanted = !isInterrupted() && (projects.length === 0 || projects.includes(STARTS_CONTAINERS));
    return (!isWanted || (await run({ targets: TARGETS, projects: [STARTS_CONTAINERS], env, parallel: 1 }))) && ofAll;
  };
  const went = await Promise.all([inOwnNetwork(), withContainers()]);
  return went.every(Boolean);
}

/** Every test, in two rows at once: what needs only this machine, in a network of its own, and what starts containers, which are on the machine's. */
import { runTargets } from './nx.mjs';

/** More than half of what end-to-end tests take is waiting: two projects, of two files each, leave two processors idle for part of it. */
const PROJECTS_AT_ONCE = 3;
const TARGETS = ['test-unit', 'test-int', 'test-e2e'];
/** Its end-to-end tests start containers, and ask them. */
const STARTS_CONTAINERS = '@rcm/platform';

/**
 * Resolves to whether all went well.
 * @param {object} run
 * @param {string[]} run.projects package names, none for all
 * @param {NodeJS.ProcessEnv} run.env
 * @param {boolean} run.docker whether it can be reached
 * @param {string[]} run.through own-network.mjs
 */
export async function runTests({ projects, env, docker, through }) {
  if (!(await runTargets({ targets: ['generate'], projects: [], env, parallel: 1 }))) return false;
  const without = docker ? [STARTS_CONTAINERS] : [];
  const inOwnNetwork = () => runTargets({ targets: TARGETS, projects, without, env, parallel: PROJECTS_AT_ONCE, through });
  const withContainers = async () => {
    if (!docker) return true;
    const ofAll = await runTargets({ targets: ['test-containers'], projects, env, parallel: 1 });
    const isWanted = projects.length === 0 || projects.includes(STARTS_CONTAINERS);
    return (!isWanted || (await runTargets({ targets: TARGETS, projects: [STARTS_CONTAINERS], env, parallel: 1 }))) && ofAll;
  };
  const went = await Promise.all([inOwnNetwork(), withContainers()]);
  return went.every(Boolean);
}

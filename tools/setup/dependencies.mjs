import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { ClearError } from './clear-error.mjs';
import { root, say } from './workspace.mjs';

// Inside the folder that an install deletes: whoever removes node_modules removes the claim that it is complete.
const STAMP = join('node_modules', '.rcm-installed');
const INSTALL_TIMEOUT_MS = 15 * 60_000;

/**
 * Whether node_modules is what package-lock.json asks for. Reads two files when nothing changed.
 * @param {string} [folder] where package-lock.json is; default: this clone
 */
export function dependenciesInstalled(folder = root) {
  const stamp = join(folder, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted(folder)) return true;
  if (!installedByHand(folder)) return false;
  writeFileSync(stamp, wanted(folder));
  return true;
}

/** Installs exactly what package-lock.json names. @param {string} [folder] */
export function installDependencies(folder = root) {
  say('installing dependencies (the first time takes about a minute)');
  const npm = npmCommand();
  const flags = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm's stdout goes to our stderr: stdout belongs to the command that follows.
  const done = spawnSync(npm.program, [...npm.args, ...flags], {
    cwd: folder,
    env: npm.env,
    stdio: ['ignore', process.stderr, process.stderr],
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (done.error) throw done.error;
  if (done.status !== 0)
    throw new ClearError(`The dependencies could not be installed: "npm ci" ended with ${done.status ?? done.signal}; its own words are above.`);
  writeFileSync(join(folder, STAMP), wanted(folder));
}

/** The lockfile and the kind of machine, as one value: a folder copied from another kind of machine is installed anew. @param {string} folder */
function wanted(folder) {
  const lockfile = readFileSync(join(folder, 'package-lock.json'));
  return createHash('sha256').update(lockfile).update(`${process.platform} ${process.arch}`).digest('hex');
}

/** Whether somebody's own `npm install` already brought every package of the lockfile, by npm's record of what it installed. @param {string} folder */
function installedByHand(folder) {
  const record = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/') || wanted.link) return true;
    const found = installed[path];
    return found ? found.version === wanted.version && found.integrity === wanted.integrity : Boolean(wanted.optional || wanted.devOptional || wanted.peer);
  });
}

/** @param {string} file @returns {Record<string, { version?: string, integrity?: string, link?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean }>} */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}

/**
 * npm on the machine's own Node: the one below node_modules is deleted by the very install.
 * @returns {{ program: string, args: string[], env: NodeJS.ProcessEnv }}
 */
function npmCommand() {
  const inModules = (/** @type {string} */ path) => path.includes(`${sep}node_modules${sep}`) && path.startsWith(root);
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => !inModules(`${folder}${sep}`));
  const env = { ...process.env, PATH: path.join(delimiter) };
  const node = [process.env.npm_node_execpath, process.execPath, ...path.map((folder) => join(folder, 'node'))].find(
    (file) => file && !inModules(file) && existsSync(file),
  );
  const script = process.env.npm_execpath;
  if (node && script?.endsWith('.js') && existsSync(script))
    return { program: node, args: [script], env: { ...env, PATH: [dirname(node), ...path].join(delimiter) } };
  return { program: 'npm', args: [], env };
}

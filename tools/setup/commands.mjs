import { ClearError } from './clear-error.mjs';
import { inRoot, root } from './workspace.mjs';

/**
 * @typedef {object} Command
 * @property {string} file what Node runs
 * @property {string[]} args come before the user's
 * @property {string} cwd
 * @property {boolean} browser whether it needs a Chromium
 */

// npm moves to the root; a relative path such as `--data DIR` is meant from where the user stands.
const here = process.env.INIT_CWD ?? process.cwd();
const nx = inRoot('node_modules', 'nx', 'dist', 'bin', 'nx.js');

/** @type {Record<string, Command>} */
const COMMANDS = {
  start: { file: inRoot('tools', 'platform', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  rcm: { file: inRoot('apps', 'cli', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  migrator: { file: inRoot('apps', 'migrator', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  rotator: { file: inRoot('apps', 'rotator', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  'web-agent': { file: inRoot('apps', 'web-agent', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  audit: { file: inRoot('apps', 'audit', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  portal: { file: inRoot('tools', 'portal', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  bench: { file: inRoot('tools', 'bench', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  'crash-matrix': { file: inRoot('tools', 'crash-matrix', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  load: { file: inRoot('tools', 'platform', 'src', 'load', 'main.ts'), args: [], cwd: here, browser: false },
  soak: { file: inRoot('tools', 'soak', 'src', 'main.ts'), args: [], cwd: here, browser: true },
  simulate: { file: inRoot('tools', 'simulation', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  'audit-tampering': { file: inRoot('tools', 'audit-tampering', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  cost: { file: inRoot('tools', 'cost', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  capacity: { file: inRoot('tools', 'cost', 'src', 'capacity', 'main.ts'), args: [], cwd: here, browser: false },
  payers: { file: inRoot('tools', 'payers', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  'audit-trace': { file: inRoot('tools', 'audit-trace', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  images: { file: inRoot('tools', 'images', 'src', 'main.ts'), args: [], cwd: here, browser: false },
  sbom: { file: inRoot('tools', 'sbom', 'src', 'main.ts'), args: ['sbom'], cwd: here, browser: false },
  licences: { file: inRoot('tools', 'sbom', 'src', 'main.ts'), args: ['licences'], cwd: here, browser: false },
  screenshots: { file: inRoot('apps', 'console', 'src', 'pictures', 'main.fixture.ts'), args: [], cwd: root, browser: true },
  test: { file: inRoot('tools', 'setup', 'test', 'main.mjs'), args: [], cwd: root, browser: true },
  lint: { file: nx, args: ['run-many', '-t', 'lint', 'typecheck'], cwd: root, browser: false },
  nx: { file: nx, args: [], cwd: root, browser: false },
  format: { file: inRoot('node_modules', 'prettier', 'bin', 'prettier.cjs'), args: ['--write', '.'], cwd: root, browser: false },
};

/** @param {string} name @returns {Command} */
export function commandNamed(name) {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new ClearError(`No command "${name}": ${Object.keys(COMMANDS).join(', ')}.`);
  return command;
}

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { ClearError, WrongCall } from './clear-error.mjs';
import { findingsFolder, inRoot, root, say } from './workspace.mjs';

const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const FIXED = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium'];
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const TRY_TIMEOUT_MS = 20_000;

/**
 * The browser that configuration names or an earlier set-up found; null when one must be looked for.
 * @param {string | undefined} configured RCM_CHROMIUM_PATH
 */
export function knownChromium(configured) {
  if (configured) {
    if (!isAbsolute(configured) || !existsSync(configured)) throw new WrongCall(`RCM_CHROMIUM_PATH names no file: ${configured}`);
    return configured;
  }
  const finding = join(findingsFolder(), 'chromium');
  const found = existsSync(finding) ? readFileSync(finding, 'utf8') : '';
  return found && existsSync(found) ? found : null;
}

/**
 * Looks for a browser, gets one where there is none, and keeps the finding.
 * Order: Playwright's own, the system's, Playwright's download, Debian's package.
 * @param {string} node
 */
export function findChromium(node) {
  const found = firstThatRuns([playwrights(node), ...systems()]) ?? download(node) ?? fromDebian();
  if (!found) {
    throw new ClearError(
      'No Chromium was found and none could be installed. Run "npx playwright install --with-deps chromium", or install the system\'s ' +
        '(on Debian, as root: "apt-get install -y chromium-headless-shell"); or name one in RCM_CHROMIUM_PATH.',
    );
  }
  writeFileSync(join(findingsFolder(), 'chromium'), found);
  return found;
}

/** @param {string} node */
function playwrights(node) {
  const ask = 'process.stdout.write(require("playwright").chromium.executablePath())';
  return spawnSync(node, ['-e', ask], { cwd: root, encoding: 'utf8', timeout: TRY_TIMEOUT_MS }).stdout?.trim() ?? '';
}

function systems() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...FIXED];
}

/** A path is not enough: some distributions put a stub there that only says how to install. @param {string[]} candidates */
function firstThatRuns(candidates) {
  const runs = (/** @type {string} */ file) => spawnSync(file, ['--version', '--no-sandbox'], { stdio: 'ignore', timeout: TRY_TIMEOUT_MS }).status === 0;
  return candidates.find((file) => file && existsSync(file) && runs(file)) ?? null;
}

/** @param {string} node */
function download(node) {
  say("no Chromium here, downloading Playwright's");
  const cli = inRoot('node_modules', 'playwright', 'cli.js');
  run(node, [cli, 'install', 'chromium'], DOWNLOAD_TIMEOUT_MS);
  return firstThatRuns([playwrights(node)]);
}

function fromDebian() {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return null;
  say("installing Debian's package chromium-headless-shell");
  const ready =
    run('apt-get', ['update', '-q'], DOWNLOAD_TIMEOUT_MS) &&
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium-headless-shell'], DOWNLOAD_TIMEOUT_MS);
  return ready ? firstThatRuns(systems()) : null;
}

/** @param {string} program @param {string[]} args @param {number} timeout */
function run(program, args, timeout) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { cwd: root, env, stdio: ['ignore', process.stderr, process.stderr], timeout }).status === 0;
}

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { compileCache, isLongForm } from '@rcm/test-services';
import { expect, it } from 'vitest';

/** Loads what drives browsers, as a tool without an app's guard does, and says which of these variables are left to whatever loads later. */
const PROGRAM = `await import(${JSON.stringify(new URL('index.ts', import.meta.url).href)});
console.log(JSON.stringify(Object.keys(process.env).filter((name) => /^(DEBUG|PW|PLAYWRIGHT|SELENIUM)/.test(name)).sort()));`;

const VARIABLES = [
  ['DEBUG', 'pw:*'],
  ['DEBUG', 'pw*'],
  ['DEBUG', 'p*'],
  ['DEBUG', '*'],
  ['DEBUG_FILE', '/tmp/debug'],
  ['PWDEBUG', '1'],
  ['PLAYWRIGHT_DISABLE_FORCED_CHROMIUM_PROXIED_LOOPBACK', '1'],
  ['SELENIUM_REMOTE_URL', 'http://elsewhere.example'],
] as const;
// Each is loaded for by a process of its own; on a change for all that can be set together, and for the widest of the rest.
const environments = isLongForm() ? VARIABLES.map((variable) => [variable]) : [VARIABLES.filter(([, value]) => value !== '*'), [VARIABLES[3]]];

it.each(environments.map((variables) => [variables.map((variable) => variable.join('=')).join(' '), Object.fromEntries(variables)] as const))(
  '%s is gone before Playwright is loaded, also where no app has looked',
  { timeout: 120_000 },
  (_, variables) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { PATH: process.env.PATH, PLAYWRIGHT_BROWSERS_PATH: '/browsers', ...variables, ...compileCache() },
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual(['["PLAYWRIGHT_BROWSERS_PATH"]\n', '']);
  },
);

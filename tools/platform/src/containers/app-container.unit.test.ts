import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DataFolder } from '../data/folder.ts';
import { containerName, containerProcess } from './app-container.ts';

let root: string;
let folder: DataFolder;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'rcm-app-container-'));
  folder = { root, keys: join(root, 'keys') } as DataFolder;
  mkdirSync(folder.keys);
  writeFileSync(join(folder.keys, 'identity-key'), 'secret', { mode: 0o600 });
  writeFileSync(join(folder.keys, 'rotator-database-url'), 'another’s', { mode: 0o600 });
});
afterAll(() => rmSync(root, { recursive: true }));

const managed = (browser: boolean) =>
  containerProcess({
    app: 'web-agent',
    reference: 'rcm/web-agent',
    args: ['run'],
    environment: { RCM_IDENTITY_KEY_FILE: join(root, 'keys', 'identity-key'), AWS_CONFIG_FILE: '/dev/null', RCM_ALLOW_ROOT: 'yes', RCM_BROWSER_SANDBOX: 'off' },
    folder,
    browser,
  });

it('hands over copies of the files that its environment names, and no other', () => {
  const { environment } = managed(true);
  expect(environment).toEqual({ RCM_IDENTITY_KEY_FILE: '/run/secrets/rcm/identity-key', AWS_CONFIG_FILE: '/dev/null' });
  const copy = join(root, 'containers', 'web-agent', 'identity-key');
  expect(readFileSync(copy, 'utf8')).toBe('secret');
  expect(statSync(copy).mode & 0o777).toBe(0o400);
  expect(() => statSync(join(root, 'containers', 'web-agent', 'rotator-database-url'))).toThrow('ENOENT');
});

it('is not root, has no capability, and writes to nothing that lasts', () => {
  const args = managed(true).args?.join(' ') ?? '';
  for (const words of [
    '--cap-drop ALL',
    '--security-opt no-new-privileges',
    '--read-only',
    'seccomp=',
    '--log-driver none',
    `--hostname ${containerName(folder, 'web-agent')}`,
  ])
    expect(args).toContain(words);
  expect(args).toMatch(/--user [1-9]/);
  expect(args).not.toContain('secret ');
  expect(args.endsWith('rcm/web-agent run')).toBe(true);
});

it('is given the browser’s seccomp profile only with a browser', () => {
  expect(managed(false).args?.join(' ')).not.toContain('seccomp=');
});

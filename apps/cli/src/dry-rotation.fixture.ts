import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { urlFor } from '@rcm/db/testing';
import { asRoot, compileCache } from '@rcm/test-services';
import { expect } from 'vitest';
import { notAsDocumented } from './json-page.fixture.ts';

/** `rcm login rotate ID --dry-run` as a process of its own, which would ask this store and open this browser. */
export async function dryRotation(url: string, id: string) {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-dry-'));
  const browser = join(folder, 'browser');
  writeFileSync(browser, `#!/bin/sh\ntouch '${folder}/opened'\n`, { mode: 0o755 });
  let askedStore = 0;
  const store = createServer((_, response) => {
    askedStore += 1;
    response.writeHead(500).end();
  }).listen(0, '127.0.0.1');
  await once(store, 'listening');
  const words = ['login', 'rotate', id, '--dry-run', '--json'];
  const child = spawn(process.execPath, ['--disable-sigusr1', join(import.meta.dirname, 'main.ts'), ...words], {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache() },
      RCM_ROTATOR_DATABASE_URL: urlFor('rcm_rotator', url),
      RCM_ENVIRONMENT: 'test',
      RCM_IDENTITY_KEY: 'k'.repeat(32),
      RCM_AWS_REGION: 'us-east-1',
      RCM_AWS_ENDPOINT: `http://127.0.0.1:${(store.address() as AddressInfo).port}`,
      RCM_AWS_ACCOUNT_ID: '123456789012',
      RCM_KMS_KEY_ID: 'alias/rcm',
      RCM_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/tenant',
      RCM_CHROMIUM_PATH: browser,
      RCM_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  store.close();
  const openedBrowser = readdirSync(folder).includes('opened');
  rmSync(folder, { recursive: true });
  const answer = JSON.parse(stdout) as Record<string, unknown>;
  expect(notAsDocumented(words, answer)).toEqual([]);
  return { code, answer, askedStore, openedBrowser };
}

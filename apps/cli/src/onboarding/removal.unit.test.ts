import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { removalOf } from './removal.ts';

const LEFT = 'arn:aws:ssm:us-east-1:111111111111:parameter/rcm/prod/hospital-1/endpoints/one/main';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rcm-removal-'));
  // Says whose credentials are at hand, and writes down what it is called for.
  writeFileSync(join(folder, 'aws'), `#!/bin/sh\nif [ "$1" = sts ]; then echo "$ACCOUNT"; else echo "$@" >> ${folder}/called; fi\n`);
  chmodSync(join(folder, 'aws'), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = (account: string, more: { readonly hasDevice?: boolean; readonly replicaRegion?: string } = {}): string => {
  writeFileSync(join(folder, 'called'), '');
  try {
    execFileSync('sh', ['-c', removalOf({ secretArn: LEFT, endpointId: 'one', hasDevice: false, replicaRegion: undefined, ...more }) ?? ''], {
      env: { PATH: `${folder}:${process.env.PATH}`, ACCOUNT: account },
    });
  } catch {
    // The command's own exit code says that nothing was done.
  }
  return readFileSync(join(folder, 'called'), 'utf8');
};

it('removes a parameter in its own account, and never the one of the same name that is in use in another', () => {
  expect(run('222222222222')).toBe('');
  expect(run('')).toBe('');
  expect(run('111111111111')).toBe('ssm delete-parameter --region us-east-1 --name /rcm/prod/hospital-1/endpoints/one/main\n');
});

it('removes what the portal knew the device by, too, where one was ever kept', () => {
  expect(run('222222222222', { hasDevice: true })).toBe('');
  expect(run('111111111111', { hasDevice: true }).split('\n').slice(0, 2)).toEqual([
    'ssm delete-parameter --region us-east-1 --name /rcm/prod/hospital-1/endpoints/one/main',
    'ssm delete-parameter --region us-east-1 --name /rcm/prod/hospital-1/devices/one/main',
  ]);
});

it('names a secret of Secrets Manager by its ARN, which is of one account; and there is nothing to remove where there is none', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:rcm/prod/hospital-1/endpoints/one/main-AbCdEf';
  const login = { secretArn: arn, endpointId: 'one', hasDevice: true, replicaRegion: undefined };
  expect(removalOf(login)).toContain(`--secret-id ${arn} && `);
  expect(removalOf(login)).toMatch(/--secret-id rcm\/prod\/hospital-1\/devices\/one\/main$/);
  expect(removalOf({ ...login, secretArn: 'vault:kv/rcm/prod/hospital-1/endpoints/one/main' })).toBe(
    'vault kv metadata delete -mount=kv rcm/prod/hospital-1/endpoints/one/main && vault kv metadata delete -mount=kv rcm/prod/hospital-1/devices/one/main',
  );
  expect(removalOf({ ...login, secretArn: null })).toBeNull();
});

it('removes the copy in the second region before it, where the deployment has one', () => {
  expect(run('222222222222', { replicaRegion: 'us-west-2' })).toBe('');
  expect(run('111111111111', { replicaRegion: 'us-west-2' })).toBe(
    'ssm delete-parameters --region us-west-2 --names /rcm/prod/hospital-1/endpoints/one/main\n' +
      'ssm delete-parameter --region us-east-1 --name /rcm/prod/hospital-1/endpoints/one/main\n',
  );
  const arn = 'arn:aws:secretsmanager:us-east-1:111111111111:secret:rcm/prod/hospital-1/endpoints/one/main-AbCdEf';
  const removal = removalOf({ secretArn: arn, endpointId: 'one', hasDevice: false, replicaRegion: 'us-west-2' });
  expect(removal).toMatch(/^aws secretsmanager remove-regions-from-replication .*--remove-replica-regions us-west-2 .* && aws secretsmanager delete-secret /);
});

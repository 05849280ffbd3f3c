import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommandLine } from './command-line.ts';
import { running, temporaryFolder } from './running.fixture.ts';
import { startLocalAws } from './start.ts';

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** For command lines that end by themselves. */
async function run(...flags: string[]): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const code = await runCommandLine(['node', 'local-aws', ...flags], {
    out: (text) => {
      stdout += text;
    },
    error: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

test('--help names every flag and ends well', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const flag of ['--port', '--host', '--data-file', '--credentials-file', '--quota-reads', '--quota-writes', '--policies', '--task-tokens'])
    expect(stdout).toContain(flag);
});

describe('one clear sentence and an exit code', () => {
  test.each(['--port x', '--port 70000', '--quota-reads 0', '--unknown', '--region nowhere', '--account-id 12', '--policies /nowhere'])(
    '2 for %s',
    async (flags) => {
      const { code, stderr, stdout } = await run(...flags.split(' '));
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.trim().split('\n')).toHaveLength(1);
    },
  );

  test('1 for a busy port', async () => {
    const { endpoint } = await running();
    const port = new URL(endpoint).port;
    expect(await run('--port', port)).toEqual({ code: 1, stdout: '', stderr: `local-aws: Port ${port} on 127.0.0.1 is in use by another process.\n` });
  });

  test('1 for a folder that is not there', async () => {
    const dataFile = join(temporaryFolder(), 'missing', 'data');
    expect(await run('--data-file', dataFile)).toMatchObject({
      code: 1,
      stderr: `local-aws: ${dataFile} cannot be written; choose another data file or make its folder writable.\n`,
    });
  });

  test('1 for a file that is no data file', async () => {
    const dataFile = join(temporaryFolder(), 'data');
    writeFileSync(dataFile, 'not a database, but long enough to look like a file with something in it');
    expect(await run('--data-file', dataFile)).toMatchObject({ code: 1, stderr: `local-aws: ${dataFile} is not a readable local-aws data file.\n` });
  });

  test('1 for a data file that another local-aws uses', async () => {
    const dataFile = join(temporaryFolder(), 'data');
    await running({ dataFile });
    expect(await run('--data-file', dataFile)).toMatchObject({ code: 1, stderr: `local-aws: ${dataFile} is in use by another local-aws.\n` });
  });

  test('1 for a credentials file that cannot be written', async () => {
    const file = join(temporaryFolder(), 'missing', 'credentials');
    expect(await run('--credentials-file', file)).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(file) });
  });
});

describe('a data file is refused', () => {
  test('without its key file, with another’s key file, or for another account', async () => {
    const folder = temporaryFolder();
    const [dataFile, other] = [join(folder, 'data'), join(folder, 'other')];
    await (await startLocalAws({ dataFile })).close();
    await (await startLocalAws({ dataFile: other })).close();
    await expect(startLocalAws({ dataFile, accountId: '210987654321' })).rejects.toMatchObject({ code: 'data_file_mismatch' });
    copyFileSync(`${other}.hsm`, `${dataFile}.hsm`);
    await expect(startLocalAws({ dataFile })).rejects.toMatchObject({ code: 'key_file_broken' });
    rmSync(`${dataFile}.hsm`);
    await expect(startLocalAws({ dataFile })).rejects.toMatchObject({ code: 'key_file_missing' });
  });
});

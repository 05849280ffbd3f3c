import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Secret } from '@rcm/telemetry';
import type { PostgresPrograms, ServerAccount } from '@rcm/test-services/machine';
import { serverProblem } from './problems.ts';
import { initdbFlags, postgresFlags } from './settings.ts';

export interface ServerOptions {
  readonly directory: string;
  readonly programs: PostgresPrograms;
  readonly account: ServerAccount;
  readonly log: (text: string) => void;
}

/** Makes the database folder once. A first start that was killed midway leaves a folder that is no database yet: the mark is written when it is one. */
export async function initialise(options: ServerOptions, password: Secret<string>, temporary: string): Promise<void> {
  const { directory, programs, account } = options;
  const mark = `${directory}.initialised`;
  if (existsSync(mark)) return;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { mode: 0o700 });
  const passwordFile = join(temporary, 'initdb-password');
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, `${password.reveal()}\n`, { mode: 0o600 });
  if ('uid' in account) for (const path of [directory, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const args = [`--pgdata=${directory}`, '--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`, ...initdbFlags];
    const { child, said } = launch(programs.initdb, args, options);
    const code = await new Promise((resolve) => child.once('close', resolve).once('error', resolve));
    if (code !== 0) throw serverProblem(directory, null, said());
    writeFileSync(mark, '');
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Starts the server; resolves when it takes connections. Fails with `database_unavailable`, in words, when it ends before. */
export async function startServer(options: ServerOptions, port: number): Promise<ChildProcess> {
  const { child, said } = launch(options.programs.postgres, ['-D', options.directory, '-p', String(port), ...postgresFlags()], options);
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', () => {
      if (said().includes('database system is ready to accept connections')) resolve();
    });
    const failed = (cause: unknown) => reject(serverProblem(options.directory, cause, said()));
    child.once('error', failed);
    child.once('close', failed);
  });
  return child;
}

const REMEMBERED = 8_192;

function launch(program: string, args: readonly string[], { account, log }: ServerOptions) {
  const child = spawn(program, args, { ...account, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-REMEMBERED);
      log(text);
    });
  }
  return { child: child as ChildProcess, said: () => said };
}

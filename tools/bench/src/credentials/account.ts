import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault } from '@rcm/local-aws';
import { endChild, readyLine, temporaryFolder } from '@rcm/test-services';

const STOP_MS = 60_000;

/** An AWS account in a process of its own, so that its work is not measured as ours. */
export interface Account extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly kmsKeyArn: string;
  readonly tenantRoles: { readonly agent: string; readonly migrator: string };
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  setFault(fault: Fault): Promise<void>;
}

/** `readsPerSecond`: Parameter Store's quota; without one there is none. */
export async function startAccount({ readsPerSecond }: { readonly readsPerSecond?: number } = {}): Promise<Account> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder('bench'));
  const credentialsFile = join(folder.path, 'credentials');
  const program = fileURLToPath(new URL('./main.ts', import.meta.resolve('@rcm/local-aws')));
  const quota = readsPerSecond === undefined ? [] : ['--quota-reads', String(readsPerSecond)];
  const child = spawn(process.execPath, [program, '--credentials-file', credentialsFile, ...quota], { stdio: ['ignore', 'pipe', 'inherit'] });
  opened.defer(() => endChild(child, STOP_MS));
  // Where the benchmark ends in any other way.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  opened.defer(() => void process.removeListener('exit', kill));
  const ready = JSON.parse(await readyLine(child)) as Pick<Account, 'endpoint' | 'region' | 'accountId' | 'kmsKeyArn' | 'tenantRoles'>;
  const credentials = await readKeys(credentialsFile);
  const kept = opened.move();
  return {
    ...ready,
    credentials,
    async setFault(fault) {
      const headers = { authorization: `Bearer ${credentials.secretAccessKey}` };
      const answer = await fetch(`${ready.endpoint}/_local/faults`, { method: 'PUT', headers, body: JSON.stringify(fault) });
      if (!answer.ok) throw new Error(`the account took no fault: ${answer.status} ${await answer.text()}`);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function readKeys(file: string): Promise<Account['credentials']> {
  const text = await readFile(file, 'utf8');
  const value = (name: string): string => new RegExp(`^${name}\\s*=\\s*(.+)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  return { accessKeyId: value('aws_access_key_id'), secretAccessKey: value('aws_secret_access_key') };
}

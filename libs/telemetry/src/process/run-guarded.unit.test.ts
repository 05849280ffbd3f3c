import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { refusedVariables } from './refused-variables.ts';

const PROGRAM = join(import.meta.dirname, 'guarded.fixture.ts');
const folder = mkdtempSync(join(tmpdir(), 'rcm-guarded-'));
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const REFUSED: readonly (readonly [string, string])[] = [
  ['AWS_ENDPOINT_URL', 'http://thief.example'],
  ['AWS_ENDPOINT_URL_SSM', 'http://thief.example'],
  ['AWS_ENDPOINT_URL_SECRETS_MANAGER', 'https://thief.example'],
  ['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://thief.example'],
  ['PGHOST', 'thief.example'],
  ['PGSSLMODE', 'no-verify'],
  ['PGOPTIONS', '-c search_path=thief'],
  ['NODE_PG_FORCE_NATIVE', '1'],
  ['NODE_TLS_REJECT_UNAUTHORIZED', '0'],
  ['NODE_DEBUG', 'http'],
  ['NODE_USE_ENV_PROXY', '1'],
  ['NODE_OPTIONS', '--tls-keylog=/dev/null'],
  ['SSLKEYLOGFILE', '/tmp/thief'],
  ['LD_PRELOAD', ''.padEnd(1)],
  ['LD_LIBRARY_PATH', '/thief'],
  ['OPENSSL_MODULES', '/thief'],
  ['SELENIUM_REMOTE_URL', 'http://thief.example'],
  ['PLAYWRIGHT_DISABLE_FORCED_CHROMIUM_PROXIED_LOOPBACK', '1'],
  ['PLAYWRIGHT_PROXY_BYPASS_FOR_TESTING', 'thief'],
  ['PWDEBUG', '1'],
  ['PW_INSTRUMENT_MODULES', '1'],
];

interface Start {
  readonly node?: readonly string[];
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What a shell does before it becomes the program. */
  readonly before?: string;
}

const PLAIN = { PATH: process.env.PATH ?? '', ...(process.getuid?.() === 0 ? { RCM_ALLOW_ROOT: 'yes' } : {}) };

function start({ node = ['--disable-sigusr1'], args = [], environment = {}, before = ':' }: Start) {
  const child = spawn('/bin/sh', ['-c', `${before}; exec "$@"`, 'sh', process.execPath, ...node, PROGRAM, ...args], {
    env: { ...PLAIN, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text));
  return { child, said: () => ({ stdout, stderr }), ended: once(child, 'close').then(([code]) => ({ code: code as number, stdout, stderr })) };
}
const run = (options: Start) => start(options).ended;

async function staying(options: Start) {
  const started = start({ ...options, args: ['stay'] });
  await expect.poll(() => started.said().stdout, { timeout: 60_000 }).toContain('\n');
  return { ...started, pid: started.child.pid ?? 0 };
}

describe('where an app may run', () => {
  it('not without --disable-sigusr1, which may be an argument or in NODE_OPTIONS', async () => {
    const refused = await run({ node: [] });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('start `node --disable-sigusr1 …`');
    expect(await run({ node: [], environment: { NODE_OPTIONS: '--max-old-space-size=512 --disable-sigusr1' } })).toMatchObject({ code: 0, stderr: '' });
  });

  it.runIf(process.getuid?.() === 0)('not as root unless that is allowed', async () => {
    const refused = await run({ environment: { RCM_ALLOW_ROOT: '' } });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('it runs as root: start it as a user of its own, or set RCM_ALLOW_ROOT=yes');
    expect((await run({ environment: { RCM_ALLOW_ROOT: 'no' } })).stderr).toContain('RCM_ALLOW_ROOT: must be yes, or unset');
  });

  it('not with any of the variables that lead secrets elsewhere, all of which are named, and no value', async () => {
    const { code, stdout, stderr } = await run({ environment: Object.fromEntries(REFUSED) });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    for (const [name] of REFUSED) expect(stderr).toMatch(new RegExp(`^  ${name} .*: unset it \\(or name it in RCM_ALLOW_VARIABLES\\)\\.$`, 'm'));
    expect(stderr).not.toContain('thief');
  });

  const options = ['--trace-warnings --inspect=0', '--require ./x.js', '--heapsnapshot-signal=SIGUSR2'].map((value) => ['NODE_OPTIONS', value] as const);
  it.each([...REFUSED, ...options])('not with %s=%s', (name, value) => expect(refusedVariables({ [name]: value })).toMatchObject([{ name }]));

  it.each([['--inspect=0'], ['--heapsnapshot-signal=SIGUSR2'], ['--tls-keylog=/dev/null']])('not where Node has the argument %s', async (argument) => {
    expect(await run({ node: ['--disable-sigusr1', argument] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('which shows what this process holds'),
    });
  });

  it('with a variable that is allowed by name, and says so; with further certificate authorities, and says so', async () => {
    const { code, stderr } = await run({ environment: { PGOPTIONS: '-c x=y', PWDEBUG: '1', RCM_ALLOW_VARIABLES: 'PGOPTIONS, PWDEBUG' } });
    expect(code).toBe(0);
    expect(stderr).toContain('RCM_ALLOW_VARIABLES lets PGOPTIONS stay, which changes how Postgres is reached');
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, '');
    expect((await run({ environment: { NODE_EXTRA_CA_CERTS: ca } })).stderr).toContain('NODE_EXTRA_CA_CERTS adds certificate authorities');
  });

  it('with everyday variables', async () => {
    const everyday = {
      PWD: '/',
      OLDPWD: '/',
      PGDATA: '/data',
      NODE_ENV: 'production',
      NODE_TLS_REJECT_UNAUTHORIZED: '1',
      PLAYWRIGHT_BROWSERS_PATH: '/browsers',
    };
    const proxies = { HTTP_PROXY: 'http://proxy.example', HTTPS_PROXY: 'http://proxy.example' };
    expect(await run({ environment: { ...everyday, ...proxies, AWS_REGION: 'us-east-1' } })).toMatchObject({ code: 0, stderr: '' });
  });

  it('and help is given anywhere; a refusal is one object where a program asks', async () => {
    expect(await run({ node: [], args: ['--help'], environment: { RCM_ALLOW_ROOT: '' } })).toMatchObject({ code: 0 });
    expect(JSON.parse((await run({ node: [], args: ['--json'] })).stdout)).toMatchObject({ error: { code: 'config_invalid' } });
  });
});

describe('what a running app shows', () => {
  const SECRETS = { RCM_DATABASE_URL: 'postgresql://canary-1', RCM_IDENTITY_KEY: 'canary-2', AWS_SECRET_ACCESS_KEY: 'canary-3', AWS_SESSION_TOKEN: 'canary-4' };

  it('has secrets neither in its environment nor, on Linux, in /proc, and gets them all the same', async () => {
    const { pid, said } = await staying({ environment: { ...SECRETS, SHOWN: 'as before' } });
    const { given, seen } = JSON.parse(said().stdout) as Record<'given' | 'seen', Record<string, string>>;
    expect(given).toMatchObject(SECRETS);
    expect(Object.keys(seen).filter((name) => name.startsWith('RCM_'))).toEqual([]);
    // The AWS SDK looks for these itself, each time.
    expect(seen).toMatchObject({ AWS_SECRET_ACCESS_KEY: 'canary-3', AWS_SESSION_TOKEN: 'canary-4', SHOWN: 'as before' });
    expect(said().stderr).toBe('');
    if (process.platform !== 'linux') return;
    const block = readFileSync(`/proc/${pid}/environ`, 'latin1');
    expect(block).toContain('SHOWN=as before');
    expect(block).not.toContain('canary');
  });

  it.each(['pw*', 'p*', '*', 'prisma:*'])('has no DEBUG=%s left', async (value) => {
    const { stdout, stderr } = await run({ environment: { DEBUG: value, DEBUG_FILE: '/tmp/debug' } });
    const { seen } = JSON.parse(stdout) as { seen: Record<string, string> };
    expect(Object.keys(seen).filter((name) => name.startsWith('DEBUG'))).toEqual([]);
    expect(stderr).toContain('DEBUG was removed');
  });

  it.runIf(process.platform === 'linux')('opens no debugger at SIGUSR1, and goes on', async () => {
    const { child, pid, said } = await staying({});
    child.kill('SIGUSR1');
    // A second process that is given the signal without the flag shows how long an inspector takes, at this load.
    const open = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'], { stdio: ['ignore', 'pipe', 'pipe'], env: PLAIN });
    children.push(open);
    await once(open.stdout, 'data');
    open.kill('SIGUSR1');
    let words = '';
    open.stderr.setEncoding('utf8').on('data', (text: string) => void (words += text));
    await expect.poll(() => words, { timeout: 60_000 }).toMatch(/Debugger listening|address already in use/);
    expect(said().stderr).toBe('');
    expect(listening(pid)).toEqual([]);
    child.stdin.end();
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it.runIf(process.platform === 'linux')('leaves no memory behind when it crashes', async () => {
    // As far as the one that runs this test lets it be raised.
    const { pid } = await staying({ before: 'ulimit -S -c "$(ulimit -H -c)"' });
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).toMatch(/^Max core file size +0 /m);
    expect(readFileSync(`/proc/${pid}/coredump_filter`, 'utf8').trim()).toBe('00000000');
  });
});

/** Inodes of the TCP sockets that a process listens on. */
function listening(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
  return ['tcp', 'tcp6']
    .flatMap((kind) => readFileSync(`/proc/${pid}/net/${kind}`, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && own.includes(`socket:[${inode}]`))
    .map(([, , , , , , , , , inode]) => inode ?? '');
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

describe.runIf(process.platform === 'linux')('what cannot be written to a full disk ends nothing that is under way, and is told by exit code 1', () => {
  it('and in a sentence', async () => {
    const { code, stderr } = await run({ before: 'exec >/dev/full' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^What the command said could not be written \(ENOSPC\)\..*\n$/);
  });

  it('alone, where nothing can be said either', async () => {
    expect((await run({ before: 'exec >/dev/full 2>&1' })).code).toBe(1);
  });

  it('but for a refusal, which has its own', async () => {
    expect((await run({ node: [], before: 'exec 2>/dev/full' })).code).toBe(2);
  });
});

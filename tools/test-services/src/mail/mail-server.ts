import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { makeCa, makeCertificate } from '../certificates.ts';
import { freePort } from '../free-port.ts';
import { dovecotConfiguration } from './dovecot.ts';
import { eximConfiguration } from './exim.ts';
import { sendMail } from './send.ts';

/** How the receiving server calls itself where it says what it found of a sender. */
export const AUTHSERV_ID = 'mx.codes.example';
const STARTS_MS = 60_000;

/** By which way a mail comes: from servers of the domain that it names, or from anybody’s. The receiving server can tell. */
export type MailOrigin = 'the domain’s own' | 'anybody’s';

/** A mail server from Debian’s packages: Exim takes mail and Dovecot shows it. Each domain is a mailbox of its own, by its name. */
export interface MailServer {
  readonly imaps: { readonly host: string; readonly port: number };
  /** CA of Dovecot’s certificate (PEM). */
  readonly ca: string;
  readonly passwordFile: string;
  /** Makes a mailbox: mails to every address of the domain lie in it. */
  addMailbox(domain: string): Promise<void>;
  /** Hands a mail over by SMTP, as it is, to one recipient. */
  send(mail: { readonly from: string; readonly to: string; readonly text: string }, origin?: MailOrigin): Promise<void>;
  /** The mails of a mailbox, as they lie there, in no order. */
  mailsOf(mailbox: string): Promise<readonly { readonly name: string; readonly text: string }[]>;
  /** Dovecot goes, with every connection, or comes back at its port. */
  stopImap(): Promise<void>;
  startImap(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one on loopback. Where it cannot be had, says in words why. */
export async function startMailServer(): Promise<MailServer | { readonly absent: string }> {
  if (process.getuid?.() !== 0) return { absent: 'Exim and Dovecot are started by root alone' };
  for (const [program, name] of [
    ['/usr/sbin/exim4', 'exim4-daemon-light'],
    ['/usr/sbin/dovecot', 'dovecot-imapd'],
  ] as const)
    if (!(await runs(program))) return { absent: `${program} is not installed: apt-get install ${name}` };
  const folder = await mkdtemp(join(tmpdir(), 'rcm-mail-'));
  await chmod(folder, 0o755);
  return start(folder);
}

async function start(folder: string): Promise<MailServer> {
  const [user, ca] = [idsOf('Debian-exim'), makeCa(folder, 'ca')];
  const { cert, key } = makeCertificate(folder, { name: 'server', ca, names: 'DNS:localhost,IP:127.0.0.1' });
  const ports = { own: await freePort(), anybody: await freePort(), imaps: await freePort() };
  const files = { folder, cert, key, exim: join(folder, 'exim.conf'), dovecot: join(folder, 'dovecot.conf'), mail: join(folder, 'mail') };
  const own = async (...path: readonly string[]): Promise<void> => {
    await mkdir(join(folder, ...path));
    await chown(join(folder, ...path), user.uid, user.gid);
  };
  for (const name of ['mail', 'spool']) await own(name);
  const password = join(folder, 'password');
  await writeFile(password, 'mailbox-password-4711\n', { mode: 0o600 });
  await writeFile(files.exim, eximConfiguration({ folder, ports, authservId: AUTHSERV_ID }));
  await writeFile(files.dovecot, dovecotConfiguration({ folder, port: ports.imaps, cert, key, user }));
  const exim = started('/usr/sbin/exim4', ['-bdf', '-q1m', '-C', files.exim]);
  await answering(ports.own, exim, () => readFile(join(folder, 'spool', 'log', 'mainlog'), 'utf8'));
  let dovecot: ChildProcess | null = null;
  const startImap = async (): Promise<void> => {
    dovecot = started('/usr/sbin/dovecot', ['-F', '-c', files.dovecot]);
    await answering(ports.imaps, dovecot, () => readFile(join(folder, 'dovecot.log'), 'utf8'));
  };
  await startImap();
  return {
    imaps: { host: '127.0.0.1', port: ports.imaps },
    ca: await readFile(ca.cert, 'utf8'),
    passwordFile: password,
    addMailbox: (domain) => own('mail', domain),
    send: (mail, origin = 'the domain’s own') => sendMail(origin === 'the domain’s own' ? ports.own : ports.anybody, mail),
    mailsOf: (mailbox) => mailsIn(join(files.mail, mailbox)),
    startImap,
    stopImap: () => ended(dovecot),
    async close() {
      await Promise.all([ended(exim), ended(dovecot)]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A server whose starter died would hold its port for ever. */
function started(program: string, parameters: readonly string[]): ChildProcess {
  const child = spawn(program, parameters, { stdio: 'ignore' });
  const reap = (): void => void child.kill('SIGTERM');
  process.once('exit', reap);
  child.once('exit', () => process.off('exit', reap));
  return child;
}

async function mailsIn(maildir: string): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const found = [];
  for (const part of ['new', 'cur'])
    for (const name of await readdir(join(maildir, part)).catch(() => []))
      // Between the two, Dovecot may have moved it.
      found.push({ name, text: await readFile(join(maildir, part, name), 'latin1').catch(() => '') });
  return found;
}

const runs = (program: string): Promise<boolean> => new Promise((resolve) => execFile(program, ['--version'], (error) => resolve(error === null)));

function idsOf(name: string): { readonly uid: number; readonly gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** Until a connection is taken; fails with the server’s last words. */
async function answering(port: number, server: ChildProcess, words: () => Promise<string>): Promise<void> {
  const until = performance.now() + STARTS_MS;
  while (!(await takes(port))) {
    if (server.exitCode === null && server.signalCode === null && performance.now() < until) await pause(50);
    else throw new Error(`a mail server did not start: ${(await words().catch(() => '')).slice(-2_000)}`);
  }
}

const takes = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

async function ended(server: ChildProcess | null): Promise<void> {
  if (!server || server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}

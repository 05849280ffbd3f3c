import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RcmError, systemClock } from '@rcm/telemetry';
import { processStart } from './identity.ts';
import type { Roster } from './roster.ts';
import { signalIfThere } from './signal.ts';

/** What starts one process of the platform. */
export interface ManagedProcessOptions {
  /** Names its files below `logs` and appears in messages. */
  readonly name: string;
  /** Absolute path of a TypeScript or JavaScript file. */
  readonly script: string;
  readonly args?: readonly string[];
  /** All it gets: nothing of our own environment is passed on. No secrets: those are named files. */
  readonly environment: Readonly<Record<string, string>>;
  /** How long it goes on after we are gone. Default 0. */
  readonly lingerMs?: number;
}

export interface ManagedProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the platform, in a group of its own: Ctrl-C at the terminal reaches only us, and we stop the others in order. */
export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<ManagedProcessExit>;
  /** The first JSON object it printed, since it started, for which `pick` gives a value. Fails when it ends, or says nothing of the kind for minutes. */
  announced<T>(pick: (line: Record<string, unknown>) => T | null): Promise<T>;
  /** Everything it printed on stdout since it started. */
  output(): string;
  /** SIGTERM, then SIGKILL to its group after `graceMs`. Returns once it is gone. */
  stop(graceMs: number): Promise<void>;
}

/** It only ends what hangs: whoever cannot start ends by itself, and docker compose may have to fetch images. */
const READY_MS = 400_000;
const LOOK_EVERY_MS = 40;
const WATCH_PARENT = fileURLToPath(new URL('./watch-parent.ts', import.meta.url));

export function startManagedProcess(options: ManagedProcessOptions, files: { readonly logs: string }, roster: Roster): ManagedProcess {
  const out = openFrom(join(files.logs, `${options.name}.out`));
  const log = openFrom(join(files.logs, `${options.name}.log`));
  const environment = {
    ...options.environment,
    RCM_PARENT_PID: String(process.pid),
    RCM_PARENT_START: processStart(process.pid) ?? '',
    RCM_PARENT_LINGER_MS: String(options.lingerMs ?? 0),
  };
  // Output goes straight to files, not through us: a process must not die of a broken pipe while it finishes after we were killed.
  const child = spawn(process.execPath, ['--disable-sigusr1', '--import', WATCH_PARENT, options.script, ...(options.args ?? [])], {
    detached: true,
    stdio: ['ignore', out.fd, log.fd],
    env: environment,
  });
  closeSync(out.fd);
  closeSync(log.fd);
  const exited = exitOf(child);
  const pid = child.pid ?? 0;
  if (pid > 0) roster.add(options.name, pid);
  let gone: ManagedProcessExit | null = null;
  void exited.then((exit) => {
    gone = exit;
    roster.remove(pid);
  });
  const printed = () => `${textSince(out)}\n${textSince(log)}`;
  return {
    name: options.name,
    pid,
    logFile: log.path,
    exited,
    output: () => textSince(out),
    async announced(pick) {
      const until = Date.now() + READY_MS;
      for (;;) {
        const ended = gone;
        for (const line of printed().split('\n')) {
          const value = pick(parseLine(line));
          if (value !== null) return value;
        }
        if (ended) throw endedEarly(options.name, ended, textSince(log), log.path);
        if (Date.now() > until)
          throw new RcmError('deadline_exceeded', `${options.name} was not ready after ${Math.round(READY_MS / 1000)} s; see ${log.path}.`);
        await systemClock.sleep(LOOK_EVERY_MS);
      }
    },
    async stop(graceMs) {
      if (gone) return;
      signalIfThere(pid, 'SIGTERM');
      const timer = setTimeout(() => signalIfThere(-pid, 'SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** One sentence about a process that ended by itself: its name, how, what it said last, where its log is. */
export function endedEarly(name: string, exit: ManagedProcessExit, log: string, logFile: string): RcmError {
  const how = exit.signal ? `was ended by ${exit.signal}` : `ended with code ${exit.code}`;
  const said = lastWords(log);
  return new RcmError('state_conflict', `${name} ${how}${said ? `: ${said}` : ''} (its log: ${logFile})`);
}

/** Docker ends with it whatever it refused. */
const ADVICE = /\bdocker run --help\b/;

/** As pino counts. */
const WARNING = 40;

/** The message of the last line, whether that is one of the logger's or plain text. */
export function lastWords(log: string): string {
  const lines = log
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('at ') && !ADVICE.test(line));
  // A crash of Node ends in a dump and its version; the error is named above it.
  const crashed = /^Node\.js v\d/.test(lines.at(-1) ?? '');
  const last = (crashed ? lines.findLast((line) => /^\w*Error\b.*: /.test(line)) : lines.at(-1)) ?? '';
  const { level, msg, err, error } = parseLine(last) as { level?: unknown; msg?: unknown; err?: { message?: unknown }; error?: { message?: unknown } };
  // What it tells of its work is not why it ended.
  if (typeof level === 'number' && level < WARNING) return '';
  const words = [msg, err?.message ?? error?.message].filter((text) => typeof text === 'string').join(': ');
  return (words || last).slice(0, 400);
}

function parseLine(line: string): Record<string, unknown> {
  if (!line.startsWith('{')) return {};
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}

interface OutputFile {
  readonly path: string;
  readonly fd: number;
  readonly from: number;
}

/** Logs of earlier runs are kept; what this run adds begins at `from`. */
function openFrom(path: string): OutputFile {
  const from = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return { path, fd: openSync(path, 'a', 0o600), from };
}

const textSince = (file: OutputFile): string => readFileSync(file.path).subarray(file.from).toString('utf8');

function exitOf(child: ChildProcess): Promise<ManagedProcessExit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
}

import type { RcmError } from '@rcm/telemetry';
import { readFileSync } from 'node:fs';
import { endedEarly, startManagedProcess, type ManagedProcess, type ManagedProcessOptions } from './managed-process.ts';
import type { Roster } from './roster.ts';

/** Starts the processes and notices when one that should run does not. */
export interface Supervisor {
  /** A process that runs until it is stopped; when it ends by itself, `onFailure` is called once. */
  start(options: ManagedProcessOptions): ManagedProcess;
  /** A command that ends by itself. Gives what it printed on stdout; any exit code but 0 fails, with its last words. */
  run(options: ManagedProcessOptions, deadlineMs: number): Promise<string>;
  /** Ends commands that still run, as an interruption leaves them: SIGTERM, then SIGKILL after `graceMs`. */
  endCommands(graceMs: number): Promise<void>;
  /** SIGKILL to every group that is left. The last resort, after the orderly stop. */
  killRest(): Promise<void>;
}

export interface SupervisorOptions {
  /** Folder for what the processes print. */
  readonly logs: string;
  readonly roster: Roster;
  /** What every process gets beside its own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called when a process that should run has ended. */
  readonly onFailure: (failure: RcmError) => void;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const running = new Set<ManagedProcess>();
  const commands = new Set<ManagedProcess>();
  const launch = (managed: ManagedProcessOptions): ManagedProcess => {
    const started = startManagedProcess(
      { ...managed, environment: { ...options.environment, ...managed.environment } },
      { logs: options.logs },
      options.roster,
    );
    running.add(started);
    void started.exited.then(() => running.delete(started));
    return started;
  };
  return {
    start(managed) {
      const started = launch(managed);
      let stopping = false;
      void started.exited.then((exit) => {
        if (!stopping) options.onFailure(endedEarly(started.name, exit, tailOf(started.logFile), started.logFile));
      });
      return {
        ...started,
        stop: (graceMs) => {
          stopping = true;
          return started.stop(graceMs);
        },
      };
    },
    async run(managed, deadlineMs) {
      const started = launch(managed);
      commands.add(started);
      const timer = setTimeout(() => void started.stop(COMMAND_GRACE_MS), deadlineMs);
      const exit = await started.exited;
      clearTimeout(timer);
      commands.delete(started);
      if (exit.code !== 0) throw endedEarly(started.name, exit, tailOf(started.logFile), started.logFile);
      return started.output();
    },
    async endCommands(graceMs) {
      await Promise.all([...commands].map((managed) => managed.stop(graceMs)));
    },
    async killRest() {
      await Promise.all([...running].map((managed) => managed.stop(0)));
    },
  };
}

const COMMAND_GRACE_MS = 5_000;

const tailOf = (path: string): string => readFileSync(path, 'utf8').slice(-4096);

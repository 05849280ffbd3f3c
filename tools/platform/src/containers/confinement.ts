import { RcmError } from '@rcm/telemetry';
import { runCommand } from '../compose/docker.ts';

/** What `/proc` inside a container says of its first process. */
export interface Confinement {
  readonly user: number;
  /** In hex, as the kernel writes them. */
  readonly capabilities: string;
  readonly bounding: string;
  readonly noNewPrivileges: boolean;
  /** 2: a filter. */
  readonly seccomp: number;
  readonly rootIsReadOnly: boolean;
}

const EXEC_MS = 30_000;
const NONE = '0000000000000000';

/** Asks the kernel, and not Docker, how a running container is kept. Fails with `state_conflict` where it cannot be asked. */
export async function readConfinement(container: string, environment: NodeJS.ProcessEnv): Promise<Confinement> {
  const { code, stdout, stderr } = await runCommand(['docker', 'exec', container, 'cat', '/proc/1/status', '/proc/1/mountinfo'], environment, EXEC_MS);
  if (code !== 0) throw new RcmError('state_conflict', `The container ${container} could not be looked into: ${stderr.trim()}`);
  const field = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(stdout)?.[1] ?? '';
  return {
    user: Number(field('Uid')),
    capabilities: field('CapEff'),
    bounding: field('CapBnd'),
    noNewPrivileges: field('NoNewPrivs') === '1',
    seccomp: Number(field('Seccomp')),
    rootIsReadOnly: /^\d+ \d+ \S+ \S+ \/ ro[, ]/m.test(stdout),
  };
}

/** Fails with `state_conflict`, naming each thing that a container could do and must not. */
export async function requireConfinement(container: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const seen = await readConfinement(container, environment);
  const wrong = [
    ...(seen.user === 0 ? ['runs as root'] : []),
    ...(seen.capabilities === NONE && seen.bounding === NONE ? [] : [`has capabilities (${seen.capabilities}, at most ${seen.bounding})`]),
    ...(seen.noNewPrivileges ? [] : ['may gain privileges']),
    ...(seen.seccomp === 2 ? [] : ['has no seccomp filter']),
    ...(seen.rootIsReadOnly ? [] : ['may write to its root']),
  ];
  if (wrong.length > 0) throw new RcmError('state_conflict', `The container ${container} ${wrong.join(', ')}.`);
}

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { confined, IMAGE_USER } from './run-arguments.ts';

/** For tests of the apps: one in a container, as docs/images.md says that it is run, on this machine's network. */
export interface TestContainer {
  /** One command of docker on it; what it prints. */
  docker(command: 'kill' | 'start' | 'stop' | 'wait' | 'logs'): Promise<string>;
  /** `starting`, `healthy` or `unhealthy`. */
  health(): Promise<string>;
  exitCode(): Promise<number>;
  remove(): Promise<void>;
}

const SECRETS = '/run/secrets/rcm';
const STOP_S = '100';
const LARGEST_LOG = 64 * 1_048_576;

/** Only in a container: whoever is root here is nobody there, and the sandbox is on. */
const LEFT_OUT = /^(RCM_ALLOW_ROOT|RCM_BROWSER_|RCM_CHROMIUM_PATH|RCM_VAULT_|NODE_)/;

/** Fails with docker's words where it does not start. `profile`: whether it is given the browser's seccomp profile. */
export async function startContainer(image: string, environment: Readonly<Record<string, string>>, { profile = true } = {}): Promise<TestContainer> {
  const name = `rcm-test-${randomUUID()}`;
  const folder = mkdtempSync(join(tmpdir(), 'rcm-container-'));
  const [secrets, asRoot] = [join(folder, 'secrets'), process.getuid?.() === 0];
  mkdirSync(secrets);
  const handed = Object.entries(environment)
    .filter(([variable]) => !LEFT_OUT.test(variable))
    .map(([variable, value]): string => {
      if (!value.startsWith('/') || !statSync(value, { throwIfNoEntry: false })?.isFile()) return `${variable}=${value}`;
      const copy = join(secrets, basename(value));
      copyFileSync(value, copy);
      chmodSync(copy, 0o400);
      if (asRoot) chownSync(copy, IMAGE_USER, IMAGE_USER);
      return `${variable}=${SECRETS}/${basename(value)}`;
    });
  // Not blocking: the store and the portals that it works with are served by this very process.
  const docker = async (...args: string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)('docker', args, { maxBuffer: LARGEST_LOG });
    return `${stdout}${args[0] === 'logs' ? stderr : ''}`.trim();
  };
  const inspect = (what: string): Promise<string> => docker('inspect', '--format', what, name);
  await docker(
    ...['run', '--detach', '--name', name, '--hostname', name, '--network', 'host', '--pull', 'never', '--stop-timeout', STOP_S],
    ...['--user', String(asRoot ? IMAGE_USER : process.getuid?.()), '--volume', `${secrets}:${SECRETS}:ro`, '--health-interval', '1s'],
    ...[...confined({ browser: profile }), ...handed.flatMap((variable) => ['--env', variable]), image],
  );
  return {
    docker: (command) => docker(command, name),
    health: () => inspect('{{.State.Health.Status}}'),
    exitCode: async () => Number(await inspect('{{.State.ExitCode}}')),
    async remove() {
      await docker('rm', '--force', '--volumes', name);
      rmSync(folder, { recursive: true });
    },
  };
}

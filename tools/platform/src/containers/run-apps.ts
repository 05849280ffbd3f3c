import { runCommand, streamCommand } from '../compose/docker.ts';
import type { DataFolder } from '../data/folder.ts';
import type { AppCounts } from '../options.ts';
import type { PlaintextSearch } from '../search/scan.ts';
import { containerName } from './app-container.ts';
import { requireConfinement } from './confinement.ts';

const REMOVE_MS = 60_000;
/** The first has the app's own name. */
export const instanceName = (app: string, index: number): string => (index === 0 ? app : `${app}-${index + 1}`);

const instances = ({ agents, rotators }: AppCounts): readonly string[] => [
  ...Array.from({ length: agents }, (_, index) => instanceName('web-agent', index)),
  ...Array.from({ length: rotators }, (_, index) => instanceName('rotator', index)),
];

/** The containers of one run, of which the platform itself knows only the processes that mind them. */
export class AppContainers {
  readonly #folder: DataFolder;
  readonly #environment: NodeJS.ProcessEnv;

  readonly #services: readonly string[];

  constructor(folder: DataFolder, environment: NodeJS.ProcessEnv, apps: AppCounts) {
    this.#services = instances(apps);
    this.#folder = folder;
    this.#environment = environment;
  }

  /** That all services are kept as they should be. Fails with `state_conflict`. */
  async check(): Promise<void> {
    for (const app of this.#services) await requireConfinement(containerName(this.#folder, app), this.#environment);
  }

  /** All that a container of this run may write: what browsers keep in their profiles goes with them. */
  async search(search: PlaintextSearch): Promise<void> {
    for (const app of this.#services) {
      // 1: a file went or grew while it was read.
      const command = ['docker', 'exec', containerName(this.#folder, app), 'sh', '-c', 'tar --create --directory=/tmp --file=- . 2>/dev/null || [ $? = 1 ]'];
      await streamCommand(command, this.#environment, (output) => search.searchStream(`/tmp of the container ${app}`, output));
    }
  }

  /** What a process that was killed could not take with it. */
  async remove(): Promise<void> {
    const names = ['rcm', 'migrator', ...this.#services].map((app) => containerName(this.#folder, app));
    await runCommand(['docker', 'rm', '--force', '--volumes', ...names], this.#environment, REMOVE_MS);
  }
}

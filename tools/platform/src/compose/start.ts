import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { RcmError, Secret } from '@rcm/telemetry';
import { freePort } from '@rcm/test-services/machine';
import { REGION, type RunningAws } from '../aws/running.ts';
import type { DataFolder } from '../data/folder.ts';
import { keyFile, writeKeyFile } from '../data/keys.ts';
import { createDatabase, DATABASE, type RunningPostgres } from '../postgres/start.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import { findDocker, runCommand, streamCommand, type Docker } from './docker.ts';
import { everyParameterValue } from './parameter-history.ts';
import { provision, type AwsPlace } from './provision.ts';

const FILE = fileURLToPath(new URL('../../../../docker-compose.yml', import.meta.url));
const ACCOUNT_ID = '123456789012';
const STOP_MS = 100_000;
const COMMAND_MS = 60_000;
const LINGER_MS = 6_000;
/** What the compose file mounts its data volume on. */
const DATA_IN_CONTAINER = '/var/lib/postgresql';

export interface ComposeServices {
  readonly postgres: RunningPostgres;
  readonly aws: RunningAws;
  /** Takes containers, network and volumes down. Before it, what they hold can still be searched. */
  remove(): Promise<void>;
}

/** Brings docker-compose.yml up as a project of its own, on free ports, with the key and roles in place. Fails with `config_invalid` where Docker is not at hand. */
export async function startCompose(folder: DataFolder, supervisor: Supervisor, environment: NodeJS.ProcessEnv): Promise<ComposeServices> {
  const docker = await findDocker(environment);
  const password = keyFile(folder.keys, 'postgres-password');
  const project = `rcm-${createHash('sha256').update(folder.root).digest('hex').slice(0, 12)}`;
  const [postgresPort, awsPort] = [await freePort(), await freePort()];
  const images = ['RCM_COMPOSE_POSTGRES_IMAGE', 'RCM_COMPOSE_LOCALSTACK_IMAGE'].flatMap((name) =>
    environment[name] ? [[name, environment[name]] as const] : [],
  );
  const settings = {
    ...Object.fromEntries(images),
    RCM_COMPOSE_POSTGRES_PORT: String(postgresPort),
    RCM_COMPOSE_LOCALSTACK_PORT: String(awsPort),
    RCM_COMPOSE_AWS_REGION: REGION,
    RCM_COMPOSE_AWS_ACCOUNT_ID: ACCOUNT_ID,
  };
  const watchdog = supervisor.start({
    name: 'compose',
    script: fileURLToPath(new URL('./watchdog.ts', import.meta.url)),
    environment: { ...settings, RCM_WATCHDOG_PROJECT: project, RCM_WATCHDOG_FILE: FILE, RCM_POSTGRES_PASSWORD_FILE: password.path },
    lingerMs: LINGER_MS,
  });
  await watchdog.announced((line) => (line.ready === true ? true : null));

  const urlOf = (database: string) => `postgresql://postgres:${password.value.reveal()}@127.0.0.1:${postgresPort}/${database}`;
  await createDatabase(urlOf('postgres'));
  const containerOf = (service: string) => findContainer(docker, { project, service, environment });
  return {
    postgres: {
      url: writeKeyFile(folder.keys, 'database-url', new Secret(urlOf(DATABASE))),
      async searchStorage(search) {
        const container = await containerOf('postgres');
        await streamCommand(['docker', 'cp', `${container}:${DATA_IN_CONTAINER}`, '-'], environment, (output) =>
          search.searchStream('the Postgres container (tar of its data folder)', output),
        );
        for (const service of ['postgres', 'localstack']) {
          await streamCommand(['sh', '-c', 'exec docker logs "$0" 2>&1', await containerOf(service)], environment, (output) =>
            search.searchStream(`the log of container ${service}`, output),
          );
        }
      },
      async stop() {
        await runCommand(['docker', 'stop', '--time', '20', await containerOf('postgres')], environment, COMMAND_MS);
      },
    },
    aws: await runningAws(folder, {
      endpoint: `http://127.0.0.1:${awsPort}`,
      region: REGION,
      accountId: ACCOUNT_ID,
      credentials: { accessKeyId: ACCOUNT_ID, secretAccessKey: 'local' },
    }),
    remove: () => watchdog.stop(STOP_MS),
  };
}

async function runningAws(folder: DataFolder, place: AwsPlace): Promise<RunningAws> {
  const { accessKeyId, secretAccessKey } = place.credentials;
  const file = writeKeyFile(
    folder.keys,
    'aws-credentials',
    new Secret(`[default]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}`),
  );
  return {
    endpoint: place.endpoint,
    region: place.region,
    accountId: place.accountId,
    kmsKeyId: await provision(place),
    credentialsFile: file.path,
    // The emulator enforces no policies: every app is the account's own user.
    taskEnvironment: () => ({ AWS_SHARED_CREDENTIALS_FILE: file.path }),
    taskKeys: () => Promise.resolve(place.credentials),
    tenantRoleArn: (role) => `arn:aws:iam::${place.accountId}:role/rcm-${role}-tenant`,
    everyValueEver: () => everyParameterValue(place),
    // Its secrets are read until the end; it goes with `remove`.
    stop: async () => {},
  };
}

async function findContainer(
  { compose }: Docker,
  { project, service, environment }: { readonly project: string; readonly service: string; readonly environment: NodeJS.ProcessEnv },
): Promise<string> {
  const { code, stdout } = await runCommand(
    ['docker', 'ps', '--all', '--quiet', '--filter', `label=com.docker.compose.project=${project}`, '--filter', `label=com.docker.compose.service=${service}`],
    environment,
    COMMAND_MS,
  );
  const id = stdout.trim().split('\n')[0] ?? '';
  if (code !== 0 || id === '') throw new RcmError('state_conflict', `The container of ${service} (started by ${compose.join(' ')}) is gone.`);
  return id;
}

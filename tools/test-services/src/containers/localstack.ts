import { LocalstackContainer } from '@testcontainers/localstack';
import type { RunningService } from '../postgres/kept.ts';
import { localStackImage } from './images.ts';
import { runLabels } from './labels.ts';

const START_TIMEOUT_MS = 180_000;

/** Starts LocalStack from `RCM_TEST_LOCALSTACK_IMAGE` on a free port with the services this workspace speaks to. */
export async function startLocalStackContainer(): Promise<RunningService> {
  const container = await new LocalstackContainer(localStackImage())
    .withEnvironment({ SERVICES: 'ssm,secretsmanager,sts,kms,sns', EAGER_SERVICE_LOADING: '1' })
    .withLabels(runLabels())
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  const stop = async () => {
    await container.stop({ timeout: 5_000 });
  };
  return { url: container.getConnectionUri(), stop };
}

import { readRotatorConfig, openRotator, type RotatorProcess } from '@rcm/rotator';
import { startEmbeddedPostgres } from '@rcm/test-services';
import { openWorld, type World, type WorldEndpoint } from '@rcm/test-world';

/** Rotations and browser contexts at once: four a core of the smallest machine. */
export const AT_ONCE = 8;

export interface RotationWorld {
  readonly world: World;
  readonly opened: RotatorProcess;
  /** Logins that nobody has rotated yet, of both portals with forms. */
  fresh(count: number): Promise<WorldEndpoint[]>;
  setLatency(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** A migrated world and the product's own rotator in this process. */
export async function openRotationWorld(): Promise<RotationWorld> {
  const postgres = await startEmbeddedPostgres();
  const world = await openWorld({ endpoints: [], server: postgres.url, portalType: { maxConcurrency: 64 } });
  const environment = { ...process.env, ...world.environmentOf('rcm_rotator'), RCM_TENANT_ROLE_ARN: world.aws.tenantRoleArn('rotator') };
  // The SDK reads the file's name from the process's own environment.
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = world.environmentOf('rcm_rotator')['AWS_SHARED_CREDENTIALS_FILE'];
  const opened = openRotator(
    readRotatorConfig({ ...environment, RCM_LOG_LEVEL: 'error', RCM_MAX_BROWSER_CONTEXTS: String(AT_ONCE), RCM_ROTATOR_CONCURRENCY: String(AT_ONCE) }),
  );
  return {
    world,
    opened,
    async fresh(count) {
      const made: WorldEndpoint[] = [];
      for (let index = 0; index < count; index += 1) made.push(await world.addEndpoint(index % 3 === 2 ? 'cascade' : 'alpine'));
      return made;
    },
    async setLatency(ms) {
      for (const portal of ['alpine', 'cascade'] as const)
        await world.portals.setFault(ms === 0 ? { portal, fault: 'none' } : { portal, fault: 'slow', delayMs: ms });
    },
    async close() {
      await opened.close();
      await world.close();
      await postgres.stop();
    },
  };
}

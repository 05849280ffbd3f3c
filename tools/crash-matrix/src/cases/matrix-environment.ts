import { startEmbeddedPostgres } from '@rcm/test-services';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Portal, PORTAL_FACTS } from '../cells/portal.ts';
import { openPlace, type Place } from './place.ts';

/** What all cases of a run share: one Postgres, and the places where their logins are. */
export interface MatrixEnvironment {
  /** For marks. */
  readonly folder: string;
  /** Where logins of such a portal are; opened when the first case asks. */
  placeOf(portal: Portal): Promise<Place>;
  close(): Promise<void>;
}

export async function openMatrixEnvironment(): Promise<MatrixEnvironment> {
  const postgres = await startEmbeddedPostgres();
  const folder = await mkdtemp(join(tmpdir(), 'rcm-crash-matrix-'));
  const places = new Map<number | null, Promise<Place>>();
  return {
    folder,
    placeOf(portal) {
      // What a portal keeps of a password it keeps of everybody's: such a one has a place of its own.
      const { keepsFirst } = PORTAL_FACTS[portal];
      const place = places.get(keepsFirst) ?? openPlace({ server: postgres.url, folder, keepsFirst });
      places.set(keepsFirst, place);
      return place;
    },
    async close() {
      for (const place of await Promise.allSettled(places.values())) if (place.status === 'fulfilled') await place.value.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

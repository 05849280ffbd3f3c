import { type RestartablePostgres, startThrowawayPostgres } from '../postgres/server.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { freshDatabase, type FreshDatabaseOptions } from './fresh.ts';

/** A database on a server of its own, which goes with it. */
export interface ThrowawayDatabase extends AsyncDisposable {
  /** Superuser URL. */
  readonly url: string;
  readonly server: RestartablePostgres;
}

/** Everything that was begun is ended where it fails. Who disposes of it has closed all connections: one that is left is an error, as with `freshDatabase`. */
export async function throwawayDatabase({ migrate }: Pick<FreshDatabaseOptions, 'migrate'>): Promise<ThrowawayDatabase> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder('postgres'));
  const server = opened.adopt(await startThrowawayPostgres({ folder: folder.path }), (each) => each.stop());
  const { url } = opened.adopt(await freshDatabase({ migrate, server: server.url }), (each) => each.drop());
  const kept = opened.move();
  return { url, server, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

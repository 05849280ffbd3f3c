import type { App } from './listen.ts';

/** A request as the site that was asked has it, with whatever is in it. */
export interface SeenRequest {
  /** `host:port`, as the browser wrote it. */
  readonly host: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: string;
  readonly body: string;
}

/** The same site, whose every request is told before it is answered. */
export const seenBy = (app: App, tell: (request: SeenRequest) => void): App => ({
  async fetch(request, env) {
    const { host, pathname, search } = new URL(request.url);
    const headers = [...request.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
    tell({ host, method: request.method, path: pathname + search, headers, body: await request.clone().text() });
    return app.fetch(request, env);
  },
});

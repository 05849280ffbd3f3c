import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Counted {
  /** Calls that came, by what they ask for: `AmazonSSM.GetParameter`. */
  readonly calls: ReadonlyMap<string, number>;
  /** Every PutParameter: when it was answered, and whether it was taken. */
  readonly puts: readonly { readonly atMs: number; readonly taken: boolean }[];
}

export interface CountingProxy {
  readonly endpoint: string;
  /** What has come since the last call. */
  take(): Counted;
  close(): Promise<void>;
}

const PUT = 'AmazonSSM.PutParameter';

/** Stands before the store and counts what it answers, whoever asks. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  let [calls, puts] = [new Map<string, number>(), [] as { atMs: number; taken: boolean }[]];
  const server = createServer((incoming, answer) => {
    const { method, url: path, headers } = incoming;
    // Calls of STS and SNS are forms, which name no target.
    const asked = String(headers['x-amz-target'] ?? 'form');
    calls.set(asked, (calls.get(asked) ?? 0) + 1);
    const onward = request({ hostname, port, method, path, headers }, (response) => {
      if (asked === PUT) puts.push({ atMs: performance.now(), taken: response.statusCode === 200 });
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = { calls, puts };
      [calls, puts] = [new Map<string, number>(), []];
      return taken;
    },
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}

import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Counted {
  /** Every PutParameter: when it was answered, and whether it was taken. */
  readonly puts: readonly { readonly atMs: number; readonly taken: boolean }[];
}

export interface CountingProxy {
  readonly endpoint: string;
  /** What has come since the last call. */
  take(): Counted;
  close(): Promise<void>;
}

/** Stands before the store and counts what it answers, whoever asks. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(target);
  let puts: { atMs: number; taken: boolean }[] = [];
  const server = createServer((incoming, answer) => {
    const isPut = incoming.headers['x-amz-target'] === 'AmazonSSM.PutParameter';
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers }, (response) => {
      if (isPut) puts.push({ atMs: performance.now(), taken: response.statusCode === 200 });
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
      const taken = puts;
      puts = [];
      return { puts: taken };
    },
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}
